"""The life of a badge in its holder's hands: corrected, withdrawn, over, renewed, kept as files."""

from __future__ import annotations

import io
import json
import re
import threading
import zipfile
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import func, select

from badgeservice import extensions
from badgeservice.issuing import states
from badgeservice.issuing.hosting import PUBLIC_FORMATS
from badgeservice.issuing.models import (
    Badge,
    BadgeState,
    Credential,
    CredentialBytes,
    Format,
    Reason,
)
from tests.conftest import Clock
from tests.web.conftest import Learner, csrf_token, plain, show_to
from tests.web.test_badge_page import verdict
from tests.web.test_offers import settled, shown_document


@pytest.fixture
def page(public_id: str) -> str:
    """The address of the badge in its holder's space."""
    return f"/mon-espace/badges/{public_id}"


def words(text: str) -> str:
    """Return what a page says, as people read it."""
    return plain(unescape(re.sub(r"<[^>]+>", " ", text)))


def correct(holder: Learner, page: str, **fields: object) -> object:
    """Send the form of a correction as its page offers it; return the answer."""
    form = holder.get(f"{page}/corriger")
    edition = re.search(r'name="edition" value="(\d+)"', form.text)
    assert edition is not None
    choices = {"with_name": "yes", "name": "Anaïs Lemoigne", "signed_language": "fr"}
    return holder.post(
        f"{page}/remplacer", f"{page}/corriger", **{"edition": edition[1], **choices, **fields}
    )


def editions_of(app: Flask, public_id: str) -> int:
    """Return how many editions of a badge were ever signed."""
    with app.app_context():
        rows = select(func.count()).select_from(Credential).where(Credential.public_id == public_id)
        return extensions.db.session.scalar(rows) or 0


def revoke(app: Flask, public_id: str, reason: Reason = Reason.ISSUED_IN_ERROR) -> None:
    """Revoke a badge as its issuer."""
    with app.app_context():
        services = app.extensions["badgeservice"]
        states.revoke(
            extensions.db.session,
            services.office,
            public_id,
            reason=reason,
            actor="test",
            now=services.clock(),
        )


def suspend(app: Flask, public_id: str) -> None:
    """Suspend a badge as its issuer."""
    with app.app_context():
        now = app.extensions["badgeservice"].clock()
        states.suspend(
            extensions.db.session, extensions.services().office, public_id, actor="test", now=now
        )


# --- correcting ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "choices",
    [
        {"name": "Anaïs Lemoine"},
        {"with_name": "no"},
        {"signed_language": "en"},
        {"with_name": "no", "signed_language": "en", "name": ""},
    ],
)
def test_what_a_correction_signs_is_what_was_shown(holder, client, clock, page, public_id, choices):
    """Under the same address, to the day until when it is valid."""
    clock.advance(days=40)
    fields = {"with_name": "yes", "name": "Anaïs Lemoigne", "signed_language": "fr", **choices}
    shown = shown_document(holder.post(f"{page}/corriger", f"{page}/corriger", **fields).text)

    answer = correct(holder, page, **fields)

    assert (303, page) == (answer.status_code, answer.headers["Location"])
    signed = json.loads(client.get(f"/b/{public_id}.json").data)
    assert settled(shown) == settled(signed)
    assert shown["id"] == signed["id"]
    assert ("green", "Badge authentique et actif") == verdict(client.get(f"/b/{public_id}").text)


def test_looking_at_a_correction_signs_nothing(app, holder, page, public_id):
    """Neither the page nor the preview of other choices."""
    holder.get(f"{page}/corriger")
    holder.post(f"{page}/corriger", f"{page}/corriger", with_name="no", signed_language="en")

    assert 1 == editions_of(app, public_id)


def test_the_form_begins_with_what_the_badge_says(holder, page):
    """Whoever corrects one letter types one letter."""
    form = holder.get(f"{page}/corriger").text

    assert re.search(r'name="with_name" value="yes" checked', form)
    assert 'value="Anaïs Lemoigne"' in form
    assert re.search(r'name="signed_language" value="fr" checked', form)


def test_a_correction_leaves_who_may_see_the_page(app, holder, client, page, public_id):
    """Hidden is hidden: a correction publishes nothing."""
    show_to(app, public_id, "private")

    correct(holder, page, name="Anaïs Lemoine")

    assert 404 == client.get(f"/b/{public_id}").status_code


