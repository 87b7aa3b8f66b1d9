"""multibase: the canonical text of some bytes, and no other text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeservice.errors import BadEncoding
from badgeservice.openbadges import multibase
from badgeservice.openbadges.multibase import BASE58BTC, BASE64URL

# draft-multiformats-multibase, appendix B, and draft-msporny-base58, section 5.
PUBLISHED = [
    (b"Multibase is awesome! \\o/", BASE58BTC, "zYAjKoNbau5KiqmHPmSxYCvn66dA1vLmwbt"),
    (b"Multibase is awesome! \\o/", BASE64URL, "uTXVsdGliYXNlIGlzIGF3ZXNvbWUhIFxvLw"),
    (b"Hello World!", BASE58BTC, "z2NEpo7TZRRrLZSi2U"),
    (bytes.fromhex("0000287fb4cd"), BASE58BTC, "z11233QC4"),
    (b"", BASE58BTC, "z"),
    (b"", BASE64URL, "u"),
]


@pytest.mark.parametrize(("data", "base", "text"), PUBLISHED)
def test_agrees_with_published_values(data, base, text):
    """A round trip alone would not notice a wrong alphabet."""
    assert text == multibase.encode(data, base)
    assert data == multibase.decode(text, base)


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("YAjKoNbau5KiqmHPmSxYCvn66dA1vLmwbt", BASE58BTC),
        ("uTXVs", BASE58BTC),
        ("z0", BASE58BTC),
        ("zO", BASE58BTC),
        ("z I", BASE58BTC),
        ("z2NEpo7TZRRrLZSi2U\n", BASE58BTC),
        ("z٥", BASE58BTC),
        ("z" + "2" * 1025, BASE58BTC),
        ("", BASE64URL),
        ("uTXVs=", BASE64URL),
        ("uTX+s", BASE64URL),
        ("uTX/s", BASE64URL),
        ("uTXVsd", BASE64URL),  # 5 characters hold no whole byte
        ("uTXVsdB", BASE64URL),  # last bits not zero
        ("uTX Vs", BASE64URL),
        ("uTXVs\n", BASE64URL),
    ],
)
def test_refuses_text_that_encoding_does_not_give(text, base):
    """One key, one signature, one text."""
    with pytest.raises(BadEncoding):
        multibase.decode(text, base)


@given(st.binary(max_size=80), st.sampled_from([BASE58BTC, BASE64URL]))
def test_decodes_what_it_encodes(data, base):
    """Whatever the bytes, leading zeros included."""
    assert data == multibase.decode(multibase.encode(data, base), base)
