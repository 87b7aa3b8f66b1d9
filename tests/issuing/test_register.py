"""Which names are ours: what bears one and is not in the register is forged."""

from __future__ import annotations

import pytest

from badgeservice.issuing.register import DatabaseRegister
from badgeservice.openbadges import strict_json, v3
from badgeservice.verification import Verdict, recognise, verify
from badgeservice.verification.codes import Code
from badgeservice.verification.fetching import Fetched, FetchFailed


@pytest.mark.parametrize(
    ("identifier", "is_ours"),
    [
        ("{issuer}", True),
        ("{base}/issuers/demo", True),
        ("{base}/ob2/rsa-1/issuer", True),
        ("{base}/ob2/assertions/6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a", True),
        ("{base}", False),
        ("{base}.evil.example/issuers/demo", False),
        ("https://evil.example/{base}/issuers/demo", False),
        ("{issuer}:more", False),
        ("urn:uuid:6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a", False),
    ],
)
def test_our_issuer_and_our_addresses_are_ours(desk, identifier, is_ours):
    """Compared to the slash: an address that begins alike is somebody else's."""
    named = identifier.format(base=desk.office.base_url, issuer=desk.office.issuer.id)

    assert DatabaseRegister(desk.session, desk.office).owns(named) is is_ours


def test_an_address_of_ours_as_issuer_is_forged(desk):
    """Not only the identifier that we sign under: people read the domain."""
    impostor = f"{desk.office.base_url}/issuers/academy"
    badge = {
        "@context": v3.CONTEXT,
        "id": f"{desk.office.base_url}/b/1",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": impostor, "type": ["Profile"], "name": "Academy"},
        "validFrom": "2026-11-20T12:00:00Z",
    }

    def nobody(address: str) -> Fetched:
        raise FetchFailed("no answer")

    report = verify(
        recognise(strict_json.dumps(badge)),
        fetch=nobody,
        register=DatabaseRegister(desk.session, desk.office),
        now=desk.clock(),
    )

    assert report.find(Code.NOT_IN_REGISTER)
    assert report.verdict is Verdict.RED
