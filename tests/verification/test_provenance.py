"""Whose key it is, is asked of the issuer and of nobody else (security K1 to K8)."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

from badgeservice.openbadges import controller, multibase, strict_json
from badgeservice.openbadges.controller import Method
from badgeservice.openbadges.keys import KeyKind, PublicKey
from badgeservice.openbadges.proofs import eddsa_rdfc_2022
from badgeservice.verification import Verdict
from badgeservice.verification.codes import Code
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.report import Integrity, Issuer, Report

from .school import ISSUED, NOW, Key, School
from .test_token import signed

MALLORY = Key(66)


def by_mallory(school: School, method: str, **changes: object) -> Report:
    """Return the report on a badge in the school's name that Mallory signed."""
    forged = school.sign(school.credential() | changes, key=MALLORY, method=method)
    return school.verify(forged)


@pytest.mark.parametrize(
    "method",
    [
        "https://badges.example/issuers/school#{key}",
        "https://badges.example/issuers/school/#{key}",
        "https://badges.example/issuers/school?#{key}",
        "https://badges.example#{key}",
        "did:web:badges.example:issuers:school#{key}",
        "did:key:{key}#{key}",
        "https://evil.example/keys/1",
    ],
)
def test_a_key_in_a_fragment_is_not_the_issuers(school, method):
    """The public reference validator takes the key from there and believes it (K1)."""
    report = by_mallory(school, method.format(key=MALLORY.public.to_multikey()))

    assert report.find(Code.METHOD_NOT_IN_ISSUER_DOCUMENT)
    assert report.integrity is Integrity.INVALID
    assert school.asked == [school.id]


@pytest.mark.parametrize("method", ["#ed25519-1", "ed25519-1", "", 5, None, ["urn:x:a", "urn:x:b"]])
def test_a_key_has_one_absolute_name(school, method):
    """A relative name would be completed by each reader in its own way (D9)."""
    badge = school.issue()
    badge["proof"][0]["verificationMethod"] = method

    report = school.verify(badge)

    assert report.verdict is Verdict.RED
    assert school.asked == []


def test_a_key_document_cannot_appoint_itself(school):
    """The direction is issuer to key: what the key says of its controller proves nothing (K2)."""
    method = "https://evil.example/keys/1"
    document = controller.method_document(Method(method, MALLORY.public), controller=school.id)
    school.put(method, document)

    report = by_mallory(school, method)

    assert report.find(Code.METHOD_NOT_IN_ISSUER_DOCUMENT)
    assert method not in school.asked


def test_the_right_name_with_another_key_is_a_bad_signature(school):
    """The key that counts is the one that the issuer publishes under the name."""
    assert by_mallory(school, school.method).find(Code.BAD_SIGNATURE)


@pytest.mark.parametrize("relationship", ["authentication", "keyAgreement", "capabilityInvocation"])
def test_a_key_for_another_purpose_does_not_issue(school, relationship):
    """Listed by the issuer, but not for issuing (K3)."""
    document = copy.deepcopy(school.issuer_document())
    document[relationship] = document.pop("assertionMethod")
    school.put(school.id, document)

    report = school.verify(school.issue())

    assert report.find(Code.METHOD_NOT_IN_ISSUER_DOCUMENT)
    assert report.verdict is Verdict.RED


@pytest.mark.parametrize(
    "purpose", ["authentication", "keyAgreement", "https://w3id.org/security#assertionMethod"]
)
def test_a_proof_for_another_purpose_does_not_issue(school, purpose):
    """A signature that was made to sign in must not issue a badge (K3)."""
    badge = school.issue()
    badge["proof"][0]["proofPurpose"] = purpose

    report = school.verify(badge)

    assert report.verdict is Verdict.RED
    assert school.asked == []


