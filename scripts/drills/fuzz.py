"""Every parser that reads what strangers write, fed with damaged and invented input.

Each target is one function, what it may be given, and the errors that are ours. A target fails when
anything else is raised, or when one input takes more than a second of CPU. Hypothesis invents the
input and makes the smallest that fails; half of it are genuine inputs with a few bytes changed.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from badgeservice import verification
from badgeservice.errors import BadgeserviceError
from badgeservice.openbadges import (
    bakery,
    did,
    keys,
    multibase,
    status_list,
    strict_json,
    timestamps,
)
from badgeservice.openbadges.bakery import png, svg
from badgeservice.openbadges.proofs import compact, vc_jwt
from badgeservice.verification import origins
from badgeservice.verification.register import EmptyRegister
from tests.attacks.making import elsewhere, genuine, images, issuers, older

SECONDS = 1.0


@dataclass(frozen=True)
class Target:
    """A parser. `genuine` are inputs that it reads; `letters` what else is put into them."""

    name: str
    parse: Callable[[Any], object]
    genuine: tuple[bytes, ...]
    letters: bytes = b""
    is_text: bool = False


def _recognise(data: bytes) -> object:
    return verification.recognise(data)


def _walk(data: bytes) -> object:
    submission = verification.recognise(data)
    now = timestamps.read(issuers.NOW)
    return verification.verify(submission, fetch=_nobody, register=EmptyRegister(), now=now)


def _nobody(address: str) -> Any:
    raise verification.fetching.FetchFailed("nobody answers")


def _chunk(data: bytes) -> object:
    image = images.png(images.chunk(data[:4].ljust(4), data[4:]))
    return bakery.badges(image, png)


def _bits(text: str) -> object:
    return status_list.is_set(status_list.decode(text), 5)


def _address(text: str) -> object:
    return origins.origin(text), origins.lies_within(text, "https://a.example/b"), origins.is_same(
        "https://a.example", text
    )  # fmt: skip


_JSON = issuers.dumps(issuers.genuine())
_TOKEN = issuers.token().encode()
TARGETS = (
    Target("strict JSON", strict_json.loads, (_JSON,), b'{}[]",:\\u0e-+'),
    Target("token", vc_jwt.parse, (_TOKEN,), b".=-_eyJ", is_text=True),
    Target("token, peeked at", compact.peek, (_TOKEN,), b".=-_eyJ", is_text=True),
    Target("PNG", png.unbake, (
        images.png(images.itxt(_JSON)),
        images.png(images.itxt(zlib.compress(_JSON), middle=b"\0\1\0\0\0"))), b"IHDRiTXt\0\xff"),
    Target("chunk of a PNG", _chunk, (
        b"iTXt" + images.OB3 + b"\0\0\0\0\0" + _JSON, b"iTXt" + images.OB3 + b"\0\1\0\0\0" + zlib.compress(_JSON),
        b"zTXt" + images.OB2 + b"\0\0" + zlib.compress(_JSON)), b"\0\1tzi"),
    Target("SVG", svg.unbake, (
        images.svg(images.cdata(_JSON)).encode(), images.svg(images.verify(_TOKEN.decode())).encode()),
        b"<>/!?&;[]='\" \0"),
    Target("multibase", lambda text: multibase.decode(text, "z"), (issuers.SCHOOLS.multikey.encode(),),
           b"z0OIl1u", is_text=True),
    Target("base64url", multibase.base64url_decode, (b"AAAA",), b"=+/-_", is_text=True),
    Target("Multikey", keys.PublicKey.from_multikey, (issuers.SCHOOLS.multikey.encode(),), b"z1", is_text=True),
    Target("PEM", keys.PublicKey.from_pem, (issuers.SCHOOLS.pem("rsa").encode(),), b"-=\n", is_text=True),
    Target("bitstring", _bits, (issuers.encoded(issuers.bits(5)).encode(),), b"uAH4=", is_text=True),
    Target("address", _address, (b"https://a.example:443/b/../c?d#e",), b":/@\\[]%?#. ", is_text=True),
    Target("did:web", did.did_web_url, (b"did:web:a.example%3A8443:b:c",), b":%/@.A3a", is_text=True),
    Target("did:key", did.resolve_did_key, (issuers.SCHOOLS.did.encode(),), b":z#", is_text=True),
    Target("did:jwk", did.resolve_did_jwk, (elsewhere.did_jwk(issuers.SCHOOLS.jwk("ES256")).encode(),),
           b":.-_=#e", is_text=True),
    Target("StatusList2021", status_list.decode_2021,
           (issuers.encoded(issuers.bits(5)).removeprefix("u").encode(),), b"uAH4=", is_text=True),
    Target("instant", timestamps.read, (issuers.NOW.encode(),), b"TZ:+-.0", is_text=True),
    Target("submission", _recognise, (_JSON, _TOKEN, b"https://a.example/b"), b"{<%\x89PNG"),
    Target("walk", _walk, (
        _JSON, _TOKEN, older.jws(older.signed()).encode(), issuers.dumps(older.hosted()),
        *(issuers.dumps(issuers.secured(d)) for d in list(genuine.contents().values())[:6])),
        b'{}[]",:@'),
)  # fmt: skip


def _damaged(target: Target) -> st.SearchStrategy[bytes]:
    """Return a strategy of genuine inputs with a few changes."""

    @st.composite
    def changed(draw: st.DrawFn) -> bytes:
        data = bytearray(draw(st.sampled_from(target.genuine)))
        for _ in range(draw(st.integers(1, 6))):
            place = draw(st.integers(0, len(data)))
            length = draw(st.sampled_from([0, 0, 1, 1, 2, 8, 64]))
            letters = st.binary(max_size=4) | st.lists(
                st.sampled_from(target.letters or b"\0"), max_size=12
            ).map(bytes)
            data[place : place + length] = draw(letters) * draw(st.sampled_from([1, 1, 1, 50]))
        return bytes(data)

    return changed()


def attack(target: Target, examples: int, number: int) -> None:
    """Feed one target; raises what it raised, with the smallest input that does it."""

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=_damaged(target) | st.binary(max_size=200))
    def feed(data: bytes) -> None:
        seconds = _cpu_seconds(target, data)
        if seconds >= SECONDS:  # perhaps it loaded something, or garbage was collected meanwhile
            seconds = _cpu_seconds(target, data)
        assert seconds < SECONDS, f"{seconds:.1f} s of CPU, twice"

    feed()


def _cpu_seconds(target: Target, data: bytes) -> float:
    """Let a target read an input, and return how long it took; raises what no target may raise."""
    began = time.process_time()
    with contextlib.suppress(BadgeserviceError):
        target.parse(data.decode("utf-8", "replace") if target.is_text else data)
    return time.process_time() - began


def main() -> int:
    """Feed every target and return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/drill fuzz", description=__doc__)
    parser.add_argument("--examples", type=int, default=20_000, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", metavar="WORD", default="", help="targets whose name has WORD")
    options = parser.parse_args()
    failed = 0
    for target in TARGETS:
        if options.only not in target.name:
            continue
        began = time.process_time()
        try:
            attack(target, options.examples, options.seed)
        except Exception as error:  # whatever it is, it is what is looked for
            failed += 1
            note = " ".join(getattr(error, "__notes__", []))
            print(f"{target.name:20} FAILED: {type(error).__name__}: {error} {note}"[:600])
        else:
            spent = time.process_time() - began
            print(f"{target.name:20} {options.examples} inputs, {spent:.0f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
