"""From an accepted offer to a released badge.

1. The offer becomes accepted, with the holder's choices; an intent reserves the public id and the
   place in the status list. Commit: nothing is signed that was not written down first.
2. Build the credential; 3. lint and sign it, as JSON with an embedded proof and as VC-JWT, and bake
   the images; 4. verify every form with the public walk, as any stranger would; 5. store the bytes
   and their digests, append to the audit chain, commit. Only then is it acknowledged.

Every step can be taken again: an award has one intent, an intent has one credential.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from badgeservice.awarding import offers
from badgeservice.awarding.models import Award, AwardState
from badgeservice.errors import HolderErased, IssuingHalted, IssuingRefused
from badgeservice.issuing import build, endorsements, grounds, ob2, preview, release, short_codes
from badgeservice.issuing.build import Choices
from badgeservice.issuing.models import Badge, BadgeState, Intent, Visibility
from badgeservice.issuing.office import Office
from badgeservice.issuing.release import Draft, Wanted
from badgeservice.openbadges import v3
from badgeservice.storage import chain

FIRST_EDITION = 1


def accept_and_issue(
    session: Session,
    office: Office,
    *,
    award_id: str,
    person_id: str,
    choices: Choices,
    actor: str,
    now: datetime,
) -> Badge:
    """Accept an offer on behalf of its holder, issue the badge, and return its register row.

    Commits twice (see above). A second tap, or a retry after a crash, returns the same badge with
    the choices of the first acceptance. Raises IssuingRefused when the offer is not this person's,
    was declined, or its choices cannot be signed; OfferClosed when it no longer stands; HolderErased
    when the person is being erased at this moment; IssuingHalted, and then the acceptance is kept.
    """
    award = session.get(Award, award_id)
    if award is None or award.person_id != person_id:
        raise IssuingRefused("this offer does not exist for this person")
    if issued := of_award(session, award_id):
        return issued
    _refuse_what_cannot_be_signed(session, office, award, choices, now=now)
    offers.accept(session, office.vault, award_id, choices=_as_dict(choices), actor=actor, now=now)
    _plan(session, office, award, now=now)
    session.commit()
    accepted = session.get(Award, award_id)
    if accepted is None:
        raise HolderErased("the data of this holder has been erased")
    try:
        badge = _release(session, office, accepted, actor=actor, now=now)
        session.commit()
    except IntegrityError:
        # The same award was being issued beside us; the unique constraints let one of us through.
        session.rollback()
        if winner := of_award(session, award_id):
            return winner
        raise
    except IssuingHalted:
        session.rollback()
        raise
    return badge


def finish(session: Session, office: Office, award: Award, *, now: datetime) -> Badge:
    """Issue what was accepted and not finished, with the choices of its holder. Raises as above."""
    return accept_and_issue(
        session,
        office,
        award_id=award.id,
        person_id=award.person_id,
        choices=_from_dict(offers.choices(session, office.vault, award)),
        actor=award.person_id,
        now=now,
    )


def _refuse_what_cannot_be_signed(
    session: Session, office: Office, award: Award, choices: Choices, *, now: datetime
) -> None:
    """Raise IssuingRefused before the acceptance: afterwards its choices cannot be changed."""
    if choices.ob2:
        ob2.refuse_unless_possible(office.issuer)
    previewed = preview.preview(session, office, award, choices, now=now)
    if problems := v3.lint(previewed.document):
        raise IssuingRefused("; ".join(str(problem) for problem in problems))


def of_award(session: Session, award_id: str) -> Badge | None:
    """Return the badge that an award led to, None when it has not been issued."""
    return session.scalar(select(Badge).where(Badge.award_id == award_id))


def unfinished(session: Session, person_id: str | None = None) -> list[Award]:
    """Return what a person, or anybody, accepted and has not received: a crash or a halt came first.

    Accepting once more finishes it, with the first choices.
    """
    waiting = (
        select(Award)
        .outerjoin(Badge, Badge.award_id == Award.id)
        .where(Award.state == AwardState.ACCEPTED, Badge.public_id.is_(None))
        .order_by(Award.decided_at, Award.id)
    )
    if person_id is not None:
        waiting = waiting.where(Award.person_id == person_id)
    return list(session.scalars(waiting))


def _release(session: Session, office: Office, award: Award, *, actor: str, now: datetime) -> Badge:
    intent, choices = _plan(session, office, award, now=now)
    version = grounds.class_version(session, award)
    reasons = grounds.of_award(session, office.vault, award, language=choices.language)
    # A clock that ran ahead may have dated the decision: nobody is awarded later than it is valid.
    reasons = replace(reasons, awarded_at=min(reasons.awarded_at, now))
    unsigned = build.credential(
        office,
        version,
        reasons,
        choices,
        release.place(office, intent),
        subject_id=build.fresh_subject_id(),
        endorsements=endorsements.standing(
            session, office, version, language=choices.language, now=now
        ),
        now=now,
    )
    badge = Badge(
        public_id=intent.public_id,
        award_id=award.id,
        address=unsigned["id"],
        class_slug=version.slug,
        awarded_at=reasons.awarded_at,
        edition=FIRST_EDITION,
        state=BadgeState.ACTIVE,
        state_since=now,
        visibility=choices.visibility,
        renews=_renewed(session, award),
    )
    draft = Draft(badge, intent, unsigned, version, choices.language, award.person_id, choices.ob2)
    [made] = release.make(session, office, [draft], now=now)
    release.store(session, office, [made], now=now)
    short_codes.give(session, badge)
    chain.append(
        session,
        actor=actor,
        action="issue",
        subject=badge.public_id,
        details={
            "award": award.id,
            "dossier": award.dossier_digest,
            "class": f"{version.slug}/{version.version}",
            **made.digests,
        },
        now=now,
    )
    return badge


def _plan(
    session: Session, office: Office, award: Award, *, now: datetime
) -> tuple[Intent, Choices]:
    """Return what is planned for an award, and the choices with which it was first accepted."""
    choices = _from_dict(offers.choices(session, office.vault, award))
    [intent] = release.plan(session, office, [Wanted(award.id, FIRST_EDITION)], now=now)
    if choices.ob2:
        release.plan_ob2(session, office, intent)
    return intent, choices


def _renewed(session: Session, award: Award) -> str | None:
    """Return the public id of the badge that this award renews, if it renews one."""
    before = offers.renewed(session, award)
    former = of_award(session, before.id) if before else None
    return former.public_id if former else None


def renewal_of(session: Session, badge: Badge) -> Badge | None:
    """Return the badge in force that renews this one, None while there is none."""
    return session.scalar(
        select(Badge).where(
            Badge.renews == badge.public_id,
            Badge.state.in_((BadgeState.ACTIVE, BadgeState.SUSPENDED)),
        )
    )


def _as_dict(choices: Choices) -> dict[str, str | bool | None]:
    return {
        "language": choices.language,
        "name": choices.name,
        "visibility": str(choices.visibility),
        "ob2": choices.ob2,
    }


def _from_dict(stored: dict[str, str | bool | None]) -> Choices:
    """Return the choices of an acceptance; one from before there was Open Badges 2.0 is without."""
    return Choices(
        language="en" if stored["language"] == "en" else "fr",
        name=str(stored["name"]) if stored["name"] is not None else None,
        visibility=Visibility(str(stored["visibility"])),
        ob2=bool(stored.get("ob2", False)),
    )
