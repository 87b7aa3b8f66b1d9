"""What was answered is asked again when its site, and what it is, want that; not before."""

from __future__ import annotations

import base64
import json
import threading

import pytest

from badgeservice.errors import FetchFailed
from badgeservice.fetching import Limits, look_up
from tests.sites import answer, guard

KEY = b'{"verificationMethod": []}'
LIST = b'{"type": "BitstringStatusListCredential"}'


@pytest.fixture
def times_asked(sites, authority):
    """Returns how often a site is asked if an answer is wanted twice, so many seconds apart."""

    def ask(sent: bytes, seconds: float, *, address: str | None = None, limits=None) -> int:
        now = [1_000.0]
        way_out = guard(
            sites, authority, clock=lambda: now[0], **({"limits": limits} if limits else {})
        )
        wanted = address or sites.put(sent)
        bodies = []
        for _ in range(2):
            try:
                bodies.append(way_out.get(wanted).body)
            except FetchFailed as failure:
                bodies.append(failure.message)
            now[0] += seconds
        assert bodies[0] == bodies[1]
        return len(sites.asked)

    return ask


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        # What its site says, within what we allow for what it is.
        (answer(KEY, "Cache-Control: public, max-age=300"), 300),
        (answer(KEY, "Cache-Control: max-age=86400"), 600),
        (answer(LIST, "Cache-Control: max-age=86400"), 300),
        (answer(b'{"revokedAssertions": []}', "Cache-Control: max-age=86400"), 300),
        (answer(b'{"type": "Assertion"}', "Cache-Control: max-age=86400"), 60),
        (answer(b"\x89PNG\r\n\x1a\n", "Cache-Control: max-age=86400"), 3_600),
        (answer(b"<svg/>", "Cache-Control: max-age=86400"), 3_600),
        # The most that a shared cache may keep, less the time it lay in others.
        (answer(KEY, "Cache-Control: max-age=300, s-maxage=20"), 20),
        (answer(KEY, "Cache-Control: max-age=300", "Age: 260"), 40),
        (answer(KEY, "Cache-Control: max-age=300", "Vary: Accept-Encoding"), 300),
        # A status list speaks for itself too, in milliseconds.
        (
            answer(
                b'{"type": "BitstringStatusListCredential", "credentialSubject": {"ttl": 15000}}',
                "Cache-Control: max-age=300",
            ),
            15,
        ),
        # Nothing is said: long enough for a list of badges that all name the same key.
        (answer(KEY), 30),
    ],
)
def test_an_answer_is_kept_for_so_many_seconds(times_asked, sent, kept):
    """And not a second longer."""
    assert 1 == times_asked(sent, kept - 1)
    assert 1 + 2 == times_asked(sent, kept)


@pytest.mark.parametrize(
    "sent",
    [
        answer(KEY, "Cache-Control: no-store, max-age=300"),
        answer(KEY, "Cache-Control: private, max-age=300"),
        answer(KEY, "Cache-Control: no-cache, max-age=300"),
        answer(KEY, "Cache-Control: max-age=0"),
        answer(KEY, "Cache-Control: max-age=soon"),
        answer(KEY, "Cache-Control: max-age=-1"),
        answer(KEY, "Cache-Control: max-age=300", "Age: old"),
        answer(KEY, "Cache-Control: max-age=300", "Age: 301"),
        answer(KEY, "Cache-Control: max-age=300", "Vary: *"),
        answer(KEY, "Expires: Thu, 01 Jan 2099 00:00:00 GMT"),
        answer(KEY, "Pragma: no-cache"),
        answer(b'{"credentialSubject": {"ttl": 0}}', "Cache-Control: max-age=300"),
        answer(b'{"credentialSubject": {"ttl": -5}}', "Cache-Control: max-age=300"),
        answer(b'{"credentialSubject": {"ttl": 1, "ttl": 9000}}', "Cache-Control: max-age=300"),
        answer(b"{}", "Cache-Control: max-age=300", status=404),
        answer(b"{}", "Cache-Control: max-age=300", status=410),
    ],
)
def test_an_answer_that_must_not_be_kept_is_not(times_asked, sent):
    """Its site decides; and what is in doubt is asked again."""
    assert 2 == times_asked(sent, 0)


