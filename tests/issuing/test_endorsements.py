"""Endorsements received and given: verified before they are kept, embedded, taken back."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest

from badgeservice import verification
from badgeservice.catalogue import classes
from badgeservice.errors import CredentialNotFound, EndorsementRefused
from badgeservice.issuing import audit, editions, endorse, endorsements, hosting, shelf
from badgeservice.issuing.hosting import Hosting, own_fetch
from badgeservice.issuing.models import Format, GivenEndorsement, ReceivedEndorsement
from badgeservice.issuing.register import DatabaseRegister
from badgeservice.issuing.signer import Purpose
from badgeservice.openbadges import Document, controller, status_list, strict_json, v3
from badgeservice.openbadges.controller import Method
from badgeservice.openbadges.proofs import eddsa_rdfc_2022
from badgeservice.verification import Verdict
from badgeservice.verification.fetching import Fetched, FetchFailed
from badgeservice.verification.report import Status
from tests.issuing.conftest import CHOICES, Desk
from tests.verification.school import Key

LIST_SIZE = 131_072


class Port:
    """Another organisation, with its own key, address and status list."""

    def __init__(self, name: str = "port", seed: int = 41) -> None:
        self.key, self.base = Key(seed), f"https://{name}.example"
        self.id = f"did:web:{name}.example"
        self.method = f"{self.id}#key-1"
        self.list_address = f"{self.base}/status/1"
        self.name, self.world = name, {}
        document = controller.controller_document(self.id, [Method(self.method, self.key.public)])
        self.put(f"{self.base}/.well-known/did.json", document)
        self.publish_list([])

    def put(self, address: str, document: Document) -> None:
        """Let an address answer with a document."""
        body = strict_json.dumps(document)
        self.world[address] = Fetched(address, 200, "application/json", body)

    def publish_list(self, revoked: list[int]) -> None:
        """Sign and publish its status list."""
        unsigned = v3.status_list_credential(
            id=self.list_address,
            issuer=self.id,
            valid_from=datetime(2026, 11, 1, tzinfo=UTC),
            encoded_list=status_list.encode(revoked, bits=LIST_SIZE),
        )
        self.put(self.list_address, self.sign(unsigned))

    def fetch(self, address: str) -> Fetched:
        """Answer from its world."""
        if address not in self.world:
            raise FetchFailed("no answer")
        return self.world[address]

    def sign(self, document: Document) -> Document:
        """Return a document with its proof."""
        return eddsa_rdfc_2022.sign(
            document,
            sign=self.key.ed25519.sign,
            verification_method=self.method,
            created=datetime(2026, 11, 20, tzinfo=UTC),
        )

    def endorsement(self, endorsed: str, number: int = 1, **changes: Any) -> Document:
        """An unsigned endorsement."""
        document = v3.endorsement(
            id=f"{self.base}/endorsements/{number}",
            name="Reconnu par le port",
            endorsed=endorsed,
            comment="Nous recevons en **entretien** ceux qui l'ont.",
            issuer=v3.profile(id=self.id, name="Le port", url=self.base),
            valid_from=datetime(2026, 11, 20, tzinfo=UTC),
            valid_until=datetime(2027, 11, 20, tzinfo=UTC),
            status=v3.status_entry(self.list_address, number),
        )
        return copy.deepcopy(document) | changes

    def endorse(self, endorsed: str, number: int = 1, **changes: Any) -> bytes:
        """The same signed, as the file that is sent to us."""
        return json.dumps(
            self.sign(self.endorsement(endorsed, number, **changes)), indent=1
        ).encode()


@pytest.fixture
def port() -> Port:
    """An endorser."""
    return Port()


@pytest.fixture
def achievement(desk: Desk) -> str:
    """The id of the class that is issued, in French."""
    return f"{desk.office.base_url}/achievements/crcn-4-1-beginner/1/fr"


Add = Callable[..., endorsements.Kept]


@pytest.fixture
def add(desk: Desk, port: Port) -> Add:
    """Keep an endorsement, as the command does."""

    def added(data: bytes, by: Port = port) -> endorsements.Kept:
        return endorsements.add(
            desk.session, desk.office, data, fetch=by.fetch, actor="admin", now=desk.clock()
        )

    return added


def embedded(desk: Desk, badge: Any) -> list[Document]:
    """Return the endorsements inside a badge."""
    document = strict_json.loads(shelf.take(desk.session, desk.office.vault, badge, Format.JSON))
    found: list[Document] = document["credentialSubject"]["achievement"].get("endorsement", [])
    return found


def violations(desk: Desk) -> list[audit.Violation]:
    """Return what the audit finds."""
    return list(audit.violations(desk.session, desk.office, now=desk.clock()))


class TestReceiving:
    """What is kept was found good, and what is not is refused with the reason."""

    def test_kept_with_what_was_verified_and_when(self, desk, port, add, achievement):
        """Who, by which key, about what, until when."""
        kept = add(port.endorse(achievement))

        (row,) = endorsements.everything(desk.session)
        assert row is kept.row
        assert kept.replaces is None
        assert (row.address, row.achievement) == (f"{port.base}/endorsements/1", achievement)
        assert (row.endorser, row.method) == (port.id, port.method)
        assert row.verified_at == row.received_at == desk.clock()
        assert row.valid_until == datetime(2027, 11, 20, tzinfo=UTC)
        assert violations(desk) == []

    @pytest.mark.parametrize(
        ("make", "reason"),
        [
            (lambda port, id: port.endorse(id).replace(b"entretien", b"embauche!"), "changed"),
            (lambda port, id: Port(seed=66).endorse(id), "bad_signature"),
            (lambda port, id: port.endorse(id.replace("crcn", "none")), "no published badge class"),
            (lambda port, id: port.endorse("https://other.example/a/1"), "no published badge class"),
            (lambda port, id: port.endorse(id.replace("/1/fr", "/2/fr")), "no published badge class"),
            (lambda port, id: port.endorse(id, validUntil="2026-11-21T00:00:00Z"), "valid until"),
            (lambda port, id: port.endorse(id, validFrom="2026-12-21T00:00:00Z"), "valid from"),
            (lambda port, id: port.endorse(id).replace(b'"name"', b'"honours": "x",\n "name"', 1), "unsigned_data"),
            (
                lambda port, id: port.endorse(
                    id, credentialSubject={"id": id, "type": "EndorsementSubject"}
                ),
                "strict form",
            ),
            (lambda port, id: json.dumps(port.endorsement(id)).encode(), "nothing proves"),
            (lambda port, id: b"hello", "not an endorsement"),
            (lambda port, id: b" " * 8_193, "more than 8192"),
            (lambda port, id: b"eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.AAAA", "only JSON"),
            (lambda port, id: json.dumps(port.sign(port.endorsement(id, type=["VerifiableCredential"]))).encode(),
             "not_an_endorsement"),
        ],
        ids=["altered", "forged", "unknown class", "another's class", "unknown version", "expired",
             "not yet", "unsigned term", "not strict", "unsigned", "text", "large", "token", "other"],
    )  # fmt: skip
    def test_refused_with_a_reason(self, desk, port, add, achievement, make, reason):
        """And nothing is kept."""
        data = make(port, achievement)

        with pytest.raises(EndorsementRefused) as refused:
            add(data)

        assert reason in str(refused.value)
        assert endorsements.everything(desk.session) == []

    def test_an_endorser_that_cannot_be_asked(self, desk, port, achievement):
        """Not checked is not good enough to be signed into badges."""
        fetch = own_fetch(Hosting(desk.session, desk.office))

        with pytest.raises(EndorsementRefused, match=r"issuer_unreachable.*outside"):
            endorsements.add(
                desk.session, desk.office, port.endorse(achievement),
                fetch=fetch, actor="admin", now=desk.clock(),
            )  # fmt: skip

    def test_withdrawn_by_its_endorser(self, port, add, achievement):
        """Its status list is asked like a badge's."""
        port.publish_list([1])

        with pytest.raises(EndorsementRefused, match="withdrawn"):
            add(port.endorse(achievement))

    def test_signed_by_ourselves(self, desk, port, add, achievement):
        """Our own word is in the badge already."""
        given = v3.endorsement(
            id=f"{desk.office.base_url}/endorsements/x",
            name="Reconnu",
            endorsed=achievement,
            comment="Oui.",
            issuer=desk.office.issuer.profile("fr"),
            valid_from=desk.clock(),
        )
        signed = desk.office.signer.secure(given, Purpose.ENDORSEMENT, now=desk.clock())

        with pytest.raises(EndorsementRefused, match="by ourselves"):
            add(json.dumps(signed).encode())

    def test_that_says_something_of_our_issuer(self, desk, port, add, achievement):
        """What would make every later badge unreadable is refused before it is kept."""
        issuer = port.endorsement(achievement)["issuer"]
        parent = {"id": f"{achievement}#verification", "type": ["Profile"], "name": "X"}

        with pytest.raises(EndorsementRefused, match="a badge could not carry it: scattered"):
            add(port.endorse(achievement, issuer=issuer | {"parentOrg": parent}))

        assert embedded(desk, desk.badge()) == []

    def test_a_newer_one_takes_the_place_of_the_former(self, desk, port, add, achievement):
        """One voice of each endorser; the former is kept for those badges that carry it."""
        add(port.endorse(achievement, 1))
        desk.clock.advance(days=1)
        kept = add(port.endorse(achievement, 2))

        assert kept.replaces == f"{port.base}/endorsements/1"
        assert [row.address[-1] for row in endorsements.everything(desk.session)] == ["2"]
        assert endorsements.verified_at(desk.session, kept.replaces) is not None
        assert endorsements.verified_at(desk.session, "urn:x:never") is None

    def test_adding_again_verifies_anew(self, desk, port, add, achievement):
        """The day is the newest; what has become bad is removed, what cannot be asked is not."""
        data = port.endorse(achievement)
        add(data)
        desk.clock.advance(days=1)
        assert add(data).row.verified_at == desk.clock()
        with pytest.raises(EndorsementRefused, match="unreachable"):
            endorsements.add(
                desk.session, desk.office, data,
                fetch=own_fetch(Hosting(desk.session, desk.office)), actor="a", now=desk.clock(),
            )  # fmt: skip
        assert len(endorsements.everything(desk.session)) == 1
        port.publish_list([1])

        with pytest.raises(EndorsementRefused, match="has been removed"):
            add(data)

        assert endorsements.everything(desk.session) == []
        assert violations(desk) == []

    def test_removed_and_kept_again(self, desk, port, add, achievement):
        """Removing is ours to decide, and to undo."""
        data = port.endorse(achievement)
        address = add(data).row.address

        endorsements.remove(desk.session, address, actor="admin", now=desk.clock())
        assert endorsements.everything(desk.session) == []
        with pytest.raises(EndorsementRefused, match="no endorsement with this id"):
            endorsements.remove(desk.session, address, actor="admin", now=desk.clock())
        add(data)

        assert len(endorsements.everything(desk.session)) == 1

    def test_no_more_than_verifiers_read(self, desk, add, achievement):
        """A sixth endorser is told so; a renewal by one of the five is not."""
        ports = [Port(f"port{n}", 50 + n) for n in range(6)]
        for each in ports[:5]:
            add(each.endorse(achievement), each)

        with pytest.raises(EndorsementRefused, match="has 5 already"):
            add(ports[5].endorse(achievement), ports[5])
        add(ports[0].endorse(achievement, 2), ports[0])

        assert len(embedded(desk, desk.badge())) == 5


