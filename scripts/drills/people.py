"""People for the drills: somebody new who has an offer, on somebody's word, and accepts it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from badgeservice.awarding import offers
from badgeservice.awarding.models import Award
from badgeservice.catalogue import classes
from badgeservice.catalogue.strength import Strength
from badgeservice.evidence.sources import manual
from badgeservice.extensions import Services
from badgeservice.issuing import issue
from badgeservice.issuing.build import Choices
from badgeservice.issuing.models import Badge, Visibility
from badgeservice.people import accounts

BADGE = "crcn-4-1-beginner"
CHOICES = Choices(language="fr", name=None, visibility=Visibility.LINK)


def offered(session: Session, here: Services, email: str, *, now: datetime) -> Award:
    """Return an offer to the person at this address. The caller commits."""
    badge_class = classes.current(session, BADGE)
    controller = accounts.organisation(session, here.office.issuer.slug)
    person = accounts.find_or_create(
        session, here.vault, email=email, language="fr", controller=controller, now=now
    )
    manual.record_manual(
        session, here.vault, person_id=person.id, badge_class=badge_class,
        strength=Strength.WORK_REVIEWED, agent="drill", organisation=controller.slug,
        statement="", occurred_at=now, now=now,
    )  # fmt: skip
    return offers.award_for(
        session, here.vault, person_id=person.id, badge_class=badge_class, now=now
    )


def accepted(
    session: Session, here: Services, award_id: str, person_id: str, *, now: datetime
) -> Badge:
    """Accept an offer in the name of whom it is for; return the badge, which is committed."""
    return issue.accept_and_issue(
        session, here.office, award_id=award_id, person_id=person_id,
        choices=CHOICES, actor="drill", now=now,
    )  # fmt: skip
