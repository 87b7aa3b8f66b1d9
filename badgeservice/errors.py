"""Every exception that badgeservice raises on purpose.

An error carries a stable machine `code`, so that nobody tells errors apart by their wording, and a
sentence that names the offending thing, never a secret. This module knows no HTTP: `web` maps
errors to answers.
"""

from __future__ import annotations


class BadgeserviceError(Exception):
    """The root: catch it at the edge, and only there."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


# --- settings and start-up -----------------------------------------------------------------------


class SettingsError(BadgeserviceError):
    """A setting is missing, malformed or unsafe; the service does not start."""

    code = "settings"


# --- storage -------------------------------------------------------------------------------------


class HolderErased(BadgeserviceError):
    """The key that opened a holder's data has been destroyed, and the data with it."""

    code = "holder_erased"


class SealBroken(BadgeserviceError):
    """Sealed bytes do not open under the holder's key: damaged, or moved from another place."""

    code = "seal_broken"


# --- issuing -------------------------------------------------------------------------------------


class KeyFileError(BadgeserviceError):
    """A signing key or its registry is missing, damaged or unsafe; the sentence says how to mend."""

    code = "key_file"


class SigningRefused(BadgeserviceError):
    """The signer does not sign this: the document breaks a rule, or is not for this purpose."""

    code = "signing_refused"


class IssuingRefused(BadgeserviceError):
    """This badge cannot be issued: no offer, another person's offer, or a choice out of range."""

    code = "issuing_refused"


class CredentialNotFound(BadgeserviceError):
    """No badge of ours has this identifier."""

    code = "credential_not_found"


class ConflictingChange(BadgeserviceError):
    """Someone else changed the same thing first; nothing was done, and trying again is right."""

    code = "conflicting_change"
