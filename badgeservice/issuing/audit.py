"""Does everything that we keep still agree? Read-only; run nightly and after every crash.

Each question is a function over the whole register that yields what does not hold. The letters are
those of the invariants in docs/decisions/0006-issuing.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from badgeservice.catalogue import classes
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.errors import (
    BadgeserviceError,
    CredentialNotFound,
    HolderErased,
    SigningLogDamaged,
)
from badgeservice.issuing import shelf, status_lists
from badgeservice.issuing.models import (
    Credential,
    CredentialState,
    Format,
    Intent,
    IntentState,
    StatusList,
)
from badgeservice.issuing.office import Office
from badgeservice.issuing.signer import Purpose
from badgeservice.openbadges import status_list, strict_json
from badgeservice.openbadges.bakery import png
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import eddsa_rdfc_2022, vc_jwt
from badgeservice.storage import chain
from badgeservice.storage.chain import AuditEvent
from badgeservice.verification.register import content_digest

_ROWS_AT_A_TIME = 200


@dataclass(frozen=True)
class Violation:
    """Something that does not hold: which question found it, about what, and how."""

    question: str
    subject: str
    problem: str


def violations(session: Session, office: Office) -> Iterator[Violation]:
    """Yield every violation of every question, in the order of QUESTIONS."""
    for name, question in QUESTIONS.items():
        for subject, problem in question(session, office):
            yield Violation(name, subject, problem)


_Findings = Iterator[tuple[str, str]]


def _intents(session: Session, office: Office) -> _Findings:
    """Every credential was planned; every plan that says so was carried out."""
    for intent, credential in session.execute(
        select(Intent, Credential)
        .outerjoin(Credential, Credential.public_id == Intent.public_id)
        .execution_options(yield_per=_ROWS_AT_A_TIME)
    ):
        if intent.state == IntentState.ISSUED and credential is None:
            yield intent.public_id, "planned and said to be issued, but not in the register"
        if intent.state == IntentState.PLANNED and credential is not None:
            yield intent.public_id, "in the register, but its intent was never settled"
    planned = set(session.scalars(select(Intent.public_id)))
    for public_id in session.scalars(select(Credential.public_id)):
        if public_id not in planned:
            yield public_id, "in the register, but never planned"


def _classes(session: Session, office: Office) -> _Findings:
    """Every published badge class still says what it said."""
    for version in session.scalars(select(BadgeClassVersion)):
        if not classes.is_intact(version):
            yield f"{version.slug} version {version.version}", "changed after it was published"


def _bytes(session: Session, office: Office) -> _Findings:
    """The bytes kept are the bytes released, and their signatures verify."""
    for credential in _credentials(session):
        try:
            released = {
                form: shelf.take(session, office.vault, credential, form) for form in Format
            }
        except HolderErased:
            continue  # the holder took everything away; the register row alone remains
        except BadgeserviceError as error:
            yield credential.public_id, error.message
            continue
        for form, content in released.items():
            if shelf.digest(content) != _digests(credential)[form]:
                yield credential.public_id, f"the {form} kept is not the {form} released"
        yield from _signatures(office, credential, released)


def _signatures(office: Office, credential: Credential, released: dict[Format, bytes]) -> _Findings:
    try:
        secured = strict_json.loads(released[Format.JSON])
        eddsa_rdfc_2022.verify(secured, _key(office, credential.verification_method))
        vc_jwt.verify(released[Format.JWT].decode(), _key(office, credential.jwt_key))
        if content_digest(secured) != credential.content_digest:
            yield credential.public_id, "the register describes another content"
        if png.unbake(released[Format.PNG]).encode() != released[Format.JSON]:
            yield credential.public_id, "the image carries another credential"
    except (BadgeserviceError, UnicodeDecodeError) as error:
        yield credential.public_id, f"does not verify: {error}"


def _status(session: Session, office: Office) -> _Findings:
    """Every published list is ours, and its bits are exactly the revocations of the register."""
    for row in session.scalars(select(StatusList)):
        subject = f"status list {row.number}"
        try:
            document = strict_json.loads(row.published)
            eddsa_rdfc_2022.verify(
                document, _key(office, document["proof"][0]["verificationMethod"])
            )
            bits = status_list.decode(document["credentialSubject"]["encodedList"])
        except (BadgeserviceError, KeyError, IndexError, TypeError) as error:
            yield subject, f"does not verify: {error}"
            continue
        published = {i for i in range(len(bits) * 8) if status_list.is_set(bits, i)}
        registered = set(status_lists.revoked(session, row.number))
        for index in sorted(published ^ registered):
            wrong = "set, but not revoked" if index in published else "revoked, but not set"
            yield subject, f"bit {index} is {wrong}"


def _chain(session: Session, office: Office) -> _Findings:
    """The chain is whole, and tells of exactly the badges and revocations of the register."""
    for found in chain.breaks(session):
        yield f"link {found.sequence}", found.problem
    told: dict[str, set[str]] = {"issue": set(), "revoke": set()}
    for action, subject in session.execute(select(AuditEvent.action, AuditEvent.subject)):
        if action in told:
            told[action].add(subject)
    issued = set(session.scalars(select(Credential.public_id)))
    revoked = set(
        session.scalars(
            select(Credential.public_id).where(Credential.state == CredentialState.REVOKED)
        )
    )
    for action, registered in (("issue", issued), ("revoke", revoked)):
        for subject in sorted(told[action] ^ registered):
            where = "chain but not the register" if subject in told[action] else "register only"
            yield subject, f"{action}: in the {where}"


def _signer_log(session: Session, office: Office) -> _Findings:
    """What the signer signed was planned, and what was released was signed by it."""
    planned = set(session.scalars(select(Intent.public_id)))
    prefix = f"{office.base_url}/b/"
    signed = set()
    try:
        for entry in office.log.entries():
            if entry.purpose == Purpose.CREDENTIAL:
                signed.add(entry.subject.removeprefix(prefix))
    except SigningLogDamaged as error:
        yield "signer's log", error.message
    for public_id in sorted(signed - planned):
        yield public_id, "signed, but never planned"
    for public_id in session.scalars(select(Credential.public_id)):
        if public_id not in signed:
            yield public_id, "released, but not in the signer's log"


QUESTIONS: dict[str, Callable[[Session, Office], _Findings]] = {
    "classes": _classes,
    "intents": _intents,
    "bytes": _bytes,
    "status": _status,
    "chain": _chain,
    "signer-log": _signer_log,
}


def _credentials(session: Session) -> Iterator[Credential]:
    query = select(Credential).order_by(Credential.public_id)
    yield from session.scalars(query.execution_options(yield_per=_ROWS_AT_A_TIME))


def _digests(credential: Credential) -> dict[Format, str]:
    return {
        Format.JSON: credential.json_digest,
        Format.JWT: credential.jwt_digest,
        Format.PNG: credential.png_digest,
    }


def _key(office: Office, method: str) -> PublicKey:
    """Return the key that a method's address names; raise CredentialNotFound for a foreign one."""
    for kid, key in office.public_keys.items():
        if office.issuer.method(kid) == method:
            return key
    raise CredentialNotFound(f"{method}: no key of ours")
