"""`POST /api/v1/verify`: whatever a program sends, in whichever way, one report or one problem."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from badgeservice.core import Stock
from badgeservice.errors import VerifierBusy
from badgeservice.extensions import db, services
from badgeservice.issuing import short_codes
from badgeservice.issuing.models import Badge
from badgeservice.openbadges import strict_json
from badgeservice.verification.codes import Code
from badgeservice.verification.recipient import Answer
from badgeservice.verification.submission import MAXIMUM_BYTES
from badgeservice.web.api import submissions
from badgeservice.web.api.schemas import ReportSchema
from badgeservice.web.extensions import limiter
from tests.conftest import Clock, Letters, copy_of, running
from tests.web.conftest import Furnished, show_to

VERIFY = "/api/v1/verify"


def ask(client, query: str = "", **options):
    """Send something to be verified."""
    return client.post(VERIFY + query, **options)


def is_problem(answer, status: int, code: str) -> bool:
    """Whether an answer is that problem document, which any site may read and nobody keeps."""
    assert "application/problem+json" == answer.content_type
    assert "*" == answer.headers["Access-Control-Allow-Origin"]
    assert "no-store" == answer.headers["Cache-Control"]
    document = answer.get_json(force=True)
    assert {"type", "title", "status", "code", "reference"} <= document.keys()
    return (status, code) == (answer.status_code, document["code"]) and status == document["status"]


@pytest.fixture(scope="module")
def app(
    furnished: Furnished, stock: Stock, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """One application for all of these tests: asking changes nothing."""
    folder = tmp_path_factory.mktemp("api")
    yield from running(copy_of(furnished.settings, folder), Clock(), Letters(), stock)


@pytest.fixture(autouse=True)
def _fresh_budgets(app: Flask) -> None:
    """Let every test have all of its budgets."""
    limiter.reset()


@pytest.fixture
def badge(client, public_id) -> bytes:
    """The badge of Anaïs Lemoigne, as anyone may download it."""
    return client.get(f"/b/{public_id}.json").data


@pytest.fixture
def forged(badge) -> bytes:
    """The same, with a name that nobody signed."""
    return badge.replace("Anaïs".encode(), "Chloé".encode())


def code_of(app: Flask, public_id: str) -> str:
    """The short code of a badge, which is public from then on."""
    show_to(app, public_id, "public")
    with app.app_context():
        code = short_codes.of(db.session, db.session.get_one(Badge, public_id))
    assert code
    return code


# --- every way to bring a badge ------------------------------------------------------------------


def test_every_way_leads_to_the_same_report(app, client, public_id, badge):
    """However it comes, a badge of ours is green, and every report is the same but for its source."""
    files = {
        suffix: client.get(f"/b/{public_id}.{suffix}").data for suffix in ("json", "jwt", "png")
    }
    address = f"http://localhost/b/{public_id}"
    answers = [
        ask(client, json={"url": address}),
        ask(client, json={"text": address}),
        ask(client, json={"text": badge.decode()}),
        ask(client, json={"credential": json.loads(badge)}),
        ask(client, json={"credential": files["jwt"].decode()}),
        ask(client, data={"file": (io.BytesIO(files["png"]), "badge.png")}),
        ask(client, data=badge, content_type="application/json"),
        ask(client, data=badge, content_type="application/vc+ld+json"),
        ask(client, data=files["jwt"], content_type="application/jwt"),
        ask(client, data=files["png"], content_type="image/png"),
    ]

    assert [(200, "green")] * 10 == [(a.status_code, a.json["verdict"]) for a in answers]
    assert {"Anaïs Lemoigne"} == {a.json["credential"]["recipient_name"] for a in answers}
    assert {"no-store"} == {a.headers["Cache-Control"] for a in answers}


def test_a_short_code_is_verified(app, client, public_id):
    """Whoever has only paper, and a program."""
    answer = ask(client, json={"code": code_of(app, public_id)})

    assert "green" == answer.json["verdict"]
    assert None is answer.json["credential"]["recipient_name"]


def test_a_forged_badge_is_a_good_answer(client, forged):
    """200, and the verdict says what to think of it."""
    answer = ask(client, data=forged, content_type="application/vc")

    assert 200 == answer.status_code
    assert ("red", "invalid") == (answer.json["verdict"], answer.json["integrity"])


@pytest.mark.parametrize(
    "given", [{"json": {"text": "hello"}}, {"data": b"GIF89a", "content_type": "image/png"}]
)
def test_what_is_no_badge_is_a_report_too(client, given):
    """The media type promises nothing; what it is, the bytes say."""
    assert "unreadable" == ask(client, **given).json["verdict"]


def test_attack_a_wrong_media_type_changes_no_verdict(client, badge, forged):
    """A JSON badge sent as an image is still that JSON badge, forged or not."""
    for data, verdict in ((badge, "green"), (forged, "red")):
        for media_type in ("image/png", "image/svg+xml", "application/jwt", "application/pdf"):
            assert verdict == ask(client, data=data, content_type=media_type).json["verdict"]


# --- the shape -----------------------------------------------------------------------------------


def test_the_shape_is_that_of_the_command_line(app, client, public_id, badge, forged):
    """One shape: the schema reads back every member that the report writes, and no other."""
    for data in (badge, forged, b"hello", f"http://localhost/b/{public_id}".encode()):
        answer = ask(client, json={"text": data.decode()}, query="?lang=en")
        with app.app_context():
            report = services().desk.verify(data, now=services().clock()).to_json()

        assert report == answer.json
        assert {} == ReportSchema().validate(answer.json)


def test_the_shape_of_a_badge_with_endorsements_and_of_two_badges_in_one_image():
    """The rarer parts of the shape are known to the schema."""
    schema = ReportSchema()

    assert {"place", "endorsement", "by_itself", "findings"} < set(
        schema.fields["endorsements"].inner.schema.fields
    )
    assert set(schema.fields) == set(schema.fields["beside"].schema.fields)


@pytest.mark.parametrize(
    ("query", "accept", "member", "language"),
    [
        ("", "", None, "fr"),
        ("", "en-GB, fr;q=0.5", None, "en"),
        ("?lang=en", "fr", None, "en"),
        ("?lang=en", "en", "fr", "fr"),
        ("", "de, es;q=nan, \x7f", None, "fr"),
        ("", "en" * 4000, None, "fr"),
        ("", "*;q=9, en;q=-1, ,;;=,\"", None, "fr"),
    ],
)  # fmt: skip
def test_attack_a_hostile_language_and_those_that_we_speak(client, query, accept, member, language):
    """`language`, else `lang`, else `Accept-Language`, else French; never an error."""
    body = {"text": "hello"} | ({"language": member} if member else {})

    answer = ask(client, query, json=body, headers={"Accept-Language": accept})

    message = answer.json["findings"][0]["message"]
    assert Code.NOT_A_BADGE.in_words(language) == message  # type: ignore[arg-type]
    assert "Accept-Language" in answer.headers["Vary"]


def test_whose_badge_it_is_can_be_asked(app, client, public_id, badge):
    """By default a badge of ours names nobody that could be compared; a code compares nobody."""
    asked = [{"text": badge.decode()}, {"code": code_of(app, public_id)}]

    answers = [
        ask(client, "?lang=en", json=each | {"recipient": "anais@example.org"}).json["recipient"]
        for each in asked
    ]

    not_named = {"answer": "not_named", "message": Answer.NOT_NAMED.in_words("en")}
    assert [not_named, None] == answers
    assert None is ask(client, json=asked[0]).json["recipient"]


# --- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({}, "Exactly one"),
        ({"url": "https://a.example/b", "text": "x"}, "Exactly one"),
        ({"ulr": "https://a.example/b"}, "'ulr'"),
        ({"url": "file:///etc/passwd"}, "'url'"),
        ({"url": ["https://a.example/b"]}, "'url'"),
        ({"code": "1"}, "'code'"),
        ({"text": ""}, "'text'"),
        ({"text": None}, "'text'"),
        ({"credential": [1]}, "'credential'"),
        ({"text": "x", "recipient": f"{'a' * 320}@a.example"}, "'recipient'"),
        ({"text": "x", "recipient": "anais"}, "'recipient'"),
        ({"text": "x", "language": "xx"}, "'language'"),
        ({"text": "x", "verdict": "green", "now": "2020-01-01T00:00:00Z"}, "'verdict'"),
        ({"x" * 5_000: 1}, "xxx"),
    ],
)
def test_what_asks_nothing_of_ours_is_named(client, body, names):
    """422 names the field; mass assignment is an unknown field."""
    answer = ask(client, json=body)

    assert is_problem(answer, 422, "request_refused")
    assert names in answer.get_json(force=True)["detail"]
    assert len(answer.data) < 1_000


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad_json"),
        (b"{", "bad_json"),
        (b"[]", "not_an_object"),
        (b'{"text": "a", "text": "b"}', "duplicate_key"),
        (b'{"credential": {"id": 1, "id": 2}}', "duplicate_key"),
        (b'{"text": "\\ud800"}', "bad_encoding"),
        ('{"text": "a"}'.encode("utf-16"), "bad_encoding"),
        (b'{"credential": {"a": 1e999}}', "bad_number"),
        (b'{"credential": {"a": NaN}}', "bad_number"),
        (b'{"credential": ' + b"[" * 100_000, "too_deep"),
    ],
)
def test_attack_json_that_two_parsers_could_read_in_two_ways(client, body, code):
    """W8: duplicates, surrogates, other encodings, numbers, depths: 400, and the code says why."""
    assert is_problem(ask(client, data=body, content_type="application/json"), 400, code)


@pytest.mark.parametrize("query", ["?lang=xx", "?lang=fr&lang=en", "?recipient=a@b.example"])
def test_a_query_that_means_nothing_is_refused(client, query):
    """What was asked for is done or refused, never left out in silence."""
    assert is_problem(ask(client, query, json={"text": "hello"}), 422, "request_refused")


def test_attack_a_badge_beside_another_is_not_a_request(client, badge, forged):
    """A body that is a badge is verified as a whole, whatever else it calls itself."""
    both = json.loads(forged) | {"credential": json.loads(badge)}

    answer = ask(client, data=strict_json.dumps(both), content_type="application/json")

    assert "red" == answer.json["verdict"]


@pytest.mark.parametrize(
    "media_type",
    [
        None,
        "text/html",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/zip",
        "application/jsonp",
        "image/png, application/json",
        "*/*",
    ],
)
def test_attack_other_media_types_are_refused(client, media_type, badge):
    """415, before anything of the body is looked at."""
    assert is_problem(ask(client, data=badge, content_type=media_type), 415, "http_415")


def test_attack_more_bytes_than_a_badge_needs_are_refused(client):
    """413, in each way, whether the limit is that of a badge or that of any request."""
    slightly, far = b"x" * (MAXIMUM_BYTES + 1), b"x" * 4_000_000
    for data in (slightly, far):
        for media_type in ("image/png", "application/json"):
            assert is_problem(ask(client, data=data, content_type=media_type), 413, "http_413")
        upload = {"file": (io.BytesIO(data), "badge.png")}
        assert is_problem(ask(client, data=upload), 413, "http_413")
    text = json.dumps({"text": "x" * submissions.LONGEST_DOCUMENT}).encode()
    assert is_problem(ask(client, data=text, content_type="application/json"), 413, "http_413")


def test_attack_multipart_bombs_are_refused(client):
    """Too many parts, a field as large as a file, headers without an end, no boundary, no end."""
    form = "multipart/form-data; boundary=b"
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
    large = part.replace(b"x\r\n", b"x" * 600_000 + b"\r\n")
    headers = b"--b\r\n" + b"X-Header: y\r\n" * 20_000 + b"\r\n"
    for data in (part * 200 + b"--b--\r\n", large + b"--b--\r\n"):
        assert is_problem(ask(client, data=data, content_type=form), 413, "http_413")
    for data in (headers, part, b"", b"--b--\r\n"):
        answer = ask(client, data=data, content_type=form)
        assert answer.status_code in (400, 413, 422), data[:60]
    assert is_problem(
        ask(client, data=b"no boundary", content_type="multipart/form-data"), 422, "request_refused"
    )


@pytest.mark.parametrize(
    "fields",
    [
        [("file", "a"), ("file", "b")],
        [("other", "a")],
        [("file", "a"), ("verdict", None)],
        [("file", "a"), ("recipient", None), ("recipient", None)],
    ],
    ids=str,
)
def test_attack_a_form_holds_one_file_and_nothing_twice(client, fields):
    """Of two, one would be verified and the other shown."""
    boundary = "--b\r\nContent-Disposition: form-data; "
    data = "".join(
        f'{boundary}name="{name}"' + (f'; filename="{file}"' if file else "") + "\r\n\r\nx\r\n"
        for name, file in fields
    )

    answer = ask(client, data=f"{data}--b--\r\n", content_type="multipart/form-data; boundary=b")

    assert is_problem(answer, 422, "request_refused")


def test_a_browser_that_asks_gets_a_problem_document_too(client):
    """There is no page at an address for programs."""
    for method, status in (("GET", 405), ("DELETE", 405)):
        answer = client.open(VERIFY, method=method, headers={"Accept": "text/html"})
        assert is_problem(answer, status, f"http_{status}")
        assert "POST" in answer.headers["Allow"]
    assert is_problem(client.get("/api/v1/nothing", headers={"Accept": "*/*"}), 404, "http_404")


# --- other sites ---------------------------------------------------------------------------------


def test_any_site_may_ask(client, badge):
    """What a browser asks first, and then."""
    before = client.options(
        VERIFY, headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    )
    then = ask(
        client,
        data=badge,
        content_type="application/vc",
        headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://a.example"},
    )

    assert 200 == before.status_code
    assert "POST" in before.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in before.headers["Access-Control-Allow-Headers"]
    assert "green" == then.json["verdict"]
    assert {"*"} == {a.headers["Access-Control-Allow-Origin"] for a in (before, then)}


def test_attack_no_cookie_is_read_or_set(holder, client):
    """W10: another site gets what anyone gets, whoever's browser it is in."""
    answers = [
        each.post(VERIFY, json={"text": "hello"}, headers={"Sec-Fetch-Site": "cross-site"})
        for each in (holder.client, client)
    ]

    assert answers[0].data == answers[1].data
    for answer in answers:
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers


