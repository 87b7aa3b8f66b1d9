"""strict_json: one reading, or none."""

from __future__ import annotations

import pytest

from badgeservice.errors import UnreadableJSON
from badgeservice.openbadges import strict_json


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"issuer": 1, "issuer": 2}', "duplicate_key"),
        (b'{"a": 1, "b": {"c": 1, "d": 2, "c": 3}}', "duplicate_key"),
        (b'{"issuer": 1, "\\u0069ssuer": 2}', "duplicate_key"),
        (b'{"a": NaN}', "bad_number"),
        (b'{"a": -Infinity}', "bad_number"),
        (b'{"a": 1e400}', "bad_number"),
        (b'{"a": 1e3}', "bad_number"),
        (b'{"a": 9007199254740992}', "bad_number"),
        (b'{"a": -9007199254740992}', "bad_number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "bad_number"),
        (b'{"a": -0}', "bad_number"),
        (b'{"a": -0.0}', "bad_number"),
        (b'{"a": 36.50000000000000001}', "bad_number"),
        (b'{"a": "\\ud800"}', "bad_encoding"),
        (b'{"\\udc00": 1}', "bad_encoding"),
        ('{"a": "\ud800"}', "bad_encoding"),
        (b'\xef\xbb\xbf{"a": 1}', "bad_encoding"),
        ("\ufeff{}", "bad_encoding"),
        ('{"a": 1}'.encode("utf-16"), "bad_encoding"),
        (b'{"a": "\xff"}', "bad_encoding"),
        ('{"a": 1}'.encode("utf-16-le"), "bad_json"),
        (b"", "bad_json"),
        (b"{'a': 1}", "bad_json"),
        (b'{"a": 1} {"b": 2}', "bad_json"),
        (b'{"a": 1,}', "bad_json"),
        (b'{"a": "\x01"}', "bad_json"),
        (b'{"a": 01}', "bad_json"),
        (b"]", "bad_json"),
        (b"[" * 33 + b"]" * 33, "too_deep"),
        (b"[" * 100_000, "too_deep"),
        (b'"' + b"a" * 262_144 + b'"', "too_large"),
        (b'"' + b'\\"' * 131_000, "bad_json"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_refuses_what_two_parsers_could_read_differently(data, code):
    """Each case is read in two ways, or not at all, by parsers in use."""
    with pytest.raises(UnreadableJSON) as refused:
        strict_json.loads(data)

    assert code == refused.value.code


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (
            b'{"a": [1, -1, 3.5, 0.0, 36.50, true, null]}',
            {"a": [1, -1, 3.5, 0.0, 36.5, True, None]},
        ),
        (b"9007199254740991", 9007199254740991),
        ('"é\\u00e9 \\ud83d\\ude00"', "éé 😀"),
        (b'["[[[[", "\\"[", "]"]', ["[[[[", '"[', "]"]),
        (b"[" * 32 + b"]" * 32, [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]),
    ],
)
def test_reads_ordinary_json(data, value):
    """Strictness must not refuse what everybody reads alike."""
    assert value == strict_json.loads(data)


def test_brackets_inside_strings_are_not_depth():
    """Markdown narratives hold brackets; only structure counts."""
    text = '{"narrative": "' + "[" * 200 + '"}'

    assert strict_json.loads(text) == {"narrative": "[" * 200}


def test_limits_are_arguments():
    """A caller who expects little says so."""
    with pytest.raises(UnreadableJSON, match="more than 4"):
        strict_json.loads(b"[1,2]", max_bytes=4)
    with pytest.raises(UnreadableJSON, match="deeper than 1"):
        strict_json.loads(b"[[]]", max_depth=1)


def test_load_object_refuses_other_values():
    """A credential, a key and a header are objects."""
    assert strict_json.load_object(b'{"a":1}') == {"a": 1}
    with pytest.raises(UnreadableJSON) as refused:
        strict_json.load_object(b"[1]")
    assert refused.value.code == "not_an_object"


def test_dumps_is_compact_utf8_in_order():
    """The bytes are stored and signed as they are, so their form is fixed."""
    assert '{"b":1,"a":["é",null]}'.encode() == strict_json.dumps({"b": 1, "a": ["é", None]})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_dumps_refuses_what_loads_would_refuse(value):
    """Nothing is written that could not be read back."""
    with pytest.raises(UnreadableJSON):
        strict_json.dumps({"a": value})
