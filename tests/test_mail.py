"""Mail over real SMTP conversations on loopback, and the mailbox of development."""

from __future__ import annotations

import email
import email.policy
import ipaddress
import multiprocessing
import os
import socket
import ssl
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from badgeservice.errors import MailDeferred, MailNotSent, RecipientRefused, SettingsError
from badgeservice.mail import DevelopmentMailbox, Message, SmtpMailer, compose

LOOPBACK = "127.0.0.1"
SENDER = "Cotentin Digital <badges@badges.example>"


@pytest.fixture
def message(now: datetime) -> Message:
    """A mail with letters beyond ASCII and a line that looks like the end of the conversation."""
    return Message(
        to="lea@example.org",
        subject="Votre lien pour vous connecter à Cotentin Digital — 東京",
        text="Bonjour Léa,\n.\nQUIT\n" + "https://badges.example/" + "é" * 200 + "\n",
        language="fr",
        date=now,
    )


class Server:
    """What a mail server did: the mails it took, and whether they came through TLS."""

    def __init__(self, *, mail: str = "250 OK", rcpt: str = "250 OK", data: str = "250 OK") -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.over_tls: list[bool] = []
        self._mail, self._rcpt, self._data = mail, rcpt, data

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer to a sender."""
        envelope.mail_from = address
        return self._mail

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer to a recipient."""
        if self._rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self._rcpt

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take the mail, or answer that it is not wanted."""
        if self._data.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.mails.append(email.message_from_bytes(content, policy=email.policy.default))
            self.envelopes.append(envelope)
            self.over_tls.append(
                session.ssl is not None or bool(server.transport.get_extra_info("ssl_object"))
            )
        return self._data


@contextmanager
def running(handler: Server, **options: object) -> Iterator[int]:
    """Run a mail server on loopback; yield its port."""
    controller = Controller(handler, hostname=LOOPBACK, port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def plain_mailer(port: int, **rest: object) -> SmtpMailer:
    """A mailer without TLS, as loopback allows."""
    return SmtpMailer(host=LOOPBACK, port=port, security="none", sender=SENDER, **rest)  # type: ignore[arg-type]


# --- a mail arrives ------------------------------------------------------------------------------


def test_the_mail_arrives_as_it_was_written(message: Message) -> None:
    """Through a real server: subject, words and headers."""
    server = Server()

    with running(server) as port:
        plain_mailer(port).send(message)

    (mail,), (envelope,) = server.mails, server.envelopes
    assert mail["From"] == SENDER
    assert mail["To"] == "lea@example.org"
    assert mail["Subject"] == message.subject
    assert mail["Date"].datetime == message.date
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "fr"
    assert mail["Message-ID"].endswith("@badges.example>")
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content_charset() == "utf-8"
    assert mail.get_content().splitlines() == message.text.splitlines()
    assert (envelope.mail_from, envelope.rcpt_tos) == ("badges@badges.example", ["lea@example.org"])


def test_the_mail_is_ascii_in_short_lines_on_the_wire(message: Message) -> None:
    """Some servers on the way still know neither 8 bits nor lines beyond 998."""
    wire = compose(message, sender=SENDER).as_bytes()

    assert wire.isascii()
    assert max(map(len, wire.splitlines())) <= 78


@pytest.mark.parametrize(
    "address",
    [
        "!#$%&'*+/=?^_`{|}~-@example.org",
        "o'neill+badges@example.org",
        "lea@xn--exmple-cua.fr",
        "l" * 64 + "@" + ".".join(["d" * 60] * 3) + ".fr",
    ],
)
def test_every_address_that_we_accept_arrives_unchanged(message: Message, address: str) -> None:
    """In the header and in the envelope, whatever its length."""
    server = Server()

    with running(server) as port:
        plain_mailer(port).send(replace(message, to=address))

    assert server.envelopes[0].rcpt_tos == [address]
    assert server.mails[0]["To"] == address


def test_the_name_of_the_machine_stays_at_home(message: Message) -> None:
    """Neither the Message-ID nor the greeting tells how the machine is called inside."""
    server = Server()

    with running(server) as port:
        plain_mailer(port).send(message)

    assert socket.gethostname() not in server.mails[0].as_string()


def test_two_mails_are_two_conversations(message: Message) -> None:
    """A mailer keeps nothing open; processes and threads may share it."""
    server = Server()

    with running(server) as port:
        mailer = plain_mailer(port)
        mailer.send(message)
        mailer.send(message)

    assert len({mail["Message-ID"] for mail in server.mails}) == 2


@pytest.mark.parametrize("field", ["to", "subject", "language"])
def test_nobody_adds_a_header(message: Message, field: str) -> None:
    """Attack: a line break in what becomes a header."""
    forged = replace(message, **{field: "x\r\nBcc: all@example.org"})

    with pytest.raises(ValueError, match="linefeed"):
        compose(forged, sender=SENDER)


def test_a_message_hides_its_reader() -> None:
    """A traceback or a log that shows the object shows neither the address nor the link."""
    shown = repr(
        Message("lea@example.org", "Sujet", "secret", "fr", datetime(2026, 1, 1, tzinfo=UTC))
    )

    assert "lea" not in shown
    assert "secret" not in shown


# --- a mail does not arrive ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("550 no such user lea@example.org", RecipientRefused),
        ("450 try later lea@example.org", MailDeferred),
        ("421 too tired", MailNotSent),
    ],
)
def test_a_refused_recipient_is_told_apart_from_a_busy_server(
    message: Message, reply: str, kind: type[MailNotSent]
) -> None:
    """Only a refusal for good means that the address should be checked; only 421 that all wait."""
    with running(Server(rcpt=reply)) as port, pytest.raises(MailNotSent) as refusal:
        plain_mailer(port).send(message)

    assert type(refusal.value) is kind


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("554 looks like spam lea@example.org", MailDeferred),
        ("452 disk full", MailDeferred),
        ("421 too tired", MailNotSent),
    ],
)
def test_refused_content_is_not_sent(message: Message, reply: str, kind: type[MailNotSent]) -> None:
    """Said after the text was handed over: of this text, unless the server goes away."""
    with running(Server(data=reply)) as port, pytest.raises(kind, match=reply[:3]) as refusal:
        plain_mailer(port).send(message)

    assert type(refusal.value) is kind


def test_a_refused_sender_is_refused_every_mail(message: Message) -> None:
    """The server says it of us, and would say it again of the next mail."""
    with running(Server(mail="451 not today")) as port, pytest.raises(MailNotSent) as refusal:
        plain_mailer(port).send(message)

    assert type(refusal.value) is MailNotSent


@pytest.mark.parametrize(
    "server",
    [Server(rcpt="550 lea@example.org"), Server(data="554 lea@example.org")],
    ids=["rcpt", "data"],
)
def test_no_error_repeats_the_recipient(message: Message, server: Server) -> None:
    """Errors end up in logs, with what they were raised from."""
    with running(server) as port, pytest.raises(MailNotSent) as refusal:
        plain_mailer(port).send(message)

    assert "lea" not in str(refusal.value)
    assert refusal.value.__suppress_context__


def test_nobody_listens(message: Message) -> None:
    """The server is down."""
    with pytest.raises(MailNotSent, match="ConnectionRefusedError"):
        plain_mailer(free_port()).send(message)


@contextmanager
def talking(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listen on loopback and let `talk` hold one conversation; yield the port."""
    with socket.create_server((LOOPBACK, 0)) as listener:

        def answer() -> None:
            conversation, _ = listener.accept()
            with conversation:
                talk(conversation)

        thread = threading.Thread(target=answer)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_a_silent_server_is_given_up(message: Message) -> None:
    """A page must not hang because a mail server does."""
    begin = time.monotonic()

    def say_nothing(conversation: socket.socket) -> None:
        conversation.recv(1)  # until the other side hangs up

    with talking(say_nothing) as port, pytest.raises(MailNotSent, match="Disconnected"):
        plain_mailer(port, timeout=0.3).send(message)

    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    "greeting", [b"", b"hello\r\n", b"554 go away\r\n", b"220 " + b"x" * 100_000]
)
def test_what_does_not_speak_smtp_takes_no_mail(message: Message, greeting: bytes) -> None:
    """The port of something else, or a server that hangs up."""

    def talk(conversation: socket.socket) -> None:
        conversation.sendall(greeting)

    with talking(talk) as port, pytest.raises(MailNotSent):
        plain_mailer(port, timeout=1).send(message)


