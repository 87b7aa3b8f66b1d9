"""What a badge says, for those who show it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeservice.verification import summary
from badgeservice.verification.summary import AchievedLevel, Alignment, Evidence

from .school import School


def test_everything_that_a_badge_page_shows_is_there(school):
    """From the re-compacted document of a genuine badge."""
    found = school.verify(school.issue()).credential
    achievement = "https://badges.example/achievements/safety/1/fr"

    assert found == summary.Summary(
        id="https://badges.example/b/1",
        language="fr",
        name="Sécuriser l'environnement numérique, niveau débutant",
        description="Reconnaître un message frauduleux.",
        criteria="Réussir le quiz à **80 %**.",
        criteria_url=None,
        achievement_id=achievement,
        achievement_type="Competency",
        tags=("sécurité", "numérique"),
        image="https://badges.example/artwork/safety.png",
        credential_image="https://badges.example/artwork/safety.png",
        issuer_id="https://badges.example/issuers/school",
        issuer_domain="badges.example",
        issuer_name="École d'exemple",
        issuer_url="https://badges.example",
        creator_id="https://badges.example/issuers/school",
        recipient_id="urn:uuid:6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a",
        recipient_name="Camille Durand",
        awarded=datetime(2026, 11, 19, 8, 30, tzinfo=UTC),
        valid_from=datetime(2026, 11, 20, 12, tzinfo=UTC),
        valid_until=datetime(2028, 11, 20, 12, tzinfo=UTC),
        achieved_levels=(
            AchievedLevel(
                id=f"{achievement}#strength-1",
                name="quiz en ligne, non surveillé",
                result=f"{achievement}#verification",
                result_name="Comment cela a été vérifié",
            ),
        ),
        evidence=(
            Evidence(
                id="https://badges.example/b/1#evidence-1",
                name="Quiz",
                narrative="Quiz réussi le 19 novembre 2026.",
                genre=None,
            ),
        ),
        alignments=(
            Alignment(
                name="Sécuriser l'environnement numérique",
                url="https://crcn.example/4.1",
                framework="CRCN",
                code="4.1",
            ),
        ),
    )


def test_json_of_a_report_holds_the_summary(school):
    """Instants written out, tuples as lists: plain JSON."""
    plain = school.verify(school.issue()).to_json()["credential"]

    assert plain["valid_until"] == "2028-11-20T12:00:00Z"
    assert plain["tags"] == ["sécurité", "numérique"]
    assert plain["achieved_levels"][0]["name"] == "quiz en ligne, non surveillé"


def test_a_hashed_name_is_not_shown():
    """It is not a name."""
    credential = School().credential()
    credential["credentialSubject"]["identifier"][0] |= {"hashed": True}

    assert summary.of(credential).recipient_name is None


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"value": "18"}, ()),
        ({"achievedLevel": "urn:x:1"}, (AchievedLevel("urn:x:1", None, None, None),)),
        (
            {"achievedLevel": "urn:x:1", "resultDescription": "urn:x:unknown"},
            (AchievedLevel("urn:x:1", None, "urn:x:unknown", None),),
        ),
    ],
)
def test_a_level_that_is_not_described_has_no_name(result, expected):
    """The summary shows what is there and invents nothing."""
    credential = School().credential()
    credential["credentialSubject"]["result"] = result

    assert summary.of(credential).achieved_levels == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "type", "name", "achievement", "criteria", "result", "identifier"]
            ),
            values,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(["id", "issuer", "credentialSubject", "evidence", "validFrom", "image"]),
        json_values,
    )
)
def test_whatever_stands_there_can_be_summed_up(credential):
    """A stranger's badge may hold anything anywhere."""
    assert summary.of(credential).valid_until is None
