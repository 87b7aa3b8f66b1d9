"""A list before it is sent: taken from its file whole or not at all, kept sealed, forgotten.

    file → stage → preview and correct (correcting) → send (sending) or discard

Nothing here records anything. What is abandoned is forgotten after a day (`purge`). Functions flush;
the caller commits.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.orm import Session

from badgeservice.errors import InvalidEmail, ResultListChanged, ResultListNotFound, TableRefused
from badgeservice.evidence import agreements
from badgeservice.evidence.sources import tables
from badgeservice.evidence.sources.results import Corrections
from badgeservice.evidence.sources.tables import (
    Allowed,
    Cells,
    Column,
    Line,
    Problem,
    Result,
    Rules,
)
from badgeservice.partners.lists.models import ListedRow, ListState, ResultList, RowState
from badgeservice.people import accounts, email_address
from badgeservice.people.email_address import EmailAddress
from badgeservice.people.models import Organisation
from badgeservice.storage.vault import HolderKey, Vault
from badgeservice.verification.words import ZONE

UNSENT_KEPT = timedelta(days=1)
ROWS_KEPT = timedelta(days=7)
"""How long a sent list keeps the lines that were not recorded, so that they can be corrected."""

LISTS_KEPT = timedelta(days=365)

_CELLS, _FILE = "result_list_row.cells", "result_list.file"
_LONGEST_NAME = 200
_ROWS_AT_A_TIME = 500
_ID_BYTES = 16


@dataclass(frozen=True)
class Staged:
    """A list that was staged, or the one that holds the same file; `is_new` says which."""

    list: ResultList
    is_new: bool


@dataclass(frozen=True)
class File:
    """How a file was called, and the titles of its columns that we do not read."""

    name: str
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class Counts:
    """How many lines of a list are in each state."""

    by_state: Mapping[RowState, int]

    def __getitem__(self, state: RowState) -> int:
        return self.by_state.get(state, 0)

    @property
    def total(self) -> int:
        """All lines."""
        return sum(self.by_state.values())


# --- in ------------------------------------------------------------------------------------------


def stage(
    session: Session,
    vault: Vault,
    partner: Organisation,
    *,
    sent_by: str,
    file_name: str,
    data: bytes,
    activity: str,
    now: datetime,
) -> Staged:
    """Keep the lines of a file, sealed, with what is wrong in each.

    The same file again is the list that it was, as long as that one waits or left nothing out.
    Raises TableRefused, and then the caller rolls back: nothing of the file is kept.
    """
    digest = vault.blind_index(f"result_list/{partner.id}/{activity}", data.hex())
    if (known := _same(session, partner, digest)) is not None:
        return Staged(known, is_new=False)
    table = tables.read(data, activity_is_given=bool(activity))
    list_id = f"lst_{secrets.token_hex(_ID_BYTES)}"
    vault.create_holder(session, list_id)
    # Held on to, so that it is not read from the database again for every line.
    key = session.get_one(HolderKey, list_id)
    staged = ResultList(
        id=list_id,
        organisation_id=partner.id,
        sent_by=sent_by,
        file=vault.seal(session, list_id, _FILE, _about(file_name, table.ignored)),
        digest=digest,
        activity=activity,
        dates_are_doubtful=False,
        corrections=Corrections.REFUSE,
        state=ListState.STAGED,
        created_at=now,
    )
    session.add(staged)
    session.flush()
    rows = _Rows(session, vault, staged, rules(session, staged, now))
    for line in table.lines:
        rows.add(line)
    rows.flush()
    del key
    if not rows.count:
        raise TableRefused("titles without lines", code="no_rows")
    if rows.month_first:
        staged.dates_are_doubtful = True
        _doubt(session, staged)
    session.flush()
    return Staged(staged, is_new=True)


def rules(session: Session, staged: ResultList, now: datetime) -> Rules:
    """Return what the partner's agreement allows a list to hold today."""
    today = now.astimezone(ZONE).date()
    agreed = agreements.in_force(session, staged.organisation_id)
    return Rules(
        {
            name: Allowed(
                terms.valid_from,
                min(today, terms.valid_until or date.max),
                terms.threshold,
            )
            for name, terms in agreed.items()
        },
        default_activity=staged.activity,
        dates_are_doubtful=staged.dates_are_doubtful,
    )


