"""An attempt is drawn once, answered in pieces, sent once, and leaves exactly what it should."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, MutableSequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from fractions import Fraction
from functools import partial
from random import Random
from threading import Barrier
from typing import Any, TypeVar

import pytest
from sqlalchemy import Engine, inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from badgeservice.catalogue.strength import Strength
from badgeservice.errors import (
    AnswerRefused,
    AttemptClosed,
    AttemptNotFound,
    AttemptRefused,
    ConflictingChange,
    HolderErased,
)
from badgeservice.evidence import record
from badgeservice.evidence.facts import Outcome, QuizDetails
from badgeservice.evidence.models import Evidence
from badgeservice.learning import attempts, content, words
from badgeservice.learning.content import Module
from badgeservice.learning.drawing import Draw
from badgeservice.learning.forms import Form
from badgeservice.learning.models import Attempt, Mode, ModuleContent, SavedAnswer, State
from badgeservice.learning.views import Kind, PresentedQuestion, Verdict
from badgeservice.people import accounts
from badgeservice.people.models import Organisation
from badgeservice.storage.vault import PersonalData, Vault

RIGHT_CHOICES = {
    "Quel mot de passe": ["moulin tractopelle zinc dimanche girafe pluie orgue"],
    "Même sans incident": ["Faux"],
    "Vous avez le temps": ["La messagerie professionnelle"],
    "Quels éléments": [
        "L'urgence : « avant ce soir »",
        "La demande de paiement par un lien",
        "Un numéro de mobile inconnu",
    ],
    "Que faites-vous de ce SMS": ["Je le transfère au 33700, puis je le supprime"],
    "Un fournisseur habituel": [
        "J'appelle le fournisseur au numéro que j'ai déjà dans mes dossiers"
    ],
}
RIGHT_ROWS = {
    "Associez": {
        "Le disque dur tombe en panne": "La sauvegarde",
        "Un logiciel présente une faille connue": "La mise à jour",
        "Un mot de passe a fuité": "La double authentification",
        "L'ordinateur portable est oublié dans le train": (
            "Le chiffrement et le verrouillage de session"
        ),
    },
    "Un message de rançon": {
        "Couper le réseau de l'ordinateur, sans l'éteindre": "1",
        "Prévenir le responsable ou le prestataire informatique": "2",
        "Suivre le parcours 17cyber.gouv.fr et conserver les preuves": "3",
        "Restaurer les fichiers depuis une sauvegarde saine": "4",
    },
}
RIGHT_TEXT = {"L'atelier a ses fichiers": "1", "Comment appelle-t-on": "phishing"}

ALL = range(1, 11)

Entry = TypeVar("Entry")


def plain(text: str) -> str:
    """The text with ordinary spaces."""
    return text.replace("\u00a0", " ")


def beginning(table: dict[str, Entry], prompt: str) -> Entry:
    """The entry whose key the prompt begins with."""
    return next(value for key, value in table.items() if plain(prompt).startswith(key))


def right_form(screen: PresentedQuestion) -> Form:
    """What someone sends who reads the screen and knows the answer."""
    if screen.choices:
        right = beginning(RIGHT_CHOICES, screen.prompt)
        return {"choice": [each.value for each in screen.choices if plain(each.text) in right]}
    if screen.rows:
        right_rows = beginning(RIGHT_ROWS, screen.prompt)
        value_of = {plain(each.text): each.value for each in screen.options}
        return {row.field: [value_of[right_rows[plain(row.text)]]] for row in screen.rows}
    return {"text": [beginning(RIGHT_TEXT, screen.prompt)]}


def wrong_form(screen: PresentedQuestion) -> Form:
    """What someone sends who has it all wrong."""
    if screen.choices:
        right = beginning(RIGHT_CHOICES, screen.prompt)
        return {"choice": [e.value for e in screen.choices if plain(e.text) not in right][:1]}
    if screen.rows and screen.kind is Kind.ORDERING:
        right_rows = beginning(RIGHT_ROWS, screen.prompt)
        return {row.field: [str(5 - int(right_rows[plain(row.text)]))] for row in screen.rows}
    if screen.rows:
        right_rows = beginning(RIGHT_ROWS, screen.prompt)
        return {
            row.field: [
                next(
                    o.value for o in screen.options if plain(o.text) != right_rows[plain(row.text)]
                )
            ]
            for row in screen.rows
        }
    return {"text": ["9"]}


class Learner:
    """A person in front of the quiz: what the pages would do, without the pages."""

    def __init__(self, session: Session, vault: Vault, module: Module, now: datetime) -> None:
        self.session, self.vault, self.module, self.now = session, vault, module, now
        self.rng = Random(11)
        self.organisation = Organisation(slug="cotentin", name="Cotentin Digital")
        session.add(self.organisation)
        session.flush()
        self.id = self.another("anais@example.org")

    def another(self, email: str) -> str:
        """The id of a new person."""
        return accounts.find_or_create(
            self.session,
            self.vault,
            email=email,
            language="fr",
            controller=self.organisation,
            now=self.now,
        ).id

    def wait(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)

    def start(self, mode: Mode = Mode.ASSESS) -> Attempt:
        """Start, or go on."""
        return attempts.start(self.session, self.module, self.id, mode, now=self.now, rng=self.rng)

    def screen(self, attempt: Attempt, number: int) -> PresentedQuestion:
        """Read a question in French."""
        return attempts.presented_question(self.session, self.vault, attempt, number, "fr")

    def save(self, attempt: Attempt, number: int, form: Form) -> None:
        """Send one answer."""
        attempts.save_answer(self.session, self.vault, attempt, number, form, now=self.now)

    def answer(self, attempt: Attempt, *, wrong: frozenset[str] = frozenset()) -> None:
        """Answer everything rightly but the prompts that begin like one of `wrong`; a minute each."""
        for number in ALL:
            self.wait(minutes=1)
            screen = self.screen(attempt, number)
            is_wrong = any(plain(screen.prompt).startswith(each) for each in wrong)
            self.save(attempt, number, wrong_form(screen) if is_wrong else right_form(screen))

    def submit(self, attempt: Attempt) -> attempts.Result:
        """Send everything."""
        return attempts.submit(self.session, self.vault, attempt, now=self.now)

    def take(self, *, wrong: frozenset[str] = frozenset(), mode: Mode = Mode.ASSESS) -> Attempt:
        """Do it all."""
        attempt = self.start(mode)
        self.answer(attempt, wrong=wrong)
        self.submit(attempt)
        return attempt

    def evidence(self) -> list[Evidence]:
        """What has been recorded."""
        return record.for_person(self.session, self.id)


FOUR_WRONG = frozenset({"Quel mot", "Même sans", "Vous avez le temps", "Comment appelle"})


@pytest.fixture
def learner(session: Session, vault: Vault, module: Module, now: datetime) -> Learner:
    """Anaïs, who has an account."""
    return Learner(session, vault, module, now)


# --- the draw ------------------------------------------------------------------------------------


def test_the_draw_of_the_start_is_read_again(learner: Learner) -> None:
    """Reloading a page shows the same question, the same order and the same tokens."""
    attempt = learner.start()
    before = [learner.screen(attempt, number) for number in ALL]
    learner.session.commit()
    learner.session.expire_all()

    after = [learner.screen(attempts.get(learner.session, attempt.id, learner.id), n) for n in ALL]

    assert before == after


def test_starting_twice_goes_on_with_the_same_attempt(learner: Learner) -> None:
    """A second tap, or coming back after a week-end, is not a second try."""
    first = learner.start()
    learner.save(first, 1, right_form(learner.screen(first, 1)))
    learner.wait(days=6, hours=23)

    assert learner.start() is first
    assert learner.screen(first, 1).is_answered


def test_two_open_attempts_cannot_be_stored(learner: Learner) -> None:
    """W12, parallel attempts: the database itself refuses the second one."""
    first = learner.start()
    columns = {each.key for each in inspect(Attempt).column_attrs} - {"id"}
    twin = Attempt(id="att_twin", **{name: getattr(first, name) for name in columns})

    learner.session.add(twin)

    with pytest.raises(IntegrityError):
        learner.session.flush()


def test_two_persons_have_attempts_of_their_own(learner: Learner) -> None:
    """Tokens of one are unknown to the other, and neither sees the other's."""
    mine = learner.start()
    hers = learner.id
    learner.id = learner.another("benoit@example.org")
    his = learner.start()

    with pytest.raises(AttemptNotFound):
        attempts.get(learner.session, mine.id, learner.id)
    assert his is not mine
    assert attempts.get(learner.session, mine.id, hers) is mine
    number_of = {learner.screen(his, number).prompt: number for number in ALL}
    for screen in [learner.screen(mine, number) for number in ALL]:
        if screen.choices or screen.rows:
            with pytest.raises(AnswerRefused):
                learner.save(his, number_of[screen.prompt], right_form(screen))


