"""From a backup to a service on a blank machine, by the commands of docs/operations.md alone.

1. A first machine, an empty folder with a home of its own: "Install", "Begin"; badges are issued;
"Every day". 2. The world goes on: a badge is revoked, one corrected, one person erased, one more badge
issued; the public has the lists of that moment. The machine is lost. 3. A blank machine: "Install",
then the safe, the backup, the ledgers and the public lists are laid beside it: "Restore".
4. Erased stay erased, revoked stay revoked, badges verify, lists are later than the public ones and
keep every bit; the encrypted backup comes back as well.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "operations.md"
OPENING = 'set -a; . ./settings.env; set +a; PATH="$PWD/venv/bin:$PATH"\n'
BADGE = "crcn-4-1-beginner"
# What runs in the service's own environment: its lists, as the public has them; who is kept.
PUBLISHED = """
import json, pathlib, sys
from sqlalchemy import select
from badgeservice.core import create_core
from badgeservice.extensions import db
from badgeservice.issuing.models import StatusList
from badgeservice.openbadges import status_list, strict_json
from badgeservice.people.models import Person
target = pathlib.Path(sys.argv[1])
with create_core().app_context():
    said = {"persons": len(db.session.scalars(select(Person)).all()), "lists": {}}
    for row in db.session.scalars(select(StatusList)):
        document = strict_json.loads(row.published)
        bits = status_list.decode(document["credentialSubject"]["encodedList"])
        set_ = [i for i in range(len(bits) * 8) if status_list.is_set(bits, i)]
        said["lists"][row.number] = [document["validFrom"], set_]
        if target != pathlib.Path("-"):
            target.mkdir(exist_ok=True)
            (target / str(row.number)).write_bytes(row.published)
print(json.dumps(said))
"""


def main() -> int:
    """Run the drill; return 1 when something did not hold."""
    parser = argparse.ArgumentParser(prog="scripts/drill restore")
    parser.add_argument("--badges", type=int, default=6, help="how many, at least 4")
    count = max(4, parser.parse_args().badges)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="badgeservice-drill-") as name:
        first, blank = Machine(Path(name, "first")), Machine(Path(name, "blank"))
        first.run(section("Install"))
        first.run(section("Begin"))
        badges = [first.issue(number) for number in range(count)]
        is_encrypted = shutil.which("age") is not None
        daily = blocks("Every day")
        first.run(OPENING + daily[0])
        if is_encrypted:
            first.run("age-keygen -o key.txt 2>recipients.txt; sed -i 's/.*: //' recipients.txt\n")
            first.run(OPENING + daily[2])
        revoked, corrected, *kept = badges
        first.run(f"{OPENING}badgeservice revoke {revoked} --reason issued_in_error\n")
        first.run(f"{OPENING}badgeservice correct {corrected} --name 'Anaïs Lemoigne'\n")
        erased = kept.pop()
        first.run(f"{OPENING}badgeservice erase p{count - 1}@example.org --keep-badges --yes\n")
        lost = first.issue(count)
        first.run(f"{OPENING}badgeservice revoke {lost} --reason issued_in_error\n")
        first.run(daily[1])
        public = first.ask(str(first.folder / "published"))
        print(
            f"first machine: {count} badges, then 1 lost; {time.monotonic() - began:.0f} s",
            flush=True,
        )

        began = time.monotonic()
        blank.run(section("Install"))
        for kept_apart in ("settings.env", "secrets", "backups", "elsewhere", "published"):
            copy(first.folder / kept_apart, blank.folder / kept_apart)
        if is_encrypted:
            copy(first.folder / "key.txt", blank.folder / "key.txt")
        shutil.rmtree(first.folder)
        installed = time.monotonic()
        blank.run(section("Restore"))
        took = time.monotonic() - installed
        print(
            f"blank machine: {installed - began:.0f} s to install, {took:.0f} s to restore",
            flush=True,
        )
        wrong = [
            *verdicts(blank, {revoked: {1}, lost: {1, 2, 3}, **{address: {0} for address in kept}}),
            *lists_held(public, blank.ask("-")),
            *persons_held(public, blank.ask("-")),
        ]
        print(f"{len(kept)} sample badges, 1 revoked, 1 lost and revoked, 1 erased ({erased})")
        if is_encrypted:
            wrong += encrypted_comes_back(blank)
        else:
            print("not tried: no `age` here for the encrypted backup")
    for problem in wrong:
        print(f"DOES NOT HOLD: {problem}")
    print("everything held" if not wrong else f"{len(wrong)} problem(s)")
    return 1 if wrong else 0


class Machine:
    """An empty folder with a home of its own, in which the release is unpacked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        home = folder / "home"
        archive = subprocess.run(
            ["git", "archive", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE, check=True
        ).stdout
        subprocess.run(["tar", "-x"], cwd=folder, input=archive, check=True)
        home.mkdir()
        python = Path(sys.base_prefix, "bin")
        self.environment = {
            "HOME": str(home),
            "PATH": f"{python}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
        }

    def run(self, script: str, *, expected: int = 0) -> str:
        """Run lines of shell; the drill is over when they fail. Return what they printed."""
        for line in script.strip().splitlines():
            print(f"  {self.folder.name}$ {line}", flush=True)
        done = self.shell(script)
        if done.returncode != expected:
            sys.exit(f"{done.stdout}{done.stderr}\nexit status {done.returncode}")
        print("".join(f"    {line}\n" for line in done.stdout.splitlines()), end="", flush=True)
        return done.stdout

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run lines of shell as a careful operator does: stop at the first that fails."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def issue(self, number: int) -> str:
        """Issue a badge; return its address."""
        command = f"badgeservice issue --badge {BADGE} --to p{number}@example.org"
        return self.run(f"{OPENING}{command}\n").strip()

    def ask(self, target: str) -> dict[str, object]:
        """Return what the service holds; write its lists into `target`, unless it is "-"."""
        done = self.shell(f"{OPENING}python - {target} <<'END'\n{PUBLISHED}\nEND\n")
        assert done.returncode == 0, done.stderr
        answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
        return answer


def blocks(heading: str) -> list[str]:
    """Return the shell blocks of a section of the page."""
    part = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", PAGE.read_text(), re.M | re.S)
    assert part is not None, heading
    return re.findall(r"^```sh\n(.*?)^```", part[1], re.M | re.S)


def section(heading: str) -> str:
    """Return all commands of a section."""
    return "".join(blocks(heading))


def copy(source: Path, target: Path) -> None:
    """Lay a file or folder beside the blank machine, with its modes."""
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)


