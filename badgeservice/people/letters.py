"""The mails that we write, in French and English: plain text, nothing that was typed by a stranger.

A mail goes to whoever owns the address, not to whoever typed it; text that a visitor could choose
would make us carry their message.
"""

from __future__ import annotations

from datetime import datetime

from badgeservice.mail import Message
from badgeservice.verification import words
from badgeservice.verification.words import Language

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

_RESULT_SUBJECT = {
    "fr": "{partner} nous a transmis un résultat qui vous concerne",
    "en": "{partner} sent us a result about you",
}
_RESULT_TEXT = {
    "fr": """\
Bonjour,

{partner} nous a transmis le résultat d'une formation ou d'un atelier que vous avez suivi.
{offer}

Pour le voir, connectez-vous avec cette adresse e-mail :

{link}

Ce résultat n'est pas le vôtre, ou il est faux ? Dites-le à {partner}, ou à nous. Depuis votre
espace, vous pouvez aussi effacer tout ce qui vous concerne.

{service}
""",
    "en": """\
Hello,

{partner} sent us the result of a course or workshop that you attended.
{offer}

To see it, sign in with this e-mail address:

{link}

Is this result not yours, or is it wrong? Tell {partner}, or tell us. From your space you can also
erase all that is about you.

{service}
""",
}
_OFFER = {
    True: {
        "fr": "Un badge vous est proposé. Rien n'est publié sans votre accord.",
        "en": "A badge is offered to you. Nothing is published unless you agree.",
    },
    False: {
        "fr": "Il compte pour vos prochains badges. Rien n'est publié sans votre accord.",
        "en": "It counts towards your next badges. Nothing is published unless you agree.",
    },
}


def result(
    *,
    to: str,
    language: str,
    service: str,
    partner: str,
    is_offered: bool,
    link: str,
    now: datetime,
) -> Message:
    """Return the mail that tells a person of results that a partner sent about them.

    `service` and `partner` are the names of the organisations, `link` where one signs in.
    """
    return Message(
        to=to,
        subject=_RESULT_SUBJECT[language].format(partner=partner),
        text=_RESULT_TEXT[language].format(
            partner=partner, offer=_OFFER[is_offered][language], link=link, service=service
        ),
        language=language,
        date=now,
    )


_ENDING_SUBJECT = {
    "fr": "Votre badge « {badge} » se termine le {day}",
    "en": "Your badge “{badge}” ends on {day}",
}
_ENDING_TEXT = {
    "fr": """\
Bonjour,

Votre badge « {badge} » est valable jusqu'au {day}.

Pour le renouveler, validez de nouveau vos acquis : vous recevrez un badge neuf. Tout est sur la page
de votre badge :

{link}

Si vous ne faites rien, votre badge reste authentique, et dit jusqu'à quand il a valu. C'est le seul
message que nous envoyons à ce sujet.

{service}
""",
    "en": """\
Hello,

Your badge “{badge}” is valid until {day}.

To renew it, show again what you know: you will receive a new badge. All you need is on the page of
your badge:

{link}

If you do nothing, your badge stays authentic, and says until when it was valid. This is the only
message that we send about it.

{service}
""",
}


def ending(
    *,
    to: str,
    language: Language,
    service: str,
    badge: str,
    ends: datetime,
    link: str,
    now: datetime,
) -> Message:
    """Return the mail that tells the holder of a badge that its time ends, and how to renew it.

    `badge` is the name of its class, `ends` the instant, `link` its page for its holder.
    """
    said = {"badge": badge, "day": words.date(ends, language), "link": link, "service": service}
    return Message(
        to=to,
        subject=_ENDING_SUBJECT[language].format(**said),
        text=_ENDING_TEXT[language].format(**said),
        language=language,
        date=now,
    )


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
