"""A badge that is one of Open Badges 2.0 as well: released, recognised, replaced, taken back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from badgeservice.errors import IssuingRefused, SelfCheckFailed, SigningRefused
from badgeservice.issuing import (
    audit,
    editions,
    forms,
    issue,
    key_chain,
    ob2,
    reissue,
    shelf,
    states,
)
from badgeservice.issuing.hosting import Hosting, own_fetch
from badgeservice.issuing.models import (
    OB2_FORMATS,
    Badge,
    Credential,
    Format,
    Intent,
    Reason,
    ReleasedForm,
    Visibility,
)
from badgeservice.issuing.register import DatabaseRegister
from badgeservice.openbadges import Document, bakery, identity, strict_json, v2
from badgeservice.openbadges.bakery import Version, png, svg
from badgeservice.openbadges.identity import Match
from badgeservice.openbadges.keys import KeyKind
from badgeservice.openbadges.proofs import jws
from badgeservice.verification import Report, Verdict, recognise, verify
from badgeservice.verification.report import Issuer, Status

from .conftest import CHOICES, Desk

EMAIL = "anais@example.org"
WITH_OB2 = replace(CHOICES, ob2=True)
ASSERTIONS = (Format.OB2_JSON, Format.OB2_JWS)


def taken(desk: Desk, badge: Badge, form: Format) -> bytes:
    """The bytes of the current edition."""
    return shelf.take(desk.session, desk.office.vault, badge, form)


def hosted(desk: Desk, badge: Badge) -> Document:
    """The hosted assertion of the current edition."""
    return strict_json.load_object(taken(desk, badge, Format.OB2_JSON))


def signed(desk: Desk, badge: Badge) -> Document:
    """What the signed assertion of the current edition says."""
    return jws.parse(taken(desk, badge, Format.OB2_JWS).decode()).payload


def judged(desk: Desk, content: bytes) -> Report:
    """The verdict of the public walk on a file, or on an address."""
    return verify(
        recognise(content),
        fetch=own_fetch(Hosting(desk.session, desk.office)),
        register=DatabaseRegister(desk.session, desk.office),
        now=desk.clock(),
    )


def answer(desk: Desk, address: str) -> tuple[int, Document] | None:
    """What stands at an address of ours; None for nothing."""
    found = Hosting(desk.session, desk.office).document(address.removeprefix(desk.office.base_url))
    return (found.status, strict_json.load_object(found.body)) if found else None


def document(desk: Desk, address: str) -> Document:
    """The document at an address of ours."""
    found = answer(desk, address)
    assert found is not None, address
    assert 200 == found[0]
    return found[1]


def revoked_ids(desk: Desk, kid: str = "rsa-1") -> list[object]:
    """The entries of a key's revocation list."""
    entries: list[object] = document(desk, desk.office.issuer.ob2(kid, "revocations"))[
        "revokedAssertions"
    ]
    return entries


def violations(desk: Desk) -> list[audit.Violation]:
    """What the audit finds."""
    return list(audit.violations(desk.session, desk.office, now=desk.clock()))


def correct(desk: Desk, badge: Badge, **changes: object) -> Badge:
    """Correct a badge."""
    return editions.correct(
        desk.session,
        desk.office,
        badge.public_id,
        choices=replace(WITH_OB2, **changes),  # type: ignore[arg-type]
        actor="per_x",
        now=desk.clock(),
    )


def revoke(desk: Desk, badge: Badge) -> None:
    """Revoke a badge."""
    states.revoke(
        desk.session,
        desk.office,
        badge.public_id,
        reason=Reason.ISSUED_IN_ERROR,
        actor="administrator",
        now=desk.clock(),
    )


# --- released ------------------------------------------------------------------------------------


