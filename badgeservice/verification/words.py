"""The report in words, French and English: one sentence that a shopkeeper understands.

The sentence never says more than was established, and never a word of our trade; those stand in the
details, which `explain` gives finding by finding.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from badgeservice.verification import reading
from badgeservice.verification.codes import Check, Code, Outcome
from badgeservice.verification.report import (
    EndorsementReport,
    Finding,
    Integrity,
    Issuer,
    Report,
    Status,
    Verdict,
)

Language = Literal["fr", "en"]

ZONE = ZoneInfo("Europe/Paris")
"""Where the days of our sentences begin and end: those who read them live there."""

_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
}

FORMATS = {
    "fr": "un badge en image PNG ou SVG ou joint à un PDF, un fichier .json ou .jwt, ou l'adresse d'un badge",
    "en": "a badge as a PNG or SVG image or attached to a PDF, a .json or .jwt file, or the address of a badge",
}
"""What can be submitted."""

_QUESTIONS = {
    Check.SUBMISSION: {"fr": "l'adresse du badge", "en": "the badge's address"},
    Check.PROFILE: {"fr": "la façon dont le fichier est écrit", "en": "how the file is written"},
    Check.STRUCTURE: {"fr": "le contenu du badge", "en": "the badge's content"},
    Check.PROOF: {"fr": "la signature de l'émetteur", "en": "the issuer's signature"},
    Check.DATES: {"fr": "les dates", "en": "the dates"},
    Check.STATUS: {"fr": "un éventuel retrait", "en": "whether it was withdrawn"},
    Check.REGISTER: {"fr": "notre registre", "en": "our register"},
    Check.ISSUER: {"fr": "l'identité de l'émetteur", "en": "who the issuer is"},
}

_AT_ITS_ADDRESS = {
    "fr": "ce qui se trouve aux adresses du badge",
    "en": "what stands at the badge's addresses",
}
_THE_BADGE = {"fr": "le badge lui-même", "en": "the badge itself"}
_QUESTIONS_BY_CODE = dict.fromkeys(
    (
        Code.DOCUMENT_NOT_ADDRESSED,
        Code.DOCUMENT_UNREACHABLE,
        Code.DOCUMENT_REDIRECTED,
        Code.DOCUMENT_UNREADABLE,
    ),
    _AT_ITS_ADDRESS,
) | dict.fromkeys(
    (Code.INTERRUPTED_BY_TIME, Code.INTERRUPTED_BY_MEMORY, Code.INTERRUPTED_BY_FAULT),
    _THE_BADGE,
)

_UNPROVEN = (
    Code.PROOF_MISSING,
    Code.PROOF_PURPOSE,
    Code.PROOF_NOT_CURRENT,
    Code.ALGORITHM_NOT_ALLOWED,
    Code.ISSUER_MISSING,
    Code.ISSUER_DOCUMENT_MISMATCH,
    Code.BAD_DID,
    Code.METHOD_NOT_IN_ISSUER_DOCUMENT,
    Code.KEY_NOT_BOUND,
    Code.METHOD_AMBIGUOUS,
    Code.CONTROLLER_MISMATCH,
    Code.KEY_EXPIRED,
    Code.KEY_REVOKED,
    Code.KEY_REFUSED,
    Code.KEY_TYPE,
    Code.PRIVATE_KEY,
    Code.NOT_HOSTED,
    Code.HOSTED_OUT_OF_SCOPE,
    Code.DOCUMENT_MISMATCH,
)
"""The failures that say nothing of the content, only that the named issuer does not stand by it."""

_ON_TRIAL = {
    "fr": "Badge d'essai, délivré par un site de démonstration : il ne prouve rien",
    "en": "Trial badge, issued by a demonstration site: it proves nothing",
}

_NOT_KNOWN = {
    Code.ISSUER_KEY_CHANGED: {
        "fr": "La clé de cet émetteur a changé{on}, et nous ne l'avons pas encore confirmée",
        "en": "This issuer's key changed{on}, and we have not confirmed it yet",
    },
    Code.ISSUER_OUT_OF_SCOPE: {
        "fr": "Nous connaissons cet émetteur, mais pas pour ce badge",
        "en": "We know this issuer, but not for this badge",
    },
    Code.ISSUER_OUT_OF_TIME: {
        "fr": "Nous connaissons cet émetteur, mais pas à la date de ce badge",
        "en": "We know this issuer, but not at the date of this badge",
    },
    Code.ISSUER_NOT_KNOWN: {
        "fr": "Nous ne connaissons pas cet émetteur",
        "en": "We do not know this issuer",
    },
}
"""What to add to an intact badge whose issuer cannot be relied on for it."""

_CAUTION = {
    Code.IMPERSONATION_SUSPECTED: {
        "fr": "Attention : l'émetteur, {signer}, ressemble à {other} et n'est pas lui. "
        "Ne concluez pas sans demander à {other}",
        "en": "Caution: the issuer, {signer}, resembles {other} and is somebody else. "
        "Do not conclude without asking {other}",
    },
    Code.ISSUER_NAME_DISGUISED: {
        "fr": "Attention : le nom de l'émetteur est écrit avec des caractères trompeurs. "
        "Son adresse est {signer}",
        "en": "Caution: the issuer's name is written with deceptive characters. "
        "Its address is {signer}",
    },
}
"""What to say first, whatever else is well."""

_NOT_IN_FORCE = {
    Status.WITHDRAWN: {
        "fr": "Ce badge n'est plus public, à la demande de la personne concernée",
        "en": "This badge is no longer public, at the person's request",
    },
    Status.SUPERSEDED: {
        "fr": "Ce fichier a été remplacé{on} ; voici la version actuelle",
        "en": "This file was replaced{on}; here is the current version",
    },
    Status.REVOKED: {
        "fr": "{opening}, mais retiré par l'émetteur{on}",
        "en": "{opening}, withdrawn by its issuer{on}",
    },
    Status.SUSPENDED: {
        "fr": "Badge suspendu par l'émetteur",
        "en": "Badge suspended by its issuer",
    },
    Status.EXPIRED: {
        "fr": "{opening}, valable jusqu'au {day}",
        "en": "{opening}, valid until {day}",
    },
    Status.NOT_YET_VALID: {
        "fr": "{opening}, valable à partir du {day}",
        "en": "{opening}, valid from {day}",
    },
}


_ENDORSEMENT_NOT_IN_FORCE = {
    Status.WITHDRAWN: {"fr": "Recommandation effacée", "en": "Endorsement erased"},
    Status.SUPERSEDED: {"fr": "Recommandation remplacée{on}", "en": "Endorsement replaced{on}"},
    Status.REVOKED: {
        "fr": "Recommandation signée par {domain}, qui l'a retirée{on}",
        "en": "Endorsement signed by {domain}, who has withdrawn it{on}",
    },
    Status.SUSPENDED: {
        "fr": "Recommandation signée par {domain}, qui l'a suspendue",
        "en": "Endorsement signed by {domain}, who has suspended it",
    },
    Status.EXPIRED: {
        "fr": "Recommandation signée par {domain}, valable jusqu'au {day}",
        "en": "Endorsement signed by {domain}, valid until {day}",
    },
    Status.NOT_YET_VALID: {
        "fr": "Recommandation signée par {domain}, valable à partir du {day}",
        "en": "Endorsement signed by {domain}, valid from {day}",
    },
}


def local(instant: datetime) -> datetime:
    """Return an instant in `ZONE`; as it is where the calendar ends, which some badges are valid to.

    >>> from datetime import UTC
    >>> local(datetime(9999, 12, 31, 23, 59, tzinfo=UTC)).isoformat()
    '9999-12-31T23:59:00+00:00'
    """
    try:
        return instant.astimezone(ZONE)
    except OverflowError:
        return instant


def date(instant: datetime, language: Language) -> str:
    """Return the day of an instant, in full, as people in France count days.

    >>> from datetime import UTC
    >>> date(datetime(2026, 10, 31, 23, tzinfo=UTC), "fr")
    '1er novembre 2026'
    """
    instant = local(instant)
    month = _MONTHS[language].split()[instant.month - 1]
    day = "1er" if language == "fr" and instant.day == 1 else str(instant.day)
    return f"{day} {month} {instant.year}"


def explain(finding: Finding, language: Language) -> str:
    """Return what a finding means, in one sentence."""
    return finding.code.in_words(language)


def sentence(report: Report, language: Language) -> str:
    """Return the verdict as one sentence; of two badges in one image, what to think of each."""
    if report.beside:
        first = sentence(replace(report, beside=None), language)
        second = sentence(report.beside, language)
        return {
            "fr": f"Cette image contient deux badges. Le premier : {_inner(first)}. "
            f"Le second, d'un format plus ancien : {_inner(second)}",
            "en": f"This image holds two badges. The first: {_inner(first)}. "
            f"The second, in an older format: {_inner(second)}",
        }[language]
    if report.verdict is Verdict.UNREADABLE:
        return {
            "fr": f"Nous ne trouvons pas de badge dans ce fichier. Formats acceptés : {FORMATS['fr']}",
            "en": f"We find no badge in this file. Accepted formats: {FORMATS['en']}",
        }[language]
    if report.integrity is Integrity.INVALID:
        return _invalid(report)[language]
    if report.status not in (Status.ACTIVE, Status.UNKNOWN):
        return _not_in_force(report, language)
    if caution := report.find(*_CAUTION):
        signer, other = _told_apart(report, caution.detail, language)
        return _CAUTION[caution.code][language].format(signer=signer, other=other)
    if report.verdict is Verdict.GREEN:
        return _genuine(report)[language]
    if (report.integrity, report.status) == (Integrity.VALID, Status.ACTIVE):
        if report.find(Code.TRIAL):
            return _ON_TRIAL[language]
        if unknown := report.find(*_NOT_KNOWN):
            day = date(unknown.at, language) if unknown.at else ""
            on = {"fr": f" le {day}", "en": f" on {day}"}[language] if day else ""
            reason = _NOT_KNOWN[unknown.code][language].format(on=on)
            return f"{_opening(report, language)}. {reason}"
    unchecked = _unchecked(report, language)
    return {
        "fr": f"Nous n'avons pas pu tout vérifier ({unchecked}). Réessayez plus tard ; "
        "ne concluez pas encore",
        "en": f"We could not check everything ({unchecked}). Try again later; do not conclude yet",
    }[language]


def _genuine(report: Report) -> dict[str, str]:
    """Return that all is well, and of another's badge whose it is: by domain, then by our name."""
    if report.known_issuer is None:
        return {"fr": "Badge authentique et actif", "en": "Genuine badge, active"}
    known = report.known_issuer.name
    domain = report.credential.issuer_domain if report.credential else None
    who = f"{domain} ({known})" if domain else known
    return {
        "fr": f"Badge authentique et actif, délivré par {who}, que nous connaissons",
        "en": f"Genuine badge, active, issued by {who}, whom we know",
    }


