"""The life of an attempt: started, answered one question at a time, reviewed, sent, explained.

The server's time decides; a page only ever names an attempt, a question number and tokens. Nothing
about what is right leaves before the attempt is sent, except in practice, which is evidence of
nothing. Functions flush; the caller commits.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from badgeservice.catalogue.strength import Strength
from badgeservice.errors import (
    AttemptClosed,
    AttemptNotFound,
    AttemptRefused,
    ConflictingChange,
)
from badgeservice.evidence import record
from badgeservice.evidence.facts import Claim, Identity, Outcome, QuizDetails
from badgeservice.learning import content, drawing, forms, results, words
from badgeservice.learning.content import Module
from badgeservice.learning.drawing import Draw, Drawn
from badgeservice.learning.forms import Form
from badgeservice.learning.models import Attempt, Mode, ModuleContent, SavedAnswer, State
from badgeservice.learning.quiz import Answer, Chosen, Matched, Ordered, Question, Written
from badgeservice.learning.results import Disclosure, Result
from badgeservice.learning.views import (
    FeedbackView,
    PresentedQuestion,
    ResultView,
    Review,
    ReviewLine,
)
from badgeservice.people.models import Person
from badgeservice.storage.vault import Vault

OPEN_FOR = timedelta(days=7)

EVIDENCE_LASTS = timedelta(days=365)
"""How long passing a version of a module is not news: passed again later, it is evidence again."""

# Ten answers in less time than it takes to read them: noted on the result, never refused.
HURRIED_ANSWERS = 10
HURRIED_WITHIN = timedelta(seconds=25)

ID_BITS = 128


def start(
    session: Session, module: Module, person_id: str, mode: Mode, *, now: datetime, rng: Random
) -> Attempt:
    """Return a new attempt of `person_id`, or the one of this mode that is already open.

    `rng` makes the draw: `random.SystemRandom()` in service. An assessment takes the place of an
    open practice. Raises AttemptRefused: too early after the last try (`too_soon`), or practice
    while an assessment is open, which its explanations would give away (`assessment_under_way`).
    Raises ConflictingChange when the same person starts twice at the same instant.
    """
    current = open_attempt(session, module.id, person_id, now)
    if current is not None:
        if current.mode == mode:
            return current
        if current.mode == Mode.ASSESS:
            raise AttemptRefused("an assessment is under way", code="assessment_under_way")
    if mode == Mode.ASSESS and next_allowed(session, module, person_id, now) is not None:
        raise AttemptRefused("too early for another try", code="too_soon")
    _keep_content(session, module)
    _close_open(session, module.id, person_id)
    attempt = Attempt(
        id=f"att_{rng.getrandbits(ID_BITS):032x}",
        person_id=person_id,
        module_id=module.id,
        module_version=module.version,
        content_digest=module.digest,
        mode=mode,
        state=State.OPEN,
        draw=drawing.draw(module.quiz, rng).as_json(),
        started_at=now,
        closes_at=now + OPEN_FOR,
    )
    try:
        session.add(attempt)
        session.flush()
    except IntegrityError as error:
        raise ConflictingChange("another attempt started at the same instant") from error
    return attempt


def open_attempt(session: Session, module_id: str, person_id: str, now: datetime) -> Attempt | None:
    """Return the attempt that can be gone on with; None if there is none."""
    return session.scalar(
        select(Attempt).where(
            Attempt.person_id == person_id,
            Attempt.module_id == module_id,
            Attempt.state == State.OPEN,
            Attempt.closes_at > now,
        )
    )


def latest(session: Session, module_id: str, person_id: str) -> Attempt | None:
    """Return the assessment that was sent last; None if there is none."""
    return session.scalar(
        _sent_assessments(module_id, person_id).order_by(Attempt.submitted_at.desc()).limit(1)
    )


def get(session: Session, attempt_id: str, person_id: str) -> Attempt:
    """Return the attempt of this person; raise AttemptNotFound, whoever else's it may be."""
    attempt = session.get(Attempt, attempt_id)
    if attempt is None or attempt.person_id != person_id:
        raise AttemptNotFound(f"no attempt {attempt_id}")
    return attempt


