"""controller: trust runs from the issuer's document to the key, and never back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from badgeservice.errors import KeyRefused, MethodNotListed, MethodRefused
from badgeservice.openbadges import contexts, controller, jsonld
from badgeservice.openbadges.controller import Method
from badgeservice.openbadges.keys import PublicKey

ISSUER = "https://badges.example/issuers/a"
KEY = f"{ISSUER}/keys/1"
SET = "https://badges.example/.well-known/jwks.json"


@pytest.fixture
def method(ed25519_key):
    """A key of the issuer."""
    return Method(KEY, ed25519_key.public_key)


@pytest.fixture
def document(method):
    """The issuer's controller document."""
    return controller.controller_document(ISSUER, [method])


@pytest.fixture
def find(now):
    """Find the method of a document for the issuer, now."""

    def find(document, method_id=KEY, issuer=ISSUER, **options):
        return controller.find_method(
            document, method_id, **{"controller": issuer, "now": now} | options
        )

    return find


def test_a_revoked_key_can_be_asked_for_on_purpose(find, method, now):
    """Whoever has a register of what it signed needs the key all the same."""
    document = controller.controller_document(ISSUER, [Method(KEY, method.key, revoked=now)])

    with pytest.raises(MethodRefused) as refused:
        find(document)

    assert refused.value.code == "key_revoked"
    assert method.key == find(document, even_revoked=True)


class TestBuilders:
    """What we publish about our keys."""

    def test_key_document(self, method):
        """Each key has a document of its own, as `Multikey`."""
        assert controller.method_document(method, controller=ISSUER) == {
            "@context": "https://w3id.org/security/multikey/v1",
            "id": KEY,
            "type": "Multikey",
            "controller": ISSUER,
            "publicKeyMultibase": method.key.to_multikey(),
        }

    def test_controller_document(self, document, method):
        """Listed under the one purpose that we have."""
        assert document == {
            "@context": "https://www.w3.org/ns/cid/v1",
            "id": ISSUER,
            "verificationMethod": [
                {
                    "id": KEY,
                    "type": "Multikey",
                    "controller": ISSUER,
                    "publicKeyMultibase": method.key.to_multikey(),
                }
            ],
            "assertionMethod": [KEY],
        }

    def test_did_document(self, ed25519_key):
        """The same for a DID, under its contexts, with a link to the address."""
        did = "did:web:badges.example:issuers:a"

        document = controller.controller_document(
            did, [Method(f"{did}#1", ed25519_key.public_key)], also_known_as=[ISSUER]
        )

        assert document["@context"] == [contexts.DID_V1, contexts.MULTIKEY_V1]
        assert document["alsoKnownAs"] == [ISSUER]
        assert document["assertionMethod"] == [f"{did}#1"]

    @pytest.mark.parametrize("controller_id", [ISSUER, "did:web:badges.example"])
    def test_documents_are_linked_data(self, method, controller_id, now):
        """Every term of what we publish is defined."""
        dated = Method(KEY, method.key, expires=now, revoked=now)

        for document in (
            controller.controller_document(controller_id, [dated], also_known_as=["urn:x"]),
            controller.method_document(dated, controller=controller_id),
        ):
            assert "2026-11-23T09:00:00Z" in jsonld.canonicalize(document)

    def test_rsa_is_described_as_a_jwk(self, rsa_key, find, now):
        """In every document that speaks of it, and found again there."""
        method = Method(f"{ISSUER}/keys/3", rsa_key.public_key, revoked=now)
        key_document = controller.method_document(method, controller=ISSUER)

        assert key_document == {
            "@context": "https://w3id.org/security/jwk/v1",
            "id": method.id,
            "type": "JsonWebKey",
            "controller": ISSUER,
            "publicKeyJwk": rsa_key.public_key.to_jwk(),
            "revoked": "2026-11-23T09:00:00Z",
        }
        assert "RS256" == controller.jwk_document(method, controller=ISSUER)["alg"]
        document = controller.controller_document(ISSUER, [Method(method.id, method.key)])
        assert rsa_key.public_key == find(document, method.id)

    def test_key_set(self, method, p256_key):
        """JOSE software finds the key by `kid`, and its issuer in `iss`."""
        other = Method(f"{ISSUER}/keys/2", p256_key.public_key)

        keys = controller.jwks([method, other], controller=ISSUER)["keys"]

        assert [(k["kid"], k["alg"], k["use"], k["iss"]) for k in keys] == [
            (KEY, "EdDSA", "sig", ISSUER),
            (f"{ISSUER}/keys/2", "ES256", "sig", ISSUER),
        ]
        assert [PublicKey.from_jwk(key) for key in keys] == [method.key, other.key]


