"""The dossier of an award: everything that its decision was made from, and the decision.

It holds the facts that the rule looks at, the rule as its class had it, the claim of the class and
the time, so that `replay` can decide again when the class, the module and the evidence are gone.
It holds nothing that a person wrote, and no name except one that the holder chose to have signed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from badgeservice.awarding import decision, rules
from badgeservice.awarding.decision import Decision, Skill
from badgeservice.awarding.models import Award
from badgeservice.catalogue.strength import Strength
from badgeservice.evidence import facts
from badgeservice.evidence.facts import Fact
from badgeservice.storage.vault import Vault

FORMAT = 1
"""Raised when the meaning of a field changes; dossiers of every format stay readable."""

_FIELD = "award.dossier"


@dataclass(frozen=True)
class Acceptance:
    """What the holder chose, who typed it in (an administrator may, on their behalf), and when."""

    choices: Mapping[str, str | bool | None]
    actor: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """What an award was decided from. `rule` is the content of the rule file of the class version
    whose document has `class_digest`; `used` and `strength` are the decision.
    """

    award_id: str
    person_id: str
    slug: str
    class_version: int
    class_digest: str
    rule: Mapping[str, Any]
    skill: Skill
    facts: tuple[Fact, ...]
    decided_at: datetime
    used: tuple[str, ...]
    strength: Strength
    acceptance: Acceptance | None = None

    @property
    def used_facts(self) -> tuple[Fact, ...]:
        """The facts that the award rests on, in the order of the rule."""
        by_id = {fact.id: fact for fact in self.facts}
        return tuple(by_id[each] for each in self.used)

    def decide_again(self) -> Decision:
        """Return the decision that the dossier leads to today; raise RuleRefused for its rule."""
        rule = rules.parse(self.rule, origin=f"award {self.award_id}")
        return decision.evaluate(rule, self.facts, self.skill, self.decided_at)

    def canonical(self) -> str:
        """Return the dossier as JSON with sorted keys and no space: equal dossiers, equal text."""
        content = {
            "format": FORMAT,
            "award": self.award_id,
            "person": self.person_id,
            "class": {
                "slug": self.slug,
                "version": self.class_version,
                "digest": self.class_digest,
            },
            "rule": self.rule,
            "skill": {
                "competences": list(self.skill.competences),
                "levels": list(self.skill.levels),
                "minimum_strength": int(self.skill.minimum_strength),
            },
            "facts": [facts.as_json(fact) for fact in self.facts],
            "decided_at": self.decided_at.isoformat(),
            "used": list(self.used),
            "strength": int(self.strength),
            "acceptance": self.acceptance
            and {
                "choices": dict(self.acceptance.choices),
                "actor": self.acceptance.actor,
                "at": self.acceptance.at.isoformat(),
            },
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def from_canonical(text: str) -> Dossier:
    """Return the dossier that `canonical` wrote; raise KeyError, TypeError or ValueError if none."""
    stored = json.loads(text)
    if stored["format"] != FORMAT:
        raise ValueError(f"a dossier of format {stored['format']}")
    if unknown := set(stored["used"]) - {fact["id"] for fact in stored["facts"]}:
        raise ValueError(f"it uses evidence that it does not hold ({', '.join(sorted(unknown))})")
    accepted = stored["acceptance"]
    return Dossier(
        award_id=stored["award"],
        person_id=stored["person"],
        slug=stored["class"]["slug"],
        class_version=stored["class"]["version"],
        class_digest=stored["class"]["digest"],
        rule=stored["rule"],
        skill=Skill(
            tuple(stored["skill"]["competences"]),
            tuple(stored["skill"]["levels"]),
            Strength(stored["skill"]["minimum_strength"]),
        ),
        facts=tuple(facts.from_json(fact) for fact in stored["facts"]),
        decided_at=datetime.fromisoformat(stored["decided_at"]),
        used=tuple(stored["used"]),
        strength=Strength(stored["strength"]),
        acceptance=accepted
        and Acceptance(
            choices=accepted["choices"],
            actor=accepted["actor"],
            at=datetime.fromisoformat(accepted["at"]),
        ),
    )


def digest(canonical: str) -> str:
    """Return the SHA-256 of a canonical dossier, in hex."""
    return hashlib.sha256(canonical.encode()).hexdigest()


def seal(session: Session, vault: Vault, dossier: Dossier) -> tuple[bytes, str]:
    """Return a dossier sealed for its person, and its digest."""
    canonical = dossier.canonical()
    return vault.seal(session, dossier.person_id, _FIELD, canonical), digest(canonical)


def unseal(session: Session, vault: Vault, award: Award) -> str:
    """Return the canonical dossier of an award, unread.

    Raises HolderErased when the person has been erased, SealBroken when it is not theirs.
    """
    return vault.unseal_text(session, award.person_id, _FIELD, award.dossier)


def of(session: Session, vault: Vault, award: Award) -> Dossier:
    """Return the dossier of an award. Raises as `unseal` and `from_canonical` do."""
    return from_canonical(unseal(session, vault, award))