@pytest.mark.parametrize("number", [0, 11, -1])
def test_there_is_no_other_question(learner: Learner, number: int) -> None:
    """Numbers come from the address bar."""
    attempt = learner.start()

    with pytest.raises(AttemptNotFound):
        learner.screen(attempt, number)


# --- answering -----------------------------------------------------------------------------------


def test_a_refused_answer_loses_nothing(learner: Learner) -> None:
    """The saved one stays, and the form can be shown as it was filled in."""
    attempt = learner.start()
    number = next(n for n in ALL if learner.screen(attempt, n).kind is Kind.NUMBER)
    learner.save(attempt, number, {"text": ["2"]})

    with pytest.raises(AnswerRefused) as refused:
        learner.save(attempt, number, {"text": ["beaucoup"]})

    assert "not_a_number" == refused.value.code
    assert "2" == learner.screen(attempt, number).written
    shown = attempts.presented_question(
        learner.session, learner.vault, attempt, number, "fr", sent={"text": ["beaucoup"]}
    )
    assert "beaucoup" == shown.written


def test_an_answer_can_be_changed_and_taken_back(learner: Learner) -> None:
    """Until it is sent, nothing is final."""
    attempt = learner.start()
    number = next(n for n in ALL if learner.screen(attempt, n).kind is Kind.SHORT_TEXT)

    learner.save(attempt, number, {"text": ["piratage"]})
    learner.save(attempt, number, {"text": ["phishing"]})
    assert "phishing" == learner.screen(attempt, number).written
    learner.save(attempt, number, {"text": [""]})
    learner.save(attempt, number, {"text": [""]})

    assert not learner.screen(attempt, number).is_answered


