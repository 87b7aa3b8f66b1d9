"""What stands at our public addresses, for machines: the same answer for the web, for our own
verifier, and for whoever freezes the site.

Signed bytes are served as stored; nothing is signed or canonicalized here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from badgeservice.catalogue import achievement, classes
from badgeservice.catalogue.models import Artwork
from badgeservice.errors import CredentialNotFound, HolderErased, PublicationDamaged
from badgeservice.issuing import endorsements, key_documents, ob2, shelf, status_lists, words
from badgeservice.issuing.models import (
    OB2_FORMATS,
    Badge,
    BadgeState,
    Credential,
    Format,
    GivenEndorsement,
    Reason,
    ReleasedForm,
    StatusList,
    Visibility,
)
from badgeservice.issuing.office import Office
from badgeservice.openbadges import Document, strict_json, v2, v3
from badgeservice.openbadges.keys import KeyKind, PublicKey
from badgeservice.verification.fetching import Fetch, Fetched, FetchFailed

CREDENTIAL_MEDIA_TYPES = {
    Format.JSON: "application/vc+ld+json",
    Format.JWT: "application/vc+jwt",
    Format.JWT_RS256: "application/vc+jwt",
    Format.PNG: "image/png",
    Format.SVG: "image/svg+xml",
    Format.OB2_JSON: "application/ld+json",
    Format.OB2_JWS: "application/jose",
    Format.PNG_BOTH: "image/png",
    Format.SVG_BOTH: "image/svg+xml",
}
JSON_LD = "application/ld+json"
PUBLIC_FORMATS = tuple(form for form in Format if form not in OB2_FORMATS)
"""The forms that stand beside the page of a badge: there, nobody meets the hash of an e-mail."""

_SECONDS_SHORT, _SECONDS_FOR_EVER = 60, 31_536_000
_SUFFIXES = "|".join(re.escape(form.suffix) for form in PUBLIC_FORMATS)
_OVER = (BadgeState.REVOKED, BadgeState.WITHDRAWN)
_NOT_IN_FORCE = or_(Badge.state.in_(_OVER), Credential.superseded_at.is_not(None))


@dataclass(frozen=True)
class Hosted:
    """The answer at one address. `etag` is the SHA-256 of the body; `max_age` is in seconds.

    `status` is that of HTTP: 200, or 410 for an assertion that is no longer in force. What is not
    `listed` is shown to whoever has its address, and kept out of search engines.
    """

    body: bytes
    media_type: str
    max_age: int
    status: int = 200
    listed: bool = True

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
                (rf"/ob2/assertions/(?P<ob2_id>{ob2.ID.pattern})", self.assertion),
                (rf"/ob2/assertions/(?P<ob2_id>{ob2.ID.pattern})\.jws", self.signed_assertion),
                (r"/ob2/(?P<kid>rsa-\d{1,9})/issuer", self.ob2_issuer),
                (r"/ob2/(?P<kid>rsa-\d{1,9})/key", self.ob2_key),
                (r"/ob2/(?P<kid>rsa-\d{1,9})/revocations", self.ob2_revocations),
                (
                    r"/ob2/(?P<kid>rsa-\d{1,9})/badge-classes/(?P<slug>[a-z0-9-]+)"
                    r"/(?P<version>\d{1,9})/(?P<language>fr|en)",
                    self.ob2_badge_class,
                ),
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
        form = next(form for form in PUBLIC_FORMATS if form.suffix == suffix)
        shown = shelf.shown(self._session, self.office.vault, public_id, form)
        if shown is None:
            return None
        visibility, body = shown
        # Asked anew each time: its holder may hide it, and that holds from the same moment on.
        listed = visibility == Visibility.PUBLIC
        return Hosted(body, CREDENTIAL_MEDIA_TYPES[form], 0, listed=listed)

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
        """Return a status list as it was last published; raise PublicationDamaged for a torn one."""
        row = self._session.get(StatusList, int(number))
        if row is None:
            return None
        if not status_lists.is_whole(self.office, row):
            raise PublicationDamaged(
                f"status list {number}: `badgeservice setup` publishes it anew"
            )
        return Hosted(row.published, "application/vc+ld+json", _SECONDS_SHORT)

    def endorsement(self, public_id: str) -> Hosted | None:
        """Return an endorsement that we gave, also after we took it back: its status says so."""
        row = self._session.get(GivenEndorsement, public_id)
        if row is None or row.content is None:
            return None
        return Hosted(row.content, CREDENTIAL_MEDIA_TYPES[Format.JSON], _SECONDS_SHORT)

    def assertion(self, ob2_id: str) -> Hosted | None:
        """Return a hosted assertion of Open Badges 2.0, None unless its holder lets others see it.

        What is no longer in force is gone (410), and says why if the issuer has a reason. A badge
        that is suspended stays: 2.0 has no such word, and a 410 is kept for ever.
        """
        found = self._visible(ob2_id)
        if found is None:
            return None
        badge, edition = found
        if not _is_in_force(badge, edition):
            document = v2.revoked_assertion(
                id=ob2.hosted_id(self.office.base_url, ob2_id), reason=_reason(badge, edition)
            )
            return Hosted(strict_json.dumps(document), JSON_LD, 0, status=410)
        return self._released(badge, Format.OB2_JSON)

    def signed_assertion(self, ob2_id: str) -> Hosted | None:
        """Return a signed assertion as long as we keep it; whether it is in force, its list says."""
        found = self._visible(ob2_id)
        if found is None or found[1].superseded_at is not None:
            return None
        if not _is_in_force(*found) and found[0].visibility != Visibility.PUBLIC:
            return None  # its id stands in the list of what is revoked, for everybody
        return self._released(found[0], Format.OB2_JWS)

    def badge_of_assertion(self, ob2_id: str) -> Badge | None:
        """Return the badge that an assertion is an edition of, None unless it may be seen."""
        found = self._visible(ob2_id)
        return found[0] if found else None

    def ob2_issuer(self, kid: str) -> Hosted | None:
        """Return the issuer as the Profile of one of its RSA keys, whatever became of the key."""
        if self._rsa_key(kid) is None:
            return None
        return _json(ob2.profile(self.office.issuer, kid=kid), JSON_LD, _SECONDS_SHORT)

    def ob2_key(self, kid: str) -> Hosted | None:
        """Return the document of an RSA key for readers of Open Badges 2.0."""
        key = self._rsa_key(kid)
        if key is None:
            return None
        return _json(ob2.key(self.office.issuer, key, kid=kid), JSON_LD, _SECONDS_SHORT)

    def ob2_revocations(self, kid: str) -> Hosted | None:
        """Return the list of the assertions that a key signed and that are no longer in force."""
        if self._rsa_key(kid) is None:
            return None
        rows = self._session.execute(
            select(Badge, Credential)
            .join(Credential, Credential.public_id == Badge.public_id)
            .join(
                ReleasedForm,
                (ReleasedForm.public_id == Credential.public_id)
                & (ReleasedForm.edition == Credential.edition),
            )
            .where(
                ReleasedForm.format == Format.OB2_JWS,
                ReleasedForm.method == self.office.issuer.method(kid),
                _NOT_IN_FORCE,
            )
            .order_by(Credential.ob2_id)
        )
        revoked = [(str(edition.ob2_id), _reason(badge, edition)) for badge, edition in rows]
        document = ob2.revocation_list(self.office.issuer, revoked, kid=kid)
        return _json(document, JSON_LD, _SECONDS_SHORT)

    def ob2_badge_class(self, kid: str, slug: str, version: str, language: str) -> Hosted | None:
        """Return a published badge class version as a BadgeClass of the Profile of a key."""
        found = classes.get(self._session, slug, int(version))
        if found is None or self._rsa_key(kid) is None:
            return None
        document = ob2.badge_class(self.office.issuer, found, language=language, kid=kid)
        return _json(document, JSON_LD, _SECONDS_SHORT)

    def _visible(self, ob2_id: str) -> tuple[Badge, Credential] | None:
        row = self._session.execute(
            select(Badge, Credential)
            .join(Credential, Credential.public_id == Badge.public_id)
            .where(Credential.ob2_id == ob2_id, Badge.visibility != Visibility.PRIVATE)
        ).one_or_none()
        return (row[0], row[1]) if row else None

    def _released(self, badge: Badge, form: Format) -> Hosted | None:
        try:
            body = shelf.take(self._session, self.office.vault, badge, form)
        except (HolderErased, CredentialNotFound):
            return None
        # Asked anew each time: its holder may hide it, and that holds from the same moment on.
        return Hosted(body, CREDENTIAL_MEDIA_TYPES[form], 0)

    def _rsa_key(self, kid: str) -> PublicKey | None:
        """Return an RSA key of ours. Only while the issuer has what a Profile of 2.0 demands."""
        key = self.office.public_keys.get(kid)
        is_one = key is not None and key.kind is KeyKind.RSA and self.office.issuer.email
        return key if is_one else None

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
        try:
            hosted = hosting.document(path)
        except PublicationDamaged as error:
            raise FetchFailed(error.message) from None
        if hosted is None:
            raise FetchFailed("nothing stands at this address of ours")
        return Fetched(
            url=address, status=hosted.status, media_type=hosted.media_type, body=hosted.body
        )

    return fetch


def _is_in_force(badge: Badge, edition: Credential) -> bool:
    return badge.state not in _OVER and edition.superseded_at is None


def _reason(badge: Badge, edition: Credential) -> str | None:
    """Return why an edition is not in force, in the language of the badge; None for no reason.

    That its holder took a badge from the public says nothing about anyone.
    """
    language = edition.language
    if badge.state == BadgeState.REVOKED and badge.state_reason is not None:
        return words.REASONS[Reason(badge.state_reason)][language]
    return words.REPLACED[language] if badge.state != BadgeState.WITHDRAWN else None


def _json(document: Document, media_type: str, max_age: int) -> Hosted:
    return Hosted(strict_json.dumps(document), media_type, max_age)
