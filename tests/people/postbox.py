"""A small mail server of our own: it takes mails, or is closed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from badgeservice.errors import MailNotSent
from badgeservice.mail import Message


@dataclass
class Postbox:
    """The outer edge: takes mails like a mail server, and is closed like one."""

    closed: bool = False
    letters: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> None:
        """Keep the mail, or refuse it."""
        if self.closed:
            raise MailNotSent("closed")
        self.letters.append(message)

    @property
    def token(self) -> str:
        """The token in the link of the last mail."""
        return self._last(r"https://badges\.example/sign-in/(\S+)")

    @property
    def code(self) -> str:
        """The code in the last mail, as it is written there."""
        return self._last(r"^    (\S+)$")

    def _last(self, pattern: str) -> str:
        found = re.search(pattern, self.letters[-1].text, re.MULTILINE)
        assert found
        return found[1]