def test_a_bad_goodbye_does_not_undo_a_taken_mail(message: Message) -> None:
    """The mail is on its way: saying otherwise would close the link that it carries."""

    def talk(conversation: socket.socket) -> None:
        conversation.sendall(b"220 hello\r\n")
        lines = conversation.makefile("rb")
        for line in lines:
            line = line.upper()
            if line.startswith(b"DATA"):
                conversation.sendall(b"354 go on\r\n")
                while lines.readline() != b".\r\n":
                    pass
            if line.startswith(b"QUIT"):
                conversation.sendall(b"421 too tired\r\n")
                return
            conversation.sendall(b"250 OK\r\n")

    with talking(talk) as port:
        plain_mailer(port, timeout=2).send(message)


# --- TLS -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a key and its own certificate for loopback."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    """The server's side."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusting(certificate: Path) -> ssl.SSLContext:
    """The side of a system that trusts the certificate."""
    return ssl.create_default_context(cafile=str(certificate))


def one_user(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
) -> AuthResult:
    """Accept one user name and one password."""
    return AuthResult(success=data == LoginPassword(b"user", b"password"), handled=False)


def starttls_mailer(port: int, tls: ssl.SSLContext | None, **rest: str) -> SmtpMailer:
    """A mailer that insists on STARTTLS."""
    return SmtpMailer(
        host=LOOPBACK, port=port, security="starttls", sender=SENDER, timeout=5, tls=tls, **rest
    )


