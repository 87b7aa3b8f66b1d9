"""Judge the corpus with a verifier and print the table by class (scripts/attacks run).

Without a command, ours is asked in this process. Exit 1 if an attack is accepted or a control
refused; for our own verifier also if any answer is not the expected one, reason included.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict

from tests.attacks import corpus
from tests.attacks.corpus import Answer, Stored

COLUMNS = ("cases", "accepted", "refused", "undecided", "failed", "as expected")


def column(answer: Answer) -> str:
    """Return under which heading an answer is counted."""
    if answer.accepts:
        return "accepted"
    names = {"red": "refused", "unreadable": "refused", "amber": "undecided"}
    return names.get(answer.verdict, "failed")


def main() -> int:
    """Print the table and return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/attacks run", description=__doc__)
    parser.add_argument("--class", dest="group", default="", metavar="WORD")
    parser.add_argument("command", nargs="*", help="a verifier; ours if none is given")
    options = parser.parse_args()
    ask = corpus.ask_command(options.command) if options.command else corpus.ask_in_process
    counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COLUMNS, 0))
    wrong: list[tuple[Stored, list[str]]] = []
    failed = False
    for case in corpus.stored():
        if options.group not in case.group:
            continue
        answer = ask(case)
        problems = corpus.problems(case, answer)
        row = counts[case.group]
        row["cases"] += 1
        row[column(answer)] += 1
        row["as expected"] += not problems
        if problems:
            wrong.append((case, problems))
        failed = failed or answer.accepts is not case.is_sound
    print(f"{'class':22}" + "".join(f"{name:>12}" for name in COLUMNS))
    for group, row in counts.items():
        print(f"{group:22}" + "".join(f"{row[name]:>12}" for name in COLUMNS))
    total = [sum(row[name] for row in counts.values()) for name in COLUMNS]
    print(f"{'all':22}" + "".join(f"{number:>12}" for number in total))
    if not options.command:
        for case, problems in wrong:
            print(f"{case.name}: {'; '.join(problems)}")
    return 1 if failed or (wrong and not options.command) else 0


if __name__ == "__main__":
    sys.exit(main())
