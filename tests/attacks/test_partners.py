"""Partners, and whoever has one of their keys: E1, E2, E3, E7 and E8 of the threat model."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from badgeservice import worker
from badgeservice.awarding.models import Award
from badgeservice.evidence.models import Evidence
from badgeservice.partners.models import Invitation, Submission
from badgeservice.people import api_keys
from badgeservice.people.api_keys import Revoked
from badgeservice.people.models import ApiKey, Person
from badgeservice.storage.base import Base
from badgeservice.storage.chain import AuditEvent
from badgeservice.web.extensions import limiter
from badgeservice.web.limits import LIMITS, Budget
from tests.attacks.conftest import person
from tests.conftest import Clock, Letters
from tests.partners.agreed import partner
from tests.partners.conftest import Program, Reception, opened, program_of, row

EVIDENCE = "/api/v1/evidence"


def rows_of(reception: Reception) -> dict[str, int]:
    """Return how many rows every table has, the audit chain and the days of keys aside."""
    reception.session.rollback()
    return {
        table.name: reception.session.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
    }


# --- E1: keys that are lost, guessed, or in the wrong place ----------------------------------------


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Basic {key}", "{key}", "Bearer {key}x", "Bearer {key},{key}", "Bearer obk_live_"],
)  # fmt: skip
def test_e1_only_the_whole_key_in_the_right_header_opens(
    program: Program, reception: Reception, authorization: str
) -> None:
    """401, the same for all; nothing is recorded, no cookie and no other header will do."""
    before = rows_of(reception)
    headers = {
        "Authorization": authorization.format(key=program.key),
        "Idempotency-Key": "1",
        "X-API-Key": program.key,
        "Cookie": f"session={program.key}",
    }

    answers = [
        program.client.post(EVIDENCE, json={"results": [row()]}, headers=headers),
        program.client.get(f"{EVIDENCE}/sub_0", headers=headers),
    ]

    for answer in answers:
        assert (answer.status_code, answer.get_json()["code"]) == (401, "api_key_refused")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert rows_of(reception) == before


def test_e1_a_revoked_key_opens_nothing_from_that_moment_on(
    program: Program, reception: Reception
) -> None:
    """Not five seconds later: the next request is refused; so is one with an expired key."""
    assert program.post({"results": [row()]}).status_code == 200
    key = reception.session.get_one(ApiKey, program.key_id)
    api_keys.revoke(reception.session, key, reason=Revoked.BY_OPERATOR, now=reception.clock())
    reception.session.commit()

    assert program.post({"results": [row()]}).status_code == 401
    fresh = program_of(program.client.application, reception, reception.fim)
    reception.clock.now += timedelta(days=365)
    assert fresh.get(f"{EVIDENCE}/sub_0").status_code == 401


@pytest.mark.parametrize(
    "address", ["/api/v1/evidence?key={key}", "/?next=%2Fx%3Fk%3D{key}", "/b/{key}", "/api/v1/verify?{key}=1"]
)  # fmt: skip
def test_e1_a_key_in_an_address_is_refused_and_revoked_at_once(
    program: Program, reception: Reception, address: str
) -> None:
    """Wherever it stands, on pages too: by then it is in somebody's log."""
    answer = program.client.get(address.format(key=program.key))

    assert answer.status_code == 400
    key = reception.session.get_one(ApiKey, program.key_id, populate_existing=True)
    assert (key.revoked_at, key.revoked_reason) == (reception.clock(), "in_address")
    assert program.post({"results": [row()]}).status_code == 401
    program.client.get(address.format(key=program.key))
    told = reception.session.scalars(
        select(AuditEvent).where(AuditEvent.action == "revoke-api-key")
    ).all()
    assert [each.subject for each in told] == [program.key_id]


def test_e1_what_only_looks_like_a_key_revokes_nobodys(
    program: Program, reception: Reception
) -> None:
    """Whoever sends links around cannot revoke what they do not know."""
    answer = program.client.get(f"{EVIDENCE}?key=obk_live_{'a' * 59}")

    assert (answer.status_code, answer.get_json()["code"]) == (400, "api_key_in_address")
    assert program.post({"results": [row()]}).status_code == 200


