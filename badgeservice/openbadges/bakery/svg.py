"""Baking a credential into an SVG drawing, and taking it out again, without touching the drawing.

The credential is one element at the beginning of the drawing. Baking splices text: generic XML
software would write the whole file anew, with other prefixes, quotes and spaces. Reading parses
with expat and hears of elements one by one: no tree is built, nothing is fetched, nothing is drawn.
Sources: Open Badges 3.0, section 5.3.2; Open Badges 2.0 Baking; Namespaces in XML 1.0.
"""

from __future__ import annotations

import hashlib
import html
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

from badgeservice.errors import AmbiguousImage, ImageRefused, NotBaked, UnreadableJSON
from badgeservice.openbadges import strict_json
from badgeservice.openbadges.bakery.carrier import MAXIMUM_TEXT_BYTES, Version

NAME = "SVG"

MAXIMUM_BYTES = 524_288
MAXIMUM_DEPTH = 64
MAXIMUM_NODES = 5_000
"""Elements and attributes together."""

_SVG = "http://www.w3.org/2000/svg"
_PREFIX = "openbadges"
"""The prefix of the standards' examples. Much software looks for it and not for the namespace."""

_SEPARATOR = "\x01"
"""Between the parts of a name, as expat gives it: a character that XML cannot hold."""

# Each alternative is atomic: a file of a thousand comments can be read in one way only.
_BEGINNING = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*"
    rb"(?:(?><\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>)\s*)*+"
    rb"<(?:[\w.-]+:)?svg[\s/>]",
    re.DOTALL,
)
_START_TAG = re.compile(rb"""<[^\s/>"']+(?>[^"'>]++|"[^"]*"|'[^']*')*+>""")
_ADDRESS = re.compile(r"https?://\S+")
_PLAIN = re.compile(r"\{[\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*\}")
"""JSON that stands in a CDATA section as it is, but for what would end the section."""


@dataclass(frozen=True)
class _Name:
    """How the element of a version is called."""

    namespace: str
    element: str


_NAMES = {
    Version.V2: _Name("http://openbadges.org", "assertion"),
    Version.V3: _Name("https://purl.imsglobal.org/ob/v3p0", "credential"),
}


@dataclass
class _Element:
    """An element that one software or another takes for a badge. Places are bytes in the file.

    `is_ours` tells whether it has the very name that the standard gives it, at the top of the
    drawing. `pieces` is its text, piece by piece, each with whether it stood in a CDATA section.
    """

    version: Version
    is_ours: bool
    start: int
    verify: str | None
    end: int = 0
    pieces: list[tuple[str, bool]] = field(default_factory=list)
    is_mixed: bool = False


@dataclass
class _Drawing:
    """What was found: where the start tag of `<svg>` begins, its prefixes, and the badges."""

    start: int = 0
    prefixes: dict[str | None, str] = field(default_factory=dict)
    badges: list[_Element] = field(default_factory=list)


def recognises(data: bytes) -> bool:
    """Say whether the first element in `data` is called `svg`."""
    return _BEGINNING.match(data) is not None


def bake(image: bytes, text: str, *, version: Version = Version.V3) -> bytes:
    """Return `image` with `text` in one element after the `<svg>` tag; all other bytes stay.

    `text` is a compact JWS or, of Open Badges 2.0, the address of an assertion, which stand in the
    attribute `verify`; or JSON, in one CDATA section. The prefix is always `openbadges`, declared on
    `<svg>` or, if it means the other version there, on the element. Whatever a reader could take for
    another badge of `version` is replaced.
    Does not make a drawing safe to show. Raises `ImageRefused`, also for text that would not be read
    back as it is.
    """
    drawing = _parse(image)
    opening = _start_tag_end(image, drawing.start)
    if image[opening - 2 : opening] == b"/>":
        raise ImageRefused("a drawing of nothing")
    name = _NAMES[version]
    declaration = f' xmlns:{_PREFIX}="{name.namespace}"'.encode()
    on_root = _PREFIX not in drawing.prefixes
    is_declared = on_root or drawing.prefixes[_PREFIX] == name.namespace
    element = _written(text, version, b"" if is_declared else declaration)
    named = re.compile(rb"<[^\s/>]+").match(image, drawing.start)
    assert named is not None  # expat has found a start tag there
    parts = [image[: named.end()], declaration if on_root else b"", image[named.end() : opening]]
    parts.append(element)
    place = opening
    for old in (badge for badge in drawing.badges if badge.version is version):
        parts.append(image[place : old.start])
        place = max(place, old.end)
    baked = b"".join([*parts, image[place:]])
    if unbake(baked, version=version) != _escaped(text):
        raise ImageRefused("text that XML cannot hold as it is")
    return baked


