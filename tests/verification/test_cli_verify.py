"""The command `verify`: a verdict in words, in JSON and as an exit code."""

from __future__ import annotations

import json
from contextlib import nullcontext

import pytest
from click.testing import CliRunner

from badgeservice.cli.verify import make_verify_command
from badgeservice.openbadges import identity, strict_json
from badgeservice.openbadges.bakery import Version, svg
from badgeservice.verification.issuers import NOBODY_KNOWN

from .school import School
from .test_endorsements import Port, holding, issued


@pytest.fixture
def school():
    """The installation that the command opens."""
    return School()


@pytest.fixture
def run(school):
    """Run the command on that installation."""

    def invoke(*arguments, **options):
        command = make_verify_command(lambda: nullcontext((school.fetch, school, NOBODY_KNOWN)))
        return CliRunner().invoke(command, [*arguments], **options)

    return invoke


@pytest.fixture
def file(tmp_path):
    """Write a document to a file and return its path."""

    def write(document, name="badge.json"):
        path = tmp_path / name
        path.write_bytes(document if isinstance(document, bytes) else strict_json.dumps(document))
        return str(path)

    return write


AT = ("--at", "2026-11-23T09:00:00Z")


@pytest.mark.parametrize(
    ("change", "code", "sentence"),
    [
        ({}, 0, "✔ Badge authentique et actif"),
        ({"name": "Doctorat"}, 1, "✘ Ne vous fiez pas à ce fichier : son contenu a été modifié"),
        ({"proof": {"type": "Other"}}, 2, "! Nous n'avons pas pu tout vérifier"),
    ],
)
def test_the_exit_code_is_the_verdict(run, school, file, change, code, sentence):
    """0 green, 1 red, 2 amber, so that scripts need not read."""
    result = run(file(school.issue() | change), *AT)

    assert result.exit_code == code
    assert result.output.startswith(sentence)


def test_both_badges_of_an_image_are_shown(run, school, file):
    """What was found of each, one after the other."""
    image = b'<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>'
    image = svg.bake(image, strict_json.dumps(school.issue()).decode())
    older = '{"@context":"https://w3id.org/openbadges/v2","id":"https://mallory.example/1"}'
    both = svg.bake(image, older, version=Version.V2)

    result = run(file(both, "badge.svg"), *AT, "--lang", "en")

    assert result.exit_code != 0
    assert "This image holds two badges. The first: genuine badge, active." in result.output
    assert "(two_badges_read) [svg]" in result.output
    assert "(badge_read) [svg]" in result.output


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"hello"])
def test_no_badge_is_three(run, file, content):
    """Unreadable is not forged."""
    result = run(file(content), "--lang", "en")

    assert result.exit_code == 3
    assert result.output.startswith("? We find no badge in this file.")


def test_a_file_that_does_not_exist_is_three(run):
    """There is no badge to be read."""
    result = run("absent.json")

    assert result.exit_code == 3
    assert "absent.json" in result.output


def test_the_time_is_now_unless_given(run, school, file):
    """A badge that has ended, looked at after its end."""
    path = file(school.issue(validUntil="2026-11-21T00:00:00Z"))

    assert run(path, "--at", "2026-11-20T12:00:00Z").exit_code == 0
    assert run(path).exit_code == 1


@pytest.mark.parametrize("time", ["yesterday", "2026-11-23", "2026-11-23T09:00:00"])
def test_a_time_needs_its_zone(run, file, time):
    """Else the verdict would depend on the machine."""
    result = run(file(b"{}"), "--at", time)

    assert "2026-11-23T09:00:00Z" in result.output
    assert result.exit_code == 2


def test_standard_input_address_and_token_are_read(run, school):
    """However it is at hand."""
    badge = school.issue()
    school.put(badge["id"], badge)

    assert run("-", *AT, input=strict_json.dumps(badge)).exit_code == 0
    assert run(badge["id"], *AT).exit_code == 0
    assert run(school.issue_token(), *AT).exit_code == 0


def test_json_is_the_report(run, school, file):
    """For machines, whole."""
    badge = school.issue()

    result = run(file(badge), "--json", *AT)

    assert json.loads(result.output) == school.verify(badge).to_json()


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ((), {"LANG": "C"}, "Badge authentique et actif"),
        ((), {"LANG": "en_GB.UTF-8"}, "Genuine badge, active"),
        (("--lang", "fr"), {"LANG": "en_GB.UTF-8"}, "Badge authentique et actif"),
        (("--lang", "en"), {"LANG": "fr_FR.UTF-8"}, "Genuine badge, active"),
    ],
)
def test_the_language_is_asked_or_the_terminals(
    run, school, file, arguments, environment, expected
):
    """French unless said otherwise."""
    assert expected in run(file(school.issue()), *AT, *arguments, env=environment).output


