"""Short codes: typed from paper, they show a verdict, and nothing that leads to a person."""

from __future__ import annotations

import re
import secrets

import pytest
from flask import Flask
from sqlalchemy import select, update

from badgeservice import extensions, typed_codes
from badgeservice.errors import ConflictingChange
from badgeservice.extensions import services
from badgeservice.issuing import short_codes, states
from badgeservice.issuing.models import Badge, Reason, ShortCode, Visibility
from tests.web.conftest import show_to


@pytest.fixture
def code(app: Flask, public_id: str) -> str:
    """The code of Anaïs Lemoigne's badge, which carries her name and is public."""
    show_to(app, public_id, "public")
    return code_of(app, public_id)


def code_of(app: Flask, public_id: str) -> str:
    """Return the code that a badge was given, whoever may see it."""
    with app.app_context():
        found = select(ShortCode.code).where(ShortCode.public_id == public_id)
        return extensions.db.session.scalars(found).one()


def test_a_code_shows_the_verdict(client, code):
    """Whoever has only paper, and no camera."""
    page = client.get(f"/c/{code}")

    assert 200 == page.status_code
    assert "Badge authentique et actif" in page.text
    assert "Délivré par" in page.text
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert "no-store" == page.headers["Cache-Control"]


def test_attack_a_code_leads_to_no_person(client, code, public_id):
    """Whoever guesses codes gets neither a name nor an address, in either language."""
    for language in ("fr", "en"):
        page = client.get(f"/c/{code}?lang={language}").text

        for word in ("Lemoigne", "Anaïs", "Ana&iuml;s", public_id, "anais@", "/b/"):
            assert word not in page


def test_a_code_is_a_verdict_of_now(app, client, code, public_id):
    """As the page of the badge itself."""
    with app.app_context():
        states.revoke(
            extensions.db.session, services().office, public_id,
            reason=Reason.ISSUED_IN_ERROR, actor="test", now=services().clock(),
        )  # fmt: skip

    assert "retiré par l&#39;émetteur" in client.get(f"/c/{code}").text


@pytest.mark.parametrize(
    "retype",
    [
        str.lower,
        typed_codes.spaced,
        lambda code: f"  {code[:4]} {code[4:]} ",
        lambda code: " ".join(code),
        lambda code: code.replace("0", "O").replace("1", "l"),
        lambda code: f"{code[:4]}\u00a0{code[4:]}",
        "http://localhost/c/{}".format,
    ],
)
def test_the_page_for_checking_takes_a_code_as_it_was_meant(client, code, retype):
    """Lower case, hyphens, spaces and look-alikes are forgiven."""
    answer = client.post("/verifier", data={"badge": retype(code)})

    assert 303 == answer.status_code
    assert f"/c/{code}?lang=fr" == answer.headers["Location"]
    assert 200 == client.get(answer.headers["Location"]).status_code


@pytest.mark.parametrize("accept", ["text/html", "*/*", "application/json"])
def test_attack_a_private_code_and_one_that_never_was_answer_alike(
    app, client, code, public_id, accept
):
    """H5: byte for byte, so that no code tells whether somebody holds a badge."""
    answers = []
    for visibility in ("link", "private"):
        show_to(app, public_id, visibility)
        answers.append(client.get(f"/c/{code}", headers={"Accept": accept}))
    with app.app_context():
        extensions.db.session.delete(extensions.db.session.get_one(ShortCode, code))
        extensions.db.session.commit()
    answers.append(client.get(f"/c/{code}", headers={"Accept": accept}))

    assert {404} == {answer.status_code for answer in answers}
    # A problem document carries a reference of its own, the page none.
    reference = re.compile(rb"[0-9A-F]{4}-[0-9A-F]{4}" if accept == "application/json" else b"$^")
    assert 1 == len({reference.sub(b"", answer.data) for answer in answers})
    headers = [{k: v for k, v in each.headers if k.lower() != "x-request-id"} for each in answers]
    assert headers[0] == headers[1] == headers[2]


