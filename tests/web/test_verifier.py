"""The verifier for everybody: what is brought, what is said of it, and that nothing of it is kept."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import re
from dataclasses import replace
from html import unescape

import pytest
import zxingcpp
from flask import render_template
from PIL import Image

from badgeservice import extensions, verification
from badgeservice.errors import FetchFailed, VerifierBusy
from badgeservice.issuing import editions
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.issuers import IssuerList, KnownIssuer
from badgeservice.verification.register import EmptyRegister
from badgeservice.verification.submission import MAXIMUM_BYTES
from badgeservice.web.public.told import Told
from badgeservice.web.public.verifier import LONGEST_RECHECK, Brought, qr_of
from tests.conftest import ROOT
from tests.issuing.conftest import CHOICES, Desk
from tests.web.conftest import plain
from tests.web.test_badge_page import verdict

STRANGER = (ROOT / "tests" / "recorded" / "eddsa-rdfc-2022.json").read_bytes()
"""A genuine badge that other software signed under a key of its own: intact, of an unknown issuer."""


FAR_END = ROOT / "tests" / "attacks" / "00-genuine" / "json-far-end" / "badge.json"


def bring(client, path="/verifier", **fields):
    """Send the form; bytes are a file."""
    data = {
        name: (io.BytesIO(value), "badge.bin") if isinstance(value, bytes) else value
        for name, value in fields.items()
    }
    return client.post(path, data=data, content_type="multipart/form-data")


def words(answer) -> str:
    """Return the words of a page, as they are read."""
    main = answer.text.split("<main", 1)[1].split("</main>")[0]
    return plain(unescape(re.sub(r"<[^>]*>", " ", main)))


# --- what can be brought -------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["png", "svg", "json", "jwt"])
def test_a_file_of_ours_is_green(client, public_id, suffix):
    """Each format that people download."""
    answer = bring(client, file=client.get(f"/b/{public_id}.{suffix}").data)

    assert 200 == answer.status_code
    assert ("green", "Badge authentique et actif") == verdict(answer.text)
    assert "Anaïs Lemoigne" in words(answer)


def test_a_pasted_text_is_verified(client, public_id):
    """Whoever has only the text of a file."""
    answer = bring(client, badge=client.get(f"/b/{public_id}.json").text)

    assert "green" == verdict(answer.text)[0]


def test_a_link_of_another_site_is_verified(client):
    """Nobody answers there, which is not a pass and not a failure."""
    answer = bring(client, badge=" https://school.example/badges/1 ")

    assert "amber" == verdict(answer.text)[0]
    assert "Il ne nomme personne" not in words(answer)


def test_a_badge_of_others_is_told_by_what_nobody_can_borrow(client):
    """The domain or the identifier of the key stands before the name that it gives itself."""
    text = words(bring(client, file=STRANGER))
    issuer = json.loads(STRANGER)["issuer"]

    assert "Nous ne connaissons pas cet émetteur" in text
    assert text.index(issuer["id"]) < text.index(plain(issuer["name"]))


def test_a_changed_badge_is_red_and_its_words_are_a_claim(client):
    """What it says is shown as what it claims, whatever the person may want to believe."""
    badge = json.loads(STRANGER)
    badge["credentialSubject"]["achievement"]["name"] = "Doctorat"
    answer = bring(client, badge=json.dumps(badge))

    assert ("red", "Ne vous fiez pas à ce fichier : son contenu a été modifié") == verdict(
        answer.text
    )
    text = words(answer)
    assert text.index("Ce que ce fichier prétend") < text.index("Doctorat")
    assert "pourquoi nous ne pouvons pas le croire" in text


def test_attack_a_scale_of_ours_in_a_badge_of_others_means_nothing(client):
    """A stranger can write “observed at work” into a level of their own, never under our marks."""
    badge = json.loads(STRANGER)
    badge["credentialSubject"]["result"] = [
        {"type": ["Result"], "achievedLevel": "http://localhost/x#strength-4"}
    ]
    answer = bring(client, badge=json.dumps(badge))

    assert "strength-marks" not in answer.text


def test_a_badge_that_is_valid_until_the_calendar_ends(client):
    """Its last hours have no name in France; the report has one all the same."""
    answer = bring(client, file=FAR_END.read_bytes())

    assert 200 == answer.status_code
    assert "31 décembre 9999" in words(answer)


def test_a_known_issuer_is_named_with_the_reason(app, clock):
    """Why we believe it: who says so, and since when it counts, not how its name sounds."""
    did = json.loads(STRANGER)["issuer"]["id"]
    known = KnownIssuer(did, "École d'exemple", reason="convention", source="liste de la région")
    report = verification.verify(
        verification.recognise(STRANGER),
        fetch=nowhere,
        register=EmptyRegister(),
        now=clock(),
        issuers=IssuerList([known]),
    )
    with app.test_request_context("/verifier"):
        page = render_template(
            "verifier/report.html",
            told=Told(report),
            brought=Brought(STRANGER, "", ""),
            recheck="http://localhost/verifier",
            strengths=[],
            qr_of=qr_of,
        )

    assert "green" == verdict(page)[0]
    assert "Raison : convention. Source : liste de la région." in plain(unescape(page))


def nowhere(address: str) -> Fetched:
    """Answer that nobody is there."""
    raise FetchFailed(address)


@pytest.mark.parametrize("data", [b"hello", b"\xff\xd8\xff\xe0", b"{", bytes(range(256))])
def test_what_is_no_badge_is_said_so(client, data):
    """With what can be brought instead, and never an error of ours."""
    answer = bring(client, file=data)

    assert 200 == answer.status_code
    tone, sentence = verdict(answer.text)
    assert "grey" == tone
    assert "Formats acceptés" in sentence


def test_it_speaks_english(client):
    """The same, at the English address."""
    answer = bring(client, "/en/verify", file=STRANGER)

    assert '<html lang="en">' in answer.text
    assert "We do not know this issuer" in words(answer)
    assert "What has not been checked" in words(answer)


@pytest.mark.parametrize("prefix", ["http://localhost/b/", "localhost/b/", ""])
def test_the_address_of_a_badge_of_ours_leads_to_its_page(client, public_id, prefix):
    """Its page is the report, with its image and all that its holder shows."""
    answer = bring(client, badge=f"{prefix}{public_id}")

    assert 303 == answer.status_code
    assert f"/b/{public_id}?lang=fr" == answer.headers["Location"]


# --- what is wrong with a form -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Il n'y a rien à vérifier"),
        ({"badge": "  ", "file": b""}, "Il n'y a rien à vérifier"),
        ({"badge": "x", "file": b"x"}, "pas les deux"),
    ],
)
def test_a_form_that_cannot_be_verified_is_shown_again(client, fields, sentence):
    """With the reason, and with what was typed."""
    answer = bring(client, **fields)

    assert 400 == answer.status_code
    assert sentence in words(answer)
    assert ">x</textarea>" in answer.text or fields.get("badge") != "x"


@pytest.mark.parametrize(
    "fields",
    [
        {"file": b"x" * (MAXIMUM_BYTES + 1)},
        {"file": b"x" * 4_000_000},
        {"badge": "x" * 500_001},
    ],
    ids=["a little", "much", "text"],
)
def test_too_much_is_refused_in_words(client, fields):
    """413 with how much there may be, never an error of ours."""
    answer = bring(client, **fields)

    assert 413 == answer.status_code
    assert "au plus 2 Mo" in words(answer)


def test_the_largest_file_is_still_read(client):
    """The limit is the one that the page names."""
    assert 200 == bring(client, file=b"x" * MAXIMUM_BYTES).status_code


# --- who asks too often, and a verifier with too much to do --------------------------------------


@pytest.mark.parametrize(
    ("fields", "uses"), [({"badge": "https://school.example/1"}, 10), ({"file": b"x"}, 30)]
)
def test_attack_the_verifier_is_no_engine(client, fields, uses):
    """A link makes us ask elsewhere: ten a minute; the rest thirty. Then 429, and when to return."""
    answers = [bring(client, **fields) for _ in range(uses + 1)]

    assert [200] * uses + [429] == [answer.status_code for answer in answers]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert "Trop d'essais en peu de temps" in words(answers[-1])


def test_looking_up_our_own_badges_is_not_limited_here(client, public_id):
    """A jury of thirty behind one address: their pages have limits of their own."""
    answers = {bring(client, badge=public_id).status_code for _ in range(40)}

    assert {303} == answers


def test_a_busy_verifier_says_when_to_come_back(app, client, monkeypatch):
    """503 in words, and nothing was lost."""

    def busy(*_, **__):
        raise VerifierBusy("8 waiting")

    monkeypatch.setattr(type(services_of(app).desk), "verify", busy)

    answer = bring(client, file=b"x")

    assert 503 == answer.status_code
    assert "Retry-After" in answer.headers


# --- whose it is ---------------------------------------------------------------------------------


@pytest.fixture
def mailed(app, clock) -> str:
    """The address of an assertion that holds the hash of its holder's e-mail address."""
    with app.app_context():
        session = extensions.db.session
        desk = Desk(session, services_of(app).office, clock)
        badge = desk.badge("zz-canary@example.org", replace(CHOICES, ob2=True))
        return f"http://localhost/ob2/assertions/{editions.current(session, badge).ob2_id}"


