"""Keys in a PKCS#11 token, with SoftHSM: the proof that a key need not be a file."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from badgeservice import verification
from badgeservice.errors import BadgeserviceError, KeyFileError, SettingsError
from badgeservice.issuing import shelf
from badgeservice.issuing.hosting import Hosting, own_fetch
from badgeservice.issuing.keyring import Keyring
from badgeservice.issuing.models import Format
from badgeservice.issuing.register import DatabaseRegister
from badgeservice.issuing.signer import Signer
from badgeservice.issuing.tokens import Tokens
from badgeservice.openbadges import multibase, strict_json
from badgeservice.openbadges.keys import SIGNING_KINDS, KeyKind
from badgeservice.openbadges.proofs import eddsa_rdfc_2022, vc_jwt
from badgeservice.verification import Verdict
from tests.conftest import Run

from .conftest import Desk

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "87654321"
LABEL = "badges"


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A token with nothing in it; the module reads once in a process where its tokens are."""
    if not MODULE.exists():
        pytest.fail(f"{MODULE} is missing; as root: apt-get install softhsm2")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(configuration))
        subprocess.run(
            [
                *("softhsm2-util", "--init-token", "--free", "--label", LABEL),
                *("--so-pin", "12345678", "--pin", PIN),
            ],
            check=True,
            capture_output=True,
        )
        Tokens(MODULE, lambda: PIN).create(LABEL, "warm/up-1", KeyKind.P256)
    return configuration


@pytest.fixture
def tokens(softhsm: Path) -> Tokens:
    """The token, opened with its PIN."""
    return Tokens(MODULE, lambda: PIN)


@pytest.fixture
def issuer(request: pytest.FixtureRequest) -> str:
    """An issuer of this test alone: the token is shared by all."""
    return f"i{abs(hash(request.node.nodeid))}"


@pytest.mark.parametrize("kind", SIGNING_KINDS)
def test_what_the_token_signs_its_public_key_verifies(
    tokens: Tokens, kind: KeyKind, issuer: str
) -> None:
    """In the same raw forms as a file gives."""
    made = tokens.create(LABEL, f"{issuer}/key-1", kind)

    found, sign = tokens.load(LABEL, f"{issuer}/key-1")

    assert made == found
    assert kind is found.kind
    found.verify(sign(b"message"), b"message")


@pytest.mark.parametrize("kind", SIGNING_KINDS)
def test_the_private_key_stays_in_the_token(tokens: Tokens, kind: KeyKind, issuer: str) -> None:
    """It is marked as sensitive and cannot be taken out."""
    import pkcs11

    tokens.create(LABEL, f"{issuer}/key-1", kind)

    private = tokens._found(tokens._session(LABEL), f"{issuer}/key-1", private=True)
    assert private[pkcs11.Attribute.SENSITIVE]
    assert not private[pkcs11.Attribute.EXTRACTABLE]


@pytest.mark.parametrize("kind", SIGNING_KINDS)
def test_a_key_moves_into_the_token_by_rotation(
    tmp_path: Path, tokens: Tokens, kind: KeyKind, issuer: str, now: datetime
) -> None:
    """The old file goes on verifying; the registry says where the new one lives."""
    ring = Keyring(tmp_path, issuer, passphrase=lambda: b"a passphrase for tests", tokens=tokens)
    ring.new(kind, now=now)

    fresh = ring.rotate(kind, token=LABEL, now=now + timedelta(days=1))

    again = Keyring(tmp_path, issuer, passphrase=lambda: b"", tokens=tokens)
    key = again.signing_key(kind)
    assert (fresh.kid, LABEL) == (key.kid, again.entries[key.kid].token)
    again.entries[key.kid].public_key.verify(key.sign(b"message"), b"message")
    assert not (tmp_path / issuer / f"{key.kid}.pem").exists()


def test_a_stolen_tokens_successor_is_made_in_the_token(
    tmp_path: Path, tokens: Tokens, issuer: str, now: datetime
) -> None:
    """Where the key lived, its successor lives."""
    ring = Keyring(tmp_path, issuer, passphrase=lambda: b"", tokens=tokens)
    ring.new(KeyKind.P256, token=LABEL, now=now)

    _, successor = ring.compromise("p256-1", since=now, now=now + timedelta(days=1))

    assert successor is not None
    assert LABEL == successor.token
    assert "p256-2" == ring.signing_key(KeyKind.P256).kid


