"""Addresses and sites made to reach what is ours, or to keep us waiting: `fetching.Guard`.

The sites are real ones, on loopback with TLS; only the resolver and what is public are handed in.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import socket
import ssl
import struct

import pytest
import structlog

from badgeservice.errors import FetchFailed
from badgeservice.fetching import NO_ANSWER, NOT_ASKED, Guard, Limits, is_public, private_networks
from tests.sites import LOOPBACK, OTHER, SCHOOL, Sites, answer, guard

SOON = Limits(seconds=0.4)


def refused(way_out: Guard, address: str) -> str:
    """Return what is said of an address that is not to be had."""
    with pytest.raises(FetchFailed) as failure:
        way_out.get(address)
    return failure.value.message


def test_an_honest_answer_arrives(sites, way_out):
    """Or every refusal below would prove nothing."""
    address = sites.put(answer(b"{}", "Content-Type: application/json; charset=utf-8"), "/a?b=c")

    fetched = way_out.get(address)

    assert (200, "application/json", b"{}") == (fetched.status, fetched.media_type, fetched.body)
    assert address == fetched.url


# --- the form of an address ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "",
        "school.example.org/badge",
        "//school.example.org/",
        "http://school.example.org/",
        "HTTP://school.example.org/",
        "ftp://school.example.org/",
        "file:///etc/passwd",
        "gopher://school.example.org/_x",
        "data:application/json,{}",
        "jar:https://school.example.org!/",
        "https:school.example.org",
        "https:///school.example.org/",
        "https://user@school.example.org/",
        "https://user:password@school.example.org/",
        "https://school.example.org@127.0.0.1/",
        "https://127.0.0.1#@school.example.org/",
        "https://school.example.org\\@127.0.0.1/",
        "https://127.0.0.1\\.school.example.org/",
        "https://school.example.org/ x",
        "https://school.example.org/\r\nHost: localhost",
        "https://school.example.org/\x00",
        "https://school.example.org/é",
        "https://écoles.example.org/",
        "https://ⓢchool.example.org/",
        "https://127。0。0。1/",  # full stops of another script
        "https://localhost/",
        "https://localhost./",
        "https://intranet/",
        "https://printer.local/",
        "https://db.internal/",
        "https://metadata.google.internal/",
        "https://app.localhost/",
        "https://1.0.0.127.in-addr.arpa/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25lo]/",
        "https://[/",
        "https://-school.example.org/",
        "https://school..example.org/",
        "https://school_1.example.org/",
        "https://school.example.org:80/",
        "https://school.example.org:0/",
        "https://school.example.org:22/",
        "https://school.example.org:8443/",
        "https://school.example.org:99999/",
        "https://school.example.org:four/",
        f"https://{'a' * 64}.example.org/",
        f"https://school.example.org/{'a' * 2_048}",
    ],
)
def test_an_address_that_leads_elsewhere_is_not_even_looked_up(address):
    """Two programs may read it in two ways; no name leaves for a resolver (F1)."""
    looked_up: list[str] = []
    way_out = Guard(user_agent="tests", resolve=lambda host, seconds: looked_up.append(host) or [])

    assert NOT_ASKED == refused(way_out, address)
    assert [] == looked_up


def test_ourselves_are_not_asked():
    """Our own addresses are answered in process: a service must not wait for itself (F7)."""
    way_out = Guard(user_agent="tests", own_hosts=["badges.example.org"])

    assert NOT_ASKED == refused(way_out, "https://BADGES.example.org./b/1")


# --- the machine ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254"),
        *("172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1"),
        *("198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1"),
        *("64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1"),
        *("5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1"),
        *("", "school", "127.1", "0x7f000001", "10.0.0.1 "),
    ],
)
def test_what_is_not_public_is_not_public(address):
    """Private, local, translated, reserved and mapped addresses, and what is none (F2)."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_what_is_public_is_public(address):
    """Or nobody at all would be asked."""
    assert is_public(address)


def test_a_name_of_this_machine_gets_no_connection(sites, authority):
    """Its certificate would be good, and its port open."""
    way_out = guard(sites, authority, may_ask=None)
    sites.put(answer(b"secret"))

    assert NO_ANSWER == refused(way_out, sites.address())
    assert 0 == sites.connections


