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