def test_the_holder_is_told_that_it_was_corrected(holder, clock, page):
    """And that the files kept before are no longer good."""
    clock.advance(days=40)
    correct(holder, page, name="Anaïs Lemoine")

    told = words(holder.get(page).text)
    assert "Votre badge est corrigé. Téléchargez ses nouveaux fichiers." in told
    assert "remplacé par sa version actuelle le 2 janvier 2027" in told


@pytest.mark.parametrize("name", ["", "   ", "\u202ereversed", "x" * 101])
def test_a_name_that_cannot_be_shown_is_not_signed(app, holder, page, public_id, name):
    """The field says why, beside it, and what was typed is still there."""
    answer = correct(holder, page, name=name)

    assert 400 == answer.status_code
    assert 'aria-invalid="true" aria-describedby="name-problem"' in answer.text
    assert 'id="name-problem"' in answer.text
    assert 1 == editions_of(app, public_id)


def test_a_correction_that_changes_nothing_is_not_signed(app, holder, page, public_id):
    """It would only spoil the files that the holder has sent."""
    answer = correct(holder, page)

    assert 400 == answer.status_code
    assert "Changez le nom, la langue ou l'ancienne version." in words(answer.text)
    assert 1 == editions_of(app, public_id)


def test_a_second_tap_makes_no_second_correction(app, holder, page, public_id):
    """Even when it asks for something else: it was about the badge of before."""
    token = csrf_token(holder.get(f"{page}/corriger"))
    for name in ("Anaïs Lemoine", "Anaïs Le Moigne"):
        fields = {"csrf_token": token, "edition": "1", "with_name": "yes", "name": name}
        answer = holder.client.post(f"{page}/remplacer", data=fields)
        assert (303, page) == (answer.status_code, answer.headers["Location"])

    assert 2 == editions_of(app, public_id)
    assert "Anaïs Lemoine" in holder.get(page).text


def test_two_taps_at_the_same_instant_make_one_correction(app, holder, page, public_id):
    """A slow network and an impatient thumb."""
    token = csrf_token(holder.get(f"{page}/corriger"))
    cookie = holder.client.get_cookie("session")
    assert cookie is not None
    barrier, codes = threading.Barrier(2), []

    def tap() -> None:
        browser = app.test_client()
        browser.set_cookie("session", cookie.value)
        barrier.wait()
        fields = {"csrf_token": token, "edition": "1", "with_name": "no", "signed_language": "fr"}
        codes.append(browser.post(f"{page}/remplacer", data=fields).status_code)

    taps = [threading.Thread(target=tap) for _ in range(2)]
    for each in taps:
        each.start()
    for each in taps:
        each.join()

    assert 2 == editions_of(app, public_id)
    assert [303, 303] == codes


@pytest.mark.parametrize("edition", ["", "0", "2", "one", "1 "])
def test_attack_a_correction_of_another_edition_is_not_made(app, holder, page, public_id, edition):
    """Whatever the form says it corrects, only what stands there now can be replaced."""
    answer = correct(holder, page, edition=edition, name="Anaïs Lemoine")

    assert 303 == answer.status_code
    assert 1 == editions_of(app, public_id)


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_a_badge_that_is_over_is_not_corrected(app, holder, clock, page, public_id, end):
    """Said before the form is filled in, and again to a form that was open meanwhile."""
    token = csrf_token(holder.get(f"{page}/corriger"))
    if end == "revoked":
        revoke(app, public_id)
    else:
        clock.advance(days=800)

    before = holder.get(f"{page}/corriger")
    fields = {"csrf_token": token, "edition": "1", "with_name": "no"}
    after = holder.client.post(f"{page}/remplacer", data=fields)

    assert (200, 409) == (before.status_code, after.status_code)
    for answer in (before, after):
        assert "Ce badge ne peut plus être corrigé" in words(answer.text)
        assert "rien n'est perdu" in words(answer.text)
        assert "/remplacer" not in answer.text
    assert 1 == editions_of(app, public_id)
    assert "Corriger ce badge" not in words(holder.get(page).text)
    assert 200 == holder.get(f"{page}/badge.png").status_code


