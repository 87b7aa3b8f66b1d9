"""`POST /api/v1/evidence`: every row has its answer, and a request has one answer."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import func, select

from badgeservice.errors import ConflictingChange
from badgeservice.evidence.models import Evidence
from badgeservice.jobs.models import Job
from badgeservice.partners import intake
from badgeservice.people.api_keys import Action
from badgeservice.people.models import ApiKey
from tests.partners.conftest import Program, Reception, program_of, row


def test_each_row_is_answered_by_itself(program: Program, reception: Reception) -> None:
    """What fits is recorded, what does not says row, field, value and what was expected."""
    answer = program.post(
        {
            "results": [
                row(reference="1"),
                row(reference="2", activity="cyber-9"),
                row(reference="3", person={"email": "lea@"}, strength=4),
                row(reference="4", activity="cyber-course", score=69),
                row(reference="5", activity="cyber-course", score="82.5", strength=2),
                row(reference="6", outcome="not_achieved"),
            ]
        },
        headers={"Accept-Language": "en"},
    )

    assert answer.status_code == 200, answer.text
    said = answer.get_json()
    assert [each["state"] for each in said["results"]] == [
        "recorded", "refused", "refused", "refused", "recorded", "noted",
    ]  # fmt: skip
    assert said["counts"] == {
        "recorded": 2, "known": 0, "corrected": 0, "withdrawn": 0, "noted": 1, "refused": 3,
    }  # fmt: skip
    assert said["results"][1] == {
        "row": 2,
        "reference": "2",
        "state": "refused",
        "evidence": None,
        "problems": [
            {
                "field": "activity",
                "code": "activity_not_allowed",
                "value": "cyber-9",
                "expected": "one of: cyber-1, cyber-course",
            }
        ],
    }
    assert [(p["field"], p["value"]) for p in said["results"][2]["problems"]] == [
        ("person.email", "lea@"), ("strength", "4"),
    ]  # fmt: skip
    session = reception.session
    assert session.scalar(select(func.count()).select_from(Evidence)) == 2
    job = session.scalars(select(Job)).one()
    assert (job.kind, job.arguments) == ("invite", {"batch": said["submission"]})
    assert session.get_one(ApiKey, program.key_id).last_used_on == reception.clock().date()


def test_the_same_request_gets_the_same_bytes(program: Program) -> None:
    """Without a second look at the rows; another body under the key is refused."""
    sent = {"results": [row(), row(reference="2", date="x")]}
    first, again = program.post(sent), program.post(sent)
    other = program.post({"results": [row(reference="3")]})

    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert (other.status_code, other.get_json()["code"]) == (422, "idempotency_key_reused")
    known = program.post(sent, idempotency_key="list-2").get_json()["results"][0]
    assert (known["state"], known["evidence"]) == (
        "known", first.get_json()["results"][0]["evidence"],
    )  # fmt: skip


def test_a_correction_is_asked_for(program: Program) -> None:
    """A changed row is a conflict otherwise, and says in which field."""
    program.post({"results": [row()]})
    changed = {"results": [row(date="2026-11-21")]}

    refused = program.post(changed, idempotency_key="2").get_json()["results"][0]
    corrected = program.post({**changed, "corrections": "apply"}, idempotency_key="3")

    assert [(p["field"], p["code"]) for p in refused["problems"]] == [("date", "changed")]
    assert corrected.get_json()["results"][0]["state"] == "corrected"


def test_the_fate_of_a_submission_can_be_read_later(program: Program) -> None:
    """Without what stood in it: that is not kept."""
    said = program.post({"results": [row(), row(reference="2", date="zz")]}).get_json()

    later = program.get(f"/api/v1/evidence/{said['submission']}?lang=en")

    assert later.status_code == 200
    read = later.get_json()
    assert read["counts"] == said["counts"]
    assert [(r["reference"], r["state"]) for r in read["results"]] == [
        (None, "recorded"), (None, "refused"),
    ]  # fmt: skip
    assert read["results"][1]["problems"][0] == {
        "field": "date",
        "code": "date_malformed",
        "value": None,
        "expected": "a day such as 2026-11-27",
    }
    assert "zz" not in later.text


@pytest.mark.parametrize(
    ("sent", "status", "code", "detail"),
    [
        ({"results": []}, 422, "request_refused", "results"),
        ({}, 422, "request_refused", "results"),
        ({"results": [{}]}, 422, "request_refused", "results[0].reference"),
        ({"results": [row(person={"email": "a", "phone": "1"})]}, 422, "request_refused", "results[0].person.phone"),
        ({"results": [row(score=True, activity="cyber-course")]}, 422, "request_refused", "results[0].score"),
        ({"results": [row(score="80,5")]}, 422, "request_refused", "results[0].score"),
        ({"results": [row(score=101)]}, 422, "request_refused", "results[0].score"),
        ({"results": [row(strength="3")]}, 422, "request_refused", "results[0].strength"),
        ({"results": [row(reference="a b")]}, 422, "request_refused", "results[0].reference"),
        ({"results": [row(reference=str(n)) for n in range(101)]}, 422, "request_refused", "results"),
        ([row()], 400, "not_an_object", ""),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused_as_a_whole(
    program: Program, reception: Reception, sent: object, status: int, code: str, detail: str
) -> None:
    """With the place in it; nothing is recorded, and the same key can be used for the right one."""
    answer = program.post(sent)

    problem = answer.get_json(force=True)
    assert (answer.status_code, problem["code"]) == (status, code)
    assert answer.content_type == "application/problem+json"
    assert problem.get("detail", "").startswith(f"'{detail}'" if detail else "")
    assert reception.session.scalar(select(func.count()).select_from(Evidence)) == 0
    assert program.post({"results": [row()]}).status_code == 200


def test_a_request_says_what_it_is(program: Program) -> None:
    """A key of its own, JSON, and not a megabyte."""
    sent = json.dumps({"results": [row()]})
    url, authorised = "/api/v1/evidence", {"Authorization": f"Bearer {program.key}"}
    named = {**authorised, "Idempotency-Key": "1"}
    for headers, data, kind, expected in (
        (authorised, sent, "application/json", (400, "idempotency_key_missing")),
        ({**authorised, "Idempotency-Key": "a b"}, sent, "application/json", (400, "idempotency_key_missing")),
        ({**authorised, "Idempotency-Key": "é"}, sent, "application/json", (400, "idempotency_key_missing")),
        (named, sent, "text/plain", (415, "http_415")),
        (named, "{", "application/json", (400, "bad_json")),
        (named, sent + " " * 262_144, "application/json", (413, "http_413")),
    ):  # fmt: skip
        answer = program.client.post(url, data=data, content_type=kind, headers=headers)
        assert (answer.status_code, answer.get_json(force=True)["code"]) == expected


def test_a_key_does_what_it_is_for(app: Flask, program: Program, reception: Reception) -> None:
    """One that reads sends nothing; one for an activity cites no other."""
    reader = program_of(app, reception, reception.fim, actions=[Action.READ])
    answer = reader.post({"results": [row()]})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "api_key_forbids")
    assert reader.get("/api/v1/evidence/sub_0").status_code == 404
    program.client.delete_cookie("session")

    reception.session.delete(reception.session.get_one(ApiKey, reader.key_id))
    narrow = program_of(app, reception, reception.fim, activities=["cyber-course"])
    refused = narrow.post({"results": [row()]}, headers={"Accept-Language": "en"}).get_json()
    assert refused["results"][0]["problems"][0]["expected"] == "one of: cyber-course"


def test_somebody_in_motion_is_waited_for(
    program: Program, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice; then the partner is told to send the same again, and nothing was recorded."""
    take, tries = intake.take, []

    def in_motion(*given: object, **options: object) -> object:
        tries.append(1)
        if len(tries) % 4:
            raise ConflictingChange("somebody is being erased")
        return take(*given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(intake, "take", in_motion)
    given_up = program.post({"results": [row()]})
    taken = program.post({"results": [row()]})

    assert (given_up.status_code, given_up.get_json()["code"]) == (409, "conflicting_change")
    assert (taken.status_code, len(tries)) == (200, 4)