class TestEmbedding:
    """Badges that are issued afterwards carry what stands, with the endorser's own proof."""

    def test_the_badge_is_green_and_strict_and_the_endorsement_verifies_apart(
        self, desk, port, add, achievement, schemas
    ):
        """Byte for byte what the endorser signed, as one reads it again."""
        data = port.endorse(achievement)
        add(data)

        badge = desk.badge()

        released = {
            form: shelf.take(desk.session, desk.office.vault, badge, form)
            for form in (Format.JSON, Format.JWT, Format.PNG)
        }
        schema = json.loads((schemas / "achievementcredential.json").read_bytes())
        document = strict_json.loads(released[Format.JSON])
        assert [*jsonschema.Draft201909Validator(schema).iter_errors(document)] == []
        for content in released.values():
            report = verification.verify(
                verification.recognise(content),
                fetch=_either(port, desk),
                register=DatabaseRegister(desk.session, desk.office),
                now=desk.clock(),
            )
            assert report.verdict is Verdict.GREEN
            assert [found.is_good for found in report.endorsements] == [True]
        (inside,) = embedded(desk, badge)
        assert strict_json.dumps(inside) == strict_json.dumps(strict_json.loads(data))
        eddsa_rdfc_2022.verify(inside, port.key.public)
        assert violations(desk) == []

    def test_the_class_does_not_change_and_its_address_shows_them(
        self, desk, port, add, achievement
    ):
        """Endorsements come and go; what was published is published."""
        version = classes.get(desk.session, "crcn-4-1-beginner", 1)
        before = version.digest
        add(port.endorse(achievement))

        hosted = Hosting(desk.session, desk.office)
        french, english = (
            strict_json.loads(hosted.document(f"/achievements/crcn-4-1-beginner/1/{each}").body)
            for each in ("fr", "en")
        )

        assert [each["id"] for each in french["endorsement"]] == [f"{port.base}/endorsements/1"]
        assert "endorsement" not in english
        assert classes.is_intact(version)
        assert version.digest == before

    def test_only_while_it_stands(self, desk, port, add, achievement):
        """After its end, or once removed, new badges are without it, and old ones as they were."""
        add(port.endorse(achievement, validUntil="2026-11-24T00:00:00Z"))
        with_it = desk.badge("a@example.org")
        desk.clock.advance(days=2)
        after = desk.badge("b@example.org")

        assert len(embedded(desk, with_it)) == 1
        assert embedded(desk, after) == []

    def test_a_corrected_badge_carries_what_stands_then(self, desk, port, add, achievement):
        """A new edition is built like a new badge."""
        badge = desk.badge()
        add(port.endorse(achievement))
        desk.clock.advance(minutes=1)

        editions.correct(
            desk.session, desk.office, badge.public_id,
            choices=CHOICES, actor="admin", now=desk.clock(),
        )  # fmt: skip

        assert len(embedded(desk, badge)) == 1