def verdicts(machine: Machine, expected: dict[str, set[int]]) -> list[str]:
    """Ask for each badge by its address; one that the register does not know is never green."""
    problems = []
    for address, wanted in expected.items():
        done = machine.shell(f"{OPENING}badgeservice verify {address}\n")
        if done.returncode not in wanted:
            problems.append(f"{address}: exit {done.returncode}, expected one of {sorted(wanted)}")
    return problems


def lists_held(public: dict, restored: dict) -> list[str]:  # type: ignore[type-arg]
    """Compare the restored lists with those that the public had."""
    problems = []
    for number, (dated, bits) in public["lists"].items():
        again, now = restored["lists"].get(number, ("", []))
        print(
            f"list {number}: public of {dated} with {len(bits)} bits, restored of {again} with {len(now)}"
        )
        if again <= dated:
            problems.append(f"list {number} is of {again}, the public one of {dated}")
        if missing := set(bits) - set(now):
            problems.append(f"list {number} lost the bits {sorted(missing)}")
    return problems


def persons_held(public: dict, restored: dict) -> list[str]:  # type: ignore[type-arg]
    """The holder of the lost badge is gone, and nobody who was erased is back."""
    if restored["persons"] == public["persons"] - 1:
        return []
    return [f"{restored['persons']} persons instead of {public['persons'] - 1}"]


def encrypted_comes_back(machine: Machine) -> list[str]:
    """Decrypt the other backup of that day, and put it back in place of the first."""
    shutil.rmtree(machine.folder / "data")
    shutil.rmtree(machine.folder / "signing-keys")
    machine.run(
        f"{OPENING}age --decrypt --identity key.txt backups/today.tar.age | badgeservice restore - "
        "--erasures elsewhere/erasures.jsonl --revocations elsewhere/revocations.jsonl "
        "--published published\n"
    )
    return []


if __name__ == "__main__":
    sys.exit(main())
