"""Personal data at rest: sealed under a key per holder, so that erasing the key erases the person.

Each holder has a data key; the data keys are stored wrapped under the master key, which never
stands in the database. A sealed value is bound to its holder and to its field ("person.email"), so
that it opens nowhere else. Destroying the wrapped key makes every value unreadable at once, in the
backups too.

Sealed value: version byte 0x01, 12 bytes of nonce, AES-256-GCM ciphertext with its tag.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from sqlalchemy import LargeBinary, String, Table, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from badgeservice.errors import HolderErased, SealBroken
from badgeservice.storage.base import Base

MASTER_KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = b"\x01"


class PersonalData(TypeDecorator[bytes]):
    """The type of a column that holds sealed personal data, with the reason why it is held.

    `purpose` says what the data is for, `basis` the legal ground (GDPR article 6), `retention` how
    long it is kept. `register_of_processing` reads them.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, *, purpose: str, basis: str, retention: str) -> None:
        super().__init__()
        self.purpose, self.basis, self.retention = purpose, basis, retention


@dataclass(frozen=True)
class Processing:
    """One line of the register of processing: a column and why it exists."""

    column: str
    purpose: str
    basis: str
    retention: str


def register_of_processing(tables: dict[str, Table]) -> list[Processing]:
    """Return every personal-data column among `tables`, in the order of their names."""
    return sorted(
        (
            Processing(f"{table.name}.{column.name}", t.purpose, t.basis, t.retention)
            for table in tables.values()
            for column in table.columns
            if isinstance(t := column.type, PersonalData)
        ),
        key=lambda line: line.column,
    )


class HolderKey(Base):
    """The wrapped data key of one holder. No row: the holder has been erased."""

    __tablename__ = "holder_key"

    holder_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)


class Vault:
    """Seals and unseals personal data. Holds the master key in memory; reads no setting."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != MASTER_KEY_BYTES:
            raise ValueError(f"the master key must be {MASTER_KEY_BYTES} bytes")
        self._wrapping = AESGCM(_derive(master_key, b"wrap holder keys"))
        self._index_key = _derive(master_key, b"blind index")

    def create_holder(self, session: Session, holder_id: str) -> None:
        """Give `holder_id` a data key. Nothing can be sealed for a holder without one."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        data_key = AESGCM.generate_key(bit_length=256)
        wrapped = nonce + self._wrapping.encrypt(nonce, data_key, holder_id.encode())
        session.add(HolderKey(holder_id=holder_id, wrapped_key=wrapped))
        session.flush()

    def shred_holder(self, session: Session, holder_id: str) -> None:
        """Destroy the data key of `holder_id`; what was sealed for them is gone."""
        session.execute(delete(HolderKey).where(HolderKey.holder_id == holder_id))

    def hold(self, session: Session, holder_ids: Collection[str]) -> None:
        """Keep the data keys of holders from being destroyed until the transaction ends.

        Raises HolderErased when one was: what is written from here on would outlive its holder.
        """
        wanted = sorted(set(holder_ids))
        held = session.execute(
            update(HolderKey)
            .where(HolderKey.holder_id.in_(wanted))
            .values(wrapped_key=HolderKey.wrapped_key)
            .execution_options(synchronize_session=False)
        )
        if held.rowcount != len(wanted):  # type: ignore[attr-defined]  # an UPDATE has a row count
            raise HolderErased("the data of this holder has been erased")

    def keys_of(self, session: Session, holder_ids: Collection[str]) -> list[HolderKey]:
        """Load the data keys of holders at once; while they are kept, asking for one is cheap."""
        found = select(HolderKey).where(HolderKey.holder_id.in_(set(holder_ids)))
        return list(session.scalars(found))

    def seal(self, session: Session, holder_id: str, field: str, value: str | bytes) -> bytes:
        """Return `value` sealed for `holder_id` and `field`, for example "person.email".

        Raises HolderErased when the holder has no data key.
        """
        return self.seal_all(session, holder_id, {field: value})[field]

    def seal_all(
        self, session: Session, holder_id: str, values: Mapping[str, str | bytes]
    ) -> dict[str, bytes]:
        """Return several values of a holder sealed, by field; the key is unwrapped once."""
        cipher = self._cipher(session, holder_id)
        sealed = {}
        for field, value in values.items():
            plain = value.encode() if isinstance(value, str) else value
            nonce = secrets.token_bytes(_NONCE_BYTES)
            ciphertext = cipher.encrypt(nonce, plain, _binding(holder_id, field))
            sealed[field] = _VERSION + nonce + ciphertext
        return sealed

    def unseal(self, session: Session, holder_id: str, field: str, sealed: bytes) -> bytes:
        """Return what was sealed for this holder and field.

        Raises HolderErased when the key is gone, SealBroken when the bytes are not a seal of this
        holder and field.
        """
        return _opened(self._cipher(session, holder_id), holder_id, field, sealed)

    def unseal_by(self, wrapped_key: bytes, holder_id: str, field: str, sealed: bytes) -> bytes:
        """Return what was sealed, by the holder's `wrapped_key` as it stands in `HolderKey`.

        For whoever has fetched it with the value in one query. Raises SealBroken as `unseal` does.
        """
        return _opened(self._unwrapped(wrapped_key, holder_id), holder_id, field, sealed)

    def unseal_text(self, session: Session, holder_id: str, field: str, sealed: bytes) -> str:
        """Return what was sealed, as text. Raises as `unseal` does."""
        return self.unseal(session, holder_id, field, sealed).decode()

    def blind_index(self, purpose: str, value: str) -> bytes:
        """Return a keyed digest by which an equal `value` can be found without being stored."""
        return hmac.digest(self._index_key, f"{purpose}\0{value}".encode(), hashlib.sha256)

    def _cipher(self, session: Session, holder_id: str) -> AESGCM:
        key = session.get(HolderKey, holder_id)
        if key is None:
            raise HolderErased("the data of this holder has been erased")
        return self._unwrapped(key.wrapped_key, holder_id)

    def _unwrapped(self, wrapped_key: bytes, holder_id: str) -> AESGCM:
        nonce, wrapped = wrapped_key[:_NONCE_BYTES], wrapped_key[_NONCE_BYTES:]
        try:
            return AESGCM(self._wrapping.decrypt(nonce, wrapped, holder_id.encode()))
        except InvalidTag:
            raise SealBroken("the holder's key was wrapped under another master key") from None


def _opened(cipher: AESGCM, holder_id: str, field: str, sealed: bytes) -> bytes:
    if sealed[:1] != _VERSION:
        raise SealBroken(f"{field}: not a sealed value")
    nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return cipher.decrypt(nonce, ciphertext, _binding(holder_id, field))
    except (InvalidTag, ValueError):
        raise SealBroken(f"{field}: the seal does not open") from None


def _derive(master_key: bytes, purpose: bytes) -> bytes:
    return HKDFExpand(algorithm=SHA256(), length=32, info=purpose).derive(master_key)


def _binding(holder_id: str, field: str) -> bytes:
    return f"{holder_id}\0{field}".encode()
