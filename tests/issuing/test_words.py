"""What is said about badges, in both languages."""

from __future__ import annotations

import pytest

from badgeservice.issuing.revoke import Reason
from badgeservice.issuing.words import REASONS


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_for_withdrawing_has_words(reason: Reason) -> None:
    """A reader of the page is told why, whichever reason the operator gave."""
    words = REASONS[reason]

    assert words["fr"].startswith("Motif : ")
    assert words["en"].startswith("Reason: ")
