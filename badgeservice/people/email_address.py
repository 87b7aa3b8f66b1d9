"""Mail addresses as people type them: read once, here, into one form.

Accepted is what RFC 5321 §4.1.2 calls a Mailbox with a dot-string and a domain name. Left out on
purpose: quoted local parts and address literals, which no learner has, and local parts beyond ASCII
(RFC 6531), which most mail servers still refuse and whose capitals have no agreed small form, so
that two people could end up with one account.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from badgeservice.errors import InvalidEmail

# RFC 5321 §4.5.3.1, and RFC 3696 erratum 1690 for the whole.
MAX_LOCAL_PART = 64
MAX_DOMAIN = 253
MAX_LENGTH = 254
_MAX_LABEL = 63

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


@dataclass(frozen=True)
class EmailAddress:
    """A mail address: the local part as typed, the domain in small ASCII letters.

    Its parts stay out of `repr`, and so out of tracebacks; `str` gives the address.
    """

    local_part: str = field(repr=False)
    domain: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.local_part}@{self.domain}"

    @property
    def key(self) -> str:
        """The form under which an account is found: `Lea@x.fr` and `lea@x.fr` are one person."""
        return str(self).lower()


def parse(text: str) -> EmailAddress:
    """Return the address that `text` holds; spaces around it do not count.

    Raises InvalidEmail with one of the codes email_missing, email_too_long, email_characters,
    email_at_sign, email_local_part, email_domain. The sentence never repeats the address.

    >>> str(parse(" Lea.Martin@Exämple.FR "))
    'Lea.Martin@xn--exmple-cua.fr'
    """
    text = text.strip()
    if not text:
        raise InvalidEmail("no mail address was given", code="email_missing")
    if len(text) > MAX_LENGTH:
        raise InvalidEmail("the mail address is too long", code="email_too_long")
    if any(c.isspace() or unicodedata.category(c)[0] == "C" for c in text):
        raise InvalidEmail(
            "the mail address holds a space or an invisible character", code="email_characters"
        )
    local_part, at_sign, domain = text.partition("@")
    if not at_sign or "@" in domain:
        raise InvalidEmail("a mail address has exactly one @", code="email_at_sign")
    if len(local_part) > MAX_LOCAL_PART or not _LOCAL_PART.fullmatch(local_part):
        raise InvalidEmail("what stands before the @ is not understood", code="email_local_part")
    labels = [_ascii_label(label) for label in domain.split(".")]
    ascii_domain = ".".join(labels)
    if len(labels) < 2 or labels[-1].isdigit() or len(ascii_domain) > MAX_DOMAIN:
        raise InvalidEmail("what stands after the @ is not a domain name", code="email_domain")
    address = EmailAddress(local_part, ascii_domain)
    if len(str(address)) > MAX_LENGTH:
        raise InvalidEmail("the mail address is too long", code="email_too_long")
    return address


def _ascii_label(label: str) -> str:
    """Return one label of a domain as it stands in the domain name system.

    Python's codec knows IDNA 2003, which turns `fußball` into the domain of someone else; a label
    that does not come back as it was typed is refused, and can be typed in its `xn--` form.
    """
    label = unicodedata.normalize("NFC", label).lower()
    if not label.isascii():
        try:
            encoded = label.encode("idna")
            unchanged = encoded.decode("idna") == label
        except UnicodeError:
            unchanged = False
        letters_only = all(c == "-" or unicodedata.category(c)[0] in "LMN" for c in label)
        if not (unchanged and letters_only):
            raise InvalidEmail("what stands after the @ is not a domain name", code="email_domain")
        label = encoded.decode("ascii")
    if len(label) > _MAX_LABEL or not _LABEL.fullmatch(label):
        raise InvalidEmail("what stands after the @ is not a domain name", code="email_domain")
    return label
