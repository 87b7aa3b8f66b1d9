"""What is wrong with an Open Badges 2.0 document, judged by its structure alone.

`lint` holds what we publish against the standard, against what its old validators insist on, and
against rules of our own. `lint_received` holds a stranger's document against the standard only.
Sources: Open Badges 2.0, "Open Badges Vocabulary"; the rules of 1EdTech's validators.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from badgeservice.errors import BadgeserviceError, BadTimestamp
from badgeservice.openbadges import Document, contexts, identity, jsonld, timestamps
from badgeservice.openbadges.problems import Problem, Rule, everywhere, values
from badgeservice.openbadges.v2 import extensions
from badgeservice.openbadges.v2.vocabulary import CLASSES, CONTEXT, HOSTED, SIGNED, Kind, Member

HOUSE_RULES = frozenset(
    {
        Rule.ARRAY,
        Rule.NOTATION,
        Rule.EMPTY,
        Rule.FRACTION,
        Rule.CHARACTERS,
        Rule.WHOLE_SECONDS,
        Rule.EXACT_CONTEXT,
        Rule.UNDEFINED,
        Rule.SALT,
    }
)
"""What we ask of ourselves, and the standard does not ask of others."""

SALT_CHARACTERS = 22
"""128 random bits in base64url."""

_ADDRESS = re.compile(r'[a-zA-Z][a-zA-Z0-9+.-]*:[^\s<>"{}|\\^`]+')
_BLANK = re.compile(r"_:\S+")
_WEB_ADDRESS = re.compile(r'https?://[^\s<>"{}|\\^`/?#]+[^\s<>"{}|\\^`]*')
_URN_UUID_4 = re.compile(
    r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
)
_IMAGE_DATA = re.compile(r"data:image/(?:png|svg\+xml)(?:;[^;,\s]+)*;base64,[A-Za-z0-9+/=\s]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_PHONE = re.compile(r"\+?[1-9][0-9]{1,14}(;ext=[0-9]+)?")
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")
_TYPE_ADDRESS = re.compile(r'[a-zA-Z][a-zA-Z0-9+.-]*:[^\s<>"{}|\\^`]+')

_TERMS = frozenset(contexts.load(CONTEXT)["@context"])
_EARLIER = {"targetFramework": {"@id": "schema:targetFramework"}}
"""The one term that had another meaning in the edition of the context before October 2020."""

_OTHER_ADDRESSES = ("https://openbadgespec.org/v2/context.json",)
"""Where the context can be had besides the address that is its name."""


def is_context(value: object) -> bool:
    """Tell whether `value` is the context of 2.0: its address, or a copy of it."""
    if isinstance(value, str):
        return value == CONTEXT or value in _OTHER_ADDRESSES
    terms = contexts.load(CONTEXT)["@context"]
    return value in (terms, terms | _EARLIER)


def lint(document: Document, class_name: str) -> list[Problem]:
    """Return every problem of a document that we would publish as a `class_name`: none, if it may."""
    problems = [*everywhere(document), *_object(document, class_name, ""), *_our_document(document)]
    return [
        problem
        for problem in problems
        if (problem.path, problem.rule) != ("revokedAssertions", Rule.EMPTY)  # good news
    ]


def lint_received(document: Document, class_name: str) -> list[Problem]:
    """Return the problems of a document that anyone may have made, by the rules of the standard.

    Words that the standard does not know are allowed, for they say nothing to anybody. Extensions
    of the published kinds must be what they say they are; `unknown_extensions` names the others.
    """
    problems = [*everywhere(document), *_object(document, class_name, ""), *_extensions(document)]
    return [problem for problem in problems if problem.rule not in HOUSE_RULES]


def unknown_extensions(document: Document) -> list[str]:
    """Return where a document has extensions that are not checked."""
    return [
        path
        for path, name, value in _extension_nodes(document)
        if extensions.classes_of(name, value) is None
    ]


def _our_document(document: Document) -> Iterator[Problem]:
    if document.get("@context") != CONTEXT:
        yield Problem("@context", Rule.EXACT_CONTEXT, f"not exactly {CONTEXT}")
        return
    try:
        jsonld.expand(document)
    except BadgeserviceError as error:
        yield Problem("", Rule.UNDEFINED, error.message)


def _object(value: Any, class_name: str, path: str) -> Iterator[Problem]:
    """Hold an object against its class, and its members against theirs."""
    if class_name not in CLASSES:
        class_ = extensions.CLASSES[class_name]
    elif class_name == "Assertion" and value.get("revoked") is True and "badge" not in value:
        class_ = CLASSES["RevokedAssertion"]
    else:
        class_ = CLASSES[class_name]
    yield from _type(value, class_name, class_.names, path)
    for name, member in class_.members.items():
        member_path = f"{path}.{name}" if path else name
        if name in value:
            yield from _member(value[name], member, member_path)
        elif member.required:
            yield Problem(member_path, Rule.REQUIRED, f"missing in {class_name}")
    yield from _SPECIAL.get(class_name, _nothing)(value, path)


def _type(value: Document, class_name: str, names: tuple[str, ...], path: str) -> Iterator[Problem]:
    """Types are terms or addresses, and one of them is the class where the class has a name."""
    path = f"{path}.type" if path else "type"
    stated = value.get("type", [] if names else class_name)
    types = stated if isinstance(stated, list) else [stated]
    if not types or not all(isinstance(item, str) and item for item in types):
        yield Problem(path, Rule.TYPE, f"missing, or not text; expected {class_name}")
        return
    if class_name in extensions.CLASSES:
        return
    if isinstance(stated, list):
        yield Problem(path, Rule.ARRAY, "an array")
    for item in types:
        if names and not (item in _TERMS or _TYPE_ADDRESS.fullmatch(item)):
            yield Problem(path, Rule.TYPE, f"{item[:60]!a} is neither a term nor an address")
    if names and not any(item in names for item in types):
        yield Problem(path, Rule.TYPE, f"does not name {class_name}")


def _member(value: Any, member: Member, path: str) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield from _value(value, member.kinds, path)
        return
    if not member.many:
        yield Problem(path, Rule.ARRAY, "an array")
        if len(value) != 1:
            yield Problem(path, Rule.KIND, f"{len(value)} values instead of one")
            return
    for number, item in enumerate(value):
        yield from _value(item, member.kinds, f"{path}[{number}]")


def _value(value: Any, kinds: tuple[str, ...], path: str) -> Iterator[Problem]:
    if isinstance(value, dict):
        classes = [kind for kind in kinds if kind in CLASSES or kind in extensions.CLASSES]
        if classes:
            yield from _object(value, classes[0], path)
            return
    fitting = [Kind(kind) for kind in kinds if kind in _IS and _IS[Kind(kind)](value)]
    if not fitting:
        expected = " or ".join(kinds)
        yield Problem(path, Rule.KIND, f"{str(value)[:60]!a} is no {expected}")
        return
    kind = fitting[0]
    if kind in _STRICTLY and not _STRICTLY[kind](value):
        rule = Rule.WHOLE_SECONDS if kind is Kind.INSTANT else Rule.NOTATION
        yield Problem(path, rule, f"{str(value)[:60]!a} is no {kind} as every validator reads it")


def _is_instant(value: Any) -> bool:
    try:
        timestamps.read_iso_8601(value)
    except BadTimestamp:
        return False
    return True


def _fits(*patterns: re.Pattern[str]) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        return isinstance(value, str) and any(pattern.fullmatch(value) for pattern in patterns)

    return fits


_IS: dict[Kind, Callable[[Any], bool]] = {
    Kind.TEXT: lambda value: isinstance(value, str),
    Kind.OBJECT: lambda value: isinstance(value, dict),
    Kind.BOOLEAN: lambda value: isinstance(value, bool),
    Kind.NUMBER: lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    Kind.IRI: lambda value: _fits(_ADDRESS, _BLANK)(value) and not value.startswith("data:"),
    Kind.WEB_ADDRESS: _fits(_WEB_ADDRESS),
    Kind.IMAGE_DATA: _fits(_IMAGE_DATA),
    Kind.EMAIL: _fits(_EMAIL),
    Kind.PHONE: lambda value: isinstance(value, str),
    Kind.LANGUAGE: _fits(_LANGUAGE),
    Kind.VERIFICATION: lambda value: isinstance(value, str) and value in (*HOSTED, *SIGNED),
    Kind.INSTANT: _is_instant,
}

_STRICTLY: dict[Kind, Callable[[Any], bool]] = {
    Kind.IRI: _fits(_WEB_ADDRESS, _URN_UUID_4),
    Kind.PHONE: _fits(_PHONE),
    Kind.VERIFICATION: lambda value: value in (HOSTED[0], SIGNED[0]),
    Kind.INSTANT: lambda value: timestamps.write(timestamps.read_iso_8601(value)) == value,
}
"""How we write what may be written in several ways: as the strictest validator reads it."""


def _nothing(value: Document, path: str) -> Iterator[Problem]:
    return iter(())


def _assertion(assertion: Document, path: str) -> Iterator[Problem]:
    begin, end = assertion.get("issuedOn"), assertion.get("expires")
    if (
        _is_instant(begin)
        and _is_instant(end)
        and timestamps.read_iso_8601(end) < timestamps.read_iso_8601(begin)
    ):
        yield Problem(f"{path}.expires".lstrip("."), Rule.ORDER, "expires before it is issued")


def _identity(value: Document, path: str) -> Iterator[Problem]:
    written, hashed = value.get("identity"), value.get("hashed")
    if isinstance(hashed, bool) and identity.is_digest(written) is not hashed:
        sentence = "hashed does not say whether it is a hash"
        yield Problem(f"{path}.identity", Rule.IDENTITY, sentence)
    if value.get("type") == "email" and hashed is False and not _IS[Kind.EMAIL](written):
        yield Problem(f"{path}.identity", Rule.IDENTITY, "is no e-mail address")
    salt = value.get("salt", "")
    if not str(written).startswith("sha256$") or len(str(salt)) < SALT_CHARACTERS:
        sentence = f"not a SHA-256 with a salt of at least {SALT_CHARACTERS} characters"
        yield Problem(f"{path}.salt", Rule.SALT, sentence)


def _criteria(criteria: Document, path: str) -> Iterator[Problem]:
    if not criteria.keys() & {"id", "narrative"}:
        yield Problem(path, Rule.REQUIRED, "neither an address nor a narrative")


def _revoked_entry(entry: Document, path: str) -> Iterator[Problem]:
    if not entry.keys() & {"id", "uid"}:
        yield Problem(path, Rule.REQUIRED, "names no assertion")


def _revocation_list(document: Document, path: str) -> Iterator[Problem]:
    entries = document.get("revokedAssertions")
    if isinstance(entries, list) and len(entries) == 1:
        sentence = "one entry alone; the old validator reads it letter by letter"
        yield Problem("revokedAssertions", Rule.NOTATION, sentence)


def _license(value: Document, path: str) -> Iterator[Problem]:
    if not str(value.get("id", "CC-")).startswith("CC-"):
        yield Problem(f"{path}.id", Rule.KIND, "is no licence of Creative Commons")


_SPECIAL: dict[str, Callable[[Document, str], Iterator[Problem]]] = {
    "Assertion": _assertion,
    "IdentityObject": _identity,
    "Criteria": _criteria,
    "RevocationList": _revocation_list,
    "RevokedEntry": _revoked_entry,
    "LicenseExtension": _license,
}


def _extensions(document: Document) -> Iterator[Problem]:
    for path, name, value in _extension_nodes(document):
        classes = extensions.classes_of(name, value)
        if classes == []:
            sentence = f"is not of the type of the extension {name[:80]}"
            yield Problem(f"{path}.type", Rule.TYPE, sentence)
        for class_name in classes or []:
            yield from _object(extensions.in_own_words(value), class_name, path)


def _extension_nodes(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Yield path, name and value of every extension; one that is repeated counts each time."""
    for path, value in values(document):
        if not isinstance(value, dict):
            continue
        for name, member in value.items():
            for item in member if isinstance(member, list) else [member]:
                if extensions.is_extension(name, item):
                    yield f"{path}.{name}".lstrip("."), name, item