def next_allowed(
    session: Session, module: Module, person_id: str, now: datetime
) -> datetime | None:
    """Return when the next assessment may start; None if it may start now."""
    count, last = session.execute(
        _sent_assessments(module.id, person_id).with_only_columns(
            func.count(), func.max(Attempt.submitted_at)
        )
    ).one()
    if last is None:
        return None
    delays = module.quiz.delays
    allowed = last + delays[min(count, len(delays)) - 1]
    return allowed if allowed > now else None


# --- one question --------------------------------------------------------------------------------


def presented_question(
    session: Session,
    vault: Vault,
    attempt: Attempt,
    number: int,
    language: str,
    *,
    sent: Form | None = None,
) -> PresentedQuestion:
    """Return the screen of question `number`, counted from 1, with the answer saved so far.

    `sent` is a form that `save_answer` has just refused, to be shown as it was filled in.
    Raises AttemptNotFound for a number out of range, AttemptClosed once the attempt is sent.
    """
    _require_open(attempt)
    draw = Draw.from_json(attempt.draw)
    drawn, question = _question(session, attempt, number)
    return forms.present(
        question,
        drawn,
        number=number,
        of=len(draw.questions),
        answer=_saved_answers(session, vault, attempt).get(question.id),
        language=language,
        sent=sent,
    )


def save_answer(
    session: Session, vault: Vault, attempt: Attempt, number: int, form: Form, *, now: datetime
) -> None:
    """Save what `form` answers to question `number`; an empty form takes the answer back.

    Raises AnswerRefused, with the reason as a code, and keeps what was saved before. Raises
    AttemptClosed once the attempt is sent or its time is over.
    """
    if not _hold_open(session, attempt, now):
        raise _closed(attempt)
    drawn, question = _question(session, attempt, number)
    answer = forms.read(question, drawn, form)
    saved = session.get(SavedAnswer, (attempt.id, question.id))
    if answer is None:
        if saved is not None:
            session.delete(saved)
    else:
        sealed = vault.seal(
            session, attempt.person_id, "saved_answer.answer", json.dumps(_as_json(answer))
        )
        if saved is None:
            session.add(
                SavedAnswer(
                    attempt_id=attempt.id, question_id=question.id, answer=sealed, saved_at=now
                )
            )
        else:
            saved.answer, saved.saved_at = sealed, now
    session.flush()


def explain_answer(
    session: Session, vault: Vault, attempt: Attempt, number: int, language: str
) -> FeedbackView:
    """Return what is said at once about the answer saved to question `number` of a practice.

    Raises AttemptRefused in an assessment: there, nothing is said before it is sent.
    """
    if attempt.mode != Mode.PRACTISE:
        raise AttemptRefused("an assessment is under way", code="assessment_under_way")
    _, question = _question(session, attempt, number)
    return results.explain(
        _module(session, attempt),
        Draw.from_json(attempt.draw),
        number,
        _saved_answers(session, vault, attempt).get(question.id),
        disclosure=Disclosure.EXPLANATIONS,
        language=language,
    )


# --- the whole attempt ---------------------------------------------------------------------------


def review(session: Session, vault: Vault, attempt: Attempt, language: str) -> Review:
    """Return the page before sending. Raises AttemptClosed once the attempt is sent."""
    _require_open(attempt)
    module = _module(session, attempt)
    answers = _saved_answers(session, vault, attempt)
    lines = [
        ReviewLine(
            number=number,
            prompt=module.quiz.question(drawn.question_id).prompt[language],
            is_answered=drawn.question_id in answers,
        )
        for number, drawn in enumerate(Draw.from_json(attempt.draw).questions, start=1)
    ]
    unanswered = [line.number for line in lines if not line.is_answered]
    return Review(
        answered=len(lines) - len(unanswered),
        of=len(lines),
        sentence=words.review(len(lines) - len(unanswered), len(lines), unanswered, language),
        lines=tuple(sorted(lines, key=lambda line: (line.is_answered, line.number))),
    )