def test_e1_no_key_stands_in_any_log_file_answer_or_row(
    program: Program, reception: Reception, capfd: pytest.CaptureFixture[str]
) -> None:
    """The canary: a key that was used, refused, revoked and put into an address."""
    secret = program.key.removeprefix(api_keys.PREFIX)
    answers = [
        program.post({"results": [row()]}),
        program.post({"results": [row(date="x")]}),
        program.post({"results": "x"}),
        program.client.get(f"{EVIDENCE}?k={program.key}"),
        program.client.post(f"{EVIDENCE}?k={program.key}", data=program.key),
        program.post({"results": [row()]}),
    ]
    reception.session.rollback()

    for answer in answers:
        assert secret not in answer.text + str(answer.headers)
    written = capfd.readouterr()
    assert secret not in written.out + written.err
    assert '"endpoint":"evidence.send_evidence"' in written.err.replace(" ", "")
    for file in reception.here.settings.data_dir.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes(), file
    for table in Base.metadata.sorted_tables:
        for found in reception.session.execute(select(table)):
            assert secret not in str(found), table.name


def test_e1_keys_are_not_tried_without_end(program: Program) -> None:
    """Refused ones are counted for the visitor, accepted ones for the key."""
    limit = int(LIMITS[Budget.REFUSED_KEY].split("/")[0])
    wrong = {"Authorization": "Bearer obk_live_x"}

    answers = [program.client.get(f"{EVIDENCE}/x", headers=wrong) for _ in range(limit + 1)]

    assert [answer.status_code for answer in answers] == [401] * limit + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert program.get(f"{EVIDENCE}/x").status_code == 404


def test_e1_keys_are_not_tried_from_many_addresses_of_one_line(program: Program) -> None:
    """A line is given 2^64 addresses of IPv6: they are one visitor."""
    limit = int(LIMITS[Budget.REFUSED_KEY].split("/")[0])
    wrong = {"Authorization": "Bearer obk_live_x"}

    answers = [
        program.client.get(
            f"{EVIDENCE}/x", headers=wrong, environ_base={"REMOTE_ADDR": f"2001:db8::{n:x}"}
        ).status_code
        for n in range(limit + 1)
    ]

    assert [401] * limit + [429] == answers


# --- E2: one partner and what is another's ---------------------------------------------------------


def test_e2_nobody_reaches_what_another_partner_sent(
    app: Flask, program: Program, reception: Reception
) -> None:
    """Every address for keys with an id in it, asked for by every other partner: 404, like nothing."""
    said = program.post({"results": [row()]}).get_json()
    iut = partner(reception.session, reception.clock(), slug="iut", name="IUT")
    other = program_of(app, reception, iut)
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("evidence.") and rule.arguments
    ]
    assert rules, "the matrix is empty"

    for rule in rules:
        for named in (said["submission"], said["results"][0]["evidence"], "sub_0"):
            address = re.sub(r"<[^>]+>", named, rule.rule)
            for method in {"GET", "POST", "DELETE", "PUT"} & (rule.methods or set()):
                headers = {"Authorization": f"Bearer {other.key}"}
                answer = other.client.open(address, method=method, headers=headers)
                assert answer.status_code == 404, (method, address)
    assert program.get(f"{EVIDENCE}/{said['submission']}").status_code == 200


def test_e2_the_partner_is_that_of_the_key_and_references_are_each_partners_own(
    app: Flask, program: Program, reception: Reception
) -> None:
    """The same reference of two partners is two deeds; neither can correct the other's."""
    first = program.post({"results": [row()]}).get_json()["results"][0]["evidence"]
    iut = partner(reception.session, reception.clock(), slug="iut", name="IUT")
    other = program_of(app, reception, iut)

    answer = other.post({"results": [row(outcome="not_achieved")], "corrections": "apply"})
    second = other.post({"results": [row()]}, idempotency_key="2").get_json()["results"][0]

    assert answer.get_json()["results"][0]["state"] == "noted"
    assert second["state"] == "recorded"
    sources = dict(
        reception.session.execute(select(Evidence.id, Evidence.source_organisation)).all()
    )
    assert sources == {first: reception.fim.id, second["evidence"]: iut.id}


