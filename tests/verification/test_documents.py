"""A folder of files stands for the network."""

from __future__ import annotations

import json

import pytest

from badgeservice import documents
from badgeservice.errors import DocumentsError, FetchFailed
from badgeservice.verification.fetching import Fetched


@pytest.fixture
def folder(tmp_path):
    """A folder with two files and every kind of entry."""
    (tmp_path / "issuer.json").write_bytes(b"{}")
    index = {
        "https://a.example/issuer": {"file": "issuer.json"},
        "https://a.example/gone": {"status": 410},
        "https://a.example/list": {"file": "issuer.json", "type": "application/vc", "status": 203},
        "https://a.example/old": {"redirect": "https://a.example/issuer"},
        "https://a.example/loop": {"redirect": "https://a.example/loop"},
        "https://a.example/lost": {"redirect": "https://b.example/"},
    }
    (tmp_path / "index.json").write_text(json.dumps(index))
    return tmp_path


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("issuer", Fetched("https://a.example/issuer", 200, "application/json", b"{}")),
        ("gone", Fetched("https://a.example/gone", 410, "application/json", b"")),
        ("list", Fetched("https://a.example/list", 203, "application/vc", b"{}")),
        ("old", Fetched("https://a.example/issuer", 200, "application/json", b"{}")),
    ],
)
def test_an_address_answers_as_the_index_says(folder, address, expected):
    """A redirect shows the address that answered in the end."""
    assert expected == documents.directory_fetch(folder)(f"https://a.example/{address}")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("https://b.example/", "not among the documents"),
        ("https://a.example/issuer/", "not among the documents"),
        ("https://a.example/lost", "not among the documents"),
        ("https://a.example/loop", "redirects"),
    ],
)
def test_an_address_without_an_answer_fails(folder, address, reason):
    """Nothing else is ever asked."""
    with pytest.raises(FetchFailed, match=reason):
        documents.directory_fetch(folder)(address)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("issuer.json", "Invalid input"),
        ({"file": "absent.json"}, "No such file"),
        ({"file": "../index.json"}, "outside"),
        ({"file": "/etc/hostname"}, "outside"),
        ({"file": ""}, "file"),
        ({"file": "issuer.json", "body": "x"}, "body"),
        ({"status": "200"}, "status"),
        ({"status": 99}, "status"),
        ({"redirect": "https://b.example/", "status": 302}, "stands alone"),
    ],
    ids=str,
)
def test_a_faulty_entry_is_named(folder, entry, reason):
    """A test bench that misreads its own files proves nothing."""
    (folder / "index.json").write_text(json.dumps({"https://c.example/": entry}))

    with pytest.raises(DocumentsError, match=reason) as raised:
        documents.directory_fetch(folder)

    assert "https://c.example/" in raised.value.message


def test_a_file_that_is_too_large_is_refused(folder):
    """The same limit as for answers from the network."""
    (folder / "issuer.json").write_bytes(b" " * (documents.MAXIMUM_BYTES + 1))

    with pytest.raises(DocumentsError, match="more than"):
        documents.directory_fetch(folder)


@pytest.mark.parametrize("content", [None, b"", b"[]", b'{"a": {}, "a": {}}'])
def test_an_index_that_cannot_be_read_is_refused(tmp_path, content):
    """There must be an index, and only one way to read it."""
    if content is not None:
        (tmp_path / "index.json").write_bytes(content)

    with pytest.raises(DocumentsError, match=r"index\.json"):
        documents.directory_fetch(tmp_path)