class Blank:
    """A drawing that many badges of Open Badges 3.0 are baked into; it is read once.

    What `bake` makes of a text that the drawing cannot hold, its own digest, tells what stands before
    and after a text. That holds for every text that XML takes as it is and that nobody could take
    for a badge of its own; others go through `bake`. Raises `ImageRefused` as `bake` does.
    """

    def __init__(self, image: bytes) -> None:
        self._image = image
        somewhere = f'{{"{hashlib.sha256(image).hexdigest()}":0}}'
        self._before, _, self._after = bake(image, somewhere).partition(somewhere.encode())

    def bake(self, text: str) -> bytes:
        """Return what `bake` returns for this drawing, to the byte, or raise what it raises."""
        encoded = _escaped(text).encode() if _PLAIN.fullmatch(text) else b""
        baked = b"".join((self._before, encoded, self._after))
        if (
            not 0 < len(encoded) <= MAXIMUM_TEXT_BYTES
            or len(baked) > MAXIMUM_BYTES
            or f"<{_PREFIX}:".encode() in encoded.lower()
        ):
            return bake(self._image, text)
        return baked


def unbake(image: bytes, *, version: Version = Version.V3) -> str:
    """Return the text of the badge of `version` in `image`, without the white space around it.

    Raises `NotBaked` if there is none; `AmbiguousImage` if there are several, if attribute and
    content differ, or if the badge is written so that readers could differ on it; `ImageRefused`
    for a file that is not one drawing, larger than our limits, or with a document type, an
    instruction or another encoding than UTF-8.
    """
    return reader(image)(version)


def reader(image: bytes) -> Callable[[Version], str]:
    """Return what takes a badge out of `image` as `unbake` does; the file is read once.

    Raises `ImageRefused` for a file that is not one drawing.
    """
    drawing = _parse(image)
    return lambda version: _badge(image, drawing, version)


def _badge(image: bytes, drawing: _Drawing, version: Version) -> str:
    """Return the text of the one badge of `version`; raises as `unbake` does."""
    found = [badge for badge in drawing.badges if badge.version is version]
    written = image.lower().count(f"<{_PREFIX}:{_NAMES[version].element}".encode())
    if not found and not written:
        raise NotBaked("the drawing is sound and carries no badge")
    if len(found) != 1 or written > 1:
        # One in a comment counts: some software searches the text for it.
        raise AmbiguousImage("the drawing carries several elements that could be the badge")
    badge = found[0]
    if not badge.is_ours:
        raise AmbiguousImage("the badge has another namespace or place than the standard gives it")
    attribute, content = (badge.verify or "").strip(), _content(badge)
    if attribute and content and attribute != content and attribute != _address(content):
        raise AmbiguousImage("the badge says one thing in its attribute and another inside")
    text = content or attribute
    if not text or len(text.encode()) > MAXIMUM_TEXT_BYTES:
        message = f"the text is empty, or longer than {MAXIMUM_TEXT_BYTES} bytes"
        raise ImageRefused(message, code="bad_text")
    return text


def _content(badge: _Element) -> str:
    """Return what stands between the tags: plain text, or one CDATA section.

    A section may be cut in two where it holds the three characters that would end it. Sections that
    are cut anywhere else are refused: some readers take the first for the whole, some the last.
    """
    pieces = badge.pieces
    while pieces and not pieces[0][0].strip():
        pieces = pieces[1:]
    while pieces and not pieces[-1][0].strip():
        pieces = pieces[:-1]
    texts = [text for text, _ in pieces]
    is_one = len(pieces) < 2 or (
        all(is_cdata for _, is_cdata in pieces)
        and all(a.endswith("]]") and b.startswith(">") for a, b in itertools.pairwise(texts))
    )
    if badge.is_mixed or not is_one:
        raise AmbiguousImage("the badge is in several pieces")
    return "".join(texts).strip()


def _address(content: str) -> str | None:
    """Return the address that an assertion as JSON gives for itself, None if it gives none.

    Before Open Badges 1.1, an assertion had no `id` and named its address under `verify`.
    """
    try:
        assertion = strict_json.load_object(content)
    except UnreadableJSON:
        return None
    match assertion:
        case {"id": str(address)} if _ADDRESS.fullmatch(address):
            return address
        case {"verify": {"url": str(address)}}:
            return address
        case _:
            return None


def _written(text: str, version: Version, declaration: bytes) -> bytes:
    """Return the element that carries `text`."""
    verify, content = text, ""
    if text.startswith("{"):
        verify, content = "", f"<![CDATA[{_escaped(text)}]]>"
        if version is Version.V2:
            verify = _address(text) or ""
            if not verify:
                raise ImageRefused("an assertion that does not say at which address it stands")
    name = f"{_PREFIX}:{_NAMES[version].element}"
    attribute = f' verify="{html.escape(verify)}"' if verify else ""
    ending = f">{content}</{name}>" if content else "/>"
    return f"<{name}".encode() + declaration + f"{attribute}{ending}".encode()


def _escaped(text: str) -> str:
    """Return `text` without what would end a CDATA section: JSON can say it in another way.

    In JSON, a greater-than sign stands inside of strings only. A section cut in two, which XML
    offers for this, is read to the cut by the 1EdTech validator, and from the cut by other software.
    """
    return text.replace("]]>", "]]\\u003e")


