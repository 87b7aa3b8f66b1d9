"""The kit of a badge as a zip: the badge, the issuer's keys, the status lists, and the page.

Nothing in it is secret, and of people it holds what the badge itself says. Whoever has the service
at hand verifies the same files with `badgeservice verify badge.json --documents documents`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib import resources

from sqlalchemy import select
from sqlalchemy.orm import Session

from badgeservice import verification
from badgeservice.errors import CredentialNotFound
from badgeservice.issuing import key_documents, ob2, shelf, status_lists
from badgeservice.issuing.hosting import CREDENTIAL_MEDIA_TYPES, Hosting, own_fetch
from badgeservice.issuing.models import Badge, Credential, Format, StatusList
from badgeservice.issuing.office import Office
from badgeservice.issuing.register import DatabaseRegister
from badgeservice.kit import page
from badgeservice.kit.archive import Archive, Extract
from badgeservice.kit.page import KeyLine
from badgeservice.openbadges import Document, strict_json, timestamps
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.register import RegisterEntry, RegisterState

_FORMS = (Format.PNG, Format.JSON, Format.JWT, Format.JWT_RS256)
"""What a kit holds of a badge. Its editions in Open Badges 2.0 need a site that answers."""

README = """\
{name}

FRANÇAIS

Ce dossier permet de vérifier le badge ci-dessus sans réseau, même si son émetteur ne répond plus.

1. Décompressez le dossier, puis ouvrez « verifier.html » dans un navigateur récent.
2. La page vérifie le badge en quelques secondes. Elle ne demande rien à personne.

Elle dit ce qui était publié le {as_of}. L'état d'aujourd'hui, si l'émetteur répond :
{address}

verifier.html    la page qui vérifie, seule
badge.*          le badge : image, données, forme compacte
documents/       ce que l'émetteur publiait : ses clés, ses listes de retraits
keys.json        l'histoire de ses clés : depuis quand, jusqu'à quand, révoquées ou non
register.json    ce que son registre disait de ce badge
contexts/        le vocabulaire des badges, avec son origine

Une page que quelqu'un vous remet vaut ce que vaut cette personne : elle a pu la modifier.
Pour une décision importante, prenez la page chez l'émetteur, et le badge chez la personne.

ENGLISH

With this folder, the badge above can be verified offline, even if its issuer no longer answers.

1. Unpack the folder, then open "verifier.html" in a recent browser.
2. The page checks the badge within seconds. It asks nobody for anything.

It says what was published on {as_of}. The state today, if the issuer answers:
{address}

verifier.html    the page that verifies, by itself
badge.*          the badge: image, data, compact form
documents/       what the issuer published: its keys, its lists of withdrawn badges
keys.json        the history of its keys: from when, until when, revoked or not
register.json    what its register said of this badge
contexts/        the vocabulary of badges, with its origin

