"""Every address of the url map, under hostile arguments, bodies and people: never our fault.

The tables are made from the map itself, so a new address is attacked from its first day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import cycle
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.routing import Rule

from badgeservice.web.extensions import limiter
from badgeservice.web.negotiation import FOR_PROGRAMS
from tests.web.conftest import MODULE, Learner, csrf_token

HOSTILE = (
    "%00",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "%ff%fe",
    "%ed%a0%80",
    "%F0%9F%92%A9",
    "-1",
    "0",
    "9" * 10,
    "9" * 40,
    "%D9%A3",
    "1e9",
    "x'%20OR%201=1--",
    "%7B%7B7*7%7D%7D",
    "%0d%0aSet-Cookie:%20a=b",
    "a" * 3000,
)
ACCEPT = ("application/json", "text/html", "*/*", ";;;q=nan,*/x,/,a", "text/html;q=-1")
BODIES = (
    ("application/x-www-form-urlencoded", b""),
    ("application/x-www-form-urlencoded", b"%ff%00=%ed%a0%80&&=&choice=a&choice=b&text=\xff"),
    ("application/x-www-form-urlencoded", b"a=1&" * 40_000),
    ("application/x-www-form-urlencoded", b"name=" + b"x" * 600_000),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=\xff\r\n\r\nx"),
    ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' * 200),
    ("application/json", b'{"csrf_token": [[[[' + b"[" * 100_000),
    ("text/plain; charset=utf-16", b"\xff\xfe\x00"),
)  # fmt: skip
GARBAGE_FIELDS = (
    {"email": "a@b", "mode": "x" * 5_000, "module": "../.."},
    {"email": "\0@example.org", "code": "\0" * 50, "module": MODULE},
    {"email": "é" * 5_000 + "@example.org", "code": "٣" * 10, "visibility": "everyone"},
    {"name": "\0\ud7ff\uffff", "with_name": "yes", "visibility": "link"},
    {"text": "9" * 5_000, "choice": ["x"] * 50, "row-x": "1", "signed_language": "xx"},
)


@pytest.fixture(autouse=True)
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no rate limit hide what an address does; `429` is not an answer to a bad argument."""
    monkeypatch.setattr(limiter, "enabled", False)


def test_no_hostile_path_makes_any_page_fail(learner: Learner) -> None:
    """The database driver, for one, raises for an integer beyond 64 bits."""
    accept = cycle(each for each in ACCEPT if each != "text/html")

    failed = [
        (address[:200], answer.status_code)
        for rule in _rules(learner.client.application, "GET")
        for address in _attacks(rule)
        for wanted in ("text/html", next(accept))
        if (answer := learner.get(address, headers={"Accept": wanted}, buffered=True)).status_code
        >= 500
    ]

    assert failed == []


def test_no_garbage_body_makes_any_form_fail(learner: Learner) -> None:
    """The body is read by whoever asks first, which is the check of the form's token."""
    failed = []
    for rule in _rules(learner.client.application, "POST"):
        for kind, body in BODIES:
            answer = learner.client.post(_filled(rule), data=body, content_type=kind)
            if answer.status_code >= 500 or answer.status_code < 400:
                failed.append((rule.rule, kind, body[:40], answer.status_code))

    assert failed == []


def test_no_garbage_fields_behind_a_good_token_make_any_form_fail(learner: Learner) -> None:
    """With the token, the garbage reaches the views."""
    places = _places(learner)
    failed = []
    for rule in _rules(learner.client.application, "POST"):
        if rule.endpoint == "sign_in.leave":
            continue
        for fields in GARBAGE_FIELDS:
            token = csrf_token(learner.get("/mon-espace"))
            answer = learner.client.post(
                _filled(rule, places), data={"csrf_token": token, **fields}
            )
            if answer.status_code >= 500:
                failed.append((rule.rule, fields, answer.status_code))

    assert failed == []


def test_no_form_is_taken_without_its_token(learner: Learner) -> None:
    """Cross-site request forgery, on every address that takes a form."""
    places = _places(learner)

    taken = [
        rule.rule
        for rule in _forms(learner.client.application)
        if learner.client.post(
            _filled(rule, places), data={"visibility": "public", "email": "a@example.org"}
        ).status_code
        != 400
    ]

    assert taken == []