@pytest.mark.parametrize(
    "issuer",
    [
        "https://badges.example/issuers/school/",
        "https://BADGES.example/issuers/school",
        "https://badges.example:443/issuers/school",
        "https://badges.example/issuers/%73chool",
        "https://badges.example/issuers/./school",
        "https://badges.example/issuers/school#",
        "https://badges.example/issuers/school?",
    ],
)
def test_identifiers_are_compared_letter_by_letter(school, issuer):
    """No address is tidied up before comparison: it could become another's (K4)."""
    school.put(issuer, school.issuer_document())
    badge = school.sign(school.credential() | {"issuer": school.profile() | {"id": issuer}})

    report = school.verify(badge)

    assert report.find(Code.ISSUER_DOCUMENT_MISMATCH)
    assert report.verdict is Verdict.RED


def test_two_issuers_are_no_issuer(school):
    """Which of the two would have to list the key? (K4)"""
    two = [school.profile(), school.profile() | {"id": "https://other.example/"}]

    report = school.verify(school.sign(school.credential() | {"issuer": two}))

    assert report.find(Code.ISSUER_MISSING)
    assert school.asked == []


def test_a_badge_without_issuer_is_nobodys():
    """It could be signed by anyone."""
    school = School()
    badge = {key: value for key, value in school.credential().items() if key != "issuer"}

    report = school.verify(school.sign(badge))

    assert report.find(Code.ISSUER_MISSING)
    assert report.verdict is Verdict.RED


@pytest.mark.parametrize("status", [404, 410, 500])
def test_an_issuer_that_does_not_answer_is_not_checked(school, status):
    """The signature may be good; nobody can say whose it is."""
    school.put(school.id, school.issuer_document(), status=status)

    report = school.verify(school.issue())

    assert report.find(Code.ISSUER_UNREACHABLE)
    assert (report.verdict, report.integrity) == (Verdict.AMBER, Integrity.INDETERMINATE)


def test_an_issuer_that_cannot_be_reached_is_not_checked(school):
    """A network that is down forges nothing."""
    badge = school.issue()
    del school.world[school.id]

    report = school.verify(badge)

    assert report.find(Code.ISSUER_UNREACHABLE)
    assert report.verdict is Verdict.AMBER


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"id":1,"id":2}'])
def test_an_answer_that_is_no_document_is_not_checked(school, body):
    """A page, or something that two parsers would read in two ways, vouches for nothing."""
    school.world[school.id] = Fetched(school.id, 200, "text/html", body)

    assert school.verify(school.issue()).find(Code.ISSUER_DOCUMENT_UNREADABLE)


def test_a_redirect_to_another_site_is_not_followed(school):
    """Else whoever controls a redirect controls the keys (K5)."""
    school.put(school.id, school.issuer_document(), url="https://cdn.example/school")

    report = school.verify(school.issue())

    assert report.find(Code.ISSUER_REDIRECTED)
    assert report.verdict is Verdict.AMBER


def test_a_redirect_on_the_same_site_is_followed(school):
    """A site may tidy its own house; the document must still be the issuer's."""
    school.put(school.id, school.issuer_document(), url=f"{school.base}/elsewhere")

    assert school.verify(school.issue()).verdict is Verdict.GREEN


def test_a_document_of_somebody_else_vouches_for_nothing(school):
    """At the issuer's address stands a document with another id (K5)."""
    document = school.issuer_document() | {"id": "https://other.example/"}
    school.put(school.id, document)

    assert school.verify(school.issue()).find(Code.ISSUER_DOCUMENT_MISMATCH)


def test_a_listed_key_that_gives_no_assurance_is_refused(school):
    """Under a key of small order, one constant signature verifies any message (K7)."""
    document = copy.deepcopy(school.issuer_document())
    neutral = bytes([1] + [0] * 31)
    small_order = multibase.encode(b"\xed\x01" + neutral, multibase.BASE58BTC)
    document["verificationMethod"][0]["publicKeyMultibase"] = small_order
    school.put(school.id, document)

    report = school.verify(school.issue())

    assert report.find(Code.KEY_REFUSED)
    assert report.verdict is Verdict.RED


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"controller": "https://other.example/"}, Code.CONTROLLER_MISMATCH),
        ({"expires": "2026-11-22T00:00:00Z"}, Code.KEY_EXPIRED),
        ({"type": "PostQuantumKey"}, Code.METHOD_TYPE_UNKNOWN),
        ({"secretKeyMultibase": "z3u2"}, Code.PRIVATE_KEY),
    ],
    ids=str,
)
def test_a_listed_key_that_the_issuer_does_not_stand_by_does_not_count(school, changes, code):
    """Listed is not enough: the description says whose it is, and until when."""
    document = copy.deepcopy(school.issuer_document())
    for method in document["verificationMethod"]:
        method |= changes
    school.put(school.id, document)

    report = school.verify(school.issue())

    assert report.find(code)
    assert report.verdict is not Verdict.GREEN


