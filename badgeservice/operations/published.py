"""The status lists that the public has: what others remember must not be contradicted by a backup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from badgeservice.errors import BadgeserviceError, FetchFailed, RestoreRefused
from badgeservice.issuing import status_lists
from badgeservice.issuing.issuer import Issuer
from badgeservice.openbadges import status_list, strict_json, timestamps
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import eddsa_rdfc_2022
from badgeservice.verification.fetching import Fetch

_BYTES_AT_MOST = 2 * 1024 * 1024


@dataclass(frozen=True)
class PublicList:
    """A list as the public has it: since when, and the indices of its bits that are set."""

    number: int
    valid_from: datetime
    ended: frozenset[int]


def read(content: bytes, issuer: Issuer, keys: Mapping[str, PublicKey]) -> PublicList:
    """Return a list that one of our keys has signed; `keys` go by kid.

    Raises RestoreRefused for anything else: nobody may set bits in our lists.
    """
    methods = {issuer.method(kid): key for kid, key in keys.items()}
    try:
        document = strict_json.load_object(content)
        eddsa_rdfc_2022.verify(document, methods[document["proof"][0]["verificationMethod"]])
        number = status_lists.number_of(issuer.base_url, document["id"])
        bits = status_list.decode(document["credentialSubject"]["encodedList"])
        dated = timestamps.read(document["validFrom"])
    except (BadgeserviceError, KeyError, IndexError, TypeError) as error:
        reason = error.message if isinstance(error, BadgeserviceError) else "its form"
        raise RestoreRefused(f"a published list is none that our keys signed: {reason}") from None
    if number is None:
        raise RestoreRefused(f"{document['id']}: not the address of a list of ours")
    ended = frozenset(i for i in range(len(bits) * 8) if bits[i // 8] & 0x80 >> i % 8)
    return PublicList(number, dated, ended)


def in_files(paths: Iterable[Path]) -> Iterator[bytes]:
    """Yield each list in `paths`: files, and folders such as a copy of the site, with `status/`.

    Raises RestoreRefused where there is none.
    """
    for path in paths:
        likely = (path / "site" / "status", path / "status")  # of `freeze`; of a copy of the site
        folder = next((each for each in likely if each.is_dir()), path)
        files = sorted(each for each in folder.rglob("*") if each.is_file())
        if not (files := files if path.is_dir() else [path]):
            raise RestoreRefused(f"{path}: no list in it")
        for file in files:
            with file.open("rb") as opened:
                yield opened.read(_BYTES_AT_MOST)


def at_address(fetch: Fetch, base_url: str, *, known: int) -> Iterator[bytes]:
    """Yield each list that answers at its public address, the `known` ones and what follows.

    Raises RestoreRefused when one that we know does not answer: it may say more than we know.
    """
    number = 1
    while True:
        address = status_lists.address(base_url, number)
        try:
            answer = fetch(address)
        except FetchFailed as error:
            raise RestoreRefused(f"{address}: {error.message}. {_WAYS}") from None
        if answer.status == 404 and number > known:
            return
        if answer.status != 200:
            raise RestoreRefused(f"{address}: answered {answer.status}. {_WAYS}")
        yield answer.body
        number += 1


_WAYS = (
    "Say where copies of the status lists are that the public last had: --published FILE|DIR; or, "
    "if nobody has any, --without-published"
)


def newest(lists: Iterable[PublicList], *, known: Iterable[int], now: datetime) -> list[PublicList]:
    """Return one list for each number: the latest date, and every bit that any copy has.

    Raises RestoreRefused when one of the `known` numbers is not among them, or a date is to come.
    """
    found: dict[int, PublicList] = {}
    for each in lists:
        other = found.get(each.number, each)
        found[each.number] = PublicList(
            each.number, max(each.valid_from, other.valid_from), each.ended | other.ended
        )
    if missing := sorted(set(known) - found.keys()):
        raise RestoreRefused(f"no published copy of list {missing[0]}. {_WAYS}")
    for each in found.values():
        if each.valid_from > now:
            raise RestoreRefused(
                f"list {each.number} was published at {each.valid_from.isoformat()}, later than the "
                "clock of this machine says; set it right"
            )
    return [found[number] for number in sorted(found)]
