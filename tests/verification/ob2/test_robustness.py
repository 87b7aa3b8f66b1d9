"""Whatever stands in a badge, or at the addresses that it names, there is a report."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeservice.openbadges import strict_json
from badgeservice.verification import Verdict

from ..test_robustness import QUICK, anything, places, replaced
from .academy import Academy


@pytest.fixture(scope="module")
def academy() -> Academy:
    """An issuer whose world the tests may spoil and put back."""
    return Academy()


def spoilt(data, document):
    """Return a document with anything in one place."""
    return replaced(
        document, data.draw(st.sampled_from(list(places(document)))), data.draw(anything)
    )


@QUICK
@given(data=st.data())
def test_anything_that_stands_at_its_address(academy, data):
    """Whoever hosts a badge decides what stands there."""
    academy.put(spoilt(data, academy.hosted(badge=academy.badge_class())), at=academy.hosted_id)

    assert academy.verify(academy.hosted()).verdict in Verdict
    assert academy.verify(academy.hosted_id).verdict in Verdict


@QUICK
@given(data=st.data())
def test_anything_in_a_copy(academy, data):
    """Whoever submits a copy decides what is in it."""
    academy.host()

    assert academy.verify(spoilt(data, academy.hosted())).verdict is not Verdict.GREEN


@QUICK
@given(data=st.data())
def test_anything_that_is_signed(academy, data):
    """Well signed, so that the walk goes as deep as it can."""
    text = academy.sign(spoilt(data, academy.signed(badge=academy.badge_class())))

    assert academy.verify(text).verdict is not Verdict.GREEN


@QUICK
@given(data=st.data())
@pytest.mark.parametrize("which", ["issuer_id", "class_id", "key_id", "list_id"])
def test_anything_at_the_other_addresses(which, data):
    """Class, issuer, key and list are whatever their hosts make of them."""
    spoiling = Academy()
    address = getattr(spoiling, which)
    spoiling.revoke("urn:uuid:1", {"id": "urn:uuid:2", "revoked": True})
    document = strict_json.load_object(spoiling.world[address].body)
    spoiling.put(spoilt(data, document), at=address)

    assert spoiling.verify(spoiling.sign()).verdict is not Verdict.GREEN
    assert spoiling.verify(spoiling.host()).verdict is not Verdict.GREEN