def _told_apart(report: Report, other: str, language: Language) -> tuple[str, str]:
    """Return how to call the issuer and whom it resembles: by domains, if these differ."""
    identifier = (report.credential.issuer_id if report.credential else None) or ""
    domains = reading.domain(identifier), reading.domain(other)
    if domains[0] is not None and domains[0] == domains[1]:
        return identifier, other
    nowhere = {"fr": "sans adresse web", "en": "without a web address"}[language]
    return domains[0] or nowhere, domains[1] or other


def _inner(sentence: str) -> str:
    """Return a sentence as it goes on after a colon."""
    return sentence[0].lower() + sentence[1:]


BY_ITSELF = {
    "fr": "Ce n'est pas l'avis d'un tiers",
    "en": "It is not the opinion of a third party",
}
"""What to add when the endorser is the issuer, or is what it endorses."""


def endorsement_sentence(endorsement: EndorsementReport, language: Language) -> str:
    """Return what was found of an endorsement, as one sentence.

    Who endorses stands beside it; here it is called by its domain, for a name can be borrowed.
    """
    report, said = endorsement.report, endorsement.endorsement
    domain = said.endorser_domain if said else None
    signer = (
        domain or {"fr": "une clé sans adresse web", "en": "a key without a web address"}[language]
    )
    if report.integrity is Integrity.INVALID:
        return _invalid_endorsement(report, domain)[language]
    if endorsement.is_bad:
        words = _ENDORSEMENT_NOT_IN_FORCE[report.status][language]
        return words.format(domain=signer, **_when(report, language))
    if endorsement.is_good:
        return {
            "fr": f"Recommandation intacte, signée par {signer}",
            "en": f"Endorsement intact, signed by {signer}",
        }[language]
    unchecked = _unchecked(report, language)
    if not unchecked:
        return {
            "fr": "Recommandation non vérifiée, car le badge lui-même n'a pas pu l'être",
            "en": "Endorsement not checked, because the badge itself could not be",
        }[language]
    return {
        "fr": f"Recommandation que nous n'avons pas pu vérifier ({unchecked})",
        "en": f"Endorsement that we could not check ({unchecked})",
    }[language]