def test_finds_a_referenced_method(document, find, method):
    """Named under the purpose, described beside it."""
    assert find(document) == method.key


def test_finds_an_embedded_method(document, find, method):
    """Described under the purpose itself."""
    (description,) = document.pop("verificationMethod")

    assert find(document | {"assertionMethod": description}) == method.key


def test_finds_a_relative_method(document, find, method):
    """DID documents may write ids below their own."""
    (description,) = document["verificationMethod"]
    document["verificationMethod"] = [description | {"id": "#1"}]
    document["assertionMethod"] = ["#1"]

    assert find(document, f"{ISSUER}#1") == method.key


def test_finds_a_jwk_method(document, find, p256_key):
    """Other issuers describe their keys as JWK."""
    document["verificationMethod"] = [
        {
            "id": KEY,
            "type": "JsonWebKey",
            "controller": ISSUER,
            "publicKeyJwk": p256_key.public_key.to_jwk(),
        }
    ]

    assert find(document) == p256_key.public_key


@pytest.mark.parametrize(
    "shape",
    [
        "https://badges.example/issuers/a#{}",
        "did:web:badges.example#{}",
        "{}",
        "#{}",
        "did:key:{}#{}",
    ],
)
def test_k1_a_key_in_the_fragment_is_no_key(document, find, other_ed25519_key, shape):
    """The public validator takes the attacker's key from there, and believes it."""
    attacker = shape.replace("{}", other_ed25519_key.public_key.to_multikey())

    with pytest.raises(MethodNotListed):
        find(document, attacker)


@pytest.mark.parametrize(
    "method_id",
    [KEY + "/", KEY.upper(), KEY.replace("a/", "%61/"), KEY + "#", KEY + " ", "", KEY + "?"],
)
def test_k1_ids_are_compared_exactly(document, find, method_id):
    """No normalizing: two spellings are two methods."""
    with pytest.raises(MethodNotListed):
        find(document, method_id)


def test_k2_a_document_about_somebody_else(document, find):
    """A key document at evil.example may say what it likes about its controller."""
    with pytest.raises(MethodRefused) as refused:
        find(document, issuer="https://victim.example")
    assert refused.value.code == "controller_mismatch"

    with pytest.raises(MethodRefused) as refused:
        find(document | {"id": "https://victim.example"}, issuer=ISSUER)
    assert refused.value.code == "controller_mismatch"


@pytest.mark.parametrize("stranger", ["https://evil.example", None, [ISSUER]])
def test_k2_a_method_controlled_by_somebody_else(document, find, stranger):
    """Both must agree, the list and the method."""
    document["verificationMethod"][0]["controller"] = stranger

    with pytest.raises(MethodRefused) as refused:
        find(document)

    assert refused.value.code == "controller_mismatch"


@pytest.mark.parametrize("purpose", ["authentication", "keyAgreement", "capabilityInvocation"])
def test_k3_listed_for_another_purpose_only(document, find, purpose):
    """A key for signing in does not issue badges."""
    document[purpose] = document.pop("assertionMethod")

    with pytest.raises(MethodNotListed):
        find(document)
    assert find(document, purpose=purpose)


