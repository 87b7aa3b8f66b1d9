"""Badges of 2.0 in images: baked by us, read through the real entry point, judged like any other."""

from __future__ import annotations

import pytest

from badgeservice.openbadges import strict_json
from badgeservice.openbadges.bakery import Version, png, svg
from badgeservice.verification import Verdict
from badgeservice.verification.codes import Check, Code
from badgeservice.verification.report import Integrity

from ..school import School
from .test_hosted import code_of

DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>x</title><rect/></svg>'


@pytest.fixture(params=[png, svg], ids=lambda carrier: carrier.NAME)
def bake(request, vectors):
    """A function from a badge of 2.0 to an image that carries it, and from an image too."""
    plain = (vectors / "support/ob20-assets/robotics-badge.png").read_bytes()
    drawn = {png: plain, svg: DRAWING}[request.param]

    def baked(text: str | bytes, *, version: Version = Version.V2, image: bytes = drawn) -> bytes:
        words = text if isinstance(text, str) else text.decode()
        return request.param.bake(image, words, version=version)

    return baked


def test_a_hosted_badge(academy, bake):
    """The copy inside is compared with what is hosted."""
    assertion = academy.host()

    assert academy.verify(bake(strict_json.dumps(assertion))).integrity is Integrity.VALID

    edited = assertion | {"narrative": "Félicitations du jury."}
    report = academy.verify(bake(strict_json.dumps(edited)))
    assert code_of(report, Check.PROOF) is Code.DIFFERS_FROM_HOSTED


def test_a_signed_badge(academy, bake):
    """The compact form as it is."""
    assert academy.verify(bake(academy.sign())).integrity is Integrity.VALID


def test_two_badges_of_which_one_is_edited(academy, bake):
    """An image is as good as the worse of its two badges."""
    school = School()
    academy.world |= school.world
    newer = strict_json.dumps(school.issue())
    assertion = academy.host()

    sound = bake(newer, version=Version.V3, image=bake(strict_json.dumps(assertion)))
    report = academy.verify(sound)
    assert report.integrity is Integrity.VALID
    assert report.beside
    assert report.beside.integrity is Integrity.VALID
    assert report.beside.credential.name == "Sécuriser l'environnement numérique"

    edited = strict_json.dumps(assertion | {"narrative": "Félicitations du jury."})
    report = academy.verify(bake(newer, version=Version.V3, image=bake(edited)))
    assert report.integrity is Integrity.VALID
    assert report.beside.integrity is Integrity.INVALID
    assert report.verdict is Verdict.RED
