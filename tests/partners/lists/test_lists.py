"""A list goes its way: staged, corrected, sent, taken in; nothing lost, nothing twice, nothing kept."""

from __future__ import annotations

import csv
import io
import itertools
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from badgeservice import worker
from badgeservice.awarding.models import Award, AwardState
from badgeservice.errors import HandedBack, ResultListChanged, ResultListNotFound, TableRefused
from badgeservice.evidence.models import Evidence, State
from badgeservice.evidence.sources.tables import Code, Column
from badgeservice.extensions import services
from badgeservice.issuing.models import Badge
from badgeservice.jobs import queue
from badgeservice.jobs.models import Job, JobState
from badgeservice.jobs.work import Work
from badgeservice.partners.lists import correcting, report, sending, staging
from badgeservice.partners.lists.models import ListedRow, ListState, ResultList, RowState
from badgeservice.people import accounts, email_address
from badgeservice.people.models import Person
from badgeservice.storage.vault import HolderKey
from tests.evidence.sources.workbooks import shared_text
from tests.partners import agreed
from tests.partners.lists.conftest import TITLES, House, line, organisation


def evidence(house: House) -> int:
    """Return how many results of the partner are recorded."""
    counted = select(func.count()).where(Evidence.source_organisation == house.partner.id)
    return house.session.scalar(counted) or 0


def problems(house: House, staged: ResultList) -> list[tuple[int, list[Code]]]:
    """Return which lines are to be corrected, and why."""
    shown = correcting.to_correct(house.session, services().vault, staged, now=house.clock())
    return [(each.number, [problem.code for problem in each.problems]) for each in shown]


def test_a_list_makes_evidence_and_offers_and_no_badge(house: House) -> None:
    """Results become evidence, evidence an offer; nothing is signed that nobody accepted."""
    agreed.publish(house.session, house.clock())
    staged = house.stage(TITLES + line(1) + line(2) + line(3, status="absent"))
    assert {"ready": 2, "nothing": 1} == house.states(staged)
    assert 0 == evidence(house)

    house.send(staged)

    assert {"recorded": 2, "noted": 1} == house.fates(staged)
    assert (ListState.DONE, house.clock()) == (staged.state, staged.finished_at)
    assert 2 == evidence(house)
    assert 0 == house.session.scalar(select(func.count()).select_from(Badge))
    assert [AwardState.OFFERED] * 2 == list(house.session.scalars(select(Award.state)))
    person = accounts.find(house.session, services().vault, email_address.parse("p1@example.org"))
    assert person is not None
    assert "Prénom Nom1" == accounts.name_of(house.session, services().vault, person)
    absent = email_address.parse("p3@example.org")
    assert accounts.find(house.session, services().vault, absent) is None


def test_the_same_file_again_adds_nothing(house: House) -> None:
    """Uploaded twice, it is the same list, before it is sent and after."""
    text = TITLES + line(1) + line(2)
    first = house.stage(text)
    assert first.id == house.stage(text).id
    house.send(first)

    again = house.stage(text)

    assert first.id == again.id
    assert 2 == evidence(house)


def test_the_same_lines_in_another_file_are_known(house: House) -> None:
    """Saved anew, in another order, with one more person: only that one is recorded."""
    house.send(house.stage(TITLES + line(1) + line(2)))

    again = house.stage(TITLES + line(3) + line(2) + line(1))
    house.send(again)

    assert {"recorded": 1, "known": 2} == house.fates(again)
    assert 3 == evidence(house)


def test_sending_twice_is_once(house: House) -> None:
    """A second tap returns the same job."""
    staged = house.stage(TITLES + line(1))
    house.send(staged)
    house.send(staged)

    kinds = list(house.session.scalars(select(Job.kind).where(Job.kind == sending.TASK)))
    assert [sending.TASK] == kinds
    assert 1 == evidence(house)