def test_the_review_begins_with_what_is_missing(learner: Learner) -> None:
    """Nothing is sent by mistake: what has no answer comes first."""
    attempt = learner.start()
    for number in (1, 2, 3, 5, 6, 7, 8, 9):
        learner.save(attempt, number, right_form(learner.screen(attempt, number)))

    review = attempts.review(learner.session, learner.vault, attempt, "fr")

    assert "8 réponses sur 10. Questions 4 et 10 : sans réponse." == plain(review.sentence)
    assert [4, 10, 1, 2, 3, 5, 6, 7, 8, 9] == [line.number for line in review.lines]
    assert (8, 10) == (review.answered, review.of)


@pytest.mark.parametrize(
    ("missing", "french", "english"),
    [
        ((), "10 réponses sur 10.", "10 answers out of 10."),
        (
            (4,),
            "9 réponses sur 10. Question 4 : sans réponse.",
            "9 answers out of 10. Question 4: no answer.",
        ),
        (
            tuple(range(2, 11)),
            "1 réponse sur 10. Questions 2, 3, 4, 5, 6, 7, 8, 9 et 10 : sans réponse.",
            "1 answer out of 10. Questions 2, 3, 4, 5, 6, 7, 8, 9 and 10: no answer.",
        ),
    ],
)
def test_the_review_speaks_plainly(
    learner: Learner, missing: tuple[int, ...], french: str, english: str
) -> None:
    """One, several, none: in both languages."""
    attempt = learner.start()
    for number in set(ALL) - set(missing):
        learner.save(attempt, number, right_form(learner.screen(attempt, number)))

    said = [
        plain(attempts.review(learner.session, learner.vault, attempt, language).sentence)
        for language in ("fr", "en")
    ]

    assert [french, english] == said


