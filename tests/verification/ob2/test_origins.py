"""Addresses compared by their parts: look-alikes, odd forms, other ports."""

from __future__ import annotations

import pytest

from badgeservice.verification import origins


@pytest.mark.parametrize(
    "address",
    [
        "ftp://a.example/",
        "https:///x",
        "https://user@a.example/",
        "https://user:secret@a.example/",
        "https://a.example\\@evil.example/",
        "https://a.example:port/",
        "https://a.example:99999/",
        "https://été.example/",
        "https://a.example/a b",
        "https://-/",
        "https://[::1/",
        "//a.example/",
        "a.example",
        "",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_plain_web_address_belongs_to_nobody(address):
    """What different software reads differently."""
    assert origins.origin(address) is None
    assert not origins.is_same(address, address)
    assert address == origins.secure(address)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/x", "https://A.EXAMPLE/y", True),
        ("https://a.example/x", "https://a.example:443/y", True),
        ("http://a.example/x", "https://a.example/y", True),
        ("http://a.example:80/x", "http://a.example:80/y", True),
        ("http://a.example:8080/x", "https://a.example:8080/y", False),
        ("https://a.example/x", "https://a.example:8443/y", False),
        ("https://a.example/x", "https://b.a.example/y", False),
        ("https://a.example/x", "https://a.example.b/y", False),
    ],
)
def test_the_same_site(one, other, same):
    """Scheme, host and port; plain http counts as the https of the same site."""
    assert origins.is_same(one, other) is same


@pytest.mark.parametrize(
    ("address", "prefix", "within"),
    [
        ("https://a.example/b/1", "https://a.example/b/", True),
        ("https://a.example/b/1", "https://a.example/b", True),
        ("https://a.example/b", "https://a.example/b", True),
        ("https://a.example", "https://a.example", True),
        ("https://a.example/b/1", "https://a.example", True),
        ("https://a.example/bb", "https://a.example/b", False),
        ("https://a.example/b/../c", "https://a.example/b/", False),
        ("https://a.example/b/%2E%2e/c", "https://a.example/b/", False),
        ("https://a.example/b/./c", "https://a.example/b/", False),
        ("https://a.example.evil.example/b/1", "https://a.example/b/", False),
        ("https://a.example/b/1", "https://a.example/b/#x", False),
        ("https://a.example/b/1", "https://a.example/b/?x=1", False),
        ("https://a.example/b/1", "https://a.exam", False),
    ],
)
def test_within(address, prefix, within):
    """H1: whole steps of the path."""
    assert origins.lies_within(address, prefix) is within
