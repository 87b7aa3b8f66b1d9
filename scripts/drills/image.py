"""Does the image build, without an engine of containers? The commands of the Dockerfile, run here.

1. In a mount namespace of its own, with empty /opt and /srv, every COPY and RUN of the Dockerfile is
   done in its order, with the base image's Python replaced by the one that runs this.
2. What stands there then holds no key, no secret, no test and no history.
3. As the user of the image, with the volumes and secrets of compose.yaml, its command starts, its
   health check succeeds, and SIGTERM ends it.

What only an engine shows is not shown: that the base image has what Debian's Python has here, and
that layers are put together as they are written. Needs root (a mount namespace), and the registry.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCKERFILE = ROOT / "Dockerfile"
INSIDE = "BADGESERVICE_IMAGE_DRILL"
OWN = ("/opt", "/srv")
"""All that the Dockerfile writes to stands in these."""
USER = 10001
FORBIDDEN = re.compile(r"(^|/)(\.git|tests|keys/.+|secrets|.*\.(pem|key|sqlite3|jsonl))(/|$)")


def main() -> int:
    """Run the drill; return 1 when something did not hold."""
    if os.environ.pop(INSIDE, None) is None:
        if os.geteuid() != 0 or not shutil.which("unshare"):
            print("image: needs root and unshare")
            return 1
        command = ["unshare", "--mount", sys.executable, "-m", "scripts.drills.image"]
        return subprocess.run(command, env=os.environ | {INSIDE: "yes"}).returncode
    base = _python()
    if base is None:
        print("image: needs a Python that every user may run, with venv (python3-venv)")
        return 1
    for folder in OWN:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
    Path("/opt/base").mkdir()
    Path("/opt/base/python").symlink_to(base)
    image = Image()
    for word, rest in _instructions(DOCKERFILE.read_text()):
        image.do(word, rest)
    problems = _inventory() + _serve(image)
    for problem in problems:
        print(f"PROBLEM: {problem}")
    return 1 if problems else 0


def _python() -> Path | None:
    """Return the Python that stands for that of the base image: one outside of anybody's home."""
    for candidate in (Path(sys._base_executable), Path("/usr/bin/python3")):  # type: ignore[attr-defined]
        real = candidate.resolve()
        is_open = all(folder.stat().st_mode & 0o001 for folder in real.parents)
        if is_open and not subprocess.run([real, "-c", "import ensurepip"]).returncode:
            return real
    return None


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    """Yield each instruction with what follows it, continued lines joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word, re.sub(r"\s+", " ", rest)


class Image:
    """What the instructions have made so far: folder, variables, user, command."""

    def __init__(self) -> None:
        self.folder = Path("/")
        self.variables = {"PATH": "/opt/base:/usr/local/bin:/usr/bin:/bin", "HOME": "/root"}
        self.said: dict[str, str] = {}

    def do(self, word: str, rest: str) -> None:
        """Carry out one instruction, or raise."""
        began = time.monotonic()
        if word == "WORKDIR":
            self.folder = self.folder / rest
            self.folder.mkdir(parents=True, exist_ok=True)
        elif word == "COPY" and not rest.startswith("--from"):
            self._copy(*rest.split())
        elif word == "RUN":
            subprocess.run(
                ["/bin/sh", "-c", rest], cwd=self.folder, env=self.variables, check=True, stdout=2
            )
        elif word == "ENV":
            for name, value in re.findall(r"(\w+)=(\S+)", rest):
                self.variables[name] = value.replace("$PATH", self.variables["PATH"])
        else:  # of the engine's own: FROM, COPY --from the same place, USER, EXPOSE, CMD …
            self.said[word] = rest
            return
        print(f"{time.monotonic() - began:5.1f} s  {word} {rest[:90]}")

    def _copy(self, *names: str) -> None:
        *sources, to = names
        target = self.folder / to
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                into = target / Path(source).name if to.endswith("/") else target
                into.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, into)


def _inventory() -> list[str]:
    """Look at what would be in the last stage."""
    found, size = [], 0
    for top in (Path("/opt/badgeservice"), Path("/srv/badgeservice")):
        for path in top.rglob("*"):
            name = path.relative_to(top).as_posix()
            size += path.lstat().st_size if path.is_file() else 0
            if FORBIDDEN.search(name) and "site-packages" not in name:
                found.append(f"{path} is in the image")
            ours = "site-packages/badgeservice/" in name or top.name not in str(path.parent.parent)
            if ours and path.is_file() and b"PRIVATE KEY-----\n" in path.read_bytes():
                found.append(f"{path} holds a private key")
    print(f"{size / 1e6:.0f} MB above the base image")
    return found


def _serve(image: Image) -> list[str]:
    """Start what the image starts, as its user, and ask it as its health check does."""
    subprocess.run([ROOT / "deploy" / "make-secrets", "/srv/secrets"], check=True, stdout=2)
    user, _, group = image.said["USER"].partition(":")
    as_user = [
        "setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs",
        "--bounding-set=-all",
    ]  # fmt: skip
    environment = image.variables | {
        "BIND": "127.0.0.1:8137",
        "BADGESERVICE_BASE_URL": "https://badges.example",
        "BADGESERVICE_CONTACT_EMAIL": "contact@badges.example",
        "BADGESERVICE_SMTP_HOST": "mail.badges.example",
        "BADGESERVICE_KEY_PASSPHRASE_FILE": "/srv/secrets/key-passphrase",
        "BADGESERVICE_SECRET_KEY_FILE": "/srv/secrets/session-key",
        "BADGESERVICE_PERSONAL_DATA_KEY_FILE": "/srv/secrets/personal-data-key",
        "BADGESERVICE_LIMITS_URL": "valkey://127.0.0.1:1/0",
    }
    Path("/srv/secrets").chmod(0o755)
    # Written to by nobody but in its volumes, as `read_only` in compose.yaml.
    for folder in ("/opt", "/srv/badgeservice"):
        subprocess.run(["mount", "--bind", folder, folder], check=True)
    for volume in ("data", "keys"):
        path = f"/srv/badgeservice/{volume}"
        subprocess.run(["mount", "--bind", path, path], check=True)
    for folder in ("/opt", "/srv/badgeservice"):
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
    run = {"cwd": image.folder, "env": environment}
    subprocess.run([*as_user, "badgeservice", "setup"], check=True, stdout=2, **run)  # type: ignore[call-overload]
    problems = []
    server = subprocess.Popen([*as_user, *json.loads(image.said["CMD"])], **run)  # type: ignore[call-overload]
    check = json.loads(image.said["HEALTHCHECK"].partition("CMD ")[2])
    for _ in range(100):
        time.sleep(0.2)
        healthy = subprocess.run([*as_user, *check], **run).returncode == 0  # type: ignore[call-overload]
        if healthy or server.poll() is not None:
            break
    print(f"health check: {'well' if healthy else 'not well'}")
    if not healthy:
        problems.append("the health check does not succeed")
    server.send_signal(signal.SIGTERM)
    code = server.wait(40)
    print(f"SIGTERM: exit {code}")
    return problems + ([f"SIGTERM ends it with {code}"] if code else [])


if __name__ == "__main__":
    sys.exit(main())
