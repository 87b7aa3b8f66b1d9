"""From an accepted offer to a released badge.

1. The offer becomes accepted, with the holder's choices; an intent reserves the public id and the
   place in the status list. Commit: nothing is signed that was not written down first.
2. Build the credential; 3. lint and sign it, as JSON with an embedded proof and as VC-JWT, and bake
   the image; 4. verify all three with the public walk, as any stranger would; 5. store the bytes
   and their digests, append to the audit chain, commit. Only then is it acknowledged.

Every step can be taken again: an award has one intent, an intent has one credential.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from badgeservice.awarding import offers
from badgeservice.awarding.models import Award, AwardState
from badgeservice.catalogue.models import Artwork
from badgeservice.errors import IssuingRefused, SelfCheckFailed
from badgeservice.issuing import build, grounds, preview, shelf, status_lists
from badgeservice.issuing.build import Choices, Place
from badgeservice.issuing.hosting import Hosting, own_fetch
from badgeservice.issuing.models import (
    Credential,
    CredentialState,
    Format,
    Intent,
    IntentState,
    Visibility,
)
from badgeservice.issuing.office import Office
from badgeservice.issuing.register import ForthcomingRegister
from badgeservice.issuing.signer import Purpose
from badgeservice.openbadges import multibase, strict_json, v3
from badgeservice.openbadges.bakery import png
from badgeservice.openbadges.proofs import vc_jwt
from badgeservice.storage import chain
from badgeservice.verification import Verdict, recognise, verify
from badgeservice.verification.register import content_digest

_PUBLIC_ID_BYTES = 16


def accept_and_issue(
    session: Session,
    office: Office,
    *,
    award_id: str,
    person_id: str,
    choices: Choices,
    actor: str,
    now: datetime,
) -> Credential:
    """Accept an offer on behalf of its holder, issue the badge, and return its register row.

    Commits twice (see above). A second tap, or a retry after a crash, returns the same badge with
    the choices of the first acceptance. Raises IssuingRefused when the offer is not this person's,
    was declined, or its choices cannot be signed; OfferClosed when it no longer stands.
    """
    award = session.get(Award, award_id)
    if award is None or award.person_id != person_id:
        raise IssuingRefused("this offer does not exist for this person")
    if issued := of_award(session, award_id):
        return issued
    _refuse_what_cannot_be_signed(session, office, award, choices, now=now)
    offers.accept(session, office.vault, award_id, choices=_as_dict(choices), actor=actor, now=now)
    _plan(session, office, award_id, now=now)
    session.commit()
    try:
        credential = _release(session, office, award, actor=actor, now=now)
        session.commit()
    except IntegrityError:
        # The same award was being issued beside us; the unique constraints let one of us through.
        session.rollback()
        if winner := of_award(session, award_id):
            return winner
        raise
    return credential


def _refuse_what_cannot_be_signed(
    session: Session, office: Office, award: Award, choices: Choices, *, now: datetime
) -> None:
    """Raise IssuingRefused before the acceptance: afterwards its choices cannot be changed."""
    previewed = preview.preview(session, office, award, choices, now=now)
    if problems := v3.lint(previewed.document):
        raise IssuingRefused("; ".join(str(problem) for problem in problems))


def of_award(session: Session, award_id: str) -> Credential | None:
    """Return the credential that an award led to, None when it has not been issued."""
    return session.scalar(
        select(Credential)
        .join(Intent, Intent.public_id == Credential.public_id)
        .where(Intent.award_id == award_id)
    )


def unfinished(session: Session, person_id: str) -> list[Award]:
    """Return what a person accepted and has not received: a crash came in between.

    Accepting once more finishes it, with the first choices.
    """
    return list(
        session.scalars(
            select(Award)
            .outerjoin(Intent, Intent.award_id == Award.id)
            .outerjoin(Credential, Credential.public_id == Intent.public_id)
            .where(
                Award.person_id == person_id,
                Award.state == AwardState.ACCEPTED,
                Credential.public_id.is_(None),
            )
            .order_by(Award.decided_at)
        )
    )


def _plan(session: Session, office: Office, award_id: str, *, now: datetime) -> None:
    """Write down what will be signed, unless a former attempt already did."""
    if session.scalar(select(Intent).where(Intent.award_id == award_id)):
        return
    number, index = status_lists.reserve(session, office, now=now)
    intent = Intent(
        public_id=multibase.base58_encode(secrets.token_bytes(_PUBLIC_ID_BYTES)),
        award_id=award_id,
        status_list=number,
        status_index=index,
        state=IntentState.PLANNED,
        reserved_at=now,
    )
    try:
        with session.begin_nested():
            session.add(intent)
    except IntegrityError:
        # Another acceptance of the same award planned it meanwhile; its plan is ours too.
        if session.scalar(select(Intent).where(Intent.award_id == award_id)) is None:
            raise


def _release(
    session: Session, office: Office, award: Award, *, actor: str, now: datetime
) -> Credential:
    intent = session.scalars(select(Intent).where(Intent.award_id == award.id)).one()
    version = grounds.class_version(session, award)
    choices = _from_dict(offers.choices(session, office.vault, award))
    reasons = grounds.of_award(session, office.vault, award, language=choices.language)
    unsigned = build.credential(
        office,
        version,
        reasons,
        choices,
        Place(
            build.address(office.base_url, intent.public_id),
            status_lists.address(office.base_url, intent.status_list),
            intent.status_index,
        ),
        subject_id=build.fresh_subject_id(),
        now=now,
    )
    secured = strict_json.dumps(office.signer.secure(unsigned, Purpose.CREDENTIAL, now=now))
    token = office.signer.jwt(unsigned, now=now).encode("ascii")
    artwork = session.get_one(Artwork, version.artwork_digest(choices.language))
    image = png.bake(artwork.data, secured.decode())
    credential = Credential(
        public_id=intent.public_id,
        address=unsigned["id"],
        class_slug=version.slug,
        class_version=version.version,
        language=choices.language,
        verification_method=office.signer.verification_method,
        jwt_key=office.signer.jwt_key,
        awarded_at=reasons.awarded_at,
        issued_at=now,
        valid_until=reasons.valid_until,
        content_digest=content_digest(unsigned),
        json_digest=shelf.digest(secured),
        jwt_digest=shelf.digest(token),
        png_digest=shelf.digest(image),
        state=CredentialState.ACTIVE,
        state_since=now,
        visibility=choices.visibility,
    )
    released = {Format.JSON: secured, Format.JWT: token, Format.PNG: image}
    _self_check(session, office, credential, released, now=now)
    session.add(credential)
    session.flush()
    shelf.put(
        session,
        office.vault,
        public_id=credential.public_id,
        holder_id=award.person_id,
        released=released,
    )
    intent.state = IntentState.ISSUED
    chain.append(
        session,
        actor=actor,
        action="issue",
        subject=credential.public_id,
        details={
            "award": award.id,
            "dossier": award.dossier_digest,
            "class": f"{version.slug}/{version.version}",
            "json": credential.json_digest,
            "jwt": credential.jwt_digest,
            "png": credential.png_digest,
        },
        now=now,
    )
    return credential


def _self_check(
    session: Session,
    office: Office,
    credential: Credential,
    released: dict[Format, bytes],
    *,
    now: datetime,
) -> None:
    """Refuse to release what our own verifier, asked like a stranger, would not call green.

    Nor what is green and says something else than was built: whatever the signer hands back, a
    register that took its digests would vouch for it.
    """
    fetch = own_fetch(Hosting(session, office))
    register = ForthcomingRegister(office, credential)
    for form, content in released.items():
        submission = recognise(content)
        report = verify(submission, fetch=fetch, register=register, now=now)
        if report.verdict is not Verdict.GREEN:
            reasons = ", ".join(f"{finding.code}" for finding in report.problems)
            raise SelfCheckFailed(f"the {form} of {credential.public_id} is not green: {reasons}")
        said = submission.document or vc_jwt.parse(submission.text).credential
        if content_digest(said) != credential.content_digest:
            raise SelfCheckFailed(f"the {form} of {credential.public_id} is not what was built")


def _as_dict(choices: Choices) -> dict[str, str | None]:
    return {
        "language": choices.language,
        "name": choices.name,
        "visibility": str(choices.visibility),
    }


def _from_dict(stored: dict[str, str | None]) -> Choices:
    return Choices(
        language="en" if stored["language"] == "en" else "fr",
        name=stored["name"],
        visibility=Visibility(str(stored["visibility"])),
    )
