"""Is it this person's? By address or by identifier, plain or hashed, and only of what is proven."""

from __future__ import annotations

import hashlib

import pytest

from badgeservice.openbadges import identity
from badgeservice.verification import recipient
from badgeservice.verification.recipient import Answer
from badgeservice.verification.report import Verdict

from .ob2.academy import Academy
from .school import School

ADA = "ada@example.org"
DID = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"


def named(value: str, kind: str = "emailAddress", *, hashed: object = False, salt: str = ""):
    """Return an identity of Open Badges 3.0."""
    written = {"type": "IdentityObject", "hashed": hashed, "identityHash": value}
    return written | {"identityType": kind} | ({"salt": salt} if salt else {})


def credential(*identifiers, id: object = None):
    """Return as much of a credential as is read here."""
    return {"credentialSubject": {"id": id, "identifier": list(identifiers)}}


def answer(document, whose: str) -> Answer:
    """Return the answer on a proven document."""
    return recipient.of(document, whose, is_proven=True).answer


@pytest.mark.parametrize("whose", [ADA, f" {ADA} ", "Ada@Example.ORG"])
@pytest.mark.parametrize(
    "written",
    [
        named(identity.digest(ADA, "grain"), hashed=True, salt="grain"),
        named(
            identity.digest(ADA, "grain").upper().replace("SHA", "sha"), hashed=True, salt="grain"
        ),
        named(ADA),
        named(f"mailto:{ADA}"),
        named("Ada@Example.Org", "email"),
    ],
)
def test_an_address_is_recognised(written, whose):
    """In the case in which it is written, and in the one in which it was hashed."""
    assert answer(credential(written), whose) is Answer.MATCHES


@pytest.mark.parametrize(
    "written",
    [
        named(identity.digest(ADA, ""), hashed=True),
        named(f"md5${hashlib.md5(b'ada@example.orggrain').hexdigest()}", hashed=True, salt="grain"),
    ],
)
def test_a_weak_hash_confirms_nothing(written):
    """Without salt everybody can try, and under MD5 somebody may have fitted it."""
    assert answer(credential(written), ADA) is Answer.MATCHES_WEAKLY


@pytest.mark.parametrize(
    "written",
    [
        named("eve@example.org"),
        named(identity.digest(ADA, "grain"), hashed=True, salt="other"),
        named(identity.digest(ADA, "grain"), hashed=True),
        named("sha256$ada", hashed=True, salt="grain"),
        named(ADA, hashed=True),
    ],
)
def test_somebody_else_is_somebody_else(written):
    """A genuine badge of another person; a hash that is none compares with nothing."""
    assert answer(credential(written), ADA) is Answer.DIFFERS


def test_a_hash_that_calls_itself_plain_is_a_hash():
    """Nobody has such an address, and who types the hash itself is not the person."""
    written = identity.digest(ADA, "grain")

    assert answer(credential(named(written, salt="grain")), written) is Answer.DIFFERS
    assert answer(credential(named(written, salt="grain")), ADA) is Answer.MATCHES


@pytest.mark.parametrize(
    "document",
    [
        {},
        credential(),
        credential(id=DID),
        credential(named("Ada Lovelace", "name")),
        credential({"identityType": "emailAddress", "hashed": False}),
        credential(named(DID, "did")),
        {"credentialSubject": "x", "recipient": 7},
    ],
)
def test_a_badge_that_names_no_address_answers_nothing(document):
    """A name is nobody's alone."""
    assert answer(document, ADA) is Answer.NOT_NAMED


def test_one_of_several_is_enough():
    """Whatever else stands beside it, and in whatever order."""
    both = [named("eve@example.org"), named(ADA)]

    assert answer(credential(*both), ADA) is Answer.MATCHES
    assert answer(credential(*reversed(both)), ADA) is Answer.MATCHES


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (credential(id=DID), Answer.MATCHES),
        (credential(named(DID, "did")), Answer.MATCHES),
        (
            credential(named(identity.digest(DID, "grain"), "did", hashed=True, salt="grain")),
            Answer.MATCHES,
        ),
        (credential(id=DID.lower()), Answer.DIFFERS),
        (credential(id="urn:uuid:1"), Answer.NOT_NAMED),
        (credential(named(ADA)), Answer.NOT_NAMED),
        ({"recipient": {"type": "id", "hashed": False, "identity": DID}}, Answer.MATCHES),
    ],
)
def test_an_identifier_is_recognised_letter_by_letter(document, expected):
    """A DID has no other case."""
    assert answer(document, DID) is expected


@pytest.mark.parametrize("whose", ["\ud800@example.org", "", "é" * 999])
def test_whatever_is_asked_for_gets_an_answer(whose):
    """Text that is no text, too."""
    assert answer(credential(named(ADA)), whose) is Answer.DIFFERS


def test_the_question_of_a_badge_of_ours(school: School):
    """It stands beside the verdict: a genuine badge of somebody else is genuine."""
    subject = school.credential()["credentialSubject"]
    mail = named(identity.digest(ADA, "grain"), hashed=True, salt="grain")
    badge = school.issue(credentialSubject=subject | {"identifier": [mail]})

    mine, other = (school.verify(badge, recipient=each) for each in (ADA, "eve@example.org"))

    assert (Answer.MATCHES, Answer.DIFFERS) == (mine.recipient.answer, other.recipient.answer)
    assert mine.verdict is other.verdict is Verdict.GREEN
    assert mine.to_json("fr")["recipient"] == {
        "answer": "matches",
        "message": "Ce badge a été délivré à la personne que vous indiquez.",
    }
    assert ADA not in str(mine.to_json())
    assert school.verify(badge).recipient is None


def test_an_edited_badge_answers_nothing(school: School):
    """Whoever writes their own address into a badge gets no yes."""
    badge = school.issue()
    badge["credentialSubject"]["identifier"] = [named(ADA)]

    assert school.verify(badge, recipient=ADA).recipient.answer is Answer.NOT_PROVEN


def test_the_question_of_an_older_badge(academy_badge):
    """Open Badges 2.0 hashes the address of the recipient, with salt."""
    academy, assertion = academy_badge

    found = academy.verify(assertion["id"], recipient=ADA)

    assert found.recipient.answer is Answer.MATCHES


@pytest.fixture
def academy_badge():
    """A hosted assertion about Ada."""
    academy = Academy()
    hashed = identity.digest(ADA, "grain")
    assertion = academy.hosted() | {
        "recipient": {"type": "email", "hashed": True, "salt": "grain", "identity": hashed}
    }
    academy.put(assertion)
    return academy, assertion


@pytest.mark.parametrize("each", Answer)
def test_every_answer_is_said_in_two_languages(each):
    """One sentence in each."""
    assert each.in_words("fr") != each.in_words("en")
    assert each.in_words("fr").endswith(".")
