"""Lists that are followed, older ones that are refused, and which keys are remembered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from badgeservice.errors import IssuerListNotFound, IssuerListRefused
from badgeservice.extensions import db
from badgeservice.storage.chain import AuditEvent
from badgeservice.trust import shelf
from badgeservice.trust.models import IssuerKey
from badgeservice.trust.registry import MAXIMUM_KEYS, KnownIssuers, Registry
from badgeservice.verification.codes import Code
from badgeservice.verification.issuers import Named
from badgeservice.verification.report import Issuer, Report, Verdict
from tests.verification.school import NOW, Key, School

from .publisher import ENTRY, ID, Publisher

NETWORK = Publisher()
SCHOOL = ENTRY | {"identifier": School().id}
NAMED_PORT = Named("https://port.example", "Port de commerce")


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The session of an installation."""
    with app.app_context():
        yield db.session


@pytest.fixture
def registry() -> Registry:
    """A registry that has read nothing yet."""
    return Registry([NAMED_PORT])


@pytest.fixture
def stranger() -> School:
    """An issuer that is not ours."""
    school = School()
    school.owns = lambda issuer_id: False  # type: ignore[method-assign]
    return school


def follow(session: Session, data: bytes, publisher: str | None = NETWORK.did) -> None:
    """Let the operator take a list in."""
    shelf.take_in(session, data, publisher=publisher, actor="administrator", now=NOW)


def judged(school: School, known: KnownIssuers, *, number: int = 1) -> Report:
    """Return the report on a badge, whose keys are remembered as the desk does it."""
    report = school.verify(school.issue(), issuers=known)
    known.remember(report, now=NOW + timedelta(minutes=number))
    return report


def remembered(session: Session) -> int:
    """Return how many keys are written down."""
    return session.scalar(select(func.count()).select_from(IssuerKey)) or 0


def test_who_is_on_a_followed_list_is_registered(session, registry, stranger):
    """Before it, unknown; with it, green; after its removal, unknown again."""
    assert judged(stranger, registry.at(session, NOW)).issuer is Issuer.UNKNOWN

    follow(session, NETWORK.sign(NETWORK.list(SCHOOL)))
    report = judged(stranger, registry.at(session, NOW))

    assert (report.verdict, report.issuer) == (Verdict.GREEN, Issuer.REGISTERED)
    assert report.known_issuer.source == ID

    shelf.remove(session, ID, actor="administrator", now=NOW)

    assert judged(stranger, registry.at(session, NOW)).issuer is Issuer.UNKNOWN
    with pytest.raises(IssuerListNotFound):
        shelf.remove(session, ID, actor="administrator", now=NOW)


def test_what_was_done_stands_in_the_audit_chain(session):
    """Whom to believe is the operator's word, and can be found again."""
    follow(session, NETWORK.sign(NETWORK.list()))
    shelf.remove(session, ID, actor="administrator", now=NOW)

    events = session.scalars(select(AuditEvent).where(AuditEvent.subject == ID)).all()

    assert ["issuer_list_imported", "issuer_list_removed"] == [each.action for each in events]


def test_a_newer_list_takes_the_place_of_the_one_before(session, registry, stranger):
    """Also in a process that has read the older one."""
    follow(session, NETWORK.sign(NETWORK.list(SCHOOL)))
    assert judged(stranger, registry.at(session, NOW)).issuer is Issuer.REGISTERED

    follow(session, NETWORK.sign(NETWORK.list(issued="2026-11-02T00:00:00Z")), publisher=None)

    assert judged(stranger, registry.at(session, NOW)).issuer is Issuer.UNKNOWN


@pytest.mark.parametrize("is_removed", [False, True])
def test_an_older_list_is_refused(session, is_removed):
    """Whoever replays one could bring back whom it no longer names; removal does not forget that."""
    older = NETWORK.sign(NETWORK.list(SCHOOL))
    newer = NETWORK.sign(NETWORK.list(issued="2026-11-02T00:00:00Z"))
    follow(session, newer)
    if is_removed:
        shelf.remove(session, ID, actor="administrator", now=NOW)

    with pytest.raises(IssuerListRefused, match="2026-11-02") as refused:
        follow(session, older)

    assert "issuer_list_older" == refused.value.code
    follow(session, newer)
    assert 1 == len(shelf.followed(session))


def test_two_lists_of_one_moment_cannot_both_be_true(session):
    """Which came first, nobody could say."""
    follow(session, NETWORK.sign(NETWORK.list()))

    with pytest.raises(IssuerListRefused, match="not newer"):
        follow(session, NETWORK.sign(NETWORK.list(SCHOOL)))


def test_a_list_of_the_future_is_refused(session):
    """It would keep every honest one out for years."""
    with pytest.raises(IssuerListRefused, match="future"):
        follow(session, NETWORK.sign(NETWORK.list(issued="2036-11-02T00:00:00Z")))


