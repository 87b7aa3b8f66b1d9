"""A server of PostgreSQL that can crash."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path


class PostgresqlServer:
    """A server of PostgreSQL that can crash."""

    def __init__(self, folder: Path) -> None:
        """Make and start it. What it acknowledges it has flushed: the settings are its own."""
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not found:
            raise SystemExit("PostgreSQL was not found; on Debian: apt-get install postgresql")
        self._bin, self._folder = found[-1], folder
        self._socket = Path(tempfile.mkdtemp(prefix="pg.", dir="/tmp"))
        folder.mkdir()
        if os.getuid() == 0:
            for path in (folder, self._socket):
                subprocess.run(["chown", "postgres", path], check=True)
            for parent in folder.parents[:1]:
                parent.chmod(0o711)
        self._call(
            "initdb", "-D", folder / "data", "-U", "badgeservice", "-A", "trust", "-E", "UTF8"
        )
        self.start()
        self.address = f"postgresql+psycopg://badgeservice@/postgres?host={self._socket}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"-k {self._socket} -c listen_addresses=''"
        self._call(
            "pg_ctl", "-D", self._folder / "data", "-s", "-w", "-l", self._folder / "log",
            "-o", options, "start",
        )  # fmt: skip

    def stop(self) -> None:
        """End it at once, without a checkpoint: when it starts it recovers from its journal."""
        self._call("pg_ctl", "-D", self._folder / "data", "-s", "-m", "immediate", "stop")

    def _call(self, program: str, *arguments: str | Path) -> None:
        as_owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        subprocess.run(
            [*(as_owner if os.getuid() == 0 else []), self._bin / program, *arguments],
            check=True, cwd=self._folder, stdout=subprocess.DEVNULL,
        )  # fmt: skip
