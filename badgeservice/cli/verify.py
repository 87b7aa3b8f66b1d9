"""The command `badgeservice verify`: a verdict on anything, in words and as an exit code."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import click

from badgeservice import documents, verification
from badgeservice.errors import BadgeserviceError, BadTimestamp, Unreadable
from badgeservice.openbadges import timestamps
from badgeservice.verification import words
from badgeservice.verification.codes import Code, Outcome
from badgeservice.verification.fetching import Fetch
from badgeservice.verification.issuers import NOBODY_KNOWN, Issuers
from badgeservice.verification.recipient import Answer
from badgeservice.verification.register import EmptyRegister, Register
from badgeservice.verification.report import EndorsementReport, Report, Verdict
from badgeservice.verification.submission import MAXIMUM_BYTES
from badgeservice.verification.summary import Summary
from badgeservice.verification.words import Language

OpenInstallation = Callable[[], AbstractContextManager[tuple[Fetch, Register, Issuers]]]
"""Opens the running installation: who answers for an address, its register, whom it knows."""

EXIT_CODES = {Verdict.GREEN: 0, Verdict.RED: 1, Verdict.AMBER: 2, Verdict.UNREADABLE: 3}

_MARKS = {Outcome.PASSED: "✔", Outcome.UNKNOWN: "!", Outcome.FAILED: "✘"}
_ANSWER_MARKS = {Answer.MATCHES: Outcome.PASSED, Answer.DIFFERS: Outcome.FAILED}
_VERDICT_MARKS = {
    Verdict.GREEN: "✔",
    Verdict.AMBER: "!",
    Verdict.RED: "✘",
    Verdict.UNREADABLE: "?",
}


class _CannotVerify(click.ClickException):
    """Nothing was verified, so the exit code is none of the verdicts'."""

    exit_code = 4