def _invalid_endorsement(report: Report, domain: str | None) -> dict[str, str]:
    if report.find(Code.ENDORSES_SOMETHING_ELSE):
        return {
            "fr": "Ne vous fiez pas à cette recommandation : elle porte sur autre chose",
            "en": "Do not rely on this endorsement: it is about something else",
        }
    if report.find(Code.BAD_SIGNATURE, Code.DIFFERS_FROM_REGISTER):
        return {
            "fr": "Ne vous fiez pas à cette recommandation : son contenu a été modifié",
            "en": "Do not rely on this endorsement: its content was changed",
        }
    if report.find(*_UNPROVEN, Code.NOT_IN_REGISTER):
        return {
            "fr": "Ne vous fiez pas à cette recommandation : rien ne prouve qu'elle vient de "
            f"{domain or 'la source indiquée'}",
            "en": "Do not rely on this endorsement: nothing proves that it comes from "
            f"{domain or 'whom it names'}",
        }
    return {
        "fr": "Ne vous fiez pas à cette recommandation : elle n'est pas écrite comme elle doit l'être",
        "en": "Do not rely on this endorsement: it is not written as it must be",
    }


def _invalid(report: Report) -> dict[str, str]:
    """Return why not to rely on the file: not a badge, forged, altered, unproven or ill-made."""
    if report.find(Code.NOT_AN_OPEN_BADGE):
        return {
            "fr": "Ne vous fiez pas à ce fichier : ce n'est pas un badge",
            "en": "Do not rely on this file: it is not a badge",
        }
    domain = report.credential.issuer_domain if report.credential else None
    if report.find(Code.NOT_IN_REGISTER):
        return {
            "fr": f"Ce fichier imite un badge de {domain}, qui ne l'a pas délivré",
            "en": f"This file imitates a badge of {domain}, who did not issue it",
        }
    if report.find(Code.DIFFERS_FROM_REGISTER, Code.DIFFERS_FROM_HOSTED, Code.BAD_SIGNATURE):
        return {
            "fr": "Ne vous fiez pas à ce fichier : son contenu a été modifié",
            "en": "Do not rely on this file: its content was changed",
        }
    if report.find(*_UNPROVEN):
        return {
            "fr": "Ne vous fiez pas à ce fichier : rien ne prouve que "
            f"{domain or 'l’émetteur indiqué'} l'a délivré",
            "en": "Do not rely on this file: nothing proves that "
            f"{domain or 'the named issuer'} issued it",
        }
    return {
        "fr": "Ne vous fiez pas à ce fichier : il n'est pas écrit comme un badge doit l'être",
        "en": "Do not rely on this file: it is not written as a badge must be",
    }


