"""Content files as people write them: YAML without surprises, and the line of every field.

YAML's own rules turn `no` into false, `4.10` into 4.1 and let a key appear twice. Here a plain
whole number is an int, `true` and `false` are booleans, and everything else is text; a key given
twice, an alias or a tag is refused. Problems are reported with file, line and field, because the
person who can mend them reads the file, not the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from marshmallow import Schema, ValidationError

from badgeservice.errors import CatalogueError

Field = tuple[str | int, ...]
"""Where a value stands: keys and list positions from the top of the file."""

MAX_BYTES = 262_144
MAX_DEPTH = 32
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True)
class Source:
    """A file that was read: its data, and where each field stands."""

    path: Path
    data: Any
    lines: Mapping[Field, int]

    def problem(self, field: Field, message: str) -> str:
        """Return one sentence: file, line (counted from 1), field, and what is wrong."""
        known = field
        while known not in self.lines:
            known = known[:-1]
        name = ".".join(str(part) for part in field) or "the file"
        return f"{self.path}, line {self.lines[known]}, {name}: {message}"

    def texts(self) -> Iterator[tuple[Field, str]]:
        """Yield every text of the file with the field where it stands."""
        pending: list[tuple[Field, Any]] = [((), self.data)]
        while pending:
            field, value = pending.pop(0)
            if isinstance(value, str):
                yield field, value
            elif isinstance(value, dict):
                pending += [((*field, key), inner) for key, inner in value.items()]
            elif isinstance(value, list):
                pending += [((*field, position), inner) for position, inner in enumerate(value)]

    def load(self, schema: Schema) -> Any:
        """Return what `schema` makes of the data; raise CatalogueError with every problem found."""
        try:
            return schema.load(self.data)
        except ValidationError as error:
            problems = [
                self.problem(field, _with_value(message, self.data, field))
                for field, message in _flatten(error.messages, ())
            ]
            raise CatalogueError("\n".join(sorted(problems))) from None


def read(path: Path) -> Source:
    """Return the content of the YAML file at `path`; raise CatalogueError if it is not plain YAML."""
    try:
        content = path.read_bytes()
        if len(content) > MAX_BYTES:
            raise CatalogueError(f"{path}: larger than {MAX_BYTES} bytes")
        text = content.decode("utf-8")
        _refuse_bombs(path, text)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except OSError as error:
        raise CatalogueError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{path}: not UTF-8 at byte {error.start}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        raise CatalogueError(f"{path}, line {line}: {error.problem}") from None
    except yaml.YAMLError as error:
        raise CatalogueError(f"{path}: {error}") from None
    if node is None:
        raise CatalogueError(f"{path}: empty")
    lines: dict[Field, int] = {}
    return Source(path, _plain(path, node, (), lines), lines)


def _refuse_bombs(path: Path, text: str) -> None:
    """Raise CatalogueError for what is small on disk and large in memory, or deep on the stack."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise CatalogueError(f"{path}, line {line}: anchors, aliases and tags are not allowed")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise CatalogueError(f"{path}, line {line}: deeper than {MAX_DEPTH} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _plain(path: Path, node: yaml.Node, field: Field, lines: dict[Field, int]) -> Any:
    """Return `node` as dicts, lists, texts, ints and booleans; note in `lines` where each stands."""
    # The line of a field is the line of its key, which its mapping has already noted.
    lines.setdefault(field, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise CatalogueError(f"{path}, line {line}: a key must be a word")
            key = str(key_node.value)
            if key in mapping:
                raise CatalogueError(f"{path}, line {line}, {key}: given twice")
            lines[(*field, key)] = line
            mapping[key] = _plain(path, value_node, (*field, key), lines)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [
            _plain(path, item, (*field, position), lines)
            for position, item in enumerate(node.value)
        ]
    text = str(node.value)
    if isinstance(node, yaml.ScalarNode) and not node.style:  # plain: without quotes
        if _INTEGER.fullmatch(text):
            return int(text)
        return _BOOLEANS.get(text, text)
    return text


def _flatten(messages: Any, field: Field) -> Iterator[tuple[Field, str]]:
    """Yield each message of marshmallow's nested ones with the field that it is about."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            # marshmallow puts what concerns a whole object under this key.
            yield from _flatten(inner, field if key == "_schema" else (*field, key))
    else:
        for message in messages:
            yield field, str(message)


def _with_value(message: str, data: Any, field: Field) -> str:
    """Return `message` with the value it is about, when that value is short enough to help."""
    value = data
    for part in field:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return message
    if isinstance(value, dict | list):
        return message
    return f"{message} (here: {value!r})" if len(repr(value)) <= 80 else message
