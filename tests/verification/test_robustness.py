"""Whatever stands in a badge, a list or an issuer's document, there is a report, and soon."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from badgeservice.openbadges import Document, multibase, strict_json
from badgeservice.verification import Verdict
from badgeservice.verification.fetching import Fetched

from .school import School

Path = tuple[str | int, ...]

KEYS = [
    "@context",
    "@id",
    "@type",
    "@graph",
    "@included",
    "id",
    "type",
    "proof",
    "issuer",
    "name",
    "validUntil",
    "credentialStatus",
    "assertionMethod",
    "encodedList",
]
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from([1.5, "", "x", "_:b0", "urn:x:y", "https://badges.example/b/1", "\x00"]),
    lambda values: (
        st.lists(values, max_size=3) | st.dictionaries(st.sampled_from(KEYS), values, max_size=3)
    ),
    max_leaves=8,
)
QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield every place in a document but the root."""
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, key)
            yield from places(item, (*path, key))


def replaced(document: Document, path: Path, value: Any) -> Document:
    """Return a copy of `document` with `value` at `path`."""
    copied = copy.deepcopy(document)
    parent: Any = copied
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    return copied


@pytest.fixture(scope="module")
def issuer() -> School:
    """An issuer whose world the tests may spoil and put back."""
    return School()


@QUICK
@given(data=st.data())
def test_anything_in_a_badge_is_answered(issuer, data):
    """No error of ours, and never green unless nothing else is said."""
    badge = issuer.issue()
    spoilt = replaced(badge, data.draw(st.sampled_from(list(places(badge)))), data.draw(anything))

    report = issuer.verify(spoilt)

    assert report.verdict is not Verdict.GREEN or _says_the_same(spoilt, badge)


def _says_the_same(spoilt: Document, badge: Document) -> bool:
    """Tell whether a badge differs at most in how it repeats its issuer as its creator."""
    creator = ("credentialSubject", "achievement", "creator")
    return replaced(spoilt, creator, None) == replaced(badge, creator, None)


@QUICK
@given(data=st.data())
def test_anything_in_a_token_is_answered(issuer, data):
    """Also when it is well signed: an issuer may be hostile, and the register knows ours."""
    credential = issuer.credential()
    spoilt = replaced(
        credential, data.draw(st.sampled_from(list(places(credential)))), data.draw(anything)
    )
    claims = {"alg": "ES256", "typ": "JWT", "kid": issuer.jwt_method}
    parts = [_part(claims), _part(spoilt)]
    signature = issuer.key.sign_es256(".".join(parts).encode())

    report = issuer.verify(".".join([*parts, _encoded(signature)]))

    assert report.verdict is not Verdict.GREEN


def _part(value: Document) -> str:
    return _encoded(strict_json.dumps(value))


def _encoded(data: bytes) -> str:
    return multibase.base64url_encode(data)


@QUICK
@given(data=st.data())
def test_anything_at_the_issuers_address_is_answered(issuer, data):
    """Whoever issues decides what stands there."""
    document = issuer.issuer_document()
    path = data.draw(st.sampled_from(list(places(document))))
    answer = strict_json.dumps(replaced(document, path, data.draw(anything)))
    badge = issuer.issue()
    issuer.world[issuer.id] = Fetched(issuer.id, 200, "application/json", answer)

    assert issuer.verify(badge).verdict in Verdict

    issuer.put(issuer.id, document)


@QUICK
@given(data=st.data())
def test_anything_in_a_status_list_is_answered(issuer, data):
    """Well signed by the issuer, so that the walk goes as deep as it can."""
    document = issuer.list_credential([1])
    path = data.draw(st.sampled_from(list(places(document))))
    spoilt = replaced(document, path, data.draw(anything))
    badge = issuer.issue()
    token = [_part({"alg": "ES256", "kid": issuer.jwt_method}), _part(spoilt)]
    token.append(_encoded(issuer.key.sign_es256(".".join(token).encode())))
    body = ".".join(token).encode()
    issuer.world[issuer.list_address] = Fetched(issuer.list_address, 200, "", body)

    assert issuer.verify(badge).verdict is not Verdict.GREEN

    issuer.publish_list([])
