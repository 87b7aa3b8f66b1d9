"""The mailbox page: in development, mails are shown instead of sent. Not served in production."""

from __future__ import annotations

import re
from typing import cast

from flask import Blueprint, render_template
from markupsafe import Markup, escape

from badgeservice.extensions import services
from badgeservice.mail import DevelopmentMailbox

bp = Blueprint("development", __name__)


@bp.get("/development/mail")
def mailbox() -> str:
    """Show the mails that would have been sent, the newest first."""
    box = cast(DevelopmentMailbox, services().mailer)
    return render_template("development/mailbox.html", messages=box.messages(), linked=linked)


def linked(text: str) -> Markup:
    """Return the text of a mail with its own addresses as links, everything else escaped."""
    base_url = services().settings.base_url
    ours = re.compile(rf"{re.escape(base_url)}/[A-Za-z0-9/_.~-]*")
    parts, end = [], 0
    for match in ours.finditer(text):
        address = match[0].removeprefix(base_url)
        parts += [
            escape(text[end : match.start()]),
            Markup('<a href="{0}">{1}</a>').format(address, match[0]),
        ]
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])
