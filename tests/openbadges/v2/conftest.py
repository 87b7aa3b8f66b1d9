"""Documents of an issuer, with everything that the builder knows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from badgeservice.openbadges import v2

BASE = "https://badges.example/ob2"
RSA = f"{BASE}/rsa-1"
UUID = "6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a"
SALT = "x" * 22
ISSUED = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def documents(rsa_key) -> dict:
    """One document of each kind that we publish, by class; both forms of the assertion."""
    facts = {
        "recipient": v2.recipient("Camille@example.org", salt=SALT),
        "badge": f"{RSA}/badge-classes/safety/1/fr",
        "issued_on": ISSUED,
        "expires": datetime(2028, 11, 20, 12, tzinfo=UTC),
        "image": f"{BASE}/assertions/{UUID}.png",
        "narrative": "Quiz réussi.",
        "evidence": [
            v2.evidence(
                id=f"{BASE}/assertions/{UUID}#evidence-1",
                name="Quiz",
                narrative="Réussi à **90 %**.",
                description="En ligne.",
                genre="quiz",
            )
        ],
    }
    return {
        "hosted": v2.hosted_assertion(id=f"{BASE}/assertions/{UUID}", **facts),
        "signed": v2.signed_assertion(id=f"urn:uuid:{UUID}", creator=f"{RSA}/key", **facts),
        "revoked": v2.revoked_assertion(id=f"{BASE}/assertions/{UUID}", reason="Fraude."),
        "BadgeClass": v2.badge_class(
            id=f"{RSA}/badge-classes/safety/1/fr",
            name="Sécuriser l'environnement numérique",
            description="Les bons réflexes.",
            image="https://badges.example/artwork/1.png",
            image_caption="Un bouclier",
            criteria="Réussir le quiz à **80 %**.",
            criteria_id="https://badges.example/achievements/safety/1/fr",
            issuer=f"{RSA}/issuer",
            alignments=[
                v2.alignment(
                    target_name="Sécuriser l'environnement numérique",
                    target_url="https://crcn.example/4.1",
                    target_code="4.1",
                    target_description="Sécuriser les équipements.",
                    target_framework="CRCN",
                )
            ],
            tags=["numérique"],
            language="fr",
            version="1",
        ),
        "Issuer": v2.profile(
            id=f"{RSA}/issuer",
            name="École d'exemple",
            url="https://ecole.example",
            email="contact@ecole.example",
            description="Une école.",
            image="https://badges.example/artwork/logo.png",
            telephone="+33233000000",
            public_key=f"{RSA}/key",
            revocation_list=f"{RSA}/revocations",
            starts_with=f"{BASE}/assertions/",
        ),
        "CryptographicKey": v2.cryptographic_key(
            id=f"{RSA}/key", owner=f"{RSA}/issuer", key=rsa_key.public_key
        ),
        "RevocationList": v2.revocation_list(
            id=f"{RSA}/revocations",
            issuer=f"{RSA}/issuer",
            revoked=[(f"urn:uuid:{UUID}", "Fraude."), (f"urn:uuid:{UUID[:-1]}b", None)],
        ),
    }


def class_of(name: str) -> str:
    """Return the class of a document of the fixture."""
    return "Assertion" if name in ("hosted", "signed", "revoked") else name
