"""The one page that verifies by itself: no server, no network, nothing but what is in it.

Its policy allows the two scripts and the sheet whose digests it names, and no request to anybody.
The interpreter, the verifier's own Python and the archive stand in it as text.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from importlib import metadata
from pathlib import Path
from string import Template

from badgeservice.errors import LibraryUnlisted
from badgeservice.kit import places
from badgeservice.kit.archive import Archive

_PACKAGE = Path(__file__).parent.parent
_VENDOR = _PACKAGE / "kit" / "vendor"
_SHEET = _PACKAGE / "kit" / "sheet"

# The verifier, and what it is called by.
_OURS = (
    "__init__.py",
    "errors.py",
    "openbadges/**/*",
    "verification/**/*",
    "kit/__init__.py",
    "kit/archive.py",
    "kit/site.py",
    "kit/words.py",
    "kit/browser.py",
)
_STAND_INS = "kit/stand_ins"

# The libraries of the verifier that are Python alone, and which of their files it needs.
_LIBRARIES = {
    "PyLD": ("pyld/", "c14n/"),
    "pypdf": ("pypdf/",),
    "cachetools": ("cachetools/",),
    "confusable-homoglyphs": ("confusable_homoglyphs/",),
    "frozendict": ("frozendict/",),
    "rfc8785": ("rfc8785/",),
    "tzdata": (
        "tzdata/__init__.py",
        "tzdata/zoneinfo/__init__.py",
        "tzdata/zoneinfo/Europe/__init__.py",
        "tzdata/zoneinfo/Europe/Paris",
    ),
}
_NOT_NEEDED = ("pyld/cli/", "confusable_homoglyphs/cli.py")
_KINDS = ("", ".py", ".json", ".jsonld")
_LONG_AGO = (1980, 1, 1, 0, 0, 0)

_OPENINGS = {
    "badge": '<span lang="fr">Vérification en cours. Cela prend quelques secondes.</span>'
    '<span lang="en">Checking. This takes a few seconds.</span>',
    "file": '<span lang="fr">Choisissez le fichier d\'un badge.</span>'
    '<span lang="en">Choose the file of a badge.</span>',
    "any": '<span lang="fr">Donnez le lien, le code ou le fichier d\'un badge.</span>'
    '<span lang="en">Give the link, the code or the file of a badge.</span>',
}
_ONLINE = (
    "<p class=\"own\"><span lang=\"fr\">L'état d'aujourd'hui, si l'émetteur répond encore :</span>"
    '<span lang="en">Its state today, if the issuer still answers:</span> '
    '<a rel="noreferrer" href="{address}">{address}</a></p>'
)


@dataclass(frozen=True)
class KeyLine:
    """What the page says of one key: from when to when it signed, and if it is revoked."""

    kid: str
    created: datetime
    retired: datetime | None = None
    compromised: datetime | None = None


def make(
    archive: Archive,
    *,
    keys: Sequence[KeyLine],
    fingerprint: str,
    badge: str = "",
    picture: bytes = b"",
) -> str:
    """Return the page, as HTML. The same arguments give the same text.

    `badge` is the address in the archive of the badge that is verified when the page opens, and
    `picture` its image as PNG; without one, the page waits for a file. `fingerprint` is that of the
    issuer's keys.
    """
    image = f"data:image/png;base64,{_text(picture)}"
    return _page(
        places.KIT,
        place="kit",
        connect="",
        archive=archive.dumps(),
        badge=escape(badge),
        opening=_OPENINGS["badge" if badge else "file"],
        picture=f'<img class="picture own" alt="" src="{image}">' if picture else "",
        online=_ONLINE.format(address=escape(badge)) if badge.startswith("https://") else "",
        fingerprint=fingerprint,
        as_of=_day(archive.extract.as_of),
        keys=keys,
    )


def make_for_site(
    *,
    base_url: str,
    issuer_id: str,
    did_path: str,
    keys: Sequence[KeyLine],
    fingerprint: str,
    as_of: str,
) -> str:
    """Return the page that stands on a frozen site, and asks the files of that site and nobody else.

    `did_path` is where the site has the document of the issuer; `as_of` the day of the keys.
    """
    about = {"address": base_url, "issuer": issuer_id, "issuerDocument": did_path}
    return _page(
        places.SITE,
        place="site",
        connect="'self'",
        archive=json.dumps(about, sort_keys=True),
        badge="",
        opening=_OPENINGS["any"],
        picture="",
        online="",
        fingerprint=fingerprint,
        as_of=as_of,
        keys=keys,
    )


def _page(
    words: Mapping[str, str],
    *,
    connect: str,
    archive: str,
    keys: Sequence[KeyLine],
    **slots: str,
) -> str:
    script = (_SHEET / "page.js").read_text()
    style = (_SHEET / "page.css").read_text()
    engine = (_VENDOR / "engine.js").read_text()
    return Template((_SHEET / "page.html").read_text()).substitute(
        **words,
        **slots,
        policy=_policy(scripts=(engine, script), style=style, connect=connect),
        style=style,
        script=script,
        engine=engine,
        wasm=_text((_VENDOR / "pyodide.asm.wasm.gz").read_bytes()),
        library=_text((_VENDOR / "python_stdlib.zip").read_bytes()),
        sources=_text(sources()),
        # No text of the archive may end the element that holds it.
        archive=archive.replace("<", "\\u003c"),
        keys="".join(_row(key) for key in keys),
    )


@functools.cache
def sources() -> bytes:
    """Return the Python of the verifier as a zip, with its libraries and their licences."""
    files = dict(_our_files()) | dict(_library_files()) | dict(_licences())
    return zipped(files, at=_LONG_AGO)


def zipped(files: dict[str, bytes], *, at: tuple[int, int, int, int, int, int]) -> bytes:
    """Return a zip of `files`, by name, all dated `at`. The same arguments give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, at)
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3  # as on Unix
            info.external_attr = 0o100644 << 16
            archive.writestr(info, files[name])
    return buffer.getvalue()


