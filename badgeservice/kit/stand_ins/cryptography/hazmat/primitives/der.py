"""SubjectPublicKeyInfo (RFC 5280, section 4.1) of the kinds of key that the verifier admits."""

from __future__ import annotations

ED25519 = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of a key (RFC 8410)."""

P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
"""What stands before the uncompressed point of a key (RFC 5480)."""

_RSA = bytes.fromhex("300d06092a864886f70d0101010500")
_SEQUENCE, _INTEGER, _BITS = 0x30, 0x02, 0x03


def write_rsa(n: int, e: int) -> bytes:
    """Return an RSA key in DER (RFC 8017, appendix A.1.1)."""
    numbers = b"".join(integer(number) for number in (n, e))
    return _element(_SEQUENCE, _RSA + _element(_BITS, b"\0" + _element(_SEQUENCE, numbers)))


def read_rsa(data: bytes) -> tuple[int, int]:
    """Return modulus and exponent of a key; raises ValueError unless it is `write_rsa`'s."""
    whole, rest = _content(_SEQUENCE, data)
    bits, behind = _content(_BITS, whole.removeprefix(_RSA))
    numbers, after = _content(_SEQUENCE, bits[1:])
    n, left = _content(_INTEGER, numbers)
    e, end = _content(_INTEGER, left)
    found = int.from_bytes(n, "big"), int.from_bytes(e, "big")
    if rest or behind or after or end or write_rsa(*found) != data:
        raise ValueError("not the one way to write an RSA key")
    return found


def integer(number: int) -> bytes:
    """Return a number that is not negative in DER."""
    return _element(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def sequence(*elements: bytes) -> bytes:
    """Return elements, each in DER, as one sequence in DER."""
    return _element(_SEQUENCE, b"".join(elements))


def _element(kind: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([kind, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([kind, 0x80 | len(length)]) + length + content


def _content(kind: int, data: bytes) -> tuple[bytes, bytes]:
    """Return the content of the first element, and what stands behind it."""
    if len(data) < 2 or data[0] != kind:
        raise ValueError("another element than expected")
    size, start = data[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(data[2:start], "big")
    if len(data) < start + size:
        raise ValueError("an element that is cut off")
    return data[start : start + size], data[start + size :]
