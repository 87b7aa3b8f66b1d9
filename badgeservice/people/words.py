"""What a person reads when what they typed cannot be used, by the code of the error."""

from __future__ import annotations

from badgeservice.errors import BadgeserviceError

SENTENCES: dict[str, dict[str, str]] = {
    "email_missing": {
        "fr": "Indiquez votre adresse e-mail.",
        "en": "Type your e-mail address.",
    },
    "email_too_long": {
        "fr": "Cette adresse e-mail est trop longue. Vérifiez-la.",
        "en": "This e-mail address is too long. Check it.",
    },
    "email_characters": {
        "fr": "Cette adresse e-mail contient un espace ou un caractère invisible. Tapez-la à la "
        "main, sans espace.",
        "en": "This e-mail address contains a space or an invisible character. Type it by hand, "
        "without spaces.",
    },
    "email_at_sign": {
        "fr": "Une adresse e-mail contient un seul signe @, par exemple lea@exemple.fr.",
        "en": "An e-mail address has one @ sign, for example lea@example.org.",
    },
    "email_local_part": {
        "fr": "Vérifiez le début de l'adresse, avant le signe @ : lettres sans accent, chiffres, "
        "points et tirets.",
        "en": "Check the beginning of the address, before the @ sign: letters without accents, "
        "digits, dots and hyphens.",
    },
    "email_domain": {
        "fr": "Vérifiez la fin de l'adresse, après le signe @, par exemple exemple.fr.",
        "en": "Check the end of the address, after the @ sign, for example example.org.",
    },
    "name_missing": {
        "fr": "Indiquez un nom, avec au moins une lettre.",
        "en": "Type a name, with at least one letter.",
    },
    "name_too_long": {
        "fr": "Ce nom est trop long : 100 caractères au plus.",
        "en": "This name is too long: at most 100 characters.",
    },
    "name_characters": {
        "fr": "Ce nom contient un caractère que nous ne pouvons pas afficher. Tapez-le à la main.",
        "en": "This name contains a character that we cannot show. Type it by hand.",
    },
    "sign_in_refused": {
        "fr": "Ce lien ou ce code ne fonctionne plus. Il sert une seule fois, pendant 20 minutes. "
        "Demandez-en un nouveau.",
        "en": "This link or code no longer works. It can be used once, for 20 minutes. "
        "Ask for a new one.",
    },
    "too_many_sign_in_requests": {
        "fr": "Nous avons déjà envoyé plusieurs messages à cette adresse. Utilisez le plus récent, "
        "ou réessayez dans une heure.",
        "en": "We have already sent several messages to this address. Use the latest one, "
        "or try again in an hour.",
    },
    "mail_not_sent": {
        "fr": "Nous n'avons pas pu envoyer le message. Rien n'est perdu : réessayez dans quelques "
        "minutes.",
        "en": "We could not send the message. Nothing is lost: try again in a few minutes.",
    },
    "mail_deferred": {
        "fr": "Cette adresse ne reçoit pas notre message pour l'instant. Vérifiez-la, ou réessayez "
        "dans quelques minutes.",
        "en": "This address does not accept our message at the moment. Check it, or try again in a "
        "few minutes.",
    },
    "recipient_refused": {
        "fr": "Cette adresse ne reçoit pas notre message. Vérifiez-la, ou contactez-nous.",
        "en": "This address does not accept our message. Check it, or contact us.",
    },
}


def explain(error: BadgeserviceError, language: str) -> str:
    """Return what happened and what to do next, in "fr" or "en", for an error of this room."""
    return SENTENCES[error.code][language]
