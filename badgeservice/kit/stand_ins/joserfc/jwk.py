"""Keys, which the verifier has read and admitted before it names one here."""

from __future__ import annotations

from typing import Any

from badgeservice.openbadges.keys import PublicKey


class _Key:
    """A key, which is one of the verifier's own again."""

    @classmethod
    def import_key(cls, value: dict[str, Any]) -> PublicKey:
        """Return the key of a JSON Web Key."""
        return PublicKey.from_jwk(value)


class ECKey(_Key):
    """A key for ES256."""


class OKPKey(_Key):
    """A key for EdDSA."""


class RSAKey(_Key):
    """A key for RS256."""
