"""From a drawing to pixels: what may be drawn, and how it is rendered without risk.

A drawing is SVG. It is checked against a list of what our drawings need (shapes, paths, text), and
only then rendered, in a child process with limits. The same drawing gives the same bytes.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path
from xml.parsers import expat

from PIL import Image

from badgeservice.errors import ArtworkError

IMAGE_SIZE = 600
"""Pixels of a badge image: 1EdTech asks for a square, this one is sharp at 240 px on a phone."""

THUMBNAIL_SIZE = 192
"""Pixels of a badge in a list: 96 px on a screen of double density."""

SOCIAL_SIZE = (1200, 627)
"""Pixels of the image in the preview of a shared page: the proportions that LinkedIn asks for."""

FONTS = tuple(
    Path(__file__).resolve().parent.parent
    / "web"
    / "static"
    / "vendor"
    / "fonts"
    / f"AtkinsonHyperlegibleNext-{weight}.ttf"
    for weight in ("Regular", "Bold")
)
"""The only typeface of our drawings, in the two weights that they use."""

MAX_BYTES = 65_536
MAX_DEPTH = 16
MAX_ELEMENTS = 400
MAX_NUMBER = 4096
_TIMEOUT_SECONDS = 30
_SVG = "http://www.w3.org/2000/svg"
_ELEMENT = re.compile(
    "svg|title|defs|clipPath|g|path|rect|circle|ellipse|line|polyline|polygon|text|tspan"
)
_ATTRIBUTE = re.compile(
    "id|width|height|viewBox|color|fill|fill-opacity|fill-rule|stroke|stroke-width|stroke-linecap"
    "|stroke-linejoin|clip-path|clip-rule|transform|d|points|x|y|cx|cy|r|rx|ry|x1|y1|x2|y2"
    "|font-family|font-weight|font-size|text-anchor"
    # Read by `drawing`: the room that a text has.
    "|data-width|data-height"
)
_NUMBER = re.compile(r"[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?")
_REFERENCE = re.compile(r"url\(#[a-z-]+\)")


def check(svg: str) -> None:
    """Raise ArtworkError unless `svg` holds only what a badge drawing needs.

    Nothing outside the drawing can be referred to, nothing can be scripted, and nothing can be
    drawn that costs more than its size: no `use`, filter, mask, image, dash, style or entity.
    """
    if len(svg.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise ArtworkError(f"the drawing is larger than {MAX_BYTES} bytes")
    depth = elements = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, elements
        depth += 1
        elements += 1
        if depth > MAX_DEPTH:
            raise ArtworkError(f"the drawing is deeper than {MAX_DEPTH} elements")
        if elements > MAX_ELEMENTS:
            raise ArtworkError(f"the drawing has more than {MAX_ELEMENTS} elements")
        namespace, _, tag = name.rpartition(" ")
        if namespace != _SVG or not _ELEMENT.fullmatch(tag):
            raise ArtworkError(f"the drawing has an element that is not allowed: {tag}")
        for attribute, value in attributes.items():
            _check_attribute(tag, attribute, value)

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: object) -> None:
        raise ArtworkError("the drawing has a document type, an entity or an instruction")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ProcessingInstructionHandler = refuse
    try:
        parser.Parse(svg, True)
    except expat.ExpatError as error:
        raise ArtworkError(f"the drawing is not XML: {error}") from None
    except UnicodeEncodeError:
        raise ArtworkError("the drawing has half a character") from None


def _check_attribute(tag: str, attribute: str, value: str) -> None:
    """Raise ArtworkError for an attribute that we do not use, a far reference or a huge number."""
    if not _ATTRIBUTE.fullmatch(attribute):
        raise ArtworkError(f"the drawing has an attribute that is not allowed: {tag} {attribute}")
    if "url" in value.lower() and not _REFERENCE.fullmatch(value):
        raise ArtworkError(f"the drawing refers to something else: {tag} {attribute}")
    if attribute in {"id", "fill", "stroke", "color", "font-family"}:
        return
    if any(float(number) > MAX_NUMBER for number in _NUMBER.findall(value)):
        raise ArtworkError(f"the drawing has a number above {MAX_NUMBER}: {tag} {attribute}")


def render(svg: str, *, width: int = IMAGE_SIZE, height: int = IMAGE_SIZE) -> bytes:
    """Return the drawing as PNG of `width` x `height` pixels, the same bytes every time.

    Raises ArtworkError when the drawing is not allowed, or when the renderer refuses it, crashes or
    takes too long.
    """
    check(svg)
    renderer = Path(__file__).with_name("rasterise.py")
    command = [sys.executable, "-I", str(renderer), str(width), str(height), *map(str, FONTS)]
    try:
        done = subprocess.run(
            command,
            input=svg.encode("utf-8"),
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
            env={},
            cwd="/",
        )
    except subprocess.TimeoutExpired:
        raise ArtworkError(f"rendering took more than {_TIMEOUT_SECONDS} seconds") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = lines[-1] if lines else "no reason given"
        raise ArtworkError(f"the renderer stopped with status {done.returncode}: {reason}")
    return done.stdout


def shrink(png: bytes, size: int) -> bytes:
    """Return the square image `png` in `size` x `size` pixels, in 256 colours: it is for lists."""
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        small = image.convert("RGBA").resize((size, size), Image.Resampling.LANCZOS)
    small = small.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    out = io.BytesIO()
    small.save(out, format="PNG", optimize=True)
    return out.getvalue()