def test_a_publisher_is_named_once_and_then_expected(session):
    """Nobody else can publish under the id of a list, until the operator says so."""
    newer = {"issued": "2026-11-02T00:00:00Z"}
    with pytest.raises(IssuerListRefused, match="--publisher"):
        follow(session, NETWORK.sign(NETWORK.list()), publisher=None)
    follow(session, NETWORK.sign(NETWORK.list()))
    mallory = Publisher(2)

    with pytest.raises(IssuerListRefused, match="not signed by"):
        follow(session, mallory.sign(mallory.list(**newer)), publisher=None)

    follow(session, mallory.sign(mallory.list(**newer)), publisher=mallory.did)
    assert mallory.did == shelf.followed(session)[0][0].publisher


def test_an_expired_list_counts_no_longer(session, registry, stranger):
    """Who does not hear from the publisher any more cannot know what has changed."""
    until = NOW + timedelta(days=1)
    follow(session, NETWORK.sign(NETWORK.list(SCHOOL, validUntil="2026-11-24T09:00:00Z")))

    assert registry.at(session, until).entries(stranger.id)
    assert not registry.at(session, until + timedelta(seconds=1)).entries(stranger.id)


def test_nobody_may_look_like_us(session, registry):
    """Our own name is known without any list."""
    assert registry.at(session, NOW).resembled(("name portdecornrnerce",)) == (NAMED_PORT,)


class TestKeys:
    """Which keys a known issuer has signed with; nothing else of a badge is kept."""

    def test_the_first_key_counts(self, session, registry, stranger):
        """It is remembered once, by its issuer's identifier and its thumbprint."""
        follow(session, NETWORK.sign(NETWORK.list(SCHOOL)))
        for number in (1, 2):
            report = judged(stranger, registry.at(session, NOW), number=number)
            assert report.verdict is Verdict.GREEN

        (row,) = session.scalars(select(IssuerKey)).all()
        assert (row.issuer, row.thumbprint) == (stranger.id, stranger.key.public.thumbprint)
        assert row.first_seen == NOW + timedelta(minutes=1)

    def test_a_later_key_counts_once_it_is_confirmed(self, session, registry, stranger):
        """Amber from the moment it appears, for whoever holds the site may have changed too."""
        follow(session, NETWORK.sign(NETWORK.list(SCHOOL)))
        judged(stranger, registry.at(session, NOW))
        changed = self.with_key(77)

        for number in (2, 3):
            report = judged(changed, registry.at(session, NOW), number=number)
            assert (report.verdict, report.issuer) == (Verdict.AMBER, Issuer.UNKNOWN)
        assert report.find(Code.ISSUER_KEY_CHANGED).at == NOW + timedelta(minutes=2)
        assert judged(stranger, registry.at(session, NOW)).verdict is Verdict.GREEN

        thumbprint = changed.key.public.thumbprint
        shelf.confirm(session, stranger.id, thumbprint, actor="administrator", now=NOW)

        assert judged(changed, registry.at(session, NOW)).verdict is Verdict.GREEN
        with pytest.raises(IssuerListNotFound):
            shelf.confirm(session, stranger.id, "x", actor="administrator", now=NOW)

    def test_nothing_is_kept_of_a_stranger(self, session, registry, stranger):
        """Somebody whom no list names, and a site where the issuer may be a person."""
        judged(stranger, registry.at(session, NOW))
        follow(session, NETWORK.sign(NETWORK.list(SCHOOL | {"identifier": stranger.base})))
        report = judged(stranger, registry.at(session, NOW))

        assert report.issuer is Issuer.REGISTERED
        assert 0 == remembered(session)

    def test_a_report_that_names_whom_no_list_names_is_not_believed(
        self, session, registry, stranger
    ):
        """It came from a process that has read what strangers wrote."""
        follow(session, NETWORK.sign(NETWORK.list(SCHOOL)))
        known = registry.at(session, NOW)
        report = stranger.verify(stranger.issue(), issuers=known)
        said = replace(report.credential, issuer_id="https://mallory.example")
        entry = replace(report.known_issuer, identifier="https://mallory.example")

        known.remember(replace(report, credential=said, known_issuer=entry), now=NOW)
        known.remember(replace(report, credential=said), now=NOW)
        known.remember(replace(report, keys=("x" * 44,)), now=NOW)
        known.remember(replace(report, credential=None), now=NOW)

        assert 0 == remembered(session)

    def test_an_issuer_cannot_fill_the_table(self, session, registry, stranger):
        """Some keys are enough to know that they change."""
        follow(session, NETWORK.sign(NETWORK.list(SCHOOL)))
        for seed in range(40, 42 + MAXIMUM_KEYS):
            judged(self.with_key(seed), registry.at(session, NOW), number=seed)

        assert MAXIMUM_KEYS == remembered(session)

    @staticmethod
    def with_key(seed: int) -> School:
        """Return the stranger under another key."""
        school = School()
        school.key = Key(seed)
        school.put(school.id, school.issuer_document())
        school.publish_list([])
        school.owns = lambda issuer_id: False  # type: ignore[method-assign]
        return school