@pytest.mark.parametrize("listing", [[], None, {}, [None], [5], [[KEY]], {"id": 5}, "other"])
def test_k3_not_listed(document, find, listing):
    """Described is not listed."""
    with pytest.raises(MethodNotListed):
        find(document | {"assertionMethod": listing})


def test_listed_and_not_described(document, find):
    """A name without a key."""
    del document["verificationMethod"]

    with pytest.raises(MethodNotListed, match="not described"):
        find(document)


def test_described_in_two_ways(document, find, other_ed25519_key):
    """The first, the last? Neither."""
    (description,) = document["verificationMethod"]
    twin = description | {"publicKeyMultibase": other_ed25519_key.public_key.to_multikey()}
    document["verificationMethod"] = [description, twin]

    with pytest.raises(MethodRefused) as refused:
        find(document)

    assert refused.value.code == "method_ambiguous"


@pytest.mark.parametrize(("name", "code"), [("revoked", "key_revoked"), ("expires", "key_expired")])
def test_dates_of_the_key(method, find, now, name, code):
    """From that instant on the key verifies nothing."""
    for moment, usable in [(now, False), (now + timedelta(seconds=1), True)]:
        dated = Method(KEY, method.key, **{name: moment})
        document = controller.controller_document(ISSUER, [dated])
        if usable:
            assert find(document) == method.key
        else:
            with pytest.raises(MethodRefused) as refused:
                find(document)
            assert refused.value.code == code


@pytest.mark.parametrize(("name", "code"), [("revoked", "key_revoked"), ("expires", "key_expired")])
def test_a_date_that_cannot_be_read_counts_as_past(document, find, name, code):
    """Fail closed."""
    document["verificationMethod"][0][name] = "yesterday"

    with pytest.raises(MethodRefused) as refused:
        find(document)

    assert refused.value.code == code


@pytest.mark.parametrize(
    "change",
    [
        {"type": "Ed25519VerificationKey2018", "publicKeyBase58": "x"},
        {"type": ["Multikey"]},
        {"type": "JsonWebKey"},
        {"publicKeyMultibase": 5},
        {"publicKeyMultibase": None},
        {"publicKeyJwk": {"kty": "OKP"}},
    ],
    ids=str,
)
def test_refuses_methods_without_one_readable_key(document, find, change):
    """One method, one key, written in a way that we know."""
    document["verificationMethod"][0] |= change

    with pytest.raises(MethodRefused) as refused:
        find(document)

    assert refused.value.code == "method_type_unknown"


def test_refuses_keys_that_must_not_be_believed(document, find):
    """A published secret, and a key of small order."""
    document["verificationMethod"][0]["secretKeyMultibase"] = "z"
    with pytest.raises(KeyRefused) as refused:
        find(document)
    assert refused.value.code == "private_key"

    del document["verificationMethod"][0]["secretKeyMultibase"]
    document["verificationMethod"][0]["publicKeyMultibase"] = "z6Mk"
    with pytest.raises(KeyRefused):
        find(document)


class TestShownKey:
    """A signature that shows its key instead of naming it: is the key among the controller's?"""

    def test_it_is_found_under_the_name_that_its_controller_gives_it(self, document, method, now):
        """What counts is the controller's document."""
        assert KEY == controller.find_method_of(document, method.key, controller=ISSUER, now=now)

    @pytest.mark.parametrize("purpose", ["authentication", "keyAgreement"])
    def test_k3_listed_for_another_purpose_only(self, document, method, now, purpose):
        """A key to sign in with issues nothing."""
        document[purpose] = document.pop("assertionMethod")

        with pytest.raises(MethodNotListed):
            controller.find_method_of(document, method.key, controller=ISSUER, now=now)

    def test_another_key_is_not_there(self, document, other_ed25519_key, now):
        """However many there are, also among some that cannot be read."""
        document["assertionMethod"] += ["urn:x:undescribed", {"id": f"{ISSUER}#2"}, 5]

        with pytest.raises(MethodNotListed):
            controller.find_method_of(
                document, other_ed25519_key.public_key, controller=ISSUER, now=now
            )

    def test_its_time_counts(self, method, now):
        """Listed and withdrawn is withdrawn; a register may know better."""
        document = controller.controller_document(ISSUER, [Method(KEY, method.key, revoked=now)])
        options = {"controller": ISSUER, "now": now}

        with pytest.raises(MethodRefused) as refused:
            controller.find_method_of(document, method.key, **options)

        assert refused.value.code == "key_revoked"
        assert KEY == controller.find_method_of(document, method.key, **options, even_revoked=True)