def test_nobody_has_it_who_did_not_choose_it(desk: Desk) -> None:
    """It names its holder by the hash of an e-mail address, so it is never made unasked."""
    badge = desk.badge()

    assert not {*shelf.kept(desk.session, badge)} & {*OB2_FORMATS}
    assert editions.current(desk.session, badge).ob2_id is None
    assert not editions.has_ob2(desk.session, badge)


def test_an_acceptance_of_before_is_without(desk: Desk) -> None:
    """A crash may have left one, and the next tap reads it."""
    stored: dict[str, str | bool | None] = {"language": "fr", "name": None, "visibility": "link"}

    assert CHOICES == issue._from_dict(stored)
    assert WITH_OB2 == issue._from_dict(issue._as_dict(WITH_OB2))


@pytest.mark.parametrize("form", OB2_FORMATS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_form_is_green(desk: Desk, form: Format, language: str) -> None:
    """By the walk of everyone; an image is as good as the worse of its two badges."""
    badge = desk.badge(choices=replace(WITH_OB2, language=language))  # type: ignore[arg-type]

    report = judged(desk, taken(desk, badge, form))

    assert (Verdict.GREEN, Issuer.OURS) == (report.verdict, report.issuer), report.problems
    assert (report.beside is not None) == bool(form.carries)
    assert [] == violations(desk)


def test_the_address_is_green_too(desk: Desk) -> None:
    """What old displayers ask for."""
    badge = desk.badge(choices=WITH_OB2)

    assert Verdict.GREEN is judged(desk, hosted(desk, badge)["id"].encode()).verdict


@pytest.mark.parametrize(("form", "carrier"), [(Format.PNG_BOTH, png), (Format.SVG_BOTH, svg)])
def test_an_image_of_both_carries_what_was_released(
    desk: Desk, form: Format, carrier: bakery.Carrier
) -> None:
    """And the plain image beside it is one of 3.0 only."""
    badge = desk.badge(choices=WITH_OB2)

    texts = bakery.badges(taken(desk, badge, form), carrier)

    assert taken(desk, badge, Format.JSON).decode() == texts[Version.V3]
    assert taken(desk, badge, Format.OB2_JSON).decode() == texts[Version.V2]
    plain = Format.PNG if form is Format.PNG_BOTH else Format.SVG
    assert {Version.V3} == set(bakery.badges(taken(desk, badge, plain), carrier))


def test_both_say_what_the_credential_says(desk: Desk) -> None:
    """One badge: its dates, its evidence and how strong that is."""
    badge = desk.badge(choices=WITH_OB2)
    credential = strict_json.load_object(taken(desk, badge, Format.JSON))

    for said in (hosted(desk, badge), signed(desk, badge)):
        assert credential["awardedDate"] == said["issuedOn"]
        assert credential["validUntil"] == said["expires"]
        assert [each["narrative"] for each in credential["evidence"]] == [
            each["narrative"] for each in said["evidence"]
        ]
        assert said["narrative"].startswith("Force de la vérification – ")
        class_ = document(desk, said["badge"])
        assert credential["name"] == class_["name"]


def test_everything_that_it_refers_to_keeps_the_rules(desk: Desk) -> None:
    """Also those that only the old validators make, and every word has a meaning."""
    badge = desk.badge(choices=WITH_OB2)
    said = signed(desk, badge)
    class_ = document(desk, said["badge"])
    profile = document(desk, class_["issuer"])
    key = document(desk, profile["publicKey"])
    revoked = document(desk, profile["revocationList"])

    assert [] == [
        problem
        for found, name in (
            (hosted(desk, badge), "Assertion"),
            (said, "Assertion"),
            (class_, "BadgeClass"),
            (profile, "Issuer"),
            (key, "CryptographicKey"),
            (revoked, "RevocationList"),
        )
        for problem in v2.lint(found, name)
    ]
    assert profile["id"] == key["owner"] == revoked["issuer"]
    assert said["verification"]["creator"] == key["id"] == profile["publicKey"]
    assert desk.office.public_keys["rsa-1"].to_pem() == key["publicKeyPem"]
    assert hosted(desk, badge)["id"].startswith(profile["verification"]["startsWith"])
    assert class_["image"]["id"].endswith(".png")
    assert answer(desk, class_["criteria"]["id"]) is not None


# --- whose it is ---------------------------------------------------------------------------------


def test_the_holder_is_named_by_a_hash_and_nobody_else(desk: Desk) -> None:
    """The address is tried as people write it; the salt has 128 random bits."""
    recipient = hosted(desk, desk.badge(EMAIL, WITH_OB2))["recipient"]

    def match(value: str) -> Match:
        written = identity.normal("email", value)
        return identity.compare(recipient["identity"], written, hashed=True, salt=recipient["salt"])

    assert Match.SAME is match(EMAIL) is match(" Anais@Example.org ")
    assert Match.OTHER is match("anais@example.com")
    assert re.fullmatch(r"[\w-]{22}", recipient["salt"])


def test_the_email_address_stands_nowhere_in_clear(desk: Desk) -> None:
    """Neither in what is released nor in what the register, the log and the chain keep of it."""
    badge = desk.badge("zz-canary@example.org", WITH_OB2)

    released = b"".join(taken(desk, badge, form) for form in shelf.kept(desk.session, badge))
    log = desk.office.log.path.read_bytes()

    assert b"zz-canary" not in released.lower() + log.lower()


def test_two_badges_of_a_person_cannot_be_joined(desk: Desk) -> None:
    """Salts, hashes and ids differ, and nothing else in them is the person's."""
    badge = desk.badge(choices=WITH_OB2)
    found = [hosted(desk, badge), signed(desk, badge)]
    desk.clock.advance(days=1)
    badge = correct(desk, badge)
    found += [hosted(desk, badge), signed(desk, badge)]

    assert 4 == len({each["recipient"]["salt"] for each in found})
    assert 4 == len({each["recipient"]["identity"] for each in found})
    assert 2 == len({each["id"].rpartition("/")[2].rpartition(":")[2] for each in found})


# --- refused -------------------------------------------------------------------------------------


@pytest.fixture
def without_email(desk: Desk) -> Desk:
    """An office whose issuer can be written to by nobody."""
    desk.office = replace(desk.office, issuer=replace(desk.office.issuer, email=""))
    return desk


def test_it_is_refused_while_the_issuer_has_no_email(without_email: Desk) -> None:
    """Before the acceptance, so that the holder can still choose otherwise."""
    award = without_email.offer()

    with pytest.raises(IssuingRefused, match=r"2\.0 demands an e-mail address of the issuer"):
        without_email.accept(award, WITH_OB2)

    without_email.session.rollback()
    assert without_email.accept(award).edition == 1
    assert answer(without_email, without_email.office.issuer.ob2("rsa-1", "issuer")) is None


def test_a_correction_cannot_choose_it_either(without_email: Desk) -> None:
    """The badge stays as it is."""
    badge = without_email.badge()

    with pytest.raises(IssuingRefused, match="e-mail"):
        correct(without_email, badge)

    without_email.session.rollback()
    assert 1 == badge.edition


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"verification": {"type": "SignedBadge"}}, "None is not the key"),
        (
            {
                "verification": {
                    "type": "SignedBadge",
                    "creator": "http://localhost/ob2/rsa-2/key",
                }
            },
            "rsa-2/key is not the key",
        ),
        ({"issuedOn": "yesterday"}, "issuedOn"),
        ({"grade": "A"}, "grade"),
    ],
    ids=["no key", "another key", "no instant", "a word without meaning"],
)
def test_the_signer_refuses_what_breaks_a_rule(
    desk: Desk, changed: Document, sentence: str
) -> None:
    """It lints what it signs, whoever asks; nothing is logged, for nothing was signed."""
    assertion = signed(desk, desk.badge(choices=WITH_OB2))
    before = list(desk.office.log.entries())

    with pytest.raises(SigningRefused, match=sentence):
        desk.office.signer.jws(assertion | changed, now=desk.clock())

    assert before == list(desk.office.log.entries())


