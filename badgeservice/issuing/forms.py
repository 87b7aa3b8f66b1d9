"""One credential in every form in which it is released: signed, baked, and checked.

What leaves here says exactly what was built and is signed by a key of ours: whatever a signer hands
back, a register that took its digests would vouch for it. The first badges of a class version, a
share of all later ones, and those of Open Badges 2.0 were verified by the public walk, as any
stranger would (`self_check`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from badgeservice.errors import BadgeserviceError, ProofInvalid, SelfCheckFailed, SigningRefused
from badgeservice.issuing import shelf
from badgeservice.issuing.key_registry import KeyState
from badgeservice.issuing.models import OB2_FORMATS, Badge, Format
from badgeservice.issuing.ob2 import Assertions
from badgeservice.issuing.office import Office
from badgeservice.issuing.register import ForthcomingRegister
from badgeservice.issuing.signer import Signer
from badgeservice.openbadges import Document, bakery, strict_json, v2
from badgeservice.openbadges.bakery import Version, png, svg
from badgeservice.openbadges.keys import PublicKey
from badgeservice.openbadges.proofs import compact, data_integrity, eddsa_rdfc_2022, jws, vc_jwt
from badgeservice.verification import Submission, Verdict, recognise, verify
from badgeservice.verification.fetching import Fetch, Fetched
from badgeservice.verification.register import Edition

_ALGORITHMS = {
    Format.JWT: vc_jwt.Algorithm.ES256,
    Format.JWT_RS256: vc_jwt.Algorithm.RS256,
}


@dataclass(frozen=True)
class Form:
    """A form of a credential: its exact bytes, and the address of the key that signed it.

    `method` is None for what nobody signs: an image, which carries what is signed elsewhere, and a
    hosted assertion of Open Badges 2.0.
    """

    format: Format
    content: bytes
    method: str | None

    @functools.cached_property
    def digest(self) -> str:
        """The SHA-256 of the bytes, in hex."""
        return shelf.digest(self.content)


@dataclass(frozen=True)
class Pictures:
    """The image of a badge class in one language, in pixels and as a drawing, to be baked into."""

    png: bytes
    svg: svg.Blank


def make(
    signer: Signer,
    unsigned: Document,
    pictures: Pictures,
    assertions: Assertions | None = None,
    *,
    now: datetime,
) -> tuple[Form, ...]:
    """Return `unsigned` in every form, those of Open Badges 2.0 if there are `assertions`.

    Raises SigningRefused when one of them breaks a rule of ours.
    """
    signed = signer.credential(unsigned, now=now)
    # Which key signed is read from what was signed: the signer may have another one by now.
    document, es256, rs256 = signed.document, signed.es256, signed.rs256
    secured = strict_json.dumps(document)
    released = (
        Form(Format.JSON, secured, document["proof"][0]["verificationMethod"]),
        Form(Format.JWT, es256.encode("ascii"), compact.named_key(es256)),
        Form(Format.JWT_RS256, rs256.encode("ascii"), compact.named_key(rs256)),
        Form(Format.PNG, png.bake(pictures.png, secured.decode()), None),
        Form(Format.SVG, pictures.svg.bake(secured.decode()), None),
    )
    return (
        (*released, *_in_version_2(signer, assertions, released, now)) if assertions else released
    )


def _in_version_2(
    signer: Signer, assertions: Assertions, released: Sequence[Form], now: datetime
) -> Iterator[Form]:
    """Yield the forms of Open Badges 2.0; the images are those of 3.0 with a second badge."""
    if problems := v2.lint(assertions.hosted, "Assertion"):
        raise SigningRefused("; ".join(str(problem) for problem in problems))
    hosted = strict_json.dumps(assertions.hosted)
    signed = signer.jws(assertions.signed, now=now)
    yield Form(Format.OB2_JSON, hosted, None)
    yield Form(Format.OB2_JWS, signed.encode("ascii"), signer.jwt_rs256_key)
    images = {form.format: form.content for form in released}
    both = png.bake(images[Format.PNG], hosted.decode(), version=Version.V2)
    yield Form(Format.PNG_BOTH, both, None)
    both = svg.bake(images[Format.SVG], hosted.decode(), version=Version.V2)
    yield Form(Format.SVG_BOTH, both, None)


def check(
    office: Office,
    badge: Badge,
    unsigned: Document,
    made: Sequence[Form],
    assertions: Assertions | None = None,
    *,
    fetch: Fetch,
    now: datetime,
) -> str:
    """Return the content digest of `unsigned`, which every form says and is signed by a key of ours.

    Those of Open Badges 2.0 say what `assertions` say. An image is recognised like any other; it
    must carry the very texts that were verified. If it is due (`SelfCheck.is_due`), every form is
    green to our verifier as well. Raises SelfCheckFailed.
    """
    self_check = office.signer.self_check
    meant = _Meant.of(unsigned, self_check.canonicalize)
    walked = self_check.is_due(unsigned["credentialSubject"]["achievement"]["id"])
    edition = Edition(meant.digest, frozenset(form.digest for form in made))
    ids = [badge.address]
    if assertions:
        ids += [assertions.hosted["id"], assertions.signed["id"]]
        fetch = _with_forthcoming(fetch, assertions.hosted)
    register = ForthcomingRegister(office, ids, edition)
    verified: dict[str, Format] = {}
    for form in made:
        if form.format.carries:
            if tuple(verified.get(text) for text in carried(form.content)) != form.format.carries:
                raise SelfCheckFailed(
                    f"the {form.format} of {badge.public_id} does not carry what was verified"
                )
            continue
        if walked or assertions:
            submission = recognise(form.content)
            report = verify(submission, fetch=fetch, register=register, now=now)
            if report.verdict is not Verdict.GREEN:
                reasons = ", ".join(f"{finding.code}" for finding in report.problems)
                raise SelfCheckFailed(
                    f"the {form.format} of {badge.public_id} is not green: {reasons}"
                )
            is_meant = _said(form.format, submission) == _in(form.format, unsigned, assertions)
        else:
            is_meant = _is_signed_by_us(office, meant, form)
        if not is_meant:
            raise SelfCheckFailed(f"the {form.format} of {badge.public_id} is not what was built")
        verified[form.content.decode()] = form.format
    return meant.digest


@dataclass(frozen=True)
class _Meant:
    """What the forms of an edition are to say, as it stands in all of them.

    `text` is its JSON, which reads back as `unsigned`, and `segment` the payload of its tokens.
    """

    unsigned: Document
    text: bytes
    segment: str
    canonical: str

    @classmethod
    def of(cls, unsigned: Document, canonicalize: data_integrity.Canonicalize) -> _Meant:
        """Write it down once. Raises SelfCheckFailed when it cannot be read as it was built."""
        text = strict_json.dumps(unsigned)
        if strict_json.load_object(text) != unsigned:
            raise SelfCheckFailed("what was built is not what its JSON says")
        return cls(unsigned, text, vc_jwt.segment(unsigned), canonicalize(unsigned))

    @property
    def digest(self) -> str:
        """The content digest, as `verification.register.content_digest` tells it."""
        return shelf.digest(self.canonical.encode())


def _is_signed_by_us(office: Office, meant: _Meant, form: Form) -> bool:
    """Tell whether a form of Open Badges 3.0 is, byte for byte, what is meant and its proof.

    What was signed is the canonical form that the signer made. That it is the right one, only the
    public walk shows. Raises SelfCheckFailed unless our key has signed it.
    """
    try:
        key = _key(office, form.method)
        if form.format is Format.JSON:
            return _is_secured(meant, form, key, office.signer.self_check.canonicalize)
        algorithm, token = _ALGORITHMS[form.format], form.content.decode()
        compact.check_own_signature(token, algorithm, key)
    except BadgeserviceError as error:
        raise SelfCheckFailed(f"the {form.format} is not good: {error.message}") from None
    return vc_jwt.carries(token, meant.segment, algorithm=algorithm, kid=str(form.method))


def _is_secured(
    meant: _Meant, form: Form, key: PublicKey, canonicalize: data_integrity.Canonicalize
) -> bool:
    """Tell whether the JSON is what is meant and one proof; raises ProofInvalid for a bad one."""
    before, after = meant.text.removesuffix(b"}") + b',"proof":[', b"]}"
    if not (form.content.startswith(before) and form.content.endswith(after)):
        return False
    proof = strict_json.load_object(form.content.removeprefix(before).removesuffix(after))
    eddsa_rdfc_2022.verify_own(meant.unsigned, proof, key, meant.canonical, canonicalize)
    return bool(proof["verificationMethod"] == form.method)


def _key(office: Office, method: str | None) -> PublicKey:
    """Return the key of ours with the DID URL `method`; raises ProofInvalid if it may not sign."""
    for kid, entry in office.keyring.entries.items():
        if method == office.issuer.method(kid) and entry.state is not KeyState.COMPROMISED:
            return entry.public_key
    raise ProofInvalid(f"{method} is no key of ours", code="key_unknown")


def carried(image: bytes) -> tuple[str, ...]:
    """Return what an image carries: the newer badge, then the one beside it if there are two."""
    carrier = bakery.carrier_of(image)
    found = bakery.badges(image, carrier) if carrier else {}
    return tuple(found[version] for version in (Version.V3, Version.V2) if version in found)


def _said(form: Format, submission: Submission) -> Document:
    """Return what a form says, without its proof."""
    if form is Format.OB2_JWS:
        return jws.parse(submission.text).payload
    said = submission.document or vc_jwt.parse(submission.text).credential
    return {name: value for name, value in said.items() if name != "proof"}


def _in(form: Format, unsigned: Document, assertions: Assertions | None) -> Document | None:
    """Return what a form is to say; None for one of Open Badges 2.0 that nobody asked for."""
    if form not in OB2_FORMATS:
        return unsigned
    if assertions is None:
        return None
    return assertions.signed if form is Format.OB2_JWS else assertions.hosted


def _with_forthcoming(fetch: Fetch, hosted: Document) -> Fetch:
    """Return a fetch that finds a hosted assertion where it will stand once it is released.

    Whoever may see it then is not in question: that of a private badge answers nobody.
    """
    address = hosted["id"]
    forthcoming = Fetched(address, 200, "application/ld+json", strict_json.dumps(hosted))
    return lambda asked: forthcoming if asked == address else fetch(asked)
