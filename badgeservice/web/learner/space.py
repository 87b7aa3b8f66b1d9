"""The dashboard: the next step first, then badges, evidence, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template

from badgeservice.awarding import offers
from badgeservice.awarding import words as awarding_words
from badgeservice.awarding.decision import Met
from badgeservice.awarding.models import Award
from badgeservice.awarding.words import Explanation, Names
from badgeservice.catalogue import classes
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.text import Text
from badgeservice.evidence import narrative, record
from badgeservice.extensions import db, services
from badgeservice.issuing import editions, issue
from badgeservice.issuing.models import Badge, BadgeState, Credential
from badgeservice.learning import attempts
from badgeservice.learning.content import Module
from badgeservice.learning.models import Attempt, Mode
from badgeservice.people import members
from badgeservice.people.models import Role
from badgeservice.sharing import holdings
from badgeservice.web import identity, languages
from badgeservice.web.identity import only_signed_in
from badgeservice.web.languages import bilingual

bp = Blueprint("space", __name__)


@dataclass(frozen=True)
class Progress:
    """Where a person stands with one badge that they do not hold: what is missing, in words."""

    version: BadgeClassVersion
    words: Explanation


@dataclass(frozen=True)
class NextStep:
    """The one thing to do next. Exactly one of these is not None, or there is nothing to do."""

    offer: Award | None = None
    offer_version: BadgeClassVersion | None = None
    open_attempt: Attempt | None = None
    module: Module | None = None
    next_allowed: datetime | None = None


@bilingual(bp, fr="/mon-espace", en="/my-space")
@only_signed_in
def overview() -> str:
    """Show a person their own space."""
    person, language, now = identity.required(), languages.current(), services().clock()
    held = holdings.of_holder(db.session, person.id)
    evidence = record.for_person(db.session, person.id)
    return render_template(
        "space/overview.html",
        step=_next_step(person.id, now),
        badges=[_held(badge, now) for badge in held],
        evidence=[narrative.narrative(record.fact(row), language) for row in evidence],
        declined=[
            (award, classes.get(db.session, award.slug, award.class_version))
            for award in offers.declined(db.session, person.id)
        ],
        acts_for=members.organisations(db.session, person.id, Role.SUBMIT),
        missing=_missing(person.id, {each.class_slug for each in held}, now),
    )


@dataclass(frozen=True)
class Held:
    """A badge in the list of its holder, with the words of its class and what became of it."""

    badge: Badge
    version: BadgeClassVersion
    state: str


def _held(badge: Badge, now: datetime) -> Held:
    edition = editions.current(db.session, badge)
    version = classes.get(db.session, badge.class_slug, edition.class_version)
    assert version is not None, "a published class version is never deleted"
    return Held(badge, version, _state(badge, edition, now))


def _state(badge: Badge, edition: Credential, now: datetime) -> str:
    """Return what became of a badge: its state in the register, else "renewed" or "expired"."""
    if badge.state != BadgeState.ACTIVE:
        return str(badge.state)
    if issue.renewal_of(db.session, badge):
        return "renewed"
    is_over = edition.valid_until is not None and edition.valid_until < now
    return "expired" if is_over else str(badge.state)


def _next_step(person_id: str, now: datetime) -> NextStep:
    # What was accepted and not finished comes first: one tap is missing.
    unfinished = issue.unfinished(db.session, person_id)
    if waiting := unfinished + offers.open_offers(db.session, person_id):
        award = waiting[0]
        version = classes.get(db.session, award.slug, award.class_version)
        return NextStep(offer=award, offer_version=version)
    for module in services().library.modules.values():
        attempt = attempts.open_attempt(db.session, module.id, person_id, now)
        if attempt is not None and attempt.mode == Mode.ASSESS:
            return NextStep(open_attempt=attempt, module=module)
    for module in services().library.modules.values():
        if not _passed(module, person_id):
            allowed = attempts.next_allowed(db.session, module, person_id, now)
            return NextStep(module=module, next_allowed=allowed)
    return NextStep()


def _passed(module: Module, person_id: str) -> bool:
    latest = attempts.latest(db.session, module.id, person_id)
    return latest is not None and attempts.result_of(db.session, services().vault, latest).passed


def _missing(person_id: str, held: set[str], now: datetime) -> list[Progress]:
    """Return what is missing for each badge class that the person does not hold."""
    progress = []
    for version in classes.all_current(db.session):
        if version.slug not in held:
            decision = offers.progress(
                db.session, person_id=person_id, badge_class=version, now=now
            )
            if isinstance(decision, Met):
                continue  # it is offered: the next step says so
            words = awarding_words.explain(decision, _names(), languages.current())
            progress.append(Progress(version, words))
    return progress


def _names() -> Names:
    """Return how modules and badges are called in what the rules say."""
    return Names(
        modules={module.id: module.title for module in services().library.modules.values()},
        badges={
            version.slug: Text(**version.document["name"])
            for version in classes.all_current(db.session)
        },
    )
