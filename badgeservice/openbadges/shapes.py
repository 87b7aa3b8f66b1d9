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

import threading
from collections import OrderedDict
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

CONSTANTS = frozenset({"type", "proofPurpose"})
"""Members whose texts are words of the contexts, and so belong to the shape."""

MAXIMUM_SHAPES = 200
"""Shapes that are remembered, the least recently used goes: about 25 kB each."""

Shape = tuple[Any, ...]

# A shape is written as a flat sequence in which names are text and these are not, so that no two
# documents of different structure are written alike. Types keep `true` and 1 apart.
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
        self._known: OrderedDict[Shape, Template | None] = OrderedDict()
        self._seen: OrderedDict[Shape, None] = OrderedDict()

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
        with self._guard:
            if shape in self._known:
                self._known.move_to_end(shape)
                return self._known[shape]
            if shape not in self._seen:
                _remember(self._seen, shape, None, self._maximum)
                return None
        template = self._compile(document, leaves)
        with self._guard:
            self._seen.pop(shape, None)
            _remember(self._known, shape, template, self._maximum)
        return template

    def _compile(self, document: Document, leaves: Sequence[str]) -> Template | None:
        """Return the template of a document's shape, None if it has none that is right."""
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


def split(document: Document) -> tuple[Shape, list[str]]:
    """Return the shape of a document and its leaves, in the order in which they stand.

    Raises `NotParametric` when the document is outside of the domain.
    """
    if "@context" not in document:
        raise NotParametric("no context")
    shape: list[Any] = []
    leaves: list[str] = []
    _read(document, shape, leaves)
    return tuple(shape), leaves


def _read(members: Document, shape: list[Any], leaves: list[str]) -> None:
    for name, value in members.items():
        shape.append(name)
        if type(value) is str and name not in CONSTANTS and not name.startswith("@"):
            shape.append(_LEAF)
            leaves.append(value)
        elif name in CONSTANTS:
            shape += (_CONSTANT, _words(value))
        elif name.startswith("@"):
            shape += (_CONSTANT, _contexts(name, value))
        elif type(value) is list:
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
    if type(value) is dict:
        shape.append(_OBJECT)
        _read(value, shape, leaves)
        shape.append(_END)
    elif value is None or type(value) is bool or type(value) is int:
        shape += (_CONSTANT, type(value), value)
    else:
        raise NotParametric(f"a value of the kind {type(value).__name__}")


def _words(value: Any) -> Any:
    """Return what a constant member says; a text and a list of one are written differently."""
    words = tuple(value) if type(value) is list else (value,)
    if not all(type(word) is str for word in words):
        raise NotParametric("a type that is no word")
    return words if type(value) is list else value


def _contexts(name: str, value: Any) -> tuple[str, ...]:
    if name != "@context" or type(value) is not list or tuple(map(str, value)) not in CONTEXTS:
        raise NotParametric("a keyword, or contexts that are not those of our own documents")
    return tuple(value)


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


def _remember(memory: OrderedDict[Shape, Any], shape: Shape, value: Any, maximum: int) -> None:
    memory[shape] = value
    if len(memory) > maximum:
        memory.popitem(last=False)
