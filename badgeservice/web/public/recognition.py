"""Who else recognises a badge: endorsements by others, each with its verdict in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext
from markupsafe import Markup

from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.extensions import db, services
from badgeservice.issuing import endorsements
from badgeservice.issuing.hosting import Hosting, own_fetch
from badgeservice.issuing.register import DatabaseRegister
from badgeservice.openbadges import strict_json
from badgeservice.verification import EndorsementReport, recognise, verify_endorsement, words
from badgeservice.web import languages
from badgeservice.web.presentation import long_date, strangers_text


@dataclass(frozen=True)
class Recognition:
    """One endorsement as a page shows it.

    `verified_at` is when we last found it good ourselves, None if it is not among those we keep.
    """

    found: EndorsementReport
    verified_at: datetime | None

    @property
    def stands(self) -> bool:
        """Whether another's recognition can be called that: found good, now or by us on a day."""
        return self.tone in ("green", "quiet") and not self.found.by_itself

    @property
    def endorser(self) -> str:
        """Who endorses, as it calls itself; its domain if it has no name."""
        said = self.found.endorsement
        return (said and (said.endorser_name or said.endorser_domain)) or gettext("Un tiers")

    @property
    def comment(self) -> Markup:
        """What the endorser says; nothing if the words may be somebody else's."""
        said = self.found.endorsement
        if said is None or said.comment is None or self.tone not in ("green", "quiet"):
            return Markup()
        return strangers_text(said.comment)

    @property
    def icon(self) -> str:
        """The icon that stands beside the verdict."""
        return {"green": "check", "red": "cross", "quiet": "half"}.get(self.tone, "alert")

    @property
    def tone(self) -> str:
        """The colour of the verdict: green only for what was verified at this very moment."""
        if self.found.is_bad or self._is_over:
            return "red"
        if self.found.is_good:
            return "green"
        return "quiet" if self._was_good else "amber"

    @property
    def sentence(self) -> str:
        """The verdict in one sentence, in the reader's language."""
        said = self.found.endorsement
        if self._is_over and said is not None and said.valid_until is not None:
            sentence: str = gettext(
                "Recommandation de %(domain)s, valable jusqu'au %(day)s",
                domain=said.endorser_domain or self.endorser,
                day=long_date(said.valid_until),
            )
            return sentence
        if self._was_good and self.verified_at is not None and said is not None:
            domain = said.endorser_domain or self.endorser
            sentence = gettext(
                "Signature de %(domain)s vérifiée par nous le %(day)s, pas de nouveau aujourd'hui",
                domain=domain,
                day=long_date(self.verified_at),
            )
            return sentence
        return words.endorsement_sentence(self.found, languages.current())

    @property
    def by_itself(self) -> str:
        """What to add when the endorser is no third party; empty otherwise."""
        return words.BY_ITSELF[languages.current()] if self.found.by_itself else ""

    @property
    def _was_good(self) -> bool:
        return self._in_doubt and not self._is_over and self.verified_at is not None

    @property
    def _is_over(self) -> bool:
        """Whether its own last day is past, which needs nobody's answer; the walk asks it later."""
        said = self.found.endorsement
        ends = said.valid_until if said else None
        return self._in_doubt and ends is not None and ends < self.found.report.checked_at

    @property
    def _in_doubt(self) -> bool:
        return not (self.found.is_good or self.found.is_bad)


def inside(found: tuple[EndorsementReport, ...]) -> list[Recognition]:
    """Return the endorsements inside one of our badges, whose bytes are those we released."""
    return [
        Recognition(
            each,
            endorsements.verified_at(db.session, each.endorsement.id) if each.endorsement else None,
        )
        for each in found
    ]


def of_class(version: BadgeClassVersion, language: str) -> list[Recognition]:
    """Return the endorsements that we keep for a badge class, verified as far as we can ask now."""
    office, now = services().office, services().clock()
    fetch = own_fetch(Hosting(db.session, office))
    register = DatabaseRegister(db.session, office)
    return inside(
        tuple(
            verify_endorsement(
                recognise(strict_json.dumps(document)), fetch=fetch, register=register, now=now
            )
            for document in endorsements.kept(db.session, office, version, language=language)
        )
    )