def test_starttls_then_log_in_then_send(
    message: Message, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    """The usual way to a provider: port 587."""
    server = Server()
    options = {
        "tls_context": server_tls,
        "require_starttls": True,
        "auth_required": True,
        "authenticator": one_user,
    }

    with running(server, **options) as port:
        starttls_mailer(port, trusting, username="user", password="password").send(message)

    assert server.over_tls == [True]


def test_a_wrong_password_is_not_repeated(
    message: Message, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    """The operator learns the code, the log does not learn the secret."""
    options = {"tls_context": server_tls, "auth_required": True, "authenticator": one_user}

    with running(Server(), **options) as port, pytest.raises(MailNotSent, match="535") as refusal:
        starttls_mailer(port, trusting, username="user", password="hunter2").send(message)

    assert "hunter2" not in str(refusal.value)


def test_tls_from_the_first_byte(
    message: Message, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    """The other usual way: port 465."""
    server = Server()

    with running(server, ssl_context=server_tls) as port:
        SmtpMailer(
            host=LOOPBACK, port=port, security="tls", sender=SENDER, timeout=5, tls=trusting
        ).send(message)

    assert server.over_tls == [True]


def test_a_server_without_starttls_gets_nothing(message: Message) -> None:
    """Attack: someone on the way removes the offer of TLS."""
    server = Server()

    with running(server) as port, pytest.raises(MailNotSent, match="NotSupported"):
        starttls_mailer(port, None).send(message)

    assert server.mails == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_trusts_gets_nothing(
    message: Message, server_tls: ssl.SSLContext, security: str
) -> None:
    """Attack: someone on the way answers in the server's place."""
    server = Server()
    option = {"starttls": "tls_context", "tls": "ssl_context"}[security]

    with (
        running(server, **{option: server_tls}) as port,
        pytest.raises(MailNotSent, match="SSLCert"),
    ):
        SmtpMailer(host=LOOPBACK, port=port, security=security, sender=SENDER, timeout=5).send(
            message
        )

    assert server.mails == []


def test_a_certificate_of_another_name_gets_nothing(
    message: Message, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    """Attack: a true certificate of another machine. This one is for 127.0.0.1 only."""
    server = Server()

    with running(server, tls_context=server_tls) as port, pytest.raises(MailNotSent, match="SSL"):
        SmtpMailer(
            host="localhost", port=port, security="starttls", sender=SENDER, timeout=5, tls=trusting
        ).send(message)

    assert server.mails == []


@pytest.mark.parametrize("host", ["mail.example", "192.0.2.1", "localhost.example", ""])
def test_without_tls_mail_stays_on_the_machine(host: str) -> None:
    """The mails open accounts; a setting must not send them in the clear."""
    with pytest.raises(SettingsError, match="loopback"):
        SmtpMailer(host=host, port=25, security="none", sender=SENDER)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_may_do_without_tls(host: str) -> None:
    """A relay on the same machine."""
    assert SmtpMailer(host=host, port=25, security="none", sender=SENDER)


def test_an_unknown_way_is_refused() -> None:
    """A typing mistake in a setting does not fall back to anything."""
    with pytest.raises(ValueError, match="startls"):
        SmtpMailer(host="mail.example", port=25, security="startls", sender=SENDER)


# --- the mailbox of development ------------------------------------------------------------------


def test_the_mailbox_shows_the_newest_first(tmp_path: Path, message: Message) -> None:
    """The mail that a person waits for stands on top, exactly as it was written."""
    mailbox = DevelopmentMailbox(tmp_path / "mailbox.jsonl")
    second = replace(message, subject="Second\u2028", text="\r\n\x00 «»\n")

    mailbox.send(message)
    mailbox.send(second)

    assert mailbox.messages() == [second, message]


def test_the_mailbox_is_empty_before_the_first_mail(tmp_path: Path) -> None:
    """No file is no mail; looking makes none."""
    assert DevelopmentMailbox(tmp_path / "var" / "mailbox.jsonl").messages() == []
    assert list(tmp_path.iterdir()) == []


def test_the_mailbox_keeps_the_last_twenty(tmp_path: Path, message: Message) -> None:
    """It never grows."""
    path = tmp_path / "var" / "mailbox.jsonl"
    for number in range(25):
        DevelopmentMailbox(path).send(replace(message, subject=str(number)))

    kept = [mail.subject for mail in DevelopmentMailbox(path).messages()]

    assert kept == [str(number) for number in range(24, 4, -1)]


def test_a_mailbox_without_room_says_that_the_mail_did_not_leave(
    tmp_path: Path, message: Message
) -> None:
    """As a mail server does: whoever sends knows that it has to be sent again."""
    mailbox = DevelopmentMailbox(tmp_path / "mailbox.jsonl")
    (tmp_path / "mailbox.draft").symlink_to("/dev/full")

    with pytest.raises(MailNotSent):
        mailbox.send(message)

    assert [] == mailbox.messages()


def test_the_mailbox_is_its_owners(tmp_path: Path, message: Message) -> None:
    """The links in it open accounts, also on a developer's machine."""
    previous = os.umask(0)
    try:
        DevelopmentMailbox(tmp_path / "mailbox.jsonl").send(message)
    finally:
        os.umask(previous)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    assert modes == {0o600}


def _send_five(path: Path, message: Message, prefix: str) -> None:
    mailbox = DevelopmentMailbox(path)
    for number in range(5):
        mailbox.send(replace(message, subject=f"{prefix}{number}"))


def test_processes_share_the_mailbox(tmp_path: Path, message: Message) -> None:
    """Race: four processes send at once, and none of the twenty mails is lost."""
    path = tmp_path / "mailbox.jsonl"
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_send_five, args=(path, message, prefix)) for prefix in "abcd"
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    subjects = {mail.subject for mail in DevelopmentMailbox(path).messages()}

    assert subjects == {f"{prefix}{number}" for prefix in "abcd" for number in range(5)}
