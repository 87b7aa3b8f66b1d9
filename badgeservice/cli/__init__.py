"""The `badgeservice` command: argument parsing around the rooms below, nothing else.

Each module here holds some commands; `COMMANDS` names them all. A command loads its own module and
no other, so that `badgeservice verify` does not wait for what issues badges.
"""

from __future__ import annotations

import errno
from importlib import import_module
from typing import IO, Any

import click

from badgeservice.errors import BadgeserviceError

COMMANDS = {
    "audit": "audit:audit",
    "backup": "operations:backup",
    "catalogue": "catalogue:catalogue",
    "correct": "badges:correct",
    "doctor": "operations:doctor",
    "endorse": "endorsements:endorse_command",
    "endorsements": "endorsements:endorsements_command",
    "erase": "personal_data:erase",
    "freeze": "freeze:freeze",
    "halt": "operations:halt",
    "issue": "badges:issue",
    "issuers": "issuers:issuers",
    "jobs": "work:jobs",
    "keys": "keys:keys",
    "kit": "badges:make_kit",
    "partners": "partners:partners",
    "purge": "personal_data:purge",
    "reinstate": "badges:reinstate",
    "reissue": "reissue:command",
    "replay": "audit:replay",
    "replay-erasures": "personal_data:replay_erasures",
    "restore": "operations:restore",
    "resume": "operations:resume",
    "revoke": "badges:revoke",
    "setup": "setup:setup",
    "suspend": "badges:suspend",
    "verify": "verify:verify",
    "worker": "work:work",
}
"""Where each command is: module of this package, and name there."""


class _Failed(click.ClickException):
    """What went wrong, in one sentence."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Say it on standard error."""
        click.echo(f"badgeservice: {self.message}", file=file, err=file is None)


class _Late(click.Group):
    """A group whose commands are loaded when they are called, or when help is asked for.

    What went wrong in one is a sentence and exit status 1.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of this name, None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(f"{__name__}.{module}"), name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Call the command."""
        try:
            return super().invoke(ctx)
        except BadgeserviceError as error:
            raise _Failed(error.message) from None
        except UnicodeError:
            raise _Failed("an argument or a file is not text in UTF-8") from None
        except OSError as error:  # a folder that cannot be written, a disk that is full
            if error.errno == errno.EPIPE:  # nobody reads on
                raise
            where = error.filename or "input or output"
            raise _Failed(f"{where}: {error.strerror or error}") from None


@click.group(cls=_Late)
@click.version_option(package_name="badgeservice")
def main() -> None:
    """Turn evidence of learning into Open Badges that anyone can check."""
