"""Every answer has its meaning in both languages, and what other rooms answer is known here."""

from __future__ import annotations

import re

import pytest

from badgeservice.verification import words
from badgeservice.verification.codes import Check, Code, Outcome
from badgeservice.verification.report import Finding

_TRADE_WORDS = re.compile(r"\b(DID|JSON-LD|JWT|[Aa]ssertion|[Hh]ash|URI|kid|RDF)\b")


@pytest.mark.parametrize("code", Code)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_code_is_explained_in_a_sentence(code, language):
    """Nobody is ever shown a bare code."""
    sentence = words.explain(Finding(Check.PROOF, code), language)

    assert re.fullmatch(r"[A-ZÉÀ].*\.", sentence)
    assert not _TRADE_WORDS.search(sentence)


def test_the_two_languages_are_two():
    """A sentence that was copied and not translated would pass every other test."""
    assert [] == [code for code in Code if code.french == code.english]


def test_codes_are_their_own_values():
    """The values are the promise to machines."""
    assert Code.REVOKED == "revoked"
    assert Code("revoked") is Code.REVOKED
    assert Code.REVOKED.outcome is Outcome.FAILED


def test_every_check_can_pass():
    """A question that nothing could answer well would keep every badge from green."""
    passing = {
        "badge_read",
        "two_badges_read",
        "badge_refreshed",
        "profile_kept",
        "older_profile_kept",
        "documents_read",
        "conforms",
        "proven",
        "proven_in_part",
        "proven_beside_unknown",
        "hosted_by_issuer",
        "current",
        "not_withdrawn",
        "newer_announced",
        "still_hosted",
        "no_status",
        "in_register",
        "not_ours",
        "issuer_ours",
        "issuer_registered",
    }

    assert passing == {code for code in Code if code.outcome is Outcome.PASSED}