def _start_tag_end(data: bytes, start: int) -> int:
    """Return where the start tag ends that expat has found at `start`."""
    tag = _START_TAG.match(data, start)
    assert tag is not None  # expat has read it
    return tag.end()


def _parse(data: bytes) -> _Drawing:
    """Return what is in a drawing that keeps our limits. Raises `ImageRefused`."""
    if len(data) > MAXIMUM_BYTES:
        message = f"{len(data)} bytes, more than {MAXIMUM_BYTES}"
        raise ImageRefused(message, code="image_too_large")
    try:
        data.decode()
    except UnicodeDecodeError:
        raise ImageRefused("a drawing that is not UTF-8", code="unsafe_image") from None
    reader = _Reader(data)
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ImageRefused(f"a drawing that is not XML: {error}") from None
    return reader.drawing


class _Reader:
    """Hears the events of one parse. What it does not need and could be abused, it refuses."""

    def __init__(self, data: bytes) -> None:
        self.drawing = _Drawing()
        self._data = data
        self._depth = self._nodes = 0
        self._open: list[tuple[int, _Element]] = []
        self._in_cdata = False
        self.parser = parser = expat.ParserCreate("utf-8", namespace_separator=_SEPARATOR)
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._refuse
        parser.ProcessingInstructionHandler = self._refuse
        parser.StartNamespaceDeclHandler = self._namespace
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartCdataSectionHandler = self._start_cdata
        parser.EndCdataSectionHandler = self._end_cdata
        parser.CharacterDataHandler = self._text
        parser.CommentHandler = self._comment

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() != "utf-8":
            raise ImageRefused("a drawing that says it is not UTF-8", code="unsafe_image")

    def _refuse(self, *_: object) -> None:
        # Without a document type there are no entities of one's own, and nothing outside is read.
        raise ImageRefused("a document type or an instruction", code="unsafe_image")

    def _namespace(self, prefix: str | None, uri: str) -> None:
        if not self._depth:
            self.drawing.prefixes[prefix] = uri

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, element, prefix = _parts(name)
        self._depth += 1
        self._nodes += 1 + len(attributes)
        if self._depth > MAXIMUM_DEPTH or self._nodes > MAXIMUM_NODES:
            message = f"deeper than {MAXIMUM_DEPTH}, or of more than {MAXIMUM_NODES} nodes"
            raise ImageRefused(message, code="unsafe_image")
        if self._depth == 1:
            self.drawing.start = self.parser.CurrentByteIndex
            if (namespace, element) != (_SVG, "svg"):
                raise ImageRefused("XML of something else than a drawing", code="not_svg")
        if self._open:
            self._open[-1][1].is_mixed = True
        version = _resembles(namespace, element, prefix)
        if version is not None:
            exact = (namespace, element) == (_NAMES[version].namespace, _NAMES[version].element)
            verifies = [key for key in attributes if _parts(key)[1].lower() == "verify"]
            badge = _Element(
                version=version,
                is_ours=exact and self._depth == 2 and verifies in ([], ["verify"]),
                start=self.parser.CurrentByteIndex,
                verify=attributes.get("verify"),
            )
            self.drawing.badges.append(badge)
            self._open.append((self._depth, badge))

    def _end(self, _name: str) -> None:
        if self._open and self._open[-1][0] == self._depth:
            badge = self._open.pop()[1]
            end = _start_tag_end(self._data, badge.start)
            if self._data[end - 2 : end] != b"/>":
                end = self._data.index(b">", self.parser.CurrentByteIndex) + 1
            badge.end = end
        self._depth -= 1

    def _start_cdata(self) -> None:
        self._in_cdata = True
        if self._open:
            self._open[-1][1].pieces.append(("", True))

    def _end_cdata(self) -> None:
        self._in_cdata = False

    def _text(self, text: str) -> None:
        if not self._open:
            return
        pieces = self._open[-1][1].pieces
        if pieces and pieces[-1][1] == self._in_cdata:
            text = pieces.pop()[0] + text
        pieces.append((text, self._in_cdata))

    def _comment(self, _text: str) -> None:
        if self._open:
            self._open[-1][1].is_mixed = True


def _parts(name: str) -> tuple[str, str, str]:
    """Return namespace, local name and prefix of a name as expat gives it."""
    parts = name.split(_SEPARATOR)
    if len(parts) == 1:
        return "", name, ""
    return parts[0], parts[1], parts[2] if len(parts) == 3 else ""


def _resembles(namespace: str, element: str, prefix: str) -> Version | None:
    """Return the version of whose badge an element could be taken for one, None if of neither."""
    is_near = prefix.lower() == _PREFIX or any(
        word in namespace.lower() for word in ("openbadges", "imsglobal")
    )
    for version, name in _NAMES.items():
        if is_near and element.lower() == name.element:
            return version
    return None