def test_words_for_people_name_the_domain_first(run, school, file):
    """Then what the issuer calls itself, the person, the way, the days."""
    output = run(file(school.issue()), *AT, "--lang", "en").output

    assert "Issuer: badges.example · École d'exemple" in output
    assert "Person: Camille Durand" in output
    assert "How: quiz en ligne, non surveillé" in output
    assert "Issued on: 19 November 2026" in output
    assert "Valid until: 20 November 2028" in output


@pytest.mark.parametrize(
    ("who", "line"),
    [
        ("ada@example.org", "✔ This badge was issued to the person that you name."),
        ("eve@example.org", "✘ This badge was not issued to the address or identifier that you"),
        ("did:key:z6Mk", "! The badge does not say, in a way that can be compared, to whom"),
    ],
)
def test_whose_badge_it_is(run, school, file, who, line):
    """Said beside the verdict, and the exit code is the verdict's alone."""
    mail = {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": identity.digest("ada@example.org", "grain"),
        "identityType": "emailAddress",
        "salt": "grain",
    }
    subject = school.credential()["credentialSubject"] | {"identifier": [mail]}
    badge = file(school.issue(credentialSubject=subject))

    answer = run(badge, *AT, "--lang", "en", "--recipient", who)

    assert line in answer.output
    assert 0 == answer.exit_code
    assert who not in answer.output


def test_what_a_stranger_wrote_cannot_look_like_us(run, school, file):
    """No line of its own; what would reverse the writing is left out of names."""
    name = "Badge\n✔ Genuine badge,\u202e active\u2028"
    subject = school.credential()["credentialSubject"]
    subject["achievement"] = subject["achievement"] | {"name": name}

    output = run(file(school.issue(credentialSubject=subject)), *AT, "--lang", "en").output

    assert r"Badge\n✔ Genuine badge, active\u2028" in output
    assert 1 == output.count("\n✔") + output.startswith("✔")


@pytest.fixture
def documents(school, tmp_path):
    """The school's world as a folder."""
    index = {}
    for number, (address, answer) in enumerate(school.world.items()):
        (tmp_path / f"{number}.json").write_bytes(answer.body)
        index[address] = {"file": f"{number}.json"}
    (tmp_path / "index.json").write_text(json.dumps(index))
    return str(tmp_path)


def test_documents_stand_for_the_network_and_own_nothing(school, file, documents):
    """The installation is not even opened, so everyone is a stranger."""
    command = make_verify_command(lambda: pytest.fail("opened the installation"))

    result = CliRunner().invoke(
        command, [file(school.issue()), *AT, "--documents", documents, "--json"]
    )

    report = json.loads(result.output)
    assert result.exit_code == 2
    assert (report["integrity"], report["status"]) == ("valid", "active")
    assert report["issuer"] == "unknown"


def test_what_is_not_among_the_documents_is_not_checked(run, school, file, tmp_path):
    """No address is asked of anyone else."""
    (tmp_path / "index.json").write_text("{}")

    result = run(file(school.issue()), *AT, "--documents", str(tmp_path))

    assert result.exit_code == 2
    assert "not among the documents" in result.output
    assert school.asked == []


def test_a_faulty_folder_is_no_verdict(run, school, file, tmp_path):
    """Four: nothing was verified, so none of the verdicts' codes."""
    (tmp_path / "index.json").write_text("[]")

    assert run(file(school.issue()), "--documents", str(tmp_path)).exit_code == 4


def test_each_endorsement_has_a_line_of_its_own(run, school, file):
    """The words of a good one are shown; those of a bad one are not, for they are nobody's."""
    port = Port(school)
    bad = port.endorse(2)
    bad["credentialSubject"]["endorsementComment"] = "Nous embauchons."
    badge = issued(school, holding(school, port.endorse(1), bad))

    result = run(file(badge), *AT, "--lang", "en")

    assert result.exit_code == 0
    *_, first, second = result.output.split("\n\n")
    assert first.splitlines() == [
        "  ✔ Endorsement intact, signed by port.example",
        "    Le port",
        "    Nous recevons ceux qui l'ont, 1 fois.",
    ]
    assert second.splitlines() == [
        "  ✘ Do not rely on this endorsement: its content was changed",
        "    (bad_signature, not_asked)",
    ]


def test_an_endorsement_by_the_issuer_is_called_that(run, school, file):
    """So that nobody counts it as one more voice; and one that was not checked has another mark."""
    by_itself = Port(school).endorsement(issuer=school.profile(), credentialStatus=None)
    school.enter(by_itself)
    other = Port(school).endorse(2)
    badge = issued(school, holding(school, school.sign(by_itself), other))
    del school.world["https://port.example/issuer"]

    result = run(file(badge), *AT)

    *_, first, second = result.output.split("\n\n")
    assert "    Ce n'est pas l'avis d'un tiers" in first.splitlines()
    assert second.startswith("  ! Recommandation que nous n'avons pas pu vérifier")