# --- sending -------------------------------------------------------------------------------------


def test_a_pass_is_recorded_as_evidence(learner: Learner) -> None:
    """What was asked, how it went and how strong that is: what a rule and an employer need."""
    attempt = learner.take(wrong=frozenset({"Quel mot de passe"}))

    (row,) = learner.evidence()
    fact = record.fact(row)
    assert Strength.ONLINE_QUIZ == fact.strength
    assert 1 == fact.identity
    assert (learner.module.id, "1.0.0") == (fact.activity, fact.activity_version)
    assert learner.module.digest == fact.content_digest
    assert (("4.1",), "beginner") == (fact.competences, fact.level)
    assert Outcome.ACHIEVED == fact.outcome
    assert (Fraction(9, 10), Fraction(7, 10)) == (fact.score, fact.threshold)
    assert fact.critical_passed is True
    assert learner.organisation.id == fact.source_organisation
    assert learner.now == fact.occurred_at
    assert isinstance(fact.details, QuizDetails)
    assert (10, 5) == (fact.details.questions, len(fact.details.objectives))
    assert attempt.id in row.reference


def test_sending_twice_gives_the_same_result(learner: Learner) -> None:
    """A second tap, a reload, a replayed request: one result, one piece of evidence."""
    attempt = learner.start()
    learner.answer(attempt)
    first = learner.submit(attempt)
    sent_at = attempt.submitted_at
    learner.wait(hours=1)

    second = learner.submit(attempt)

    assert first == second
    assert sent_at == attempt.submitted_at
    assert 1 == len(learner.evidence())


def test_nothing_can_be_changed_once_it_is_sent(learner: Learner) -> None:
    """W12: neither answers nor questions are served any more, so no answer can be mended."""
    attempt = learner.start()
    form = right_form(learner.screen(attempt, 1))
    learner.submit(attempt)

    with pytest.raises(AttemptClosed) as closed:
        learner.save(attempt, 1, form)

    assert "attempt_sent" == closed.value.code
    with pytest.raises(AttemptClosed):
        learner.screen(attempt, 1)
    with pytest.raises(AttemptClosed):
        attempts.review(learner.session, learner.vault, attempt, "fr")


def test_a_try_that_is_not_passed_is_no_evidence(learner: Learner) -> None:
    """Nobody is followed by what they did not know yet."""
    attempt = learner.take(wrong=FOUR_WRONG)

    view = attempts.result_view(learner.session, learner.vault, attempt, "fr", now=learner.now)

    assert [] == learner.evidence()
    assert not view.passed
    assert view.next_allowed is None
    assert "Pas encore : 6 sur 10, il faut 7." == plain(view.headline)


def test_missing_the_critical_question_is_no_pass(learner: Learner) -> None:
    """Whatever the score."""
    learner.take(wrong=frozenset({"Un fournisseur habituel"}))

    assert [] == learner.evidence()


def test_only_the_first_pass_is_recorded(learner: Learner) -> None:
    """The first one is frozen; whoever comes back to practise changes nothing."""
    learner.take(wrong=frozenset({"Quel mot de passe"}))
    learner.take()

    (row,) = learner.evidence()
    assert Fraction(9, 10) == row.score


@pytest.mark.parametrize(("days", "recorded"), [(364, 1), (366, 2)])
def test_a_pass_is_news_again_after_a_year(learner: Learner, days: int, recorded: int) -> None:
    """Whoever renews a badge shows that they still know; the week before, they had shown it."""
    learner.take()
    learner.wait(hours=24 * days)
    learner.take()

    assert recorded == len(learner.evidence())


def test_a_new_version_can_be_passed_anew(learner: Learner) -> None:
    """The content has changed, so knowing it is another fact."""
    learner.take()
    newer = learner.module.canonical.replace('"version":"1.0.0"', '"version":"1.1.0"')
    learner.module = content.from_canonical(newer)
    learner.wait(hours=1)
    learner.take()

    assert ["1.0.0", "1.1.0"] == [row.activity_version for row in learner.evidence()]


