"""Imported first by a Python peer's check: the world is the task's documents, and nothing else."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

TASK: dict[str, Any] = json.loads(Path(os.environ["PEER_TASK"]).read_text())


def _stay_inside(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        raise PermissionError(f"a peer tried to use the network: {arguments}")


sys.addaudithook(_stay_inside)


def document(address: str) -> bytes:
    """Return what stands at `address` in the task; raise FileNotFoundError when nothing does."""
    status, _, body = answer(address)
    if status != 200:
        raise FileNotFoundError(f"nothing stands at {address}")
    return body


def answer(address: str) -> tuple[int, str, bytes]:
    """Return the HTTP status, the media type and the body at `address` in the task."""
    found = TASK["documents"].get(address)
    if found is None:
        return 404, "application/json", b"{}"
    return found["status"], found["type"], Path(found["path"]).read_bytes()


def run(judge: Callable[[dict[str, str], bytes], str | None]) -> None:
    """Run `judge` on every sample of the task and print one verdict a line.

    `judge` returns why the sample is refused, None when it is accepted; an exception refuses.
    """
    for sample in TASK["samples"]:
        try:
            reason = judge(sample, Path(sample["path"]).read_bytes())
        except Exception as error:  # a peer may raise anything: whatever it is, it did not accept
            reason = f"{type(error).__name__}: {error}"
        verdict = {
            "sample": sample["name"],
            "format": sample["format"],
            "accepted": reason is None,
            "reason": reason or "",
        }
        print(json.dumps(verdict), flush=True)