class _Rows:
    """Writes the lines of a list, a few hundred at a time."""

    def __init__(self, session: Session, vault: Vault, staged: ResultList, allowed: Rules) -> None:
        self.session, self.vault, self.staged, self.rules = session, vault, staged, allowed
        self.count, self.month_first = 0, False
        self._waiting: list[dict[str, Any]] = []
        self._seen: set[bytes] = set()

    def add(self, line: Line) -> None:
        found = tables.check(line.cells, self.rules, surplus=line.surplus)
        deed = deed_index(self.vault, found) if isinstance(found, Result) else None
        state = state_of(found)
        if deed is not None and deed in self._seen:
            state = RowState.TO_CORRECT
        elif deed is not None:
            self._seen.add(deed)
        text = line.cells.get(Column.DATE, "")
        self.month_first = self.month_first or tables.is_month_first(text)
        self._waiting.append(
            {
                "list_id": self.staged.id,
                "number": line.number,
                "cells": sealed(self.session, self.vault, self.staged, line.cells, line.surplus),
                "person_index": person_index(self.vault, line.cells),
                "deed_index": deed,
                "day_is_ambiguous": tables.is_ambiguous(text),
                "state": state,
            }
        )
        self.count += 1
        if len(self._waiting) == _ROWS_AT_A_TIME:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            self.session.execute(insert(ListedRow), self._waiting)
            self._waiting.clear()


def _doubt(session: Session, staged: ResultList) -> None:
    """Let nobody guess the dates that can be read both ways."""
    session.execute(
        update(ListedRow)
        .where(ListedRow.list_id == staged.id, ListedRow.day_is_ambiguous)
        .values(state=RowState.TO_CORRECT, deed_index=None)
    )


def _same(session: Session, partner: Organisation, digest: bytes) -> ResultList | None:
    """Return the list that holds the same file, unless something of it was left out or refused."""
    fell = exists().where(
        ListedRow.list_id == ResultList.id,
        (ListedRow.state == RowState.LEFT_OUT) | ListedRow.problems.is_not(None),
    )
    return session.scalar(
        select(ResultList)
        .where(
            ResultList.organisation_id == partner.id,
            ResultList.digest == digest,
            (ResultList.state != ListState.DONE) | ~fell,
        )
        .order_by(ResultList.created_at.desc())
        .limit(1)
    )


# --- looking -------------------------------------------------------------------------------------


def get(session: Session, partner: Organisation, list_id: str) -> ResultList:
    """Return a list of this partner; raise ResultListNotFound for any other."""
    found = session.get(ResultList, list_id)
    if found is None or found.organisation_id != partner.id:
        raise ResultListNotFound(f"no list {list_id[:40]!a}")
    return found


def of(session: Session, partner: Organisation, *, at_most: int) -> list[ResultList]:
    """Return the lists of a partner, the latest first."""
    return list(
        session.scalars(
            select(ResultList)
            .where(ResultList.organisation_id == partner.id)
            .order_by(ResultList.created_at.desc(), ResultList.id)
            .limit(at_most)
        )
    )


def counts(session: Session, staged: ResultList) -> Counts:
    """Return how many lines are in each state."""
    found = session.execute(
        select(ListedRow.state, func.count())
        .where(ListedRow.list_id == staged.id)
        .group_by(ListedRow.state)
    )
    return Counts(dict(iter(found)))


def file(session: Session, vault: Vault, staged: ResultList) -> File:
    """Return what is known of the file; nothing once that was forgotten."""
    if staged.file is None:
        return File("", ())
    stored = json.loads(vault.unseal_text(session, staged.id, _FILE, staged.file))
    return File(stored["name"], tuple(stored["ignored"]))


def _about(name: str, ignored: Iterable[str]) -> str:
    return json.dumps({"name": name[:_LONGEST_NAME], "ignored": [t[:100] for t in ignored]})


def cells(session: Session, vault: Vault, row: ListedRow) -> tuple[dict[Column, str], bool]:
    """Return what stands in a line, and whether it has cells too many; nothing once forgotten."""
    if row.cells is None:
        return {}, False
    stored = json.loads(vault.unseal_text(session, row.list_id, _CELLS, row.cells))
    return {Column(name): text for name, text in stored["cells"].items()}, stored["surplus"]


