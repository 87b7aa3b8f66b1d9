"""Modules as files: a folder each, read once, checked whole, identified by what they say.

    <id>/module.yaml      title, objectives, level, competences…
    <id>/sheet.fr.md      the fact sheet, one file a language
    <id>/quiz.yaml        the questions and how they are assessed
    <id>/media/*          pictures

A module that breaks a rule is left out and reported; the others serve. `Module.canonical` holds the
whole module in one canonical JSON text, and `Module.digest` is its SHA-256: attempts and evidence
cite it, and `from_canonical` reads the module again when the files have long changed.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random

from badgeservice.catalogue import source
from badgeservice.catalogue.text import LANGUAGES, Text
from badgeservice.errors import CatalogueError, ModuleNotFound, ModuleRefused
from badgeservice.learning import drawing, grading, markdown, shapes
from badgeservice.learning.quiz import (
    ChoiceQuestion,
    Kind,
    MatchingQuestion,
    NumberQuestion,
    OrderingQuestion,
    Question,
    Quiz,
    ShortTextQuestion,
    Tolerance,
)

FOLDER = Path(__file__).resolve().parent.parent / "content" / "modules"
"""The modules that come with the service."""

# Whoever cannot see the picture must be able to answer: a shorter text hardly describes anything.
ALTERNATIVE_LETTERS = 40
MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}


@dataclass(frozen=True)
class Competence:
    """A competence of the framework that a module works on, as its main or a related one."""

    code: str
    role: str


@dataclass(frozen=True)
class Objective:
    """What a person can do after the module."""

    id: str
    text: Text


@dataclass(frozen=True)
class Sheet:
    """The fact sheet in one language."""

    source: str
    outline: markdown.Outline

    def html(self, *, media: str) -> str:
        """Return the sheet as safe HTML; `media` is the address of its media folder."""
        return markdown.render(self.source, media=media)


@dataclass(frozen=True)
class Module:
    """Everything about one module. `sheets` is by language; `media` are file names."""

    id: str
    version: str
    title: Text
    summary: Text
    level: str
    competences: tuple[Competence, ...]
    objectives: tuple[Objective, ...]
    duration: timedelta
    prerequisites: tuple[str, ...]
    licence: str
    revised: date
    review_before: date
    sources: tuple[Text, ...]
    sheets: Mapping[str, Sheet]
    quiz: Quiz
    media: tuple[str, ...]
    canonical: str = field(repr=False)

    @property
    def digest(self) -> str:
        """The SHA-256 of `canonical`, in hexadecimal."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()

    @property
    def competence_codes(self) -> tuple[str, ...]:
        """The competences that passing the quiz is evidence of: the main ones."""
        return tuple(each.code for each in self.competences if each.role == "main")


@dataclass(frozen=True)
class Problem:
    """Something that an author must mend (the module is left out), or should look at."""

    module: str
    sentence: str
    is_warning: bool

    def __str__(self) -> str:
        return f"warning: {self.sentence}" if self.is_warning else self.sentence


@dataclass(frozen=True)
class Library:
    """The modules that are sound, by id, and what was found wrong with any."""

    folder: Path
    modules: Mapping[str, Module]
    problems: tuple[Problem, ...]

    def module(self, module_id: str) -> Module:
        """Return the module; raise ModuleNotFound if no sound module has this id."""
        try:
            return self.modules[module_id]
        except KeyError:
            raise ModuleNotFound(f"no module {module_id}") from None

    def media_file(self, module_id: str, name: str) -> tuple[Path, str]:
        """Return the path and media type of a picture; raise ModuleNotFound if there is none."""
        if name not in self.module(module_id).media:
            raise ModuleNotFound(f"module {module_id} has no picture {name}")
        path = self.folder / module_id / "media" / name
        return path, MEDIA_TYPES[path.suffix]

    def overdue(self, today: date) -> tuple[Problem, ...]:
        """Return a warning for each module that should have been reviewed before `today`."""
        return tuple(
            Problem(module.id, f"{module.id}: to be reviewed before {module.review_before}", True)
            for module in self.modules.values()
            if module.review_before <= today
        )


def load(folder: Path = FOLDER) -> Library:
    """Return the library in `folder`. Nothing is raised for a broken module: see its problems."""
    modules: dict[str, Module] = {}
    problems: list[Problem] = []
    for path in sorted(each for each in folder.iterdir() if each.is_dir()):
        try:
            files = _read(path)
            module = _build(files)
        except (CatalogueError, ModuleRefused) as error:
            problems += [Problem(path.name, line, False) for line in error.message.splitlines()]
            continue
        modules[module.id] = module
        problems += [Problem(module.id, line, True) for line in _warnings(files, module)]
    # A module whose prerequisite is left out is left out too, and so on.
    while faults := dict(_prerequisite_faults(modules)):
        for module_id, sentence in faults.items():
            problems.append(Problem(module_id, sentence, False))
            del modules[module_id]
    return Library(folder, modules, tuple(problems))


