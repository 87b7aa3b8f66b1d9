"""The verdict in one sentence that says what was established, and not more."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from badgeservice.errors import Unreadable
from badgeservice.verification import report, summary, words
from badgeservice.verification.codes import Check, Code
from badgeservice.verification.report import Finding, Report, Verdict

from .school import NOW, School
from .test_report import GENUINE, STRANGER

CREDENTIAL = School().credential()
DAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
TRADE_WORDS = re.compile(r"\b(DID|JSON|JSON-LD|JWT|assertion|signature cryptographique|URI)\b")


def reported(changes: dict[Check, Code], *, issuer: str = "", at: datetime | None = DAY) -> Report:
    """Return a report of our badge, with changes, that speaks of a day."""
    credential = CREDENTIAL | ({"issuer": {"id": issuer}} if issuer else {})
    findings = tuple(
        Finding(check, code, at=at if code.outcome != "passed" else None)
        for check, code in (GENUINE | changes).items()
    )
    return Report(findings, summary.of(credential), NOW)


TABLE = [
    ({}, "Badge authentique et actif", "Genuine badge, active"),
    (
        {Check.STATUS: Code.REVOKED},
        "Badge authentique, mais retiré par l'émetteur le 20 novembre 2026",
        "Genuine badge, withdrawn by its issuer on 20 November 2026",
    ),
    (
        {Check.STATUS: Code.SUSPENDED},
        "Badge suspendu par l'émetteur",
        "Badge suspended by its issuer",
    ),
    (
        {Check.DATES: Code.EXPIRED},
        "Badge authentique, valable jusqu'au 20 novembre 2026",
        "Genuine badge, valid until 20 November 2026",
    ),
    (
        {Check.DATES: Code.NOT_YET_VALID},
        "Badge authentique, valable à partir du 20 novembre 2026",
        "Genuine badge, valid from 20 November 2026",
    ),
    (
        {Check.REGISTER: Code.SUPERSEDED},
        "Ce fichier a été remplacé le 20 novembre 2026 ; voici la version actuelle",
        "This file was replaced on 20 November 2026; here is the current version",
    ),
    (
        {Check.REGISTER: Code.WITHDRAWN},
        "Ce badge n'est plus public, à la demande de la personne concernée",
        "This badge is no longer public, at the person's request",
    ),
    (
        {Check.PROOF: Code.BAD_SIGNATURE},
        "Ne vous fiez pas à ce fichier : son contenu a été modifié",
        "Do not rely on this file: its content was changed",
    ),
    (
        {Check.REGISTER: Code.DIFFERS_FROM_REGISTER},
        "Ne vous fiez pas à ce fichier : son contenu a été modifié",
        "Do not rely on this file: its content was changed",
    ),
    (
        {Check.REGISTER: Code.NOT_IN_REGISTER},
        "Ce fichier imite un badge de badges.example, qui ne l'a pas délivré",
        "This file imitates a badge of badges.example, who did not issue it",
    ),
    (
        {Check.PROOF: Code.METHOD_NOT_IN_ISSUER_DOCUMENT},
        "Ne vous fiez pas à ce fichier : rien ne prouve que badges.example l'a délivré",
        "Do not rely on this file: nothing proves that badges.example issued it",
    ),
    (
        {Check.PROFILE: Code.UNSIGNED_DATA},
        "Ne vous fiez pas à ce fichier : il n'est pas écrit comme un badge doit l'être",
        "Do not rely on this file: it is not written as a badge must be",
    ),
    (
        {Check.STRUCTURE: Code.NOT_AN_OPEN_BADGE, Check.REGISTER: Code.NOT_IN_REGISTER},
        "Ne vous fiez pas à ce fichier : ce n'est pas un badge",
        "Do not rely on this file: it is not a badge",
    ),
    (
        STRANGER,
        "Fichier intact, signé par badges.example. Nous ne connaissons pas cet émetteur",
        "File intact, signed by badges.example. We do not know this issuer",
    ),
    (
        {Check.REGISTER: Code.TRIAL},
        "Badge d'essai, délivré par un site de démonstration : il ne prouve rien",
        "Trial badge, issued by a demonstration site: it proves nothing",
    ),
    (
        STRANGER | {Check.STATUS: Code.REVOKED},
        "Fichier intact, signé par badges.example, mais retiré par l'émetteur le 20 novembre 2026",
        "File intact, signed by badges.example, withdrawn by its issuer on 20 November 2026",
    ),
    (
        {Check.STATUS: Code.STATUS_UNREACHABLE},
        "Nous n'avons pas pu tout vérifier (un éventuel retrait). Réessayez plus tard ; "
        "ne concluez pas encore",
        "We could not check everything (whether it was withdrawn). Try again later; "
        "do not conclude yet",
    ),
    (
        STRANGER
        | {
            Check.PROOF: Code.ISSUER_UNREACHABLE,
            Check.DATES: Code.NOT_ASKED,
            Check.STATUS: Code.NOT_ASKED,
        },
        "Nous n'avons pas pu tout vérifier (la signature de l'émetteur). Réessayez plus tard ; "
        "ne concluez pas encore",
        "We could not check everything (the issuer's signature). Try again later; "
        "do not conclude yet",
    ),
]


@pytest.mark.parametrize(("changes", "french", "english"), TABLE)
def test_the_sentence_says_what_was_established(changes, french, english):
    """The table of verdict sentences, in both languages, without a word of our trade."""
    found = reported(changes)

    assert french == words.sentence(found, "fr")
    assert english == words.sentence(found, "en")
    assert not TRADE_WORDS.search(french + english)


def test_a_day_that_nobody_knows_is_left_out():
    """The published list says that, and not since when."""
    found = reported({Check.STATUS: Code.REVOKED}, at=None)

    assert words.sentence(found, "fr") == "Badge authentique, mais retiré par l'émetteur"
    assert words.sentence(found, "en") == "Genuine badge, withdrawn by its issuer"


def test_the_register_knows_the_day_that_the_list_does_not():
    """Both say revoked; the sentence takes the day from the one that has it."""
    answers = GENUINE | {Check.STATUS: Code.REVOKED, Check.REGISTER: Code.REVOKED}
    findings = tuple(
        Finding(check, code, at=DAY if check is Check.REGISTER else None)
        for check, code in answers.items()
    )

    sentence = words.sentence(Report(findings, None, NOW), "en")

    assert sentence == "Genuine badge, withdrawn by its issuer on 20 November 2026"


@pytest.mark.parametrize(
    ("issuer", "french"),
    [
        ("did:web:school.example", "signé par school.example."),
        ("did:key:z6Mk", "signé par un émetteur sans adresse web."),
    ],
)
def test_an_unknown_issuer_is_named_by_its_domain(issuer, french):
    """Never by the name that it gives itself (K8)."""
    assert french in words.sentence(reported(STRANGER, issuer=issuer), "fr")


def test_an_issuer_without_domain_is_still_named_in_doubt():
    """There is nothing to call it by."""
    found = reported({Check.PROOF: Code.PROOF_MISSING}, issuer="did:key:z6Mk")

    assert "l’émetteur indiqué" in words.sentence(found, "fr")
    assert "the named issuer" in words.sentence(found, "en")


def test_nothing_readable_lists_what_can_be_read():
    """What to do next."""
    found = report.unreadable(Unreadable("PDF", code=Code.FILE_TYPE_UNSUPPORTED), now=NOW)

    assert words.sentence(found, "fr").startswith("Nous ne trouvons pas de badge dans ce fichier.")
    assert words.sentence(found, "en").endswith(words.FORMATS["en"])


@pytest.mark.parametrize("check", Check)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_only_a_green_report_is_called_active(check, language):
    """And every report has a sentence, also one that makes no sense."""
    for code in Code:
        for changes in ({check: code}, STRANGER | {check: code}):
            found = reported(changes)
            sentence = words.sentence(found, language)

            assert sentence
            if "actif" in sentence or "active" in sentence:
                assert found.verdict is Verdict.GREEN


def test_a_badge_may_be_valid_until_the_calendar_ends():
    """In France that instant has no name, and a report on it has to be written all the same."""
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

    assert "31 décembre 9999" == words.date(end, "fr")


def test_a_day_begins_at_midnight_in_france():
    """A badge accepted on the 24th is not said to be withdrawn on the 23rd, an hour later."""
    just_after_midnight = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)

    assert words.date(just_after_midnight, "fr") == "24 novembre 2026"


def test_of_two_badges_in_an_image_each_is_named():
    """Two verdicts in two clauses, so that neither covers the other."""
    first, second = reported({}), reported({Check.PROOF: Code.BAD_SIGNATURE})

    both = replace(first, beside=second)

    assert words.sentence(both, "fr") == (
        "Cette image contient deux badges. Le premier : badge authentique et actif. Le second, "
        "d'un format plus ancien : ne vous fiez pas à ce fichier : son contenu a été modifié"
    )
    assert words.sentence(both, "en") == (
        "This image holds two badges. The first: genuine badge, active. The second, in an older "
        "format: do not rely on this file: its content was changed"
    )
    assert not TRADE_WORDS.search(words.sentence(both, "fr") + words.sentence(both, "en"))
