"""JSON Web Signature (RFC 7515, section 5.2), after the strict parser of the verifier."""

from __future__ import annotations

from typing import Any, ClassVar

from badgeservice.errors import BadEncoding, BadSignature
from badgeservice.openbadges import multibase
from badgeservice.openbadges.keys import PublicKey
from joserfc.errors import JoseError


class JWSRegistry:
    """Which algorithms there are; that the key goes with the algorithm, the caller has checked."""

    algorithms: ClassVar[dict[str, Any]] = dict.fromkeys(("ES256", "Ed25519", "RS256"))

    def __init__(self, *, algorithms: list[str], strict_check_header: bool) -> None:
        """Take what the caller hands in; its own parser has applied both."""


def deserialize_compact(value: str, public_key: PublicKey, registry: JWSRegistry) -> None:
    """Return if `public_key` has signed `value`; raises JoseError."""
    signed, _, signature = value.rpartition(".")
    try:
        public_key.verify(multibase.base64url_decode(signature), signed.encode())
    except (BadEncoding, BadSignature) as error:
        raise JoseError(str(error)) from None
