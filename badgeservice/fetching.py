"""The only way out: what stands at an address of another site, asked so that nobody is harmed.

Whoever submits a badge chooses the addresses that we ask, so each is taken for an attack: on the
machines around us, on others in our name, or on our time and memory. What holds for the address
that was named holds again for each that it leads to.

1. Its form: https, the usual port, a name with dots; nothing that two programs read in two ways.
2. Its machine: the name is looked up once, every answer has to be a public address, and the
   connection goes to one of these and nowhere else.
3. Its answer: the certificate is for the name; few bytes, in little time, complete, unpacked.
4. What we say of a failure is the same whatever failed, so that nobody looks around through us.

Sources: OWASP, "Server-Side Request Forgery Prevention"; IANA special-purpose address registries;
RFC 9110, RFC 9111 (caching), RFC 9112 (framing).
"""

from __future__ import annotations

import functools
import http.client
import io
import ipaddress
import json
import math
import re
import socket
import ssl
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn
from urllib.parse import urljoin, urlsplit

import structlog

from badgeservice.errors import FetchFailed, UnreadableJSON
from badgeservice.openbadges import strict_json
from badgeservice.openbadges.proofs import compact
from badgeservice.verification.fetching import Fetch, Fetched

log = structlog.get_logger()

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_NOT_PUBLIC = tuple(
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # behind the gateways of providers
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local: the metadata of clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_PUBLIC_6 = ipaddress.ip_network("2000::/3")
"""All that is given to anyone as unicast; mapped, translated and local addresses lie outside."""
_NOT_PUBLIC_6 = tuple(
    ipaddress.ip_network(each)
    for each in (
        "2001::/23",  # Teredo, ORCHID and other protocols
        "2001:db8::/32",
        "2002::/16",  # 6to4, which holds an address of version 4
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_PRIVATE = tuple(
    ipaddress.ip_network(each)
    for each in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
_METADATA = ipaddress.ip_network("fd00:ec2::/32")
"""Where a cloud answers for its machines, inside a private network."""

_HOST = re.compile(
    # The last label begins with a letter: no notation of a number is a name.
    r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])"
)
_NOT_OF_THE_WORLD = frozenset(
    (
        *("alt", "arpa", "corp", "example", "home", "internal", "intranet", "invalid", "lan"),
        *("local", "localdomain", "localhost", "onion", "private", "test"),
    )
)
"""Last labels of names that lead into somebody's own network, or nowhere."""

_ACCEPT = (
    "application/vc+ld+json, application/ld+json, application/json;q=0.9, application/vc+jwt, "
    "application/jwt;q=0.9, image/png, image/svg+xml, */*;q=0.1"
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_ADDRESS = 2048
_MAXIMUM_ANSWERS = 16
_MAXIMUM_TRIES = 3
_MAXIMUM_HOSTS = 4_096
_PIECE = 16_384

NOT_ASKED = "not an address that we ask"
NO_ANSWER = "no answer"

Resolve = Callable[[str, float], Iterable[str]]
"""Returns the addresses of a name, in so many seconds at most."""


@dataclass(frozen=True)
class Limits:
    """How much one answer may take. `seconds` is for all of it, redirects included."""

    seconds: float = 8.0
    connect_seconds: float = 3.0
    body_bytes: int = 524_288
    header_bytes: int = 32_768
    redirects: int = 3
    # What is kept; for how long is told by `_KEPT_SECONDS` and by each answer.
    kept_bytes: int = 33_554_432
    failure_seconds: float = 60.0
    # How often one host is asked in a minute, so that nobody is flooded through us.
    per_minute: int = 120


class Target(NamedTuple):
    """An address in the parts that are asked for. `path` begins with a slash and has the query."""

    host: str
    port: int
    path: str

    @property
    def address(self) -> str:
        """The address in its one form, without fragment."""
        port = "" if self.port == 443 else f":{self.port}"
        return f"https://{self.host}{port}{self.path}"


class _Refused(Exception):
    """Why there is no answer, in one word for our own log."""


class _Hurried(_Refused):
    """Why we did not ask, which says nothing of whom we would have asked."""


class Guard:
    """The guarded way out of an installation.

    `own_hosts` are never asked: our own addresses are answered in process. `networks` are private
    networks of the operator's that may be asked too. `resolve`, `may_ask`, `port` and `tls` are the
    outer edge, which tests replace; `clock` tells the age of what is kept, in seconds.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        own_hosts: Iterable[str] = (),
        networks: Iterable[IPNetwork] = (),
        limits: Limits | None = None,
        resolve: Resolve | None = None,
        may_ask: Callable[[str], bool] | None = None,
        port: int = 443,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits or Limits()
        self._networks = tuple(networks)
        self._own_hosts = frozenset(own_hosts)
        self._user_agent = user_agent
        self._resolve = resolve or look_up
        self._may_ask = may_ask or self._is_allowed
        self._port = port
        self._given_tls = tls
        self._kept = _Kept(self.limits, clock)
        self._pace = _Pace(self.limits.per_minute, clock)

    @functools.cached_property
    def _tls(self) -> ssl.SSLContext:
        """The certificates that this machine believes; read when first needed."""
        return self._given_tls or ssl.create_default_context()

    def within(self, seconds: float) -> Fetch:
        """Return a fetch that waits so many seconds at most, for all that it is asked together."""
        left = seconds

        def fetch(address: str) -> Fetched:
            nonlocal left
            began = time.monotonic()
            try:
                return self.get(address, until=began + left)
            finally:
                left -= time.monotonic() - began

        return fetch

    def get(self, address: str, *, until: float | None = None) -> Fetched:
        """Return what stands at `address`, whatever its HTTP status; raise `FetchFailed`.

        `until` is a time of `time.monotonic` after which nobody waits any more.
        """
        own_end = time.monotonic() + self.limits.seconds
        end = own_end if until is None else min(own_end, until)
        try:
            self._target(address)
        except _Refused as refused:
            _fail(refused, NOT_ASKED, code="outside")
        kept = self._kept.find(address)
        if kept is not None and self._kept.is_fresh(kept):
            return kept.answer()
        try:
            return self._ask(address, kept, end)
        except _Refused as refused:
            reason = refused
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = _Refused(type(error).__name__)
        # Whoever submits a slow address beside an honest one must not make that one fail for others.
        was_cut_short = end < own_end and time.monotonic() >= end
        if not was_cut_short and not isinstance(reason, _Hurried):
            self._kept.remember_failure(address)
        _fail(reason, NO_ANSWER)

    def remembers(self, address: str) -> bool:
        """Tell whether the answer at `address` is known and needs no asking."""
        kept = self._kept.find(address)
        return kept is not None and self._kept.is_fresh(kept)

    def _ask(self, address: str, kept: _Entry | None, end: float) -> Fetched:
        """Ask for `address`, following where it leads."""
        place = address
        way: list[str] = []
        for hop in range(self.limits.redirects + 1):
            target = self._target(place)
            way.append(target.host)
            # The walk compares where an answer comes from with where it was asked for; what went
            # through another's hands in between comes from there too.
            if target.host == way[0] and len(set(way)) > 1:
                raise _Refused("detour")
            if not self._pace.allows(target.host):
                raise _Hurried("pace")
            known = kept if hop == 0 else None
            with self._connected(target, end) as line:
                response = self._response(line, target, known)
                if response.status == 304 and known is not None and known.fetched is not None:
                    self._kept.keep(address, known.fetched, response.headers)
                    return known.fetched
                if response.status not in _REDIRECTS:
                    fetched = Fetched(
                        url=target.address,
                        status=response.status,
                        media_type=_media_type(response.headers),
                        body=self._body(response, line),
                    )
                    if hop == 0:
                        self._kept.keep(address, fetched, response.headers)
                    return fetched
                place = urljoin(target.address, response.headers.get("Location", ""))
        raise _Refused("redirects")

    def _target(self, address: str) -> Target:
        """Return the parts of an address that may be asked, by its form."""
        if len(address) > _LONGEST_ADDRESS or not re.fullmatch(r"[!-\[\]-~]+", address):
            raise _Refused("characters")
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            raise _Refused("form") from None
        if parts.scheme != "https":
            raise _Refused("scheme")
        if "@" in parts.netloc:
            raise _Refused("userinfo")
        host = (parts.hostname or "").removesuffix(".")
        if not _HOST.fullmatch(host):
            raise _Refused("host")
        if host.rpartition(".")[2] in _NOT_OF_THE_WORLD and not self._networks:
            raise _Refused("name")
        if host in self._own_hosts:
            raise _Refused("ourselves")
        if (443 if port is None else port) != self._port:  # 0 is a port, and no default
            raise _Refused("port")
        query = f"?{parts.query}" if parts.query else ""
        return Target(host, self._port, (parts.path or "/") + query)

    def _is_allowed(self, address: str) -> bool:
        return is_public(address) or is_within(address, self._networks)

    def _connected(self, target: Target, end: float) -> _Line:
        """Return a connection to the machine that `target` names, and to no other."""
        found = list(dict.fromkeys(self._resolve(target.host, _left(end))))
        if not 0 < len(found) <= _MAXIMUM_ANSWERS:
            raise _Refused("dns")
        # One that is not public is enough: whoever answers for the name mixes them on purpose.
        if not all(self._may_ask(address) for address in found):
            raise _Refused("private")
        for address in found[:_MAXIMUM_TRIES]:
            patience = min(_left(end), self.limits.connect_seconds)
            try:
                plain = socket.create_connection((address, target.port), timeout=patience)
                break
            except OSError:
                continue
        else:
            raise _Refused("connection")
        try:
            plain.settimeout(_left(end))
            secured = self._tls.wrap_socket(
                plain, server_hostname=target.host, suppress_ragged_eofs=False
            )
        except BaseException:
            plain.close()
            raise
        return _Line(secured, end, allowance=self.limits.header_bytes)

    def _response(
        self, line: _Line, target: Target, known: _Entry | None
    ) -> http.client.HTTPResponse:
        """Send the request and return the answer's beginning."""
        fields = {
            "Host": target.host if target.port == 443 else f"{target.host}:{target.port}",
            "Accept": _ACCEPT,
            "Accept-Encoding": "identity",
            "User-Agent": self._user_agent,
            "Connection": "close",
        }
        if known is not None and known.etag:
            fields["If-None-Match"] = known.etag
        head = [f"GET {target.path} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items())]
        line.send("\r\n".join([*head, "", ""]).encode("ascii"))
        response = http.client.HTTPResponse(line, method="GET")  # type: ignore[arg-type]  # as a socket
        response.begin()
        return response

    def _body(self, response: http.client.HTTPResponse, line: _Line) -> bytes:
        """Return the whole body. What is packed, cut off or too long is no answer."""
        headers, most = response.headers, self.limits.body_bytes
        if headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise _Refused("encoding")
        if headers.get("Transfer-Encoding", "chunked").strip().lower() != "chunked":
            raise _Refused("encoding")
        lengths = headers.get_all("Content-Length", [])
        if len(lengths) > 1 or not all(re.fullmatch(r"\d{1,9}", each) for each in lengths):
            raise _Refused("length")
        if any(int(each) > most for each in lengths):
            raise _Refused("size")
        line.allowance = 2 * most  # with what chunks cost around them
        body = bytearray()
        while piece := response.read(_PIECE):
            body += piece
            if len(body) > most:
                raise _Refused("size")
        if lengths and not response.chunked and len(body) != int(lengths[0]):
            raise _Refused("cut_off")
        return bytes(body)


class _Line(io.RawIOBase):
    """A connection on which everything together has one end in time, and a bound in bytes.

    A time limit for each piece would let whoever sends one byte now and then hold us for ever.
    """

    def __init__(self, secured: ssl.SSLSocket, end: float, *, allowance: int) -> None:
        self._secured, self._end, self.allowance = secured, end, allowance

    def send(self, data: bytes) -> None:
        """Send everything."""
        self._secured.settimeout(_left(self._end))
        self._secured.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the stream that an HTTPResponse reads from."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has come, for the time and the bytes that are left."""
        if self.allowance <= 0:
            raise _Refused("size")
        self._secured.settimeout(_left(self._end))
        try:
            count = self._secured.recv_into(buffer)
        except ssl.SSLZeroReturnError:
            return 0  # the other side has said that this is the end
        self.allowance -= count
        return count

    def close(self) -> None:
        """Hang up."""
        self._secured.close()
        super().close()


# --- what was answered before --------------------------------------------------------------------


_KEPT_SECONDS = {
    # What an answer is, as we can tell without reading it as what it may be; how long it is kept
    # at most, whatever it allows. A false one can only shorten or lengthen its own life.
    re.compile(rb'StatusList|RevocationList|"revo(?:ked|cation)'): 300.0,
    re.compile(rb'"verificationMethod"|"publicKey|"keys"'): 600.0,
    re.compile(rb"\A\x89PNG|\A\xff\xd8|<svg"): 3_600.0,
}
_KEPT_SECONDS_OTHERWISE = 60.0
"""A badge may be withdrawn, and what it says is what is verified."""
_UNSTATED_SECONDS = 30.0
"""How long an answer is kept that says nothing of it (RFC 9111, section 4.2.2)."""


@dataclass(frozen=True)
class _Entry:
    """An answer, None for a failure; until when it holds, and how to ask whether it still does."""

    fetched: Fetched | None
    until: float
    etag: str = ""

    def answer(self) -> Fetched:
        """Return it, or raise it."""
        if self.fetched is None:
            raise FetchFailed(NO_ANSWER)
        return self.fetched


@dataclass
class _Kept:
    """Answers by address, the least recently used leaving first."""

    limits: Limits
    clock: Callable[[], float]
    _entries: OrderedDict[str, _Entry] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, address: str) -> _Entry | None:
        """Return what is known of an address, be it fresh or not."""
        with self._lock:
            if address in self._entries:
                self._entries.move_to_end(address)
            return self._entries.get(address)

    def is_fresh(self, entry: _Entry) -> bool:
        """Tell whether an answer may be used as it is."""
        return self.clock() < entry.until

    def keep(self, address: str, fetched: Fetched, headers: http.client.HTTPMessage) -> None:
        """Keep an answer as long as it allows, by its headers and the `ttl` of a status list.

        An answer that wants to be asked for each time is kept if it has a name (`ETag`) under which
        its site can say that it is still the same.
        """
        rules = _directives(headers)
        etag = headers.get("ETag", "")
        etag = etag if re.fullmatch(r'(?:W/)?"[!#-~]{0,100}"', etag) else ""
        seconds = _fresh_seconds(rules, headers, fetched.body)
        is_ours_to_keep = not {"no-store", "private"} & rules.keys() and "*" not in headers.get(
            "Vary", ""
        )
        if fetched.status == 200 and is_ours_to_keep and (seconds > 0 or etag):
            self._put(address, _Entry(fetched, self.clock() + seconds, etag))
        else:
            self._put(address, None)

    def remember_failure(self, address: str) -> None:
        """Ask an address that failed no sooner than in a while."""
        self._put(address, _Entry(None, self.clock() + self.limits.failure_seconds))

    def _put(self, address: str, entry: _Entry | None) -> None:
        with self._lock:
            if (former := self._entries.pop(address, None)) is not None:
                self._bytes -= _size(address, former)
            if entry is not None:
                self._entries[address] = entry
                self._bytes += _size(address, entry)
            while self._bytes > self.limits.kept_bytes:
                oldest, gone = self._entries.popitem(last=False)
                self._bytes -= _size(oldest, gone)


@dataclass
class _Pace:
    """When which host was asked in the last minute."""

    per_minute: int
    clock: Callable[[], float]
    _asked: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def allows(self, host: str) -> bool:
        """Tell whether `host` may be asked once more, and count that."""
        now = self.clock()
        with self._lock:
            times = self._asked.setdefault(host, deque())
            self._asked.move_to_end(host)
            # Whoever was not asked for longest was not asked for a minute, or is one of thousands.
            while len(self._asked) > _MAXIMUM_HOSTS:
                self._asked.popitem(last=False)
            while times and times[0] <= now - 60:
                times.popleft()
            if len(times) >= self.per_minute:
                return False
            times.append(now)
            return True


def _size(address: str, entry: _Entry) -> int:
    """Return about how many bytes an entry holds."""
    return 1_000 + len(address) + (len(entry.fetched.body) if entry.fetched else 0)


def _directives(headers: http.client.HTTPMessage) -> dict[str, str]:
    """Return the directives of Cache-Control, in small letters."""
    stated = ",".join(headers.get_all("Cache-Control", []))
    pairs = (each.partition("=") for each in stated.lower().split(","))
    return {name.strip(): value.strip().strip('"') for name, _, value in pairs if name.strip()}


def _fresh_seconds(rules: dict[str, str], headers: http.client.HTTPMessage, body: bytes) -> float:
    """Return for how many seconds an answer is used again."""
    if "no-cache" in rules:
        return 0
    age = rules.get("s-maxage", rules.get("max-age"))
    if age is not None:
        stated = _seconds(age, otherwise=0) - _seconds(headers.get("Age", "0"), otherwise=math.inf)
    else:
        # The headers of former times are respected as "ask again".
        stated = 0 if "Expires" in headers or "Pragma" in headers else _UNSTATED_SECONDS
    by_itself, payload = _ttl(body)
    kinds = (most for form, most in _KEPT_SECONDS.items() if form.search(payload))
    return max(0, min(stated, by_itself, next(kinds, _KEPT_SECONDS_OTHERWISE)))


def _seconds(text: str, *, otherwise: float) -> float:
    """Return a number of seconds, `otherwise` for what is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else otherwise


def _ttl(body: bytes) -> tuple[float, bytes]:
    """Return the seconds that a status list gives itself (`ttl`, in milliseconds), and its JSON.

    Infinite for what has none; 0 for what seems to have one and cannot be read.
    Source: Bitstring Status List 1.0, section 2.2.
    """
    document: Any = None
    if body[:2] == b"ey":
        document = compact.peek(body.decode("ascii", "replace").strip())
        body = json.dumps(document).encode()
    elif b'"ttl"' in body:
        try:
            document = strict_json.load_object(body)
        except UnreadableJSON:
            return 0, body
    subject = document.get("credentialSubject") if isinstance(document, dict) else None
    ttl = subject.get("ttl") if isinstance(subject, dict) else None
    if isinstance(ttl, int | float) and not isinstance(ttl, bool):
        return ttl / 1000, body
    return math.inf, body


# --- addresses of machines -----------------------------------------------------------------------


def is_public(address: str) -> bool:
    """Tell whether a numeric address belongs to the world, and to nobody's own network.

    `ipaddress.is_global` alone lets through what is translated into a private address on the way.

    >>> is_public("93.184.215.14"), is_public("10.0.0.1"), is_public("64:ff9b::a00:1")
    (True, False, False)
    """
    found = _parsed(address)
    if found is None or not found.is_global or found.is_multicast:
        return False
    if found.version == 4:
        return not any(found in each for each in _NOT_PUBLIC)
    return found in _PUBLIC_6 and not any(found in each for each in _NOT_PUBLIC_6)


def is_within(address: str, networks: Iterable[IPNetwork]) -> bool:
    """Tell whether a numeric address lies in one of `networks`, and is no cloud's metadata."""
    found = _parsed(address)
    return (
        found is not None
        and found not in _METADATA
        and any(found.version == each.version and found in each for each in networks)
    )


def private_networks(text: str) -> tuple[IPNetwork, ...]:
    """Return the networks that are listed in `text`, with commas between.

    Raises ValueError unless each is a private one: loopback, link-local addresses and the world
    at large are never opened by a setting.

    >>> private_networks("10.20.0.0/16")
    (IPv4Network('10.20.0.0/16'),)
    """
    networks = []
    for each in filter(None, (part.strip() for part in text.split(","))):
        network = ipaddress.ip_network(each)
        if not any(
            isinstance(network, type(private)) and network.subnet_of(private)  # type: ignore[arg-type]  # of one version
            for private in _PRIVATE
        ):
            raise ValueError(f"{each} is not part of a private network")
        networks.append(network)
    return tuple(networks)


def _parsed(address: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None


_lookups = threading.BoundedSemaphore(16)
"""How many names may be looked up at once: the system's resolver cannot be interrupted."""


def look_up(host: str, seconds: float) -> list[str]:
    """Return the addresses of a name by the system's resolver, within so many seconds.

    None for a name that has none. The thread of a lookup that takes longer ends when the resolver
    gives up.
    """
    found: list[str] = []
    if not _lookups.acquire(timeout=seconds):
        raise _Hurried("too many names are looked up")

    def resolve() -> None:
        try:
            answers = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
            found.extend(str(answer[4][0]) for answer in answers)
        except OSError:
            pass
        finally:
            _lookups.release()

    thread = threading.Thread(target=resolve, name="look-up", daemon=True)
    thread.start()
    thread.join(seconds)
    return list(found)


def _media_type(headers: http.client.HTTPMessage) -> str:
    """Return the media type without parameters, empty for none that is one."""
    stated = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return stated if re.fullmatch(r"[a-z0-9!#$&^_.+/-]{1,100}", stated) else ""


def _left(end: float) -> float:
    """Return the seconds until `end`; raises once there are none."""
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _fail(reason: _Refused, message: str, *, code: str | None = None) -> NoReturn:
    """Raise what others may know; only the operator learns why, and nobody learns which address."""
    log.debug("fetch_failed", code=str(reason))
    raise FetchFailed(message, code=code) from None