class TestRevokedKey:
    """Somebody else may have signed with it: strangers refuse it, the register knows better."""

    @pytest.fixture(autouse=True)
    def revoked(self, school):
        """The school says of both of its keys that they are not to be believed any more."""
        document = copy.deepcopy(school.issuer_document())
        for method in document["verificationMethod"]:
            method["revoked"] = "2026-11-22T00:00:00Z"
        school.put(school.id, document)

    @pytest.mark.parametrize("release", [School.issue, School.issue_token])
    def test_what_the_register_holds_is_genuine(self, school, release):
        """Our badges outlive the theft of our key."""
        report = school.verify(release(school))

        assert report.verdict is Verdict.GREEN
        assert report.find(Code.PROVEN)

    @pytest.mark.parametrize("secure", [School.sign, School.token])
    @pytest.mark.parametrize("number", [1, 2])
    def test_what_the_register_does_not_hold_is_forged(self, school, secure, number):
        """Signed by the very key, under a fresh identifier and under a known one."""
        school.enter(school.credential(1))
        forged = school.credential(number) | {"name": "Doctorat"}

        report = school.verify(secure(school, forged))

        expected = Code.DIFFERS_FROM_REGISTER if number == 1 else Code.NOT_IN_REGISTER
        assert report.find(expected)
        assert (report.verdict, report.integrity) == (Verdict.RED, Integrity.INVALID)

    def test_what_somebody_else_signed_is_forged(self, school):
        """That the date does not count makes no key of another's a key of ours."""
        school.enter(school.credential())

        report = by_mallory(school, school.method)

        assert report.find(Code.BAD_SIGNATURE)
        assert report.verdict is Verdict.RED

    @pytest.mark.parametrize("release", [School.issue, School.issue_token])
    def test_to_strangers_it_is_no_key(self, school, release):
        """They cannot tell the genuine from the forged, whatever date a signature bears."""
        badge = release(school)
        school.owns = lambda issuer_id: False

        report = school.verify(badge)

        assert report.find(Code.KEY_REVOKED)
        assert report.verdict is Verdict.RED

    def test_the_date_counts_from_then_on(self, school):
        """To a stranger who looked before it, the key was good."""
        badge = school.issue()
        school.owns = lambda issuer_id: False

        report = school.verify(badge, at=ISSUED + timedelta(hours=1))

        assert report.find(Code.PROVEN)


def test_a_key_that_is_described_twice_does_not_count(school):
    """Which of the two would be meant?"""
    document = copy.deepcopy(school.issuer_document())
    document["assertionMethod"].append(
        document["verificationMethod"][0] | {"publicKeyMultibase": MALLORY.public.to_multikey()}
    )
    school.put(school.id, document)

    assert school.verify(school.issue()).find(Code.METHOD_AMBIGUOUS)


def test_a_did_key_speaks_for_itself():
    """The identifier is the key: integrity is provable, and nobody is known by it."""
    school = School()
    did = f"did:key:{MALLORY.public.to_multikey()}"
    method = f"{did}#{MALLORY.public.to_multikey()}"
    issuer = {"issuer": school.profile() | {"id": did}, "credentialStatus": None}
    credential = {k: v for k, v in (school.credential() | issuer).items() if v is not None}

    report = school.verify(school.sign(credential, key=MALLORY, method=method))

    assert (report.verdict, report.integrity) == (Verdict.AMBER, Integrity.VALID)
    assert school.asked == []


