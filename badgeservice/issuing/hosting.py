"""What stands at our public addresses, for machines: the same answer for the web, for our own
verifier, and for whoever freezes the site.

Signed bytes are served as stored; nothing is signed or canonicalized here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from badgeservice.catalogue import achievement, classes
from badgeservice.catalogue.models import Artwork
from badgeservice.errors import CredentialNotFound, HolderErased
from badgeservice.issuing import endorsements, key_documents, shelf
from badgeservice.issuing.models import Badge, Format, GivenEndorsement, StatusList, Visibility
from badgeservice.issuing.office import Office
from badgeservice.openbadges import Document, strict_json, v3
from badgeservice.verification.fetching import Fetch, Fetched, FetchFailed

CREDENTIAL_MEDIA_TYPES = {
    Format.JSON: "application/vc+ld+json",
    Format.JWT: "application/vc+jwt",
    Format.JWT_RS256: "application/vc+jwt",
    Format.PNG: "image/png",
    Format.SVG: "image/svg+xml",
}
JSON_LD = "application/ld+json"
_SECONDS_SHORT, _SECONDS_FOR_EVER = 60, 31_536_000
_SUFFIXES = "|".join(re.escape(form.suffix) for form in Format)


@dataclass(frozen=True)
class Hosted:
    """The answer at one address. `etag` is the SHA-256 of the body; `max_age` is in seconds."""

    body: bytes
    media_type: str
    max_age: int

    @property
    def etag(self) -> str:
        """A strong validator of the body."""
        return hashlib.sha256(self.body).hexdigest()


class Hosting:
    """The public documents of an installation, by path."""

    def __init__(self, session: Session, office: Office) -> None:
        self._session, self.office = session, office
        self._routes: list[tuple[re.Pattern[str], Callable[..., Hosted | None]]] = [
            (re.compile(pattern), answer)
            for pattern, answer in (
                (r"/b/(?P<public_id>[1-9A-HJ-NP-Za-km-z]{1,22})", self.credential),
                (
                    rf"/b/(?P<public_id>[1-9A-HJ-NP-Za-km-z]{{1,22}})\.(?P<suffix>{_SUFFIXES})",
                    self.credential,
                ),
                (
                    r"/achievements/(?P<slug>[a-z0-9-]+)/(?P<version>\d{1,9})/(?P<language>fr|en)",
                    self.achievement,
                ),
                (r"/issuers/(?P<slug>[a-z0-9-]+)", self.issuer),
                (r"/issuers/(?P<slug>[a-z0-9-]+)/did\.json", self.did_document),
                (r"/issuers/(?P<slug>[a-z0-9-]+)/jwks\.json", self.jwks),
                (r"/issuers/(?P<slug>[a-z0-9-]+)/keys/(?P<kid>[a-z0-9-]+)", self.key),
                (r"/status/(?P<number>[1-9]\d{0,8})", self.status_list),
                (
                    r"/endorsements/(?P<public_id>[1-9A-HJ-NP-Za-km-z]{1,22})",
                    self.endorsement,
                ),
                (r"/artwork/(?P<digest>[0-9a-f]{64})\.png", self.artwork),
            )
        ]

    def document(self, path: str) -> Hosted | None:
        """Return what stands at `path`, None when nothing does or it is not public."""
        for pattern, answer in self._routes:
            if match := pattern.fullmatch(path):
                return answer(**match.groupdict())
        return None

    def credential(self, public_id: str, suffix: str = Format.JSON.suffix) -> Hosted | None:
        """Return a badge as it was released, None unless its holder lets others see it."""
        badge = self._session.get(Badge, public_id)
        if badge is None or badge.visibility == Visibility.PRIVATE:
            return None
        form = next(form for form in Format if form.suffix == suffix)
        try:
            body = shelf.take(self._session, self.office.vault, badge, form)
        except (HolderErased, CredentialNotFound):
            return None
        # Asked anew each time: its holder may hide it, and that holds from the same moment on.
        return Hosted(body, CREDENTIAL_MEDIA_TYPES[form], 0)

    def achievement(self, slug: str, version: str, language: str) -> Hosted | None:
        """Return a published badge class version in one language."""
        found = classes.get(self._session, slug, int(version))
        if found is None:
            return None
        document = achievement.achievement_document(
            found,
            language=language,
            base_url=self.office.base_url,
            creator=self.office.issuer.profile(language),
            endorsements=endorsements.kept(self._session, self.office, found, language=language),
        )
        # The class never changes; what its issuer says of itself may, and what others say of it.
        return _json({"@context": v3.CONTEXT, **document}, JSON_LD, _SECONDS_SHORT)

    def issuer(self, slug: str) -> Hosted | None:
        """Return the issuer's profile."""
        if slug != self.office.issuer.slug:
            return None
        document = {"@context": v3.CONTEXT, **self.office.issuer.profile("fr")}
        return _json(document, JSON_LD, _SECONDS_SHORT)

    def did_document(self, slug: str) -> Hosted | None:
        """Return the DID document of the issuer: which keys may sign in its name."""
        if slug != self.office.issuer.slug:
            return None
        document = key_documents.did_document(self.office.issuer, self.office.keyring)
        return _json(document, "application/did+ld+json", _SECONDS_SHORT)

    def jwks(self, slug: str) -> Hosted | None:
        """Return the issuer's keys as a JWK set (RFC 7517)."""
        if slug != self.office.issuer.slug:
            return None
        document = key_documents.jwks(self.office.issuer, self.office.keyring)
        return _json(document, "application/jwk-set+json", _SECONDS_SHORT)

    def key(self, slug: str, kid: str) -> Hosted | None:
        """Return a key's own document."""
        if slug != self.office.issuer.slug:
            return None
        document = key_documents.key_document(self.office.issuer, self.office.keyring, kid)
        return _json(document, JSON_LD, _SECONDS_SHORT) if document else None

    def status_list(self, number: str) -> Hosted | None:
        """Return a status list as it was last published."""
        row = self._session.get(StatusList, int(number))
        return Hosted(row.published, "application/vc+ld+json", _SECONDS_SHORT) if row else None

    def endorsement(self, public_id: str) -> Hosted | None:
        """Return an endorsement that we gave, also after we took it back: its status says so."""
        row = self._session.get(GivenEndorsement, public_id)
        if row is None or row.content is None:
            return None
        return Hosted(row.content, CREDENTIAL_MEDIA_TYPES[Format.JSON], _SECONDS_SHORT)

    def artwork(self, digest: str) -> Hosted | None:
        """Return an image of a badge class; its address is its digest, so it never changes."""
        row = self._session.get(Artwork, digest)
        if row is None or row.media_type != "image/png":
            return None  # drawings are kept for making other sizes, not to be shown
        return Hosted(row.data, row.media_type, _SECONDS_FOR_EVER)


def own_fetch(hosting: Hosting) -> Fetch:
    """Return a fetch that answers our own addresses and identifier in process, and no other.

    A service that asked itself over the network could be made to wait for itself.
    """
    issuer = hosting.office.issuer

    def fetch(address: str) -> Fetched:
        if address == issuer.id:
            path = f"/issuers/{issuer.slug}/did.json"
        elif address.startswith(f"{issuer.base_url}/"):
            path = address.removeprefix(issuer.base_url)
        else:
            raise FetchFailed("outside this installation")
        hosted = hosting.document(path)
        if hosted is None:
            raise FetchFailed("nothing stands at this address of ours")
        return Fetched(url=address, status=200, media_type=hosted.media_type, body=hosted.body)

    return fetch


def _json(document: Document, media_type: str, max_age: int) -> Hosted:
    return Hosted(strict_json.dumps(document), media_type, max_age)
