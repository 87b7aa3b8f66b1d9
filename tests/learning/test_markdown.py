"""A sheet keeps its meaning and loses everything that could run, call out or mislead."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from badgeservice.learning import markdown
from badgeservice.learning.content import Module

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>@import 'https://evil.example'</style>",
    "<base href=https://evil.example/>",
    "<form action=https://evil.example><input name=x></form>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:msgbox(1))",
    "[x](http://evil.example)",
    "[x](//evil.example)",
    "[x](\\\\evil.example)",
    "[x](/\\evil.example)",
    "[x](file:///etc/passwd)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zy8+)",
    "![x](//evil.example/a.png)",
    '![x](a.png "\\" onerror=\\"alert(1)")',
    "[x]{onclick=alert(1)}",
    '[x]{style="position:fixed"}',
    "[x]{href=javascript:alert(1)}",
    "[x]{lang=en onmouseover=alert(1)}",
    '[x]{lang="\\"><script>alert(1)</script>"}',
    "## x {onclick=alert(1)}",
    "## x {#a onclick=alert(1)}",
    '## x {#a objective="o1 onclick=alert(1)"}',
    "## x {.sequence type=question style=color:red}",
    "```<script>\nalert(1)\n```",
    "`<script>alert(1)</script>`",
    "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<<script>script>alert(1)</script>",
    "[x]: javascript:alert(1)\n\n[x]",
    '[x](https://example.org/"onmouseover="alert(1))',
]


class Inspector(HTMLParser):
    """Lists the elements and attributes that a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an opening tag."""
        self.elements.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("frame", ["{}", "text {} text", "- {}", "> {}", "### {}"])
def test_nothing_runs_or_calls_out(payload: str, frame: str) -> None:
    """Whatever is written, only plain elements, known attributes and allowed addresses come out."""
    inspector = Inspector()

    inspector.feed(markdown.render(frame.format(payload), media="/media/"))

    dangerous = {"script", "style", "iframe", "svg", "math", "base", "form", "input", "object"}
    assert not inspector.elements & dangerous
    for tag, name, value in inspector.attributes:
        allowed = {"id", "href", "rel", "src", "alt", "lang", "data-sequence", "start"}
        assert name in allowed, (tag, name)
        if name == "href":
            assert value.startswith(("https://", "#")) or value.partition("/")[0].isidentifier()
        if name == "src":
            assert value.startswith("/media/")
            assert "//" not in value


def test_a_link_out_gives_nothing_away() -> None:
    """The page that is opened learns neither where the reader came from nor gets our window."""
    html = markdown.render("[CNIL](https://www.cnil.fr/)", media="")

    assert '<a href="https://www.cnil.fr/" rel="nofollow ugc noopener">CNIL</a>' in html


def test_marks_of_headings_become_anchors_and_parts() -> None:
    """Questions link to the anchors, and pages lay out the parts."""
    html = markdown.render(
        "## Découvrir {.sequence type=discover}\n\n### Un {#one objective=o1}\n", media=""
    )

    assert html == ('<h2 data-sequence="discover">Découvrir</h2>\n<h3 id="one">Un</h3>\n')


def test_marks_a_word_of_another_language() -> None:
    """A screen reader must say it with the right voice."""
    html = markdown.render("*[phishing]{lang=en}*", media="")

    assert html == '<p><em><span lang="en">phishing</span></em></p>\n'


def test_pictures_come_from_the_media_folder() -> None:
    """An author writes the file's name; the page says where the folder is."""
    html = markdown.render("![Un schéma](3-2-1.svg)", media="/modules/x/media/")

    assert '<img src="/modules/x/media/3-2-1.svg" alt="Un schéma">' in html


def test_outline_lists_parts_passages_and_reading_time() -> None:
    """Whoever must read a passage again is told how long it takes."""
    source = (
        "## D {.sequence type=discover}\n\n"
        f"### Un {{#one objective=o1}}\n\n{'mot ' * 121}\n\n"
        "### Deux {#two objective=o2}\n\nmot\n"
    )

    outline = markdown.outline(source)

    assert ("discover",) == outline.sequences
    assert markdown.Passage("one", "Un", "o1", 2) == outline.passage("one")
    assert markdown.Passage("two", "Deux", "o2", 1) == outline.passage("two")
    assert () == outline.problems


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("# Titre", "line 1: a heading is of level 2, 3 or 4, not 1"),
        ("text\n\n##### T", "line 3: a heading is of level 2, 3 or 4, not 5"),
        ("## T {#A objective=o1}", "line 1: {#A objective=o1} is not understood"),
        ("## T {#a}", "line 1: {#a} is not understood"),
        ("## T {.sequence type=autre}", "line 1: {.sequence type=autre} is not understood"),
        ("## T {#a objective=o1}\n## U {#a objective=o2}", "line 2: the anchor #a is given twice"),
        ("a <b>c</b>", "line 1: raw HTML is not allowed: a <b>c</b>"),
        ("![](a.png)", "line 1: the image a.png has no alternative"),
        ("![a](https://e.example/a.png)", "is not a file of the media folder"),
        ("", "line 1: the sheet is empty"),
    ],
)
def test_outline_says_what_an_author_must_mend(source: str, problem: str) -> None:
    """With the line, and what is allowed."""
    assert any(problem in each for each in markdown.outline(source).problems)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_first_sheet_is_sound(module: Module, language: str) -> None:
    """Five parts, five passages, nothing to mend; nothing of the marks is left to be read."""
    sheet = module.sheets[language]

    assert markdown.SEQUENCES == sheet.outline.sequences
    assert ["o1", "o2", "o3", "o4", "o5"] == [each.objective for each in sheet.outline.passages]
    assert "{" not in sheet.html(media="")
