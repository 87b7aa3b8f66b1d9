"""A question as a form: what the browser is shown, and what it sends back.

`present` and `read` are two ends of the same form. `read` believes nothing: each value must be a
token of this very draw, and each control must be filled in as a browser can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from badgeservice.errors import AnswerRefused
from badgeservice.learning import grading, words
from badgeservice.learning.drawing import Drawn, Token
from badgeservice.learning.quiz import (
    Answer,
    ChoiceQuestion,
    Chosen,
    Kind,
    Matched,
    MatchingQuestion,
    NumberQuestion,
    Ordered,
    OrderingQuestion,
    Question,
    ShortTextQuestion,
    Written,
)
from badgeservice.learning.views import (
    CHOICE_FIELD,
    ROW_FIELD,
    TEXT_FIELD,
    PresentedChoice,
    PresentedImage,
    PresentedOption,
    PresentedQuestion,
    PresentedRow,
    PresentedStimulus,
)

Form = Mapping[str, Sequence[str]]
"""Every value sent under each field name, as `request.form.to_dict(flat=False)` gives them."""

MAX_TEXT = 200

Value = TypeVar("Value")


def read(question: Question, drawn: Drawn, form: Form) -> Answer | None:
    """Return the answer that `form` holds; None when nothing was filled in.

    Fields of other names (a CSRF token, a button) are not looked at. Raises AnswerRefused, with a
    code for which `words.refusal` has a sentence.
    """
    match question:
        case ChoiceQuestion():
            return _read_choices(question, drawn, form)
        case OrderingQuestion():
            places = _read_rows(drawn, form, {str(n): n for n in range(1, len(drawn.rows) + 1)})
            if not places:
                return None
            if len(set(places.values())) < len(places):
                raise AnswerRefused("two steps in the same place", code="same_place_twice")
            return Ordered(tuple(sorted(places, key=places.__getitem__)))
        case MatchingQuestion():
            rights = _read_rows(drawn, form, {each.token: each.id for each in drawn.options})
            return Matched(rights) if rights else None
        case NumberQuestion() | ShortTextQuestion():
            return _read_text(question, form)


def present(
    question: Question,
    drawn: Drawn,
    *,
    number: int,
    of: int,
    answer: Answer | None,
    language: str,
    sent: Form | None = None,
) -> PresentedQuestion:
    """Return the screen of a question, filled in with the saved `answer`.

    `sent` is a form that was refused: it is shown again as the person filled it in.
    """
    filled = _fill(drawn, answer) if sent is None else sent
    chosen = frozenset(filled.get(CHOICE_FIELD, ()))
    choices: tuple[PresentedChoice, ...] = ()
    rows: tuple[PresentedRow, ...] = ()
    options: tuple[PresentedOption, ...] = ()
    unit = ""
    match question:
        case ChoiceQuestion():
            texts = {choice.id: choice.text[language] for choice in question.choices}
            choices = tuple(
                PresentedChoice(each.token, texts[each.id], each.token in chosen)
                for each in drawn.options
            )
        case OrderingQuestion():
            texts = {step.id: step.text[language] for step in question.steps}
            rows = _present_rows(drawn, texts, filled)
            options = tuple(
                PresentedOption(str(place), str(place)) for place in range(1, len(rows) + 1)
            )
        case MatchingQuestion():
            lefts = {pair.id: pair.left[language] for pair in question.pairs}
            rights = {pair.id: pair.right[language] for pair in question.pairs}
            rows = _present_rows(drawn, lefts, filled)
            options = tuple(PresentedOption(each.token, rights[each.id]) for each in drawn.options)
        case NumberQuestion():
            unit = question.unit[language] if question.unit else ""
    return PresentedQuestion(
        number=number,
        of=of,
        kind=question.kind,
        prompt=question.prompt[language],
        instruction=words.INSTRUCTIONS[question.kind][language],
        stimulus=_present_stimulus(question, language),
        choices=choices,
        rows=rows,
        options=options,
        written=_first(filled, TEXT_FIELD),
        unit=unit,
        is_answered=answer is not None,
    )


def _read_choices(question: ChoiceQuestion, drawn: Drawn, form: Form) -> Chosen | None:
    known = {each.token: each.id for each in drawn.options}
    tokens = form.get(CHOICE_FIELD, ())
    for token in tokens:
        if token not in known:
            raise AnswerRefused("a choice of another draw", code="unknown_choice")
    chosen = frozenset(known[token] for token in tokens)
    if len(chosen) > 1 and question.kind is not Kind.MULTIPLE:
        raise AnswerRefused("more than one choice", code="one_choice_only")
    return Chosen(chosen) if chosen else None


def _read_rows(drawn: Drawn, form: Form, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the value given to each row, by the row's id; empty when all are left empty."""
    rows = {ROW_FIELD + each.token: each.id for each in drawn.rows}
    if any(name.startswith(ROW_FIELD) and name not in rows for name in form):
        raise AnswerRefused("a row of another draw", code="unknown_choice")
    given = {row_id: _first(form, name) for name, row_id in rows.items()}
    if not any(given.values()):
        return {}
    if not all(given.values()):
        raise AnswerRefused("a row is empty", code="line_without_answer")
    if not all(value in values for value in given.values()):
        raise AnswerRefused("an option of another draw", code="unknown_choice")
    return {row_id: values[value] for row_id, value in given.items()}


def _read_text(question: NumberQuestion | ShortTextQuestion, form: Form) -> Written | None:
    text = _first(form, TEXT_FIELD).strip()
    if not text:
        return None
    if len(text) > MAX_TEXT:
        raise AnswerRefused(f"{len(text)} characters", code="too_long")
    if isinstance(question, NumberQuestion) and grading.read_number(question, text) is None:
        raise AnswerRefused("not a number", code="not_a_number")
    return Written(text)


def _fill(drawn: Drawn, answer: Answer | None) -> Form:
    """Return the form that holds `answer`: what `read` would read as `answer`."""
    match answer:
        case None:
            return {}
        case Chosen():
            return {CHOICE_FIELD: [each.token for each in drawn.options if each.id in answer.ids]}
        case Ordered():
            return {
                ROW_FIELD + each.token: [str(answer.ids.index(each.id) + 1)] for each in drawn.rows
            }
        case Matched():
            token_of = {each.id: each.token for each in drawn.options}
            return {
                ROW_FIELD + each.token: [token_of[answer.rights[each.id]]] for each in drawn.rows
            }
        case Written():
            return {TEXT_FIELD: [answer.text]}


def _present_rows(drawn: Drawn, texts: Mapping[str, str], filled: Form) -> tuple[PresentedRow, ...]:
    def row(each: Token) -> PresentedRow:
        field = ROW_FIELD + each.token
        return PresentedRow(field, texts[each.id], _first(filled, field))

    return tuple(row(each) for each in drawn.rows)


def _present_stimulus(question: Question, language: str) -> PresentedStimulus | None:
    stimulus = question.stimulus
    if stimulus is None:
        return None
    image = stimulus.image
    return PresentedStimulus(
        title=stimulus.title[language],
        text=stimulus.text[language],
        image=PresentedImage(
            file=image.file,
            alternative=image.alternative[language] if image.alternative else "",
        )
        if image
        else None,
    )


def _first(form: Form, name: str) -> str:
    values = form.get(name, ())
    return values[0] if values else ""
