"""The pages of a partner: whoever acts for it sees its lists, and nobody else sees that they exist."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from badgeservice import worker
from badgeservice.evidence.sources import tables, xlsx
from badgeservice.extensions import db, services
from badgeservice.people import accounts, email_address, members
from badgeservice.people.models import Organisation, Role
from tests.conftest import Clock, Letters
from tests.partners.lists.conftest import TITLES, line, organisation
from tests.web.conftest import Learner, csrf_token, plain

pytestmark = pytest.mark.any_database

SPACE = "/partenaire/fim"


@dataclass
class Member(Learner):
    """Someone who acts for the partner, with a browser."""

    def upload(self, data: str | bytes, name: str = "liste.csv", **fields: str) -> TestResponse:
        """Upload a list; return the page that it leads to, or the page that says why not."""
        raw = data.encode() if isinstance(data, str) else data
        token = csrf_token(self.get(SPACE))
        return self.client.post(
            f"{SPACE}/listes",
            data={"csrf_token": token, "file": (io.BytesIO(raw), name), **fields},
            follow_redirects=True,
        )

    def send(self, place: str, path: str, **fields: str) -> TestResponse:
        """Send the form at `path` of the list at `place`."""
        token = csrf_token(self.get(SPACE))
        return self.client.post(
            f"{place}/{path}", data={"csrf_token": token, **fields}, follow_redirects=True
        )


@pytest.fixture
def member(app: Flask, letters: Letters, clock: Clock) -> Member:
    """A member of FIM, signed in."""
    person = Member(app.test_client(), letters, "le-gall@example.org")
    person.sign_in()
    with app.app_context():
        join(organisation(db.session, "fim", clock()), person.email, clock)
        db.session.commit()
    return person


def join(partner: Organisation, email: str, clock: Clock) -> None:
    """Let the person with this address act for a partner."""
    found = accounts.find(db.session, services().vault, email_address.parse(email))
    assert found is not None
    members.add(db.session, partner, found, Role.SUBMIT, clock())


def says(answer: TestResponse) -> str:
    """Return what the main part of a page says."""
    main = re.search(r"<main.*?</main>", answer.text, re.DOTALL)
    assert main is not None
    return plain(unescape(re.sub(r"<[^>]+>", " ", main[0])))


def test_a_list_from_its_file_to_its_fates(app: Flask, member: Member) -> None:
    """Upload, preview, correct, send, progress, fates, report: without a script."""
    assert "Aucune liste pour l'instant" in says(member.get(SPACE))

    preview = member.upload(TITLES + line(1) + line(2, day="hier") + line(3).replace("@", ""))
    place = preview.request.path
    assert "Rien n'est encore enregistré" in says(preview)
    assert "Lignes prêtes : 1" in says(preview)
    assert "Lignes à corriger : 2" in says(preview)
    assert "Ligne 3" in says(preview)
    assert "Date hier – Cette date ne se lit pas. Attendu : jj/mm/aaaa" in says(preview)

    fields = {"r3-date": "20/11/2026", "r4-email": "p3@", "r9-date": "x", "r4-role": "admin"}
    corrected = member.send(place, "corriger", **fields)
    assert "Corrigées ou retirées entre-temps : lignes 9." in says(corrected)
    assert "Lignes corrigées : 1. Encore à corriger : 1." in says(corrected)
    told = member.get(f"{place}/a-corriger.csv")
    assert "attachment" in told.headers["Content-Disposition"]
    assert 2 == len(told.text.splitlines())

    assert "Cochez cette case" in says(member.send(place, "envoyer", without="1"))
    changed = member.send(place, "envoyer", without="0", attested="yes")
    assert "La liste a changé" in says(changed)
    sent = member.send(place, "envoyer", without="1", attested="yes")
    assert "En attente" in says(sent)
    assert "5" == sent.headers["Refresh"]

    worker.run_waiting(app)
    done = member.get(place)
    assert "Enregistrée 2" in says(done)
    assert "Laissée de côté 1" in says(done)
    assert "4 Laissée de côté · p3@ Vérifiez la fin de l'adresse" in says(done)
    assert "2 Enregistrée" in says(member.get(f"{place}?all="))
    assert 4 == len(member.get(f"{place}/rapport.csv").text.splitlines())

    again = member.send(place, "envoyer", without="1", attested="yes")
    assert "Enregistrée 2" in says(again)
    assert "Liste du" in says(member.get(SPACE))


def test_a_line_with_cells_too_many_is_not_passed_by_correcting_another(member: Member) -> None:
    """Saving line 2 says nothing of line 3, of which nobody changed a cell."""
    bad = line(1).replace("réussi", "oui")
    wide = line(2).replace("\n", ";a remark\n")
    place = member.upload(TITLES + bad + wide).request.path
    page = member.get(place).text
    as_shown = dict(re.findall(r'<input class="input" id="(r3-\w+)"[^>]* value="([^"]*)"', page))
    as_shown |= {"r3-statut": "réussi", "r3-activite": "cyber-1"}

    saved = member.send(place, "corriger", **as_shown, **{"r2-statut": "réussi"})

    assert "Lignes corrigées : 1. Encore à corriger : 1." in says(saved)

    right = member.send(place, "corriger", **as_shown, **{"r3-right": "yes"})

    assert "Encore à corriger : 0." in says(right)


def test_what_is_typed_beside_a_line_corrected_elsewhere_is_not_lost(member: Member) -> None:
    """Two tabs: the other one corrected line 2, and this one still shows it."""
    place = member.upload(TITLES + line(1, status="oui") + line(2, day="hier")).request.path
    member.send(place, "corriger", **{"r2-statut": "réussi"})

    late = member.send(place, "corriger", **{"r2-statut": "oui", "r3-date": "20/11/2026"})

    assert "Corrigées ou retirées entre-temps : lignes 2." in says(late)
    assert "Lignes prêtes : 2" in says(late)


def test_the_same_file_again_leads_to_its_list(app: Flask, member: Member) -> None:
    """And says that nothing was added."""
    first = member.upload(TITLES + line(1))
    again = member.upload(TITLES + line(1), name="other.csv")

    assert first.request.path == again.request.path
    assert "Rien n'a été ajouté" in says(again)


def test_an_unreadable_file_says_why_and_keeps_nothing(member: Member) -> None:
    """In the reader's words, with 400 or 413, and the list of lists stays empty."""
    for data, status, words in (
        (b"", 400, "Choisissez un fichier"),
        ("nom;mail\n", 400, "Colonne obligatoire absente : statut, date, activité"),
        (b"%PDF-1.7", 400, "n'est pas un tableau"),
        (TITLES + 'x;"', 400, "La ligne 2 a un guillemet"),
        (b"x" * (tables.MAXIMUM_BYTES + 1), 413, "trop volumineux"),
        (b"x" * (tables.MAXIMUM_BYTES + 200_000), 413, "trop volumineux"),
    ):
        answer = member.upload(data)
        assert status == answer.status_code, words
        assert words in says(answer)
    assert "Aucune liste pour l'instant" in says(member.get(SPACE))