@pytest.mark.parametrize("private", ["10.0.0.1", "::1", "::ffff:10.0.0.1"])
def test_one_private_answer_among_public_ones_is_enough(sites, authority, private):
    """Whoever mixes them hopes that we choose."""
    way_out = guard(sites, authority, resolve=lambda host, seconds: [LOOPBACK, private])
    sites.put(answer(b"{}"))

    assert NO_ANSWER == refused(way_out, sites.address())
    assert 0 == sites.connections


@pytest.mark.parametrize("answers", [[], [f"127.0.0.{n}" for n in range(1, 18)]])
def test_no_answer_and_too_many_answers_of_a_resolver_are_none(sites, authority, answers):
    """A list that never ends keeps whoever tries each of them."""
    way_out = guard(
        sites, authority, resolve=lambda host, seconds: answers, may_ask=lambda address: True
    )

    assert NO_ANSWER == refused(way_out, sites.address())
    assert 0 == sites.connections


def test_a_name_that_changes_its_mind_is_asked_once(sites, authority):
    """Rebinding: what was checked is what is connected to (F3)."""
    looked_up: list[str] = []

    def rebinding(host: str, seconds: float) -> list[str]:
        looked_up.append(host)
        return [LOOPBACK] if len(looked_up) == 1 else ["169.254.169.254"]

    way_out = guard(sites, authority, resolve=rebinding)
    sites.put(answer(b"{}"))

    assert b"{}" == way_out.get(sites.address()).body
    assert [SCHOOL] == looked_up


def test_a_name_that_changes_its_mind_between_two_hops_is_checked_again(sites, authority):
    """A redirect to the same host is a connection like the first."""
    answers = iter([[LOOPBACK], ["10.0.0.1"]])
    way_out = guard(sites, authority, resolve=lambda host, seconds: next(answers))
    sites.redirect("/next")
    sites.put(answer(b"secret"), "/next")

    assert NO_ANSWER == refused(way_out, sites.address())
    assert 1 == sites.connections


def test_another_host_with_the_right_address_has_no_certificate(sites, way_out):
    """An attacker on the way, or in the resolver, is not the one that was named."""
    sites.put(answer(b"{}"), host="third.example.org")

    assert NO_ANSWER == refused(way_out, sites.address(host="third.example.org"))
    assert [] == sites.asked


def test_a_certificate_of_nobody_is_none(sites, authority):
    """By the authorities of the machine, which do not know ours."""
    way_out = guard(sites, authority, tls=None)
    sites.put(answer(b"{}"))

    assert NO_ANSWER == refused(way_out, sites.address())
    assert [] == sites.asked


def test_the_surroundings_change_nothing(sites, way_out, monkeypatch, tmp_path):
    """No proxy, no password file, no cookie, no credential (F6)."""
    (tmp_path / ".netrc").write_text(f"machine {SCHOOL} login me password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    sites.put(answer(b"{}", "Set-Cookie: a=b", "Cache-Control: no-store"))

    way_out.get(sites.address())
    way_out.get(sites.address())

    assert 2 == len(sites.asked)
    for asked in sites.asked:
        assert not {"cookie", "authorization", "referer"} & {
            line.partition(":")[0].lower() for line in asked.head.split("\r\n")
        }


def test_private_networks_are_the_operators_and_never_loopback():
    """A setting opens a network of one's own, not the machine itself."""
    assert private_networks("10.20.0.0/16, fd12:3456::/32")
    for network in (
        "127.0.0.0/8",
        "169.254.0.0/16",
        "0.0.0.0/0",
        "::1/128",
        "8.8.8.0/24",
        "10.1.2",
    ):
        with pytest.raises(ValueError, match=r"private|appear|host bits|Expected"):
            private_networks(network)


def test_an_opened_network_is_asked_and_no_other():
    """And the metadata of a cloud lies in none of them."""
    opened = Guard(user_agent="tests", networks=private_networks("10.20.0.0/16, fd00::/8"))

    allowed = [
        a
        for a in ("10.20.1.1", "10.21.1.1", "fd00::1", "fd00:ec2::254", LOOPBACK, "::1")
        if opened._is_allowed(a)
    ]

    assert ["10.20.1.1", "fd00::1"] == allowed


# --- where an answer leads -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "to",
    [
        "http://school.example.org/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://school.example.org:22/",
        "https://user@school.example.org/",
        "//metadata.google.internal/",
        "file:///etc/passwd",
        "https://school.example.org\\@127.0.0.1/",
    ],
)
def test_an_answer_leads_nowhere_that_we_would_not_go_by_ourselves(sites, way_out, to):
    """What holds for the first address holds for each that it leads to (F4)."""
    sites.redirect(to)

    assert NO_ANSWER == refused(way_out, sites.address())
    assert 1 == sites.connections


