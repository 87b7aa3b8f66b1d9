"""How strong evidence is: what a person who was not there may conclude from it."""

from __future__ import annotations

from enum import IntEnum

from badgeservice.catalogue.text import Text


class Strength(IntEnum):
    """The five strengths of evidence, ordered: a greater one supports a greater claim.

    The words are shown to employers beside five marks, and stand inside every signed badge.
    """

    DECLARED = 0
    ONLINE_QUIZ = 1
    ATTENDANCE_VERIFIED = 2
    WORK_REVIEWED = 3
    OBSERVED_AT_WORK = 4

    @property
    def marks(self) -> int:
        """How many of the five marks are filled: even what is merely declared has one."""
        return int(self) + 1

    @property
    def words(self) -> Text:
        """The strength in words."""
        return _WORDS[self]


_WORDS = {
    Strength.DECLARED: Text(fr="déclaré", en="declared"),
    Strength.ONLINE_QUIZ: Text(
        fr="quiz en ligne, non surveillé",
        en="unsupervised online quiz",
    ),
    Strength.ATTENDANCE_VERIFIED: Text(
        fr="présence vérifiée",
        en="attendance verified",
    ),
    Strength.WORK_REVIEWED: Text(
        fr="travail relu ou gestes observés",
        en="work reviewed or skills observed",
    ),
    Strength.OBSERVED_AT_WORK: Text(
        fr="observé en situation de travail",
        en="observed at work",
    ),
}