def test_a_file_may_be_larger_than_what_other_pages_take(member: Member) -> None:
    """Four megabytes of remarks in a column that is not read."""
    wide = TITLES.replace("\n", ";remarque\n") + line(1).replace("\n", ";") + "x" * 4_000
    rows = "".join(f"\n;;;;;;;{'x' * 4_000}" for _ in range(1_000))

    answer = member.upload(wide + rows)

    assert "qui ne sont pas gardées : remarque" in says(answer)
    assert "Lignes prêtes : 1" in says(answer)
    assert "Lignes à corriger : 1 000" in says(answer)


def test_a_line_or_a_list_is_taken_away(member: Member) -> None:
    """A line by its button, the whole list by another."""
    place = member.upload(TITLES + line(1) + line(2, day="?")).request.path

    left = member.send(place, "corriger", leave_out="3")
    assert "Lignes retirées : 1" in says(left)
    gone = member.send(place, "oublier")

    assert "Liste oubliée" in says(gone)
    assert 404 == member.get(place).status_code


def test_templates_are_lists_that_can_be_read(member: Member) -> None:
    """Both files, in both languages: every column is found, and the activities are listed."""
    for start, language in (("", "fr"), ("/en", "en")):
        base = SPACE if language == "fr" else "/partner/fim"
        name = "modele" if language == "fr" else "template"
        for suffix in ("csv", "xlsx"):
            data = member.get(f"{start}{base}/{name}.{suffix}").data
            table = tables.read(data)
            assert list(tables.Column) == list(table.columns)
            assert () == table.ignored
        with_notes = io.BytesIO(data)
        assert b"PK" == with_notes.read(2)
        assert list(xlsx.rows(data)) == [(1, list(table_titles(language)))]