def test_no_form_is_taken_from_another_site_even_with_its_token(learner: Learner) -> None:
    """A stolen token does not make another site ours (Fetch Metadata)."""
    places = _places(learner)
    token = csrf_token(learner.get("/mon-espace"))

    taken = [
        (rule.rule, site)
        for rule in _forms(learner.client.application)
        for site in ("cross-site", "same-site")
        if learner.client.post(
            _filled(rule, places), data={"csrf_token": token}, headers={"Sec-Fetch-Site": site}
        ).status_code
        != 403
    ]

    assert taken == []


def test_nobody_reaches_what_belongs_to_another_person(learner: Learner, stranger: Learner) -> None:
    """Every address with an attempt, an offer or a badge, asked for by someone else."""
    places = _places(learner)
    private = {"attempt_id", "award_id", "public_id"}

    reached = []
    for rule in stranger.client.application.url_map.iter_rules():
        if not private & rule.arguments or rule.endpoint.startswith("badges."):
            continue
        for method in {"GET", "HEAD", "POST"} & (rule.methods or set()):
            token = csrf_token(stranger.get("/mon-espace"))
            answer = stranger.client.open(
                _filled(rule, places),
                method=method,
                data={"csrf_token": token, "visibility": "public"} if method == "POST" else None,
            )
            if answer.status_code != 404:
                reached.append((method, rule.rule, answer.status_code))

    assert reached == []


def test_a_private_badge_and_one_that_never_was_answer_alike(
    app: Flask, learner: Learner, stranger: Learner
) -> None:
    """Else trying an id would tell whether somebody holds a badge."""
    public_id = learner.earn(visibility="private")
    unknown = "2" * len(public_id)
    reference = re.compile(r"[0-9A-F]{4}-[0-9A-F]{4}")

    for suffix in ("", ".json", ".jwt", ".png", "/qr.png", "?lang=en"):
        for accept in ACCEPT:
            for visitor in (app.test_client(), stranger.client):
                answers = [
                    visitor.get(f"/b/{each}{suffix}", headers={"Accept": accept})
                    for each in (public_id, unknown)
                ]
                assert [answer.status_code for answer in answers] == [404, 404]
                held, absent = (
                    reference.sub("", answer.text).replace(each, "ID")
                    for answer, each in zip(answers, (public_id, unknown), strict=True)
                )
                assert held == absent
                kinds = [{*answer.headers.keys()} for answer in answers]
                assert kinds[0] == kinds[1]


def _rules(app: Flask, method: str) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]


def _forms(app: Flask) -> list[Rule]:
    """Return the rules that take a form; what is for programs reads no cookie and has no token."""
    return [rule for rule in _rules(app, "POST") if not rule.rule.startswith(FOR_PROGRAMS)]


def _attacks(rule: Rule) -> Iterator[str]:
    """Yield the address of a rule with each hostile text, in each of its places and in the query."""
    yield _path(rule, dict.fromkeys(rule.arguments, "x")) + "?lang=%ff&badge=http://[::1&_scheme=x"
    for argument in rule.arguments:
        for text in HOSTILE:
            plain = dict.fromkeys(rule.arguments, "x") | {"slug": "demo", "module_id": MODULE}
            yield _path(rule, plain | {argument: text})


def _filled(rule: Rule, places: dict[str, str] | None = None) -> str:
    values = dict.fromkeys(rule.arguments, "x") | (places or {})
    return _path(rule, {name: quote(value) for name, value in values.items()})


def _path(rule: Rule, values: dict[str, str]) -> str:
    """Return the path of a rule, with `values` as they are in place of its arguments."""
    usual = {"number": "1", "version": "1", "tongue": "fr", "form": "json"}

    def value(match: re.Match[str]) -> str:
        name = match[1]
        given = values.get(name, "x")
        return usual.get(name, given) if given == "x" else given

    return re.sub(r"<(?:[^<>:]*:)?([a-z_]+)>", value, rule.rule)


def _places(person: Learner) -> dict[str, str]:
    """Let a person take a quiz and earn a badge; return what their addresses are made of."""
    person.pass_quiz()
    offer = person.offer()
    answer = person.post(
        f"{offer}/recevoir", offer, with_name="no", signed_language="fr", visibility="private"
    )
    public_id = answer.headers["Location"].rpartition("/")[2]
    page = person.post(f"/modules/{MODULE}/quiz", f"/modules/{MODULE}", mode="practise")
    attempt = page.headers["Location"].split("/")[2]
    return {
        "attempt_id": attempt,
        "award_id": offer.rpartition("/")[2],
        "public_id": public_id,
        "module_id": MODULE,
    }
