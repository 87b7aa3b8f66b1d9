"""Was everything that was planned released, once, and is only the newest of it kept?"""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

from sqlalchemy import exists, func, or_, select, union_all

from badgeservice.awarding.models import Award, AwardState
from badgeservice.evidence.models import Evidence
from badgeservice.issuing.audit.books import ROWS_AT_A_TIME, Books, Findings, edition_name
from badgeservice.issuing.models import (
    Badge,
    Credential,
    CredentialBytes,
    GivenEndorsement,
    Intent,
    IntentState,
    StatusList,
)


def intents(books: Books) -> Findings:
    """Every edition was planned; every plan that says so was carried out; a badge has its newest."""
    for intent, credential in books.session.execute(
        select(Intent, Credential)
        .outerjoin(
            Credential,
            (Credential.public_id == Intent.public_id) & (Credential.edition == Intent.edition),
        )
        .execution_options(yield_per=ROWS_AT_A_TIME)
    ):
        subject = edition_name(intent.public_id, intent.edition)
        if intent.state == IntentState.ISSUED and credential is None:
            yield subject, "planned and said to be issued, but not in the register"
        if intent.state == IntentState.PLANNED and credential is not None:
            yield subject, "in the register, but its intent was never settled"
        if credential is not None and credential.ob2_id not in (None, intent.ob2_id):
            yield subject, "its assertion of Open Badges 2.0 was never planned"
    unplanned = (
        select(Credential.public_id, Credential.edition)
        .outerjoin(
            Intent,
            (Intent.public_id == Credential.public_id) & (Intent.edition == Credential.edition),
        )
        .where(Intent.public_id.is_(None))
    )
    for public_id, edition in books.session.execute(unplanned):
        yield edition_name(public_id, edition), "in the register, but never planned"
    # Numbers from 1 to n without a gap: as many as the newest says, and it is the greatest.
    editions = func.count(Credential.edition)
    incomplete = (
        select(Badge.public_id, Badge.edition)
        .outerjoin(Credential, Credential.public_id == Badge.public_id)
        .group_by(Badge.public_id, Badge.edition)
        .having(
            or_(
                editions != Badge.edition,
                func.max(Credential.edition) != Badge.edition,
                func.min(Credential.edition) != 1,
            )
        )
        .order_by(Badge.public_id)
    )
    for public_id, edition in books.session.execute(incomplete).all():
        known = select(Credential.edition).where(Credential.public_id == public_id)
        found = list(books.session.scalars(known.order_by(Credential.edition)))
        yield public_id, f"edition {edition} of {found}"


def replaced(books: Books) -> Findings:
    """Of each badge exactly the newest edition stands, and nothing of the others is kept."""
    rows = select(Credential, Badge.edition).join(Badge, Badge.public_id == Credential.public_id)
    rows = rows.execution_options(yield_per=ROWS_AT_A_TIME)
    for credential, current in books.session.execute(rows):
        subject = edition_name(credential.public_id, credential.edition)
        if credential.edition == current and credential.superseded_at is not None:
            yield subject, "the newest edition, and said to be replaced"
        if credential.edition != current and credential.superseded_at is None:
            yield subject, "not the newest edition, and said to stand"
    kept = (
        select(CredentialBytes.public_id, CredentialBytes.edition)
        .join(Badge, Badge.public_id == CredentialBytes.public_id)
        .where(CredentialBytes.edition != Badge.edition)
        .distinct()
    )
    for public_id, edition in books.session.execute(kept):
        yield edition_name(public_id, edition), "its bytes are kept, although it was replaced"


def awards(books: Books) -> Findings:
    """Every acceptance led to one badge, or is planned still; every badge was accepted once.

    Each award points to its evidence: rows that are there, and the person's own.
    """
    query = (
        select(
            Award.id,
            Award.person_id,
            Award.state,
            Award.accepted_at,
            Award.used,
            Badge.public_id,
            exists().where(Intent.award_id == Award.id).label("is_planned"),
        )
        .outerjoin(Badge, Badge.award_id == Award.id)
        .execution_options(yield_per=ROWS_AT_A_TIME)
    )
    rows = iter(books.session.execute(query))
    while page := list(islice(rows, ROWS_AT_A_TIME)):
        whose = _whose(books, {each for row in page for each in row.used})
        for award_id, person_id, state, accepted_at, used, public_id, is_planned in page:
            if state == AwardState.ACCEPTED and not is_planned and public_id is None:
                yield award_id, "accepted, and neither planned nor issued"
            if accepted_at is None and public_id is not None:
                yield public_id, "issued, although its award was never accepted"
            if not used:
                yield award_id, "rests on nothing"
            for each in used:
                if whose.get(each) != person_id:
                    what = "somebody else's" if each in whose else "not there"
                    yield award_id, f"rests on {each}, which is {what}"


def _whose(books: Books, used: Collection[str]) -> dict[str, str]:
    """Return the person of each piece of evidence, or award, that is there."""
    return {
        row.id: row.person_id
        for table in (Evidence, Award)
        for row in books.session.execute(
            select(table.id, table.person_id).where(table.id.in_(used))
        )
    }


def places(books: Books) -> Findings:
    """No place in a status list was given twice, and each list knows how many it gave.

    The tables forbid it; this finds what was changed around them.
    """
    taken = union_all(
        *(select(table.status_list, table.status_index) for table in (Intent, GivenEndorsement))
    ).subquery()
    times = func.count().label("times")
    twice = (
        select(taken.c.status_list, taken.c.status_index, times)
        .group_by(taken.c.status_list, taken.c.status_index)
        .having(times > 1)
        .order_by(taken.c.status_list, taken.c.status_index)
    )
    for number, index, given in books.session.execute(twice):
        yield f"status list {number}", f"place {index} was given {given} times"
    counted = select(taken.c.status_list, func.count()).group_by(taken.c.status_list)
    places_given = {row[0]: row[1] for row in books.session.execute(counted)}
    for number, reserved in books.session.execute(select(StatusList.number, StatusList.reserved)):
        if reserved < places_given.get(number, 0):
            yield (
                f"status list {number}",
                f"{places_given[number]} places given, {reserved} counted",
            )
