"""What passes between the process that serves the web and the one that runs a walk.

Each message is a frame: four bytes of length, then JSON. The worker has read what strangers wrote,
so whoever listens to it takes it for a stranger too: what it sends is read into the types below or
refused, and never unpickled. What it is told comes from us.

The walk asks and the caller answers, one question at a time; a new `Job` instead of an answer tells
the worker to forget the walk.
"""

from __future__ import annotations

import dataclasses
import socket
import struct
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from badgeservice.errors import BadgeserviceError
from badgeservice.openbadges import strict_json
from badgeservice.verification import Report, Submission
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.issuers import KnownIssuer, Named
from badgeservice.verification.register import RegisterEntry
from badgeservice.verification.submission import Kind

MAXIMUM_BYTES = 8_388_608
"""The longest message: a submission in base64, or a report that quotes one several times."""

_LENGTH = struct.Struct("!I")


class Garbled(BadgeserviceError):
    """The other side sent what is no message, or nothing, or not to the end."""

    code = "garbled"


# --- from the caller to the worker ---------------------------------------------------------------


class Given(Struct, frozen=True):
    """A submission that was recognised before; its document is read again from its text."""

    kind: Kind
    text: str
    is_document: bool
    beside: Given | None = None

    @classmethod
    def of(cls, found: Submission) -> Given:
        """Return a submission as it travels."""
        beside = cls.of(found.beside) if found.beside else None
        return cls(found.kind, found.text, found.document is not None, beside)

    def submission(self) -> Submission:
        """Return the submission that has travelled."""
        document = strict_json.load_object(self.text.encode()) if self.is_document else None
        beside = self.beside.submission() if self.beside else None
        return Submission(self.kind, self.text, document, beside)


class Job(Struct, frozen=True, tag="job"):
    """Something to verify as of `now`: bytes as they came, or what was recognised in them.

    `recipient` is whom it may be about, None if nobody asks.
    """

    submitted: bytes | Given
    now: datetime
    recipient: str | None = None


class Document(Struct, frozen=True, tag="document"):
    """What was fetched."""

    fetched: Fetched


class NoDocument(Struct, frozen=True, tag="no-document"):
    """Why nothing was fetched."""

    message: str
    code: str


class Owned(Struct, frozen=True, tag="owned"):
    """Whether an identifier is ours."""

    is_ours: bool


class Registered(Struct, frozen=True, tag="registered"):
    """What the register says of a badge."""

    entry: RegisterEntry | None


class PublishedAt(Struct, frozen=True, tag="published-at"):
    """When a status list of ours was published."""

    instant: datetime | None


class Known(Struct, frozen=True, tag="known"):
    """The entries about an issuer."""

    entries: tuple[KnownIssuer, ...]


class Alike(Struct, frozen=True, tag="alike"):
    """Whom an issuer could be taken for."""

    names: tuple[Named, ...]


Answer = Document | NoDocument | Owned | Registered | PublishedAt | Known | Alike
Told = Job | Answer

# --- from the worker to the caller ---------------------------------------------------------------


class Ready(Struct, frozen=True, tag="ready"):
    """The worker has loaded everything, and given up what it does not need."""


class AskFetch(Struct, frozen=True, tag="fetch"):
    """What stands at an address?"""

    address: str


class AskOwns(Struct, frozen=True, tag="owns"):
    """Is this one of our issuers or addresses?"""

    issuer_id: str


class AskEntry(Struct, frozen=True, tag="entry"):
    """What does the register say of this badge?"""

    credential_id: str


class AskPublished(Struct, frozen=True, tag="published"):
    """When was this status list published, if it is ours?"""

    status_list: str


class AskIssuer(Struct, frozen=True, tag="issuer"):
    """Which entries of the known issuers are about this one?"""

    identifier: str


class AskAlike(Struct, frozen=True, tag="resembled"):
    """Who among the known has one of these keys of likeness?"""

    keys: tuple[str, ...]


class Done(Struct, frozen=True, tag="done"):
    """The report."""

    report: Report


class OutOfMemory(Struct, frozen=True, tag="out-of-memory"):
    """The walk needed more memory than there is; the worker ends."""


class Failed(Struct, frozen=True, tag="failed"):
    """The walk raised what it must not: the name of the exception, for our log."""

    exception: str


Question = AskFetch | AskOwns | AskEntry | AskPublished | AskIssuer | AskAlike
Said = Ready | Question | Done | OutOfMemory | Failed

_TOLD: msgspec.json.Decoder[Told] = msgspec.json.Decoder(Told)
_SAID: msgspec.json.Decoder[Said] = msgspec.json.Decoder(Said)


def told(frame: bytes) -> Told:
    """Return what the caller tells the worker."""
    return _TOLD.decode(frame)


def said(frame: bytes) -> Said:
    """Return what the worker says; raises `Garbled` for what no worker of ours would say."""
    try:
        message = _SAID.decode(frame)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Garbled(f"no message: {type(error).__name__}") from None
    if isinstance(message, Done) and any(each.tzinfo is None for each in _instants(message.report)):
        raise Garbled("an instant without a zone")
    return message


def _instants(value: Any) -> Iterator[datetime]:
    """Yield every instant in a report, at any depth."""
    if isinstance(value, datetime):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _instants(item)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _instants(getattr(value, field.name))


class Channel:
    """One end of the line between the two."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def send(self, message: Told | Said, *, until: float | None = None) -> None:
        """Send a message; `until` is a time of `time.monotonic`, None for as long as it takes.

        Raises `TimeoutError`, and `Garbled` if nobody listens or the message is too long.
        """
        body = msgspec.json.encode(message)
        if len(body) > MAXIMUM_BYTES:
            raise Garbled(f"a message of {len(body)} bytes")
        self._limit(until)
        try:
            # Its timeout is for all of it.
            self._end.sendall(_LENGTH.pack(len(body)) + body)
        except TimeoutError:
            raise
        except OSError:
            raise Garbled("nobody listens") from None

    def receive(self, *, until: float | None = None) -> bytes:
        """Return the next frame. Raises `TimeoutError`, and `Garbled` when there is none."""
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size, until))
        if length > MAXIMUM_BYTES:
            raise Garbled(f"a message of {length} bytes")
        return self._exactly(length, until)

    def close(self) -> None:
        """Hang up."""
        self._end.close()

    def _exactly(self, count: int, until: float | None) -> bytes:
        received = bytearray()
        while len(received) < count:
            self._limit(until)
            try:
                piece = self._end.recv(min(count - len(received), 1 << 16))
            except TimeoutError:
                raise
            except OSError:
                piece = b""
            if not piece:
                raise Garbled("the line is dead")
            received += piece
        return bytes(received)

    def _limit(self, until: float | None) -> None:
        left = None if until is None else until - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        self._end.settimeout(left)
