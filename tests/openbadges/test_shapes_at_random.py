"""shapes against jsonld on documents at random, and against mistakes that are made on purpose.

Ordinary badges do not tell a right template from one that is nearly right: a thousand of them once
agreed with a build that failed 233 of 1,500 documents at random.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from badgeservice.errors import BadgeserviceError
from badgeservice.openbadges import Document, jsonld, shapes

from . import invented

pytestmark = pytest.mark.any_database

SEED = 5
DOCUMENTS, PARTS = 4_000, 4
LEAST_SHARE = 0.4
"""Of documents that come through templates: a path that is never taken is never wrong."""


def compared(fast: shapes.Shapes, documents: Iterable[Document]) -> Iterator[Document | None]:
    """Yield for each document that a template tells: None, or the document if it tells it wrongly."""
    for document in documents:
        rendered = fast.render(document)
        if rendered is not None:  # else the general path answers, and is the definition
            yield None if rendered == _defined(document) else document


def _defined(document: Document) -> str | None:
    """Return what the general path says; None if it refuses, so that nothing may be signed."""
    try:
        return jsonld.canonicalize(document)
    except BadgeserviceError:
        return None


@pytest.mark.parametrize("part", range(PARTS))
def test_documents_at_random_are_told_as_by_the_general_path(part: int) -> None:
    """Byte for byte, and at least two fifths of them by templates."""
    fast = shapes.Shapes("0123456789abcdef")

    told = list(compared(fast, invented.stream(SEED + part, DOCUMENTS // PARTS)))

    assert [document for document in told if document is not None] == []
    assert fast.counts.differed == 0
    assert len(told) >= LEAST_SHARE * DOCUMENTS / PARTS


MISTAKES = {
    "quads that look alike are merged before first-degree hashing": (
        "template",
        '_anonymous("\\n".join(merged(lines)), mark).split("\\n")',
        'merged(_anonymous("\\n".join(lines), mark).split("\\n"))',
    ),
    "lines that have become equal both stay": (
        "template",
        "return _document(merged(lines))",
        "return _document(lines)",
    ),
    "quads that have become equal are hashed twice": (
        "template",
        '_anonymous("\\n".join(merged(lines)), mark).split("\\n")',
        '_anonymous("\\n".join(lines), mark).split("\\n")',
    ),
    "any text is an address": (
        "template",
        'if not self._are_plain("\\n".join((*self._links(values), ""))):',
        "if False:",
    ),
    "texts are not escaped": (
        "template",
        "values[leaf] = rdfc.escape(values[leaf])",
        "pass",
    ),
    "lines are not sorted again": (
        "template",
        'return "\\n".join((*sorted(lines), ""))',
        'return "\\n".join((*lines, ""))',
    ),
    "true is 1": ("shapes", "(_CONSTANT, kind, value)", "(_CONSTANT, value)"),
    "types are no part of the shape": (
        "shapes",
        "shape += (_CONSTANT, _words(value))",
        "shape += (_CONSTANT,)",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_turns_the_comparison_red(name: str) -> None:
    """Each is one piece of source that stands there once, replaced in a copy in memory.

    The first two are those that the design was once built with.
    """
    room, source, instead = MISTAKES[name]
    mistaken = built_with(room, source, instead)

    fast = mistaken.Shapes("0123456789abcdef")

    assert any(
        document is not None or fast.counts.differed
        for document in compared(fast, invented.stream(SEED, DOCUMENTS))
    )


def built_with(room: str, source: str, instead: str) -> ModuleType:
    """Return a copy of `shapes` in which a piece of the source, there or in `template`, is another."""
    folder = Path(shapes.__file__).parent
    modules = {}
    for name in ("template", "shapes"):
        text = (folder / f"{name}.py").read_text()
        if name == room:
            assert text.count(source) == 1, f"{source!r} stands there {text.count(source)} times"
            text = text.replace(source, instead)
        text = text.replace("badgeservice.openbadges.template", "mistaken_template")
        module = module_from_spec(spec_from_loader(f"mistaken_{name}", loader=None))
        sys.modules[module.__name__] = modules[name] = module
        exec(compile(text, name, "exec"), module.__dict__)
    for module in modules.values():
        del sys.modules[module.__name__]
    return modules["shapes"]
