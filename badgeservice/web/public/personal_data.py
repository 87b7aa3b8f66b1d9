"""What we hold about people, in words: one line for every column that holds personal data.

A test compares these columns with those that the models register, so that no page forgets one.
"""

from __future__ import annotations

from flask_babel import gettext


def held() -> dict[str, tuple[str, str]]:
    """Return, by column, what it holds, and why and for how long, in the reader's language."""
    email = gettext("Votre adresse e-mail")
    email_why = gettext(
        "Pour vous envoyer le code de connexion et des nouvelles de vos badges. Jusqu'à "
        "l'effacement de votre compte ; 24 heures si vous ne l'avez jamais confirmée."
    )
    return {
        "person.email": (email, email_why),
        "person.email_index": (
            gettext("Une empreinte de cette adresse"),
            gettext("Pour retrouver votre compte sans lire votre adresse. Même durée."),
        ),
        "person.name": (
            gettext("Votre nom, si vous le donnez"),
            gettext("Pour le proposer sur vos badges. Vous pouvez le retirer à tout moment."),
        ),
        "saved_answer.answer": (
            gettext("Vos réponses aux quiz"),
            gettext("Pour reprendre un quiz et le corriger. Jusqu'à l'effacement de votre compte."),
        ),
        "attempt.result": (
            gettext("Vos résultats"),
            gettext("Pour vous dire quoi relire. Jusqu'à l'effacement de votre compte."),
        ),
        "evidence.statement": (
            gettext("Ce qu'une personne habilitée a écrit de votre travail"),
            gettext(
                "Pour vous le montrer, et à qui décide d'un badge. La vie des badges qui en "
                "dépendent et 5 ans, ou jusqu'à l'effacement."
            ),
        ),
        "award.dossier": (
            gettext("Le dossier de chaque badge"),
            gettext(
                "Pour montrer sur quoi il repose et pouvoir refaire la décision. La vie du badge "
                "et 5 ans, ou jusqu'à l'effacement de votre compte."
            ),
        ),
        "result_list.file": (
            gettext("Le nom d'un fichier déposé par un organisme partenaire"),
            gettext("Pour qu'il le reconnaisse. 7 jours après l'envoi ; un jour sans envoi."),
        ),
        "result_list.digest": (
            gettext("Une empreinte de ce fichier"),
            gettext(
                "Pour ne pas l'enregistrer deux fois. Un an après l'envoi ; un jour sans envoi."
            ),
        ),
        "result_list_row.cells": (
            gettext("Ce qu'un organisme partenaire a écrit de vous dans une liste de résultats"),
            gettext(
                "Pour qu'il la vérifie avant de l'envoyer. Jusqu'à l'enregistrement ; un jour sans "
                "envoi, 7 jours pour une ligne qui n'a pas pu être enregistrée."
            ),
        ),
        "result_list_row.person_index": (
            gettext("Une empreinte de votre adresse dans cette liste"),
            gettext("Pour vous en effacer si vous le demandez. Même durée."),
        ),
        "result_list_row.deed_index": (
            gettext("Une empreinte de cette ligne"),
            gettext("Pour voir que deux lignes disent la même chose. Même durée."),
        ),
        "credential_bytes.sealed": (
            gettext("Vos badges"),
            gettext("Pour les servir à qui vous l'avez permis. Jusqu'à ce que vous les effaciez."),
        ),
    }
