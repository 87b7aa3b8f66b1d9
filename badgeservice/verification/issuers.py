"""What verification asks of the list of known issuers: organisations that we have reason to believe.

A good signature says who signed, and nothing of whether they are a school. That is for people to
decide: an operator of this service, or somebody whose list they have chosen to follow. Each entry
says for what and for which time an issuer is known, why, and who says so.

Everything here is plain data, so that it can be handed to a process that has no database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from badgeservice.openbadges import Document, timestamps
from badgeservice.verification import likeness, origins, reading


class Named(NamedTuple):
    """Somebody known, by identifier and by name."""

    identifier: str
    name: str


@dataclass(frozen=True)
class SeenKey:
    """A key under which a badge of a known issuer once verified: its RFC 7638 thumbprint.

    It counts once it `is_confirmed`: the first by being the first, later ones by an operator.
    """

    thumbprint: str
    first_seen: datetime
    is_confirmed: bool


@dataclass(frozen=True)
class KnownIssuer:
    """One entry: who is known, for what, for badges of which time, why, and who says so.

    `identifier` is a DID, the https address of a profile, or an https origin for all at one site.
    `since` and `until` bound the dates of its badges, None for without bound. `achievements` are
    ids, or beginnings of ids that end in a slash; `frameworks` are their names or addresses. With
    neither, it is known for all its badges. `keys` are those remembered of this identifier, in the order
    in which they were seen; of an entry for a whole site none are remembered.
    """

    identifier: str
    name: str
    reason: str
    source: str
    since: datetime | None = None
    until: datetime | None = None
    achievements: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    keys: tuple[SeenKey, ...] = ()

    def is_for_time(self, issued: datetime | None) -> bool:
        """Tell whether a badge of this time is meant; one without a time never is."""
        return (
            issued is not None
            and (self.since is None or self.since <= issued)
            and (self.until is None or issued <= self.until)
        )

    def is_for_achievement(self, achievement: str | None, frameworks: Iterable[str]) -> bool:
        """Tell whether a badge for this achievement is meant.

        `frameworks` are those to which it refers. It must refer to some, and to no others than
        the entry names: what else a badge says it proves is just what a scope keeps out.
        """
        if not self.achievements and not self.frameworks:
            return True
        if achievement is not None and any(
            _is_for(achievement, each) for each in self.achievements
        ):
            return True
        named = set(frameworks)
        return bool(named) and named <= set(self.frameworks)

    def to_json(self) -> dict[str, Any]:
        """Return the entry as plain JSON values; the keys are our own memory, and stay here."""
        return {
            "identifier": self.identifier,
            "name": self.name,
            "reason": self.reason,
            "source": self.source,
            "since": None if self.since is None else timestamps.write(self.since),
            "until": None if self.until is None else timestamps.write(self.until),
            "achievements": list(self.achievements),
            "frameworks": list(self.frameworks),
        }


class Issuers(Protocol):
    """A list of known issuers, and of our own names."""

    def entries(self, identifier: str) -> tuple[KnownIssuer, ...]:
        """Return every entry about the issuer that calls itself `identifier`."""
        ...

    def resembled(self, keys: tuple[str, ...]) -> tuple[Named, ...]:
        """Return those, known or ourselves, that have one of these keys of `likeness.of_known`."""
        ...


class IssuerList:
    """The known issuers as they stand in memory. `ours` are the names that we go by ourselves."""

    def __init__(self, known: Iterable[KnownIssuer] = (), *, ours: Iterable[Named] = ()) -> None:
        self._entries: dict[str, list[KnownIssuer]] = defaultdict(list)
        self._named: dict[str, list[Named]] = defaultdict(list)
        names = list(ours)
        for entry in known:
            self._entries[entry.identifier].append(entry)
            names.append(Named(entry.identifier, entry.name))
        for each in dict.fromkeys(names):
            for key in likeness.of_known(each.name, each.identifier):
                self._named[key].append(each)

    def entries(self, identifier: str) -> tuple[KnownIssuer, ...]:
        """Return every entry about the issuer that calls itself `identifier`."""
        return tuple(
            entry
            for one in forms(identifier)
            if one in self._entries
            for entry in self._entries[one]
        )

    def resembled(self, keys: tuple[str, ...]) -> tuple[Named, ...]:
        """Return those that have one of these keys."""
        return tuple(
            dict.fromkeys(each for key in keys if key in self._named for each in self._named[key])
        )


NOBODY_KNOWN = IssuerList()


def forms(identifier: str) -> tuple[str, ...]:
    """Return the identifiers of entries that are about `identifier`: itself, and its whole site.

    Old profiles name themselves at plain http; what counts is what answers at https.

    >>> forms("did:web:school.example:issuers:a")
    ('did:web:school.example:issuers:a', 'https://school.example')
    >>> forms("http://school.example/issuer")
    ('https://school.example/issuer', 'https://school.example')
    """
    written = origins.secure(identifier)
    if written.startswith("did:web:"):
        site = origins.origin(f"https://{reading.domain(written) or ''}")
    else:
        site = origins.origin(written)
    if site is None or site.scheme != "https":
        return (written,)
    port = "" if site.port == 443 else f":{site.port}"
    return tuple(dict.fromkeys((written, f"https://{site.host}{port}")))


def frameworks(alignments: Iterable[Document]) -> tuple[str, ...]:
    """Return what the alignments of an achievement refer to, each by its name or else its address."""
    return tuple(
        reading.text(each, "targetFramework") or reading.text(each, "targetUrl") or ""
        for each in alignments
    )


def _is_for(achievement: str, named: str) -> bool:
    return achievement == named or (named.endswith("/") and origins.lies_within(achievement, named))
