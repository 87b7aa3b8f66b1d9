"""JSON-LD to canonical N-Quads, refusing every document of which a part would not be signed.

The only importer of pyld. pyld by itself is not safe to sign or verify with: it drops what a
context does not define, resolves relative addresses against an example.org of its own, fetches
contexts, has no limit of work, and is not thread-safe. A `Processor` closes these doors: nothing
that goes in may fail to come out, contexts come from a function without I/O, canonicalization is
our own `rdfc`, and a lock stands around pyld.
Sources: VC Data Integrity 1.0, section 2.4.1 (DATA_LOSS_DETECTION_ERROR); JSON-LD 1.1 API.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from pyld.jsonld import ContextResolver, JsonLdError, JsonLdProcessor

from badgeservice.errors import BadgeserviceError, BadLinkedData, DataLoss, TooComplex
from badgeservice.openbadges import Document, contexts, rdfc

DEFAULT_BUDGET = rdfc.DEFAULT_BUDGET

MAXIMUM_VALUES = 1_000
"""Values in a document, at any depth: a rich badge has three hundred, and pyld's time grows with
the square of the values that one property may gather.
"""

MAXIMUM_PROCESSED = 500
"""Pairs of contexts that are remembered; all of ours are about a hundred."""

_ABSOLUTE = re.compile(
    r'(?:_:|[A-Za-z][A-Za-z0-9+.-]*:)[^\x00-\x20\x7f\xa0\s<>"{}|\\^`\ud800-\udfff]*'
)
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")

_PYLD_LOCK = threading.Lock()
"""pyld keeps caches in module variables without locks of its own."""


class Processor:
    """JSON-LD 1.1 over a closed set of contexts.

    `load` returns the context document of an address or raises `UnknownContext`; it is asked once
    for each address. Most callers want the functions of this module, which use the pinned contexts.
    """

    def __init__(self, load: Callable[[str], Document]) -> None:
        self._load = load
        self._resolved: dict[str, Any] = _KnownContexts()
        self._pyld = _SafeProcessor()

    def canonicalize(
        self,
        document: Document,
        *,
        budget: int = DEFAULT_BUDGET,
        digest: str = rdfc.DIGEST,
        label_map: rdfc.LabelMap | None = None,
    ) -> str:
        """Return the canonical N-Quads of `document`, which is not changed.

        `budget` bounds the work; it, `digest` and `label_map` are those of `rdfc`. Raises
        `DataLoss` if any part of the document would be missing from the result, `TooComplex`,
        `UnknownContext` and `BadLinkedData`.
        """
        return rdfc.canonicalize(
            self.quads(document), budget=budget, digest=digest, label_map=label_map
        )

    def quads(self, document: Document) -> Iterator[rdfc.Quad]:
        """Return the RDF dataset of `document`, blank nodes named arbitrarily; raises the same."""
        _refuse_size(document)
        with _PYLD_LOCK:
            expanded = self._expand(document)
            dataset = self._run(self._pyld.to_rdf, expanded)
        return _quads(dataset)

    def expand(self, document: Document) -> list[Document]:
        """Return `document` in expanded form; raises like `canonicalize`."""
        _refuse_size(document)
        with _PYLD_LOCK:
            return self._expand(document)

    def recompact(self, document: Document) -> Document:
        """Return `document` expanded and compacted again under its own `@context`.

        What differs from `document` was written in a way that hides something from readers of
        plain JSON; read business facts from the result only. Raises like `canonicalize`.
        """
        _refuse_size(document)
        with _PYLD_LOCK:
            expanded = self._expand(document)
            context = document.get("@context", {})
            compacted: Document = self._run(
                self._pyld.compact, expanded, context, skipExpansion=True
            )
        return compacted

    def _expand(self, document: Document) -> list[Document]:
        expanded: list[Document] = self._run(self._pyld.expand, document)
        _refuse_loss(expanded)
        return expanded

    def _run(self, operation: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Run a pyld operation with our loader and translate what it raises."""
        options |= {
            "base": None,
            "documentLoader": self._remote_document,
            "contextResolver": ContextResolver(self._resolved, self._remote_document),
            "rdfDirection": "i18n-datatype",
        }
        try:
            return operation(*arguments, options)
        except JsonLdError as error:
            _raise_ours(error)
        except RecursionError:
            raise TooComplex("nested too deeply for JSON-LD") from None
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            # pyld lets these escape on odd but possible input instead of a JsonLdError.
            raise BadLinkedData(f"not processable as JSON-LD: {error!a:.200}") from error

    def _remote_document(self, address: str, options: object) -> Document:
        """A context in the form in which pyld expects it; `static` lets it be kept."""
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": address,
            "document": self._load(address),
            "tag": "static",
        }


def _refuse_dropped(key: str | None) -> NoReturn:
    """Take the place of pyld's handler, which gets None for what a context maps to nothing."""
    name = "one mapped to nothing" if key is None else ascii(key[:80])
    raise DataLoss(f"undefined term, so unsigned: {name}")