@pytest.mark.parametrize(
    ("whose", "tone", "sentence"),
    [
        ("ZZ-Canary@example.org", "green", "a été délivré à la personne que vous indiquez"),
        ("lea@example.org", "red", "n'a pas été délivré à l'adresse"),
    ],
)
def test_a_badge_is_compared_with_whoever_is_there(client, mailed, whose, tone, sentence):
    """The answer stands beside the verdict, which it does not change."""
    answer = bring(client, badge=mailed, recipient=whose)

    assert "green" == verdict(answer.text)[0]
    section = answer.text.split('id="whose"')[1].split("</section>")[0]
    assert f"tone-{tone}" in section
    assert sentence in plain(unescape(section))


def test_what_cannot_be_compared_is_never_green(client, public_id):
    """A badge that names nobody by an address, and a code that leads to nobody."""
    for fields in ({"badge": f"http://localhost/b/{public_id}"}, {"badge": "0000-0000"}):
        answer = bring(client, **fields, recipient="anais@example.org")
        section = answer.text.split('id="whose"')[1].split("</section>")[0]
        assert "tone-amber" in section
        assert "tone-green" not in section


def test_whose_a_changed_badge_is_was_not_compared(client):
    """What a forger wrote about its holder is not worth comparing."""
    badge = json.loads(STRANGER)
    badge["credentialSubject"]["identifier"] = [
        {"type": "IdentityObject", "hashed": False, "identityType": "emailAddress",
         "identityHash": "lea@example.org"}
    ]  # fmt: skip
    answer = bring(client, badge=json.dumps(badge), recipient="lea@example.org")

    assert "rien ne prouve encore ce que dit le badge" in words(answer)


