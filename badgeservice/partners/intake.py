"""Results of a partner become evidence, and evidence becomes offers. Nothing is signed here.

Every way in comes through `take`: the API with up to 100 rows at once, an uploaded list in portions,
each committed by its caller. The same rows again change nothing, so that whoever was interrupted goes
on from the beginning.

    rows (results.Result) → check → take → evidence → offers.decide → Invitation (a mail, by a job)

To see beforehand what would happen, take and roll back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from badgeservice.awarding import offers
from badgeservice.catalogue import classes
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.text import Text
from badgeservice.errors import ConflictingChange, HolderErased
from badgeservice.evidence import agreements
from badgeservice.evidence.models import AllowedActivity
from badgeservice.evidence.sources import results
from badgeservice.evidence.sources.results import Checked, Corrections, Fate, Problem, Result
from badgeservice.partners import invitations
from badgeservice.people.models import Organisation
from badgeservice.storage.vault import Vault


@dataclass(frozen=True)
class Sender:
    """In whose name results come: the partner, and the id of its key or of its member.

    `only` are the activities to which the key is limited, None for all of the agreement. `controller`
    is the organisation that answers for persons whom nobody knew before.
    """

    partner: Organisation
    agent: str
    controller: Organisation
    only: Collection[str] | None = None


@dataclass(frozen=True)
class Row:
    """What became of a row. `number` counts from 1 in the order in which they came.

    `offers` are the ids of the offers that it made. They rest on everything that we hold of the
    person, so that their number may be told of many rows together, never of one.
    """

    number: int
    fate: Fate
    evidence_id: str | None = None
    problems: tuple[Problem, ...] = ()
    offers: tuple[str, ...] = ()


def check(
    session: Session, sender: Sender, sent: Sequence[Result], *, now: datetime
) -> list[Checked | tuple[Problem, ...]]:
    """Return each row as values, or what is wrong with it; nothing is read of any person."""
    return _checked(agreements.in_force(session, sender.partner.id), sender, sent, now)


def take(
    session: Session,
    vault: Vault,
    sender: Sender,
    sent: Sequence[Result],
    *,
    batch: str,
    corrections: Corrections = Corrections.REFUSE,
    now: datetime,
) -> list[Row]:
    """Take rows in, decide about every person in them, and return what became of each row, in order.

    `batch` names what was sent together: each person gets at most one mail about it. Flushes; the
    caller commits, and enqueues `invitations.TASK` in the same transaction (`invitations.enqueue`).
    Raises ConflictingChange when someone in it is being entered or erased at this moment.
    """
    # One list of a partner after the other: two at once could wait for each other's persons.
    session.refresh(sender.partner, with_for_update=True)
    agreement = agreements.in_force(session, sender.partner.id)
    badges = classes.all_current(session)
    fates: dict[int, Row] = {}
    by_person: dict[str, list[tuple[int, Checked]]] = defaultdict(list)
    for number, row in enumerate(_checked(agreement, sender, sent, now), start=1):
        if isinstance(row, Checked):
            by_person[row.email.key].append((number, row))
        else:
            fates[number] = Row(number, Fate.REFUSED, problems=row)
    # In one order for everybody, so that lists of two partners do not wait for each other either.
    for key in sorted(by_person):
        for done in _take_person(
            session, vault, sender, by_person[key], badges, batch, corrections, now
        ):
            fates[done.number] = done
    return [fates[number] for number in sorted(fates)]


def _take_person(
    session: Session,
    vault: Vault,
    sender: Sender,
    rows: Sequence[tuple[int, Checked]],
    badges: Sequence[BadgeClassVersion],
    batch: str,
    corrections: Corrections,
    now: datetime,
) -> list[Row]:
    """Take in the rows about one person, and decide about their badges once."""
    try:
        taken = [
            (
                number,
                results.take(
                    session, vault, sender.partner, row,
                    controller=sender.controller, agent=sender.agent,
                    corrections=corrections, only=sender.only, now=now,
                ),
            )
            for number, row in rows
        ]  # fmt: skip
        new = [(number, each) for number, each in taken if each.is_new and each.person_id]
        made: tuple[str, ...] = ()
        if new:
            person_id = str(new[0][1].person_id)
            made = _decide(session, vault, person_id, badges, now)
            if made or any(each.is_entered for _, each in new):
                invitations.add(
                    session, sender.partner, batch, person_id, is_offered=bool(made), now=now
                )
    except (IntegrityError, HolderErased) as error:
        raise ConflictingChange("a person in this list is being changed by someone else") from error
    last = new[-1][0] if new else None
    return [
        Row(
            number,
            each.fate,
            each.evidence_id,
            each.problems,
            made if number == last else (),
        )
        for number, each in taken
    ]


def _decide(
    session: Session,
    vault: Vault,
    person_id: str,
    badges: Sequence[BadgeClassVersion],
    now: datetime,
) -> tuple[str, ...]:
    """Decide about every badge of a person; return the ids of the offers that are new."""
    before = {offer.id for offer in offers.open_offers(session, person_id)}
    after = offers.decide(session, vault, person_id=person_id, classes=badges, now=now)
    return tuple(offer.id for offer in after if offer.id not in before)


def take_back(
    session: Session,
    vault: Vault,
    partner: Organisation,
    evidence_ids: Sequence[str],
    *,
    now: datetime,
) -> None:
    """Take back results of a partner, and the offers that rested on them and are not accepted yet.

    Badges that were accepted stay until somebody revokes them. Raises EvidenceNotFound for what is
    not this partner's, and then changes nothing if the caller rolls back.
    """
    persons = {results.withdraw(session, partner, each, now=now).person_id for each in evidence_ids}
    badges = classes.all_current(session)
    for person_id in sorted(persons):
        _decide(session, vault, person_id, badges, now)


def _checked(
    agreement: Mapping[str, AllowedActivity],
    sender: Sender,
    sent: Sequence[Result],
    now: datetime,
) -> list[Checked | tuple[Problem, ...]]:
    """Check every row by itself, and that no reference stands for two different rows."""
    first: dict[str, Result] = {}
    checked: list[Checked | tuple[Problem, ...]] = []
    for result in sent:
        row = results.check(result, agreement, now=now, only=sender.only)
        if result != first.setdefault(result.reference, result):
            found = () if isinstance(row, Checked) else row
            row = (*found, Problem("reference", "reference_twice", _ONCE))
        checked.append(row)
    return checked


_ONCE = Text(
    fr="une référence par résultat : celle-ci est déjà dans cette liste",
    en="one reference for each result: this one stands in this list already",
)