class _KnownContexts(dict[str, Any]):
    """pyld's cache of contexts by address; inline contexts are not kept, for anyone can make more."""

    def __setitem__(self, key: str, value: Any) -> None:
        if not key.startswith("{"):
            super().__setitem__(key, value)


class _SafeProcessor(JsonLdProcessor):  # type: ignore[misc]  # pyld has no types
    """pyld's processor, in which a value that goes in must come out.

    It remembers what contexts make of each other. pyld does so for those named by address only, so
    that it would build the terms that come with a type or a property anew wherever one occurs:
    three quarters of the time that a badge takes.
    """

    def __init__(self) -> None:
        super().__init__(_refuse_dropped)
        self._processed: dict[Any, tuple[Any, Any]] = {}

    def _expand(
        self, active_ctx: Any, active_property: Any, element: Any, *rest: Any, **options: Any
    ) -> Any:
        expanded = super()._expand(active_ctx, active_property, element, *rest, **options)
        if expanded is None and element is not None:
            raise DataLoss(f"dropped by JSON-LD, so unsigned: {str(element)[:80]!a}")
        return expanded

    def _process_context(self, active_ctx: Any, local_ctx: Any, options: Any, **manner: Any) -> Any:
        """Return the context that `local_ctx` makes of `active_ctx`, built once for each pair.

        What a document defines itself is not remembered: nobody could tell it from what it says
        next time. What stands inside a context is known by being the very same object, which is
        kept, so that no other takes its place in memory. `active_ctx` has an identifier once it is
        finished and frozen; a plain dict is still under construction.
        """
        if isinstance(local_ctx, str):
            known_by: Any = local_ctx
        elif isinstance(local_ctx, list):
            known_by = tuple(local_ctx) if all(isinstance(one, str) for one in local_ctx) else None
        else:
            known_by = id(local_ctx) if manner else None
        if not known_by or type(active_ctx) is dict:
            return super()._process_context(active_ctx, local_ctx, options, **manner)
        key = (active_ctx["_uuid"], known_by, *sorted(manner.items()))
        if key not in self._processed:
            made = super()._process_context(active_ctx, local_ctx, options, **manner)
            if len(self._processed) >= MAXIMUM_PROCESSED:
                self._processed.clear()  # those of the contexts in use are back at once
            self._processed[key] = (made, local_ctx)
        return self._processed[key][0]


PINNED = Processor(contexts.load)
"""The processor for everything that is signed or verified: pinned contexts and nothing else."""

canonicalize = PINNED.canonicalize
expand = PINNED.expand
recompact = PINNED.recompact


def _refuse_size(document: Document) -> None:
    """Bound the document before pyld sees it, without recursion."""
    count = 0
    pending: list[Any] = [document]
    while pending:
        value = pending.pop()
        count += 1
        if isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
        if count + len(pending) > MAXIMUM_VALUES:
            raise TooComplex(f"more than {MAXIMUM_VALUES} values")


def _refuse_loss(expanded: Any) -> None:
    """Refuse what pyld keeps in expanded form and then leaves out of the RDF, or writes badly."""
    if isinstance(expanded, list):
        for item in expanded:
            _refuse_loss(item)
    elif isinstance(expanded, dict):
        for key, value in expanded.items():
            if key in ("@id", "@type"):
                if value != "@json" or "@value" not in expanded:
                    _refuse_relative(value)
            elif key == "@index":
                raise DataLoss(f"an index is not signed: {value!a:.80}")
            elif key == "@language":
                if not _LANGUAGE.fullmatch(value):
                    raise DataLoss(f"malformed language tag: {value!a:.80}")
            elif key != "@value":
                if key.startswith("_:"):
                    raise DataLoss(f"a blank node as property is not signed: {key!a:.80}")
                if not key.startswith("@"):
                    _refuse_relative(key)
                _refuse_loss(value)


def _refuse_relative(value: Any) -> None:
    for address in value if isinstance(value, list) else [value]:
        if not (isinstance(address, str) and _ABSOLUTE.fullmatch(address)):
            raise DataLoss(f"relative or malformed address: {str(address)[:80]!a}")


def _quads(dataset: dict[str, list[dict[str, Any]]]) -> Iterator[rdfc.Quad]:
    for graph, triples in dataset.items():
        graph_term = "" if graph == "@default" else _resource(graph)
        for triple in triples:
            yield (
                _term(triple["subject"]),
                _term(triple["predicate"]),
                _term(triple["object"]),
                graph_term,
            )


def _term(term: dict[str, str]) -> str:
    if term["type"] != "literal":
        return _resource(term["value"])
    return rdfc.literal(term["value"], datatype=term["datatype"], language=term.get("language"))


def _resource(value: str) -> str:
    return value if value.startswith("_:") else rdfc.iri(value)


def _raise_ours(error: JsonLdError) -> NoReturn:
    """Raise our own error if one started the chain of pyld's, and `BadLinkedData` otherwise."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
        if isinstance(cause, BadgeserviceError):
            raise cause from None
    reason = getattr(cause, "code", None) or str(cause)
    raise BadLinkedData(f"not JSON-LD: {str(reason)[:200]}") from None
