"""Let the cryptosuites of others sign badges, for us to verify.

    signers.py FOLDER     writes a NAME.json for each

The program is `signers/sign.mjs`, in a locked environment like those of the peers.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import environments
from environments import HERE


def prepare() -> list[str]:
    """Return the command that signs, making its environment if need be."""
    folder = environments.prepare_node("signers")
    # Modules are looked for beside the file that imports them, so the program stands there.
    program = shutil.copy(HERE / "signers" / "sign.mjs", folder)
    return [*environments.node_command(), str(program)]


if __name__ == "__main__":
    subprocess.run([*prepare(), str(Path(sys.argv[1]).resolve())], check=True)