@pytest.mark.parametrize(
    "did", ["did:key:z6Mk", "did:key:abc", "did:web:", "did:web:a%2Fb", "did:jwk:e30", "did:jwk:"]
)
def test_a_malformed_did_is_refused(school, did):
    """An identifier that two parsers would resolve differently vouches for nothing (K5, K7)."""
    report = by_mallory(school, f"{did}#1", issuer=school.profile() | {"id": did})

    assert report.find(Code.BAD_DID)
    assert school.asked == []


@pytest.mark.parametrize(
    "issuer", ["did:example:1", "urn:x:y", "http://badges.example/a", "mailto:a@b.c"]
)
def test_an_identifier_that_we_cannot_look_up_is_not_checked(school, issuer):
    """Not understood is not forged."""
    report = by_mallory(school, f"{issuer}#1", issuer=school.profile() | {"id": issuer})

    assert report.find(Code.ISSUER_NOT_RESOLVABLE)
    assert school.asked == []


def stranger(issuer_id: str) -> tuple[School, dict[str, object]]:
    """Return a school that this verifier does not know, and what its badge says of its issuer."""
    school = School()
    school.owns = lambda owned: False
    credential = school.credential() | {"issuer": school.profile() | {"id": issuer_id}}
    del credential["credentialStatus"]
    return school, credential


@pytest.mark.parametrize("shown", [True, False])
def test_a_did_jwk_speaks_for_itself(shown):
    """Whether the token names its key, or shows it in the header (J3: equality)."""
    jwk = MALLORY.public_p256.to_jwk()
    did = f"did:jwk:{multibase.base64url_encode(strict_json.dumps(jwk))}"
    school, credential = stranger(did)
    header = {"alg": "ES256"} | ({"jwk": jwk} if shown else {"kid": f"{did}#0"})

    report = school.verify(signed(school, header, credential, key=MALLORY))

    assert (report.verdict, report.integrity) == (Verdict.AMBER, Integrity.VALID)
    assert school.asked == []


def test_the_key_of_one_did_jwk_does_not_sign_for_another():
    """The header shows who signed, and not for whom (J3)."""
    jwk = School().key.public_p256.to_jwk()
    school, credential = stranger(f"did:jwk:{multibase.base64url_encode(strict_json.dumps(jwk))}")
    header = {"alg": "ES256", "jwk": MALLORY.public_p256.to_jwk()}

    assert school.verify(signed(school, header, credential, key=MALLORY)).find(Code.KEY_NOT_BOUND)


def test_a_did_of_a_kind_that_we_do_not_verify_with_is_not_checked(school):
    """Its issuer did nothing wrong (K7 is about keys that are)."""
    did = "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme"

    report = by_mallory(school, f"{did}#1", issuer=school.profile() | {"id": did})

    assert report.find(Code.METHOD_TYPE_UNKNOWN)
    assert report.integrity is Integrity.INDETERMINATE


def test_k6_a_key_that_replaced_another_does_not_verify_what_the_other_signed(school):
    """Whoever takes the domain can sign anew, and nothing that was signed before."""
    badge = school.issue()
    methods = [Method(school.method, MALLORY.public)]
    school.put(school.id, controller.controller_document(school.id, methods))

    report = school.verify(badge)

    assert report.find(Code.BAD_SIGNATURE)
    assert report.verdict is Verdict.RED


def test_k8_a_genuine_badge_with_a_borrowed_name_is_not_ours(school):
    """Name, logo and text of the school, from another's key: well signed, and by whom it says."""
    did = f"did:key:{MALLORY.public.to_multikey()}"
    method = f"{did}#{MALLORY.public.to_multikey()}"
    credential = school.credential() | {"issuer": school.profile() | {"id": did}}
    del credential["credentialStatus"]

    report = school.verify(school.sign(credential, key=MALLORY, method=method))

    assert (report.issuer, report.verdict) == (Issuer.UNKNOWN, Verdict.AMBER)
    assert report.credential is not None
    assert report.credential.issuer_domain is None


