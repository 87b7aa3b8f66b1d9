"""The mails that we write, in French and English: plain text, nothing that was typed by a stranger.

A mail goes to whoever owns the address, not to whoever typed it; text that a visitor could choose
would make us carry their message.
"""

from __future__ import annotations

from datetime import datetime

from badgeservice.mail import Message

_SIGN_IN_SUBJECT = {
    "fr": "Votre lien pour vous connecter à {service}",
    "en": "Your link to sign in to {service}",
}
_SIGN_IN_TEXT = {
    "fr": """\
Bonjour,

Pour vous connecter à {service}, ouvrez cette adresse, puis confirmez :

{link}

Vous lisez ce message sur un autre appareil ? Tapez plutôt ce code sur la page de connexion :

    {code}

Le lien et le code servent une seule fois, pendant {minutes} minutes. Ne donnez ce code à personne,
même à quelqu'un qui dit appeler de notre part.

Vous n'avez rien demandé ? Ne faites rien : sans vous, personne ne se connecte à votre place.

{service}
""",
    "en": """\
Hello,

To sign in to {service}, open this address, then confirm:

{link}

Are you reading this on another device? Type this code on the sign-in page instead:

    {code}

The link and the code can be used once, for {minutes} minutes. Give this code to no one, not even to
someone who says they are calling from us.

You asked for nothing? Do nothing: without you, nobody signs in in your place.

{service}
""",
}


def sign_in(
    *, to: str, language: str, service: str, link: str, code: str, minutes: int, now: datetime
) -> Message:
    """Return the mail with the link and the code by which a person signs in.

    `service` is the name of the organisation; `code` is written as the person should read it.
    """
    return Message(
        to=to,
        subject=_SIGN_IN_SUBJECT[language].format(service=service),
        text=_SIGN_IN_TEXT[language].format(service=service, link=link, code=code, minutes=minutes),
        language=language,
        date=now,
    )
