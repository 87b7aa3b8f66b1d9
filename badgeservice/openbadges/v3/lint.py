"""What is wrong with a document, judged by its structure alone.

`lint` holds what we sign against the standard and against the rules of our own that keep badges
readable by every verifier. `lint_received` holds a stranger's badge against the standard only:
one value and an array of one are the same to JSON-LD, so both are accepted there.

An endorsement inside a badge is somebody else's credential. What we sign holds it against the
strict schema, which looks into it too; a stranger's badge is not judged by its endorsements.
Sources: Open Badges 3.0, appendix B and its JSON Schema; Bitstring Status List v1.0.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from badgeservice.errors import BadTimestamp, StatusListRefused
from badgeservice.openbadges import Document, contexts, status_list, timestamps
from badgeservice.openbadges.problems import Problem, Rule, everywhere, texts, values
from badgeservice.openbadges.v3.vocabulary import (
    ANY_TYPE,
    CLASSES,
    CLOSED_ENUMERATIONS,
    CONTEXT,
    ENUMERATIONS,
    EXTENSION_TYPES,
    Kind,
    Member,
)

HOUSE_RULES = frozenset(
    {
        Rule.ARRAY,
        Rule.NOTATION,
        Rule.REFERENCE,
        Rule.EMPTY,
        Rule.FRACTION,
        Rule.CHARACTERS,
        Rule.WHOLE_SECONDS,
        Rule.EXACT_CONTEXT,
        Rule.LOOK_ALIKE,
        Rule.DISPLAY,
    }
)
"""What we ask of ourselves, and neither the standard's schema nor its samples ask of others."""


