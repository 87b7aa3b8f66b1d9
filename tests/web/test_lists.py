"""Lists of badges, on a page and for programs: row by row, and nothing of them stays."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask

from badgeservice.core import Stock
from badgeservice.verification import Verdict
from badgeservice.verifier import batch
from badgeservice.web.api.schemas import BatchReportSchema
from badgeservice.web.extensions import limiter
from tests.conftest import Clock, Letters, copy_of, running
from tests.web.conftest import Furnished

pytestmark = pytest.mark.any_database

PAGES = {"fr": "/verifier/liste", "en": "/en/verify/list"}
BATCH = "/api/v1/verify/batch"


@pytest.fixture(scope="module")
def app(
    furnished: Furnished, stock: Stock, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """One application for all of these tests: asking changes nothing."""
    folder = tmp_path_factory.mktemp("lists")
    yield from running(copy_of(furnished.settings, folder), Clock(), Letters(), stock)


@pytest.fixture(autouse=True)
def _fresh_budgets(app: Flask) -> None:
    """Let every test have all of its budgets."""
    limiter.reset()


@pytest.fixture
def address(public_id) -> str:
    """The address of the badge of Anaïs Lemoigne."""
    return f"http://localhost/b/{public_id}"


def table_in(page: str) -> list[list[str]]:
    """The table that a page holds in the address of its link."""
    found = re.search(r'href="data:text/csv;charset=utf-8;base64,([^"]+)"', page)
    assert found
    text = base64.b64decode(found[1]).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


# --- the page ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "words"),
    [("fr", ("Vert", "Illisible", "Terminé")), ("en", ("Green", "Unreadable", "Finished"))],
)
def test_a_pasted_list_is_answered_row_by_row(client, address, language, words):
    """Each row has its verdict in words; the last lines say that it is all."""
    answer = client.post(PAGES[language], data={"list": f"{address}\nhello"})

    assert 200 == answer.status_code
    for word in (*words, "Anaïs Lemoigne", address, "hello"):
        assert word in unescape(answer.text)
    assert "no-store" == answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers


def test_the_page_is_sent_while_it_is_made(app, address):
    """Without a script, this is the progress: a row is there before the next one is verified."""
    answer = app.test_client().post(
        PAGES["fr"], data={"list": f"{address}\nhello\nhello"}, buffered=False
    )
    pieces = [piece.decode() for piece in answer.iter_encoded()]

    assert [0, 1, 1, 1, 0] == [piece.count("</tr>") - ("<thead>" in piece) for piece in pieces]
    assert "Terminé" in pieces[-1]
    assert "data:text/csv" not in "".join(pieces[:-1])


def test_a_table_is_uploaded_and_another_kept(client, address):
    """The file of an employer in, and the file to keep out of the page; nothing stays here."""
    upload = f"nom;badge\nAnaïs;{address}\nLéo;\n".encode("cp1252")
    answer = client.post(PAGES["fr"], data={"file": (io.BytesIO(upload), "liste.csv")})

    rows = table_in(unescape(answer.text))

    assert [("ligne", "verdict"), ("2", "vert"), ("3", "illisible")] == [
        (row[0], row[2]) for row in rows
    ]
    assert "Anaïs Lemoigne" in rows[1]


def test_the_table_alone(client, address):
    """The second button: a file and no page."""
    answer = client.post(PAGES["en"], data={"list": address, "as": "csv"})

    assert "text/csv" == answer.mimetype
    assert 'attachment; filename="verification.csv"' == answer.headers["Content-Disposition"]
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert b'"green"' in answer.data


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({}, 400, "rien à vérifier"),
        ({"list": "x\n" * 501}, 400, "plus de 500 lignes"),
        ({"list": 'badge;nom\n"x;y'}, 400, "guillemet"),
        ({"list": "x", "file": (io.BytesIO(b"y"), "y.csv")}, 400, "pas les deux"),
        ({"file": (io.BytesIO(b"x" * 2_500_000), "x.csv")}, 413, "trop volumineux"),
        ({"list": "x" * 600_000}, 413, "trop volumineux"),
    ],
    ids=["nothing", "501 rows", "open quote", "two", "large file", "large text"],
)
def test_attack_a_list_that_is_refused_says_why(client, fields, status, words):
    """The form again, with what to do; nothing was verified."""
    answer = client.post(PAGES["fr"], data=fields, content_type="multipart/form-data")

    assert status == answer.status_code
    assert words in unescape(answer.text).replace("\u00a0", " ")
    assert "noindex" in answer.text


def test_attack_what_a_stranger_wrote_is_only_text(client):
    """W1: neither markup nor a formula comes out of a row."""
    answer = client.post(PAGES["fr"], data={"list": "<script>alert(1)</script>\n=1+1"})

    assert "<script>" not in answer.text
    assert ["'=1+1"] == [row[1] for row in table_in(unescape(answer.text)) if row[0] == "2"]


def test_attack_another_site_cannot_send_a_list(client):
    """Its visitors would spend their budgets for it."""
    answer = client.post(PAGES["fr"], data={"list": "x"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert 403 == answer.status_code


# --- for programs --------------------------------------------------------------------------------


def test_a_program_gets_the_whole_report_of_each_row(client, address):
    """In the order of the list; what cannot be read is a row."""
    answer = client.post(BATCH + "?lang=en", json={"items": [address, "", "hello", address]})

    assert 200 == answer.status_code
    results = answer.json["results"]
    assert [1, 2, 3, 4] == [result["row"] for result in results]
    assert ["green", "unreadable", "unreadable", "green"] == [
        result["report"]["verdict"] for result in results
    ]
    assert {} == BatchReportSchema().validate(answer.json)
    assert "*" == answer.headers["Access-Control-Allow-Origin"]


def test_a_program_sends_and_gets_tables(client, address):
    """The numbers are those of the lines in its file."""
    options = {"data": f"badge,nom\n\n{address},Eva\n".encode(), "content_type": "text/csv"}

    as_table = {"Accept": "text/csv", "Accept-Language": "en"}
    table = client.post(BATCH, headers=as_table, buffered=True, **options)
    document = client.post(BATCH, buffered=True, **options)

    assert '"3"' in table.text
    assert "text/csv" == table.mimetype
    assert [3] == [result["row"] for result in document.json["results"]]


def test_an_answer_that_ends_early_is_no_document(app):
    """Half a list must not be taken for all of it: one result a line, and JSON only at its end."""
    answer = app.test_client().post(BATCH, json={"items": ["x", "y"]}, buffered=False)
    pieces = [piece.decode() for piece in answer.iter_encoded()]

    assert 3 == len(pieces)
    for end in (1, 2):
        with pytest.raises(json.JSONDecodeError):
            json.loads("".join(pieces[:end]))
    assert 2 == len(json.loads("".join(pieces))["results"])


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"json": {"items": []}}, 422, "request_refused"),
        ({"json": {"items": ["x"] * 501}}, 422, "request_refused"),
        ({"json": {"items": [1]}}, 422, "request_refused"),
        ({"json": {"items": ["x"], "recipient": "a@b.example"}}, 422, "request_refused"),
        ({"data": b'{"items": ["x"], "items": ["y"]}', "content_type": "application/json"}, 400, "duplicate_key"),
        ({"data": b"x\n" * 501, "content_type": "text/csv"}, 422, "too_many_rows"),
        ({"data": b"", "content_type": "text/csv"}, 422, "empty_list"),
        ({"data": b'badge;n\n"x', "content_type": "text/csv"}, 422, "bad_csv"),
        ({"data": b"x" * 2_200_000, "content_type": "text/csv"}, 413, "http_413"),
        ({"data": b"x", "content_type": "text/plain"}, 415, "http_415"),
        ({"data": {"file": (io.BytesIO(b"x"), "x.csv")}}, 415, "http_415"),
    ],
    ids=range(11),
)  # fmt: skip
def test_attack_lists_that_are_none(client, options, status, code):
    """Refused before the first row."""
    answer = client.post(BATCH, **options)

    assert (status, "application/problem+json") == (answer.status_code, answer.content_type)
    assert code == answer.get_json(force=True)["code"]


# --- too much ------------------------------------------------------------------------------------


def test_pages_and_programs_spend_one_budget(client):
    """Three lists a minute, however they come."""
    a_page = {"path": PAGES["fr"], "data": {"list": "x"}}
    a_table = {"path": PAGES["fr"], "data": {"list": "x", "as": "csv"}}
    by_a_program = {"path": BATCH, "json": {"items": ["x"]}}

    answers = [
        client.post(**each, buffered=True)
        for each in (a_page, by_a_program, a_table, by_a_program, a_page)
    ]

    assert [200, 200, 200, 429, 429] == [answer.status_code for answer in answers]
    assert 0 < int(answers[3].headers["Retry-After"])


def test_attack_lists_do_not_take_every_thread(app, client):
    """While two are being sent, a third hears when to come back; one that is left makes room."""
    places = [batch.enter(), batch.enter()]
    third = client.post(BATCH, json={"items": ["x"]})
    for leave in places:
        leave()
    for _ in range(2):
        left = app.test_client().post(BATCH, json={"items": ["x", "y"]})
        assert 200 == left.status_code
        left.close()

    fourth, fifth = batch.enter(), batch.enter()
    fourth()
    fifth()

    assert (503, "5") == (third.status_code, third.headers["Retry-After"])


def test_attack_nothing_of_a_list_reaches_the_logs(client, capsys):
    """Neither the addresses nor the names of the people in other columns."""
    capsys.readouterr()

    list_with_a_name = {"list": "nom;badge\nLemoigne;https://secret.example/b"}
    client.post(PAGES["fr"], data=list_with_a_name, buffered=True)
    client.post(BATCH, json={"items": ["https://secret.example/b"]}, buffered=True)

    logged = capsys.readouterr().err
    assert 2 == logged.count('"event": "request"')
    for word in ("secret", "Lemoigne"):
        assert word not in logged


def test_every_verdict_has_a_word_in_both_languages():
    """A list shows no word that the page does not know."""
    assert {*map(str, Verdict), "not_verified"} == set(batch.VERDICTS)
