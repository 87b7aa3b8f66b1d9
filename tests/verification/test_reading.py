"""Reading a credential without stumbling."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from badgeservice.verification import reading


@pytest.mark.parametrize(
    ("node", "expected"),
    [({}, []), ({"a": None}, []), ({"a": 1}, [1]), ({"a": [1, 2]}, [1, 2])],
)
def test_one_value_and_a_list_of_it_read_alike(node, expected):
    """JSON-LD makes no difference, so neither may we."""
    assert expected == reading.values(node, "a")


def test_what_has_another_type_reads_as_absent():
    """Whether it may be absent is for the structure check to say."""
    node = {"a": [1, {"id": "x"}, "t"], "two": ["x", "y"], "number": 4}

    assert reading.objects(node, "a") == [{"id": "x"}]
    assert reading.child(node, "two") == {}
    assert reading.texts(node, "a") == ("t",)
    assert reading.text(node, "two") is None
    assert reading.text(node, "number") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x", "x"),
        ({"id": "x"}, "x"),
        ([{"id": "x"}], "x"),
        ({}, None),
        (4, None),
        (["x", "y"], None),
    ],
)
def test_a_reference_is_an_id_or_an_object_with_one(value, expected):
    """Two issuers are no issuer (security K4)."""
    assert expected == reading.reference({"issuer": value}, "issuer")


def test_an_instant_for_showing_is_none_when_it_cannot_be_read():
    """The summary shows what it can; the dates check complains."""
    assert reading.instant({"a": "soon"}, "a") is None
    assert reading.instant({}, "a") is None
    assert reading.instant({"a": "2026-11-23T09:00:00Z"}, "a") == datetime(
        2026, 11, 23, 9, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("https://badges.example/issuers/a", "badges.example"),
        ("http://127.0.0.1:8000/issuers/a", "127.0.0.1:8000"),
        ("https://victim.example@evil.example/", "evil.example"),
        ("did:web:badges.example%3A8443:a", "badges.example:8443"),
        ("did:web:", None),
        ("did:key:z6Mk", None),
        ("https://[", None),
        ("urn:uuid:0", None),
    ],
)
def test_the_domain_is_the_one_that_answers(identifier, expected):
    """People are shown the domain first, so it must be the right one (security K8)."""
    assert expected == reading.domain(identifier)