def _our_files() -> Iterator[tuple[str, bytes]]:
    for pattern in _OURS:
        for path in _PACKAGE.glob(pattern):
            if path.is_file() and path.suffix in (*_KINDS, ".LICENSE"):
                yield f"badgeservice/{path.relative_to(_PACKAGE).as_posix()}", path.read_bytes()
    stand_ins = _PACKAGE / _STAND_INS
    for path in stand_ins.rglob("*.py"):
        yield path.relative_to(stand_ins).as_posix(), path.read_bytes()


def _library_files() -> Iterator[tuple[str, bytes]]:
    for name, wanted in _LIBRARIES.items():
        for file in files_of(name):
            path = file.as_posix()
            if (
                path.startswith(wanted)
                and not path.startswith(_NOT_NEEDED)
                and file.suffix in _KINDS
            ):
                yield path, file.read_binary()


def files_of(library: str) -> list[metadata.PackagePath]:
    """Return the files of a library, as its installer listed them.

    Raises LibraryUnlisted without a list: a page that lacks a library would blame the browser.
    """
    files = metadata.files(library)
    if files is None:
        raise LibraryUnlisted(f"{library}: installed without a list of its files; use pip or uv")
    return files


def _licences() -> Iterator[tuple[str, bytes]]:
    for name in _LIBRARIES:
        for file in files_of(name):
            if "dist-info" in file.parts[0] and file.name.startswith("LICENSE"):
                yield f"licences/{name}-{file.name}", file.read_binary()
    for path in _VENDOR.glob("*.LICENSE"):
        yield f"licences/{path.name}", path.read_bytes()


def _policy(*, scripts: Iterable[str], style: str, connect: str) -> str:
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(_digest(script) for script in scripts)} 'wasm-unsafe-eval'",
            f"style-src {_digest(style)}",
            "img-src data:",
            *([f"connect-src {connect}"] if connect else []),
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _digest(text: str) -> str:
    return f"'sha256-{_text(hashlib.sha256(text.encode()).digest())}'"


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _row(key: KeyLine) -> str:
    days = (
        _day(moment) if moment else "–" for moment in (key.created, key.retired, key.compromised)
    )
    cells = "".join(f"<td>{day}</td>" for day in days)
    return f'<tr><th scope="row">{escape(key.kid)}</th>{cells}</tr>'


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d")