def test_a_suspended_badge_can_be_corrected_and_stays_suspended(
    app, holder, client, page, public_id
):
    """A wrong name is no reason to wait, and a correction is no way out of a suspension."""
    suspend(app, public_id)

    answer = correct(holder, page, name="Anaïs Lemoine")

    assert 303 == answer.status_code
    assert ("red", "Badge suspendu par l'émetteur") == verdict(client.get(f"/b/{public_id}").text)


# --- withdrawing ---------------------------------------------------------------------------------


def test_withdrawing_is_confirmed_and_says_what_happens_first(app, holder, client, page, public_id):
    """Opening the page changes nothing."""
    told = words(holder.get(f"{page}/retirer").text)

    assert "Ce badge n'est plus public, à la demande de la personne concernée" in told
    assert "ne peuvent pas être rappelées" in told
    assert "On ne revient pas en arrière." in told
    assert 200 == client.get(f"/b/{public_id}").status_code


@pytest.mark.parametrize("path", ["", ".json", ".jwt", ".png", ".svg", ".rs256.jwt", "/qr.png"])
def test_a_withdrawn_badge_is_gone_for_people_and_programs(holder, client, page, public_id, path):
    """Neutral: at the person's request, and nothing that suggests a fault."""
    holder.post(f"{page}/retirer", f"{page}/retirer")

    answer = client.get(f"/b/{public_id}{path}")

    assert 410 == answer.status_code
    assert "n'est plus public, à la demande de la personne concernée" in words(answer.text)
    assert "Lemoigne" not in answer.text
    as_json = client.get(f"/b/{public_id}{path}", headers={"Accept": "application/json"})
    assert (410, "erased") == (as_json.status_code, as_json.json["code"])


def test_a_withdrawn_badge_that_was_private_stays_unknown(app, holder, client, page, public_id):
    """H5: 410 would say that it had existed."""
    show_to(app, public_id, "private")
    holder.post(f"{page}/retirer", f"{page}/retirer")

    assert 404 == client.get(f"/b/{public_id}").status_code
    assert 404 == client.get(f"/b/{public_id}.json").status_code


def test_withdrawing_destroys_our_copies(app, holder, page, public_id):
    """The register keeps that it existed, and nothing of what it said."""
    holder.post(f"{page}/retirer", f"{page}/retirer")

    with app.app_context():
        session = extensions.db.session
        assert BadgeState.WITHDRAWN == session.get_one(Badge, public_id).state
        kept = select(CredentialBytes).where(CredentialBytes.public_id == public_id)
        assert [] == session.scalars(kept).all()


def test_a_second_tap_and_an_old_tab_lead_back_to_the_space(holder, page):
    """The badge is gone from there too, so they must not end at a page that is not found."""
    token = csrf_token(holder.get(f"{page}/retirer"))
    for _ in range(2):
        answer = holder.client.post(f"{page}/retirer", data={"csrf_token": token})
        assert (303, "/mon-espace") == (answer.status_code, answer.headers["Location"])

    for tab in (page, f"{page}/corriger", f"{page}/retirer"):
        assert "/mon-espace" == holder.get(tab).headers["Location"]
    told = words(holder.get("/mon-espace").text)
    assert "Ce badge est retiré : il n'est plus public." in told
    assert "Vous n'avez pas encore de badge." in told


def test_attack_nobody_else_learns_that_a_badge_was_withdrawn(holder, learner, page):
    """W4: to a stranger a withdrawn badge and one that never was are the same."""
    holder.post(f"{page}/retirer", f"{page}/retirer")

    assert 404 == learner.get(page).status_code
    assert 404 == learner.get("/mon-espace/badges/1111111111111111111111").status_code


# --- what became of it ---------------------------------------------------------------------------


def test_the_holder_of_a_revoked_badge_reads_why_and_whom_to_ask(app, holder, page, public_id):
    """The reason is neutral, and a person answers."""
    revoke(app, public_id, Reason.EVIDENCE_WITHDRAWN)

    told = words(holder.get(page).text)
    assert "retiré par l'émetteur le 23 novembre 2026" in told
    assert "la preuve sur laquelle il reposait a été retirée" in told
    assert "une personne vous répondra" in told
    assert "Retiré par l'émetteur" in words(holder.get("/mon-espace").text)


