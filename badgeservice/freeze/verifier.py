"""The page that verifies in the browser, and what the register said, for it to ask."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from flask import Flask

from badgeservice.extensions import db, services
from badgeservice.freeze import links
from badgeservice.freeze.pieces import AS_OF, SITE, Piece
from badgeservice.issuing import key_documents
from badgeservice.issuing.register import DatabaseRegister
from badgeservice.kit import pack, page
from badgeservice.kit.archive import entry_to_json
from badgeservice.kit.site import REGISTER
from badgeservice.openbadges import strict_json
from badgeservice.web import frozen


def page_of(app: Flask) -> Piece:
    """Return the page, which changes with the keys and with its own software only."""
    with app.app_context():
        office = services().office
        did_path, *_ = key_documents.all_of(office.issuer, office.keyring)
        did_document = key_documents.did_document(office.issuer, office.keyring)
        html = page.make_for_site(
            base_url=office.base_url,
            issuer_id=office.issuer.id,
            did_path=did_path,
            keys=pack.key_lines(office),
            fingerprint=hashlib.sha256(strict_json.dumps(did_document)).hexdigest(),
            as_of=frozen.INSTANT,
        )
    return Piece(f"{SITE}{links.VERIFIER}index.html", html.encode())


def as_of() -> Piece:
    """Return the file that says when the site was last frozen with a change."""
    return Piece(AS_OF, strict_json.dumps({"asOf": frozen.INSTANT}))


def register_of(app: Flask, paths: Iterable[str]) -> Iterator[Piece]:
    """Yield what the register says of the badges, assertions and endorsements among `paths`.

    Never of a private one: its path is not given.
    """
    with app.app_context():
        office = services().office
        register = DatabaseRegister(db.session, office)
        for path in paths:
            entry = register.entry(f"{office.base_url}{path}")
            if entry is not None:
                said = pack.outside(entry) if office.issuer.demo else entry
                yield Piece(f"{SITE}{path}{REGISTER}", strict_json.dumps(entry_to_json(said)))