class TestKeyDocument:
    """A key whose issuer lists its address and no more: the address says what it is."""

    @pytest.fixture(autouse=True)
    def listed(self, school):
        """The issuer names its keys only; each stands at its own address."""
        keys = {method["id"]: method for method in school.issuer_document()["verificationMethod"]}
        for address, document in keys.items():
            school.put(address, document)
        school.put(school.id, {"id": school.id, "assertionMethod": list(keys)})

    @pytest.mark.parametrize("release", [School.issue, School.issue_token])
    def test_it_is_asked_because_its_issuer_lists_it(self, school, release):
        """From the issuer to the key, never back."""
        assert school.verify(release(school)).verdict is Verdict.GREEN

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"id": "https://badges.example/other"}, Code.METHOD_NOT_IN_ISSUER_DOCUMENT),
            ({"controller": "https://other.example/"}, Code.CONTROLLER_MISMATCH),
            ({"publicKeyMultibase": MALLORY.public.to_multikey()}, Code.BAD_SIGNATURE),
        ],
        ids=["id", "controller", "key"],
    )
    def test_k2_it_must_be_what_its_issuer_says(self, school, change, code):
        """Its own claims count only where they agree."""
        document = strict_json.load_object(school.world[school.method].body) | change
        school.put(school.method, document)

        assert school.verify(school.issue()).find(code)

    @pytest.mark.parametrize(
        "method",
        [
            "https://elsewhere.example/keys/1",
            "http://badges.example/keys/1",
            "https://badges.example/keys#1",
            "urn:uuid:1",
        ],
    )
    def test_it_is_asked_at_the_issuers_own_site_only(self, school, method):
        """Listed and not to be had: neither believed nor called false."""
        document = strict_json.load_object(school.world[school.method].body) | {"id": method}
        school.put(method, document)
        school.put(school.id, {"id": school.id, "assertionMethod": [method]})

        report = school.verify(school.sign(school.credential(), method=method))

        assert report.find(Code.METHOD_TYPE_UNKNOWN)
        assert method not in school.asked

    def test_k5_a_redirect_to_another_site_is_not_followed(self, school):
        """The key document is the issuer's word too."""
        document = strict_json.load_object(school.world[school.method].body)
        school.put(school.method, document, url="https://cdn.example/key")

        assert school.verify(school.issue()).find(Code.ISSUER_REDIRECTED)