def from_canonical(canonical: str) -> Module:
    """Return the module that `canonical` describes.

    Raises ModuleRefused if the rules of today no longer allow what it says.
    """
    stored = json.loads(canonical)
    return _build(
        _Files(
            module=source.Source(Path("module.yaml"), stored["module"], {(): 1}),
            quiz=source.Source(Path("quiz.yaml"), stored["quiz"], {(): 1}),
            sheets=stored["sheets"],
            media=stored["media"],
            folder=Path(stored["module"]["id"]),
        )
    )


# --- reading -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Files:
    """The content of a module's folder: `sheets` by language, `media` the SHA-256 by file name."""

    module: source.Source
    quiz: source.Source
    sheets: Mapping[str, str]
    media: Mapping[str, str]
    folder: Path


def _read(folder: Path) -> _Files:
    try:
        sheets = {
            language: (folder / f"sheet.{language}.md").read_text(encoding="utf-8")
            for language in LANGUAGES
        }
        media = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.glob("media/*"))
        }
    except (OSError, UnicodeDecodeError) as error:
        raise ModuleRefused(f"{folder}: {error}") from None
    return _Files(
        module=source.read(folder / "module.yaml"),
        quiz=source.read(folder / "quiz.yaml"),
        sheets=sheets,
        media=media,
        folder=folder,
    )