def test_an_answer_that_leads_in_a_circle_ends(sites, way_out):
    """After three."""
    sites.redirect("/", status=307)

    assert NO_ANSWER == refused(way_out, sites.address())
    assert 4 == sites.connections


def test_where_an_answer_came_from_is_told(sites, way_out):
    """Whoever wants a key compares that with where it was asked for."""
    target = sites.put(answer(b"{}"), "/badge.json", host=OTHER)
    sites.redirect(target)

    assert target == way_out.get(sites.address()).url


def test_an_answer_by_way_of_another_site_does_not_come_home(sites, way_out):
    """The other site chose what of ours is shown: an upload, say, in the place of a key."""
    sites.redirect(sites.address("/back", host=OTHER))
    sites.redirect(sites.address("/uploads/key.json"), "/back", host=OTHER)
    sites.put(answer(b"{}"), "/uploads/key.json")

    assert NO_ANSWER == refused(way_out, sites.address())
    assert 2 == sites.connections


# --- the answer ----------------------------------------------------------------------------------


def dripping(line: ssl.SSLSocket, pieces: list[bytes]) -> None:
    """Send a little now and then: each piece in good time, all of them together not."""
    for piece in pieces:
        line.sendall(piece)
        with contextlib.suppress(TimeoutError):
            line.settimeout(0.05)
            if not line.recv(1):
                return


def drip_of_the_body(line: ssl.SSLSocket) -> None:
    """Twenty bytes in twenty pieces."""
    dripping(line, [answer(b"", length=20), *[b"x"] * 20])


def drip_of_the_headers(line: ssl.SSLSocket) -> None:
    """A header every twentieth of a second."""
    headers = [f"X-{n}: x\r\n".encode() for n in range(20)]
    dripping(line, [b"HTTP/1.1 200 OK\r\n", *headers, b"Content-Length: 0\r\n\r\n"])


def silence(line: ssl.SSLSocket) -> None:
    """Nothing, until whoever waits has gone."""
    line.recv(1)


def cut_by_force(line: ssl.SSLSocket) -> None:
    """Part of an answer without a length, then the connection is torn away."""
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b'{"half":')
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.shutdown(socket.SHUT_RDWR)