class TestKeySet:
    """An issuer of tokens that has no list of keys: the key set of its own site speaks for it."""

    address = "https://badges.example/.well-known/jwks.json"

    @pytest.fixture(autouse=True)
    def published(self, school):
        """The set at its well-known address, and nothing at the issuer's own."""
        school.owns = lambda issuer_id: False
        method = Method(school.jwt_method, school.key.public_p256)
        school.put(self.address, controller.jwks([method], controller=school.id))
        school.put(school.id, {}, status=404)

    @pytest.mark.parametrize("found", ["nothing", "page", "profile"])
    def test_it_vouches_where_the_issuer_says_nothing_of_keys(self, school, found):
        """No document, a page for people, or a profile without keys."""
        if found == "page":
            school.world[school.id] = Fetched(school.id, 200, "text/html", b"<html>")
        elif found == "profile":
            school.put(school.id, school.profile())

        report = school.verify(school.issue_token())

        assert report.integrity is Integrity.VALID
        assert school.asked[:2] == [school.id, self.address]

    @pytest.mark.parametrize("kid", ["{kid}", "https://badges.example/.well-known/jwks.json#{kid}"])
    def test_a_token_names_its_key_in_two_ways(self, school, kid):
        """By the name in the set, or by the address of the set with the name as fragment."""
        token = school.token(school.credential(), kid=kid.format(kid=school.jwt_method))

        assert school.verify(token).integrity is Integrity.VALID

    def test_j3_a_shown_key_counts_if_it_is_in_the_set(self, school):
        """Found by the key itself."""
        for key, code in ((school.key, Code.PROVEN), (MALLORY, Code.KEY_NOT_BOUND)):
            header = {"alg": "ES256", "jwk": key.public_p256.to_jwk()}

            report = school.verify(signed(school, header, school.credential(), key=key))

            assert report.find(code)

    def test_it_is_never_asked_for_an_embedded_proof(self, school):
        """There the method has an address, and the issuer's document lists it or not."""
        report = school.verify(school.issue())

        assert report.find(Code.ISSUER_UNREACHABLE)
        assert self.address not in school.asked

    def test_it_does_not_speak_against_the_issuers_own_document(self, school):
        """A key that the issuer left out of its list stays left out."""
        method = Method(school.method, school.key.public)
        school.put(school.id, controller.controller_document(school.id, [method]))

        report = school.verify(school.issue_token())

        assert report.find(Code.METHOD_NOT_IN_ISSUER_DOCUMENT)
        assert self.address not in school.asked

    @pytest.mark.parametrize("status", [301, 403, 500])
    def test_an_issuer_that_does_not_answer_is_not_replaced_by_it(self, school, status):
        """Its document may say that the key was withdrawn."""
        school.put(school.id, {}, status=status)

        report = school.verify(school.issue_token())

        assert report.find(Code.ISSUER_UNREACHABLE)
        assert self.address not in school.asked

    def test_a_document_about_somebody_else_sends_nobody_to_a_set(self, school):
        """What stands at the issuer's address is not the issuer's."""
        school.put(school.id, {"id": "https://other.example/", "jwks_uri": self.address})

        assert school.verify(school.issue_token()).find(Code.ISSUER_DOCUMENT_MISMATCH)

    def test_the_issuer_may_say_where_its_set_is(self, school):
        """On its own site; then the keys need not name it."""
        address = "https://badges.example/keys.json"
        jwk = school.key.public_p256.to_jwk() | {"kid": school.jwt_method}
        school.put(address, {"keys": [jwk]})
        school.put(school.id, {"id": school.id, "jwks_uri": address})

        assert school.verify(school.issue_token()).integrity is Integrity.VALID

    @pytest.mark.parametrize(
        "address", ["https://elsewhere.example/jwks.json", "http://badges.example/jwks", "x"]
    )
    def test_a_set_on_another_site_is_not_asked(self, school, address):
        """Not followed, and so not checked."""
        school.put(school.id, {"id": school.id, "jwks_uri": address})

        report = school.verify(school.issue_token())

        assert report.find(Code.ISSUER_REDIRECTED)
        assert address not in school.asked

    def test_a_set_for_the_site_counts_for_issuers_that_it_names(self, school):
        """One site, many issuers: a key without issuer is nobody's."""
        jwk = school.key.public_p256.to_jwk() | {"kid": school.jwt_method}
        school.put(self.address, {"keys": [jwk, jwk | {"iss": "https://badges.example/other"}]})

        assert school.verify(school.issue_token()).find(Code.METHOD_NOT_IN_ISSUER_DOCUMENT)

    def test_without_a_set_the_issuers_own_answer_counts(self, school):
        """Nothing here, nothing there."""
        school.put(self.address, {}, status=404)

        assert school.verify(school.issue_token()).find(Code.ISSUER_UNREACHABLE)

    def test_what_is_no_set_is_not_checked(self, school):
        """Something else stands at its address."""
        school.put(self.address, {"keys": 5})

        assert school.verify(school.issue_token()).find(Code.ISSUER_DOCUMENT_UNREADABLE)


def test_did_web_is_asked_at_its_address():
    """The same controller document, under the identifier that is a DID."""
    school = School("did:web:badges.example:issuers:school")
    address = f"{school.base}/issuers/school/did.json"
    school.put(address, school.issuer_document())
    badge = school.issue()
    school.owns = lambda issuer_id: False

    report = school.verify(badge)

    assert report.integrity is Integrity.VALID
    assert school.asked[0] == address


def test_our_own_service_answers_to_its_name():
    """In process, also where no DID method could find it: on this machine, at plain http."""
    school = School("did:web:127.0.0.1%3A8000:issuers:school")
    school.put(school.id, school.issuer_document())

    assert school.verify(school.issue()).verdict is Verdict.GREEN


