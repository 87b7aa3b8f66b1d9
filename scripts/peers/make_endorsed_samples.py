"""Make badges with an endorsement inside, in the two forms that the standard has for one.

    make_endorsed_samples.py FOLDER

`endorsement` is a badge that the application issued after it had verified and kept an endorsement by
another organisation, https://port.example. `endorsementJwt` is the same badge with the endorsement
as a token, which the application never issues: docs/decisions/0014-endorsements.md says why.
FOLDER is as `make_samples.py` leaves it, and `endorser.json` is the endorser's DID document.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from make_samples import BADGE, BASE_URL, Installation, Shelf, Signer, crawl, documents_of
from tampering import EDDSA, ES256, JSON, PNG, Copy, Document, Question

from badgeservice.openbadges import v3
from badgeservice.openbadges.proofs.vc_jwt import Algorithm

PORT = "did:web:port.example"


def main(folder: Path) -> None:
    """Fill `folder`."""
    now = datetime.now(UTC)
    installation = Installation(folder / "installation")
    port = Signer.new(PORT, folder / "port", now=now)
    unsigned = endorsement(now=now)
    received = folder / "received"
    received.mkdir()
    Shelf(received).documents(documents_of(port))
    (received / "endorsement.json").write_text(json.dumps(port.secure(unsigned, now=now)))
    installation.command(
        "endorsements", "add", str(received / "endorsement.json"), "--documents", str(received)
    )
    badge = installation.issue("learner@example.org", "--lang", "fr")
    samples = Shelf(folder)
    with installation.opened() as (us, fetch):
        samples.documents(crawl([badge.json], fetch) | documents_of(port))
    samples.add(JSON, Copy("endorsement", Question.NONE, badge.json))
    samples.add(PNG, Copy("endorsement", Question.NONE, badge.png))
    samples.add(ES256, Copy("endorsement", Question.NONE, badge.tokens[Algorithm.ES256]))
    token = port.token(unsigned, Algorithm.ES256)
    credential = with_token(badge.json, token)
    samples.add(JSON, Copy("endorsementJwt", Question.NONE, us.secure(credential, now=now)))
    samples.add(EDDSA, Copy("endorsementJwt", Question.NONE, us.token(credential, Algorithm.EDDSA)))
    samples.finish(issuer=us.id)


def endorsement(*, now: datetime) -> Document:
    """Return the endorsement of our class, in French, before it is signed."""
    home = "https://" + PORT.removeprefix("did:web:")
    return v3.endorsement(
        id=f"{home}/endorsements/1",
        name="Reconnu par le port",
        endorsed=f"{BASE_URL}/achievements/{BADGE}/1/fr",
        comment="Nous recevons en **entretien** ceux qui l'ont.",
        issuer=v3.profile(id=PORT, name="Le port", url=home),
        valid_from=now,
        valid_until=now + timedelta(days=300),
    )


def with_token(badge: Document, token: str) -> Document:
    """Return a badge without proof, with its endorsement as a token."""
    credential: Document = json.loads(json.dumps(badge))
    del credential["proof"]
    achievement = credential["credentialSubject"]["achievement"]
    del achievement["endorsement"]
    achievement["endorsementJwt"] = [token]
    return credential


if __name__ == "__main__":
    main(Path(sys.argv[1]))
