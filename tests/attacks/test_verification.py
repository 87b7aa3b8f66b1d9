"""Badges made to keep the verifier busy, or to make it fail instead of answering."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask

from badgeservice.extensions import db, services
from badgeservice.issuing.register import DatabaseRegister
from badgeservice.openbadges import Document, did
from badgeservice.openbadges.jsonld import MAXIMUM_VALUES
from badgeservice.verification import Verdict
from badgeservice.verification.codes import Code
from badgeservice.verification.proofs import MAXIMUM_PROOFS
from tests.verification.school import Key, School


def test_the_largest_badge_with_the_most_proofs_is_the_largest_that_is_read() -> None:
    """The library's work grows with the square of the values under one property.

    Anyone can make this badge: its key is its issuer. While it is read, a lock keeps every other
    verification waiting, the badge pages among them. The bound keeps that below a second; with a
    few values more nothing is read at all.
    """
    school, key = School(), Key(77)
    issuer = did.did_key(key.public)
    method = f"{issuer}#{issuer.rpartition(':')[2]}"
    badge = school.credential()
    del badge["credentialStatus"]
    badge["issuer"]["id"] = issuer
    achievement = badge["credentialSubject"]["achievement"]
    achievement["creator"]["id"] = issuer
    achievement["tag"] = [str(n) for n in range(MAXIMUM_VALUES - _values(badge) - 2)]
    proofs = [school.sign(badge, key=key, method=method)["proof"][0] for _ in range(MAXIMUM_PROOFS)]

    report = school.verify(badge | {"proof": proofs})
    achievement["tag"] += [str(n) for n in range(10)]
    larger = school.verify(badge | {"proof": proofs})

    assert report.verdict is Verdict.AMBER, "the badge must pass, or not all work was done"
    assert Code.TOO_COMPLEX in {finding.code for finding in larger.findings}


@pytest.mark.parametrize(
    "instant", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)]
)
def test_no_instant_to_verify_at_makes_the_verifier_fail(instant: datetime) -> None:
    """Five minutes after the last second there is no instant any more."""
    school = School()

    assert school.verify(school.issue(), at=instant).verdict is Verdict.RED


def test_an_identifier_with_a_nul_is_nobodys(app: Flask) -> None:
    """A text that PostgreSQL cannot even be asked about stands in a pasted badge as in any JSON."""
    with app.app_context():
        register = DatabaseRegister(db.session, services().office)

        assert register.entry("http://localhost/b/\0") is None


def _values(value: Document | object) -> int:
    """Count as `jsonld` does: every value at every depth."""
    members = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    )
    return 1 + sum(_values(member) for member in members)