def _canonical(files: _Files) -> str:
    return json.dumps(
        {
            "module": files.module.data,
            "quiz": files.quiz.data,
            "sheets": dict(files.sheets),
            "media": dict(files.media),
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )


def _build(files: _Files) -> Module:
    """Return the module; raise CatalogueError or ModuleRefused with every problem, one a line."""
    data = files.module.load(shapes.ModuleSchema())
    quiz = shapes.quiz(files.quiz)
    module = Module(
        id=data["id"],
        version=data["version"],
        title=data["title"],
        summary=data["summary"],
        level=data["level"],
        competences=tuple(Competence(**each) for each in data["competences"]),
        objectives=tuple(Objective(**each) for each in data["objectives"]),
        duration=data["duration"],
        prerequisites=tuple(data["prerequisites"]),
        licence=data["licence"],
        revised=data["revised"],
        review_before=data["review_before"],
        sources=tuple(data["sources"]),
        sheets={
            language: Sheet(text, markdown.outline(text)) for language, text in files.sheets.items()
        },
        quiz=quiz,
        media=tuple(files.media),
        canonical=_canonical(files),
    )
    if problems := [*_module_problems(files, module), *_quiz_problems(files, module)]:
        raise ModuleRefused("\n".join(problems))
    return module


# --- rules ---------------------------------------------------------------------------------------


def _module_problems(files: _Files, module: Module) -> Iterator[str]:
    if module.id != files.folder.name:
        yield files.module.problem(("id",), f"must be the folder's name, {files.folder.name}")
    for objective, count in Counter(each.id for each in module.objectives).items():
        if count > 1:
            yield files.module.problem(("objectives",), f"{objective} is given twice")
    if not module.competence_codes:
        yield files.module.problem(("competences",), "none has the role main")
    for name in module.media:
        if Path(name).suffix not in MEDIA_TYPES:
            yield f"{files.folder}/media/{name}: allowed: {', '.join(MEDIA_TYPES)}"
    shapes = {}
    for language, sheet in module.sheets.items():
        path = files.folder / f"sheet.{language}.md"
        outline = sheet.outline
        shapes[language] = (outline.sequences, [(p.anchor, p.objective) for p in outline.passages])
        yield from (f"{path}, {problem}" for problem in outline.problems)
        if outline.sequences != markdown.SEQUENCES:
            yield (
                f"{path}: the parts are {', '.join(outline.sequences) or 'none'}, "
                f"expected: {', '.join(markdown.SEQUENCES)}"
            )
        known = {each.id for each in module.objectives}
        for passage in outline.passages:
            if passage.objective not in known:
                yield (
                    f"{path}, #{passage.anchor}: no objective {passage.objective}; "
                    f"allowed: {', '.join(sorted(known))}"
                )
        for image in outline.images:
            if image not in module.media:
                yield f"{path}: no file media/{image}"
    if len({repr(shape) for shape in shapes.values()}) > 1:
        yield f"{files.folder}: the sheets do not have the same parts and passages in each language"


def _quiz_problems(files: _Files, module: Module) -> Iterator[str]:
    questions = list(module.quiz.questions)
    about = partial(_about, files)
    for question_id, count in Counter(_all_ids(module.quiz)).items():
        if count > 1:
            yield about(question_id, "id", "given twice")
    objectives = {each.id for each in module.objectives}
    for objective in sorted(objectives - {question.objective for question in questions}):
        yield files.module.problem(("objectives",), f"no question is about {objective}")
    anchors = {passage.anchor for passage in module.sheets[LANGUAGES[0]].outline.passages}
    for question in questions:
        if question.objective not in objectives:
            yield about(question.id, "objective", _unknown(question.objective, objectives))
        if question.passage not in anchors:
            yield about(question.id, "passage", _unknown(question.passage, anchors))
        yield from (about(question.id, *problem) for problem in _question_problems(question))
    for stimulus in dict.fromkeys(q.stimulus for q in questions if q.stimulus):
        image = stimulus.image
        if image is None:
            continue
        if image.file not in module.media:
            yield about(stimulus.id, "image.file", _unknown(image.file, module.media))
        for language, text in image.alternative.as_dict().items() if image.alternative else ():
            if len(text) < ALTERNATIVE_LETTERS:
                yield about(
                    stimulus.id,
                    f"image.alternative.{language}",
                    f"{len(text)} characters, at least {ALTERNATIVE_LETTERS} are needed to answer "
                    "without seeing the picture",
                )
    if drawing.choose(module.quiz, Random(0)) is None:
        yield files.quiz.problem(
            ("assessment", "draw"),
            f"no {module.quiz.draw} of the {len(questions)} questions cover every objective",
        )


def _question_problems(question: Question) -> Iterator[tuple[str, str]]:
    """Yield (field, problem) for what is wrong within one question."""
    match question:
        case ChoiceQuestion():
            yield from _distinct("choices", ((c.id, c.text) for c in question.choices))
            right = sum(choice.is_correct for choice in question.choices)
            if question.kind is Kind.SINGLE and right != 1:
                yield "choices", f"{right} are correct, exactly one must be"
            if question.kind is Kind.MULTIPLE and not 0 < right < len(question.choices):
                yield "choices", "at least one must be correct and at least one not"
        case OrderingQuestion():
            yield from _distinct("steps", ((step.id, step.text) for step in question.steps))
        case MatchingQuestion():
            yield from _distinct("pairs", ((pair.id, pair.left) for pair in question.pairs))
            yield from _distinct("pairs", ((pair.id, pair.right) for pair in question.pairs))
        case NumberQuestion():
            pass
        case ShortTextQuestion():
            overlooked = {Tolerance.CASE_ACCENTS_SPACES, Tolerance.PUNCTUATION}
            for language, hint in question.hint.as_dict().items():
                for accepted in question.accepted:
                    if grading.normalize(accepted, overlooked) in grading.normalize(
                        hint, overlooked
                    ):
                        yield f"hint.{language}", f"gives the answer away: {accepted}"


def _warnings(files: _Files, module: Module) -> Iterator[str]:
    """Yield what weakens the quiz without breaking it."""
    questions = list(module.quiz.questions)
    counts = Counter(question.objective for question in questions)
    thin = [each.id for each in module.objectives if counts[each.id] < 2]
    if thin:
        yield files.quiz.problem(
            ("questions",), f"only one question each about {', '.join(thin)}; two are better"
        )
    if len(questions) < 2 * module.quiz.draw:
        yield files.quiz.problem(
            ("questions",),
            f"{len(questions)} questions for a draw of {module.quiz.draw}; "
            f"{2 * module.quiz.draw} make two tries differ",
        )
    single = [q for q in questions if isinstance(q, ChoiceQuestion) and q.kind is Kind.SINGLE]
    for language in LANGUAGES:
        betrayed = [question.id for question in single if _longest_is_right(question, language)]
        if 2 * len(betrayed) > len(single):
            yield files.quiz.problem(
                ("questions",),
                f"the longest choice is the right one ({language}): {', '.join(betrayed)}",
            )


def _longest_is_right(question: ChoiceQuestion, language: str) -> bool:
    lengths = {choice.is_correct: 0 for choice in question.choices}
    for choice in question.choices:
        lengths[choice.is_correct] = max(lengths[choice.is_correct], len(choice.text[language]))
    return lengths[True] > lengths[False]


def _prerequisite_faults(modules: Mapping[str, Module]) -> Iterator[tuple[str, str]]:
    """Yield each module with a prerequisite that is missing or of a higher level."""
    for module in modules.values():
        for needed in module.prerequisites:
            if needed not in modules:
                yield module.id, f"{module.id}/module.yaml, prerequisites: no module {needed}"
            elif shapes.LEVELS.index(modules[needed].level) > shapes.LEVELS.index(module.level):
                yield (
                    module.id,
                    f"{module.id}/module.yaml, prerequisites: {needed} is {modules[needed].level}, "
                    f"above {module.level}",
                )


def _about(files: _Files, question_id: str, name: str, message: str) -> str:
    return f"{files.quiz.path}, question {question_id}, {name}: {message}"


def _unknown(received: str, allowed: Iterable[str]) -> str:
    return f"received {received!r}, allowed: {', '.join(sorted(allowed)) or 'none'}"


def _distinct(name: str, lines: Iterable[tuple[str, Text]]) -> Iterator[tuple[str, str]]:
    """Yield a problem for each id or wording that stands twice among `lines`."""
    lines = list(lines)
    for each in ("id", *LANGUAGES):
        seen = Counter(line_id if each == "id" else text[each] for line_id, text in lines)
        for value, count in seen.items():
            if count > 1:
                yield f"{name}.{each}", f"{value!r} is given twice"


def _all_ids(quiz: Quiz) -> Iterator[str]:
    for unit in quiz.units:
        if unit[0].stimulus:
            yield unit[0].stimulus.id
        yield from (question.id for question in unit)
