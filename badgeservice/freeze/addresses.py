"""Every public address of an installation, and how each of them answers.

A view of `web.public` is named here, with the way in which it is frozen, or with the reason why it
is not. Addresses that hold a public id come in batches, so that a million take no more memory than
ten.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from itertools import product
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select
from werkzeug.routing import Map

from badgeservice.catalogue.models import Artwork, BadgeClassVersion
from badgeservice.catalogue.templates import State
from badgeservice.extensions import db, services
from badgeservice.issuing import key_documents
from badgeservice.issuing.hosting import PUBLIC_FORMATS
from badgeservice.issuing.models import (
    Badge,
    Credential,
    GivenEndorsement,
    ShortCode,
    StatusList,
    Visibility,
)
from badgeservice.openbadges.keys import KeyKind
from badgeservice.web import languages

BATCH = 500


class Way(Enum):
    """How an address answers, and so as which files its answers stand."""

    PAGE = "a page in the language of its address"
    PAGES = "a page in each language"
    BOTH = "a page in each language, and a document to those who ask for one"
    DOCUMENT = "the same bytes for everybody"
    LEADS = "a document, and a way to the page for people"
    VERIFIER = "what takes a service is done by the page that verifies in the browser"


FROZEN: dict[str, Way] = {
    "pages.home": Way.PAGE,
    "pages.employers": Way.PAGE,
    "pages.help_page": Way.PAGE,
    "pages.accessibility": Way.PAGE,
    "pages.personal_data": Way.PAGE,
    "pages.legal": Way.PAGE,
    "pages.robots": Way.DOCUMENT,
    "modules.index": Way.PAGE,
    "modules.sheet": Way.PAGE,
    "modules.media": Way.DOCUMENT,
    "frameworks.index": Way.BOTH,
    "frameworks.domain": Way.BOTH,
    "frameworks.competence": Way.BOTH,
    "frameworks.level": Way.BOTH,
    "badges.page": Way.PAGES,  # its document stands at an address of its own: download
    "badges.download": Way.DOCUMENT,
    "badges.qr_code": Way.DOCUMENT,
    "codes.verdict": Way.PAGES,
    "verifier.page": Way.VERIFIER,
    "lists.page": Way.VERIFIER,
    "documents.achievement": Way.BOTH,
    "documents.issuer": Way.BOTH,
    "documents.issuer_document": Way.DOCUMENT,
    "documents.status_list": Way.DOCUMENT,
    "documents.endorsement": Way.DOCUMENT,
    "documents.artwork": Way.DOCUMENT,
    "ob2.assertion": Way.LEADS,
    "ob2.signed_assertion": Way.DOCUMENT,
    "ob2.issuer": Way.LEADS,
    "ob2.badge_class": Way.LEADS,
    "ob2.key_document": Way.DOCUMENT,
    "static": Way.DOCUMENT,
}
"""How each public view is frozen."""

LEFT_OUT: dict[str, str] = {}
"""Which public views are not, and why."""


def way(app: Flask, path: str) -> Way:
    """Return how the address with this path answers."""
    endpoint, _ = _map(app).bind("").match(path)
    return FROZEN[endpoint]


def of_site(app: Flask) -> Iterator[str]:
    """Yield the paths that do not hang off a badge: pages, classes, keys, lists, images."""
    with app.app_context():
        yield from sorted(
            rule.rule
            for rule in _map(app).iter_rules()
            if rule.endpoint in FROZEN and not rule.arguments - set(rule.defaults or ())
        )
        yield from _modules()
        yield from _frameworks()
        yield from _issuer()
        yield from _classes()
        yield from _rows(select(StatusList.number).order_by(StatusList.number), "/status/{}")
        yield from _rows(
            select(Artwork.sha256).where(Artwork.media_type == "image/png"), "/artwork/{}.png"
        )
    folder = Path(str(app.static_folder))
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield f"{app.static_url_path}/{file.relative_to(folder).as_posix()}"


def of_badges(app: Flask, *, batch: int = BATCH) -> Iterator[list[str]]:
    """Yield, for each badge that its holder lets others see, all of its paths, its page first."""
    last = ""
    while found := _batch(app, last, batch):
        yield from found.values()
        last = next(reversed(found))  # the order is that of the database, not of Python


def of_endorsements(app: Flask) -> Iterator[str]:
    """Yield the path of each endorsement that we gave."""
    with app.app_context():
        yield from _rows(select(GivenEndorsement.public_id), "/endorsements/{}")


def count_badges(app: Flask) -> int:
    """Return how many badges others may see."""
    with app.app_context():
        found = select(func.count()).where(Badge.visibility != Visibility.PRIVATE)
        return db.session.scalar(found) or 0


def _batch(app: Flask, after: str, size: int) -> dict[str, list[str]]:
    """Return the paths of the next badges, by public id."""
    with app.app_context():
        ids = db.session.scalars(
            select(Badge.public_id)
            .where(Badge.visibility != Visibility.PRIVATE, Badge.public_id > after)
            .order_by(Badge.public_id)
            .limit(size)
        ).all()
        found = {id: [f"/b/{id}", *_files(id), f"/b/{id}/qr.png"] for id in ids}
        codes = (
            select(ShortCode.public_id, ShortCode.code)
            .join(Badge, Badge.public_id == ShortCode.public_id)
            .where(ShortCode.public_id.in_(ids), Badge.visibility == Visibility.PUBLIC)
        )
        for id, code in db.session.execute(codes):
            found[id].append(f"/c/{code}")
        assertions = select(Credential.public_id, Credential.ob2_id).where(
            Credential.public_id.in_(ids), Credential.ob2_id.is_not(None)
        )
        for id, ob2_id in db.session.execute(assertions):
            found[id] += [f"/ob2/assertions/{ob2_id}", f"/ob2/assertions/{ob2_id}.jws"]
        return found


def _files(public_id: str) -> Iterator[str]:
    for form in PUBLIC_FORMATS:
        yield f"/b/{public_id}.{form.suffix}"


def _modules() -> Iterator[str]:
    for module in services().library.modules.values():
        yield f"/modules/{module.id}"
        yield f"/en/modules/{module.id}"
        for name in module.media:
            yield f"/modules/{module.id}/media/{name}"


def _frameworks() -> Iterator[str]:
    framework = services().framework
    top = f"/frameworks/{framework.slug}"
    yield top
    for domain in framework.domains:
        yield f"{top}/{domain.code}"
    for competence in framework.competences:
        yield f"{top}/{competence.code}"
    for level in framework.levels:
        yield f"{top}/levels/{level.slug}"


def _issuer() -> Iterator[str]:
    office = services().office
    yield f"/issuers/{office.issuer.slug}"
    yield from key_documents.all_of(office.issuer, office.keyring)
    for kid in _rsa_keys():
        for name in ("issuer", "key", "revocations"):
            yield f"/ob2/{kid}/{name}"


def _classes() -> Iterator[str]:
    versions = (
        select(BadgeClassVersion.slug, BadgeClassVersion.version)
        .where(BadgeClassVersion.state == State.PUBLISHED)
        .order_by(BadgeClassVersion.slug, BadgeClassVersion.version)
    )
    for (slug, version), language in product(
        db.session.execute(versions).all(), languages.LANGUAGES
    ):
        yield f"/achievements/{slug}/{version}/{language}"
        for kid in _rsa_keys():
            yield f"/ob2/{kid}/badge-classes/{slug}/{version}/{language}"


def _rsa_keys() -> list[str]:
    keys = services().office.public_keys
    return [kid for kid, key in keys.items() if key.kind is KeyKind.RSA]


def _rows(query: object, form: str) -> list[str]:
    return [form.format(value) for value in db.session.scalars(query).all()]  # type: ignore[call-overload]  # a select of one column


def _map(app: Flask) -> Map:
    return app.url_map