def _either(port: Port, desk: Desk) -> Callable[[str], Fetched]:
    """Ask the port, and ourselves for what is ours."""
    own = own_fetch(Hosting(desk.session, desk.office))

    def fetch(address: str) -> Fetched:
        return port.world[address] if address in port.world else own(address)

    return fetch


class TestGiving:
    """Our word about what others teach: signed, hosted, and taken back for all to see."""

    ABOUT = "https://school.example/achievements/welding/1"

    def give(self, desk: Desk, **changes: Any) -> Document:
        """Endorse something."""
        words: dict[str, Any] = {
            "endorsed": self.ABOUT, "name": "Reconnu", "comment": "Oui.", "language": "fr",
            "valid_until": datetime(2027, 11, 20, tzinfo=UTC), "actor": "admin",
            "now": desk.clock(),
        } | changes  # fmt: skip
        document: Document = strict_json.loads(endorse.give(desk.session, desk.office, **words))
        return document

    def check(self, desk: Desk, document: Document) -> Any:
        """Verify it as our own service does."""
        return verification.verify_endorsement(
            verification.recognise(strict_json.dumps(document)),
            fetch=own_fetch(Hosting(desk.session, desk.office)),
            register=DatabaseRegister(desk.session, desk.office),
            now=desk.clock(),
        )

    def test_signed_strict_hosted_and_good(self, desk, schemas):
        """What we send is what stands at its address, and passes the standard's schema."""
        document = self.give(desk)

        schema = json.loads((schemas / "endorsementcredential.json").read_bytes())
        assert [*jsonschema.Draft201909Validator(schema).iter_errors(document)] == []
        path = document["id"].removeprefix(desk.office.base_url)
        hosted = Hosting(desk.session, desk.office).document(path)
        assert hosted.media_type == hosting.CREDENTIAL_MEDIA_TYPES[Format.JSON]
        assert strict_json.loads(hosted.body) == document
        found = self.check(desk, document)
        assert found.is_good
        assert found.report.verdict is Verdict.GREEN
        assert violations(desk) == []

    def test_taken_back(self, desk):
        """Its bit is set, its address still answers, and a second time changes nothing."""
        document = self.give(desk)
        desk.clock.advance(hours=1)

        row = endorse.take_back(
            desk.session, desk.office, document["id"], actor="admin", now=desk.clock()
        )
        first = row.withdrawn_at
        desk.clock.advance(hours=1)
        endorse.take_back(desk.session, desk.office, row.public_id, actor="admin", now=desk.clock())

        assert self.check(desk, document).report.status is Status.REVOKED
        assert row.withdrawn_at == first
        assert Hosting(desk.session, desk.office).endorsement(row.public_id)
        assert violations(desk) == []
        with pytest.raises(CredentialNotFound):
            endorse.take_back(desk.session, desk.office, "nothing", actor="a", now=desk.clock())

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"endorsed": "not an address"}, "is no address"),
            ({"endorsed": "http://localhost/achievements/crcn-4-1-beginner/1/fr"}, "our own"),
            ({"endorsed": "did:web:localhost:issuers:demo"}, "our own"),
            ({"name": ""}, "empty"),
            ({"comment": "\x1b"}, "control characters"),
            ({"valid_until": datetime(2026, 11, 1, tzinfo=UTC)}, "has passed"),
        ],
        ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
    )
    def test_what_cannot_be_signed_is_refused_before_anything_is_written(
        self, desk, changes, reason
    ):
        """The reason is named; no row, no signature."""
        with pytest.raises(EndorsementRefused, match=reason):
            self.give(desk, **changes)

        desk.session.rollback()
        assert desk.session.query(GivenEndorsement).count() == 0
        assert violations(desk) == []

    def test_a_neighbour_with_a_longer_name_is_not_us(self, desk):
        """http://localhost.example is another's."""
        assert self.give(desk, endorsed="http://localhost.example/a")

    def test_a_forged_one_in_our_name(self, desk):
        """The register holds each endorsement that we gave, and its content."""
        document = self.give(desk)
        unsigned = {k: v for k, v in document.items() if k != "proof"}
        forged = desk.office.signer.secure(
            unsigned | {"name": "Autre chose"}, Purpose.ENDORSEMENT, now=desk.clock()
        )

        assert self.check(desk, forged).is_bad

    def test_the_audit_sees_what_was_changed_or_never_planned(self, desk, port, add, achievement):
        """Bytes given, bytes kept, and signatures without a plan."""
        document = self.give(desk)
        add(port.endorse(achievement))
        desk.session.query(GivenEndorsement).one().content = strict_json.dumps(
            document | {"name": "X"}
        )
        desk.session.query(ReceivedEndorsement).one().content = b"{}"
        unplanned = {k: v for k, v in document.items() if k != "proof"} | {"id": "urn:x:unplanned"}
        desk.office.signer.secure(unplanned, Purpose.ENDORSEMENT, now=desk.clock())
        desk.session.commit()

        found = {(each.question, each.subject) for each in violations(desk)}

        assert found == {
            ("endorsements", document["id"]),
            ("endorsements", f"{port.base}/endorsements/1"),
            ("endorsements", "urn:x:unplanned"),
        }
