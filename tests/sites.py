"""Sites of others on loopback, with certificates of an authority of our own, for whoever asks them."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from badgeservice.fetching import Guard, Limits

SCHOOL, OTHER = "school.example.org", "other.example.org"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Asked:
    """What a site was asked: the `Host`, the target of the request line, all of its head."""

    host: str
    target: str
    head: str


Answer = bytes | Callable[[ssl.SSLSocket], None]
"""Bytes to be sent as they are, or somebody who does with the connection as they like."""


@dataclass
class Sites:
    """A server for every host of the world: an answer by host and target of the request."""

    port: int
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    def address(self, path: str = "/", *, host: str = SCHOOL) -> str:
        """Return an address here."""
        return f"https://{host}:{self.port}{path}"

    def put(self, answer: Answer, path: str = "/", *, host: str = SCHOOL) -> str:
        """Let something stand here; return its address."""
        self.answers[f"{host}:{self.port}", path] = answer
        return self.address(path, host=host)

    def redirect(self, to: str, path: str = "/", *, host: str = SCHOOL, status: int = 302) -> str:
        """Let an address lead to another; return it."""
        return self.put(answer(b"", f"Location: {to}", status=status), path, host=host)


def answer(body: bytes, *headers: str, status: int = 200, length: int | None = None) -> bytes:
    """Return an answer of HTTP as it is sent."""
    stated = len(body) if length is None else length
    head = [f"HTTP/1.1 {status} -", f"Content-Length: {stated}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


def guard(sites: Sites, authority: Path, **changes: object) -> Guard:
    """Return a way out into these sites; nowhere else is public for it."""
    return Guard(
        **{
            "user_agent": "tests",
            "limits": Limits(seconds=5.0),
            "resolve": lambda host, seconds: [LOOPBACK],
            "may_ask": lambda address: address == LOOPBACK,
            "port": sites.port,
            "tls": ssl.create_default_context(cafile=str(authority)),
            **changes,
        }  # type: ignore[arg-type]
    )


def make_authority(folder: Path, *hosts: str) -> Path:
    """Return a file with a key and the certificate for `hosts`, which vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
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
            x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "sites.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@contextlib.contextmanager
def serving(authority: Path) -> Iterator[Sites]:
    """Serve on a port of loopback until the end."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(authority)
    with socket.create_server((LOOPBACK, 0)) as listening:
        sites = Sites(listening.getsockname()[1])
        threading.Thread(target=_accept, args=(listening, tls, sites), daemon=True).start()
        yield sites
        listening.shutdown(socket.SHUT_RDWR)


def _accept(listening: socket.socket, tls: ssl.SSLContext, sites: Sites) -> None:
    while True:
        try:
            plain, _ = listening.accept()
        except OSError:
            return
        sites.connections += 1
        threading.Thread(target=_serve, args=(plain, tls, sites), daemon=True).start()


def _serve(plain: socket.socket, tls: ssl.SSLContext, sites: Sites) -> None:
    with contextlib.suppress(OSError), tls.wrap_socket(plain, server_side=True) as line:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            if not (piece := line.recv(4096)):
                return
            head += piece
        text = head.decode()
        target = text.split(" ", 2)[1]
        host = next(h[6:] for h in text.split("\r\n") if h.startswith("Host: "))
        sites.asked.append(Asked(host, target, text))
        found = sites.answers.get((host, target), answer(b"", status=404))
        if isinstance(found, bytes):
            line.sendall(found)
        else:
            found(line)
