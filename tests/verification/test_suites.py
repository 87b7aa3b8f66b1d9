"""The walk over badges that other software signed: every suite, sets, and badges shown in part."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime

import pytest

from badgeservice import verification
from badgeservice.errors import FetchFailed
from badgeservice.openbadges import Document, multibase, strict_json
from badgeservice.openbadges.proofs import eddsa_jcs_2022
from badgeservice.verification.codes import Check, Code
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.register import EmptyRegister
from badgeservice.verification.report import Finding, Integrity, Report, Status, Verdict
from tests.recorded import SUITES
from tests.recorded import badge as signed

from .school import ISSUED, School

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BESIDE = {
    "type": "DataIntegrityProof",
    "cryptosuite": "bbs-2023",
    "proofValue": "u",
}


def nowhere(address: str) -> Fetched:
    """Answer nothing: these issuers are their own keys."""
    raise FetchFailed("no network")


def verify(document: Document, *, at: datetime = NOW) -> Report:
    """Return the report of somebody who issues nothing and knows nobody."""
    return verification.verify(
        verification.recognise(strict_json.dumps(document)),
        fetch=nowhere,
        register=EmptyRegister(),
        now=at,
    )


def finding(report: Report, check: Check) -> Finding:
    """Return the one answer to a question."""
    [found] = [found for found in report.findings if found.check is check]
    return found


@pytest.mark.parametrize("name", [*SUITES, "set", "ecdsa-sd-2023-silent"])
def test_what_other_software_signed_is_whole(name):
    """Integrity is certain; that nobody knows these issuers keeps all of them from green."""
    report = verify(signed(name))

    assert report.integrity is Integrity.VALID
    assert report.verdict is Verdict.AMBER
    assert report.credential is not None


@pytest.mark.parametrize("name", [*SUITES, "set", "ecdsa-sd-2023-silent"])
def test_one_changed_word_is_noticed(name):
    """Whichever suite."""
    document = signed(name)
    document["credentialSubject"]["achievement"]["name"] = "Doctorat"

    report = verify(document)

    assert finding(report, Check.PROOF).code is Code.BAD_SIGNATURE
    assert report.verdict is Verdict.RED


@pytest.mark.parametrize("name", SUITES)
def test_whose_key_it_is_is_asked_for_every_suite(name):
    """The issuer's name is exchanged for another's: that one lists no such key."""
    document = signed(name)
    document["issuer"]["id"] = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"

    report = verify(document)

    assert finding(report, Check.PROOF).code is Code.METHOD_NOT_IN_ISSUER_DOCUMENT
    assert report.verdict is Verdict.RED


@pytest.mark.parametrize("name", SUITES)
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"challenge": "x"}, Code.PROOF_FOR_AN_EXCHANGE),
        ({"domain": "x"}, Code.PROOF_FOR_AN_EXCHANGE),
        ({"proofPurpose": "authentication"}, Code.PROOF_PURPOSE),
        ({"proofValue": "x"}, Code.PROOF_MALFORMED),
        ({"created": "2026-11-20T12:00:01Z"}, Code.BAD_SIGNATURE),
        ({"expires": "2036-11-20T12:00:00Z"}, Code.BAD_SIGNATURE),
        ({"nonce": "x"}, Code.BAD_SIGNATURE),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value.name,
)
def test_the_options_of_every_proof_are_covered(name, change, code):
    """D9, D10: added or changed."""
    document = signed(name)
    document["proof"] |= change

    assert finding(verify(document), Check.PROOF).code is code


@pytest.mark.parametrize("place", [0, 1, 2])
def test_every_proof_of_a_set_must_hold(place):
    """Three suites; each of them in turn is that of a changed badge."""
    document = signed("set")
    value = document["proof"][place]["proofValue"]
    document["proof"][place]["proofValue"] = value[:-1] + ("2" if value[-1] != "2" else "3")

    report = verify(document)

    assert finding(report, Check.PROOF).code in (Code.BAD_SIGNATURE, Code.PROOF_MALFORMED)
    assert report.verdict is Verdict.RED


def test_a_set_without_one_of_its_proofs_is_another_set():
    """Each proof is over the document without any, so the holder may leave one out."""
    document = signed("set")
    document["proof"] = document["proof"][1:]

    assert verify(document).integrity is Integrity.VALID


def test_an_unknown_suite_beside_known_ones_is_named():
    """Not checked, which the report says; what was checked holds."""
    for name in ("set", "ecdsa-sd-2023"):
        document = signed(name)
        proofs = document["proof"] if isinstance(document["proof"], list) else [document["proof"]]
        document["proof"] = [BESIDE, *proofs]

        found = finding(verify(document), Check.PROOF)

        assert found.detail.endswith("; not checked: DataIntegrityProof bbs-2023")
        assert found.code in (Code.PROVEN_BESIDE_UNKNOWN, Code.PROVEN_IN_PART)


class TestWhatIsSignedAsJson:
    """eddsa-jcs-2022 signs the JSON; the profile keeps it from being read otherwise."""

    def test_another_way_to_write_the_same_is_refused(self):
        """A list of one for its member: the same statements, and not what was signed."""
        document = signed("eddsa-jcs-2022")
        document["credentialSubject"]["type"] = "AchievementSubject"

        assert finding(verify(document), Check.PROOF).code is Code.BAD_SIGNATURE

    def test_a_list_of_one_that_was_signed_is_read_as_its_member(self, school):
        """As for every other suite: nothing makes a difference between the two."""
        plain = as_json(school, school.credential())
        listed = school.credential() | {"validUntil": ["2020-11-20T12:00:00Z"]}
        listed["validFrom"] = "2019-11-20T12:00:00Z"

        assert school.verify(plain).integrity is Integrity.VALID
        report = school.verify(as_json(school, listed))

        assert finding(report, Check.PROOF).code is Code.PROVEN
        assert report.status is Status.EXPIRED

    def test_the_other_name_of_the_class_is_read_too(self, school):
        """`AchievementCredential` and `OpenBadgeCredential` are one term."""
        document = school.credential() | {"type": ["VerifiableCredential", "AchievementCredential"]}

        assert school.verify(as_json(school, document)).integrity is Integrity.VALID

    @pytest.mark.parametrize(
        ("hide", "code"),
        [
            ({"bonus": 1}, Code.UNSIGNED_DATA),
            ({"https://www.w3.org/2018/credentials#validUntil": "x"}, Code.KEY_NOT_ALLOWED),
            ({"@graph": []}, Code.KEY_NOT_ALLOWED),
            ({"evidence": []}, Code.VALUE_NOT_ALLOWED),
            ({"evidence": None}, Code.VALUE_NOT_ALLOWED),
        ],
    )
    def test_what_linked_data_reads_otherwise_is_refused_though_signed(self, school, hide, code):
        """The issuer signed it; two readers of it would still see two badges."""
        report = school.verify(as_json(school, school.credential() | hide, registered=False))

        assert finding(report, Check.PROFILE).code is code
        assert report.verdict is Verdict.RED

    def test_contexts_after_the_signed_ones_are_refused(self):
        """The standard would read the document under those of the proof, and others under all."""
        document = signed("eddsa-jcs-2022")
        document["@context"].append("https://purl.imsglobal.org/spec/ob/v3p0/extensions.json")

        report = verify(document)

        assert finding(report, Check.PROFILE).code is Code.CONTEXT_NOT_ALLOWED
        assert report.verdict is Verdict.RED

    def test_fewer_contexts_in_the_proof_are_refused(self):
        """Likewise from the other end, before anybody asks for the key."""
        document = signed("eddsa-jcs-2022")
        document["proof"]["@context"] = document["proof"]["@context"][:1]

        assert finding(verify(document), Check.PROFILE).code is Code.CONTEXT_NOT_ALLOWED

    def test_an_endorsement_inside_stays_as_it_was_written(self, school):
        """It is signed as JSON by the badge's issuer too."""
        inside = school.sign(
            {
                "@context": school.credential()["@context"],
                "id": "urn:uuid:1f1ff7f0-4ce4-4d29-9a4e-9a1a8f6f0f11",
                "type": ["VerifiableCredential", "EndorsementCredential"],
                "name": "Recommandation",
                "issuer": school.profile(),
                "validFrom": "2026-11-20T12:00:00Z",
                "credentialSubject": {
                    "id": school.credential()["id"],
                    "type": ["EndorsementSubject"],
                    "endorsementComment": "Sérieux.",
                },
            }
        )
        document = as_json(school, school.credential() | {"endorsement": [inside]})
        forged = copy.deepcopy(document)
        forged["endorsement"][0]["credentialSubject"]["endorsementComment"] = "Excellent."

        assert finding(school.verify(document), Check.PROOF).code is Code.PROVEN
        assert len(school.verify(document).endorsements) == 1
        assert finding(school.verify(forged), Check.PROOF).code is Code.BAD_SIGNATURE


