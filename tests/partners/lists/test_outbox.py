"""What waits for nobody is found: lists that no job takes in, mails that no job sends."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, update

from badgeservice.extensions import services
from badgeservice.issuing.audit import Violation
from badgeservice.jobs.models import Job, JobState
from badgeservice.operations import audit
from badgeservice.partners import invitations, outbox
from badgeservice.partners.lists import sending
from badgeservice.partners.lists.models import ListedRow, ResultList, RowState
from badgeservice.partners.models import Invitation, InvitationState
from tests.partners.lists.conftest import TITLES, House, line


def found(house: House) -> list[tuple[str, str]]:
    """What an audit finds in the outbox now."""
    house.session.commit()
    return list(outbox.findings(house.session, house.clock()))


def sent(house: House) -> ResultList:
    """A list that was sent and not taken in yet."""
    staged = house.stage(TITLES + line(1))
    sending.send(
        house.session, staged, without=0, corrections=staged.corrections, actor="per_m",
        now=house.clock(),
    )  # fmt: skip
    house.session.commit()
    return staged


def test_a_list_that_no_job_takes_in(house: House) -> None:
    """One whose job waits, or failed and can be tried again, is known of."""
    waiting = sent(house)
    assert found(house) == []
    house.session.execute(update(Job).values(state=JobState.FAILED))
    assert found(house) == []
    for lose in (update(Job).values(state=JobState.DONE), delete(Job)):
        house.session.execute(lose)

        assert found(house) == [(waiting.id, "sent, and no job takes it in")]
    told = list(audit.violations(house.session, services(), now=house.clock()))
    assert told == [Violation("outbox", waiting.id, "sent, and no job takes it in")]


def test_a_list_that_is_done_and_was_not_taken_in(house: House) -> None:
    """A line of it still waits."""
    done = sent(house)
    house.work()
    assert found(house) == []

    house.session.execute(update(ListedRow).values(state=RowState.READY))

    assert found(house) == [(done.id, "done, and lines of it were not taken in")]


def test_a_mail_that_no_job_sends(house: House) -> None:
    """It counts as lost once the night that would have asked for it again is over."""
    batch = sent(house).id
    house.work()
    house.session.execute(update(Invitation).values(state=InvitationState.WAITING))
    assert found(house) == []
    house.clock.advance(hours=36, seconds=1)
    assert found(house) == [(batch, "mails of it wait, and no job sends them")]

    invitations.enqueue_late(house.session, house.clock())
    assert found(house) == []
    house.session.execute(
        update(Job)
        .where(Job.kind == invitations.TASK)
        .values(state=JobState.FAILED, finished_at=house.clock() - timedelta(hours=1))
    )
    assert found(house) == []
    house.clock.advance(hours=36)
    assert found(house) == [(batch, "mails of it wait, and no job sends them")]
