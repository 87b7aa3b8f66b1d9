"""Mail out: over SMTP, or in development into a mailbox that a page shows.

Nothing here logs, and no error repeats a recipient: what went wrong is told by codes alone.
"""

from __future__ import annotations

import fcntl
import ipaddress
import json
import os
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from badgeservice.errors import MailDeferred, MailNotSent, RecipientRefused, SettingsError

DEFAULT_TIMEOUT_SECONDS = 10.0
MAILBOX_SIZE = 20
_GOING_AWAY = 421
"""The reply by which a server closes the conversation, whatever was asked (RFC 5321, 4.2.3)."""


@dataclass(frozen=True)
class Message:
    """A plain-text mail to one person. Its recipient and its words stay out of `repr`."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    language: str
    date: datetime


class Mailer(Protocol):
    """Whatever takes a mail away."""

    def send(self, message: Message) -> None:
        """Hand `message` over; raise MailNotSent when it was not taken.

        MailDeferred is that of this mail alone, RecipientRefused is for good.
        """


class Security(StrEnum):
    """How the conversation with the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class SmtpMailer:
    """Sends each mail in a conversation of its own, with a server whose certificate is checked."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        security: str,
        sender: str,
        username: str = "",
        password: str = "",
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Keep the way to the server; nothing is opened yet.

        `security` is a value of `Security`; "none" is for this machine's own loopback only, since
        the mails open accounts. `timeout`, in seconds, bounds each step of the conversation. `tls`
        is by default what the system trusts. Raises SettingsError for a way that is not safe.
        """
        self._security = Security(security)
        if self._security is Security.NONE and not is_loopback(host):
            raise SettingsError(f"mail to {host} without TLS; only loopback may do without")
        self._host, self._port, self._timeout = host, port, timeout
        self._username, self._password = username, password
        self._sender = sender
        self._tls = tls or ssl.create_default_context()

    def send(self, message: Message) -> None:
        """Hand `message` to the mail server.

        Raises RecipientRefused when the server will never deliver to this address, MailDeferred when
        it takes another mail but not this one now (the recipient, or the text once it has it), and
        MailNotSent for everything else: no connection, no TLS, wrong password, no answer in time.
        """
        mail = compose(message, sender=self._sender)
        try:
            with self._connected() as server:
                if self._username:
                    server.login(self._username, self._password)
                server.send_message(mail, to_addrs=[message.to])
                # The mail is taken; a server that takes its leave badly does not change that.
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()
        except smtplib.SMTPRecipientsRefused as refusal:
            ((reply, _),) = refusal.recipients.values()
            kind = RecipientRefused if reply >= 500 else _not_now(reply)
            raise kind(f"the mail server refused the recipient ({reply})") from None
        except smtplib.SMTPDataError as refusal:
            kind = _not_now(refusal.smtp_code)
            raise kind(f"the mail server refused the text ({refusal.smtp_code})") from None
        except smtplib.SMTPResponseException as refusal:
            raise MailNotSent(f"the mail server refused ({refusal.smtp_code})") from None
        except (smtplib.SMTPException, OSError) as error:
            # `from None`: the exceptions of smtplib quote the conversation, recipient included.
            raise MailNotSent(f"no mail server took the mail ({type(error).__name__})") from None

    def greet(self) -> None:
        """Say who we are, secure the way, log in, and leave. Raises MailNotSent, as `send` does."""
        try:
            with self._connected() as server:
                server.ehlo_or_helo_if_needed()
                if self._username:
                    server.login(self._username, self._password)
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()
        except (smtplib.SMTPException, OSError) as error:
            raise MailNotSent(f"no mail server answers ({type(error).__name__})") from None

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        # Our own name is given: asking for it is a DNS question that no timeout bounds.
        name = _domain(self._sender)
        server: smtplib.SMTP
        if self._security is Security.TLS:
            server = smtplib.SMTP_SSL(
                self._host, self._port, name, timeout=self._timeout, context=self._tls
            )
        else:
            server = smtplib.SMTP(self._host, self._port, name, timeout=self._timeout)
        with closing(server):
            if self._security is Security.STARTTLS:
                # Raises when the server does not offer it, so that nobody can talk us out of TLS.
                server.starttls(context=self._tls)
            yield server


class DevelopmentMailbox:
    """Keeps the last mails in a file instead of sending them, so that a page can show them.

    Every process of the service sees the same mails: the file is replaced as a whole, under a lock.
    """

    def __init__(self, path: Path, *, size: int = MAILBOX_SIZE) -> None:
        self._path = path
        self._size = size

    def send(self, message: Message) -> None:
        """Put `message` at the end, and drop the oldest beyond the size of the mailbox.

        Raises MailNotSent when there is no room for it.
        """
        record = asdict(message) | {"date": message.date.isoformat()}
        try:
            with self._locked():
                lines = [*self._lines(), json.dumps(record)][-self._size :]
                self._write(lines)
        except OSError as error:
            raise MailNotSent(f"the mailbox takes no mail ({type(error).__name__})") from None

    def forget(self, address: str) -> None:
        """Take out every mail to `address`."""
        with self._locked():
            self._write([line for line in self._lines() if json.loads(line)["to"] != address])

    def messages(self) -> list[Message]:
        """Return the mails that are kept, the newest first."""
        records = [json.loads(line) for line in reversed(self._lines())]
        return [
            Message(**(record | {"date": datetime.fromisoformat(record["date"])}))
            for record in records
        ]

    def _lines(self) -> list[str]:
        try:
            return self._path.read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return []

    def _write(self, lines: Sequence[str]) -> None:
        draft = self._path.with_suffix(".draft")
        with open(draft, "w", encoding="ascii", opener=_private) as file:
            file.writelines(f"{line}\n" for line in lines)
        draft.replace(self._path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with open(self._path.with_suffix(".lock"), "w", opener=_private) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def compose(message: Message, *, sender: str) -> EmailMessage:
    """Return `message` as RFC 5322 mail from `sender` ("badges@x.fr" or "Name <badges@x.fr>").

    `Auto-Submitted` (RFC 3834) keeps holiday replies away. Raises ValueError for a line break in a
    header: nobody adds a header of their own.
    """
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = message.to
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(message.date)
    mail["Message-ID"] = make_msgid(domain=_domain(sender))
    mail["Auto-Submitted"] = "auto-generated"
    # Quoted-printable is plain ASCII on the wire, whatever the servers on the way can do.
    mail.set_content(message.text, cte="quoted-printable")
    mail["Content-Language"] = message.language  # afterwards: `set_content` drops what describes it
    return mail


def _not_now(reply: int) -> type[MailNotSent]:
    return MailNotSent if reply == _GOING_AWAY else MailDeferred


def _domain(sender: str) -> str:
    return sender.rpartition("@")[2].rstrip("> ")


def is_loopback(host: str) -> bool:
    """Tell whether `host` names this machine to itself, and to nobody else."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _private(path: str, flags: int) -> int:
    """Open a file that only its owner may read."""
    return os.open(path, flags, 0o600)