_ADDRESS = re.compile(r'[a-zA-Z][a-zA-Z0-9+.-]*:[^\s<>"{}|\\^`]+')
_WEB_ADDRESS = re.compile(r'https?://[^\s<>"{}|\\^`/?#]+[^\s<>"{}|\\^`]*')
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE = re.compile(r"\+?[1-9][0-9]{1,14}(;ext=[0-9]+)?")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
_COMPACT_JWS = re.compile(r"[a-zA-Z0-9_-]+\.[a-zA-Z0-9_-]*\.[a-zA-Z0-9_-]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ENUMERATION_EXTENSION = re.compile(r"ext:[a-zA-Z0-9._-]+")
_IDENTITY_HASH = re.compile(r"(md5\$[0-9a-fA-F]{32}|sha256\$[0-9a-fA-F]{64})")
_OPEN_BADGES_CONTEXT = re.compile(
    r"https://purl\.imsglobal\.org/spec/ob/v3p0/context(-3\.[0-9]+\.[0-9]+)*\.json"
)
_ALIASES = {"OpenBadgeCredential": ("OpenBadgeCredential", "AchievementCredential")}
_CREDENTIALS = ("OpenBadgeCredential", "EndorsementCredential", "BitstringStatusListCredential")
_IN_ENDORSEMENT = re.compile(r"(?:^|\.)endorsement\[")
_ENDORSERS_CHOICE = frozenset({Rule.WHOLE_SECONDS, Rule.EXACT_CONTEXT, Rule.DISPLAY})
"""Rules of ours that an endorsement by another need not keep to stand in a badge of ours."""


def lint(document: Document) -> list[Problem]:
    """Return every problem of a badge that we would sign: none, if it may be signed."""
    document = _with_known_parts(document)
    problems = [*everywhere(document), *_badge(document), *_our_badge(document)]
    return [
        problem
        for problem in problems
        if not (_IN_ENDORSEMENT.search(problem.path) and problem.rule in _ENDORSERS_CHOICE)
    ]


class _Known(dict[str, Any]):
    """A part of a badge that stands in many badges, and in which `_object` finds no problem.

    `text` is its JSON. What it says is judged once; what the rest says of it, each time.
    """

    def __init__(self, value: Document, text: str) -> None:
        super().__init__(value)
        self.text = text


def _with_known_parts(document: Document) -> Document:
    """Return a badge in which issuer and achievement are marked if they are sound."""
    parts = {"issuer": _known(document.get("issuer"), "Profile", "issuer")}
    subject = document.get("credentialSubject")
    if isinstance(subject, dict) and "achievement" in subject:
        place = "credentialSubject.achievement"
        achievement = _known(subject["achievement"], "Achievement", place)
        parts["credentialSubject"] = subject | {"achievement": achievement}
    return document | {name: part for name, part in parts.items() if name in document}


def _known(value: Any, class_name: str, path: str) -> Any:
    if not (isinstance(value, dict) and "id" in value):  # without, it is told by what is around it
        return value
    text = json.dumps(value)
    return _Known(value, text) if _is_sound(text, class_name, path) else value


@functools.lru_cache(maxsize=64)
def _is_sound(text: str, class_name: str, path: str) -> bool:
    """Tell whether `_object` finds no problem in a value, which is a class's own or the issuer."""
    return not any(_object(json.loads(text), class_name, path))


def lint_received(document: Document) -> list[Problem]:
    """Return the problems of a badge that anyone may have made, by the rules of the standard.

    Those of the endorsements inside it are not among them: each is judged by itself.
    """
    problems = [*everywhere(document), *_badge(document)]
    return [
        problem
        for problem in problems
        if problem.rule not in HOUSE_RULES and not _IN_ENDORSEMENT.search(problem.path)
    ]


def lint_endorsement(document: Document) -> list[Problem]:
    """Return every problem of an endorsement that we would sign."""
    return [
        *everywhere(document),
        *_object(document, "EndorsementCredential", ""),
        *_our_endorsement(document),
    ]


def lint_received_endorsement(document: Document) -> list[Problem]:
    """Return the problems of an endorsement that anyone may have made, like `lint_received`."""
    problems = [*everywhere(document), *_object(document, "EndorsementCredential", "")]
    return [problem for problem in problems if problem.rule not in HOUSE_RULES]


def lint_embedded_endorsement(document: Document) -> list[Problem]:
    """Return what keeps another's endorsement from standing in a badge that we sign.

    There it must be written as the strict schema wants it, for it becomes a part of our badge.
    """
    return [p for p in lint_endorsement(document) if p.rule not in _ENDORSERS_CHOICE]


def lint_status_list(document: Document) -> list[Problem]:
    """Return every problem of a status list credential that we would sign."""
    return [*everywhere(document), *_status_list(document)]


def _badge(document: Document) -> Iterator[Problem]:
    yield from _contexts(document)
    yield from _object(document, "OpenBadgeCredential", "")
    yield from _order(document)
    subject = document.get("credentialSubject")
    if isinstance(subject, dict):
        yield from _references(subject)


def _contexts(document: Document, path: str = "") -> Iterator[Problem]:
    path = f"{path}.@context" if path else "@context"
    context = document.get("@context")
    named = context if isinstance(context, list) else []
    if (
        len(named) < 2
        or named[0] != contexts.CREDENTIALS_V2
        or not (isinstance(named[1], str) and _OPEN_BADGES_CONTEXT.fullmatch(named[1]))
    ):
        sentence = "the first two contexts are not those of VCDM 2.0 and Open Badges 3.0"
        yield Problem(path, Rule.CONTEXT, sentence)
    if EXTENSION_TYPES.isdisjoint(texts(document)):
        return
    used = {
        value
        for place, value in values(document)
        if isinstance(value, str) and value in EXTENSION_TYPES and not _IN_ENDORSEMENT.search(place)
    }
    if used and contexts.OPEN_BADGES_EXTENSIONS not in named:
        sentence = f"{min(used)} means nothing without {contexts.OPEN_BADGES_EXTENSIONS}"
        yield Problem(path, Rule.CONTEXT, sentence)


def _our_badge(document: Document) -> Iterator[Problem]:
    for name in ("name", "description", "image", "awardedDate"):
        if name not in document:
            sentence = "missing; those who show badges rely on it"
            yield Problem(name, Rule.DISPLAY, sentence)
    yield from _our_credential(document)


def _our_endorsement(document: Document) -> Iterator[Problem]:
    subject = document.get("credentialSubject")
    if isinstance(subject, dict) and "endorsementComment" not in subject:
        sentence = "missing; it is what readers see"
        yield Problem("credentialSubject.endorsementComment", Rule.DISPLAY, sentence)
    yield from _our_credential(document)


def _our_credential(document: Document) -> Iterator[Problem]:
    if document.get("@context") not in (CONTEXT, [*CONTEXT, contexts.OPEN_BADGES_EXTENSIONS]):
        sentence = "not exactly the contexts of our credentials, in their order"
        yield Problem("@context", Rule.EXACT_CONTEXT, sentence)
    issuer = document.get("issuer")
    for name in ("name", "url"):
        if isinstance(issuer, dict) and name not in issuer:
            yield Problem(f"issuer.{name}", Rule.DISPLAY, "missing; validators warn without it")
    yield from _look_alikes(document)


def _status_list(document: Document) -> Iterator[Problem]:
    if document.get("@context") != [contexts.CREDENTIALS_V2]:
        yield Problem("@context", Rule.EXACT_CONTEXT, "not exactly the context of VCDM 2.0")
    yield from _object(document, "BitstringStatusListCredential", "")
    yield from _order(document)
    subject = document.get("credentialSubject")
    if isinstance(subject, dict) and isinstance(subject.get("encodedList"), str):
        try:
            status_list.decode(subject["encodedList"])
        except StatusListRefused as error:
            yield Problem("credentialSubject.encodedList", Rule.KIND, error.message)


def _object(value: Any, class_name: str, path: str) -> Iterator[Problem]:
    """Hold an object against its class, and its members against theirs."""
    if isinstance(value, _Known):
        return
    if not isinstance(value, dict):
        yield Problem(path, Rule.KIND, f"not an object of class {class_name}")
        return
    if class_name == "CredentialStatus" and value.get("type") == "BitstringStatusListEntry":
        class_name = "BitstringStatusListEntry"
    class_ = CLASSES[class_name]
    if class_.typed:
        yield from _type(value, class_name, path)
    for name, member in class_.members.items():
        member_path = f"{path}.{name}" if path else name
        if name in value:
            yield from _member(value[name], member, member_path)
        elif member.required:
            yield Problem(member_path, Rule.REQUIRED, f"missing in {class_name}")
    if class_.closed:
        for name in value.keys() - class_.members.keys() - {"type"}:
            sentence = f"{class_name} has no such member"
            yield Problem(f"{path}.{name}", Rule.CLOSED, sentence)
    yield from _SPECIAL.get(class_name, _nothing)(value, path)


def _type(value: Document, class_name: str, path: str) -> Iterator[Problem]:
    path = f"{path}.type" if path else "type"
    stated = value.get("type")
    types = stated if isinstance(stated, list) else [stated]
    if not types or not all(isinstance(name, str) and name for name in types):
        yield Problem(path, Rule.TYPE, f"missing, or not text; expected {class_name}")
        return
    if not CLASSES[class_name].type_is_text and not isinstance(stated, list):
        yield Problem(path, Rule.ARRAY, "not an array")
    elif CLASSES[class_name].type_is_text and isinstance(stated, list):
        yield Problem(path, Rule.TYPE, "an array; this class states its type as one text")
    expected = _ALIASES.get(class_name, (class_name,))
    if class_name not in ANY_TYPE and not any(name in types for name in expected):
        yield Problem(path, Rule.TYPE, f"does not name {class_name}")
    if class_name in _CREDENTIALS and "VerifiableCredential" not in types:
        yield Problem(path, Rule.TYPE, "does not name VerifiableCredential")


def _member(value: Any, member: Member, path: str) -> Iterator[Problem]:
    if member.many and not isinstance(value, list):
        yield Problem(path, Rule.ARRAY, "not an array")
    if not member.many:
        yield from _value(value, member.kind, path)
        return
    for number, item in enumerate(value if isinstance(value, list) else [value]):
        yield from _value(item, member.kind, f"{path}[{number}]")


def _value(value: Any, kind: str, path: str) -> Iterator[Problem]:
    if kind in CLASSES:
        yield from _object(value, kind, path)
    elif kind in ENUMERATIONS:
        extended = kind not in CLOSED_ENUMERATIONS and _matches(_ENUMERATION_EXTENSION, value)
        if not (isinstance(value, str) and value in ENUMERATIONS[Kind(kind)]) and not extended:
            yield Problem(path, Rule.ENUMERATION, f"{str(value)[:60]!a} is no {kind}")
    elif not _IS[Kind(kind)](value):
        rule = Rule.NOTATION if kind in _NOTATIONS and isinstance(value, str) else Rule.KIND
        yield Problem(path, rule, f"{str(value)[:60]!a} is no {kind}")
    elif kind == Kind.INSTANT and timestamps.write(timestamps.read(value)) != value:
        yield Problem(path, Rule.WHOLE_SECONDS, "not written in UTC and whole seconds")
    elif kind == Kind.INDEX and not isinstance(value, str):
        yield Problem(path, Rule.NOTATION, "a number instead of text")


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_instant(value: Any) -> bool:
    try:
        timestamps.read(value)
    except BadTimestamp:
        return False
    return True


def _is_index(value: Any) -> bool:
    try:
        status_list.parse_index(value)
    except StatusListRefused:
        return False
    return True


def _is_date(value: Any) -> bool:
    try:
        return _matches(_DATE, value) and bool(date.fromisoformat(value))
    except ValueError:
        return False


_IS: dict[Kind, Callable[[Any], bool]] = {
    Kind.TEXT: lambda value: isinstance(value, str),
    Kind.OBJECT: lambda value: isinstance(value, dict),
    Kind.BOOLEAN: lambda value: isinstance(value, bool),
    Kind.NUMBER: lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    Kind.ADDRESS: lambda value: _matches(_ADDRESS, value),
    Kind.WEB_ADDRESS: lambda value: _matches(_WEB_ADDRESS, value),
    Kind.LANGUAGE: lambda value: _matches(_LANGUAGE, value),
    Kind.EMAIL: lambda value: _matches(_EMAIL, value),
    Kind.PHONE: lambda value: _matches(_PHONE, value),
    Kind.COUNTRY: lambda value: _matches(_COUNTRY, value),
    Kind.COMPACT_JWS: lambda value: _matches(_COMPACT_JWS, value),
    Kind.INSTANT: _is_instant,
    Kind.DATE: _is_date,
    Kind.INDEX: _is_index,
}

_NOTATIONS = {Kind.WEB_ADDRESS, Kind.EMAIL, Kind.PHONE, Kind.COUNTRY}
"""Kinds that the schema takes for any text, and that others write as they like."""


def _nothing(value: Document, path: str) -> Iterator[Problem]:
    return iter(())


def _criteria(criteria: Document, path: str) -> Iterator[Problem]:
    if not criteria.keys() & {"id", "narrative"}:
        yield Problem(path, Rule.REQUIRED, "neither an address nor a narrative")


def _subject(subject: Document, path: str) -> Iterator[Problem]:
    if not subject.keys() & {"id", "identifier"}:
        yield Problem(path, Rule.RECIPIENT, "says nothing about whose badge it is")


def _identity(identity: Document, path: str) -> Iterator[Problem]:
    looks_hashed = _matches(_IDENTITY_HASH, identity.get("identityHash"))
    if identity.get("hashed") is not looks_hashed:
        sentence = "hashed does not say whether it is a hash"
        yield Problem(f"{path}.identityHash", Rule.NOTATION, sentence)


def _result_description(description: Document, path: str) -> Iterator[Problem]:
    level = description.get("requiredLevel")
    if level is not None and level not in _ids(description.get("rubricCriterionLevel")):
        yield Problem(f"{path}.requiredLevel", Rule.REFERENCE, "names no level of the rubric")
    if description.get("resultType") == "RubricCriterionLevel" and not _ids(
        description.get("rubricCriterionLevel")
    ):
        sentence = "a result that is a level of a rubric needs the levels"
        yield Problem(f"{path}.rubricCriterionLevel", Rule.REFERENCE, sentence)


def _status_entry(entry: Document, path: str) -> Iterator[Problem]:
    if "id" in entry and entry["id"] == entry.get("statusListCredential"):
        yield Problem(f"{path}.id", Rule.KIND, "is the address of the list itself")


def _endorsement(endorsement: Document, path: str) -> Iterator[Problem]:
    yield from _contexts(endorsement, path)
    yield from _order(endorsement, path)


_SPECIAL: dict[str, Callable[[Document, str], Iterator[Problem]]] = {
    "EndorsementCredential": _endorsement,
    "Criteria": _criteria,
    "AchievementSubject": _subject,
    "IdentityObject": _identity,
    "ResultDescription": _result_description,
    "BitstringStatusListEntry": _status_entry,
}


def _order(document: Document, path: str = "") -> Iterator[Problem]:
    begin, end = document.get("validFrom"), document.get("validUntil")
    if _is_instant(begin) and _is_instant(end) and timestamps.read(end) < timestamps.read(begin):
        path = f"{path}.validUntil" if path else "validUntil"
        yield Problem(path, Rule.ORDER, "ends before it begins")


def _references(subject: Document) -> Iterator[Problem]:
    """Each result must point to a description and to a level that the achievement holds."""
    achievement = subject.get("achievement")
    described = achievement.get("resultDescription") if isinstance(achievement, dict) else None
    descriptions = {
        item["id"]: item for item in _objects(described) if isinstance(item.get("id"), str)
    }
    for number, result in enumerate(_objects(subject.get("result"))):
        path = f"credentialSubject.result[{number}]"
        target = result.get("resultDescription")
        description = descriptions.get(target) if isinstance(target, str) else None
        if target is not None and description is None:
            sentence = "names no result description of the achievement"
            yield Problem(f"{path}.resultDescription", Rule.REFERENCE, sentence)
        considered = [description] if description else list(descriptions.values())
        levels = [level for item in considered for level in _ids(item.get("rubricCriterionLevel"))]
        if "achievedLevel" in result and result["achievedLevel"] not in levels:
            sentence = "names no level of the result description"
            yield Problem(f"{path}.achievedLevel", Rule.REFERENCE, sentence)
        if description and description.get("resultType") == "Status" and "status" not in result:
            sentence = "missing in a result that is a status"
            yield Problem(f"{path}.status", Rule.REFERENCE, sentence)


def _objects(value: Any) -> list[Document]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def _ids(value: Any) -> list[Any]:
    return [item.get("id") for item in _objects(value)]


def _look_alikes(document: Document) -> Iterator[Problem]:
    """Find nodes without `id` that a canonicalizer cannot tell apart at first sight.

    Other verifiers give up on them early, so a badge with two of them is refused by some.
    """
    seen: set[str] = set()
    for path, look in _anonymous_nodes(document, path="", arrow=""):
        if look in seen:
            yield Problem(path, Rule.LOOK_ALIKE, "looks like another node; give each an id")
        seen.add(look)


def _anonymous_nodes(value: Any, *, path: str, arrow: str) -> Iterator[tuple[str, str]]:
    """Yield path and look of each object without `id`; `arrow` is what points to it, and whence.

    The look is what the canonicalizer sees first: the arrow and the object's own values, in which
    all objects without `id` are alike.
    """
    if isinstance(value, _Known):
        yield from _anonymous_nodes_in(value.text, path)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _anonymous_nodes(item, path=f"{path}[{number}]", arrow=arrow)
    elif isinstance(value, dict):
        if "id" not in value:
            yield path, f"{arrow} {[(name, _look(value[name])) for name in sorted(value)]}"
        for name, member in value.items():
            if name != "@context":
                yield from _anonymous_nodes(
                    member,
                    path=f"{path}.{name}" if path else name,
                    arrow=f"{value.get('id')} {name}",
                )


@functools.lru_cache(maxsize=64)
def _anonymous_nodes_in(text: str, path: str) -> tuple[tuple[str, str], ...]:
    return tuple(_anonymous_nodes(json.loads(text), path=path, arrow=""))


def _look(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(sorted(_look(item) for item in value))
    return str(value.get("id")) if isinstance(value, dict) else repr(value)
