"""Was everything that was planned released, once, and is only the newest of it kept?"""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from badgeservice.awarding.models import Award, AwardState
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
    planned = {
        tuple(row) for row in books.session.execute(select(Intent.public_id, Intent.edition))
    }
    editions: dict[str, list[int]] = {}
    for row in books.session.scalars(select(Credential).order_by(Credential.edition)):
        editions.setdefault(row.public_id, []).append(row.edition)
        if (row.public_id, row.edition) not in planned:
            yield edition_name(row.public_id, row.edition), "in the register, but never planned"
    for badge in books.badges():
        known = editions.get(badge.public_id, [])
        if known != list(range(1, badge.edition + 1)):
            yield badge.public_id, f"edition {badge.edition} of {known}"


def replaced(books: Books) -> Findings:
    """Of each badge exactly the newest edition stands, and nothing of the others is kept."""
    rows = select(Credential, Badge.edition).join(Badge, Badge.public_id == Credential.public_id)
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
    """Every acceptance led to one badge, or is planned still; every badge was accepted once."""
    planned = set(books.session.scalars(select(Intent.award_id)))
    badges = {badge.award_id: badge.public_id for badge in books.badges()}
    for award in books.session.scalars(select(Award)):
        if award.state == AwardState.ACCEPTED and award.id not in planned | badges.keys():
            yield award.id, "accepted, and neither planned nor issued"
        if award.accepted_at is None and award.id in badges:
            yield badges[award.id], "issued, although its award was never accepted"
        if award.accepted_at is not None and not award.used:
            yield award.id, "accepted, and rests on nothing"


def places(books: Books) -> Findings:
    """No place in a status list was given twice, and each list knows how many it gave.

    The tables forbid it; this finds what was changed around them.
    """
    taken = Counter(
        (number, index)
        for table in (Intent, GivenEndorsement)
        for number, index in books.session.execute(select(table.status_list, table.status_index))
    )
    for (number, index), times in sorted(taken.items()):
        if times > 1:
            yield f"status list {number}", f"place {index} was given {times} times"
    given = Counter(number for number, _ in taken.elements())
    for row in books.session.scalars(select(StatusList)):
        if row.reserved < given[row.number]:
            yield (
                f"status list {row.number}",
                f"{given[row.number]} places given, {row.reserved} counted",
            )
