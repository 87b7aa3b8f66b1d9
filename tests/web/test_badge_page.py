"""The badge page says what is true at this moment, and nothing about a person who did not agree."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

import pytest
from flask import Flask

from badgeservice import extensions
from badgeservice.erasure import erase
from badgeservice.erasure.ledger import Choice
from badgeservice.errors import FetchFailed
from badgeservice.issuing import endorsements, states
from badgeservice.issuing.models import CredentialBytes, Reason, ReleasedForm, StatusList
from badgeservice.openbadges import v3
from badgeservice.verification import recognise, verify_endorsement
from badgeservice.verification.register import EmptyRegister
from badgeservice.web.public import recognition
from tests.conftest import Clock
from tests.issuing.conftest import BADGE, Desk
from tests.issuing.test_endorsements import Port
from tests.web.conftest import plain, show_to

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


def verdict(page: str) -> tuple[str, str]:
    """Return the tone of the verdict and its sentence."""
    tone = re.search(r'class="verdict verdict-(\w+)"', page)
    words = re.search(r'class="verdict-words"><strong>(.*?)</strong>', page)
    assert tone is not None
    assert words is not None
    return tone[1], plain(unescape(words[1]))


def now_of(app: Flask) -> datetime:
    """Return the instant of the application's clock."""
    instant: datetime = app.extensions["badgeservice"].clock()
    return instant


# --- verdicts ------------------------------------------------------------------------------------


def test_a_badge_in_force_is_green(client, public_id):
    """The sentence that an employer reads first."""
    assert ("green", "Badge authentique et actif") == verdict(client.get(f"/b/{public_id}").text)


def test_the_verdict_is_reached_anew_at_each_visit(app, client, clock, public_id):
    """A page that was green must not stay green by habit."""
    assert "green" == verdict(client.get(f"/b/{public_id}").text)[0]

    with app.app_context():
        states.revoke(
            extensions.db.session,
            app.extensions["badgeservice"].office,
            public_id,
            reason=Reason.ISSUED_IN_ERROR,
            actor="test",
            now=now_of(app),
        )

    tone, words = verdict(client.get(f"/b/{public_id}").text)
    assert "red" == tone
    assert "retiré par l'émetteur le 23 novembre 2026" in words


def test_an_expired_badge_says_until_when_it_was_valid(client, clock, public_id):
    """Expired is not withdrawn: the badge is genuine, and says so."""
    clock.advance(days=800)

    tone, words = verdict(client.get(f"/b/{public_id}").text)
    assert "red" == tone
    assert "valable jusqu'au 23 novembre 2028" in words


@pytest.mark.parametrize("published", [b"", b"{}", b"not json"])
def test_an_unreadable_status_list_is_amber_and_never_green(app, client, public_id, published):
    """What could not be checked is not a pass."""
    with app.app_context():
        for row in extensions.db.session.query(StatusList):
            row.published = published
        extensions.db.session.commit()

    tone, words = verdict(client.get(f"/b/{public_id}").text)
    assert "amber" == tone
    assert "ne concluez pas encore" in words


def test_attack_bytes_changed_in_the_database_are_red(app, client, public_id):
    """H8: even we cannot change a badge quietly."""
    services = app.extensions["badgeservice"]
    with app.app_context():
        session = extensions.db.session
        row = session.get_one(CredentialBytes, (public_id, 1, "json"))
        field = "credential_bytes.json"
        content = services.vault.unseal(session, row.holder_id, field, row.sealed)
        forged = content.replace(b"Ana\xc3\xafs", b"Maria")
        assert forged != content
        row.sealed = services.vault.seal(session, row.holder_id, field, forged)
        session.commit()

    tone, words = verdict(client.get(f"/b/{public_id}").text)
    assert "red" == tone
    assert "son contenu a été modifié" in words


# --- who sees what -------------------------------------------------------------------------------


def test_a_private_badge_and_an_unknown_one_look_the_same(app, client, public_id):
    """H5: nobody can find out which badges exist."""
    show_to(app, public_id, "private")

    private = client.get(f"/b/{public_id}")
    unknown = client.get("/b/7YWHMfk9JZe3LM9g1ZauHu")

    assert 404 == private.status_code == unknown.status_code
    assert without_reference(private.text, public_id) == without_reference(
        unknown.text, "7YWHMfk9JZe3LM9g1ZauHu"
    )
    assert "n&#39;est pas publique" in private.text or "n'est pas publique" in private.text