def test_only_named(document):
    """Whoever lists an address alone says where the key is described."""
    assert not controller.is_only_named(document, KEY, controller=ISSUER)
    assert not controller.is_only_named({"id": ISSUER}, KEY, controller=ISSUER)
    assert controller.is_only_named({"assertionMethod": KEY}, KEY, controller=ISSUER)
    assert controller.is_only_named({"assertionMethod": ["#1"]}, f"{ISSUER}#1", controller=ISSUER)


class TestKeySet:
    """A JSON Web Key Set read as the controller document that says the same."""

    @pytest.fixture
    def key_set(self, p256_key):
        """The set that we publish ourselves, of one key."""
        return controller.jwks([Method(KEY, p256_key.public_key)], controller=ISSUER)

    @pytest.fixture
    def read(self, find):
        """Find a key in a set."""

        def read(key_set, method_id=KEY, *, has_to_name=True):
            document = controller.from_jwks(
                key_set, address=SET, controller=ISSUER, has_to_name=has_to_name
            )
            return find(document, method_id)

        return read

    @pytest.mark.parametrize("name", [KEY, f"{SET}#{KEY}"])
    def test_by_name_and_by_fragment(self, key_set, read, p256_key, name):
        """Tokens name a key by its `kid`, or as a fragment of the set."""
        assert read(key_set, name) == p256_key.public_key

    @pytest.mark.parametrize(
        "change", [{"iss": "https://other.example"}, {"iss": None}, {"kid": 5}, {"kid": None}]
    )
    def test_a_key_of_somebody_else_does_not_count(self, key_set, read, change):
        """A site may hold the keys of many issuers in one set."""
        key_set["keys"][0] |= change

        for has_to_name in (True, False):
            with pytest.raises(MethodNotListed):
                read(key_set, has_to_name=has_to_name)

    def test_without_name_it_counts_only_where_its_issuer_sent_us(self, key_set, read, p256_key):
        """The set that an issuer's own document names needs not repeat the issuer."""
        del key_set["keys"][0]["iss"]

        assert read(key_set, has_to_name=False) == p256_key.public_key
        with pytest.raises(MethodNotListed):
            read(key_set)

    def test_two_keys_of_one_name_are_no_key(self, key_set, read, rsa_key):
        """Which of the two would be meant?"""
        other = controller.jwks([Method(KEY, rsa_key.public_key)], controller=ISSUER)
        key_set["keys"] += other["keys"]

        with pytest.raises(MethodRefused) as refused:
            read(key_set)

        assert refused.value.code == "method_ambiguous"

    def test_a_private_key_is_no_key(self, key_set, read):
        """Whoever publishes it vouches for nothing any more."""
        key_set["keys"][0]["d"] = "AA"

        with pytest.raises(KeyRefused):
            read(key_set)

    @pytest.mark.parametrize("keys", [None, {}, "x", [{}] * 101])
    def test_what_is_no_set_is_refused(self, read, keys):
        """Neither read in part nor searched without end."""
        with pytest.raises(MethodRefused) as refused:
            read({"keys": keys})

        assert refused.value.code == "issuer_document_unreadable"