# --- forgetting ----------------------------------------------------------------------------------


def discard(session: Session, vault: Vault, staged: ResultList) -> None:
    """Forget a list that was not sent. Raises ResultListChanged for one that was."""
    removed = session.execute(
        delete(ListedRow).where(
            ListedRow.list_id == staged.id,
            exists().where(ResultList.id == staged.id, ResultList.state == ListState.STAGED),
        )
    )
    gone = session.scalar(
        delete(ResultList)
        .where(ResultList.id == staged.id, ResultList.state == ListState.STAGED)
        .returning(ResultList.id)
    )
    if gone is None:
        raise ResultListChanged(f"{staged.id} was sent: {removed.rowcount} lines")  # type: ignore[attr-defined]
    vault.shred_holder(session, gone)


def purge(session: Session, vault: Vault, now: datetime) -> int:
    """Forget what nobody sent, what stood in lines long sent, and lists of long ago.

    Returns how many lists lost something. The caller commits.
    """
    over = select(ResultList.id, ResultList.state).where(
        ((ResultList.state == ListState.STAGED) & (ResultList.created_at <= now - UNSENT_KEPT))
        | (ResultList.sent_at <= now - LISTS_KEPT)
    )
    # In the state in which it was found: one that is being sent at this moment is not abandoned.
    gone = []
    for list_id, state in session.execute(over).all():
        is_it = (ResultList.id == list_id, ResultList.state == state)
        session.execute(
            delete(ListedRow).where(ListedRow.list_id == list_id, exists().where(*is_it))
        )
        if session.scalar(delete(ResultList).where(*is_it).returning(ResultList.id)):
            vault.shred_holder(session, list_id)
            gone.append(list_id)
    faded = list(
        session.scalars(
            update(ResultList)
            .where(ResultList.sent_at <= now - ROWS_KEPT, ResultList.file.is_not(None))
            .values(file=None)
            .returning(ResultList.id)
        )
    )
    for list_id in faded:
        session.execute(
            update(ListedRow)
            .where(ListedRow.list_id == list_id)
            .values(cells=None, person_index=None, deed_index=None)
        )
        vault.shred_holder(session, list_id)
    return len(gone) + len(faded)


def forget(session: Session, person_id: str, email_index: bytes | None) -> None:
    """Forget what stands in lines about a person who is being erased, and which lists they sent.

    `email_index` is that of the account, None when it is gone already. A line that waits is sent by
    nobody any more.
    """
    session.execute(update(ResultList).where(ResultList.sent_by == person_id).values(sent_by=None))
    if email_index is None:
        return
    about = ListedRow.person_index == email_index
    session.execute(
        update(ListedRow)
        .where(about, ListedRow.state != RowState.TAKEN)
        .values(state=RowState.LEFT_OUT)
    )
    session.execute(
        update(ListedRow).where(about).values(cells=None, person_index=None, deed_index=None)
    )


# --- one line ------------------------------------------------------------------------------------


def person_index(vault: Vault, given: Cells) -> bytes | None:
    """Return the index of the account that a line is about, None when its address is unusable."""
    try:
        address = email_address.parse(given.get(Column.EMAIL, ""))
    except InvalidEmail:
        return None
    return accounts.index(vault, address)


def deed_index(vault: Vault, result: Result) -> bytes:
    """Return a keyed digest of who did what on which day: the same in every list of a partner."""
    return _deed_index(vault, result.email, result.activity, result.day)


def _deed_index(vault: Vault, email: EmailAddress, activity: str, day: date) -> bytes:
    return vault.blind_index("result", f"{activity}\0{day.isoformat()}\0{email.key}")


def state_of(found: Result | tuple[Problem, ...]) -> RowState:
    """Return how a line stands that reads so, whatever the others say."""
    if not isinstance(found, Result):
        return RowState.TO_CORRECT
    return RowState.READY if found.status.is_achieved else RowState.NOTHING


def sealed(
    session: Session, vault: Vault, staged: ResultList, given: Cells, surplus: bool
) -> bytes:
    """Return what stands in a line under the key of its list; `cells` reads it."""
    stored = {"cells": {str(column): text for column, text in given.items()}, "surplus": surplus}
    return vault.seal(session, staged.id, _CELLS, json.dumps(stored, ensure_ascii=False))