def test_attack_nobody_tries_addresses_until_one_fits(client, mailed):
    """Five questions a minute: with a list of addresses, a badge would tell whose it is."""
    codes = [
        bring(client, badge=mailed, recipient=f"{n}@example.org").status_code for n in range(6)
    ]

    assert [200] * 5 + [429] == codes


# --- what is kept: nothing -----------------------------------------------------------------------


def test_nothing_of_a_submission_is_kept(app, client, caplog, capfd):
    """No cookie, no cache, no row, no file, no line of a log."""
    caplog.set_level(logging.DEBUG)
    marker = "zq7marker"
    folder = services_of(app).settings.data_dir
    before = written(folder)

    answers = [
        bring(client, badge=f"https://school.example/{marker}"),
        bring(client, file=STRANGER.replace(b'"name"', f'"{marker}": 1, "name"'.encode(), 1)),
    ]

    for answer in answers:
        assert "no-store" == answer.headers["Cache-Control"]
        assert "Set-Cookie" not in answer.headers
    assert marker not in caplog.text
    assert marker not in "".join(capfd.readouterr())
    assert before == written(folder)


def written(folder):
    """Return every file with something in it; SQLite's table of who reads holds nothing else."""
    files = (each for each in folder.rglob("*") if each.is_file() and not each.match("*-shm"))
    return {path: content for path in files if (content := path.read_bytes())}


def services_of(app):
    """Return the services of an application."""
    return app.extensions["badgeservice"]


