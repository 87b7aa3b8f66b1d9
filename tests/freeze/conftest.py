"""A site with a badge in every state, frozen twice; then the service and its database are gone."""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from flask import Flask
from sqlalchemy import select

from badgeservice import extensions, installation
from badgeservice.app import create_app
from badgeservice.core import Stock
from badgeservice.erasure.erase import erase
from badgeservice.erasure.ledger import Choice
from badgeservice.errors import FetchFailed
from badgeservice.extensions import services
from badgeservice.freeze import addresses, site
from badgeservice.freeze.addresses import Way
from badgeservice.freeze.folder import Changes
from badgeservice.issuing import editions, issuer, shelf, states
from badgeservice.issuing.models import Badge, Credential, Format, Reason, ShortCode, Visibility
from badgeservice.verification import words
from badgeservice.verification.fetching import Fetched
from badgeservice.verification.words import Language
from badgeservice.web.extensions import limiter
from tests.conftest import POOL, Clock, Letters, settings_in
from tests.issuing.conftest import CHOICES, Desk

BEGAN = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=100)
"""When the badges were issued; strangers have clocks of their own, and want them in force."""

BASE_URL = "https://badges.example"
DID = "did:web:badges.example:issuers:demo"
STATES = (
    "public", "link", "private", "revoked", "suspended", "corrected", "withdrawn",
    "erased-kept", "hidden-revoked", "to-revoke",
)  # fmt: skip
ACCEPT = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "application/ld+json, application/json",
    "application/json",
    "*/*",
)
HIDDEN = ("private", "hidden-revoked")


@dataclass(frozen=True)
class Held:
    """One badge as it was before anything happened to it: its copies, code and assertion."""

    public_id: str
    code: str
    ob2_id: str
    copies: dict[Format, bytes]

    @property
    def address(self) -> str:
        """What its QR code holds."""
        return f"{BASE_URL}/b/{self.public_id}"


@dataclass
class Site:
    """The frozen site: the folder, its badges by state, every address and how it answers.

    `first` and `second` are the files of the folder after each freeze: inode, time of change, and
    digest by name; between them, one badge was revoked a month later. `again` is what a third
    freeze, without any change, did.
    """

    folder: Path
    badges: dict[str, Held] = field(default_factory=dict)
    ways: dict[str, Way] = field(default_factory=dict)
    endpoints: set[str] = field(default_factory=set)
    first: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    second: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    changes: list[Changes] = field(default_factory=list)
    told: list[tuple[int, int]] = field(default_factory=list)
    assertion_after: str = ""
    lived: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    """Status and type of each address under each Accept, as the service answered at last."""

    @property
    def root(self) -> Path:
        """What a server shows."""
        return self.folder / "site"