def submit(session: Session, vault: Vault, attempt: Attempt, *, now: datetime) -> Result:
    """Close the attempt and return its result; the second time, the same result again.

    The first assessment of a version of the module that is passed is recorded as evidence, once;
    and again after EVIDENCE_LASTS, so that a badge whose time ends can be earned anew.
    Raises AttemptClosed when the attempt has lapsed.
    """
    if not _hold_open(session, attempt, now, state=State.SUBMITTED, submitted_at=now):
        if attempt.state == State.SUBMITTED:
            return result_of(session, vault, attempt)
        raise _closed(attempt)
    module = _module(session, attempt)
    result = results.mark(
        module,
        Draw.from_json(attempt.draw),
        _saved_answers(session, vault, attempt),
        answered_in_a_hurry=_in_a_hurry(_saved_at(session, attempt)),
    )
    attempt.result = vault.seal(
        session, attempt.person_id, "attempt.result", json.dumps(result.as_json())
    )
    session.flush()
    is_evidence = attempt.mode == Mode.ASSESS and result.passed
    if is_evidence and not _passed_before(session, vault, attempt, now):
        _record_evidence(session, vault, attempt, module, result, now)
    return result


def result_of(session: Session, vault: Vault, attempt: Attempt) -> Result:
    """Return the result of a sent attempt; raise AttemptNotFound if it was not sent."""
    if attempt.result is None:
        raise AttemptNotFound(f"attempt {attempt.id} has no result")
    sealed = vault.unseal_text(session, attempt.person_id, "attempt.result", attempt.result)
    return Result.from_json(json.loads(sealed))


def result_view(
    session: Session, vault: Vault, attempt: Attempt, language: str, *, now: datetime
) -> ResultView:
    """Return the page of a sent attempt; raise AttemptNotFound if it was not sent.

    It reads the content that the attempt was about, whatever the files say today.
    """
    module = _module(session, attempt)
    result = result_of(session, vault, attempt)
    is_practice = attempt.mode == Mode.PRACTISE
    return results.view(
        module,
        Draw.from_json(attempt.draw),
        _saved_answers(session, vault, attempt),
        result,
        is_practice=is_practice,
        next_allowed=None
        if is_practice or result.passed
        else next_allowed(session, module, attempt.person_id, now),
        language=language,
    )


def forget(session: Session, person_id: str) -> None:
    """Delete every attempt of a person who is being erased, with its answers."""
    theirs = select(Attempt.id).where(Attempt.person_id == person_id)
    session.execute(delete(SavedAnswer).where(SavedAnswer.attempt_id.in_(theirs)))
    session.execute(delete(Attempt).where(Attempt.person_id == person_id))


# --- parts ---------------------------------------------------------------------------------------


def _sent_assessments(module_id: str, person_id: str) -> Select[Attempt]:
    return select(Attempt).where(
        Attempt.person_id == person_id,
        Attempt.module_id == module_id,
        Attempt.mode == Mode.ASSESS,
        Attempt.state == State.SUBMITTED,
    )


def _keep_content(session: Session, module: Module) -> None:
    """Keep what the module says, unless it is kept already, be it at this very moment."""
    if session.get(ModuleContent, module.digest) is None:
        with suppress(IntegrityError), session.begin_nested():
            session.add(ModuleContent(digest=module.digest, canonical=module.canonical))


def _close_open(session: Session, module_id: str, person_id: str) -> None:
    """Close what stands in the way of a new attempt: lapsed, or a practice."""
    for attempt in session.scalars(
        select(Attempt).where(
            Attempt.person_id == person_id,
            Attempt.module_id == module_id,
            Attempt.state == State.OPEN,
        )
    ):
        attempt.state = State.LAPSED
    session.flush()


def _require_open(attempt: Attempt) -> None:
    if attempt.state != State.OPEN:
        raise _closed(attempt)


def _closed(attempt: Attempt) -> AttemptClosed:
    """Return why nothing can be done with the attempt any more."""
    if attempt.state == State.SUBMITTED:
        return AttemptClosed(f"attempt {attempt.id} was sent", code="attempt_sent")
    return AttemptClosed(f"attempt {attempt.id} lapsed", code="attempt_lapsed")


