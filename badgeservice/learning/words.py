"""What this room says to people, in French and in English."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from badgeservice.catalogue.text import Text
from badgeservice.learning.quiz import Kind
from badgeservice.learning.views import Verdict

TRUE_FALSE = {True: Text(fr="Vrai", en="True"), False: Text(fr="Faux", en="False")}

# Shown with the question, so that nobody has to guess what the control expects.
INSTRUCTIONS = {
    Kind.SINGLE: Text(fr="Une seule réponse.", en="One answer only."),
    Kind.MULTIPLE: Text(
        fr="Plusieurs réponses sont possibles.", en="Several answers are possible."
    ),
    Kind.TRUE_FALSE: Text(fr="Vrai ou faux\u00a0?", en="True or false?"),
    Kind.ORDERING: Text(
        fr="Donnez son rang à chaque ligne\u00a0: 1 pour la première action.",
        en="Give each line its place: 1 for the first action.",
    ),
    Kind.MATCHING: Text(
        fr="Choisissez une réponse pour chaque ligne.", en="Choose one answer for each line."
    ),
    Kind.NUMBER: Text(
        fr="Écrivez un nombre, avec une virgule ou un point.",
        en="Write a number, with a point or a comma.",
    ),
    Kind.SHORT_TEXT: Text(fr="Répondez en un ou deux mots.", en="Answer in one or two words."),
}

VERDICTS = {
    Verdict.RIGHT: Text(fr="Bonne réponse", en="Right"),
    Verdict.PARTLY: Text(fr="En partie juste", en="Partly right"),
    Verdict.WRONG: Text(fr="À revoir", en="To be reviewed"),
    Verdict.UNANSWERED: Text(fr="Sans réponse", en="No answer"),
}

# Beside the answer when it cannot be saved; by the `code` of AnswerRefused.
REFUSALS = {
    "unknown_choice": Text(
        fr="Cette réponse ne fait pas partie de la question. Rechargez la page, puis choisissez.",
        en="This answer is not part of the question. Reload the page, then choose.",
    ),
    "one_choice_only": Text(
        fr="Choisissez une seule réponse.",
        en="Choose one answer only.",
    ),
    "line_without_answer": Text(
        fr="Choisissez une réponse pour chaque ligne, ou laissez-les toutes vides.",
        en="Choose an answer for each line, or leave them all empty.",
    ),
    "same_place_twice": Text(
        fr="Donnez un rang différent à chaque ligne.",
        en="Give each line a different place.",
    ),
    "not_a_number": Text(
        fr="Écrivez un nombre, par exemple 3 ou 2,5.",
        en="Write a number, for example 3 or 2.5.",
    ),
    "too_long": Text(
        fr="Cette réponse est trop longue\u00a0: 200\u00a0caractères au plus.",
        en="This answer is too long: 200 characters at most.",
    ),
    # By the codes of AttemptClosed and AttemptRefused.
    "attempt_sent": Text(
        fr="Ces réponses ont déjà été envoyées. Voici le résultat.",
        en="These answers have already been sent. Here is the result.",
    ),
    "attempt_lapsed": Text(
        fr="Cette tentative n'est plus ouverte\u00a0: sept jours ont passé, ou une autre l'a remplacée. "
        "Commencez-en une nouvelle.",
        en="This attempt is no longer open: seven days have passed, or another one took its place. "
        "Start a new one.",
    ),
    "too_soon": Text(
        fr="Une nouvelle tentative sera possible un peu plus tard. En attendant, relisez la fiche.",
        en="A new try will be possible a little later. Meanwhile, read the sheet again.",
    ),
    "assessment_under_way": Text(
        fr="Terminez et envoyez d'abord votre évaluation en cours, puis entraînez-vous.",
        en="First finish and send the assessment you have started, then practise.",
    ),
}


def refusal(code: str, language: str) -> str:
    """Return what to tell the person when an error of this room has `code`; KeyError if unknown."""
    return REFUSALS[code][language]


def decimal(tenths: int, language: str) -> str:
    """Return a number given in tenths as it is written: 86 is "8,6" or "8.6", 80 is "8"."""
    whole, tenth = divmod(tenths, 10)
    if tenth == 0:
        return str(whole)
    return f"{whole}{_DECIMAL_SIGN[language]}{tenth}"


def exact(value: Fraction, language: str) -> str:
    """Return a number of finitely many decimals as it is written, unrounded."""
    written = format((Decimal(value.numerator) / Decimal(value.denominator)).normalize(), "f")
    return written.replace(".", _DECIMAL_SIGN[language])


def percent(tenths: int, language: str) -> str:
    """Return tenths of a per cent as they are written: 699 is "69,9 %" or "69.9%"."""
    return decimal(tenths, language) + _PERCENT_SIGN[language]


def review(answered: int, of: int, unanswered: list[int], language: str) -> str:
    """Return the sentence of the page before sending."""
    if language == "fr":
        sentence = f"{answered} {'réponse' if answered < 2 else 'réponses'} sur {of}."
        if unanswered:
            noun = "Question" if len(unanswered) == 1 else "Questions"
            sentence += f" {noun} {_and(unanswered, ' et ')}\u00a0: sans réponse."
        return sentence
    sentence = f"{answered} {'answer' if answered == 1 else 'answers'} out of {of}."
    if unanswered:
        noun = "Question" if len(unanswered) == 1 else "Questions"
        sentence += f" {noun} {_and(unanswered, ' and ')}: no answer."
    return sentence


def headline(
    *,
    passed: bool,
    practising: bool,
    critical_missed: bool,
    points: str,
    needed: str,
    of: int,
    language: str,
) -> str:
    """Return the first sentence of a result."""
    if practising:
        return {
            "fr": f"Entraînement\u00a0: {points} sur {of}.",
            "en": f"Practice: {points} out of {of}.",
        }[language]
    if passed:
        return {
            "fr": f"Vous avez réussi\u00a0: {points} sur {of}.",
            "en": f"You have passed: {points} out of {of}.",
        }[language]
    if critical_missed:
        return {
            "fr": f"Pas encore\u00a0: {points} sur {of}, mais une question essentielle est à revoir.",
            "en": f"Not yet: {points} out of {of}, but an essential question is to be reviewed.",
        }[language]
    return {
        "fr": f"Pas encore\u00a0: {points} sur {of}, il faut {needed}.",
        "en": f"Not yet: {points} out of {of}, {needed} are needed.",
    }[language]


def advice(*, objective: str, missing: int, minutes: int, at_once: bool, language: str) -> str:
    """Return what to do after a try that was not passed."""
    if language == "fr":
        noun = "réponse" if missing == 1 else "réponses"
        end = (
            "puis réessayez dès maintenant." if at_once else "en attendant la prochaine tentative."
        )
        return (
            f"Il vous manque {missing} {noun} sur l'objectif «\u00a0{objective}\u00a0». "
            f"Relisez ce passage ({minutes}\u00a0min){', ' if at_once else ' '}{end}"
        )
    noun = "answer" if missing == 1 else "answers"
    end = ", then try again now." if at_once else " while you wait for the next try."
    return (
        f"You are missing {missing} {noun} on the objective “{objective}”. "
        f"Read this passage again ({minutes}\u00a0min){end}"
    )


_DECIMAL_SIGN = {"fr": ",", "en": "."}
_PERCENT_SIGN = {"fr": "\u00a0%", "en": "%"}


def _and(numbers: list[int], last: str) -> str:
    """Return "1, 4 et 6"."""
    *first, final = [str(number) for number in numbers]
    return ", ".join(first) + last + final if first else final