def test_e2_whether_we_know_somebody_is_not_told(program: Program, reception: Reception) -> None:
    """A partner could try the addresses of the town: known and unknown ones are answered alike."""
    reception.take({"reference": "before", "email": "known@example.org"}, batch="b0")

    said = program.post(
        {
            "results": [
                row(reference="1", person={"email": "known@example.org"}),
                row(reference="2", person={"email": "unknown@example.org"}),
            ]
        }
    ).get_json()["results"]

    known, unknown = ({**each, "row": 0, "reference": "", "evidence": ""} for each in said)
    assert known == unknown


@pytest.mark.parametrize("outcome", ["achieved", "not_achieved"])
def test_e2_a_limited_key_changes_nothing_of_another_activity(
    app: Flask, program: Program, reception: Reception, outcome: str
) -> None:
    """Not by the reference of a deed either: it is neither withdrawn nor replaced."""
    first = program.post({"results": [row()]}).get_json()["results"][0]["evidence"]
    narrow = program_of(app, reception, reception.fim, activities=["cyber-course"])
    changed = row(activity="cyber-course", outcome=outcome, score=80)
    sent = {"results": [changed], "corrections": "apply"}

    said = narrow.post(sent, idempotency_key="2").get_json()["results"][0]

    assert (said["state"], said["problems"][0]["code"]) == ("refused", "activity_not_allowed")
    states = reception.session.execute(select(Evidence.id, Evidence.state)).all()
    assert [(first, "valid")] == [tuple(each) for each in states]


# --- E3: the same again ---------------------------------------------------------------------------