# --- too much ------------------------------------------------------------------------------------


def test_limits_are_those_of_the_table(client):
    """429 with `Retry-After`; texts may still come when the budget of addresses is spent."""
    body = {"url": "https://school.example/badge"}
    answers = [ask(client, json=body) for _ in range(11)]

    assert [200] * 10 == [answer.status_code for answer in answers[:10]]
    assert is_problem(answers[10], 429, "http_429")
    assert 0 < int(answers[10].headers["Retry-After"]) <= 60
    assert 429 == ask(client, json={"text": " HTTPS://school.example/badge"}).status_code
    assert 200 == ask(client, json={"text": "hello"}).status_code


def test_attack_guessing_whose_badge_it_is_ends_soon(client, badge):
    """Five guesses, then a wait."""
    guesses = [
        ask(client, json={"text": badge.decode(), "recipient": f"anais{n}@example.org"})
        for n in range(6)
    ]

    assert [200] * 5 + [429] == [guess.status_code for guess in guesses]


def test_a_busy_desk_says_when_to_come_back(app, client, monkeypatch):
    """503 with `Retry-After`; the desk stands at the outer edge here."""

    class Busy:
        def verify(self, *_: object, **__: object) -> None:
            raise VerifierBusy("too many verifications wait already")

    busy = replace(app.extensions["badgeservice"], desk=Busy())
    monkeypatch.setitem(app.extensions, "badgeservice", busy)

    answer = ask(client, json={"text": "hello"})

    assert is_problem(answer, 503, "verifier_busy")
    assert 0 < int(answer.headers["Retry-After"])


def test_attack_nothing_of_a_submission_reaches_the_logs(client, badge, capsys):
    """Not the badge, not the address, not the person, not the name of a field that was made up."""
    capsys.readouterr()

    ask(client, json={"url": "https://secret.example/x", "recipient": "anais@secret.example"})
    ask(client, json={"secret.example": 1})
    ask(client, data=badge, content_type="application/vc")
    ask(client, "?lang=secret.example", json={"text": "hello"})
    ask(client, data=b"{secret.example", content_type="application/json")

    logged = capsys.readouterr().err
    assert 5 == logged.count('"endpoint": "verification.verify", "method"')
    for word in ("secret", "Lemoigne", "anais"):
        assert word not in logged
