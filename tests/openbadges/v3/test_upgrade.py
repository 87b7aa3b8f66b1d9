"""Credentials of the data model 1.1 in the words of 2.0."""

from __future__ import annotations

import pytest

from badgeservice.openbadges import contexts, v3

OLDER = [contexts.CREDENTIALS_V1, contexts.OPEN_BADGES_V3_1, contexts.STATUS_V1]


@pytest.mark.parametrize(
    ("context", "older"),
    [
        (OLDER, True),
        (contexts.CREDENTIALS_V1, True),
        (list(v3.CONTEXT), False),
        ([contexts.CREDENTIALS_V2, contexts.CREDENTIALS_V1], False),
        ([], False),
        (None, False),
    ],
)
def test_the_first_context_tells_the_model(context, older):
    """As the standards say."""
    assert v3.is_older({"@context": context}) is older


def test_the_dates_change_their_names_and_nothing_else():
    """And the document that was signed is left alone."""
    written = {
        "@context": OLDER,
        "id": "urn:x:y",
        "issuanceDate": "2020-01-01T00:00:00Z",
        "expirationDate": "2030-01-01T00:00:00.5Z",
    }
    before = dict(written)

    assert v3.upgrade(written) == {
        "@context": [contexts.CREDENTIALS_V2, *OLDER[1:]],
        "id": "urn:x:y",
        "validFrom": "2020-01-01T00:00:00Z",
        "validUntil": "2030-01-01T00:00:00.5Z",
    }
    assert written == before


def test_of_two_dates_the_stricter_counts():
    """The context of 1.1 knows the names of 2.0 too: a badge could say both."""
    upgraded = v3.upgrade(
        {
            "@context": contexts.CREDENTIALS_V1,
            "issuanceDate": "2020-01-01T00:00:00Z",
            "validFrom": "2021-01-01T00:00:00Z",
            "expirationDate": "2024-01-01T00:00:00Z",
            "validUntil": "2030-01-01T00:00:00Z",
        }
    )

    assert upgraded == {
        "@context": [contexts.CREDENTIALS_V2],
        "validFrom": "2021-01-01T00:00:00Z",
        "validUntil": "2024-01-01T00:00:00Z",
    }


def test_dates_that_cannot_be_read_are_left_to_be_found():
    """Neither of two is chosen when one is no date."""
    upgraded = v3.upgrade(
        {"@context": [contexts.CREDENTIALS_V1], "issuanceDate": "soon", "validFrom": "2021-01-01"}
    )

    assert upgraded["validFrom"] == ["soon", "2021-01-01"]