def test_a_changed_result_is_refused_unless_it_corrects(house: House) -> None:
    """What was recorded stays, until the partner says that the new one corrects it."""
    first = TITLES + line(1, activity="tableur").replace(";\n", ";80\n")
    house.send(house.stage(first))

    refused = house.stage(first.replace(";80", ";90"))
    house.send(refused)
    assert {"refused": 1} == house.fates(refused)
    row = house.session.get_one(ListedRow, (refused.id, 2))
    vault = services().vault
    rules = staging.rules(house.session, refused, house.clock())
    assert "Corriger ce qui a changé" in report.why(house.session, vault, row, rules, "fr")

    corrected = house.stage(first.replace(";80", ";90"))
    assert corrected.id != refused.id
    house.send(corrected, corrections="apply")
    assert {"corrected": 1} == house.fates(corrected)
    states = sorted(house.session.scalars(select(Evidence.state)))
    assert [State.REPLACED, State.VALID] == states


def test_one_bad_line_among_many_is_named_and_stops_the_list(house: House) -> None:
    """E6: with a bad line nothing is sent, unless the partner says how many lines it leaves out."""
    text = TITLES + "".join(line(n) for n in range(120)) + line(120).replace("@", " at ")
    staged = house.stage(text)
    assert [(122, [Code.EMAIL_UNUSABLE])] == problems(house, staged)

    for without in (0, 2):
        with pytest.raises(ResultListChanged):
            house.send(staged, without=without)
        house.session.rollback()
    assert (0, ListState.STAGED) == (evidence(house), staged.state)

    house.send(staged, without=1)
    assert {"recorded": 120, None: 1} == house.fates(staged)
    assert 120 == evidence(house)


def test_a_list_without_a_line_that_is_right_is_not_sent(house: House) -> None:
    """There would be nothing to do."""
    staged = house.stage(TITLES + line(1, status="malade"))

    with pytest.raises(ResultListChanged):
        house.send(staged, without=1)


def test_a_line_is_corrected_in_place(house: House) -> None:
    """What is typed is checked like the file; a line that is right now is ready."""
    staged = house.stage(TITLES + line(1, day="hier") + line(2, status="?"))
    vault, now = services().vault, house.clock()

    still = correcting.correct(house.session, vault, staged, 2, {Column.DATE: "demain"}, now=now)
    right = correcting.correct(
        house.session, vault, staged, 2, {Column.DATE: " 20/11/2026 "}, now=now
    )
    correcting.leave_out(house.session, staged, 3)

    assert (RowState.TO_CORRECT, RowState.READY) == (still, right)
    assert {"ready": 1, "left_out": 1} == house.states(staged)
    with pytest.raises(ResultListChanged):
        correcting.correct(house.session, vault, staged, 2, {Column.DATE: "x"}, now=now)
    with pytest.raises(ResultListChanged):
        correcting.leave_out(house.session, staged, 99)


def test_two_lines_that_say_the_same_are_one(house: House) -> None:
    """The later one names the line of the first; corrected into another one, it stays named."""
    staged = house.stage(TITLES + line(1) + line(1) + line(2, day="?"))
    assert [(3, [Code.SAME_AS_BEFORE]), (4, [Code.DATE_UNREADABLE])] == problems(house, staged)
    changes = {Column.EMAIL: "p1@example.org", Column.DATE: "2026-11-20"}

    state = correcting.correct(
        house.session, services().vault, staged, 4, changes, now=house.clock()
    )

    assert RowState.TO_CORRECT == state
    assert (4, [Code.SAME_AS_BEFORE]) == problems(house, staged)[1]


def test_dates_are_not_guessed_beside_one_that_is_month_first(house: House) -> None:
    """E6, dates 03/04: a single 11/20/2026 makes every 03/11/2026 doubtful."""
    certain = house.stage(TITLES + line(1, day="03/11/2026"))
    told = correcting.ambiguous(house.session, services().vault, certain, at_most=5)
    assert [(2, "03/11/2026", "2026-11-03")] == [(n, text, str(day)) for n, text, day in told]
    assert 1 == correcting.ambiguous_count(house.session, certain)

    doubtful = house.stage(TITLES + line(1, day="03/11/2026") + line(2, day="11/20/2026"))

    assert [(2, [Code.DATE_AMBIGUOUS]), (3, [Code.DATE_MONTH_FIRST])] == problems(house, doubtful)