def test_threads_take_turns(tokens: Tokens, issuer: str) -> None:
    """A session of a token is for one thread at a time."""
    key = tokens.create(LABEL, f"{issuer}/key-1", KeyKind.P256)
    _, sign = tokens.load(LABEL, f"{issuer}/key-1")
    signatures: list[bytes] = []
    threads = [threading.Thread(target=lambda: signatures.append(sign(b"m"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 16 == len(signatures)
    for signature in signatures:
        key.verify(signature, b"m")


def no_pin() -> str:
    """Nobody has said where the PIN is."""
    raise SettingsError("BADGESERVICE_PKCS11_PIN_FILE: missing; keys live in a token")


@pytest.mark.parametrize(
    ("module", "pin", "label", "name", "reason"),
    [
        (None, lambda: PIN, LABEL, "warm/up-1", "set BADGESERVICE_PKCS11_MODULE"),
        (Path("/no/such.so"), lambda: PIN, LABEL, "warm/up-1", "token badges: .*check that it is"),
        (MODULE, lambda: PIN, "other", "warm/up-1", "token other: .*check that it is there"),
        (MODULE, no_pin, LABEL, "warm/up-1", "PKCS11_PIN_FILE: missing"),
        (MODULE, lambda: PIN, LABEL, "no/key-1", "no key no/key-1; restore the token"),
    ],
)
def test_what_is_missing_is_named(
    softhsm: Path,
    module: Path | None,
    pin: Callable[[], str],
    label: str,
    name: str,
    reason: str,
) -> None:
    """With words that say how to mend it."""
    with pytest.raises(BadgeserviceError, match=reason):
        Tokens(module, pin).load(label, name)


def test_another_pin_is_refused(softhsm: Path) -> None:
    """In a process of its own: this one has shown the right PIN already."""
    program = (
        "import sys; from pathlib import Path; from badgeservice.issuing.tokens import Tokens\n"
        "from badgeservice.errors import KeyFileError\n"
        f"try: Tokens(Path({str(MODULE)!r}), lambda: '00000000').load({LABEL!r}, 'warm/up-1')\n"
        "except KeyFileError as error: print(error.message)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env={"SOFTHSM2_CONF": str(softhsm)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "token badges: " in answer.stdout
    assert "the PIN file" in answer.stdout


def test_a_key_of_that_name_is_not_overwritten(tokens: Tokens, issuer: str) -> None:
    """Two objects of one name would be told apart by nobody."""
    tokens.create(LABEL, f"{issuer}/key-1", KeyKind.P256)

    with pytest.raises(KeyFileError, match="is there and not in the registry"):
        tokens.create(LABEL, f"{issuer}/key-1", KeyKind.RSA)


def test_another_key_in_its_place_is_refused(
    tmp_path: Path, tokens: Tokens, issuer: str, now: datetime
) -> None:
    """The token was exchanged for one with other keys of the same names."""
    ring = Keyring(tmp_path, issuer, passphrase=lambda: b"", tokens=tokens)
    ring.new(KeyKind.P256, token=LABEL, now=now)
    session = tokens._session(LABEL)
    for private in (True, False):
        tokens._found(session, f"{issuer}/p256-1", private=private).destroy()
    tokens.create(LABEL, f"{issuer}/p256-1", KeyKind.P256)

    with pytest.raises(KeyFileError, match="token badges: not the key that the registry names"):
        ring.signing_key(KeyKind.P256)


def test_without_the_software_it_says_what_to_install(
    softhsm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an extra: who keeps keys in files does not have it."""
    monkeypatch.setitem(sys.modules, "pkcs11", None)

    with pytest.raises(KeyFileError, match=r"-r requirements-pkcs11\.lock"):
        Tokens(MODULE, lambda: PIN).load(LABEL, "warm/up-1")


def test_the_whole_signer_over_a_token(desk: Desk, tokens: Tokens, tmp_path: Path) -> None:
    """Every signature of a badge is the token's; the public walk finds nothing to say."""
    office = desk.office
    keyring = Keyring(tmp_path / "keys", office.issuer.slug, passphrase=lambda: b"", tokens=tokens)
    for kind in SIGNING_KINDS:
        keyring.new(kind, token=LABEL, now=desk.clock())
    signer = Signer(office.issuer, keyring=keyring, log=office.log)
    desk.office = replace(office, keyring=keyring, signer=signer)
    desk.session.flush()

    badge = desk.badge()

    fetch = own_fetch(Hosting(desk.session, desk.office))
    register = DatabaseRegister(desk.session, desk.office)
    for form in (Format.JSON, Format.JWT, Format.JWT_RS256, Format.PNG):
        content = shelf.take(desk.session, desk.office.vault, badge, form)
        report = verification.verify(
            verification.recognise(content), fetch=fetch, register=register, now=desk.clock()
        )
        assert Verdict.GREEN is report.verdict, form
    secured = strict_json.load_object(
        shelf.take(desk.session, desk.office.vault, badge, Format.JSON)
    )
    eddsa_rdfc_2022.verify(secured, keyring.entries["ed25519-1"].public_key)
    token = shelf.take(desk.session, desk.office.vault, badge, Format.JWT_RS256).decode()
    vc_jwt.verify(token, keyring.entries["rsa-1"].public_key)
    assert 384 == len(multibase.base64url_decode(token.rpartition(".")[2]))


def test_by_the_command(
    run: Run, run_apart: Run, environment: dict[str, str], softhsm: Path, tmp_path: Path
) -> None:
    """As an operator does it: settings, rotation into the token, a badge, its verdict."""
    keys_dir, pin = tmp_path / "own-keys", tmp_path / "pin"
    shutil.copytree(environment["BADGESERVICE_KEYS_DIR"], keys_dir)
    pin.write_text(PIN)
    pin.chmod(0o400)
    environment |= {
        "BADGESERVICE_KEYS_DIR": str(keys_dir),
        "BADGESERVICE_PKCS11_MODULE": str(MODULE),
        "BADGESERVICE_PKCS11_PIN_FILE": str(pin),
        "SOFTHSM2_CONF": str(softhsm),
    }

    for arguments in (
        ("keys", "rotate", "ed25519", "--token", LABEL),
        ("issue", "--badge", "crcn-4-1-beginner", "--to", "a@example.org", "--out", tmp_path / "a"),
        ("verify", tmp_path / "a" / "credential.json"),
        ("keys", "list"),
        ("audit",),
    ):
        answer = run(*arguments)
        assert 0 == answer.returncode, answer.stdout + answer.stderr
    assert "ed25519-2" in (tmp_path / "a" / "credential.json").read_text()

    pin.chmod(0o600)
    pin.write_text("00000000")
    refused = run_apart("keys", "list")  # a token that was opened stays open in its process
    assert 1 == refused.returncode
    assert "the PIN file" in refused.stderr