def test_an_attempt_goes_on_when_the_files_change(learner: Learner) -> None:
    """What was started with one wording is finished, graded and explained with it."""
    attempt = learner.start()
    asked = [learner.screen(attempt, number) for number in ALL]
    learner.module = content.from_canonical(learner.module.canonical.replace("cyb-0", "new-0"))

    assert learner.start() is attempt
    assert asked == [learner.screen(attempt, number) for number in ALL]
    learner.answer(attempt)
    assert learner.submit(attempt).passed
    (row,) = learner.evidence()
    stored = learner.session.get_one(ModuleContent, row.content_digest)
    assert "cyb-01" in stored.canonical


# --- policy --------------------------------------------------------------------------------------


def test_the_delays_grow(learner: Learner) -> None:
    """At once, then after ten minutes, then after a day, and a day again."""
    for delay in (timedelta(0), timedelta(minutes=10), timedelta(hours=24), timedelta(hours=24)):
        learner.take(wrong=FOUR_WRONG)
        allowed = attempts.next_allowed(learner.session, learner.module, learner.id, learner.now)
        if not delay:
            assert allowed is None
            continue
        assert learner.now + delay == allowed
        learner.now += delay - timedelta(seconds=1)
        with pytest.raises(AttemptRefused) as refused:
            learner.start()
        assert "too_soon" == refused.value.code
        learner.wait(seconds=1)
        assert (
            attempts.next_allowed(learner.session, learner.module, learner.id, learner.now) is None
        )


def test_an_attempt_lapses_after_seven_days(learner: Learner) -> None:
    """It counts for nothing, and a new one may start at once."""
    attempt = learner.start()
    form = right_form(learner.screen(attempt, 1))
    learner.wait(days=7)

    with pytest.raises(AttemptClosed) as closed:
        learner.save(attempt, 1, form)
    assert "attempt_lapsed" == closed.value.code
    with pytest.raises(AttemptClosed):
        learner.submit(attempt)
    again = learner.start()

    assert again is not attempt
    assert State.LAPSED == attempt.state
    assert attempts.next_allowed(learner.session, learner.module, learner.id, learner.now) is None


@pytest.mark.parametrize(
    "code", ["attempt_sent", "attempt_lapsed", "too_soon", "assessment_under_way"]
)
def test_whoever_is_stopped_is_told_why(code: str) -> None:
    """In their language, with what to do next."""
    assert words.refusal(code, "fr") != words.refusal(code, "en")


def test_practice_explains_at_once_and_leaves_nothing(learner: Learner) -> None:
    """It is for learning: any number of times, without waiting, without evidence."""
    for _ in range(5):
        attempt = learner.take(mode=Mode.PRACTISE)

    view = attempts.result_view(learner.session, learner.vault, attempt, "fr", now=learner.now)
    assert [] == learner.evidence()
    assert view.next_allowed is None
    assert not view.passed
    assert attempts.next_allowed(learner.session, learner.module, learner.id, learner.now) is None


def test_practice_explains_each_answer(learner: Learner) -> None:
    """As soon as it is saved, with the passage to read."""
    attempt = learner.start(Mode.PRACTISE)
    number = next(n for n in ALL if learner.screen(attempt, n).kind is Kind.SINGLE)
    learner.save(attempt, number, wrong_form(learner.screen(attempt, number)))

    said = attempts.explain_answer(learner.session, learner.vault, attempt, number, "fr")

    assert Verdict.WRONG == said.verdict
    assert 1 == len(said.explanations)
    assert () == said.solution


def test_an_assessment_explains_nothing_before_it_is_sent(learner: Learner) -> None:
    """W12: no correctness feedback before closing."""
    attempt = learner.start()
    learner.save(attempt, 1, right_form(learner.screen(attempt, 1)))

    with pytest.raises(AttemptRefused):
        attempts.explain_answer(learner.session, learner.vault, attempt, 1, "fr")
    with pytest.raises(AttemptNotFound):
        attempts.result_view(learner.session, learner.vault, attempt, "fr", now=learner.now)