@pytest.mark.parametrize("form", ["json", "jwt", "png"])
def test_the_files_of_a_private_badge_are_not_served(app, client, public_id, form):
    """They would say everything that the page does not."""
    show_to(app, public_id, "private")

    assert 404 == client.get(f"/b/{public_id}.{form}").status_code
    assert 404 == client.get(f"/b/{public_id}/qr.png").status_code
    assert 404 == client.get(f"/b/{public_id}", headers={"Accept": "application/json"}).status_code


def test_the_holder_keeps_the_files_of_a_private_badge(app, holder, public_id):
    """They are theirs."""
    show_to(app, public_id, "private")

    answer = holder.get(f"/mon-espace/badges/{public_id}/badge.png")

    assert 200 == answer.status_code
    assert answer.data.startswith(b"\x89PNG")
    assert "attachment" in answer.headers["Content-Disposition"]


def test_hiding_a_badge_takes_effect_at_once(holder, client, public_id):
    """Visibility is not signed, so it can change at any time."""
    page = f"/mon-espace/badges/{public_id}"
    holder.post(f"{page}/visibilite", page, visibility="private")

    assert 404 == client.get(f"/b/{public_id}").status_code


def erase_holder(app: Flask, public_id: str, choice: Choice = Choice.KEEP_BADGES) -> None:
    """Erase the holder of a badge, who leaves it in force unless they chose otherwise."""
    with app.app_context():
        session, here = extensions.db.session, app.extensions["badgeservice"]
        erase.erase(
            session,
            here.office,
            here.erasures,
            here.mailer,
            person_id=session.get_one(CredentialBytes, (public_id, 1, "json")).holder_id,
            choice=choice,
            actor="test",
            now=now_of(app),
        )


def test_a_badge_outlives_the_data_of_its_holder(app, client, public_id):
    """Genuine and issued on that day is all that is left to say: no name, no evidence."""
    erase_holder(app, public_id)

    answer = client.get(f"/b/{public_id}")

    assert 200 == answer.status_code
    tone, words = verdict(answer.text)
    assert ("grey", "Badge authentique, délivré par Cotentin Digital") == (tone, words[:47])
    assert "le 23 novembre 2026" in words
    assert "ont été effacées, à sa demande" in plain(unescape(answer.text))
    assert "Lemoigne" not in answer.text
    assert "Comment cela a été vérifié" not in answer.text
    assert "noindex" == answer.headers["X-Robots-Tag"]


@pytest.mark.parametrize("path", [".json", ".jwt", ".png", ".svg"])
def test_the_files_of_an_erased_holder_are_gone(app, client, public_id, path):
    """410 to people and programs, not "there never was one"."""
    erase_holder(app, public_id)

    assert 410 == client.get(f"/b/{public_id}{path}").status_code
    assert 410 == client.get(f"/b/{public_id}", headers={"Accept": "application/json"}).status_code


@pytest.mark.parametrize(
    ("what", "tone", "says"),
    [
        ("suspended", "red", "Badge suspendu par l'émetteur"),
        ("expired", "grey", "Badge authentique, valable jusqu'au 23 novembre 2028"),
    ],
)
def test_a_badge_without_its_holder_still_has_its_state(
    app, client, clock, public_id, what, tone, says
):
    """Erasing a person does not put their badge in force."""
    erase_holder(app, public_id)
    if what == "expired":
        clock.advance(days=800)
    else:
        with app.app_context():
            states.suspend(
                extensions.db.session,
                extensions.services().office,
                public_id,
                actor="test",
                now=now_of(app),
            )

    assert (tone, says) == verdict(client.get(f"/b/{public_id}").text)


def test_a_revoked_badge_without_its_holder_accuses_nobody(app, client, public_id):
    """There is nobody left to whom a reason could be told."""
    with app.app_context():
        office = app.extensions["badgeservice"].office
        reason = Reason.ISSUED_IN_ERROR
        session = extensions.db.session
        states.revoke(session, office, public_id, reason=reason, actor="test", now=now_of(app))
    erase_holder(app, public_id)

    answer = client.get(f"/b/{public_id}")

    assert 410 == answer.status_code
    assert "à la demande de la personne concernée" in answer.text


def test_a_private_badge_without_its_holder_stays_unknown(app, client, public_id):
    """Nobody could see it before; erasing its holder publishes nothing."""
    show_to(app, public_id, "private")
    erase_holder(app, public_id)

    assert 404 == client.get(f"/b/{public_id}").status_code


def test_a_suspended_badge_says_that_it_is_being_looked_into(app, client, public_id):
    """And not to conclude anything yet."""
    with app.app_context():
        states.suspend(
            extensions.db.session,
            extensions.services().office,
            public_id,
            actor="test",
            now=now_of(app),
        )

    page = client.get(f"/b/{public_id}").text
    assert ("red", "Badge suspendu par l'émetteur") == verdict(page)
    assert "Ne concluez rien avant qu'il ait terminé" in plain(unescape(page))
    assert "(suspendu)" in open_graph(page)["title"]