# --- a crash -------------------------------------------------------------------------------------


def test_a_crash_after_the_intent_reuses_its_id(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written down before anything is signed; the first choices count, whatever is sent next."""
    award = desk.offer()

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(forms, "check", crash)
        with pytest.raises(KeyboardInterrupt):
            desk.accept(award, WITH_OB2)
    desk.session.rollback()
    planned = desk.session.scalars(select(Intent.ob2_id)).one()

    badge = desk.accept(award, CHOICES)

    assert planned is not None
    assert planned == editions.current(desk.session, badge).ob2_id
    assert [] == violations(desk)


def test_an_attempt_with_it_leaves_no_trace_in_one_without(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A correction was begun with 2.0, broke off, and was made without."""
    badge = desk.badge()

    def fail(*_: object, **__: object) -> None:
        raise SelfCheckFailed("not today")

    with monkeypatch.context() as patched:
        patched.setattr(forms, "check", fail)
        with pytest.raises(SelfCheckFailed):
            correct(desk, badge)
    desk.session.rollback()

    correct(desk, badge, ob2=False)

    assert not editions.has_ob2(desk.session, badge)
    assert [] == violations(desk)


# --- what becomes of it --------------------------------------------------------------------------


def test_the_register_knows_one_edition_under_each_id(desk: Desk) -> None:
    """An assertion belongs to one edition; the id of the badge to all of them."""
    badge = desk.badge(choices=WITH_OB2)
    first = editions.current(desk.session, badge).ob2_id
    badge = correct(desk, badge, name="Anaïs")
    second = editions.current(desk.session, badge).ob2_id
    register = DatabaseRegister(desk.session, desk.office)

    assert first
    assert second
    assert first != second
    for ob2_id, number in ((first, 1), (second, 2)):
        digests = {
            form.digest
            for form in desk.session.scalars(
                select(ReleasedForm).where(ReleasedForm.edition == number)
            )
        }
        for named in (ob2.signed_id(ob2_id), ob2.hosted_id(desk.office.base_url, ob2_id)):
            entry = register.entry(named)
            assert entry is not None
            assert [digests] == [each.digests for each in entry.editions]
    of_the_badge = register.entry(badge.address)
    assert of_the_badge is not None
    assert 2 == len(of_the_badge.editions)


@pytest.mark.parametrize(
    "named",
    [
        "urn:uuid:6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a",
        "http://localhost/ob2/assertions/6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a",
        "http://localhost/ob2/assertions/",
        "urn:uuid:",
    ],
)
def test_the_register_knows_no_other(desk: Desk, named: str) -> None:
    """What bears an id of ours and is not here is forged."""
    assert DatabaseRegister(desk.session, desk.office).entry(named) is None


@pytest.mark.parametrize("form", OB2_FORMATS)
def test_after_a_correction_the_old_file_is_replaced(desk: Desk, form: Format) -> None:
    """Genuine, ours, and no longer what stands; the new one is green."""
    badge = desk.badge(choices=WITH_OB2)
    former = taken(desk, badge, form)
    desk.clock.advance(days=1)

    badge = correct(desk, badge, name="Anaïs")

    old, new = judged(desk, former), judged(desk, taken(desk, badge, form))
    assert (Status.SUPERSEDED, Verdict.AMBER, Issuer.OURS) == (old.status, old.verdict, old.issuer)
    assert Verdict.GREEN is new.verdict
    assert [] == violations(desk)


def test_strangers_see_the_old_edition_revoked(desk: Desk) -> None:
    """They know the address and the list, and both say so."""
    badge = desk.badge(choices=WITH_OB2)
    address, urn = hosted(desk, badge)["id"], signed(desk, badge)["id"]
    desk.clock.advance(days=1)

    badge = correct(desk, badge)

    assert answer(desk, address) == (
        410,
        {
            "@context": v2.CONTEXT,
            "type": "Assertion",
            "id": address,
            "revoked": True,
            "revocationReason": "remplacé par une nouvelle édition",
        },
    )
    assert [
        {"id": urn, "revocationReason": "remplacé par une nouvelle édition"},
        urn,
    ] == revoked_ids(desk)
    assert 200 == (answer(desk, hosted(desk, badge)["id"]) or (0,))[0]


@pytest.mark.parametrize("keeps", [True, False])
def test_a_correction_keeps_it_or_drops_it(desk: Desk, keeps: bool) -> None:
    """As its holder chooses; what was before is over either way."""
    badge = desk.badge(choices=WITH_OB2)
    address = hosted(desk, badge)["id"]

    badge = correct(desk, badge, ob2=keeps)

    assert keeps is editions.has_ob2(desk.session, badge)
    assert keeps is (Format.OB2_JWS in shelf.kept(desk.session, badge))
    assert 410 == (answer(desk, address) or (0,))[0]
    assert [] == violations(desk)


def test_a_correction_can_add_it(desk: Desk) -> None:
    """Chosen later, it has its id from then on."""
    badge = correct(desk, desk.badge())

    assert Verdict.GREEN is judged(desk, taken(desk, badge, Format.OB2_JWS)).verdict


def test_signed_anew_it_hangs_off_the_new_key(desk: Desk, rotated: Callable[[Desk], Desk]) -> None:
    """After a compromise: the new Profile, the old one's list says that what it signed is over."""
    badge = desk.badge(choices=WITH_OB2)
    former, urn = taken(desk, badge, Format.OB2_JWS), signed(desk, badge)["id"]
    old = desk.office.signer.jwt_rs256_key
    rotated(desk)
    office = desk.office
    office.keyring.compromise("rsa-1", since=desk.clock(), now=desk.clock())
    key_chain.tell(desk.session, office.issuer, office.keyring, actor="operator", now=desk.clock())
    desk.clock.advance(hours=1)

    [done] = reissue.reissue(
        desk.session, desk.office, method=old, actor="administrator", clock=desk.clock
    )

    assert [""] == [each.problem for each in done]
    said = signed(desk, badge)
    assert desk.office.issuer.ob2("rsa-2", "key") == said["verification"]["creator"]
    assert desk.office.issuer.ob2("rsa-2", "issuer") == document(desk, said["badge"])["issuer"]
    assert Verdict.GREEN is judged(desk, taken(desk, badge, Format.OB2_JWS)).verdict
    assert Status.SUPERSEDED is judged(desk, former).status
    assert urn in revoked_ids(desk, "rsa-1")
    assert [] == revoked_ids(desk, "rsa-2")
    assert document(desk, desk.office.issuer.ob2("rsa-1", "key"))["publicKeyPem"]
    assert [] == violations(desk)


def test_what_a_stolen_key_signs_is_forged_to_us(desk: Desk) -> None:
    """Its document stays, so the signature verifies; the register knows nothing of it."""
    badge = desk.badge(choices=WITH_OB2)
    forged = signed(desk, badge) | {"id": ob2.signed_id(ob2.fresh_id())}
    key = desk.office.keyring.signing_key(KeyKind.RSA)

    report = judged(desk, jws.sign(forged, sign=key.sign).encode())

    assert (Verdict.RED, Issuer.UNKNOWN) == (report.verdict, report.issuer)


@pytest.mark.parametrize("form", OB2_FORMATS)
def test_a_revoked_badge_is_red_in_every_form(desk: Desk, form: Format) -> None:
    """Genuine, and withdrawn by its issuer, for the reason that the page gives."""
    badge = desk.badge(choices=WITH_OB2)
    address, urn = hosted(desk, badge)["id"], signed(desk, badge)["id"]

    revoke(desk, badge)

    report = judged(desk, taken(desk, badge, form))
    assert (Verdict.RED, Status.REVOKED) == (report.verdict, report.status)
    status, said = answer(desk, address) or (0, {})
    assert (410, "Motif : il avait été délivré par erreur.") == (status, said["revocationReason"])
    assert urn in revoked_ids(desk)
    assert [] == v2.lint(said, "Assertion")
    assert Status.REVOKED is judged(desk, address.encode()).status


@pytest.mark.parametrize("form", ASSERTIONS)
def test_a_withdrawn_badge_says_no_reason(desk: Desk, form: Format) -> None:
    """It is over, and nothing follows about its holder."""
    badge = desk.badge(choices=WITH_OB2)
    former = taken(desk, badge, form)
    address, urn = hosted(desk, badge)["id"], signed(desk, badge)["id"]

    states.withdraw(desk.session, desk.office, badge.public_id, actor="per_x", now=desk.clock())

    assert answer(desk, address) == (
        410,
        {"@context": v2.CONTEXT, "type": "Assertion", "id": address, "revoked": True},
    )
    assert answer(desk, f"{address}.jws") is None
    assert [{"id": urn}, urn] == revoked_ids(desk)
    assert Status.WITHDRAWN is judged(desk, former).status
    assert [] == violations(desk)


@pytest.mark.parametrize("form", OB2_FORMATS)
def test_a_suspended_badge_stays_where_it_is(desk: Desk, form: Format) -> None:
    """2.0 has no such word, and a 410 is kept for ever: the register alone says it."""
    badge = desk.badge(choices=WITH_OB2)
    address = hosted(desk, badge)["id"]

    states.suspend(
        desk.session, desk.office, badge.public_id, actor="administrator", now=desk.clock()
    )

    assert (200, hosted(desk, badge)) == answer(desk, address)
    assert [] == revoked_ids(desk)
    assert Status.SUSPENDED is judged(desk, taken(desk, badge, form)).status
    states.reinstate(
        desk.session, desk.office, badge.public_id, actor="administrator", now=desk.clock()
    )
    assert Verdict.GREEN is judged(desk, taken(desk, badge, form)).verdict


def test_an_expired_badge_stays_where_it_is(desk: Desk) -> None:
    """It says itself until when it was valid."""
    badge = desk.badge(choices=WITH_OB2)
    desk.clock.advance(days=4000)

    assert 200 == (answer(desk, hosted(desk, badge)["id"]) or (0,))[0]
    for form in ASSERTIONS:
        assert Status.EXPIRED is judged(desk, taken(desk, badge, form)).status


def test_the_assertion_of_an_erased_holder_is_neither_there_nor_revoked(desk: Desk) -> None:
    """Its bytes are gone for ever; that the badge was in force, a 410 would deny."""
    badge = desk.badge(choices=WITH_OB2)
    former, address = taken(desk, badge, Format.OB2_JSON), hosted(desk, badge)["id"]
    desk.office.vault.shred_holder(desk.session, str(shelf.holder(desk.session, badge)))
    shelf.destroy(desk.session, badge.public_id)
    badge.holder_erased_at = desk.clock()
    desk.session.commit()

    assert answer(desk, address) is None
    assert Verdict.AMBER is judged(desk, former).verdict


# --- attacks -------------------------------------------------------------------------------------


def test_a_private_assertion_does_not_answer(desk: Desk) -> None:
    """Neither when it is in force nor afterwards; its holder's signed file is good all the same."""
    badge = desk.badge(choices=replace(WITH_OB2, visibility=Visibility.PRIVATE))
    address = hosted(desk, badge)["id"]

    for happens in (lambda: None, lambda: revoke(desk, badge)):
        happens()
        assert answer(desk, address) is None
        assert answer(desk, f"{address}.jws") is None
    assert Verdict.RED is judged(desk, taken(desk, badge, Format.OB2_JWS)).verdict


def test_a_private_badge_proves_itself_by_its_signed_file(desk: Desk) -> None:
    """The hosted one cannot be verified by anyone; it is not called good, nor bad."""
    badge = desk.badge(choices=replace(WITH_OB2, visibility=Visibility.PRIVATE))

    assert Verdict.GREEN is judged(desk, taken(desk, badge, Format.OB2_JWS)).verdict
    assert Verdict.AMBER is judged(desk, taken(desk, badge, Format.OB2_JSON)).verdict


@pytest.mark.parametrize("name", ["recipient", "badge", "issuedOn", "narrative"])
def test_an_edited_copy_is_refused(desk: Desk, name: str) -> None:
    """What is hosted counts, and the copy says something else."""
    badge = desk.badge(choices=WITH_OB2)
    other = desk.badge("other@example.org", replace(WITH_OB2, language="en"))
    desk.clock.advance(days=1)
    edited = hosted(desk, badge) | {name: hosted(desk, other)[name]}
    if name == "issuedOn":
        edited |= {name: "2026-11-22T09:00:00Z"}

    assert Verdict.RED is judged(desk, strict_json.dumps(edited)).verdict


@pytest.mark.parametrize(("form", "carrier"), [(Format.PNG_BOTH, png), (Format.SVG_BOTH, svg)])
@pytest.mark.parametrize("version", list(Version))
def test_an_image_with_one_edited_badge_is_refused(
    desk: Desk, form: Format, carrier: bakery.Carrier, version: Version
) -> None:
    """The other is genuine, but other software reads this one."""
    badge = desk.badge(choices=WITH_OB2)
    image = taken(desk, badge, form)
    text = bakery.badges(image, carrier)[version]
    edited = (
        text.replace("Force de la vérification", "Preuve")
        if version is Version.V2
        else (text.replace("TEST", "BEST"))
    )
    assert edited != text

    spoiled = carrier.bake(image, edited, version=version)

    assert Verdict.RED is judged(desk, spoiled).verdict


def test_an_assertion_of_ours_under_another_address_is_refused(desk: Desk) -> None:
    """A copy that claims to stand where another badge stands."""
    badge, other = desk.badge(choices=WITH_OB2), desk.badge("o@example.org", WITH_OB2)
    moved = hosted(desk, badge) | {"id": hosted(desk, other)["id"]}

    assert Verdict.RED is judged(desk, strict_json.dumps(moved)).verdict


def test_the_public_forms_of_a_badge_do_not_lead_to_its_assertion(desk: Desk) -> None:
    """Who sees the page of a badge meets no hash of an e-mail address."""
    badge = desk.badge(choices=WITH_OB2)
    ob2_id = editions.current(desk.session, badge).ob2_id
    hosting = Hosting(desk.session, desk.office)

    assert ob2_id
    for form in Format:
        found = hosting.document(f"/b/{badge.public_id}.{form.suffix}")
        assert (found is None) is (form in OB2_FORMATS)
        assert found is None or ob2_id.encode() not in found.body


def test_a_self_check_that_fails_releases_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signer that signs another assertion than the one that was built, for instance."""
    award, genuine = desk.offer(), desk.office.signer.jws

    def other(assertion: Document, **options: object) -> str:
        return genuine(assertion | {"narrative": "Better"}, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.office.signer, "jws", other)

    with pytest.raises(SelfCheckFailed, match=r"ob2-jws of .* is not what was built"):
        desk.accept(award, WITH_OB2)

    desk.session.rollback()
    assert desk.session.scalars(select(Credential)).all() == []


def test_the_forms_are_written_down_in_the_chain(desk: Desk) -> None:
    """The digests of all nine."""
    badge = desk.badge(choices=WITH_OB2)

    event = issue.chain.AuditEvent
    details = desk.session.scalars(
        select(event.details).where(event.action == "issue", event.subject == badge.public_id)
    ).one()
    said = details if isinstance(details, dict) else json.loads(details)

    assert {str(form) for form in Format} <= said.keys()
