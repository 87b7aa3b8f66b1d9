"""The issuer: who signs, under which identifier, with which keys listed.

The identifier is signed into every badge for ever. Which form it has, and what other people's
verifiers said of both forms, stands in docs/decisions/0005-issuer-identifier.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from badgeservice.errors import SettingsError
from badgeservice.openbadges import Document, v3


@dataclass(frozen=True)
class Issuer:
    """An issuer as its file describes it, at the address of this installation."""

    base_url: str
    slug: str
    demo: bool
    name: Mapping[str, str]
    description: Mapping[str, str]
    url: str
    email: str
    linkedin_organization_id: str

    @property
    def address(self) -> str:
        """The address of the issuer's page and profile."""
        return f"{self.base_url}/issuers/{self.slug}"

    @property
    def id(self) -> str:
        """The identifier that stands in every credential as `issuer.id`: a `did:web`.

        Written here and not parsed from the address, because an installation that is being tried
        out at an IP address has one too, although only the installation itself can resolve it.
        """
        return f"did:web:{urlsplit(self.base_url).netloc.replace(':', '%3A')}:issuers:{self.slug}"

    def method(self, kid: str) -> str:
        """Return the DID URL under which a key signs."""
        return f"{self.id}#{kid}"

    def ob2(self, kid: str, name: str) -> str:
        """Return the address of a document of Open Badges 2.0 that belongs to one RSA key.

        `name` is `issuer`, `key`, `revocations` or the rest of the path of a badge class: a Profile
        of 2.0 has one key, so with each key comes a Profile, and with each Profile its classes.
        """
        return f"{self.base_url}/ob2/{kid}/{name}"

    def profile(self, language: str) -> Document:
        """Return the issuer Profile as it is embedded in credentials (OB 3.0 §B.1.10)."""
        return v3.profile(
            id=self.id,
            name=self.name[language],
            url=self.url or self.address,
            description=self.description[language],
            email=self.email or None,
        )


class _Translated(Schema):
    class Meta:
        unknown = RAISE

    fr = fields.String(required=True, validate=validate.Length(min=1))
    en = fields.String(required=True, validate=validate.Length(min=1))


class _IssuerFile(Schema):
    class Meta:
        unknown = RAISE

    slug = fields.String(required=True, validate=validate.Regexp(r"^[a-z0-9]+(-[a-z0-9]+)*\Z"))
    demo = fields.Boolean(required=True)
    name = fields.Nested(_Translated, required=True)
    description = fields.Nested(_Translated, required=True)
    url = fields.String(required=True)
    email = fields.String(required=True)
    linkedin_organization_id = fields.String(load_default="", validate=validate.Regexp(r"^\d*\Z"))


def load(path: Path, *, base_url: str) -> Issuer:
    """Return the issuer described in a YAML file.

    Raises SettingsError naming file and field. A real issuer must have an address and an e-mail.
    """
    try:
        content: Any = yaml.load(path.read_text(), Loader=yaml.BaseLoader)
        values = _IssuerFile().load(content)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, ValidationError, TypeError) as error:
        raise SettingsError(f"{path}: {error}") from None
    missing = [name for name in ("url", "email") if not values[name]]
    if missing and not values["demo"]:
        raise SettingsError(f"{path}: {', '.join(missing)}: required of a real issuer")
    return Issuer(base_url=base_url, **values)