def test_practice_waits_for_an_open_assessment(learner: Learner) -> None:
    """Its explanations would answer the very questions that are open."""
    learner.start()

    with pytest.raises(AttemptRefused) as refused:
        learner.start(Mode.PRACTISE)

    assert "assessment_under_way" == refused.value.code


def test_an_assessment_takes_the_place_of_a_practice(learner: Learner) -> None:
    """Whoever feels ready need not finish practising."""
    practice = learner.start(Mode.PRACTISE)

    attempt = learner.start()

    assert State.LAPSED == practice.state
    assert Mode.ASSESS == attempt.mode


def test_answers_in_a_hurry_are_noted_and_count(learner: Learner) -> None:
    """Ten answers in under 25 seconds: a note for whoever looks into it, never a refusal."""
    attempt = learner.start()
    for number in ALL:
        learner.wait(seconds=2.5)
        learner.save(attempt, number, right_form(learner.screen(attempt, number)))

    result = learner.submit(attempt)

    assert result.answered_in_a_hurry
    assert result.passed
    assert 1 == len(learner.evidence())


def test_answers_at_a_human_pace_are_not_noted(learner: Learner) -> None:
    """Nine gaps of three seconds are 27 seconds."""
    attempt = learner.start()
    for number in ALL:
        learner.wait(seconds=3)
        learner.save(attempt, number, right_form(learner.screen(attempt, number)))

    assert not learner.submit(attempt).answered_in_a_hurry


def test_the_latest_assessment_is_found(learner: Learner) -> None:
    """The dashboard says where the person stands."""
    assert attempts.latest(learner.session, learner.module.id, learner.id) is None
    learner.take(wrong=FOUR_WRONG)
    learner.wait(minutes=1)
    second = learner.take()
    learner.take(mode=Mode.PRACTISE)

    assert second is attempts.latest(learner.session, learner.module.id, learner.id)


# --- personal data -------------------------------------------------------------------------------


def test_answers_and_results_are_sealed(learner: Learner) -> None:
    """Neither what was typed nor how it went can be read from the tables."""
    attempt = learner.take(wrong=FOUR_WRONG)

    saved = learner.session.scalars(select(SavedAnswer)).all()
    assert 10 == len(saved)
    assert not [each for each in saved if b"chosen" in each.answer or b"written" in each.answer]
    assert attempt.result is not None
    assert b"points" not in attempt.result
    for column in (SavedAnswer.__table__.c.answer, Attempt.__table__.c.result):
        assert isinstance(column.type, PersonalData)


def test_erasing_the_person_erases_answers_and_results(learner: Learner) -> None:
    """In backups too: the key is gone."""
    attempt = learner.take()
    learner.vault.shred_holder(learner.session, learner.id)

    with pytest.raises(HolderErased):
        attempts.result_view(learner.session, learner.vault, attempt, "fr", now=learner.now)


def test_the_stored_draw_says_nothing_about_the_person(learner: Learner) -> None:
    """It holds question ids and tokens only."""
    attempt = learner.start()

    assert {"questions"} == set(attempt.draw)
    assert Draw.from_json(attempt.draw).as_json() == attempt.draw
    assert all({"question", "options", "rows"} == set(each) for each in attempt.draw["questions"])


# --- races ---------------------------------------------------------------------------------------


def at_once(*requests: Callable[[], object]) -> list[object]:
    """Let each request run in its own thread, from the same instant; return what each returned."""
    barrier = Barrier(len(requests))

    def run(request: Callable[[], object]) -> object:
        barrier.wait()
        return request()

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(run, requests))