@pytest.fixture(scope="session")
def frozen_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site; when a test sees it, the application and its database are gone."""
    folder = tmp_path_factory.mktemp("afterlife")
    # In a thread of its own: in ours a browser may be open, whose loop Flask would stumble over.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_live, folder).result()


def _live(folder: Path) -> Site:
    demo = yaml.safe_load(
        (Path(installation.__file__).parent / "content/issuers/demo.yaml").read_text()
    )
    file = folder / "issuer.yaml"
    file.write_text(yaml.safe_dump(demo | {"demo": False, "url": f"{BASE_URL}/"}))
    settings = settings_in(
        folder / "service", base_url=BASE_URL, issuer_file=file, log_level="error"
    )
    clock = Clock(BEGAN)
    installation.prepare_files(settings, now=clock())
    described = issuer.load(settings.issuer_path, base_url=settings.base_url)
    app = create_app(settings, clock=clock, mailer=Letters(), stock=Stock(settings), pool=POOL)
    frozen = Site(folder / "frozen")
    with app.app_context():
        session = extensions.db.session
        installation.prepare_database(session, described, settings, now=clock())
        _issue(Desk(session, services().office, clock), frozen)
    _freeze(app, frozen, clock)
    frozen.first = files_of(frozen.folder)
    clock.advance(days=30)
    with app.app_context():
        _change("to-revoke", "revoked", frozen, extensions.db.session, clock)
    _freeze(app, frozen, clock)
    frozen.second = files_of(frozen.folder)
    clock.advance(days=30)
    _freeze(app, frozen, clock)
    for path in all_paths(app):
        endpoint, _ = app.url_map.bind("").match(path)
        frozen.ways[path] = addresses.way(app, path)
        frozen.endpoints.add(endpoint)
        for accept in ACCEPT if _is_asked(path) else ():
            limiter.reset()
            answer = app.test_client().get(path, headers={"Accept": accept}, base_url=BASE_URL)
            frozen.lived[path, accept] = (answer.status_code, answer.mimetype)
    with app.app_context():
        extensions.db.engine.dispose()
    shutil.rmtree(folder / "service")
    return frozen


def _is_asked(path: str) -> bool:
    """Tell whether a path is asked in life too: of many that are alike, one is enough."""
    alike = ("/static/vendor/", "/frameworks/crcn/", "/modules/", "/en/")
    return not path.startswith(alike) or path in ("/frameworks/crcn/4.1", "/en/employers")


def _issue(desk: Desk, frozen: Site) -> None:
    session, office = desk.session, desk.office
    for state in STATES:
        badge = desk.badge(
            f"{state}@example.org",
            replace(CHOICES, name=f"Canari {state}", visibility=Visibility.PUBLIC, ob2=True),
        )
        edition = session.get_one(Credential, (badge.public_id, 1))
        code = select(ShortCode.code).where(ShortCode.public_id == badge.public_id)
        frozen.badges[state] = Held(
            badge.public_id,
            session.scalars(code).one(),
            str(edition.ob2_id),
            {
                form: shelf.take(session, office.vault, badge, form)
                for form in shelf.kept(session, badge)
            },
        )
    desk.clock.advance(days=1)
    for state in STATES:
        _change(state, state, frozen, session, desk.clock)


def _change(name: str, state: str, frozen: Site, session: object, clock: Clock) -> None:
    """Let happen to the badge called `name` what its state says."""
    office, now = services().office, clock()
    session = extensions.db.session
    public_id = frozen.badges[name].public_id
    badge = session.get_one(Badge, public_id)
    match state:
        case "link":
            badge.visibility = Visibility.LINK
        case "private":
            badge.visibility = Visibility.PRIVATE
        case "revoked" | "hidden-revoked":
            states.revoke(
                session, office, public_id, reason=Reason.ISSUED_IN_ERROR, actor="test", now=now
            )
            if state != "revoked":
                badge.visibility = Visibility.PRIVATE
        case "suspended":
            states.suspend(session, office, public_id, actor="test", now=now)
        case "corrected":
            choices = replace(CHOICES, visibility=Visibility.PUBLIC, ob2=True)
            editions.correct(session, office, public_id, choices=choices, actor="test", now=now)
            edition = session.get_one(Credential, (public_id, 2))
            frozen.assertion_after = str(edition.ob2_id)
        case "withdrawn":
            states.withdraw(session, office, public_id, actor="test", now=now)
        case "erased-kept":
            here = services()
            holder = shelf.holder(session, badge)
            assert holder is not None
            erase(
                session, office, here.erasures, here.mailer,
                person_id=holder, choice=Choice.KEEP_BADGES, actor="test", now=now,
            )  # fmt: skip
    session.commit()


def _freeze(app: Flask, frozen: Site, clock: Clock) -> None:
    frozen.changes.append(
        site.freeze(
            app, frozen.folder, now=clock(), progress=lambda *told: frozen.told.append(told)
        )
    )


def day(after: int, language: Language) -> str:
    """Return the day so many days after the badges were issued, in words."""
    return words.date(BEGAN + timedelta(days=after), language)


def all_paths(app: Flask) -> Iterator[str]:
    """Yield every public path of an installation."""
    yield from addresses.of_site(app)
    yield from addresses.of_endorsements(app)
    for paths in addresses.of_badges(app):
        yield from paths


def files_of(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Return inode, time of change and digest of every file, by name; the manifest aside."""
    return {
        path.relative_to(folder).as_posix(): (
            path.stat().st_ino,
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.sqlite"
    }


# --- servers of files ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The type, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


@dataclass(frozen=True)
class Server:
    """A server of files on this machine, in the place of the site."""

    port: int

    def get(self, path: str, accept: str = "*/*", *, follow: bool = True, **more: str) -> Answer:
        """Ask for a path; redirects on this server are followed unless told otherwise."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            headers = {"Accept": accept, "Host": "badges.example", **more}
            connection.request("GET", quote(path, safe="/?=&%"), headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            received = {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()
        if follow and answer.status in (301, 302, 308):
            place = received["location"].removeprefix(BASE_URL)
            return self.get(place.removeprefix("http://badges.example"), accept, **more)
        return Answer(answer.status, received, body)

    def fetch(self, address: str) -> Fetched:
        """Ask as our verifier does (verification.fetching.Fetch), for addresses of the site only."""
        address = f"{BASE_URL}/issuers/demo/did.json" if address == DID else address
        if not address.startswith(f"{BASE_URL}/"):
            raise FetchFailed("outside of the site")
        answer = self.get(address.removeprefix(BASE_URL), "application/ld+json, application/json")
        return Fetched(address, answer.status, answer.media_type, answer.body)


class _Quiet(SimpleHTTPRequestHandler):
    """Python's own server of files, as `python -m http.server` runs it, without its log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def plain_server(root: Path) -> Iterator[Server]:
    """Serve the files below `root` by a server that knows nothing but files."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Server(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def nginx_server(folder: Path, scratch: Path) -> Iterator[Server]:
    """Serve a frozen site by Debian's nginx, told what `servers/nginx.conf` says."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = (folder / "servers/nginx.conf").read_text()
    (scratch / "site.conf").write_text(told.replace("listen 80;", f"listen 127.0.0.1:{port};"))
    (scratch / "nginx.conf").write_text(
        f"""
        daemon off; pid {scratch}/pid; error_log {scratch}/error.log; worker_processes 1;
        {"user root;" if os.geteuid() == 0 else ""}
        events {{ }}
        http {{
            access_log off;
            client_body_temp_path {scratch}/1; proxy_temp_path {scratch}/2;
            fastcgi_temp_path {scratch}/3; uwsgi_temp_path {scratch}/4; scgi_temp_path {scratch}/5;
            include {scratch}/site.conf;
        }}
        """
    )
    command = ["/usr/sbin/nginx", "-c", str(scratch / "nginx.conf"), "-e", f"{scratch}/error.log"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        server = Server(port)
        for _ in range(200):
            assert process.poll() is None, (scratch / "error.log").read_text()
            with suppress(OSError):
                server.get("/robots.txt")
                break
            time.sleep(0.02)
        yield server
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def nginx(frozen_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that was told what stands beside the site."""
    with nginx_server(frozen_site.folder, tmp_path_factory.mktemp("nginx")) as server:
        yield server


@pytest.fixture(scope="session")
def plain(frozen_site: Site) -> Iterator[Server]:
    """A server that was told nothing."""
    with plain_server(frozen_site.root) as server:
        yield server
