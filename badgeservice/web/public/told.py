"""A report as pages tell it: the verdict, who vouches and why, what it says, what was not checked.

One telling for the pages of our own badges and for whatever anybody brings to the verifier. What a
stranger wrote is shortened before it is read as Markdown, loses every link, and is never called
true: the headings above it say how far it can be relied on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask_babel import gettext
from markupsafe import Markup

from badgeservice.catalogue import classes
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.strength import Strength
from badgeservice.extensions import db, services
from badgeservice.verification import Report, words
from badgeservice.verification.codes import Check, Code, Outcome
from badgeservice.verification.issuers import KnownIssuer
from badgeservice.verification.recipient import Answer
from badgeservice.verification.report import Finding, Integrity, Issuer, Verdict
from badgeservice.verification.summary import AchievedLevel, Evidence, Summary
from badgeservice.web import languages
from badgeservice.web.presentation import strangers_text
from badgeservice.web.public import recognition
from badgeservice.web.public.recognition import Recognition

_TONES = {
    Verdict.GREEN: "green",
    Verdict.AMBER: "amber",
    Verdict.RED: "red",
    Verdict.UNREADABLE: "grey",
}
_ICONS = {"green": "check", "amber": "alert", "red": "cross", "grey": "half"}
_TONE_OF_OUTCOME = {Outcome.PASSED: "green", Outcome.UNKNOWN: "amber", Outcome.FAILED: "red"}
_ON_THE_FILE = (Check.SUBMISSION, Check.PROFILE, Check.STRUCTURE, Check.DATES, Check.STATUS)
"""The questions that are about the badge; all others are about who vouches for it."""

_NO_GROUND = (Code.NOT_ASKED, Code.NOT_OURS)
"""What says nothing for or against whoever is named; it stands among the details."""

_ACHIEVEMENT = re.compile(r"/achievements/([a-z0-9-]{1,100})/([0-9]{1,9})/(?:fr|en)")

LONGEST_LIST = 12
"""How many of a stranger's things are listed; a page is not a place for a thousand."""


@dataclass(frozen=True)
class Ground:
    """One finding as people read it."""

    finding: Finding

    @property
    def sentence(self) -> str:
        """What was found, in the reader's language."""
        return words.explain(self.finding, languages.current())

    @property
    def tone(self) -> str:
        """The colour of the answer."""
        return _TONE_OF_OUTCOME[self.finding.outcome]

    @property
    def icon(self) -> str:
        """The shape of the answer."""
        return _ICONS[self.tone]


@dataclass(frozen=True)
class Whose:
    """Whether a badge is about the person who was asked for, as people read it."""

    answer: Answer

    @property
    def sentence(self) -> str:
        """The answer, in the reader's language."""
        return self.answer.french if languages.current() == "fr" else self.answer.english

    @property
    def tone(self) -> str:
        """The colour of the answer; only a full match is green."""
        tones = {Answer.MATCHES: "green", Answer.DIFFERS: "red"}
        return tones.get(self.answer, "amber")

    @property
    def icon(self) -> str:
        """The shape of the answer."""
        return _ICONS[self.tone]