def test_attack_guessing_codes_is_slowed_down(client):
    """60 misses a minute: at a million public badges, a hit in twelve days."""
    tried = [client.get(f"/c/{typed_codes.draw(8)}").status_code for _ in range(61)]

    assert [404] * 60 == tried[:60]
    assert 429 == tried[60]


def test_reading_one_code_is_not_slowed_down(client, code):
    """A jury of thirty behind one address types the codes of its candidates."""
    assert {200} == {client.get(f"/c/{code}").status_code for _ in range(65)}


@pytest.mark.parametrize("odd", ["x", "A" * 9, "ÉÉÉÉÉÉÉÉ", "AAAAUAAA", "????????", "%00" * 8])
def test_attack_what_cannot_be_a_code_is_unknown(client, odd):
    """Neither an error of ours nor another answer."""
    assert 404 == client.get(f"/c/{odd}").status_code


def test_the_holder_and_the_printed_page_show_the_code_while_it_is_public(
    app, holder, client, code, public_id
):
    """It stands beside the QR code, and is gone when the badge is no longer public."""
    spaced = typed_codes.spaced(code)
    places = (holder.get, f"/mon-espace/badges/{public_id}"), (client.get, f"/b/{public_id}")

    assert [True, True] == [spaced in get(path).text for get, path in places]
    show_to(app, public_id, "link")
    assert [False, False] == [spaced in get(path).text for get, path in places]


def test_a_badge_keeps_its_code(app, code, public_id):
    """What is printed stays true when a badge is hidden for a while."""
    show_to(app, public_id, "private")
    show_to(app, public_id, "public")

    assert code == code_of(app, public_id)


def test_a_badge_that_was_never_public_has_no_code(app, public_id):
    """Nothing is made that nobody asked for."""
    with app.app_context():
        assert [] == extensions.db.session.scalars(select(ShortCode)).all()


def test_a_badge_accepted_as_public_has_a_code_at_once(app, learner):
    """Not only one that is made public afterwards."""
    assert code_of(app, learner.earn(visibility="public"))


def test_a_code_that_is_taken_is_drawn_anew(app, learner, code, public_id, monkeypatch):
    """Never two badges of one code, and never an endless search."""
    other = learner.earn()
    with app.app_context():
        session = extensions.db.session
        badge = session.get_one(Badge, other)
        badge.visibility = Visibility.PUBLIC
        drawn = iter([code, code, "ZZZZZZZZ"])
        monkeypatch.setattr(secrets, "choice", lambda _: next(letters))
        letters = (letter for text in drawn for letter in text)
        short_codes.give(session, badge)
        assert "ZZZZZZZZ" == short_codes.of(session, badge)
        session.rollback()

        letters = (letter for _ in range(5) for letter in code)
        badge = session.get_one(Badge, other)
        badge.visibility = Visibility.PUBLIC
        with pytest.raises(ConflictingChange):
            short_codes.give(session, badge)


def test_badges_that_were_public_before_there_were_codes_get_one(app, public_id):
    """Setup gives it, once."""
    with app.app_context():
        session = extensions.db.session
        session.execute(update(Badge).values(visibility=Visibility.PUBLIC))

        assert (1, 0) == (short_codes.give_missing(session), short_codes.give_missing(session))


def test_the_code_of_a_withdrawn_badge_says_so_and_is_not_given_again(app, client, code, public_id):
    """410, as at its address: whoever has the paper is not told that it was a forgery."""
    with app.app_context():
        states.withdraw(
            extensions.db.session, services().office, public_id,
            actor="test", now=services().clock(),
        )  # fmt: skip

    answer = client.get(f"/c/{code}")

    assert 410 == answer.status_code
    assert "Lemoigne" not in answer.text
    assert code == code_of(app, public_id)