def test_nothing_of_a_file_that_breaks_off_is_kept(house: House) -> None:
    """All or nothing: an open quote behind 1,000 good lines leaves no line."""
    with pytest.raises(TableRefused):
        house.stage(TITLES + "".join(line(n) for n in range(1_000)) + '"open')
    house.session.rollback()
    with pytest.raises(TableRefused):
        house.stage(TITLES)
    house.session.rollback()

    for table in (ResultList, ListedRow):
        assert 0 == house.session.scalar(select(func.count()).select_from(table))


def test_another_partner_sees_nothing(house: House) -> None:
    """E2: not the list, and not that the same file is there."""
    staged = house.stage(TITLES + line(1))
    other = organisation(house.session, "iut", house.clock())

    with pytest.raises(ResultListNotFound):
        staging.get(house.session, other, staged.id)
    assert [] == staging.of(house.session, other, at_most=9)


def test_killed_in_the_middle_it_goes_on(house: House) -> None:
    """What was taken in is not taken in again, and no line is passed over."""
    staged = house.stage(TITLES + "".join(line(n) for n in range(110)))
    sending.send(
        house.session, staged, without=0, corrections=staged.corrections, actor="m",
        now=house.clock(),
    )  # fmt: skip
    house.session.commit()
    job = queue.take(house.session, [sending.TASK], holder="w_1", now=house.clock())
    assert job is not None
    killed = Work(house.session, job, clock=house.clock, stopping=lambda: True)
    controller = accounts.organisation(house.session, services().office.issuer.slug)
    with pytest.raises(HandedBack):
        sending.take(killed, services().vault, controller)
    assert (100, 110, 100) == (killed.done, killed.total, evidence(house))
    house.clock.advance(minutes=11)
    queue.sweep(house.session, now=house.clock())

    house.work()

    job = house.session.get_one(Job, staged.job_id)
    assert (JobState.DONE, 110, 110) == (job.state, job.done, job.total)
    assert {"recorded": 110} == house.fates(staged)
    assert 110 == evidence(house)


def test_what_the_agreement_no_longer_covers_is_refused_and_told(house: House) -> None:
    """Between the preview and the worker: the line says so, and can be downloaded."""
    staged = house.stage(TITLES + line(1) + line(2))
    row = house.session.get_one(ListedRow, (staged.id, 3))
    row.cells = None
    house.send(staged)

    assert {"recorded": 1, "refused": 1} == house.fates(staged)
    told = "".join(
        report.of_fates(house.session, services().vault, staged, "fr", now=house.clock())
    )
    assert "refusée" in told


def test_a_recorded_line_keeps_nothing_of_the_person(house: House) -> None:
    """It is in the evidence by now; the list keeps its number and its fate."""
    staged = house.stage(TITLES + line(1) + line(2, status="absent") + line(3, day="?"))
    house.send(staged, without=1)

    kept = {
        row.number: row.cells is not None
        for row in house.session.scalars(select(ListedRow).order_by(ListedRow.number))
    }
    assert {2: False, 3: False, 4: True} == kept


def test_an_abandoned_list_is_forgotten_after_a_day(house: House) -> None:
    """With the key under which it was sealed; one that was sent keeps its refused lines a week."""
    abandoned = house.stage(TITLES + line(1)).id
    sent = house.stage(TITLES + line(2) + line(3, day="?"))
    house.send(sent, without=1)
    vault = services().vault

    house.clock.advance(hours=25)
    assert 1 == staging.purge(house.session, vault, house.clock())
    assert house.session.get(ResultList, abandoned) is None
    assert house.session.get(HolderKey, abandoned) is None
    assert "liste.csv" == staging.file(house.session, vault, sent).name

    house.clock.advance(days=7)
    assert 1 == staging.purge(house.session, vault, house.clock())
    house.session.expire_all()
    assert {"recorded": 1, None: 1} == house.fates(sent)
    assert "" == staging.file(house.session, vault, sent).name
    assert house.session.get(HolderKey, sent.id) is None

    house.clock.advance(days=365)
    assert 1 == staging.purge(house.session, vault, house.clock())
    assert 0 == house.session.scalar(select(func.count()).select_from(ListedRow))