@pytest.mark.parametrize("end", ["", "suspended", "revoked", "expired"])
def test_only_a_badge_in_force_is_proposed_for_a_profile_or_a_cv(
    app, holder, clock, page, public_id, end
):
    """What is over can still be looked at as others see it, and is not to be shown off."""
    if end == "expired":
        clock.advance(days=800)
        holder.sign_in()
    elif end:
        {"suspended": suspend, "revoked": revoke}[end](app, public_id)

    told = words(holder.get(page).text)

    for offered in ("Ajouter à mon profil LinkedIn", "Publier sur LinkedIn", "Phrase pour mon CV"):
        assert (offered in told) == (not end)
    assert "Voir la page comme un employeur" in told


def test_the_holder_of_a_suspended_badge_has_nothing_to_do(app, holder, page, public_id):
    """And is told so."""
    suspend(app, public_id)

    told = words(holder.get(page).text)
    assert "Badge suspendu par l'émetteur" in told
    assert "Vous n'avez rien à faire" in told
    assert "Suspendu par l'émetteur" in words(holder.get("/mon-espace").text)


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (600, None),
        (680, "Il se termine bientôt. Pour le renouveler, validez de nouveau vos acquis"),
        (800, "Il reste authentique, et dit jusqu'à quand il a valu. Pour le renouveler"),
    ],
)
def test_the_holder_is_told_in_time_how_to_renew(app, holder, learner, clock, page, days, says):
    """From sixty days before the end, and after it."""
    clock.advance(days=days)
    holder.sign_in()  # the session of two years ago is over

    told = words(holder.get(page).text)

    assert (says in told) if says else ("renouveler" not in told)


@pytest.fixture
def renewed(holder: Learner, clock: Clock, public_id: str) -> str:
    """The badge that the holder earned when the first one was about to end."""
    clock.advance(days=690)
    holder.sign_in()
    return holder.earn(visibility="link")


def test_a_renewed_badge_leads_to_the_newer_one_and_back(holder, client, page, public_id, renewed):
    """For its holder, and for whoever still has the former link."""
    assert renewed != public_id
    assert f'href="/mon-espace/badges/{renewed}"' in holder.get(page).text
    assert f'href="{page}"' in holder.get(f"/mon-espace/badges/{renewed}").text
    assert f'href="/b/{renewed}?lang=fr"' in client.get(f"/b/{public_id}").text
    assert f'href="/b/{public_id}?lang=fr"' in client.get(f"/b/{renewed}").text
    assert "Renouvelé par un badge plus récent" in words(holder.get("/mon-espace").text)


@pytest.mark.parametrize(
    ("former", "newer", "forth", "back"),
    [
        ("link", "private", False, False),
        ("public", "link", False, True),
        ("link", "public", True, False),
        ("public", "public", True, True),
        ("private", "link", False, False),
    ],
)
def test_attack_a_page_leads_nobody_to_a_badge_shown_to_fewer(
    app, client, public_id, renewed, former, newer, forth, back
):
    """H5: a link that only some have must not stand on a page that everybody finds."""
    show_to(app, public_id, former)
    show_to(app, renewed, newer)

    assert forth == (f"/b/{renewed}" in client.get(f"/b/{public_id}").text)
    assert back == (f"/b/{public_id}" in client.get(f"/b/{renewed}").text)


# --- files ---------------------------------------------------------------------------------------


def test_every_form_that_is_kept_can_be_downloaded(holder, page):
    """The two that people need first; the others folded, none forgotten."""
    shown = holder.get(page).text
    listed = re.findall(rf'href="{page}/badge\.([a-z0-9.]+)"', shown)

    assert ["png", "json"] == listed[:2]
    assert sorted(form.suffix for form in PUBLIC_FORMATS) == sorted(listed)
    assert shown.index("Les autres fichiers") < shown.index(f"{page}/badge.svg")
    for suffix in listed:
        assert 200 == holder.get(f"{page}/badge.{suffix}").status_code


# --- the older version, of Open Badges 2.0 -------------------------------------------------------


def assertion(learner: Learner, public_id: str) -> tuple[str, dict[str, object]]:
    """Return the address of the older version, from its holder's page, and what stands there."""
    shown = learner.get(f"/mon-espace/badges/{public_id}").text
    found = re.search(r'id="ob2-address"[^>]* value="http://localhost([^"]+)"', shown)
    assert found is not None
    return found[1], json.loads(learner.client.application.test_client().get(found[1]).data)


