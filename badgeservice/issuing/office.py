"""What issuing needs, joined once: the issuer, its keys, the signer, the vault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from badgeservice.issuing.issuer import Issuer
from badgeservice.issuing.signer import Signer, SigningLog
from badgeservice.openbadges.keys import PublicKey
from badgeservice.storage.vault import Vault


@dataclass(frozen=True)
class Office:
    """The issuing office of one issuer.

    `public_keys` are all the keys that ever signed, by kid, oldest first; `signer` uses the newest.
    """

    issuer: Issuer
    public_keys: Mapping[str, PublicKey]
    signer: Signer
    log: SigningLog
    vault: Vault

    @property
    def base_url(self) -> str:
        """The public address of this installation."""
        return self.issuer.base_url