class _Instant(click.ParamType[datetime]):
    """An instant as in the documents themselves: RFC 3339, with its zone."""

    name = "instant"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the instant in UTC."""
        try:
            return timestamps.read(value)
        except BadTimestamp as error:
            self.fail(f"{error.message} (2026-11-23T09:00:00Z)", param, ctx)


def make_verify_command(open_installation: OpenInstallation) -> click.Command:
    """Return the command; without `--documents`, it asks the installation that is opened so."""

    @click.command("verify")
    @click.argument("source", metavar="INPUT")
    @click.option("--json", "as_json", is_flag=True, help="Print the whole report as JSON.")
    @click.option("--at", type=_Instant(), metavar="TIME", help="Verify as of TIME instead of now.")
    @click.option(
        "--documents",
        "folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        help="Answer every address from DIR/index.json; no network, no installation.",
    )
    @click.option(
        "--recipient",
        metavar="WHO",
        help="Say too whether it is theirs: an e-mail address or a DID.",
    )
    @click.option("--lang", type=click.Choice(["fr", "en"]), help="Language of the report.")
    def verify(
        source: str,
        as_json: bool,
        at: datetime | None,
        folder: Path | None,
        recipient: str | None,
        lang: Language | None,
    ) -> None:
        """Verify a badge: a file, "-" for standard input, an address, or a JWT.

        Exit code: 0 green, 1 red, 2 amber, 3 unreadable; 4 if nothing could be verified. Whose badge
        it is changes none of them.
        """
        now = at or datetime.now(UTC)
        try:
            submission = verification.recognise(_read(source))
            answering = _from_folder(folder) if folder else open_installation()
            with answering as (fetch, register, issuers):
                report = verification.verify(
                    submission,
                    fetch=fetch,
                    register=register,
                    now=now,
                    issuers=issuers,
                    recipient=recipient,
                )
        except Unreadable as error:
            report = verification.unreadable(error, now=now)
        except BadgeserviceError as error:
            raise _CannotVerify(error.message) from None
        if as_json:
            click.echo(json.dumps(report.to_json(lang or "en"), ensure_ascii=False, indent=2))
        else:
            click.echo("\n".join(_lines(report, lang or _language_of_the_environment())))
        sys.exit(EXIT_CODES[report.verdict])

    return verify


def _read(source: str) -> bytes:
    """Return what INPUT names: standard input, a file, or what was pasted as the argument itself.

    No more is read than what shows that it is too much.
    """
    if source == "-":
        return sys.stdin.buffer.read(MAXIMUM_BYTES + 1)
    try:
        with Path(source).open("rb") as file:
            return file.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        if source.startswith(("http://", "https://", "ey")):
            return os.fsencode(source)
        shown = os.fsencode(source).decode(errors="replace")  # a file's name need not be text
        raise Unreadable(f"{shown}: {error.strerror}", code=Code.NOT_A_BADGE) from None


def _language_of_the_environment() -> Language:
    """Return English if that is the language of the terminal, French otherwise."""
    return "en" if os.environ.get("LANG", "").startswith("en") else "fr"


def _lines(report: Report, language: Language) -> list[str]:
    lines = [f"{_VERDICT_MARKS[report.verdict]} {words.sentence(report, language)}"]
    if report.recipient:
        mark = _ANSWER_MARKS.get(report.recipient.answer, Outcome.UNKNOWN)
        lines.append(f"{_MARKS[mark]} {report.recipient.answer.in_words(language)}")
    lines += _details(report, language)
    return lines + _details(report.beside, language) if report.beside else lines


def _details(report: Report, language: Language) -> list[str]:
    lines = ["", *_facts(report.credential, language)] if report.credential else []
    lines.append("")
    for finding in report.findings:
        detail = f" [{_visible(finding.detail)}]" if finding.detail else ""
        mark = _MARKS[finding.outcome]
        lines.append(f"  {mark} {words.explain(finding, language)} ({finding.code}){detail}")
    for endorsement in report.endorsements:
        lines += ["", *_endorsement(endorsement, language)]
    return lines


def _endorsement(found: EndorsementReport, language: Language) -> Iterator[str]:
    """Yield what was found of an endorsement, and its words only if they are the endorser's."""
    mark = Outcome.PASSED if found.is_good else Outcome.FAILED if found.is_bad else Outcome.UNKNOWN
    yield f"  {_MARKS[mark]} {words.endorsement_sentence(found, language)}"
    if found.by_itself:
        yield f"    {words.BY_ITSELF[language]}"
    if found.endorsement and found.is_good:
        said = (found.endorsement.endorser_name, found.endorsement.comment)
        yield from (f"    {_visible(text)}" for text in said if text)
    if codes := [f.code for f in found.report.problems if f.code is not Code.ISSUER_NOT_KNOWN]:
        yield f"    ({', '.join(dict.fromkeys(codes))})"


def _facts(badge: Summary, language: Language) -> list[str]:
    """Return what the badge says, the domain of its issuer before the name it gives itself."""
    labels = {
        "fr": ("Badge", "Émetteur", "Personne", "Comment", "Délivré le", "Valable jusqu'au"),
        "en": ("Badge", "Issuer", "Person", "How", "Issued on", "Valid until"),
    }[language]
    issuer = " · ".join(filter(None, (badge.issuer_domain or badge.issuer_id, badge.issuer_name)))
    how = ", ".join(level.name for level in badge.achieved_levels if level.name)
    instants = (badge.awarded or badge.valid_from, badge.valid_until)
    days = (words.date(instant, language) if instant else None for instant in instants)
    facts = zip(labels, (badge.name, issuer, badge.recipient_name, how, *days), strict=True)
    # One line each: what a stranger wrote must not look like a line of ours.
    return [f"  {label}: {_visible(value)}" for label, value in facts if value]


def _visible(text: str) -> str:
    """Return `text` with what would move the cursor, or reverse the writing, made visible."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _from_folder(folder: Path) -> AbstractContextManager[tuple[Fetch, Register, Issuers]]:
    return nullcontext((documents.directory_fetch(folder), EmptyRegister(), NOBODY_KNOWN))


@contextmanager
def _verifying() -> Iterator[tuple[Fetch, Register, Issuers]]:
    """Open this installation: who answers its verifier."""
    from badgeservice.cli import opening

    with opening.installation() as (_session, here):
        sources = here.desk.sources()
        yield sources.fetch, sources.register, here.desk.issuers(here.clock())


verify = make_verify_command(_verifying)
