"""Canonical N-Quads of our own documents, by their shape.

Nearly all the time of canonicalizing goes into JSON-LD, whose answer depends on how a document is
built and hardly on what it says. So a document is taken apart into its shape (members, structure,
contexts, types, numbers, booleans) and its leaves (texts); each shape goes through `jsonld` once and
becomes a `Template`. `jsonld` is the definition: whatever is not provably within the domain of a
template takes that path, and what a template renders must equal it byte for byte.

The domain: contexts of our own documents only, named by address; no keyword but `@context`; no
floating-point numbers; texts that the contexts take as they are. It is for what we build ourselves.
A stranger chooses their shapes, so what they send is never read here.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from badgeservice.errors import BadgeserviceError
from badgeservice.openbadges import Document, contexts, jsonld
from badgeservice.openbadges.template import NotParametric, Sentinels, Template

CONTEXTS = frozenset(
    {(contexts.CREDENTIALS_V2,), (contexts.CREDENTIALS_V2, contexts.OPEN_BADGES_V3)}
)
"""What `@context` may be. Only with these is it proven that a plain address means itself, and that
nothing but the members below depends on what a text says.
"""

CONSTANTS = frozenset({"@context", "type", "proofPurpose"})
"""Members whose texts are words of the contexts or name them, and so belong to the shape."""

MAXIMUM_SHAPES = 200
"""Shapes that are remembered, the least recently used goes: about 25 kB each."""

Shape = tuple[Any, ...]

# A shape is written as a flat sequence in which names are text and these are not, so that no two
# documents of different structure are written alike. A name that none of these follows is that of a
# leaf. Types keep `true` and 1 apart.
_LEAF, _CONSTANT, _OBJECT, _LIST, _END = range(5)


@dataclass
class Counts:
    """What became of the documents: rendered, or sent to the general path.

    `compiled` and `differed` count shapes: those that have a template, and those whose template was
    wrong about the document that it was made from. The latter is a mistake in this module.
    """

    rendered: int = 0
    general: int = 0
    compiled: int = 0
    differed: int = 0


class Shapes:
    """Canonicalizes documents of ours, remembering their shapes; threads may share it.

    `secret` is that of `Sentinels`. `processor` is the general path.
    """

    def __init__(
        self,
        secret: str,
        *,
        processor: jsonld.Processor = jsonld.PINNED,
        maximum: int = MAXIMUM_SHAPES,
    ) -> None:
        self.counts = Counts()
        self._sentinels = Sentinels(secret)
        self._processor = processor
        self._maximum = maximum
        self._guard = threading.Lock()
        self._known: dict[Shape, _Known] = {}
        self._uses = itertools.count()

    def canonicalize(self, document: Document) -> str:
        """Return the canonical N-Quads of `document`; raises what `jsonld.canonicalize` raises."""
        rendered = self.render(document)
        if rendered is not None:
            return rendered
        with self._guard:
            self.counts.general += 1
        return self._processor.canonicalize(document)

    def render(self, document: Document) -> str | None:
        """Return the canonical N-Quads of `document` if a template tells them, and None otherwise.

        The first document of a shape gets none; the second has one made.
        """
        try:
            shape, leaves = split(document)
        except (NotParametric, RecursionError):
            return None
        template = self._template(shape, document, leaves)
        rendered = template.render(leaves) if template is not None else None
        if rendered is not None:
            with self._guard:
                self.counts.rendered += 1
        return rendered

    def _template(self, shape: Shape, document: Document, leaves: Sequence[str]) -> Template | None:
        known = self._known.get(shape)  # once: it takes longer than all the rest here
        if known is None:
            self._remember(shape)
            return None
        known.used = next(self._uses)
        if not known.is_tried:
            # Two threads may both do it; what they make is the same.
            known.template, known.is_tried = self._compile(document, leaves), True
        return known.template

    def _remember(self, shape: Shape) -> None:
        """Remember that a shape was seen, and forget the one that was not seen for longest."""
        with self._guard:
            self._known[shape] = _Known(next(self._uses))
            if len(self._known) > self._maximum:
                del self._known[min(self._known, key=lambda each: self._known[each].used)]

    def _compile(self, document: Document, leaves: Sequence[str]) -> Template | None:
        """Return the template of a document's shape, None if it has none that is right."""
        if not _is_ours(document):
            return None
        numbers = iter(range(len(leaves)))
        filled = _filled(document, lambda: self._sentinels.of(next(numbers)))
        try:
            template = Template(self._processor.quads(filled), len(leaves), self._sentinels)
            rendered = template.render(leaves)
            is_right = rendered is None or rendered == self._processor.canonicalize(document)
        except (NotParametric, BadgeserviceError):
            return None
        with self._guard:
            self.counts.compiled += is_right
            self.counts.differed += not is_right
        return template if is_right else None


@dataclass(slots=True)
class _Known:
    """A shape: when it was used last, whether a template was tried to be made, and that template."""

    used: int
    is_tried: bool = False
    template: Template | None = None


def split(document: Document) -> tuple[Shape, list[str]]:
    """Return the shape of a document and its leaves, in the order in which they stand.

    Raises `NotParametric` when it holds something that no shape has a place for.
    """
    shape: list[Any] = []
    leaves: list[str] = []
    _read(document, shape, leaves)
    return tuple(shape), leaves


def _read(members: Document, shape: list[Any], leaves: list[str]) -> None:
    for name, value in members.items():
        shape.append(name)
        kind = type(value)
        if name in CONSTANTS:
            shape += (_CONSTANT, _words(value))
        elif kind is str:
            leaves.append(value)
        elif kind is list:
            shape.append(_LIST)
            for item in value:
                if type(item) is str:
                    shape.append(_LEAF)
                    leaves.append(item)
                else:
                    _read_value(item, shape, leaves)
            shape.append(_END)
        else:
            _read_value(value, shape, leaves)


def _read_value(value: Any, shape: list[Any], leaves: list[str]) -> None:
    kind = type(value)
    if kind is dict:
        shape.append(_OBJECT)
        _read(value, shape, leaves)
        shape.append(_END)
    elif value is None or kind is bool or kind is int:
        shape += (_CONSTANT, kind, value)
    else:
        raise NotParametric(f"a value of the kind {kind.__name__}")


def _words(value: Any) -> str | tuple[str, ...]:
    """Return what a constant member says; a text and a list of one are written differently."""
    if type(value) is str:
        return value
    if type(value) is list:
        for word in value:
            if type(word) is not str:
                break
        else:
            return tuple(value)
    raise NotParametric("neither a word nor words")


def _is_ours(value: Any) -> bool:
    """Tell whether a document, or a part, has the contexts of our own and no other keyword."""
    if isinstance(value, list):
        return all(map(_is_ours, value))
    if not isinstance(value, dict):
        return True
    return all(
        isinstance(member, list) and tuple(member) in CONTEXTS
        if name == "@context"
        else not name.startswith("@") and _is_ours(member)
        for name, member in value.items()
    )


def _filled(value: Any, sentinel: Callable[[], str]) -> Any:
    """Return a document with a sentinel in the place of each leaf, in the order of `split`."""
    if isinstance(value, dict):
        return {
            name: member if name in CONSTANTS or name.startswith("@") else _filled(member, sentinel)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [_filled(item, sentinel) for item in value]
    return sentinel() if isinstance(value, str) else value