def test_the_form_sends_what_is_brought_in_its_body(client):
    """An address is kept by browsers, proxies and logs."""
    page = client.get("/verifier").text

    (form,) = re.findall(r"<form[^>]*>", page)
    assert 'method="post"' in form
    assert 'enctype="multipart/form-data"' in form


def test_the_query_of_the_address_is_not_read(client):
    """Whoever opens a prepared link verifies nothing and shows nothing."""
    assert client.get("/verifier").data == client.get("/verifier?x=1").data.replace(b"?x=1", b"")


# --- attacks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "[click](https://evil.example) ![x](https://evil.example/x.png)",
        "[click](javascript:alert(1))",
        "</textarea><script>alert(1)</script>",
    ],
)
def test_attack_nothing_that_a_stranger_writes_becomes_ours(client, text):
    """W1: names, descriptions and criteria are text; no script, no link, no image of theirs."""
    badge = json.loads(STRANGER)
    achievement = badge["credentialSubject"]["achievement"]
    achievement["name"] = achievement["description"] = text
    achievement["criteria"] = {"narrative": text}
    badge["issuer"]["name"] = text

    for answer in (bring(client, badge=json.dumps(badge)), bring(client, badge=text, file=b"x")):
        main = answer.text.split("<main", 1)[1].split("</main>")[0]
        assert "<script" not in main
        assert "onerror=alert" not in re.sub(r"&[a-z#0-9]+;[^<]*", "", main)
        assert not re.search(r'(?:href|src)="(?!/|mailto:)', main)


def test_attack_another_site_cannot_send_the_form(client):
    """No site may use its visitors to verify for it."""
    answer = client.post("/verifier", data={"badge": "x"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert 403 == answer.status_code


def test_the_camera_is_on_the_empty_form_alone(client, public_id):
    """Where something stands that somebody brought, no script runs and no camera opens."""
    with_camera = client.get("/verifier")
    policy = with_camera.headers["Content-Security-Policy"]

    assert {"script-src 'self'", "require-trusted-types-for 'script'"} <= set(policy.split("; "))
    assert "unsafe" not in policy
    assert "camera=(self)" in with_camera.headers["Permissions-Policy"]
    others = [bring(client), bring(client, file=STRANGER), client.get("/c/0000-0000")]
    for answer in (*others, client.get(f"/b/{public_id}")):
        assert "<script" not in answer.text
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        assert "camera=()" in answer.headers["Permissions-Policy"]


# --- the paper -----------------------------------------------------------------------------------


def paper(client, **fields) -> str:
    """Return what the QR code of a report holds, read as a telephone would."""
    answer = bring(client, **fields)
    drawing = answer.text.split('class="recheck', 1)[1].split("</svg>")[0]
    size = int(re.search(r'viewBox="0 0 (\d+)', drawing)[1])
    image = Image.new("L", (size, size), 255)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)", drawing):
        for step in range(int(width)):
            image.putpixel((int(x) + step, int(y)), 0)
    (found,) = zxingcpp.read_barcodes(image.resize((size * 4, size * 4), Image.Resampling.NEAREST))
    return found.text


def test_the_paper_of_our_badge_leads_to_its_page(client, public_id):
    """Whoever scans it reads the verdict of that day."""
    assert paper(client, file=client.get(f"/b/{public_id}.json").data) == (
        f"http://localhost/b/{public_id}"
    )


def test_the_paper_of_a_link_carries_it_where_no_server_sees_it(client):
    """Behind `#`: browsers send that to nobody."""
    link = "https://school.example/badges/1?a=b&c=d"

    assert paper(client, badge=link) == (
        "http://localhost/verifier#badge=https%3A%2F%2Fschool.example%2Fbadges%2F1%3Fa%3Db%26c%3Dd"
    )


def test_the_paper_of_a_long_link_or_a_file_leads_to_the_form(client):
    """A code that cannot be scanned helps nobody; the fingerprint says which file it was."""
    assert "http://localhost/verifier" == paper(
        client, badge="https://school.example/" + "x" * LONGEST_RECHECK
    )
    assert "http://localhost/verifier" == paper(client, file=STRANGER)
    assert hashlib.sha256(STRANGER).hexdigest() in bring(client, file=STRANGER).text