@pytest.mark.parametrize("visibility", ["link", "public"])
def test_only_a_public_badge_may_be_indexed(app, client, public_id, visibility):
    """“People who have the link” does not mean search engines."""
    show_to(app, public_id, visibility)

    answer = client.get(f"/b/{public_id}")

    assert (visibility == "link") == ("noindex" in answer.headers.get("X-Robots-Tag", ""))
    assert (visibility == "link") == ('content="noindex"' in answer.text)


def test_a_badge_without_a_name_shows_none(learner, client):
    """The mail address, the account's name: nothing of the person reaches the page."""
    public_id = learner.earn()

    page = client.get(f"/b/{public_id}").text
    document = client.get(f"/b/{public_id}.json").text

    assert "lea@example.org" not in page + document
    assert "identityHash" not in document
    assert "Il ne nomme personne" in page


# --- what it says --------------------------------------------------------------------------------


def test_the_page_says_what_the_badge_does_not_say(client, public_id):
    """The words of the national registers never describe a badge."""
    page = client.get(f"/b/{public_id}").text.replace("&#39;", "'")

    assert "Ce que ce badge ne dit pas" in page
    assert "Ce n'est ni un diplôme, ni une certification enregistrée au RNCP" in page


def test_the_strength_of_the_evidence_is_in_marks_and_in_words(client, public_id):
    """●●○○○: two marks of five for an online quiz, and the words beside them."""
    page = client.get(f"/b/{public_id}").text
    summary = page.split("Comment cela a été vérifié")[1].split("</summary>")[0]

    assert 2 == summary.count('<i class="on">')
    assert 5 == summary.count("<i")
    assert "quiz en ligne, non surveillé" in summary


def test_the_page_shows_the_image_that_we_hold(client, public_id):
    """H8: never pixels that someone sent."""
    page = client.get(f"/b/{public_id}").text

    image = re.search(r'class="badge-image" src="(/artwork/[0-9a-f]{64}\.png)"', page)
    assert image is not None
    assert 200 == client.get(image[1]).status_code


def test_the_page_is_in_english_for_those_who_read_english(client, public_id):
    """The verdict and the class; the signed words stay as they were signed, marked as French."""
    page = client.get(f"/b/{public_id}?lang=en").text

    assert ("green", "Genuine badge, active") == verdict(page)
    assert "Securing the digital environment" in page
    assert '<div class="rich" lang="fr">' in page


# --- for social networks -------------------------------------------------------------------------


def open_graph(page: str) -> dict[str, str]:
    """Return the Open Graph properties of a page."""
    return dict(re.findall(r'<meta property="og:([a-z:_]+)" content="([^"]*)">', page))


def test_every_client_gets_the_same_first_page(client, public_id):
    """No list of robots: what LinkedIn sees is what people see."""
    agents = ["Mozilla/5.0", "LinkedInBot/1.0", "facebookexternalhit/1.1", "curl/8"]

    pages = {client.get(f"/b/{public_id}", headers={"User-Agent": a}).text for a in agents}

    assert 1 == len(pages)


def test_a_preview_robot_that_accepts_anything_gets_the_page(client, public_id):
    """LinkedIn and others send `*/*`; a JSON document would show nothing."""
    page = client.get(f"/b/{public_id}", headers={"Accept": "*/*"})

    assert "text/html" in page.content_type
    assert open_graph(page.text)["title"]


def test_the_preview_has_an_image_of_the_right_size(client, public_id):
    """1200 by 627, absolute, PNG: smaller ones become a thumbnail."""
    properties = open_graph(client.get(f"/b/{public_id}").text)

    assert ("1200", "627") == (properties["image:width"], properties["image:height"])
    assert properties["image"].startswith("http://localhost/artwork/")
    image = client.get(properties["image"].removeprefix("http://localhost"))
    assert (1200, 627) == (
        int.from_bytes(image.data[16:20]),
        int.from_bytes(image.data[20:24]),
    )


def test_the_preview_names_the_permanent_address(client, public_id):
    """Shared from the English page or the French one, it is one page."""
    properties = open_graph(client.get(f"/b/{public_id}?lang=en").text)

    assert f"http://localhost/b/{public_id}" == properties["url"]


def test_the_preview_never_names_the_person(client, public_id):
    """H6: a network keeps its copy for ever, whatever the person decides later."""
    head = client.get(f"/b/{public_id}").text.split("</head>")[0]

    assert "Lemoigne" not in head
    assert len(open_graph(head)["description"]) <= 200


