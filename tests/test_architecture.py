"""The house holds: imports point one way, and the pure rooms stay pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "badgeservice"

# From the ground up. A module may import from its own layer's room and from the layers below it.
LAYERS: list[set[str]] = [
    {"errors"},
    {"openbadges"},
    {"verification"},
    {"storage"},
    {"fetching"},
    {"settings", "mail", "logs", "documents", "typed_codes", "spreadsheets", "jobs"},
    {"catalogue", "people"},
    {"evidence"},
    {"learning"},
    {"awarding"},
    {"issuing"},
    {"trust", "partners"},
    {"sharing", "erasure", "verifier", "kit"},
    {"extensions"},
    {"migrating", "core"},
    {"operations"},
    {"web"},
    {"freeze"},
    {"app"},
    {"installation"},
    {"tasks"},
    {"worker"},
    {"cli"},
]
PURE = {"openbadges", "verification"}
IMPURE = {
    "flask", "sqlalchemy", "socket", "os", "time", "requests", "urllib.request", "http", "subprocess",
    "pathlib", "secrets", "random",
}  # fmt: skip
# Files of our own package or of a library are read, never the caller's: pinned contexts, Unicode.
READS_ITS_OWN_FILES = {
    "openbadges/contexts/__init__.py": {"pathlib"},
    "verification/likeness.py": {"pathlib"},
}
# An import inside a function is the usual sign of a cycle; these are heavy, and late on purpose.
LATE_ON_PURPOSE: dict[str, set[str]] = {
    # An extra that only those install whose keys live in a token.
    "issuing/tokens.py": {"pkcs11"},
    # An extra for those who want to be told of errors, or to see traces.
    "web/observing.py": {"sentry_sdk", "opentelemetry"},
    # An extra for those who measure.
    "web/metrics.py": {"prometheus_client"},
    # An extra for those who have several web processes.
    "web/counters.py": {"redis"},
    # Whoever asks for no job loads neither; the second is an extra for several machines.
    "jobs/carrier.py": {"huey", "psycopg", "redis"},
    # Whoever verifies a badge needs neither competences nor modules.
    "core.py": {"badgeservice"},
    # Whoever verifies a badge with the documents beside it needs no installation.
    "cli/verify.py": {"badgeservice"},
    # Tables of Unicode, for names that are compared.
    "verification/likeness.py": {"confusable_homoglyphs"},
    # Hardly anybody sends a PDF, and every command would wait for its reader.
    "verification/pdf.py": {"pypdf"},
}


def modules() -> list[Path]:
    """Every module of the package, migrations aside: they are history."""
    return [p for p in sorted(PACKAGE.rglob("*.py")) if "migrations" not in p.parts]


def name(path: Path) -> str:
    """The path inside the package, as messages show it."""
    return path.relative_to(PACKAGE).as_posix()


def room(path: Path) -> str:
    """The room or top-level module that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    """Yield every imported module with its statement, type-checking imports aside."""
    for_types_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in for_types_only:
            continue
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            module = str(node.module)
            for alias in node.names:
                yield node, f"{module}.{alias.name}"


def layer(of_room: str) -> int:
    """The height of a room; fails for one that has no place yet."""
    for height, rooms in enumerate(LAYERS):
        if of_room in rooms:
            return height
    pytest.fail(f"{of_room} has no place in LAYERS")


@pytest.mark.parametrize("path", modules(), ids=name)
def test_imports_point_downwards(path: Path) -> None:
    """Data flows one way; a lower room never knows a higher one."""
    if path == PACKAGE / "__init__.py":
        return
    for _, module in imports(ast.parse(path.read_text())):
        parts = module.split(".")
        if parts[0] != "badgeservice" or len(parts) == 1:
            continue
        if parts[1] == room(path):
            continue
        assert layer(parts[1]) < layer(room(path)), f"{name(path)} imports {module}"


@pytest.mark.parametrize("path", [p for p in modules() if room(p) in PURE], ids=name)
def test_pure_rooms_have_no_world(path: Path) -> None:
    """No web, database, network, environment, randomness or clock in the standards and checks."""
    tree = ast.parse(path.read_text())
    allowed = READS_ITS_OWN_FILES.get(name(path), set())
    for _, module in imports(tree):
        for banned in IMPURE - allowed:
            assert not f"{module}.".startswith(f"{banned}."), f"{name(path)} imports {module}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            called = ast.unparse(node)
            assert called not in {"datetime.now", "datetime.utcnow", "date.today"}, name(path)


@pytest.mark.parametrize("path", modules(), ids=name)
def test_imports_stand_at_the_top(path: Path) -> None:
    """An import inside a function hides a cycle, unless it is a heavy library loaded late."""
    tree = ast.parse(path.read_text())
    allowed = LATE_ON_PURPOSE.get(name(path), set())
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for _, module in imports(function):
                assert module.split(".")[0] in allowed, f"{name(path)}: {module} in a function"


def test_pyld_has_one_importer() -> None:
    """Its pitfalls (no safe mode, no lock, no work limit) are dealt with in one place."""
    importers = [
        name(path)
        for path in modules()
        if any(m.split(".")[0] == "pyld" for _, m in imports(ast.parse(path.read_text())))
    ]

    assert importers == ["openbadges/jsonld.py"]