def test_two_taps_on_send_are_one(
    engine: Engine, vault: Vault, module: Module, now: datetime
) -> None:
    """W11: both requests show the same result, and it is evidence once. Twenty times over."""
    with Session(engine) as session:
        learner = Learner(session, vault, module, now)
        for _ in range(20):
            learner.id = learner.another(f"{learner.rng.random()}@example.org")
            attempt = learner.start()
            learner.answer(attempt)
            session.commit()
            attempt_id, person_id = attempt.id, learner.id

            def send(attempt_id: str = attempt_id, person_id: str = person_id) -> object:
                with Session(engine) as own:
                    mine = attempts.get(own, attempt_id, person_id)
                    result = attempts.submit(own, vault, mine, now=learner.now)
                    own.commit()
                    return result

            first, second = at_once(send, send)

            assert first == second
            assert 1 == len(learner.evidence())


def test_nothing_is_saved_beside_the_sending(
    engine: Engine, vault: Vault, module: Module, now: datetime
) -> None:
    """An answer that arrives with the sending is graded or refused, never kept ungraded."""
    with Session(engine) as session:
        learner = Learner(session, vault, module, now)
        for _ in range(20):
            learner.id = learner.another(f"{learner.rng.random()}@example.org")
            attempt = learner.start()
            form = right_form(learner.screen(attempt, 1))
            session.commit()
            attempt_id, person_id = attempt.id, learner.id

            def send(attempt_id: str = attempt_id, person_id: str = person_id) -> object:
                with Session(engine) as own:
                    mine = attempts.get(own, attempt_id, person_id)
                    result = attempts.submit(own, vault, mine, now=learner.now)
                    own.commit()
                    return sum(points == 1 for points in result.points.values())

            def save(
                attempt_id: str = attempt_id, person_id: str = person_id, form: Form = form
            ) -> object:
                with Session(engine) as own:
                    mine = attempts.get(own, attempt_id, person_id)
                    try:
                        attempts.save_answer(own, vault, mine, 1, form, now=learner.now)
                    except AttemptClosed:
                        return 0
                    own.commit()
                    return 1

            graded, kept = at_once(send, save)

            assert graded == kept


def test_a_start_beside_another_is_refused_not_doubled(
    engine: Engine, vault: Vault, module: Module, now: datetime
) -> None:
    """Two requests start at the same instant: one attempt, and one is told to try again."""
    with Session(engine) as first, Session(engine) as second:
        learner = Learner(first, vault, module, now)
        first.commit()

        def start_first() -> None:
            second.commit()
            learner.start()
            first.commit()

        beside = Interrupted(start_first)

        with pytest.raises(ConflictingChange):
            attempts.start(second, module, learner.id, Mode.ASSESS, now=now, rng=beside)

        second.rollback()
        assert 1 == len(second.scalars(select(Attempt)).all())


def test_all_who_start_a_new_module_at_once_have_started(
    engine: Engine, vault: Vault, module: Module, now: datetime
) -> None:
    """A workshop begins: whoever keeps the content first turns nobody away. Twenty times over."""
    with Session(engine) as session:
        learner = Learner(session, vault, module, now)
        persons = [learner.another(f"learner-{number}@example.org") for number in range(4)]
        session.commit()

    for edition in range(20):
        new = dataclasses.replace(
            module, id=f"module-{edition}", canonical=module.canonical + " " * edition
        )

        def start(person_id: str, new: Module = new) -> object:
            with Session(engine) as own:
                attempts.start(own, new, person_id, Mode.ASSESS, now=now, rng=Random())
                own.commit()
                return "started"

        assert ["started"] * 4 == at_once(*(partial(start, each) for each in persons))


class Interrupted(Random):
    """A source of randomness during whose first draw someone else acts."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__(3)
        self.meanwhile: Callable[[], None] | None = meanwhile

    def shuffle(self, x: MutableSequence[Any]) -> None:
        """Let the other act, once, then shuffle."""
        if meanwhile := self.meanwhile:
            self.meanwhile = None
            meanwhile()
        super().shuffle(x)


def test_every_value_of_a_result_view_can_be_shown(learner: Learner) -> None:
    """Templates print these fields as they are: none is a fraction, a token or an id."""
    attempt = learner.take(wrong=FOUR_WRONG)

    view = dataclasses.asdict(
        attempts.result_view(learner.session, learner.vault, attempt, "en", now=learner.now)
    )

    assert "cyb-" not in str(view)
    assert "Fraction" not in str(view)