def test_the_older_version_is_not_chosen_in_advance_and_says_what_it_shows(learner):
    """Minimised: whoever wants it reads first what it says of them, and to whom."""
    learner.pass_quiz()
    page = learner.get(learner.offer()).text

    assert re.search(r'<input type="checkbox" name="ob2" value="yes"[^>]*>', page)
    assert not re.search(r'name="ob2"[^>]* checked', page)
    assert "une empreinte de votre adresse e-mail" in words(page)
    assert "qui la connaît ou la devine peut s'assurer que c'est la vôtre" in words(page)
    assert "n'est visible que par vous, personne ne peut vérifier" in words(page)


def test_who_wants_the_older_version_gets_it_without_their_address(learner):
    """Hosted, signed, and in one image with the newer: every file is there to be downloaded."""
    learner.pass_quiz()
    offer = learner.offer()
    answer = learner.post(f"{offer}/recevoir", offer, visibility="link", ob2="yes")
    public_id = answer.headers["Location"].rpartition("/")[2]

    path, hosted = assertion(learner, public_id)

    assert f"http://localhost{path}" == hosted["id"]
    assert "lea@example.org" not in json.dumps(hosted)
    page = f"/mon-espace/badges/{public_id}"
    listed = re.findall(rf'href="{page}/badge\.([a-z0-9.]+)"', learner.get(page).text)
    assert sorted(form.suffix for form in Format) == sorted(listed)
    for suffix in listed:
        assert 200 == learner.get(f"{page}/badge.{suffix}").status_code


def test_the_preview_remembers_that_the_older_version_is_wanted(learner):
    """And has the explanation open, not folded."""
    learner.pass_quiz()
    offer = learner.offer()

    page = learner.post(offer, offer, ob2="yes").text

    assert re.search(r'name="ob2"[^>]* checked', page)
    assert '<details class="fold" open>' in page


def test_a_correction_can_add_the_older_version_and_take_it_away(holder, page, public_id):
    """It is a choice like the others; the one that was made is shown as made."""
    assert 303 == correct(holder, page, ob2="yes").status_code
    path, _ = assertion(holder, public_id)
    assert re.search(r'name="ob2"[^>]* checked', holder.get(f"{page}/corriger").text)
    assert 400 == correct(holder, page, ob2="yes").status_code  # nothing would change

    assert 303 == correct(holder, page).status_code

    assert "ob2-address" not in holder.get(page).text
    assert 410 == holder.client.application.test_client().get(path).status_code


# --- the dashboard -------------------------------------------------------------------------------


def test_who_has_no_badge_is_not_told_to_show_any(learner):
    """After declining the only offer there is nothing to show."""
    learner.pass_quiz()
    offer = learner.offer()
    learner.post(f"{offer}/refuser", offer)

    told = words(learner.get("/mon-espace").text)
    assert "Vous avez tout validé." in told
    assert "montrez vos badges" not in told


def test_who_has_a_badge_that_is_over_is_not_either(app, holder, public_id):
    """Nobody is sent to show what is not in force."""
    revoke(app, public_id)

    told = words(holder.get("/mon-espace").text)
    assert "Vous avez tout validé." in told
    assert "montrez vos badges" not in told


def test_who_has_a_badge_is(holder):
    """The other half of the sentences above."""
    assert "montrez vos badges" in words(holder.get("/mon-espace").text)


# --- the offline kit -----------------------------------------------------------------------------


def test_the_holder_takes_the_kit_from_the_page(holder, page, public_id):
    """With the badge as it was released, under a name that says which it is."""
    link = re.search(r'href="([^"]+\.zip)"', holder.get(page).text)
    assert link is not None

    answer = holder.get(link[1])

    assert (200, "application/zip") == (answer.status_code, answer.content_type)
    assert f"{public_id}-kit.zip" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as kit:
        assert holder.get(f"{page}/badge.json").data == kit.read("badge.json")


def test_nobody_else_takes_it(learner, client, page):
    """The badge may be private; so is what contains it."""
    assert 404 == learner.get(f"{page}/dossier.zip").status_code
    assert client.get(f"{page}/dossier.zip").status_code in (302, 303, 401)


def test_kits_are_not_made_without_end(holder, page):
    """Each keeps the machine busy, so whoever asks on and on is told to wait."""
    missing = f"/mon-espace/badges/{'1' * 22}/dossier.zip"

    assert {404} == {holder.get(missing).status_code for _ in range(6)}
    assert 429 == holder.get(f"{page}/dossier.zip").status_code