def test_our_own_service_may_be_tried_out_without_https():
    """Quickstart serves http on this machine; its own addresses are answered in process."""
    school = School("http://127.0.0.1:8000/issuers/school")
    school.put(school.id, school.issuer_document())

    assert school.verify(school.issue()).verdict is Verdict.GREEN


def test_a_badge_without_proof_is_unproven(school):
    """Anyone can write JSON."""
    badge = {key: value for key, value in school.issue().items() if key != "proof"}

    report = school.verify(badge)

    assert report.find(Code.PROOF_MISSING)
    assert report.verdict is Verdict.RED


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"challenge": "1"}, Code.PROOF_FOR_AN_EXCHANGE),
        ({"domain": "a.example"}, Code.PROOF_FOR_AN_EXCHANGE),
        ({"previousProof": "urn:x:y"}, Code.PROOF_UNSUPPORTED),
        ({"verificationMethod": {"id": "urn:x:y", "type": "Multikey"}}, Code.UNSIGNED_DATA),
        ({"verificationMethod": ["urn:x:y", "urn:x:z"]}, Code.PROOF_MALFORMED),
        ({"proofValue": "z1"}, Code.PROOF_MALFORMED),
        ({"created": "yesterday"}, Code.PROOF_MALFORMED),
    ],
    ids=str,
)
def test_odd_proofs_are_not_a_pass(school, options, code):
    """Each means something that we cannot see to (D9, D10)."""
    badge = school.issue()
    badge["proof"] = [badge["proof"][0] | options]

    report = school.verify(badge)

    assert report.find(code)
    assert report.verdict is not Verdict.GREEN


def test_a_proof_from_the_future_is_refused(school):
    """A clock may run five minutes ahead, no more (D10)."""
    badge = school.issue(validFrom="2026-01-01T00:00:00Z", credentialStatus=None)

    early = school.verify(badge, at=ISSUED - timedelta(minutes=4))
    too_early = school.verify(badge, at=ISSUED - timedelta(minutes=6))

    assert early.verdict is Verdict.GREEN
    assert too_early.find(Code.PROOF_NOT_CURRENT)
    assert too_early.verdict is Verdict.RED


def test_a_proof_whose_time_has_passed_is_refused(school):
    """`expires` is inside what is signed, and means what it says (D10)."""
    credential = school.credential()
    school.enter(credential)
    [proof] = school.sign(credential)["proof"]
    options = {k: v for k, v in proof.items() if k != "proofValue"} | {
        "expires": "2026-11-23T08:00:00Z"
    }
    message = eddsa_rdfc_2022.hash_data(credential, options).signed_bytes
    signature = multibase.encode(school.key.ed25519.sign(message), multibase.BASE58BTC)
    badge = credential | {"proof": [options | {"proofValue": signature}]}

    assert school.verify(badge, at=NOW - timedelta(hours=2)).verdict is Verdict.GREEN
    assert school.verify(badge).find(Code.PROOF_NOT_CURRENT)


def test_a_key_of_another_type_is_refused(school):
    """The suite decides the type of key, and the issuer's token key is not of it."""
    badge = school.issue()
    badge["proof"][0]["verificationMethod"] = school.jwt_method

    assert school.verify(badge).find(Code.KEY_TYPE)


def test_keys_are_what_the_issuer_says_now(school):
    """A key that the issuer lists no more does not verify, whoever holds it."""
    badge = school.issue()
    school.key = Key(12)
    school.put(school.id, school.issuer_document())

    assert school.verify(badge).find(Code.BAD_SIGNATURE)


def test_the_keys_of_the_tests_are_sound():
    """A control: the fixed keys pass admission, both kinds."""
    assert (KeyKind.ED25519, KeyKind.P256) == (MALLORY.public.kind, MALLORY.public_p256.kind)
    assert PublicKey.from_multikey(MALLORY.public.to_multikey()) == MALLORY.public