def test_e3_a_hundred_at_once_are_one(
    app: Flask, program: Program, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred identical posts in parallel: one deed, one offer, a hundred equal answers."""
    monkeypatch.setattr(limiter, "enabled", False)
    sent = {"results": [row()]}

    def post(_: int) -> tuple[int, bytes]:
        mine = Program(app.test_client(), program.key_id, program.key)
        answer = mine.post(sent)
        return answer.status_code, answer.data

    reception.session.rollback()
    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(post, range(100)))

    assert [status for status, _ in answers] == [200]
    for table in (Evidence, Award, Submission, Invitation, Person):
        assert rows_of(reception)[table.__tablename__] == 1, table


def test_e3_the_same_list_under_new_keys_adds_nothing(
    program: Program, reception: Reception
) -> None:
    """A client that invents a key for each retry, too: the partner's references hold."""
    for attempt in range(5):
        assert program.post({"results": [row()]}, idempotency_key=str(attempt)).status_code == 200

    rows = rows_of(reception)
    assert (rows["evidence"], rows["award"], rows["invitation"]) == (1, 1, 1)


def test_e3_nobody_is_written_to_twice(
    app: Flask, program: Program, reception: Reception, letters: Letters
) -> None:
    """Whoever repeats a list cannot make us flood a mailbox."""
    for attempt in range(3):
        program.post({"results": [row(), row(reference="2")]}, idempotency_key=str(attempt))
    reception.session.rollback()

    worker.run_waiting(app)

    assert [letter.to for letter in letters.sent] == ["anais@example.org"]


# --- E7: what a partner may not set ---------------------------------------------------------------


LEVELS = {
    "list": {"results", "corrections"},
    "row": {"reference", "person", "activity", "outcome", "date", "score", "strength"},
    "person": {"email", "name", "language"},
}
"""What a request may hold, level by level."""


def _with(level: str, name: str) -> dict[str, Any]:
    """Return a good request with one word too many."""
    match level:
        case "list":
            return {"results": [row()], name: "x"}
        case "row":
            return {"results": [{**row(), name: "2019-01-01"}]}
        case _:
            return {"results": [row(person={"email": "a@example.org", name: "admin"})]}


def test_e7_nothing_can_be_set_but_what_is_described(
    program: Program, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every column that we have, at each level of a request: 422, and the database is unchanged."""
    monkeypatch.setattr(limiter, "enabled", False)
    program.get(f"{EVIDENCE}/x")  # notes the day of the key
    before = rows_of(reception)
    columns = {column.name for table in Base.metadata.sorted_tables for column in table.columns}
    words = columns | {"role", "partner", "issuer", "is_admin", "__class__"}

    taken = [
        (level, name, answer.status_code)
        for level, allowed in LEVELS.items()
        for name in sorted(words - allowed)
        if (answer := program.post(_with(level, name))).status_code != 422
    ]

    assert taken == []
    assert rows_of(reception) == before


# --- E8: dates ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "code"),
    [
        ("2026-11-24", "date_future"),
        ("2027-12-01", "date_future"),
        ("2026-08-31", "date_outside_agreement"),
        ("2019-01-01", "date_outside_agreement"),
        ("0001-01-01", "date_outside_agreement"),
        ("9999-12-31", "date_future"),
        ("2026-02-30", "date_malformed"),
        ("2026-11-20T00:00:00+14:00", "date_malformed"),
    ],
)
def test_e8_no_deed_is_dated_outside_the_agreement_or_in_the_future(
    program: Program, date: str, code: str
) -> None:
    """Whatever the partner says: refused by row, and no evidence comes of it."""
    said = program.post({"results": [row(date=date)]}).get_json()["results"][0]

    assert (said["state"], said["evidence"]) == ("refused", None)
    assert code in {problem["code"] for problem in said["problems"]}


def test_e8_a_threshold_is_not_passed_by_leaving_the_score_out(
    program: Program, reception: Reception
) -> None:
    """Where a score is agreed, “achieved” without one is refused like one that is too low."""
    sent = [
        row(reference="1", activity="cyber-course", strength=2),
        row(reference="2", activity="cyber-course", strength=2, score=69),
    ]

    said = program.post({"results": sent}).get_json()["results"]

    assert ["refused", "refused"] == [each["state"] for each in said]
    assert [
        [("score", "score_missing")],
        [("score", "score_below_threshold")],
    ] == [[(problem["field"], problem["code"]) for problem in each["problems"]] for each in said]
    assert 0 == reception.session.scalar(select(func.count()).select_from(Evidence))


def test_e8_the_award_is_dated_by_us(program: Program, reception: Reception) -> None:
    """The deed has the day that the partner says, and when it was recorded and decided is ours."""
    program.post({"results": [row(date="2026-09-01")]})

    evidence = reception.session.scalars(select(Evidence)).one()
    award = reception.session.scalars(select(Award)).one()
    assert evidence.recorded_at == award.decided_at == reception.clock()
    assert evidence.occurred_at < reception.clock() - timedelta(days=80)


def test_e9_the_public_reads_whose_word_it_is(app: Flask, clock: Clock, letters: Letters) -> None:
    """Asserted by the partner, in the narrative that is signed and on the page."""
    with contextmanager(opened)(app, clock) as reception:
        program_of(app, reception, reception.fim).post({"results": [row()]})
    holder = person(app, letters, "anais@example.org")
    answer = holder.post(
        f"{holder.offer()}/recevoir",
        holder.offer(),
        with_name="no",
        signed_language="fr",
        visibility="link",
    )
    public_id = answer.headers["Location"].rpartition("/")[2]

    page = app.test_client().get(f"/b/{public_id}", headers={"Accept": "text/html"})
    signed = app.test_client().get(f"/b/{public_id}.json").get_json(force=True)

    assert "résultat affirmé par FIM, organisme partenaire" in page.text
    assert "résultat affirmé par FIM" in signed["evidence"][0]["narrative"]
