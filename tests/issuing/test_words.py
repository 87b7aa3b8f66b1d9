"""What is said about badges, in both languages."""

from __future__ import annotations

import pytest

from badgeservice.issuing.models import Reason
from badgeservice.issuing.words import REASONS


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words(reason: Reason) -> None:
    """A reader of the page is told why, whichever reason the operator gave."""
    words = REASONS[reason]

    assert words["fr"].endswith(".")
    assert words["en"].endswith(".")
    assert words["fr"] != words["en"]