def _not_in_force(report: Report, language: Language) -> str:
    words = _NOT_IN_FORCE[report.status][language]
    return words.format(opening=_opening(report, language), **_when(report, language))


def _when(report: Report, language: Language) -> dict[str, str]:
    """Return the day of which the status speaks, alone and with its preposition, or nothing."""
    # The published list says that a badge is revoked, the register also since when.
    instants = (f.at for f in report.findings if f.code is Code(report.status) and f.at)
    day = next((date(instant, language) for instant in instants), "")
    on = {"fr": f" le {day}", "en": f" on {day}"}[language] if day else ""
    return {"day": day, "on": on}


def _opening(report: Report, language: Language) -> str:
    """Return what is established of a file that is not known to be false."""
    if report.issuer is Issuer.OURS or (
        report.issuer is Issuer.REGISTERED and report.integrity is Integrity.VALID
    ):
        return {"fr": "Badge authentique", "en": "Genuine badge"}[language]
    domain = report.credential.issuer_domain if report.credential else None
    if report.integrity is not Integrity.VALID:
        return {"fr": "Badge non vérifié", "en": "Badge not verified"}[language]
    if report.find(Code.HOSTED_BY_ISSUER):
        return {"fr": f"Badge confirmé par {domain}", "en": f"Badge confirmed by {domain}"}[
            language
        ]
    return {
        "fr": f"Fichier intact, signé par {domain or 'un émetteur sans adresse web'}",
        "en": f"File intact, signed by {domain or 'an issuer without a web address'}",
    }[language]


def _unchecked(report: Report, language: Language) -> str:
    """Name the questions that could not be answered, without those that depended on them."""
    return ", ".join(
        _QUESTIONS_BY_CODE.get(finding.code, _QUESTIONS[finding.check])[language]
        for finding in report.findings
        if finding.outcome is Outcome.UNKNOWN
        and finding.code is not Code.NOT_ASKED
        and finding.check is not Check.ISSUER  # trying again later would teach us nothing
    )
