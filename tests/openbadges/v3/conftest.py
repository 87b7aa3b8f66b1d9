from __future__ import annotations

from datetime import UTC, datetime

import pytest

from badgeservice.openbadges import status_list, v3

BASE = "https://badges.example"
ACHIEVEMENT = f"{BASE}/achievements/crcn-4-1-beginner/1/en"
BADGE = f"{BASE}/b/3mJr7AoUXx2Wqd"
LIST = f"{BASE}/status/1"


@pytest.fixture
def issuer():
    """A Profile with everything that the builder knows."""
    return v3.profile(
        id=f"{BASE}/issuers/cotentin",
        name="Cotentin Digital",
        url="https://cotentin.example",
        description="Learning digital skills in the Cotentin.",
        email="contact@cotentin.example",
        image=f"{BASE}/artwork/logo.png",
        phone="+33233000000",
        official="Camille Martin",
    )


@pytest.fixture
def endorsement():
    """An EndorsementCredential with everything that the builder knows."""
    return v3.endorsement(
        id="https://port.example/endorsements/1",
        name="Recognised by the port",
        endorsed=ACHIEVEMENT,
        comment="We invite those who hold it to an **interview**.",
        issuer=v3.profile(
            id="https://port.example/issuer", name="The port", url="https://port.example"
        ),
        valid_from=datetime(2026, 11, 20, 9, tzinfo=UTC),
        valid_until=datetime(2028, 11, 20, 9, tzinfo=UTC),
        status=v3.status_entry("https://port.example/status/1", 7),
    )


@pytest.fixture
def achievement(issuer, endorsement):
    """An Achievement with everything that the builder knows."""
    levels = [
        v3.rubric_level(
            id=f"{ACHIEVEMENT}#strength-{number}",
            name=name,
            description=f"Verified as: {name}.",
            level=str(number),
            points=str(number),
        )
        for number, name in enumerate(["declared", "online quiz", "attendance", "reviewed"])
    ]
    return v3.achievement(
        id=ACHIEVEMENT,
        name="Secure the digital environment, beginner",
        description="Knows the reflexes that protect a workstation.",
        criteria="- passes the quiz\n- explains one reflex",
        criteria_id=f"{ACHIEVEMENT}/criteria",
        image=f"{BASE}/artwork/1.png",
        image_caption="A shield",
        creator=issuer,
        achievement_type="Badge",
        alignments=[
            v3.alignment(
                target_name="4.1 Secure the digital environment",
                target_url="https://pix.fr/competences/4.1",
                target_code="4.1",
                target_description="Secure devices, communications and data.",
                target_framework="CRCN",
                target_type="CFItem",
            ),
            v3.alignment(
                id=f"{ACHIEVEMENT}#digcomp",
                target_name="4.1 Protecting devices",
                target_url="https://publications.jrc.ec.europa.eu/digcomp",
            ),
        ],
        result_descriptions=[
            v3.result_description(
                id=f"{ACHIEVEMENT}#verification",
                name="How it was verified",
                result_type="RubricCriterionLevel",
                rubric_levels=levels,
                required_level=levels[1]["id"],
                alignments=[
                    v3.alignment(target_name="Strength of evidence", target_url=f"{BASE}/strength")
                ],
            ),
            v3.result_description(
                id=f"{ACHIEVEMENT}#score",
                name="Score",
                result_type="Percent",
                value_min="0",
                value_max="100",
                required_value="80",
            ),
            v3.result_description(
                id=f"{ACHIEVEMENT}#state",
                name="State",
                result_type="Status",
                allowed_values=["Failed", "Completed"],
            ),
        ],
        related=[
            v3.related(
                id=f"{BASE}/achievements/crcn-4-1-beginner/1/fr", in_language="fr", version="1"
            )
        ],
        tags=["security", "CRCN"],
        in_language="en",
        version="1",
        field_of_study="Digital skills",
        human_code="CRCN-4.1-1",
        specialization="Workplace",
        endorsements=[endorsement],
    )


@pytest.fixture
def badge(issuer, achievement):
    """An OpenBadgeCredential with everything that the builders know."""
    return v3.credential(
        id=BADGE,
        name=achievement["name"],
        description=achievement["description"],
        image=f"{BASE}/artwork/1.png",
        issuer=issuer,
        subject=v3.subject(
            id="urn:uuid:0a40bd31-9b0f-4a2a-a4f2-3f0a4a0a4a0a",
            name="Dominique Lefèvre",
            identifiers=[v3.identity("emailAddress", "d@example.com", salt="k7Qp")],
            achievement=achievement,
            results=[
                v3.result(
                    id=f"{BADGE}#verification",
                    result_description=f"{ACHIEVEMENT}#verification",
                    achieved_level=f"{ACHIEVEMENT}#strength-1",
                ),
                v3.result(
                    id=f"{BADGE}#score", result_description=f"{ACHIEVEMENT}#score", value="87"
                ),
                v3.result(
                    id=f"{BADGE}#state",
                    result_description=f"{ACHIEVEMENT}#state",
                    status="Completed",
                ),
            ],
            narrative="Took the quiz on site.",
        ),
        evidence=[
            v3.evidence(
                id=f"{BADGE}#evidence-1",
                name="Quiz",
                narrative="87 % on the first attempt.",
                description="Twenty questions.",
                genre="quiz",
                audience="employers",
            )
        ],
        awarded_date=datetime(2026, 11, 22, 15, 30, tzinfo=UTC),
        valid_from=datetime(2026, 11, 23, 9, tzinfo=UTC),
        valid_until=datetime(2028, 11, 23, 9, tzinfo=UTC),
        status=v3.status_entry(LIST, 94567),
    )


@pytest.fixture
def revocations():
    """A BitstringStatusListCredential."""
    return v3.status_list_credential(
        id=LIST,
        issuer=f"{BASE}/issuers/cotentin",
        valid_from=datetime(2026, 11, 23, 9, tzinfo=UTC),
        encoded_list=status_list.encode([94567]),
        ttl=300_000,
    )
