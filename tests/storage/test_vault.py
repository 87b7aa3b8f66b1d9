"""Sealed data opens for its holder and field only, and not at all once the key is gone."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from badgeservice.errors import HolderErased, SealBroken
from badgeservice.storage.vault import MASTER_KEY_BYTES, HolderKey, Vault

FIELD = "person.name"
SECRET = "Anaïs Lemoigne"


@pytest.fixture
def holder(session: Session, vault: Vault) -> str:
    """A holder with a key."""
    vault.create_holder(session, "per_lea")
    return "per_lea"


def test_opens_what_was_sealed(session: Session, vault: Vault, holder: str) -> None:
    """Text comes back as text, bytes as bytes."""
    text = vault.seal(session, holder, FIELD, SECRET)
    data = vault.seal(session, holder, FIELD, b"\x00\xff")

    assert vault.unseal_text(session, holder, FIELD, text) == SECRET
    assert vault.unseal(session, holder, FIELD, data) == b"\x00\xff"


def test_opens_after_a_restart(session: Session, vault: Vault, holder: str) -> None:
    """The master key and the database are enough; nothing lives in the process."""
    sealed = vault.seal(session, holder, FIELD, SECRET)

    again = Vault(bytes(range(32)))

    assert again.unseal_text(session, holder, FIELD, sealed) == SECRET


def test_hides_what_was_sealed(session: Session, vault: Vault, holder: str) -> None:
    """Neither the text nor the fact that two texts are equal can be seen."""
    first = vault.seal(session, holder, FIELD, SECRET)
    second = vault.seal(session, holder, FIELD, SECRET)

    assert SECRET.encode() not in first
    assert first != second


def test_the_data_key_is_not_stored(session: Session, vault: Vault, holder: str) -> None:
    """Attack: the database alone. Another master key opens nothing."""
    sealed = vault.seal(session, holder, FIELD, SECRET)

    thief = Vault(b"\x00" * MASTER_KEY_BYTES)

    with pytest.raises(SealBroken, match="another master key"):
        thief.unseal(session, holder, FIELD, sealed)


def test_shredding_the_key_shreds_the_data(session: Session, vault: Vault, holder: str) -> None:
    """Erasure: what is sealed stays where it is, in backups too, and can never be read again."""
    sealed = vault.seal(session, holder, FIELD, SECRET)

    vault.shred_holder(session, holder)

    assert session.scalars(select(HolderKey)).all() == []
    with pytest.raises(HolderErased):
        vault.unseal(session, holder, FIELD, sealed)
    with pytest.raises(HolderErased):
        vault.seal(session, holder, FIELD, SECRET)


def test_a_new_key_does_not_bring_old_data_back(
    session: Session, vault: Vault, holder: str
) -> None:
    """Someone who comes back after erasure begins anew."""
    sealed = vault.seal(session, holder, FIELD, SECRET)
    vault.shred_holder(session, holder)
    vault.create_holder(session, holder)

    with pytest.raises(SealBroken):
        vault.unseal(session, holder, FIELD, sealed)


def test_shredding_twice_is_shredding(session: Session, vault: Vault) -> None:
    """A ledger of erasures is replayed after every restore."""
    vault.shred_holder(session, "per_nobody")


def test_a_holder_has_one_key(session: Session, vault: Vault, holder: str) -> None:
    """A second key would make the data of the first unreadable."""
    session.expunge_all()

    with pytest.raises(IntegrityError):
        vault.create_holder(session, holder)


def test_refuses_a_seal_of_someone_else(session: Session, vault: Vault, holder: str) -> None:
    """Attack: copying the sealed name of one row into another."""
    vault.create_holder(session, "per_noe")
    sealed = vault.seal(session, "per_noe", FIELD, SECRET)

    with pytest.raises(SealBroken):
        vault.unseal(session, holder, FIELD, sealed)


def test_refuses_a_key_of_someone_else(session: Session, vault: Vault, holder: str) -> None:
    """Attack: copying the wrapped key along with the sealed name."""
    vault.create_holder(session, "per_noe")
    sealed = vault.seal(session, "per_noe", FIELD, SECRET)
    theirs = session.get_one(HolderKey, "per_noe").wrapped_key
    session.execute(
        update(HolderKey).where(HolderKey.holder_id == holder).values(wrapped_key=theirs)
    )

    with pytest.raises(SealBroken):
        vault.unseal(session, holder, FIELD, sealed)


def test_refuses_a_seal_of_another_field(session: Session, vault: Vault, holder: str) -> None:
    """Attack: showing a sealed mail address where a name is shown."""
    sealed = vault.seal(session, holder, "person.email", SECRET)

    with pytest.raises(SealBroken, match=r"person\.name"):
        vault.unseal(session, holder, FIELD, sealed)


def test_refuses_every_changed_byte(session: Session, vault: Vault, holder: str) -> None:
    """Attack: editing sealed bytes; version, nonce, text and tag are all covered."""
    sealed = vault.seal(session, holder, FIELD, SECRET)

    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealBroken):
            vault.unseal(session, holder, FIELD, bytes(changed))


@pytest.mark.parametrize("length", [0, 1, 12, 13, 28])
def test_refuses_a_cut_seal(session: Session, vault: Vault, holder: str, length: int) -> None:
    """Damage: whatever is left after a truncation is not taken for data."""
    sealed = vault.seal(session, holder, FIELD, SECRET)

    with pytest.raises(SealBroken):
        vault.unseal(session, holder, FIELD, sealed[:length])


def test_an_error_never_shows_the_data(session: Session, vault: Vault, holder: str) -> None:
    """Errors end up in logs."""
    sealed = vault.seal(session, holder, "person.email", SECRET)

    with pytest.raises(SealBroken) as refusal:
        vault.unseal(session, holder, FIELD, sealed)

    assert SECRET not in str(refusal.value)
    assert refusal.value.__suppress_context__


def test_equal_values_have_equal_indexes(vault: Vault) -> None:
    """That is what an index is for, across restarts."""
    again = Vault(bytes(range(32)))

    assert vault.blind_index("person.email", "a") == again.blind_index("person.email", "a")


@pytest.mark.parametrize(
    ("purpose", "value"),
    [("person.email", "b"), ("person.phone", "a"), ("person", ".email\0a")],
)
def test_other_values_and_purposes_have_other_indexes(
    vault: Vault, purpose: str, value: str
) -> None:
    """An index cannot be compared across purposes."""
    assert vault.blind_index(purpose, value) != vault.blind_index("person.email", "a")


def test_an_index_needs_the_master_key(vault: Vault) -> None:
    """Attack: trying addresses against a stolen table."""
    thief = Vault(b"\x00" * MASTER_KEY_BYTES)

    assert vault.blind_index("person.email", "a") != thief.blind_index("person.email", "a")


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_master_key_has_32_bytes(length: int) -> None:
    """A short key is a mistake, not a weaker vault."""
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(bytes(length))