A page that somebody gives you is worth what that person is worth: they may have changed it.
For a decision that matters, take the page from the issuer, and the badge from the person.
"""


def pack(session: Session, office: Office, badge: Badge, *, now: datetime) -> bytes:
    """Return the kit of a badge, as of `now`. The same state and instant give the same bytes.

    Raises CredentialNotFound or HolderErased when the bytes of the badge are no longer kept.
    """
    forms = {
        form: shelf.take(session, office.vault, badge, form)
        for form in shelf.kept(session, badge)
        if form in _FORMS
    }
    if Format.JSON not in forms:
        raise CredentialNotFound(f"{badge.public_id}: no longer kept")
    held = archive(session, office, badge, forms[Format.JSON], now=now)
    did_document = held.documents[office.issuer.id].body
    html = page.make(
        held,
        keys=key_lines(office),
        fingerprint=hashlib.sha256(did_document).hexdigest(),
        badge=badge.address,
        picture=forms.get(Format.PNG, b""),
    )
    readme = README.format(
        name=_name(forms[Format.JSON]),
        as_of=f"{now.astimezone(UTC):%Y-%m-%d}",
        address=badge.address,
    )
    files = {
        "LISEZ-MOI.txt": readme.encode(),
        "verifier.html": html.encode(),
        "keys.json": strict_json.dumps({"keys": _keys(office)}),
        "register.json": strict_json.dumps(held.extract.to_json()),
        **{f"badge.{form.suffix}": content for form, content in forms.items()},
        **dict(_contexts()),
        **_documents(held),
    }
    return page.zipped(files, at=now.astimezone(UTC).timetuple()[:6])


def key_lines(office: Office) -> list[KeyLine]:
    """Return what the page says of each key."""
    return [
        KeyLine(key.kid, key.created, key.retired, key.compromised)
        for key in office.keyring.entries.values()
    ]


def archive(
    session: Session, office: Office, badge: Badge, credential: bytes, *, now: datetime
) -> Archive:
    """Return the answers to all that verifying `credential`, the JSON of a badge, asks."""
    fetch = own_fetch(Hosting(session, office))
    lists = {
        status_lists.address(office.base_url, row.number): row.published_at
        for row in session.scalars(select(StatusList).order_by(StatusList.number))
    }
    keys = [
        f"{office.base_url}{path}" for path in key_documents.all_of(office.issuer, office.keyring)
    ]
    documents = {address: fetch(address) for address in (office.issuer.id, *keys, *lists)}
    media_type = CREDENTIAL_MEDIA_TYPES[Format.JSON]
    documents[badge.address] = Fetched(badge.address, 200, media_type, credential)
    register = _Noting(session, office)
    verification.verify(verification.recognise(credential), fetch=fetch, register=register, now=now)
    # An image may carry the badge in Open Badges 2.0 as well, which the register knows by its own id.
    second = select(Credential.ob2_id).where(
        Credential.public_id == badge.public_id, Credential.ob2_id.is_not(None)
    )
    for ob2_id in session.scalars(second):
        register.entry(ob2.hosted_id(office.base_url, str(ob2_id)))
    extract = Extract(
        as_of=now,
        issuer_id=office.issuer.id,
        base_url=office.base_url,
        entries=(
            {id: outside(entry) for id, entry in register.noted.items()}
            if office.issuer.demo
            else register.noted
        ),
        published=lists,
    )
    return Archive(documents, extract)


class _Noting(DatabaseRegister):
    """The register, which notes what it says: of the badge, and of endorsements of ours in it."""

    def __init__(self, session: Session, office: Office) -> None:
        super().__init__(session, office)
        self.noted: dict[str, RegisterEntry] = {}

    def entry(self, credential_id: str) -> RegisterEntry | None:
        """Return the entry of a badge or an endorsement, and note it."""
        entry = super().entry(credential_id)
        if entry is not None:
            self.noted[credential_id] = entry
        return entry


def outside(entry: RegisterEntry) -> RegisterEntry:
    """Return what an entry of a demonstration is worth outside of its own site."""
    if entry.state is RegisterState.ACTIVE:
        return replace(entry, state=RegisterState.TRIAL)
    return entry


def _documents(held: Archive) -> dict[str, bytes]:
    """Return the answers of an archive as the files that `badgeservice verify --documents` reads."""
    files: dict[str, bytes] = {}
    index: Document = {}
    for address, answer in sorted(held.documents.items()):
        name = re.sub(r"[^a-z0-9]+", "-", address.lower()) + ".json"
        files[f"documents/{name}"] = answer.body
        index[address] = {"file": name, "status": answer.status, "type": answer.media_type}
    files["documents/index.json"] = strict_json.dumps(index)
    return files


def _keys(office: Office) -> list[Document]:
    """Return the history of the keys, as plain JSON values."""
    return [
        {
            "id": office.issuer.method(key.kid),
            "kind": str(key.kind),
            "from": timestamps.write(key.created),
            "retired": timestamps.write(key.retired) if key.retired else None,
            "revoked": timestamps.write(key.compromised) if key.compromised else None,
        }
        for key in office.keyring.entries.values()
    ]


def _contexts() -> Iterator[tuple[str, bytes]]:
    for file in resources.files("badgeservice.openbadges.contexts").iterdir():
        if not file.name.endswith((".py", ".pyc")) and file.is_file():
            yield f"contexts/{file.name}", file.read_bytes()


def _name(credential: bytes) -> str:
    """Return what the badge is called, in its own language."""
    subject = strict_json.load_object(credential)["credentialSubject"]
    return str(subject["achievement"]["name"])