def table_titles(language: str) -> tuple[str, ...]:
    """Return the titles of the template."""
    if language == "fr":
        return ("nom", "prénom", "e-mail", "activité", "statut", "date", "score")
    return ("last name", "first name", "e-mail", "activity", "status", "date", "score")


def test_what_stands_in_a_list_is_text(member: Member) -> None:
    """W1: markup in a file is shown, never read, wherever it stands."""
    attack = "<script>alert(1)</script>"
    text = TITLES.replace("\n", f";{attack}\n")
    text += f"{attack};{attack};{attack};{attack};{attack};{attack};{attack};\n"

    page = member.upload(text, name=f"{attack}.csv").text

    assert attack not in page
    assert "&lt;script&gt;" in page


def everything_of(place: str) -> list[tuple[str, str]]:
    """Return each address of the partner and of a list, with its method."""
    reads = ["", "/rapport.csv", "/a-corriger.csv"]
    writes = ["/corriger", "/envoyer", "/oublier"]
    return [
        ("GET", SPACE), ("GET", f"{SPACE}/modele.csv"), ("POST", f"{SPACE}/listes"),
        *(("GET", place + end) for end in reads),
        *(("POST", place + end) for end in writes),
    ]  # fmt: skip


def test_another_partners_list_does_not_exist(
    app: Flask, member: Member, learner: Learner, clock: Clock, client: FlaskClient
) -> None:
    """E2: a member of another partner is answered as for what is unknown; a visitor signs in."""
    place = member.upload(TITLES + line(1)).request.path
    with app.app_context():
        join(organisation(db.session, "iut", clock()), learner.email, clock)
        db.session.commit()
    token = csrf_token(learner.get("/partenaire/iut"))

    def answer(method: str, path: str) -> tuple[int, str]:
        found = learner.client.open(path, method=method, data={"csrf_token": token})
        return found.status_code, re.sub(r"[0-9A-F]{4}-[0-9A-F]{4}", "", found.text)

    unknown = place.replace("fim", "nobody")
    for method, path in everything_of(place):
        found, missing = answer(method, path), answer(method, path.replace("fim", "nobody"))
        assert 404 == found[0], path
        assert found[1].replace("fim", "nobody") == missing[1]
        assert 303 == client.open(path, method=method).status_code or method == "POST"
    own = place.replace("fim", "iut")
    assert (404, 404) == (answer("GET", own)[0], answer("GET", unknown)[0])
    assert "Lignes prêtes : 1" in says(member.get(place)), "nothing has changed"


def test_a_person_without_a_partner_is_told(learner: Learner, member: Member) -> None:
    """And whoever acts for one is led there."""
    assert "aucun organisme partenaire" in says(learner.get("/partenaire"))
    assert SPACE == member.get("/partenaire").headers["Location"]
    assert "Espace partenaire FIM" in says(member.get("/mon-espace"))


def test_uploads_are_counted_by_member(member: Member) -> None:
    """A training centre shares one address; a member who uploads without end waits."""
    statuses = {member.upload("x").status_code for _ in range(11)}

    assert {400, 429} == statuses