def as_json(school: School, credential: Document, *, registered: bool = True) -> Document:
    """Return a credential signed by the school as eddsa-jcs-2022 has it, and put it into its register."""
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": "2026-11-20T12:00:00Z",
        "verificationMethod": school.method,
        "proofPurpose": "assertionMethod",
        "@context": credential["@context"],
    }
    data = eddsa_jcs_2022.hash_data(credential, options)
    signature = school.key.ed25519.sign(data.signed_bytes)
    value = multibase.encode(signature, multibase.BASE58BTC)
    if registered:
        school.enter(credential)
    return credential | {"proof": options | {"proofValue": value}}


class TestShownInPart:
    """ecdsa-sd-2023: what the holder left out, nobody else can know."""

    def test_the_status_that_is_always_shown_is_asked_for(self):
        """It cannot be left out, so its answer counts; here nobody answers."""
        report = verify(signed("ecdsa-sd-2023"))

        assert finding(report, Check.PROOF).code is Code.PROVEN_IN_PART
        assert finding(report, Check.DATES).code is Code.CURRENT
        assert finding(report, Check.STATUS).code is Code.STATUS_UNREACHABLE

    def test_silence_about_end_and_status_is_not_believed(self):
        """The base proof has both, and its holder chose to show neither."""
        base, shown = signed("ecdsa-sd-2023-base"), signed("ecdsa-sd-2023-silent")
        assert {"validUntil", "credentialStatus"} <= base.keys() - shown.keys()

        report = verify(shown)

        assert finding(report, Check.DATES).code is Code.END_MAY_BE_WITHHELD
        assert finding(report, Check.STATUS).code is Code.STATUS_MAY_BE_WITHHELD
        assert (report.integrity, report.status) == (Integrity.VALID, Status.UNKNOWN)
        assert report.verdict is Verdict.AMBER

    def test_what_has_ended_has_ended(self):
        """Dates that are shown count as in every badge."""
        report = verify(signed("ecdsa-sd-2023"), at=datetime(2037, 1, 1, tzinfo=UTC))

        assert report.status is Status.EXPIRED
        assert report.verdict is Verdict.RED

    def test_a_base_proof_is_not_checked(self):
        """Whoever shows it shows more than they should; it is not a forgery."""
        report = verify(signed("ecdsa-sd-2023-base"))

        assert finding(report, Check.PROOF).code is Code.BASE_PROOF
        assert report.verdict is Verdict.AMBER

    def test_a_whole_signature_beside_it_leaves_nothing_to_withhold(self):
        """Two of the holder's derivations do not fit one document, whichever is shown."""
        document = signed("ecdsa-sd-2023")
        document["proof"] = [document["proof"], signed("ecdsa-sd-2023-silent")["proof"]]

        assert verify(document).verdict is Verdict.RED


def test_a_proof_without_a_date_is_current(school):
    """`created` is optional; nothing then says that it was made tomorrow."""
    badge = school.issue()
    unsigned = {key: value for key, value in badge.items() if key != "proof"}
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": school.method,
        "proofPurpose": "assertionMethod",
    }
    data = eddsa_jcs_2022.hash_data(unsigned, options)
    value = multibase.encode(school.key.ed25519.sign(data.signed_bytes), multibase.BASE58BTC)

    report = school.verify(unsigned | {"proof": options | {"proofValue": value}}, at=ISSUED)

    assert report.verdict is Verdict.GREEN


def test_the_recorded_badges_are_as_they_were_written():
    """One file each, with nothing that only our own reader accepts."""
    for name in [*SUITES, "set"]:
        document = signed(name)
        assert strict_json.load_object(json.dumps(document)) == document
