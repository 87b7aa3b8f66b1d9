"""Fact sheets: Markdown that an author wrote, as HTML that is safe to show.

Headings begin at level 2 and carry their marks at the end of the line:
`{.sequence type=discover}` on the parts of the sheet, `{#backups objective=o4}` on the passages
that questions point to. `[phishing]{lang=en}` marks a word of another language. Raw HTML stays
text. What the parser makes then passes an allow-list of elements, attributes and addresses, so
that a slip in the parser or its plugins is not a hole in the page.

What learners write is never read as Markdown.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.attrs import attrs_plugin
from mdit_py_plugins.attrs.parse import ParseError, parse

SEQUENCES = ("question", "discover", "remember", "practise", "deepen")
"""The parts of a sheet, in their order."""

# An adult reads silently 200 to 250 words a minute; whoever learns takes the time.
WORDS_A_MINUTE = 120

_TAGS = {
    *("h2", "h3", "h4", "p", "ul", "ol", "li", "blockquote", "strong", "em", "code", "br", "hr"),
    *("a", "img", "span", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),
    "h2": {"id", "data-sequence"},
    "h3": {"id"},
    "h4": {"id"},
    "a": {"href"},
    "img": {"src", "alt"},
    "span": {"lang"},
    "ol": {"start"},
}
_MARKS = re.compile(r"\s*(\{[^{}]*\})\s*\Z")
_IDENTIFIER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_RELATIVE = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._/-]*)?(?:#[A-Za-z0-9-]+)?")
_RAW_HTML = re.compile(r"<[/!?]?[A-Za-z]")


@dataclass(frozen=True)
class Passage:
    """A part of the sheet that questions point to; `minutes` is its reading time, at least 1."""

    anchor: str
    title: str
    objective: str
    minutes: int


@dataclass(frozen=True)
class Outline:
    """What a sheet is made of, and what is wrong with it, in sentences with line numbers."""

    sequences: tuple[str, ...]
    passages: tuple[Passage, ...]
    images: tuple[str, ...]
    problems: tuple[str, ...]

    def passage(self, anchor: str) -> Passage:
        """Return the passage at `anchor`; raise KeyError if there is none."""
        return {passage.anchor: passage for passage in self.passages}[anchor]


def render(source: str, *, media: str) -> str:
    """Return the sheet as safe HTML; `media` is the address of its media folder, with its slash."""
    tokens = _parser().parse(source)
    for token in _inline(tokens):
        if token.type == "image":
            token.attrSet("src", media + str(token.attrGet("src")))
    html = _parser().renderer.render(tokens, _parser().options, {})
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"https"},
        link_rel="nofollow ugc noopener",
    )


def outline(source: str) -> Outline:
    """Return the outline of a sheet. Nothing is raised: what is wrong is among its problems."""
    tokens = _parser().parse(source)
    sequences: list[str] = []
    passages: list[Passage] = []
    problems = list(_problems(tokens))
    heading: Token | None = None
    title, words = "", 0

    def close() -> None:
        if heading is not None and "objective" in heading.meta:
            minutes = max(1, math.ceil(words / WORDS_A_MINUTE))
            anchor = str(heading.attrGet("id") or "")
            passages.append(Passage(anchor, title, heading.meta["objective"], minutes))

    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            close()
            heading, title, words = token, _plain_text(tokens[index + 1]), 0
            if sequence := token.attrGet("data-sequence"):
                sequences.append(str(sequence))
        elif token.type == "inline":
            words += len(_plain_text(token).split())
    close()
    images = tuple(str(t.attrGet("src")) for t in _inline(tokens) if t.type == "image")
    return Outline(tuple(sequences), tuple(passages), images, tuple(problems))


def _parser() -> MarkdownIt:
    parser = _Parser("commonmark", {"html": False}).enable("table")
    parser.use(attrs_plugin, after=("span_close",), spans=True, allowed=("lang",))
    parser.core.ruler.after("inline", "heading_marks", _read_marks)
    return parser


class _Parser(MarkdownIt):
    """A parser that makes links and images of allowed addresses only."""

    def validateLink(self, url: str) -> bool:
        """Say whether `url` is https, a passage of the sheet, or a plain relative path."""
        return url.startswith("https://") or _RELATIVE.fullmatch(url) is not None


def _read_marks(state: StateCore) -> None:
    """Turn the braces at the end of a heading into attributes and meta of its opening token."""
    for opening, inline in zip(state.tokens, state.tokens[1:], strict=False):
        if opening.type != "heading_open" or not inline.children:
            continue
        last = inline.children[-1]
        match = _MARKS.search(last.content) if last.type == "text" else None
        if match is None:
            continue
        try:
            end, marks = parse(match[1])
        except ParseError:
            end, marks = 0, {}
        if end != len(match[1]) - 1 or not _are_known(marks):
            opening.meta["unknown_marks"] = match[1]
            continue
        last.content = last.content[: match.start()]
        if "type" in marks:
            opening.attrSet("data-sequence", marks["type"])
        if "id" in marks:
            opening.attrSet("id", marks["id"])
            opening.meta["objective"] = marks["objective"]


def _are_known(marks: dict[str, str]) -> bool:
    """Say whether these are the marks of a part or those of a passage."""
    if set(marks) == {"class", "type"}:
        return marks["class"] == "sequence" and marks["type"] in SEQUENCES
    return set(marks) == {"id", "objective"} and all(
        _IDENTIFIER.fullmatch(value) for value in marks.values()
    )


def _problems(tokens: list[Token]) -> Iterator[str]:
    """Yield what an author must mend."""
    anchors: set[str] = set()
    line = 1
    for token in tokens:
        line = token.map[0] + 1 if token.map else line
        if token.type == "heading_open":
            if token.tag not in {"h2", "h3", "h4"}:
                yield f"line {line}: a heading is of level 2, 3 or 4, not {token.tag[1:]}"
            if marks := token.meta.get("unknown_marks"):
                yield (
                    f"line {line}: {marks} is not understood; allowed: "
                    "{#anchor objective=o1} or {.sequence type=…} with one of "
                    f"{', '.join(SEQUENCES)}"
                )
            anchor = str(token.attrGet("id") or "")
            if anchor and anchor in anchors:
                yield f"line {line}: the anchor #{anchor} is given twice"
            anchors.add(anchor)
        for child in token.children or ():
            if child.type == "text" and _RAW_HTML.search(child.content):
                yield f"line {line}: raw HTML is not allowed: {child.content.strip()[:60]}"
            if child.type == "image":
                if not child.content.strip():
                    yield f"line {line}: the image {child.attrGet('src')} has no alternative"
                if "/" in (address := str(child.attrGet("src"))) or address.startswith("#"):
                    yield f"line {line}: the image {address} is not a file of the media folder"
    if not tokens:
        yield "line 1: the sheet is empty"


def _inline(tokens: list[Token]) -> Iterator[Token]:
    return (child for token in tokens for child in token.children or ())


def _plain_text(inline: Token) -> str:
    """Return what a person reads of an inline token."""
    return "".join(
        " " if child.type in {"softbreak", "hardbreak"} else child.content
        for child in inline.children or ()
    )
