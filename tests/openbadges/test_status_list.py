"""status_list: the bit of one badge, in the order of the standard, whoever wrote the list."""

from __future__ import annotations

import gzip
import json
import random
import time
import zlib

import pytest

from badgeservice.errors import StatusListRefused
from badgeservice.openbadges import multibase, status_list


def encoded(data):
    """Write an `encodedList` around any bytes."""
    return multibase.encode(data, multibase.BASE64URL)


def test_published_lists(vectors):
    """Lists of 100,000 entries by another implementation; invalid ones beside them."""
    for case in json.loads((vectors / "bitstring/db-encodedlists.json").read_bytes()):
        if case["expected"].startswith("invalid"):
            with pytest.raises(StatusListRefused):
                status_list.decode(case["encodedList"], minimum_bits=0)
            continue
        bitstring = status_list.decode(case["encodedList"], minimum_bits=case["length"])
        found = [i for i in range(case["length"]) if status_list.is_set(bitstring, i)]
        assert found == case["set"]
        # Below the standard's minimum, refused by default: too few badges hide each other.
        with pytest.raises(StatusListRefused) as refused:
            status_list.decode(case["encodedList"])
        assert refused.value.code == "status_list_length"


def test_every_published_list_is_among_them(vectors):
    """What is added to the vectors one day must not go unread."""
    manifest = json.loads((vectors / "manifest.json").read_bytes())

    files = [each["file"] for each in manifest if "bitstring" in each["checks"].split(",")]

    assert files == ["bitstring/db-encodedlists.json"]


@pytest.mark.parametrize(
    ("index", "byte", "value"), [(0, 0, 0x80), (7, 0, 0x01), (8, 1, 0x80), (131_071, 16_383, 0x01)]
)
def test_s4_leftmost_bit_first(index, byte, value):
    """The other order reads another learner's bit."""
    bitstring = status_list.decode(status_list.encode([index]))

    assert len(bitstring) == 16_384
    assert bitstring[byte] == value
    assert sum(bitstring) == value


def test_s4_only_the_revoked_are_revoked():
    """200 indices drawn at random; every other bit stays 0."""
    revoked = set(random.Random(4).sample(range(status_list.MINIMUM_BITS), 200))

    bitstring = status_list.decode(status_list.encode(revoked))

    assert revoked == {
        i for i in range(status_list.MINIMUM_BITS) if status_list.is_set(bitstring, i)
    }


def test_same_bits_same_text():
    """No clock goes into the list, so an unchanged list keeps its bytes."""
    assert status_list.encode([1, 2]) == status_list.encode([2, 1, 1])
    assert gzip.decompress(multibase.decode(status_list.encode([]), "u")) == bytes(16_384)


@pytest.mark.parametrize("index", [-1, 131_072, 10**30])
def test_s3_outside_of_the_list_is_an_error(index):
    """Never "active"."""
    for act in (
        lambda: status_list.encode([index]),
        lambda: status_list.is_set(bytes(16_384), index),
    ):
        with pytest.raises(StatusListRefused) as refused:
            act()
        assert refused.value.code == "range_error"


@pytest.mark.parametrize(
    "value",
    ["abc", "-1", "1e3", " 5", "5 ", "5\n", "5.0", "٥", "05", "+5", "1_000", "", "0x5", "9" * 30,
     5.0, -1, True, None, [5], {}],
    ids=str,
)  # fmt: skip
def test_s3_texts_that_are_no_index(value):
    """`int()` reads half of these; the public validator reads "abc" as 0."""
    with pytest.raises(StatusListRefused):
        status_list.parse_index(value)


@pytest.mark.parametrize(("value", "index"), [("0", 0), ("94567", 94567), (23, 23), (0, 0)])
def test_indices(value, index):
    """Text as in the standard, or the number of 1EdTech's samples."""
    assert status_list.parse_index(value) == index


FULL = gzip.compress(bytes(16_384), mtime=0)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "status_list_malformed"),
        (5, "status_list_malformed"),
        ([encoded(FULL)], "status_list_malformed"),
        ("", "status_list_malformed"),
        (encoded(FULL)[1:], "status_list_malformed"),
        ("z" + encoded(FULL)[1:], "status_list_malformed"),
        (encoded(FULL) + "=", "status_list_malformed"),
        (encoded(FULL)[:-1], "status_list_malformed"),
        (encoded(FULL[:-1]), "status_list_malformed"),
        (encoded(FULL + b"x"), "status_list_malformed"),
        (encoded(FULL + FULL), "status_list_malformed"),
        (encoded(FULL[:-8] + bytes(8)), "status_list_malformed"),
        (encoded(zlib.compress(bytes(16_384))), "status_list_malformed"),
        (encoded(bytes(16_384)), "status_list_malformed"),
        (encoded(gzip.compress(bytes(16_383), mtime=0)), "status_list_length"),
        (encoded(gzip.compress(bytes(1_048_577), mtime=0)), "status_list_length"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_s5_refuses_other_forms(value, code):
    """Prefix, alphabet, padding, two members, trailing bytes, truncation, checksum, zlib."""
    with pytest.raises(StatusListRefused) as refused:
        status_list.decode(value)

    assert refused.value.code == code


def test_s5_a_bomb_is_not_inflated():
    """200 MB of zeros from 200 kB."""
    bomb = encoded(gzip.compress(bytes(200_000_000), 6, mtime=0))
    start = time.process_time()

    with pytest.raises(StatusListRefused):
        status_list.decode(bomb)

    assert time.process_time() - start < 2


def test_the_largest_list_is_read():
    """The bound itself is inside."""
    assert len(status_list.decode(encoded(gzip.compress(bytes(1_048_576), mtime=0)))) == 1_048_576