def test_the_preview_of_a_withdrawn_badge_says_so(app, client, public_id):
    """The title is all that most people read."""
    with app.app_context():
        states.revoke(
            extensions.db.session,
            app.extensions["badgeservice"].office,
            public_id,
            reason=Reason.HOLDER_REQUEST,
            actor="test",
            now=now_of(app),
        )

    assert open_graph(client.get(f"/b/{public_id}").text)["title"].endswith("(retiré)")


# --- page or document ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (BROWSER, "text/html"),
        ("text/html", "text/html"),
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/html;q=0.5, application/json", "application/json"),
        ("application/ld+json", "application/ld+json"),
        ("application/json", "application/json"),
        ("application/vc", "application/vc+ld+json"),
        ("application/ld+json, text/html", "application/ld+json"),
    ],
)
def test_the_address_answers_people_and_programs(client, public_id, accept, expected):
    """One address for the life of the badge, signed into it as its id."""
    answer = client.get(f"/b/{public_id}", headers={"Accept": accept} if accept else {})

    assert expected == answer.mimetype
    assert "Accept" in answer.headers["Vary"]


def test_the_document_is_the_one_that_was_signed(app, client, public_id):
    """Byte for byte: the digest is in the register."""
    import hashlib

    answer = client.get(f"/b/{public_id}.json")

    with app.app_context():
        row = extensions.db.session.get_one(ReleasedForm, (public_id, 1, "json"))
        assert row.digest == hashlib.sha256(answer.data).hexdigest()
    assert f"http://localhost/b/{public_id}" == json.loads(answer.data)["id"]


@pytest.mark.parametrize("form", ["json", "jwt", "png"])
def test_a_copy_that_is_still_fresh_is_not_sent_again(client, public_id, form):
    """A strong validator: 304 with no body."""
    first = client.get(f"/b/{public_id}.{form}")
    etag = first.headers["ETag"]

    again = client.get(f"/b/{public_id}.{form}", headers={"If-None-Match": etag})

    assert not etag.startswith("W/")
    assert 304 == again.status_code
    assert b"" == again.data
    assert "*" == again.headers["Access-Control-Allow-Origin"]


@pytest.mark.parametrize("form", ["json", "jwt", "png"])
def test_head_says_what_get_would_send(client, public_id, form):
    """Same headers, no body."""
    got, head = client.get(f"/b/{public_id}.{form}"), client.head(f"/b/{public_id}.{form}")

    assert b"" == head.data
    for name in ("Content-Type", "Content-Length", "ETag", "Access-Control-Allow-Origin"):
        assert got.headers[name] == head.headers[name]


@pytest.mark.parametrize(
    "odd", ["..", "a/b", "%00", "é", "0" * 22, "I" * 22, "1" * 500, "<script>", "7YWH.json.png"]
)
def test_attack_a_strange_identifier_is_simply_not_found(client, odd):
    """Neither an error of ours nor a hint."""
    assert client.get(f"/b/{odd}").status_code in (404, 308)


def without_reference(page: str, public_id: str) -> str:
    """Return a page without what differs between any two requests."""
    page = re.sub(r"<strong>[0-9A-F]{4}-[0-9A-F]{4}</strong>", "", page)
    return page.replace(public_id, "")


# --- endorsements --------------------------------------------------------------------------------


@pytest.fixture
def endorsed(app: Flask, clock: Clock) -> str:
    """The public id of a badge whose class is endorsed: by the port, and by somebody's key."""
    with app.app_context():
        services = app.extensions["badgeservice"]
        desk = Desk(extensions.db.session, services.office, clock)
        achievement = f"{services.office.base_url}/achievements/{BADGE}/1/fr"
        port, key = Port(), Port("key", 44)
        did = key.key.public.to_multikey()
        key.id, key.method = f"did:key:{did}", f"did:key:{did}#{did}"
        profile = v3.profile(id=key.id, name="Une artisane", url="https://key.example")
        comment = {"id": achievement, "type": ["EndorsementSubject"],
                   "endorsementComment": "**Oui**, [ici](https://evil.example) <b>là</b>."}  # fmt: skip
        unsigned = key.endorsement(achievement, issuer=profile, credentialSubject=comment)
        unsigned.pop("credentialStatus")
        for data in (port.endorse(achievement), json.dumps(key.sign(unsigned)).encode()):
            endorsements.add(
                desk.session, desk.office, data, fetch=port.fetch, actor="admin", now=clock()
            )
        return desk.badge("b@example.org").public_id


