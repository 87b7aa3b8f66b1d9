"""What this room says to people, in French and in English."""

from __future__ import annotations

from badgeservice.catalogue.text import Text
from badgeservice.issuing.models import Reason

REPLACED = Text(fr="remplacé par une nouvelle édition", en="replaced by a newer edition")

# Neutral: the page of a badge that is not in force accuses nobody.
REASONS = {
    Reason.ISSUED_IN_ERROR: Text(
        fr="Motif : il avait été délivré par erreur.",
        en="Reason: it had been issued in error.",
    ),
    Reason.EVIDENCE_WITHDRAWN: Text(
        fr="Motif : la preuve sur laquelle il reposait a été retirée.",
        en="Reason: the evidence that it rested on was withdrawn.",
    ),
    Reason.HOLDER_REQUEST: Text(
        fr="Motif : la personne qui le détient l'a demandé.",
        en="Reason: its holder asked for it.",
    ),
    Reason.UNDER_REVIEW: Text(
        fr="L'émetteur vérifie ce badge. Ne concluez rien avant qu'il ait terminé.",
        en="Its issuer is looking into it. Conclude nothing before they have finished.",
    ),
}
