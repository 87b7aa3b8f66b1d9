"""Was everything that counts considered? What `offers.decide` had to settle, asked again; read-only.

Whoever records evidence decides about its person in the same transaction. Evidence that meets a rule,
and of which nothing became, was therefore lost between two steps, or written around them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from badgeservice.awarding import offers
from badgeservice.awarding.decision import Met
from badgeservice.awarding.models import Award
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.evidence import record
from badgeservice.evidence.models import Evidence, State

UNDER_WAY = timedelta(minutes=15)
"""So recently recorded evidence may still be in the hands of whoever decides about it (I7)."""


@dataclass(frozen=True)
class Overlooked:
    """Evidence, the latest of what meets the rule of a class, that led to no offer."""

    evidence_id: str
    slug: str


def overlooked(
    session: Session,
    person_ids: Sequence[str],
    classes: Sequence[BadgeClassVersion],
    *,
    now: datetime,
) -> Iterator[Overlooked]:
    """Yield what of these persons meets the rule of one of `classes` and was never considered.

    Silent about what nobody could have considered: a class that was published later than the
    evidence was recorded, and rules that ask for other badges.
    """
    evidence: dict[str, list[Evidence]] = defaultdict(list)
    valid = select(Evidence).where(
        Evidence.person_id.in_(person_ids), Evidence.state == State.VALID
    )
    for row in session.scalars(valid.order_by(Evidence.occurred_at, Evidence.id)):
        evidence[row.person_id].append(row)
    awards: dict[tuple[str, str], list[Award]] = defaultdict(list)
    for award in session.scalars(select(Award).where(Award.person_id.in_(person_ids))):
        awards[award.person_id, award.slug].append(award)
    for person_id, rows in evidence.items():
        recorded = {row.id: row.recorded_at for row in rows}
        facts = [record.fact(row) for row in rows]
        for badge_class in classes:
            former = awards[person_id, badge_class.slug]
            if any(offers.is_live(award) for award in former):
                continue
            # Without the badges that are held less is met, never more: no rule can ask for "not".
            reached = offers.reached(badge_class, facts, now)
            if not isinstance(reached, Met) or offers.is_answered(reached, former):
                continue
            latest = max(reached.used, key=lambda fact: recorded[fact.id]).id
            published_at = badge_class.published_at
            is_later = published_at is not None and published_at > recorded[latest]
            if not is_later and recorded[latest] < now - UNDER_WAY:
                yield Overlooked(latest, badge_class.slug)