@dataclass(frozen=True)
class Told:
    """A report in the reader's words.

    `because` is what our register adds to the sentence: why a badge is not in force.
    """

    report: Report
    because: str = ""

    # --- the verdict

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        return words.sentence(self.report, languages.current())

    @property
    def tone(self) -> str:
        """The colour of the verdict: green, amber, red, or grey when there is no badge."""
        return _TONES[self.report.verdict]

    @property
    def icon(self) -> str:
        """The shape of the verdict."""
        return _ICONS[self.tone]

    @property
    def is_unreadable(self) -> bool:
        """Whether there is no badge of which anything could be said."""
        return self.report.verdict is Verdict.UNREADABLE

    # --- who vouches

    @property
    def is_ours(self) -> bool:
        """Whether our register holds this very badge."""
        return self.report.issuer is Issuer.OURS

    @property
    def is_proven(self) -> bool:
        """Whether the issuer wrote exactly this."""
        return self.report.integrity is Integrity.VALID

    @property
    def is_disproven(self) -> bool:
        """Whether the issuer certainly did not write exactly this."""
        return self.report.integrity is Integrity.INVALID

    @property
    def voucher(self) -> str:
        """Who vouches, by what nobody can borrow: the domain, or the identifier of a key."""
        said = self.report.credential
        return (said and (said.issuer_domain or said.issuer_id)) or ""

    @property
    def known(self) -> KnownIssuer | None:
        """The entry of the list under which the issuer is known for this badge; None if it is not."""
        return self.report.known_issuer if self.report.issuer is Issuer.REGISTERED else None

    @property
    def grounds(self) -> list[Ground]:
        """Why to believe, or not, that whoever is named issued this."""
        return [
            Ground(finding)
            for finding in self.report.findings
            if finding.check not in _ON_THE_FILE and finding.code not in _NO_GROUND
        ]

    @property
    def problems(self) -> list[Ground]:
        """What certainly speaks against it, the findings of the issuer aside."""
        return [
            Ground(finding)
            for finding in self.report.findings
            if finding.outcome is Outcome.FAILED and finding.check in _ON_THE_FILE
        ]

    @property
    def vouching_heading(self) -> str:
        """How far the issuer stands by it, as the heading above the reasons."""
        if not self.is_proven:
            return str(gettext("Qui est nommé, et pourquoi nous ne pouvons pas le croire"))
        if self.report.verdict is Verdict.GREEN:
            return str(gettext("Qui le délivre, et pourquoi le croire"))
        return str(gettext("Qui le délivre, et ce que nous en savons"))

    # --- what it says

    @property
    def says(self) -> Summary | None:
        """What the badge says; None when nothing could be read."""
        return self.report.credential

    @property
    def heading(self) -> str:
        """How far what the badge says can be relied on, as the heading above it."""
        if self.is_disproven:
            return str(gettext("Ce que ce fichier prétend"))
        if not self.is_proven:
            return str(gettext("Ce que dit ce fichier, sans preuve"))
        return str(gettext("Ce que dit le badge"))

    @property
    def description(self) -> Markup:
        """The description, in the issuer's words."""
        return strangers_text((self.says and self.says.description) or "")

    @property
    def criteria(self) -> Markup:
        """What had to be done for it, in the issuer's words."""
        return strangers_text((self.says and self.says.criteria) or "")

    @property
    def evidence(self) -> list[tuple[Evidence, Markup]]:
        """What the person did, in the issuer's words: each evidence with its narrative."""
        found = self.says.evidence if self.says else ()
        return [
            (each, strangers_text(each.narrative or ""))
            for each in found[:LONGEST_LIST]
            if each.name or each.narrative
        ]

    @property
    def recognitions(self) -> list[Recognition]:
        """Who else recognises this badge: the endorsements inside it, each with its own verdict."""
        return recognition.inside(self.report.endorsements[:LONGEST_LIST])

    @property
    def whose(self) -> Whose | None:
        """Whether it is about the person who was asked for; None if that was not compared."""
        found = self.report.recipient
        return Whose(found.answer) if found else None

    # --- how it was verified, and what the level means

    @property
    def version(self) -> BadgeClassVersion | None:
        """The class of one of our badges, from which its image and the words of its level come.

        None for a badge of others: the pixels and the scale that they bring prove nothing.
        """
        base_url, said = services().settings.base_url, self.says
        if not (self.is_ours and said and said.achievement_id):
            return None
        found = _ACHIEVEMENT.fullmatch(said.achievement_id.removeprefix(base_url))
        return classes.get(db.session, found[1], int(found[2])) if found else None

    @property
    def strength(self) -> Strength | None:
        """How strong the evidence is, on our scale; None for a badge of others."""
        return strength_in(self.says) if self.is_ours and self.says else None

    @property
    def strangers_levels(self) -> list[AchievedLevel]:
        """The levels that another issuer gives, on its own scale; those without a name say nothing."""
        levels = self.says.achieved_levels if self.says and not self.is_ours else ()
        return [level for level in levels if level.name][:LONGEST_LIST]

    # --- what was not checked

    @property
    def unchecked(self) -> list[Ground]:
        """The questions to which there is no answer yet; who the issuer is to us is said apart."""
        return [
            Ground(finding)
            for finding in self.report.findings
            if finding.outcome is Outcome.UNKNOWN
            and finding.check in (*_ON_THE_FILE, Check.PROOF)
            and finding.code is not Code.NOT_ASKED
        ]

    # --- the technical details

    @property
    def details(self) -> list[Ground]:
        """Every finding, in the order of the walk."""
        return [Ground(finding) for finding in self.report.findings]

    @property
    def beside(self) -> Told | None:
        """The second badge of an image that carries two."""
        return Told(self.report.beside) if self.report.beside else None


def strength_in(said: Summary) -> Strength:
    """Return how strong the evidence is by the result that we signed; without one, declared."""
    for level in said.achieved_levels:
        name, _, number = level.id.rpartition("#strength-")
        if name and number.isdigit() and int(number) in list(Strength):
            return Strength(int(number))
    return Strength.DECLARED
