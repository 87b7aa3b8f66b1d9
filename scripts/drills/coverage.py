"""Which lines and branches of the service no test runs; at least 90 % must be.

All that `scripts/test` runs on SQLite, but for the browser journeys, with every line watched.
"""

from __future__ import annotations

import subprocess
import sys

LEAST = 90


def main() -> int:
    """Run the tests; return their exit status, which says too whether enough is covered."""
    return subprocess.run(
        [
            *("scripts/unplugged", sys.executable, "-m", "pytest", "-q", "-n", "auto"),
            *("-m", "not journey", "--cov", "--cov-report=term:skip-covered"),
            *(f"--cov-fail-under={LEAST}", "--doctest-modules", "badgeservice", "tests"),
        ],
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