def test_the_worker_forgets_by_its_schedule(house: House) -> None:
    """Every hour, so that a day is not two."""
    kinds = {each.kind: each.every for each in worker.SCHEDULE}

    assert timedelta(hours=1) == kinds["purge-lists"]
    assert "purge-lists" in worker.TASKS


def test_a_list_is_discarded_until_it_is_sent(house: House) -> None:
    """Then it is on its way."""
    discarded, sent = house.stage(TITLES + line(1)), house.stage(TITLES + line(2))
    discarded_id = discarded.id
    staging.discard(house.session, services().vault, discarded)
    house.send(sent)

    with pytest.raises(ResultListChanged):
        staging.discard(house.session, services().vault, sent)
    assert house.session.get(HolderKey, discarded_id) is None
    assert {"recorded": 1} == house.fates(sent)


def test_whoever_is_erased_leaves_every_list(house: House) -> None:
    """A line that waits is sent by nobody any more; the member is forgotten as well."""
    house.send(house.stage(TITLES + line(1)))
    staged = house.stage(TITLES + line(1, day="21/11/2026") + line(2))
    person = accounts.find(house.session, services().vault, email_address.parse("p1@example.org"))
    assert person is not None

    staging.forget(house.session, person.id, person.email_index)
    staging.forget(house.session, "per_member", None)
    house.session.commit()
    house.send(staged)

    assert {"recorded": 1, None: 1} == house.fates(staged)
    assert house.session.get_one(ListedRow, (staged.id, 2)).cells is None
    assert {None} == set(house.session.scalars(select(ResultList.sent_by)))


def test_the_report_calculates_nothing(house: House) -> None:
    """E5: whatever stands in a line, in its name or its date, no spreadsheet runs it."""
    attacks = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", " =1", '"=1']
    text = TITLES + "".join(
        f"{'Nom'};{'Zoé'};p{n}@example.org;cyber-1;réussi;{quoted(attack)};\n"
        for n, attack in enumerate(attacks)
    )
    staged = house.stage(text + line(99))
    vault = services().vault

    told = "".join(report.of_problems(house.session, vault, staged, "fr", now=house.clock()))
    house.send(staged, without=len(attacks))
    kept = "".join(report.of_fates(house.session, vault, staged, "en", now=house.clock()))

    for table, delimiter in ((told, ";"), (kept, ",")):
        rows = list(csv.reader(io.StringIO(table[1:]), delimiter=delimiter))
        assert len(rows) > len(attacks)
        for cell in itertools.chain.from_iterable(rows):
            assert not re.match(r"""[\s"]*[=+\-@＝＋－＠]|[\t\r\n]""", cell), cell


def quoted(cell: str) -> str:
    """Return a cell as a CSV holds it."""
    return '"' + cell.replace('"', '""') + '"'


def test_a_person_who_was_known_keeps_their_name(house: House) -> None:
    """A list names whom nobody knew; whoever is there already decides themselves."""
    house.send(house.stage(TITLES + line(1)))
    house.send(house.stage(TITLES + line(1, day="21/11/2026").replace("Nom1", "Autre")))

    person = house.session.scalars(select(Person).where(Person.state == "invited")).all()[-1]
    assert "Prénom Nom1" == accounts.name_of(house.session, services().vault, person)


def test_attack_a_small_workbook_that_unfolds_leaves_nothing(house: House) -> None:
    """61 KB whose every cell points to one long text: refused, and no line of it is kept."""
    bomb = shared_text(TITLES.strip().split(";"), letters=4_000, rows=2_000)

    with pytest.raises(TableRefused) as refused:
        house.stage(bomb)
    house.session.rollback()

    assert "too_much_text" == refused.value.code
    for model in (ResultList, ListedRow):
        assert 0 == house.session.scalar(select(func.count()).select_from(model))
