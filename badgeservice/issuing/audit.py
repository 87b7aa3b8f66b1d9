"""Does everything that we keep still agree? Read-only; run nightly and after every crash.

Each question is a function over the whole register that yields what does not hold. The letters are
those of the invariants in docs/decisions/0006-issuing.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

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
from badgeservice.issuing import key_chain, shelf, status_lists
from badgeservice.issuing.key_registry import KeyState, RegisteredKey
from badgeservice.issuing.models import (
    Badge,
    BadgeState,
    Credential,
    CredentialBytes,
    Format,
    GivenEndorsement,
    Intent,
    IntentState,
    ReceivedEndorsement,
    ReleasedForm,
    StatusList,
)
from badgeservice.issuing.office import Office
from badgeservice.issuing.signer import CLOCK_SKEW, LogEntry, Purpose
from badgeservice.openbadges import status_list, strict_json, timestamps
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import eddsa_rdfc_2022, vc_jwt
from badgeservice.storage import chain
from badgeservice.storage.chain import AuditEvent
from badgeservice.verification import recognise
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
    """Every edition was planned; every plan that says so was carried out; a badge has its newest."""
    for intent, credential in session.execute(
        select(Intent, Credential)
        .outerjoin(
            Credential,
            (Credential.public_id == Intent.public_id) & (Credential.edition == Intent.edition),
        )
        .execution_options(yield_per=_ROWS_AT_A_TIME)
    ):
        subject = _name(intent.public_id, intent.edition)
        if intent.state == IntentState.ISSUED and credential is None:
            yield subject, "planned and said to be issued, but not in the register"
        if intent.state == IntentState.PLANNED and credential is not None:
            yield subject, "in the register, but its intent was never settled"
    planned = {tuple(row) for row in session.execute(select(Intent.public_id, Intent.edition))}
    editions: dict[str, list[int]] = {}
    for row in session.scalars(select(Credential).order_by(Credential.edition)):
        editions.setdefault(row.public_id, []).append(row.edition)
        if (row.public_id, row.edition) not in planned:
            yield _name(row.public_id, row.edition), "in the register, but never planned"
    for badge in _badges(session):
        known = editions.get(badge.public_id, [])
        if known != list(range(1, badge.edition + 1)):
            yield badge.public_id, f"edition {badge.edition} of {known}"


def _replaced(session: Session, office: Office) -> _Findings:
    """Of each badge exactly the newest edition stands, and nothing of the others is kept."""
    rows = select(Credential, Badge.edition).join(Badge, Badge.public_id == Credential.public_id)
    for credential, current in session.execute(rows):
        subject = _name(credential.public_id, credential.edition)
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
    for public_id, edition in session.execute(kept):
        yield _name(public_id, edition), "its bytes are kept, although it was replaced"


def _classes(session: Session, office: Office) -> _Findings:
    """Every published badge class still says what it said."""
    for version in session.scalars(select(BadgeClassVersion)):
        if not classes.is_intact(version):
            yield f"{version.slug} version {version.version}", "changed after it was published"


def _bytes(session: Session, office: Office) -> _Findings:
    """The bytes kept are the bytes released, and their signatures verify."""
    for badge in _badges(session):
        registered = {
            Format(form.format): form
            for form in session.scalars(
                select(ReleasedForm).where(
                    ReleasedForm.public_id == badge.public_id,
                    ReleasedForm.edition == badge.edition,
                )
            )
        }
        if badge.holder_erased_at is not None:
            continue  # the register row alone remains
        if badge.state == BadgeState.WITHDRAWN:
            for form in shelf.kept(session, badge):
                yield badge.public_id, f"withdrawn by its holder, and its {form} is kept"
            continue
        try:
            released = {form: shelf.take(session, office.vault, badge, form) for form in registered}
        except HolderErased:
            continue  # the holder took everything away; the register row alone remains
        except BadgeserviceError as error:
            yield badge.public_id, error.message
            continue
        if missing := {Format.JSON, Format.JWT} - released.keys():
            yield badge.public_id, f"no {min(missing)} was ever released"
            continue
        for form, content in released.items():
            if shelf.digest(content) != registered[form].digest:
                yield badge.public_id, f"the {form} kept is not the {form} released"
        yield from _signatures(session, office, badge, registered, released)


def _signatures(
    session: Session,
    office: Office,
    badge: Badge,
    registered: Mapping[Format, ReleasedForm],
    released: Mapping[Format, bytes],
) -> _Findings:
    credential = session.get_one(Credential, (badge.public_id, badge.edition))
    try:
        secured = strict_json.loads(released[Format.JSON])
        eddsa_rdfc_2022.verify(secured, _key(office, registered[Format.JSON].method))
        for form in _TOKENS:
            if form in released:
                vc_jwt.verify(released[form].decode(), _key(office, registered[form].method))
        if content_digest(secured) != credential.content_digest:
            yield badge.public_id, "the register describes another content"
        for form in released:
            if registered[form].method is None:
                submission = recognise(released[form])
                if submission.text.encode() != released[Format.JSON]:
                    yield badge.public_id, f"the {form} carries another credential"
    except (BadgeserviceError, UnicodeDecodeError) as error:
        yield badge.public_id, f"does not verify: {error}"


def _status(session: Session, office: Office) -> _Findings:
    """Every published list is ours, and its bits are exactly what the register says is over."""
    for row in session.scalars(select(StatusList)):
        subject = f"status list {row.number}"
        try:
            document = strict_json.loads(row.published)
            eddsa_rdfc_2022.verify(
                document, _key(office, document["proof"][0]["verificationMethod"])
            )
            bits = status_list.decode(document["credentialSubject"]["encodedList"])
            dated = timestamps.read(document["validFrom"])
        except (BadgeserviceError, KeyError, IndexError, TypeError) as error:
            yield subject, f"does not verify: {error}"
            continue
        if dated != row.published_at.replace(microsecond=0):
            yield subject, f"published at {row.published_at}, and says {dated}"
        published = {i for i in range(len(bits) * 8) if status_list.is_set(bits, i)}
        registered = set(status_lists.withdrawn(session, row.number))
        for index in sorted(published ^ registered):
            wrong = "set, but in force" if index in published else "not in force, but not set"
            yield subject, f"bit {index} is {wrong}"


def _chain(session: Session, office: Office) -> _Findings:
    """The chain is whole, and tells of exactly the badges of the register and what became of them."""
    for found in chain.breaks(session):
        yield f"link {found.sequence}", found.problem
    states: dict[str, str] = {}
    editions: dict[str, int] = {}
    events = select(AuditEvent.action, AuditEvent.subject).order_by(AuditEvent.sequence)
    for action, subject in session.execute(events):
        if action in _TELLS:
            states[subject] = _TELLS[action]
        if action in ("issue", "replace"):
            editions[subject] = editions.get(subject, 0) + 1
    for badge in _badges(session):
        told, counted = states.pop(badge.public_id, None), editions.pop(badge.public_id, 0)
        if told is None:
            yield badge.public_id, "in the register only: the chain knows nothing of it"
            continue
        if told != badge.state:
            yield badge.public_id, f"{told} in the chain, {badge.state} in the register"
        if counted != badge.edition:
            yield badge.public_id, f"edition {badge.edition}, and {counted} in the chain"
    for subject in sorted(states.keys() | editions.keys()):
        yield subject, "in the chain but not the register"


_TELLS = {
    "issue": BadgeState.ACTIVE,
    "suspend": BadgeState.SUSPENDED,
    "reinstate": BadgeState.ACTIVE,
    "revoke": BadgeState.REVOKED,
    "withdraw": BadgeState.WITHDRAWN,
}
"""The state in which each event of the chain leaves a badge."""


def _endorsements(session: Session, office: Office) -> _Findings:
    """What we gave verifies and was planned; what we keep is what was verified."""
    given = {row.address: row for row in session.scalars(select(GivenEndorsement))}
    for address, row in given.items():
        if row.content is None:
            continue  # planned, and never signed
        try:
            document = strict_json.load_object(row.content)
            eddsa_rdfc_2022.verify(
                document, _key(office, document["proof"][0]["verificationMethod"])
            )
        except (BadgeserviceError, KeyError, IndexError, TypeError) as error:
            yield address, f"does not verify: {error}"
    try:
        for entry in office.log.entries():
            if entry.purpose == Purpose.ENDORSEMENT and entry.subject not in given:
                yield entry.subject, "signed, but never planned"
    except SigningLogDamaged:
        pass  # said by the question about the log
    for received in session.scalars(select(ReceivedEndorsement)):
        if shelf.digest(received.content) != received.digest:
            yield received.address, "the bytes kept are not those that were verified"


def _signer_log(session: Session, office: Office) -> _Findings:
    """What the signer signed was planned and released, and what was released was signed by it."""
    windows: dict[str, list[tuple[datetime, datetime | None]]] = {}
    for public_id, reserved_at, issued_at in session.execute(
        select(Intent.public_id, Intent.reserved_at, Credential.issued_at).outerjoin(
            Credential,
            (Credential.public_id == Intent.public_id) & (Credential.edition == Intent.edition),
        )
    ):
        until = issued_at + ATTEMPT if issued_at else None
        windows.setdefault(public_id, []).append((reserved_at, until))
    released = set(
        session.scalars(select(ReleasedForm.digest).where(ReleasedForm.format.in_(_TOKENS)))
    )
    signed, logged = set(), set()
    prefix = f"{office.base_url}/b/"
    try:
        for entry in office.log.entries():
            if entry.purpose != Purpose.CREDENTIAL:
                continue
            public_id = entry.subject.removeprefix(prefix)
            signed.add(public_id)
            # The log holds the digest of the signature: of a token, that is the whole of it.
            logged.add(entry.digest)
            if public_id not in windows:
                yield public_id, "signed, but never planned"
            elif entry.digest not in released and not _is_attempt(entry, windows[public_id]):
                yield public_id, f"signed at {entry.at}, when there was nothing to sign"
    except SigningLogDamaged as error:
        yield "signer's log", error.message
    for badge in _badges(session):
        if badge.public_id not in signed:
            yield badge.public_id, "released, but not in the signer's log"
    for digest in sorted(released - logged):
        yield digest, "a token was released that the signer did not log"


ATTEMPT = timedelta(minutes=5)
"""How long after a release an attempt that lost the race for it may have signed."""


def _is_attempt(entry: LogEntry, windows: list[tuple[datetime, datetime | None]]) -> bool:
    """Tell whether a signature was made while an edition was being released, or still is."""
    at = datetime.fromisoformat(entry.at)
    whole_second = timedelta(seconds=1)
    return any(begin - whole_second <= at and (end is None or at <= end) for begin, end in windows)


_TOKENS = (Format.JWT, Format.JWT_RS256)
"""The forms whose digest is that of the signature itself."""


def _keys(session: Session, office: Office) -> _Findings:
    """Each key did what the chain tells, proves itself if it signs, and signed in its time only."""
    yield from key_chain.differences(session, office.issuer, office.keyring)
    for problem in office.keyring.problems():
        yield "keys", problem.message
    entries = {office.issuer.method(kid): key for kid, key in office.keyring.entries.items()}
    signatures = select(ReleasedForm, Credential.issued_at).join(
        Credential,
        (Credential.public_id == ReleasedForm.public_id)
        & (Credential.edition == ReleasedForm.edition),
    )
    for form, issued_at in session.execute(signatures.where(ReleasedForm.method.is_not(None))):
        subject = f"{_name(form.public_id, form.edition)} as {form.format}"
        yield from _out_of_time(entries, subject, str(form.method), issued_at)
    try:
        for entry in office.log.entries():
            subject = f"{entry.subject}, {entry.purpose}"
            at = datetime.fromisoformat(entry.at)
            yield from _out_of_time(entries, subject, entry.method, at)
    except SigningLogDamaged:
        pass  # another question says so
    for row in session.scalars(select(StatusList)):
        key = entries.get(status_lists.signed_by(row) or "")
        if key is not None and key.state is KeyState.COMPROMISED:
            yield (
                f"status list {row.number}",
                f"signed by {key.kid}, which is compromised; run `badgeservice setup`",
            )


def _out_of_time(
    entries: Mapping[str, RegisteredKey], subject: str, method: str, at: datetime
) -> _Findings:
    key = entries.get(method)
    if key is None:
        yield subject, f"signed by {method}, which is no key of ours"
    elif at < key.created - CLOCK_SKEW:
        yield subject, f"signed by {key.kid} at {at.isoformat()}, before it was made"
    elif key.retired is not None and at > key.retired + CLOCK_SKEW:
        yield subject, f"signed by {key.kid} at {at.isoformat()}, after it was retired"


QUESTIONS: dict[str, Callable[[Session, Office], _Findings]] = {
    "classes": _classes,
    "intents": _intents,
    "editions": _replaced,
    "bytes": _bytes,
    "status": _status,
    "endorsements": _endorsements,
    "chain": _chain,
    "signer-log": _signer_log,
    "keys": _keys,
}


def _badges(session: Session) -> Iterator[Badge]:
    query = select(Badge).order_by(Badge.public_id)
    yield from session.scalars(query.execution_options(yield_per=_ROWS_AT_A_TIME))


def _name(public_id: str, edition: int) -> str:
    """Return how to call an edition: the first goes by the name of its badge."""
    return public_id if edition == 1 else f"{public_id} edition {edition}"


def _key(office: Office, method: str | None) -> PublicKey:
    """Return the key that a method's address names; raise CredentialNotFound for a foreign one."""
    for kid, key in office.public_keys.items():
        if office.issuer.method(kid) == method:
            return key
    raise CredentialNotFound(f"{method}: no key of ours")