def _hold_open(session: Session, attempt: Attempt, now: datetime, **changes: Any) -> bool:
    """Change an attempt that is open; return whether it was. Others wait until the commit.

    Comparing and changing in one statement is what holds two requests apart on every database;
    reading first would let both through.
    """
    held = session.scalar(
        update(Attempt)
        .where(Attempt.id == attempt.id, Attempt.state == State.OPEN, Attempt.closes_at > now)
        .values({"state": State.OPEN} | changes)
        .returning(Attempt.id)
    )
    session.refresh(attempt)
    return held is not None


def _question(session: Session, attempt: Attempt, number: int) -> tuple[Drawn, Question]:
    questions = Draw.from_json(attempt.draw).questions
    if not 1 <= number <= len(questions):
        raise AttemptNotFound(f"attempt {attempt.id} has no question {number}")
    drawn = questions[number - 1]
    return drawn, _module(session, attempt).quiz.question(drawn.question_id)


def _module(session: Session, attempt: Attempt) -> Module:
    """Return the module as it was when the attempt started."""
    return _read_again(session.get_one(ModuleContent, attempt.content_digest).canonical)


# A few versions of a few modules are in use at a time; reading one takes milliseconds.
_read_again = lru_cache(maxsize=64)(content.from_canonical)


def _saved_answers(session: Session, vault: Vault, attempt: Attempt) -> dict[str, Answer]:
    return {
        saved.question_id: _from_json(
            json.loads(
                vault.unseal_text(session, attempt.person_id, "saved_answer.answer", saved.answer)
            )
        )
        for saved in session.scalars(
            select(SavedAnswer).where(SavedAnswer.attempt_id == attempt.id)
        )
    }


def _saved_at(session: Session, attempt: Attempt) -> Sequence[datetime]:
    return session.scalars(
        select(SavedAnswer.saved_at).where(SavedAnswer.attempt_id == attempt.id)
    ).all()


def _in_a_hurry(saved_at: Sequence[datetime]) -> bool:
    return len(saved_at) >= HURRIED_ANSWERS and max(saved_at) - min(saved_at) < HURRIED_WITHIN


def _passed_before(session: Session, vault: Vault, attempt: Attempt, now: datetime) -> bool:
    """Say whether another assessment of this version of the module was passed, not too long ago."""
    others = session.scalars(
        _sent_assessments(attempt.module_id, attempt.person_id).where(
            Attempt.module_version == attempt.module_version,
            Attempt.id != attempt.id,
            Attempt.submitted_at > now - EVIDENCE_LASTS,
        )
    )
    return any(result_of(session, vault, each).passed for each in others)


def _record_evidence(
    session: Session, vault: Vault, attempt: Attempt, module: Module, result: Result, now: datetime
) -> None:
    asked = [module.quiz.question(question_id) for question_id in result.points]
    objectives = {question.objective for question in asked}
    claim = Claim(
        person_id=attempt.person_id,
        reference=f"attempt:{attempt.id}",
        agent="system",
        activity=module.id,
        activity_version=module.version,
        content_digest=attempt.content_digest,
        competences=module.competence_codes,
        level=module.level,
        strength=Strength.ONLINE_QUIZ,
        identity=Identity.CONTACT_VERIFIED,
        outcome=Outcome.ACHIEVED,
        source_organisation=session.get_one(Person, attempt.person_id).controller_id,
        method="online-quiz",
        occurred_at=now,
        details=QuizDetails(
            title=module.title,
            questions=len(asked),
            objectives=tuple(each.text for each in module.objectives if each.id in objectives),
        ),
        score=result.score,
        threshold=result.pass_mark,
        critical_passed=result.critical_passed
        if any(question.is_critical for question in asked)
        else None,
    )
    record.record(session, vault, claim, now=now)


def _as_json(answer: Answer) -> dict[str, Any]:
    match answer:
        case Chosen():
            return {"chosen": sorted(answer.ids)}
        case Ordered():
            return {"ordered": list(answer.ids)}
        case Matched():
            return {"matched": dict(answer.rights)}
        case Written():
            return {"written": answer.text}


def _from_json(stored: dict[str, Any]) -> Answer:
    ((kind, value),) = stored.items()
    match kind:
        case "chosen":
            return Chosen(frozenset(value))
        case "ordered":
            return Ordered(tuple(value))
        case "matched":
            return Matched(value)
        case "written":
            return Written(value)
    raise ValueError(f"not a stored answer: {kind}")
