"""Is it written so that what we read is what was signed, and nothing else?

A signature over linked data covers statements, not the JSON in front of us: the same statements can
be written so that a reader of JSON does not see the expiry or the revocation entry, or sees things
that nobody signed. So a badge must be written in the one ordinary way. The walk over the JSON
refuses the forms in which something can be hidden; the round trip through JSON-LD must give back
what was there; and everything later reads only what came back.

An endorsement inside it is read and verified by itself, under its own contexts. The badge's
signature covers its statements too, wherever in the document they stand; so it must be readable,
and must say nothing of what the badge describes.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

from badgeservice.errors import BadLinkedData, DataLoss, ProofInvalid, TooComplex
from badgeservice.openbadges import Document, contexts, jsonld, v3
from badgeservice.openbadges.proofs import vc_jwt
from badgeservice.openbadges.v3.vocabulary import CLASSES, HOMONYMS, VOCABULARY, Kind
from badgeservice.verification import embedded, proofs, reading
from badgeservice.verification.case import Case
from badgeservice.verification.codes import Check, Code, Doubt
from badgeservice.verification.embedded import Embedded
from badgeservice.verification.report import Finding

_VC, _EXTENSIONS = contexts.CREDENTIALS_V2, contexts.OPEN_BADGES_EXTENSIONS

_EDITIONS = (
    contexts.OPEN_BADGES_V3,
    contexts.OPEN_BADGES_V3_2,
    contexts.OPEN_BADGES_V3_1,
    contexts.OPEN_BADGES_V3_0,
)

CONTEXT_LISTS = frozenset(
    {
        (_VC,),
        (_VC, contexts.ED25519_2020_V1),
        (_VC, contexts.STATUS_LIST_2021_V1),
    }
) | {
    (_VC, edition, *rest)
    for edition in _EDITIONS[:2]
    for rest in (
        (),
        (_EXTENSIONS,),
        (contexts.DATA_INTEGRITY_V2,),
        (contexts.ED25519_2020_V1,),
        (_EXTENSIONS, contexts.ED25519_2020_V1),
        (contexts.STATUS_LIST_2021_V1,),
    )
}
"""The exact lists of contexts that we read of the data model 2.0, which the first editions of Open
Badges contradict. Those without Open Badges are for status lists; proofs of the type
Ed25519Signature2020 ask for their own.
"""

_BESIDE_V1 = frozenset(
    {
        _EXTENSIONS,
        contexts.DATA_INTEGRITY_V2,
        contexts.ED25519_2020_V1,
        contexts.STATUS_V1,
        contexts.STATUS_LIST_2021_V1,
    }
)
"""What may follow in the data model 1.1, which has no words of its own for proofs and lists. The
order differs from issuer to issuer, and changes nothing: no two of these define the same word in
two ways.
"""

MAXIMUM_NODES = 500
MAXIMUM_NODES_WITHOUT_ID = 64
"""Look-alike nodes are what makes canonicalization slow; real badges have a dozen."""

MAXIMUM_ENDORSEMENTS = 5
"""A badge may hold more statements than these make; each costs a walk of its own."""

_ABSOLUTE_ADDRESS = re.compile(r'[a-zA-Z][a-zA-Z0-9+.-]*:[^\s<>"{}|\\^`]+')
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def check(case: Case) -> Finding:
    """Pass when the document keeps the strict profile; establish the re-compacted credential."""
    if case.submission.document is None:
        case.token = _parse(case.submission.text)
        written, secured_by = case.token.credential, []
    else:
        written = case.submission.document
        secured_by = proofs.understood(written)
    _refuse_contexts(written)
    content, endorsements = embedded.take_out(
        {key: value for key, value in written.items() if key != "proof"}
    )
    if len(endorsements) > (MAXIMUM_ENDORSEMENTS if case.may_be_endorsed else 0):
        raise Doubt(Code.TOO_COMPLEX, f"{len(endorsements)} endorsements")
    credential = _round_trip(content)
    _refuse_scattered(credential)
    _refuse_claims(credential, endorsements)
    case.proofs = tuple(_read_proof(proof, written["@context"]) for proof in secured_by)
    whole = embedded.put_back(credential, endorsements)
    if case.token is None and endorsements:
        _refuse_unsigned(whole)
    case.as_signed, case.endorsements = whole, endorsements
    if not v3.is_older(written):
        case.credential = whole
        return Finding(Check.PROFILE, Code.PROFILE_KEPT)
    case.credential = v3.upgrade(whole)
    return Finding(Check.PROFILE, Code.OLDER_PROFILE_KEPT)


def _parse(text: str) -> vc_jwt.UnverifiedToken:
    try:
        return vc_jwt.parse(text)
    except ProofInvalid as error:
        raise Doubt(Code(error.code), error.message) from None


def _refuse_contexts(document: Document) -> None:
    """Refuse contexts other than the lists we know, and tell strange ones from forbidden ones."""
    listed = reading.values(document, "@context")
    for context in listed:
        if not (isinstance(context, str) and _ABSOLUTE_ADDRESS.fullmatch(context)):
            raise Doubt(Code.CONTEXT_NOT_ALLOWED, "a context that is not an address")
        if context not in contexts.PINS:
            raise Doubt(Code.CONTEXT_UNKNOWN, context[:200])
    if not _is_list_that_we_read(listed):
        raise Doubt(Code.CONTEXT_NOT_ALLOWED, "the contexts are not in the order that is read")


def _is_list_that_we_read(listed: list[Any]) -> bool:
    if listed[:1] != [contexts.CREDENTIALS_V1]:
        return tuple(listed) in CONTEXT_LISTS
    rest = listed[2:] if len(listed) > 1 and listed[1] in _EDITIONS else listed[1:]
    return _BESIDE_V1.issuperset(rest) and len(set(rest)) == len(rest)


def _read_proof(proof: Document, listed: Any) -> Document:
    """Return a proof as it reads under the contexts of its document, which it may repeat.

    One that signs the JSON itself signs its own as well, and stays as it is written.
    """
    if proof.get("@context", listed) != listed:
        raise Doubt(Code.CONTEXT_NOT_ALLOWED, "/proof/@context")
    read = _round_trip(proof | {"@context": listed})
    return proof if proofs.signs_json(proof) else read


def _round_trip(part: Document) -> Document:
    """Return `part` re-compacted, which must say the same in the same words."""
    _Walk().over(part)
    try:
        compacted = jsonld.recompact(part)
    except DataLoss as error:
        raise Doubt(Code.UNSIGNED_DATA, error.message) from None
    except TooComplex as error:
        raise Doubt(Code.TOO_COMPLEX, error.message) from None
    except BadLinkedData as error:
        raise Doubt(Code.BAD_JSONLD, error.message) from None
    read: Document = _with_references(_with_names(compacted), part)
    if _normal(read) != _normal(part):
        raise Doubt(Code.UNSIGNED_DATA, "the document changes when it is read as linked data")
    return read


def _with_names(compacted: Any, *, are_types: bool = False) -> Any:
    """Return `compacted` with the name that belongs in each place, of two that are one term.

    Compaction takes the shorter one, or the first by letters: `criteria` for the class `Criteria`.
    The first edition also gives some members a type that no object has, so that compaction leaves
    them under their address. Whoever writes it so hides something from readers, and is refused.
    """
    if isinstance(compacted, list):
        return [_with_names(item, are_types=are_types) for item in compacted]
    if isinstance(compacted, dict):
        return {
            HOMONYMS.get(key, key.removeprefix(VOCABULARY)): _with_names(
                value, are_types=key == "type"
            )
            for key, value in compacted.items()
        }
    return _CLASS_OF.get(compacted, compacted) if are_types else compacted


_CLASS_OF = {name: class_name for class_name, name in HOMONYMS.items()}


def _with_references(compacted: Any, written: Any) -> Any:
    """Return `compacted` with objects of nothing but an id where they were `written`.

    Under some terms compaction makes the id alone of them, which says the same; the standard wants
    `criteria`, for one, to be an object even so.
    """
    if isinstance(compacted, list) or isinstance(written, list):
        items, originals = (v if isinstance(v, list) else [v] for v in (compacted, written))
        read = list(itertools.starmap(_with_references, itertools.zip_longest(items, originals)))
        return read if isinstance(compacted, list) else read[0]
    if isinstance(compacted, dict) and isinstance(written, dict):
        return {k: _with_references(v, written.get(k)) for k, v in compacted.items()}
    return written if isinstance(compacted, str) and written == {"id": compacted} else compacted


class _Walk:
    """A walk over one document that counts nodes and refuses odd forms; the parser bounds depth."""

    def __init__(self) -> None:
        self._nodes = self._nodes_without_id = 0

    def over(self, document: Document) -> None:
        """Return if `document`, below its own `@context`, is written in the ordinary way."""
        self._node({key: value for key, value in document.items() if key != "@context"}, "")

    def _node(self, node: Document, place: str) -> None:
        self._nodes += 1
        self._nodes_without_id += "id" not in node
        if self._nodes > MAXIMUM_NODES or self._nodes_without_id > MAXIMUM_NODES_WITHOUT_ID:
            raise Doubt(Code.TOO_COMPLEX, "too many nodes")
        for key, value in node.items():
            here = f"{place}/{key[:80]}"
            if key == "@context":
                raise Doubt(Code.CONTEXT_NOT_ALLOWED, here)
            if key.startswith("@") or ":" in key or "/" in key:
                raise Doubt(Code.KEY_NOT_ALLOWED, ascii(here))
            if key == "id" and not (isinstance(value, str) and _ABSOLUTE_ADDRESS.fullmatch(value)):
                raise Doubt(Code.VALUE_NOT_ALLOWED, f"{here}: not an absolute address")
            if value == []:
                raise Doubt(Code.VALUE_NOT_ALLOWED, f"{here}: empty")
            for item in value if isinstance(value, list) else [value]:
                self._value(item, here)

    def _value(self, value: Any, place: str) -> None:
        match value:
            case dict():
                self._node(value, place)
            case None | list():
                raise Doubt(Code.VALUE_NOT_ALLOWED, f"{place}: null, or a list in a list")
            case str() if _CONTROL_CHARACTERS.search(value):
                raise Doubt(Code.VALUE_NOT_ALLOWED, f"{place}: control characters")


def _refuse_scattered(credential: Document) -> None:
    """Refuse statements about a thing that stand elsewhere than where it is described.

    Whoever writes an id a second time can move statements there without changing what is signed: a
    `refreshService` with the id of the badge could hold its `credentialStatus`. So the description
    that is nearest to the root must say all that is said of an id.
    """
    described: dict[str, list[tuple[int, set[str]]]] = {}
    pending: list[tuple[int, Any]] = [(0, credential)]
    while pending:
        depth, value = pending.pop()
        if isinstance(value, list):
            pending += [(depth, item) for item in value]
        elif isinstance(value, dict):
            pending += [(depth + 1, item) for item in value.values()]
            if "id" in value and (said := _statements(value) - _endorsing(value)):
                described.setdefault(value["id"], []).append((depth, said))
    for identifier, descriptions in described.items():
        everything = set().union(*(said for _, said in descriptions))
        nearest = min(depth for depth, _ in descriptions)
        if any(depth == nearest and said != everything for depth, said in descriptions):
            raise Doubt(Code.SCATTERED, identifier[:200])


def _refuse_claims(credential: Document, endorsements: tuple[Embedded, ...]) -> None:
    """Refuse endorsements that say of the badge's own things what the badge does not say of them.

    They stand inside the badge, so its signature would hold if its holder moved `credentialStatus`
    into an endorsement under the badge's id. Two things they must be free to say: that they endorse
    their subject, with a comment; and who they are, even if the badge tells so in other words.
    """
    described: dict[str, set[str]] = {}
    for node in _nodes(credential):
        for key in node.keys() & _REFERENCES:
            described |= {id: described.get(id, set()) for id in reading.texts(node, key)}
        if "id" in node:
            described.setdefault(node["id"], set()).update(_statements(node))
    for endorsement in endorsements:
        if isinstance(endorsement.written, str):
            continue  # to the badge, a token is text
        read = _readable(endorsement.written, endorsement.place)
        subjects = reading.objects(read, "credentialSubject")
        for node in _nodes(read):
            known = described.get(node.get("id", ""))
            if known is None:
                continue
            free: set[str] = set()
            if _PROFILE in _statements(node) and (not known or _PROFILE in known):
                free = {"type", *CLASSES["Profile"].members}
            said = _statements({key: value for key, value in node.items() if key not in free})
            if node in subjects:
                said -= _endorsing(node)
            if not said <= known:
                raise Doubt(Code.SCATTERED, f"{endorsement.place}: {node['id']}"[:200])


_REFERENCES = {
    name
    for class_ in CLASSES.values()
    for name, member in class_.members.items()
    if name != "id" and (member.kind == Kind.ADDRESS or member.kind in CLASSES)
}
"""Under these, text is the id of something."""
_PROFILE = json.dumps(["type", "Profile"])


def _readable(endorsement: Document, place: str) -> Document:
    """Return an endorsement re-compacted without its proof, if it is written in the ordinary way.

    Otherwise what it says of the badge cannot be known, and the badge is not read either.
    """
    content = {key: value for key, value in endorsement.items() if key != "proof"}
    try:
        _refuse_contexts(content)
        return _round_trip(content)
    except Doubt as doubt:
        detail = f"{place}: {doubt.answer} {doubt.message}"
        raise Doubt(Code.ENDORSEMENT_UNREADABLE, detail) from None


def _refuse_unsigned(whole: Document) -> None:
    """Refuse a document of which, with its endorsements inside, a part would not be signed."""
    try:
        jsonld.expand(whole)
    except TooComplex as error:
        raise Doubt(Code.TOO_COMPLEX, error.message) from None
    except (DataLoss, BadLinkedData) as error:
        raise Doubt(Code.ENDORSEMENT_UNREADABLE, error.message) from None


def _nodes(document: Document) -> Iterator[Document]:
    """Yield every object of a document, itself first."""
    pending: list[Any] = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending += value
        elif isinstance(value, dict):
            yield value
            pending += value.values()


def _statements(node: Document) -> set[str]:
    """Return what a node says of itself; another node with an id stands for that id."""
    return {
        json.dumps([key, value.get("id") or _normal(value) if isinstance(value, dict) else value])
        for key in node.keys() - {"id", "@context"}
        for value in reading.values(node, key)
    }


def _endorsing(node: Document) -> set[str]:
    """Return what a node says of itself only because an endorsement is about it.

    An endorsement describes its subject a second time: the standard has no other place to write
    the comment.
    """
    if "EndorsementSubject" not in reading.texts(node, "type"):
        return set()
    return _statements(
        {"type": "EndorsementSubject"}
        | {key: node[key] for key in node.keys() & {"endorsementComment"}}
    )


def _normal(value: Any) -> str:
    """Return a text that is equal for two documents exactly if they differ in nothing that matters.

    What does not matter: the order of keys, the context, whether a single value stands in a list,
    and which of its two names, which are one term, the class of open badges goes by. Text, because
    Python finds 1 equal to True.
    """
    return json.dumps(_plain(value), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key != "@context"}
    if isinstance(value, list):
        return _plain(value[0]) if len(value) == 1 else [_plain(item) for item in value]
    return "OpenBadgeCredential" if value == "AchievementCredential" else value
