"""An offer shows exactly what will be signed, and nothing is signed before the tap."""

from __future__ import annotations

import json
import re
import threading
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import func, select

from badgeservice import extensions
from badgeservice.awarding.models import Award, AwardState
from badgeservice.issuing import halting, issue
from badgeservice.issuing.models import Badge, Intent
from badgeservice.people import accounts
from badgeservice.people.models import Person
from tests.web.conftest import Learner, csrf_token

# Drawn or written down only when the badge is received; the page says so.
DRAWN_LATER = ("id", "validFrom", "credentialStatus", "proof")


def shown_document(page: str) -> dict[str, object]:
    """Return the document in "the exact content that will be signed"."""
    found = re.search(r'<pre class="code"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert found is not None
    document: dict[str, object] = json.loads(unescape(found[1]))
    return document


def signed_count(app: Flask) -> int:
    """Return how many badges and intents to sign there are."""
    with app.app_context():
        session = extensions.db.session
        counts = (session.scalar(select(func.count()).select_from(t)) for t in (Badge, Intent))
        return sum(count or 0 for count in counts)


@pytest.fixture
def offer(learner) -> str:
    """The address of an offer that waits."""
    learner.pass_quiz()
    return learner.offer()


def preview(learner: Learner, offer: str, **choices: str) -> str:
    """Return the page of the preview under `choices`."""
    return learner.post(offer, offer, **choices).text


def test_looking_and_previewing_signs_nothing(app, learner, offer):
    """Not the offer, not its preview in the other language with a name."""
    before = signed_count(app)

    learner.get(offer)
    preview(learner, offer, with_name="yes", name="Léa", signed_language="en", visibility="public")

    assert before == signed_count(app)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", ["", "Léa Martin"])
def test_what_is_signed_is_what_was_shown(learner, offer, language, name):
    """Every key and value, but for what can only be drawn at that moment."""
    choices = {
        "with_name": "yes" if name else "no",
        "name": name,
        "signed_language": language,
        "visibility": "link",
    }
    shown = shown_document(preview(learner, offer, **choices))

    answer = learner.post(f"{offer}/recevoir", offer, **choices)
    public_id = answer.headers["Location"].rpartition("/")[2]

    signed = json.loads(learner.get(f"/b/{public_id}.json").data)
    assert settled(shown) == settled(signed)


def settled(document: dict[str, object]) -> dict[str, object]:
    """Return a document without what is drawn when it is signed."""
    kept = {key: value for key, value in document.items() if key not in DRAWN_LATER}
    text = json.dumps(kept, ensure_ascii=False)
    text = re.sub(r"http://localhost/b/[1-9A-HJ-NP-Za-km-z]+#", "#", text)
    return json.loads(re.sub(r"urn:uuid:[0-9a-f-]{36}", "urn:uuid:", text))  # type: ignore[no-any-return]


def test_a_badge_is_offered_without_a_name_unless_asked(learner, offer):
    """What is signed cannot be taken back."""
    page = learner.get(offer).text

    assert re.search(r'name="with_name" value="no" checked', page)
    assert "sans nom" in page


def test_nothing_is_chosen_in_advance_about_who_sees_the_page(learner, offer):
    """Publishing is the person's decision, so nobody takes it for them."""
    page = learner.get(offer).text

    choices = re.findall(r'<input type="radio" name="visibility"[^>]*>', page)
    assert 3 == len(choices)
    assert not any("checked" in choice for choice in choices)


def test_without_that_choice_nothing_is_signed(app, learner, offer):
    """The page says what is missing, and keeps the rest."""
    before = signed_count(app)

    answer = learner.post(f"{offer}/recevoir", offer, with_name="yes", name="Léa")

    assert 400 == answer.status_code
    assert "Choisissez qui peut voir la page de ce badge." in answer.text
    assert 'value="Léa"' in answer.text
    assert before == signed_count(app)


@pytest.mark.parametrize("name", ["", "   ", "\u202ereversed", "x" * 101, "12 34"])
def test_a_name_that_cannot_be_shown_is_not_signed(app, learner, offer, name):
    """The field says why, in words."""
    before = signed_count(app)

    answer = learner.post(f"{offer}/recevoir", offer, with_name="yes", name=name, visibility="link")

    assert 400 == answer.status_code
    assert 'aria-invalid="true"' in answer.text
    assert before == signed_count(app)


def test_a_second_tap_finds_the_first_badge(learner, offer):
    """Whatever the second tap asks for."""
    token = csrf_token(learner.get(offer))
    places = [
        learner.client.post(
            f"{offer}/recevoir", data={"csrf_token": token, "visibility": visibility}
        ).headers["Location"]
        for visibility in ("link", "public")
    ]

    assert places[0] == places[1]
    assert 1 == learner.get("/mon-espace").text.count("Visible avec le lien")


def test_two_taps_at_the_same_instant_make_one_badge(app, learner, offer):
    """A slow network and an impatient thumb."""
    before = signed_count(app)
    token = csrf_token(learner.get(offer))
    cookie = learner.client.get_cookie("session")
    assert cookie is not None
    barrier, codes = threading.Barrier(2), []

    def tap() -> None:
        browser = app.test_client()
        browser.set_cookie("session", cookie.value)
        barrier.wait()
        answer = browser.post(f"{offer}/recevoir", data={"csrf_token": token, "visibility": "link"})
        codes.append(answer.status_code)

    taps = [threading.Thread(target=tap) for _ in range(2)]
    for each in taps:
        each.start()
    for each in taps:
        each.join()

    assert before + 2 == signed_count(app)  # one intent, one credential
    assert 303 in codes
    assert all(code < 500 for code in codes)


def test_declining_signs_nothing_and_closes_the_offer(app, learner, offer):
    """What was learned stays; the person is not asked again."""
    before = signed_count(app)

    answer = learner.post(f"{offer}/refuser", offer)

    assert 303 == answer.status_code
    assert before == signed_count(app)
    space = learner.get("/mon-espace").text
    assert "Votre badge est prêt" not in space
    assert "Ce que vous avez appris reste" in space


def test_an_offer_that_was_declined_elsewhere_leads_on(app, learner, offer):
    """Two tabs, one answered: the other says so, without an error page."""
    with app.app_context():
        award = extensions.db.session.get_one(Award, offer.rpartition("/")[2])
        award.state = AwardState.DECLINED
        extensions.db.session.commit()

    answer = learner.post(f"{offer}/recevoir", "/mon-espace", visibility="link")

    assert 303 == answer.status_code
    assert "n'est plus ouverte" in learner.get("/mon-espace").text.replace("&#39;", "'")


def test_an_accepted_offer_leads_to_the_badge(learner):
    """The address in an old tab or mail still is good for something."""
    learner.pass_quiz()
    offer = learner.offer()
    learner.post(f"{offer}/recevoir", offer, visibility="link")

    assert learner.get(offer).headers["Location"].startswith("/mon-espace/badges/")


def test_the_name_is_proposed_for_the_next_badge(learner):
    """Typed once; it is only proposed, and still not shown unless asked."""
    learner.earn(name="Léa Martin")

    with learner.client.application.app_context():
        services = learner.client.application.extensions["badgeservice"]
        session = extensions.db.session
        names = {
            accounts.name_of(session, services.vault, person)
            for person in session.scalars(select(Person))
        }
    assert "Léa Martin" in names


def test_who_declined_by_mistake_can_change_their_mind(app, learner, offer):
    """Nothing is lost: the offer waits in the person's space, and can be taken up again."""
    learner.post(f"{offer}/refuser", offer)
    space = learner.get("/mon-espace")
    assert "Changer d'avis" in unescape(space.text)

    answer = learner.post(f"{offer}/reprendre", "/mon-espace")

    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(offer)
    assert learner.get(offer).status_code == 200
    assert "Changer d'avis" not in unescape(learner.get("/mon-espace").text)


@pytest.mark.parametrize(
    ("path", "language", "says"),
    [
        ("recevoir", "fr", "votre acceptation n&#39;est pas perdue"),
        ("accept", "en", "your acceptance is not lost"),
    ],
)
def test_an_acceptance_during_a_halt_is_kept(app, learner, offer, path, language, says):
    """The page says so in the language of the address; the badge comes without a second tap."""
    at = (
        offer
        if language == "fr"
        else offer.replace("/mon-espace/propositions", "/en/my-space/offers")
    )
    with app.app_context():
        session, here = extensions.db.session, extensions.services()
        halting.halt(session, reason="", actor="operator", now=here.clock())

    answer = learner.post(
        f"{at}/{path}", at, with_name="no", name="", signed_language="en", visibility="public"
    )

    assert (503, "600") == (answer.status_code, answer.headers["Retry-After"])
    assert says in answer.text
    with app.app_context():
        session, here = extensions.db.session, extensions.services()
        halting.resume(session, actor="operator", now=here.clock())
        (award,) = issue.unfinished(session)
        badge = issue.finish(session, here.office, award, now=here.clock())
        assert "public" == badge.visibility
