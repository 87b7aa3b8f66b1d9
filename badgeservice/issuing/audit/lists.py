"""Do the published lists and endorsements say what the register says?"""

from __future__ import annotations

from sqlalchemy import select

from badgeservice.errors import (
    BadgeserviceError,
    SigningLogDamaged,
)
from badgeservice.issuing import shelf, status_lists
from badgeservice.issuing.audit.books import ROWS_AT_A_TIME, Books, Findings
from badgeservice.issuing.models import (
    GivenEndorsement,
    ReceivedEndorsement,
    StatusList,
)
from badgeservice.issuing.signer import Purpose
from badgeservice.openbadges import status_list, strict_json, timestamps
from badgeservice.openbadges.proofs import eddsa_rdfc_2022
from badgeservice.storage.chain import AuditEvent


def status(books: Books) -> Findings:
    """Every published list is ours, and its bits are exactly what the register says is over."""
    told = _told_versions(books)
    for row in books.session.scalars(select(StatusList)):
        subject = f"status list {row.number}"
        if row.version < told.get(row.number, 1):
            yield subject, f"version {row.version}, after version {told[row.number]} in the chain"
        try:
            document = strict_json.loads(row.published)
            eddsa_rdfc_2022.verify(document, books.key(document["proof"][0]["verificationMethod"]))
            bits = status_list.decode(document["credentialSubject"]["encodedList"])
            dated = timestamps.read(document["validFrom"])
        except (BadgeserviceError, KeyError, IndexError, TypeError) as error:
            yield subject, f"does not verify: {error}"
            continue
        if dated != row.published_at.replace(microsecond=0):
            yield subject, f"published at {row.published_at}, and says {dated}"
        published = {i for i in range(len(bits) * 8) if status_list.is_set(bits, i)}
        registered = set(status_lists.withdrawn(books.session, row.number))
        for index in sorted(published ^ registered):
            wrong = "set, but in force" if index in published else "not in force, but not set"
            yield subject, f"bit {index} is {wrong}"


def _told_versions(books: Books) -> dict[int, int]:
    """Return the highest version of each list that the chain tells of."""
    told: dict[int, int] = {}
    details_of_all = select(AuditEvent.details).execution_options(yield_per=ROWS_AT_A_TIME)
    for details in books.session.scalars(details_of_all):
        for number, version in details.get("status_lists", {}).items():
            told[int(number)] = max(version, told.get(int(number), 0))
    return told


def endorsements(books: Books) -> Findings:
    """What we gave verifies and was planned; what we keep is what was verified."""
    given = {row.address: row for row in books.session.scalars(select(GivenEndorsement))}
    for address, row in given.items():
        if row.content is None:
            continue  # planned, and never signed
        try:
            document = strict_json.load_object(row.content)
            eddsa_rdfc_2022.verify(document, books.key(document["proof"][0]["verificationMethod"]))
        except (BadgeserviceError, KeyError, IndexError, TypeError) as error:
            yield address, f"does not verify: {error}"
    try:
        for entry in books.office.log.entries():
            if entry.purpose == Purpose.ENDORSEMENT and entry.subject not in given:
                yield entry.subject, "signed, but never planned"
    except SigningLogDamaged:
        pass  # said by the question about the log
    for received in books.session.scalars(select(ReceivedEndorsement)):
        if shelf.digest(received.content) != received.digest:
            yield received.address, "the bytes kept are not those that were verified"
