"""Private keys in a PKCS#11 token: a hardware module that signs and never gives a key away.

In a token a key is called `<issuer>/<kid>`. The token makes it, so that it was never anywhere else.
Source: OASIS PKCS#11 Specification 3.1; what each mechanism signs is in sections 6.1 and 6.3.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from badgeservice.errors import KeyFileError, KeyRefused
from badgeservice.issuing.keystore import RSA_BITS, Sign
from badgeservice.openbadges.keys import RSA_EXPONENT, KeyKind, PublicKey

_P256_OID = bytes.fromhex("06082a8648ce3d030107")
_ED25519_NAME = b"\x13\x0cedwards25519"  # as a PrintableString, the form that tokens share
_OCTET_STRING = 0x04

_T = TypeVar("_T")


class Tokens:
    """The tokens behind one PKCS#11 module, opened with one PIN.

    `module` is the module's shared library, None when the settings name none; `pin` returns the PIN.
    """

    def __init__(self, module: Path | None, pin: Callable[[], str]) -> None:
        self._module, self._pin = module, pin
        self._sessions: dict[str, Any] = {}
        self._guard = threading.RLock()  # a session is used by one thread at a time

    def create(self, token: str, label: str, kind: KeyKind) -> PublicKey:
        """Let the token make a key pair under a label, and return its public key.

        Raises KeyFileError when there is such a key already, or the token refuses.
        """
        with self._guard:
            session = self._session(token)
            if self._asked(token, lambda: self._found(session, label, private=True)):
                raise KeyFileError(
                    f"token {token}: {label} is there and not in the registry; restore the registry, "
                    "or take the key out of the token if it was never used"
                )
            return self._asked(token, lambda: _public_key(*_generated(session, label, kind)))

    def load(self, token: str, label: str) -> tuple[PublicKey, Sign]:
        """Return the public key under a label, and the function that lets the token sign.

        Raises KeyFileError, saying how to mend it; so does the function when the token is gone.
        """
        with self._guard:
            session = self._session(token)
            private = self._asked(token, lambda: self._found(session, label, private=True))
            public = self._asked(token, lambda: self._found(session, label, private=False))
            if private is None or public is None:
                raise KeyFileError(
                    f"token {token}: no key {label}; restore the token from its backup, "
                    "or replace the key: `badgeservice keys rotate`"
                )
            kind = self._asked(token, lambda: _kind(private))
            key = self._asked(token, lambda: _public_key(public, kind))

        def sign(message: bytes) -> bytes:
            with self._guard:
                return self._asked(token, lambda: _sign(private, kind, message))

        return key, sign

    def _session(self, token: str) -> Any:
        if token not in self._sessions:
            self._sessions[token] = self._asked(token, lambda: self._open(token))
        return self._sessions[token]

    def _open(self, token: str) -> Any:
        if self._module is None:
            raise KeyFileError(
                f"token {token}: no PKCS#11 module; set BADGESERVICE_PKCS11_MODULE and "
                "BADGESERVICE_PKCS11_PIN_FILE"
            )
        pkcs11 = _library()
        found = pkcs11.lib(str(self._module)).get_token(token_label=token)
        pin = self._pin()
        try:
            return found.open(rw=True, user_pin=pin)
        except pkcs11.UserAlreadyLoggedIn:  # by another session: the whole process is logged in
            return found.open(rw=True)

    def _found(self, session: Any, label: str, *, private: bool) -> Any:
        pkcs11 = _library()
        wanted = pkcs11.ObjectClass.PRIVATE_KEY if private else pkcs11.ObjectClass.PUBLIC_KEY
        attributes = {pkcs11.Attribute.CLASS: wanted, pkcs11.Attribute.LABEL: label}
        return next(iter(list(session.get_objects(attributes))), None)

    def _asked(self, token: str, ask: Callable[[], _T]) -> _T:
        """Return what the token answers; what it refuses becomes an error of ours.

        A session that failed is opened anew next time: a token can be pulled out and put back.
        """
        pkcs11 = _library()
        try:
            return ask()
        except (pkcs11.PKCS11Error, KeyRefused) as error:
            self._sessions.pop(token, None)
            reason = str(error) or type(error).__name__
            raise KeyFileError(
                f"token {token}: {reason}; check that it is there, its label, and the PIN file"
            ) from None


def _library() -> Any:
    try:
        import pkcs11
    except ImportError:
        raise KeyFileError(
            "a key lives in a PKCS#11 token, and the software for it is missing: "
            "pip install --require-hashes -r requirements-pkcs11.lock"
        ) from None
    return pkcs11


def _generated(session: Any, label: str, kind: KeyKind) -> tuple[Any, KeyKind]:
    """Let the token make a pair that it keeps; return the public half and the kind."""
    pkcs11 = _library()
    attribute, key_type = pkcs11.Attribute, pkcs11.KeyType
    private = {attribute.SENSITIVE: True, attribute.EXTRACTABLE: False}
    names = {"label": label, "id": label.encode(), "store": True, "private_template": private}
    if kind is KeyKind.RSA:
        exponent = {attribute.PUBLIC_EXPONENT: RSA_EXPONENT.to_bytes(3, "big")}
        pair = session.generate_keypair(key_type.RSA, RSA_BITS, public_template=exponent, **names)
        return pair[0], kind
    curve, parameters = {
        KeyKind.P256: (key_type.EC, _P256_OID),
        KeyKind.ED25519: (key_type.EC_EDWARDS, _ED25519_NAME),
    }[kind]
    domain = session.create_domain_parameters(curve, {attribute.EC_PARAMS: parameters}, local=True)
    return domain.generate_keypair(**names)[0], kind


def _kind(private: Any) -> KeyKind:
    key_type = _library().KeyType
    kinds = {
        key_type.RSA: KeyKind.RSA,
        key_type.EC: KeyKind.P256,
        key_type.EC_EDWARDS: KeyKind.ED25519,
    }
    if private.key_type not in kinds:
        raise KeyRefused(f"a key of the type {private.key_type}")
    return kinds[private.key_type]


def _public_key(public: Any, kind: KeyKind) -> PublicKey:
    """Return the public key of an object; raises KeyRefused for one that nobody would believe."""
    attribute = _library().Attribute
    if kind is KeyKind.RSA:
        if int.from_bytes(public[attribute.PUBLIC_EXPONENT], "big") != RSA_EXPONENT:
            raise KeyRefused(f"RSA: the exponent is not {RSA_EXPONENT}")
        return PublicKey(kind, public[attribute.MODULUS].lstrip(b"\0"))
    point = public[attribute.EC_POINT]
    if point[0] == _OCTET_STRING and point[1] == len(point) - 2:
        point = point[2:]  # most tokens wrap it (section 6.3.3), some do not
    if kind is KeyKind.P256:
        point = bytes([2 + point[-1] % 2]) + point[1:33]
    return PublicKey(kind, point)


def _sign(private: Any, kind: KeyKind, message: bytes) -> bytes:
    """Return the raw signature: tokens give R‖S for ECDSA, over a digest that we make."""
    mechanism = _library().Mechanism
    if kind is KeyKind.RSA:
        return bytes(private.sign(message, mechanism=mechanism.SHA256_RSA_PKCS))
    if kind is KeyKind.P256:
        digest = hashlib.sha256(message).digest()
        return bytes(private.sign(digest, mechanism=mechanism.ECDSA))
    return bytes(private.sign(message, mechanism=mechanism.EDDSA))
