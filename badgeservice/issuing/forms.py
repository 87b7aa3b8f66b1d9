"""One credential in every form in which it is released: signed, baked, and checked.

What leaves here was verified by the public walk, as any stranger would, and says exactly what was
built: whatever a signer hands back, a register that took its digests would vouch for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from badgeservice.errors import SelfCheckFailed
from badgeservice.issuing import shelf
from badgeservice.issuing.models import Badge, Format
from badgeservice.issuing.office import Office
from badgeservice.issuing.register import ForthcomingRegister
from badgeservice.issuing.signer import Purpose
from badgeservice.openbadges import Document, strict_json
from badgeservice.openbadges.bakery import png, svg
from badgeservice.openbadges.proofs import vc_jwt
from badgeservice.openbadges.proofs.vc_jwt import Algorithm
from badgeservice.verification import Verdict, recognise, verify
from badgeservice.verification.fetching import Fetch
from badgeservice.verification.register import Edition, content_digest


@dataclass(frozen=True)
class Form:
    """A form of a credential: its exact bytes, and the address of the key that signed it.

    `method` is None for an image, which carries what is signed elsewhere.
    """

    format: Format
    content: bytes
    method: str | None

    @property
    def digest(self) -> str:
        """The SHA-256 of the bytes, in hex."""
        return shelf.digest(self.content)


@dataclass(frozen=True)
class Pictures:
    """The image of a badge class in one language, in pixels and as a drawing, to be baked into."""

    png: bytes
    svg: bytes


def make(
    office: Office, unsigned: Document, pictures: Pictures, *, now: datetime
) -> tuple[Form, ...]:
    """Return `unsigned` in every form. Raises SigningRefused when it breaks a rule of ours."""
    signer = office.signer
    secured = strict_json.dumps(signer.secure(unsigned, Purpose.CREDENTIAL, now=now))
    es256 = signer.jwt(unsigned, algorithm=Algorithm.ES256, now=now)
    rs256 = signer.jwt(unsigned, algorithm=Algorithm.RS256, now=now)
    return (
        Form(Format.JSON, secured, signer.verification_method),
        Form(Format.JWT, es256.encode("ascii"), signer.jwt_key),
        Form(Format.JWT_RS256, rs256.encode("ascii"), signer.jwt_rs256_key),
        Form(Format.PNG, png.bake(pictures.png, secured.decode()), None),
        Form(Format.SVG, svg.bake(pictures.svg, secured.decode()), None),
    )


def check(
    office: Office,
    badge: Badge,
    unsigned: Document,
    made: Sequence[Form],
    *,
    fetch: Fetch,
    now: datetime,
) -> str:
    """Return the content digest of `unsigned`, which every form says and is green to our verifier.

    An image is recognised like any other; it must carry the very text that was verified. Raises
    SelfCheckFailed.
    """
    digest = content_digest(unsigned)
    edition = Edition(digest, frozenset(form.digest for form in made))
    register = ForthcomingRegister(office, badge.address, edition)
    verified = set()
    for form in made:
        submission = recognise(form.content)
        if form.method is None and submission.text in verified:
            continue
        report = verify(submission, fetch=fetch, register=register, now=now)
        if report.verdict is not Verdict.GREEN:
            reasons = ", ".join(f"{finding.code}" for finding in report.problems)
            raise SelfCheckFailed(f"the {form.format} of {badge.public_id} is not green: {reasons}")
        said = submission.document or vc_jwt.parse(submission.text).credential
        if {name: value for name, value in said.items() if name != "proof"} != unsigned:
            raise SelfCheckFailed(f"the {form.format} of {badge.public_id} is not what was built")
        verified.add(submission.text)
    return digest