def endless_chunks(line: ssl.SSLSocket) -> None:
    """Chunks without end."""
    line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        line.sendall(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")


def endless_headers(line: ssl.SSLSocket) -> None:
    """One header without end."""
    line.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        line.sendall(b"x" * 1_024)


@pytest.mark.parametrize(
    "slow", [drip_of_the_body, drip_of_the_headers, silence], ids=lambda each: each.__name__
)
def test_all_of_an_answer_has_one_end_in_time(sites, authority, slow):
    """A limit for each piece would be none: the whole answer comes after one second (F5)."""
    sites.put(slow)

    assert NO_ANSWER == refused(guard(sites, authority, limits=SOON), sites.address())


def test_a_site_that_accepts_and_says_nothing_has_an_end_in_time(authority):
    """Before TLS is even begun."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        way_out = guard(Sites(listening.getsockname()[1]), authority, limits=SOON)

        assert NO_ANSWER == refused(way_out, f"https://{SCHOOL}:{listening.getsockname()[1]}/")


BOMB = gzip.compress(bytes(10_000_000))


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(answer(b"x" * 524_289), id="a byte too many"),
        pytest.param(answer(b"", length=10**12), id="more announced than there is"),
        pytest.param(answer(b"{}", length=9), id="cut off"),
        pytest.param(cut_by_force, id="torn off"),
        pytest.param(endless_chunks, id="endless chunks"),
        pytest.param(endless_headers, id="an endless header"),
        pytest.param(answer(b"{}", *(f"X-{n}: x" for n in range(500))), id="500 headers"),
        pytest.param(answer(BOMB, "Content-Encoding: gzip"), id="a bomb"),
        pytest.param(answer(b"{}", "Content-Encoding: br"), id="packed otherwise"),
        pytest.param(answer(b"{}", "Transfer-Encoding: gzip, chunked"), id="packed in transfer"),
        pytest.param(answer(b"{}", "Content-Length: 3"), id="two lengths"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}", id="a length less than none"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}", id="half a chunk"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}", id="no chunk"
        ),
        pytest.param(b"{}", id="no head"),
        pytest.param(b"SSH-2.0-x\r\n", id="another protocol"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 5_000, id="patience"),
    ],
)
def test_what_is_too_much_packed_or_incomplete_is_no_answer(sites, way_out, sent):
    """Least of all a part of a document that is taken for the whole (F5)."""
    sites.put(sent)

    assert NO_ANSWER == refused(way_out, sites.address())


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(answer(b"x" * 524_288), id="the most"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"40000\r\n"
            + b"x" * 0x40000
            + b"\r\n"
            + b"40000\r\n"
            + b"x" * 0x40000
            + b"\r\n0\r\n\r\n",
            id="the most in chunks",
        ),
    ],
)
def test_the_most_is_an_answer(sites, way_out, sent):
    """The bound is where it is said to be."""
    sites.put(sent)

    assert 524_288 == len(way_out.get(sites.address()).body)


def test_only_packing_we_can_read_is_asked_for(sites, way_out):
    """None."""
    sites.put(answer(b"{}"))
    way_out.get(sites.address())

    assert "Accept-Encoding: identity\r\n" in sites.asked[0].head


# --- what is learned through us ------------------------------------------------------------------


def test_whatever_failed_is_said_in_the_same_words(sites, authority):
    """A closed port, a filtered one, a private machine, no such name: no one looks around (F8)."""
    with socket.create_server((LOOPBACK, 0)) as closing:
        closed = closing.getsockname()[1]
    silent = sites.put(silence, "/silent")
    sites.put(cut_by_force, "/torn")
    failures = set()
    for changes, address in [
        ({"port": closed}, f"https://{SCHOOL}:{closed}/"),
        ({"limits": SOON}, silent),
        ({}, sites.address("/torn")),
        ({"may_ask": lambda address: False}, sites.address()),
        ({"resolve": lambda host, seconds: []}, sites.address()),
        ({}, sites.address(host="third.example.org")),
    ]:
        with pytest.raises(FetchFailed) as failure:
            guard(sites, authority, **changes).get(address)
        assert failure.value.__cause__ is None
        failures.add((failure.value.message, failure.value.code))

    assert {(NO_ANSWER, "unreachable")} == failures


def test_our_log_says_why_and_not_where(sites, authority):
    """Which address somebody had verified is theirs."""
    structlog.reset_defaults()  # a test before may have made the log quieter
    with structlog.testing.capture_logs() as logged:
        refused(guard(sites, authority, may_ask=lambda address: False), sites.address("/of-lea"))

    assert [{"event": "fetch_failed", "code": "private", "log_level": "debug"}] == logged


def test_a_host_is_not_flooded_through_us(sites, authority):
    """However many badges name it; and a minute later it is asked again."""
    now = [0.0]
    way_out = guard(sites, authority, limits=Limits(per_minute=3), clock=lambda: now[0])
    for n in range(4):
        sites.put(answer(b"{}"), f"/{n}")
    for n in range(3):
        way_out.get(sites.address(f"/{n}"))

    assert NO_ANSWER == refused(way_out, sites.address("/3"))
    assert 3 == sites.connections
    now[0] = 60.0
    assert b"{}" == way_out.get(sites.address("/3")).body


def test_no_file_of_ours_is_opened_for_a_stranger(sites, way_out):
    """Every descriptor that was opened for an answer is closed again, good or bad."""
    good, bad = sites.put(answer(b"{}"), "/good"), sites.put(cut_by_force, "/bad")
    sites.redirect(good, "/there")
    way_out.get(sites.address("/there"))  # what is loaded once is loaded
    before = len(os.listdir("/proc/self/fd"))

    for n in range(5):
        with contextlib.suppress(FetchFailed):
            way_out.get(f"{bad}?{n}")
        way_out.get(f"{sites.address('/there')}#{n}")

    # The other ends of these connections belong to this process too, and close in their own time.
    assert len(os.listdir("/proc/self/fd")) <= before + 3