def recognitions(page: str) -> list[tuple[str, str]]:
    """Return the tone and the words of each endorsement that a page shows."""
    found = re.findall(
        r'<li><span class="([a-z-]+)"><svg.*?</svg></span>\s*<div>(.*?)</div>', page, re.S
    )
    text = [(tone, re.sub(r"<[^>]+>", " ", plain(unescape(words)))) for tone, words in found]
    return [(tone, " ".join(words.split())) for tone, words in text][-2:]


def test_endorsements_are_shown_with_their_verdict(client, endorsed, clock):
    """Green is what was verified now; what was verified on another day says which."""
    clock.advance(days=1)
    page = client.get(f"/b/{endorsed}").text

    assert "Reconnu aussi par" in page
    fold = page[page.index("Reconnu aussi par") : page.index("Ce que ce badge ne dit pas")]
    (first, port), (second, artisan) = recognitions(fold)
    assert (first, second) == ("quiet", "tone-green")
    assert "Signature de port.example vérifiée par nous le 23 novembre 2026, pas de nouveau" in port
    assert "Nous recevons en entretien ceux qui l'ont." in port
    assert "Recommandation intacte, signée par une clé sans adresse web." in artisan
    assert "<strong>entretien</strong>" in fold


def test_an_endorsement_that_is_over_is_no_recognition(client, endorsed, clock):
    """Its own last day says so, also when its endorser cannot be asked; then nobody is named."""
    clock.advance(days=370)
    page = client.get(f"/b/{endorsed}").text

    assert "Reconnu aussi par" not in page
    fold = page[page.index("Recommandations") : page.index("Ce que ce badge ne dit pas")]
    (first, port), (second, artisan) = recognitions(fold)
    assert (first, second) == ("tone-red", "tone-red")
    assert port == "Le port Recommandation de port.example, valable jusqu'au 20 novembre 2027."
    assert artisan.endswith("valable jusqu'au 20 novembre 2027.")
    assert "entretien" not in fold


def test_an_endorsers_words_lead_nowhere(client, endorsed):
    """They stand on our page: stressed if they like, without links and without tags of their own."""
    page = client.get(f"/b/{endorsed}").text

    assert "evil.example" not in page
    assert "<b>" not in page
    assert "&lt;b&gt;là" in page


def test_endorsements_in_english(client, endorsed):
    """The page follows its reader, the comment stays in the language of its writer."""
    page = client.get(f"/b/{endorsed}?lang=en").text

    assert "Also recognised by" in page
    assert "verified by us on" in page
    assert "Endorsement intact, signed by a key without a web address." in page


def test_the_page_of_the_class_shows_them_too(client, endorsed):
    """In the language that was endorsed; the other one was not."""
    french = client.get(f"/achievements/{BADGE}/1/fr", headers={"Accept": BROWSER}).text
    english = client.get(f"/achievements/{BADGE}/1/en", headers={"Accept": BROWSER}).text

    assert "Reconnu aussi par" in french
    assert "Une artisane" in french
    assert "Reconnu aussi par" not in english


def test_a_badge_without_endorsements_says_nothing_of_them(client, public_id):
    """An empty fold would look like nobody recognises it."""
    assert "Reconnu aussi par" not in client.get(f"/b/{public_id}").text


@pytest.mark.parametrize(
    ("change", "tone", "words"),
    [
        ({}, "amber", "Recommandation que nous n'avons pas pu vérifier"),
        ({"name": "X"}, "red", "son contenu a été modifié"),
    ],
)
def test_what_is_not_good_shows_no_words_of_anyone(app, change, tone, words):
    """Not checked and never kept: amber; altered: red. The comment may be somebody else's."""
    port = Port("other", 45)
    document = port.sign(port.endorsement("http://localhost/a")) | change

    def fetch(address: str):
        if not change:
            raise FetchFailed("no answer")
        return port.fetch(address)

    found = verify_endorsement(
        recognise(json.dumps(document).encode()),
        fetch=fetch, register=EmptyRegister(), now=datetime(2026, 11, 23, tzinfo=UTC),
    )  # fmt: skip

    with app.test_request_context("/"):
        (shown,) = recognition.inside((found,))
        assert (shown.tone, shown.comment, shown.by_itself) == (tone, "", "")
        assert words in shown.sentence
        assert shown.endorser == "Le port"
        assert shown.icon == {"amber": "alert", "red": "cross"}[tone]
        nobody = replace(shown, found=replace(found, endorsement=None, by_itself=True))
        assert nobody.endorser == "Un tiers"
        assert nobody.by_itself == "Ce n'est pas l'avis d'un tiers"
