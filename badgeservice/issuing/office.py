"""What issuing needs, joined once: the issuer, its keys, the signer, its ledgers, the vault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from badgeservice.issuing.issuer import Issuer
from badgeservice.issuing.keyring import Keyring
from badgeservice.issuing.signer import Signer, SigningLog
from badgeservice.issuing.state_ledger import StateLedger
from badgeservice.openbadges.keys import PublicKey
from badgeservice.storage.vault import Vault


@dataclass(frozen=True)
class Office:
    """The issuing office of one issuer."""

    issuer: Issuer
    keyring: Keyring
    signer: Signer
    log: SigningLog
    states: StateLedger
    vault: Vault

    @property
    def public_keys(self) -> Mapping[str, PublicKey]:
        """All the keys that ever signed, by kid, oldest first."""
        return {kid: entry.public_key for kid, entry in self.keyring.entries.items()}

    @property
    def base_url(self) -> str:
        """The public address of this installation."""
        return self.issuer.base_url

    def answers_to(self, identifier: str) -> bool:
        """Tell whether `identifier` is our issuer's, or any address at which we answer.

        Whoever names one of our addresses as an issuer, or as the place of a badge, says that we
        issued it, whatever stands there.
        """
        return identifier == self.issuer.id or identifier.startswith(f"{self.base_url}/")
