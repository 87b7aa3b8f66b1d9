"""A list is looked at before it is sent: what is wrong in a line is shown, and corrected or left out.

Functions flush; the caller commits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from badgeservice.errors import ResultListChanged
from badgeservice.evidence.sources import tables
from badgeservice.evidence.sources.tables import Code, Column, Problem, Result, Rules
from badgeservice.partners.lists import staging
from badgeservice.partners.lists.models import ListedRow, ListState, ResultList, RowState
from badgeservice.storage.vault import Vault


@dataclass(frozen=True)
class Shown:
    """A line to look at: its cells, and everything to correct in it; no cells once they are gone."""

    number: int
    state: RowState
    cells: dict[Column, str]
    problems: tuple[Problem, ...] = ()


def to_correct(
    session: Session, vault: Vault, staged: ResultList, *, now: datetime, at_most: int | None = None
) -> Iterator[Shown]:
    """Yield the lines that cannot be recorded as they are, in the order of the file."""
    allowed = staging.rules(session, staged, now)
    rows = (
        select(ListedRow)
        .where(ListedRow.list_id == staged.id, ListedRow.state == RowState.TO_CORRECT)
        .order_by(ListedRow.number)
        .limit(at_most)
    )
    for row in session.scalars(rows.execution_options(yield_per=100)):
        given, surplus = staging.cells(session, vault, row)
        yield Shown(
            row.number, row.state, given, _problems(session, vault, row, given, surplus, allowed)
        )


def ambiguous(
    session: Session, vault: Vault, staged: ResultList, *, at_most: int
) -> list[tuple[int, str, date]]:
    """Return dates that were read day first and make sense the other way: line, text, day."""
    rows = session.scalars(
        select(ListedRow)
        .where(
            ListedRow.list_id == staged.id,
            ListedRow.day_is_ambiguous,
            ListedRow.state.in_((RowState.READY, RowState.NOTHING)),
        )
        .order_by(ListedRow.number)
        .limit(at_most)
    )
    found = []
    for row in rows:
        text = staging.cells(session, vault, row)[0].get(Column.DATE, "")
        day = tables.day_of(text)
        if day is not None:
            found.append((row.number, text, day))
    return found


def ambiguous_count(session: Session, staged: ResultList) -> int:
    """Return how many dates `ambiguous` could tell."""
    return (
        session.scalar(
            select(func.count()).where(
                ListedRow.list_id == staged.id,
                ListedRow.day_is_ambiguous,
                ListedRow.state.in_((RowState.READY, RowState.NOTHING)),
            )
        )
        or 0
    )


def correct(
    session: Session,
    vault: Vault,
    staged: ResultList,
    number: int,
    changes: Mapping[Column, str],
    *,
    is_right: bool = False,
    now: datetime,
) -> RowState:
    """Change cells of a line that was to be corrected, and return how it stands now.

    A line with cells too many stays so while no cell was changed, unless somebody says that it
    `is_right`.

    Raises ResultListChanged when the list was sent, or the line is not to be corrected any more.
    """
    row = _open_row(session, staged, number)
    given, surplus = staging.cells(session, vault, row)
    if is_right or any(
        _as_read(given.get(column, "")) != _as_read(changes[column]) for column in changes
    ):
        surplus = False
    for column, text in changes.items():
        # What a person typed into the page is held to the same size as what stands in a file.
        given[column] = " ".join(text.split())[: tables.MAXIMUM_CELL // 4]
    given = {column: text for column, text in given.items() if text}
    found = tables.check(given, staging.rules(session, staged, now), surplus=surplus)
    deed = staging.deed_index(vault, found) if isinstance(found, Result) else None
    row.cells = staging.sealed(session, vault, staged, given, surplus)
    row.person_index = staging.person_index(vault, given)
    row.deed_index = deed
    row.day_is_ambiguous = tables.is_ambiguous(given.get(Column.DATE, ""))
    row.state = staging.state_of(found)
    if deed is not None and _twin(session, staged, number, deed) is not None:
        row.state = RowState.TO_CORRECT
    session.flush()
    return row.state


def _as_read(text: str) -> str:
    """Return a cell as a form gives it back, whatever its capitals."""
    return " ".join(text.split())[: tables.MAXIMUM_CELL // 4].casefold()


def leave_out(session: Session, staged: ResultList, number: int) -> None:
    """Take a line out of the list; what stood in it is forgotten. Raises ResultListChanged."""
    row = _open_row(session, staged, number)
    row.state = RowState.LEFT_OUT
    row.cells = row.person_index = row.deed_index = None
    session.flush()


def _open_row(session: Session, staged: ResultList, number: int) -> ListedRow:
    # Whoever sends or discards the list, or erases a person in it, comes before or afterwards.
    is_open = session.scalar(
        update(ResultList)
        .where(ResultList.id == staged.id, ResultList.state == ListState.STAGED)
        .values(state=ListState.STAGED)
        .returning(ResultList.id)
        .execution_options(synchronize_session=False)
    )
    row = session.get(ListedRow, (staged.id, number), populate_existing=True, with_for_update=True)
    if is_open is None or row is None or row.state != RowState.TO_CORRECT:
        raise ResultListChanged(f"line {number} of {staged.id} is not to be corrected")
    return row


def _problems(
    session: Session,
    vault: Vault,
    row: ListedRow,
    given: dict[Column, str],
    surplus: bool,
    allowed: Rules,
) -> tuple[Problem, ...]:
    found = tables.check(given, allowed, surplus=surplus)
    if not isinstance(found, Result):
        return found
    staged = session.get_one(ResultList, row.list_id)
    twin = _twin(session, staged, row.number, staging.deed_index(vault, found))
    # Without a twin the line is right by now: the agreement has changed, or the twin was left out.
    return (Problem(Code.SAME_AS_BEFORE, None, "", str(twin)),) if twin is not None else ()


def _twin(session: Session, staged: ResultList, number: int, deed: bytes) -> int | None:
    """Return the number of another line that says the same and will be sent."""
    return session.scalar(
        select(ListedRow.number)
        .where(
            ListedRow.list_id == staged.id,
            ListedRow.deed_index == deed,
            ListedRow.number != number,
            ListedRow.state.in_((RowState.READY, RowState.NOTHING)),
        )
        .order_by(ListedRow.number)
        .limit(1)
    )