def test_the_list_in_a_token_is_believed_about_itself(times_asked):
    """A status list may be a JWT."""
    parts = ({"alg": "EdDSA"}, {"credentialSubject": {"ttl": 9000}, "type": ["StatusList"]})
    head, claims = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts)
    token = b".".join(part.rstrip(b"=") for part in (head, claims, b"c2ln"))

    assert 1 == times_asked(answer(token, "Cache-Control: max-age=300"), 8.9)
    assert 1 + 2 == times_asked(answer(token, "Cache-Control: max-age=300"), 9)


def test_an_answer_reached_by_a_redirect_is_asked_for_again(times_asked, sites):
    """Where it leads is for the first site to say, each time."""
    sites.put(answer(KEY, "Cache-Control: max-age=300"), "/there")
    start = sites.redirect("/there")

    assert 2 + 2 == times_asked(b"", 0, address=start)


def test_an_answer_with_a_name_is_asked_whether_it_still_holds(sites, authority):
    """304 renews it; anything else replaces it."""
    now = [0.0]
    way_out = guard(sites, authority, clock=lambda: now[0])
    address = sites.put(answer(KEY, 'ETag: "one"', "Cache-Control: max-age=10"))
    way_out.get(address)
    now[0] = 11.0
    sites.put(answer(b"", "Cache-Control: max-age=10", 'ETag: "one"', status=304))

    assert KEY == way_out.get(address).body
    assert way_out.remembers(address)
    assert 'If-None-Match: "one"\r\n' in sites.asked[1].head
    now[0] = 22.0
    assert not way_out.remembers(address)
    sites.put(answer(b'{"verificationMethod": [1]}'))
    assert b'{"verificationMethod": [1]}' == way_out.get(address).body
    assert 3 == len(sites.asked)


@pytest.mark.parametrize("etag", ['"a\tb"', "unquoted", '"' + "a" * 200 + '"'])
def test_a_name_that_is_none_is_never_sent_back(sites, authority, etag):
    """What a site puts into our request is little and plain."""
    now = [0.0]
    way_out = guard(sites, authority, clock=lambda: now[0])
    address = sites.put(answer(KEY, f"ETag: {etag}", "Cache-Control: max-age=10"))
    way_out.get(address)
    now[0] = 11.0
    way_out.get(address)

    assert "If-None-Match" not in sites.asked[1].head


def test_a_304_that_nobody_asked_for_is_an_answer_without_content(sites, way_out):
    """And not the memory of something else."""
    address = sites.put(b"HTTP/1.1 304 Not Modified\r\n\r\n")

    assert (304, b"") == (way_out.get(address).status, way_out.get(address).body)


def test_a_failure_is_kept_for_a_minute(times_asked, sites):
    """Whoever submits it again and again does not make us try again and again."""
    assert 1 == times_asked(b"no answer", 59)
    assert 1 + 2 == times_asked(b"no answer", 60)


def test_a_failure_for_want_of_time_is_not_the_others(sites, authority):
    """Whoever submits a slow address beside an honest one makes only their own badge fail."""
    slow = sites.put(lambda line: line.recv(1), "/slow")
    honest = sites.put(answer(b"{}"), "/honest")
    way_out = guard(sites, authority)
    fetch = way_out.within(0.3)
    for address in (slow, honest):
        with pytest.raises(FetchFailed):
            fetch(address)

    assert b"{}" == way_out.get(honest).body
    assert not way_out.remembers(slow)


def test_waiting_for_something_else_takes_no_time_from_a_site(sites, authority):
    """The seconds of a verification are those in which sites are asked, and begin with the first."""
    address = sites.put(answer(b"{}", "Cache-Control: no-store"))
    fetch = guard(sites, authority).within(0.5)
    threading.Event().wait(0.6)

    assert b"{}" == fetch(address).body


def test_what_is_kept_has_a_bound(times_asked, sites, authority):
    """The answer that was used longest ago leaves first."""
    way_out = guard(sites, authority, limits=Limits(kept_bytes=25_000))
    addresses = [sites.put(answer(b"x" * 10_000), f"/{n}") for n in range(3)]
    for address in addresses[:2]:
        way_out.get(address)
    way_out.get(addresses[0])
    way_out.get(addresses[2])

    assert [True, False, True] == [way_out.remembers(address) for address in addresses]


def test_a_name_of_this_machine_is_found_by_the_system():
    """The resolver that we have outside of tests, as far as it goes without a network."""
    assert {"127.0.0.1", "::1"} & set(look_up("localhost", 5))
    assert [] == look_up("nowhere.invalid", 5)
