"""Whether the rules of the catalogue can be followed: read before anything is published for ever.

A class whose rule asks for what does not exist, or for less than its level demands, could be
published and never be earned. Every problem is said with file, line and field.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from badgeservice.awarding import rules
from badgeservice.awarding.rules import Badge, Condition, Operator, Predicate, Quiz, Rule
from badgeservice.catalogue.source import Field, Source
from badgeservice.catalogue.strength import Strength
from badgeservice.catalogue.templates import Kind, State, Template
from badgeservice.errors import CatalogueError
from badgeservice.evidence import levels
from badgeservice.learning.content import Module


def problems(templates: Sequence[Template], modules: Mapping[str, Module]) -> Iterator[str]:
    """Yield what keeps a class of `templates` from being earned as its rule says.

    `modules` are those of the learning front, by id. A draft may be without a rule; a rule that is
    there must be right in a draft too.
    """
    read: dict[str, Rule] = {}
    for template in templates:
        if template.state is State.PUBLISHED and template.kind is not Kind.SKILL:
            yield template.badge_file.problem(
                ("state",),
                f"a badge of kind {template.kind} cannot be awarded yet: it stays a draft",
            )
        if template.rule_file is not None:
            try:
                read[template.slug] = rules.read(template.rule_file)
            except CatalogueError as error:
                yield from error.message.splitlines()
    known = {template.slug: template for template in templates}
    for slug, rule in read.items():
        yield from _predicate_problems(known[slug], rule, known, modules)
        yield from _strength_problems(known[slug], rule, known, modules)
    yield from _cycles(read, known)


def _predicate_problems(
    template: Template, rule: Rule, known: Mapping[str, Template], modules: Mapping[str, Module]
) -> Iterator[str]:
    """Yield a problem for each predicate that asks for a module or a badge that does not exist."""
    file = _rule_file(template)
    for field, predicate in _places(rule.when, file):
        match predicate:
            case Quiz(module) if module not in modules:
                yield file.problem((*field, "quiz", "module"), f"there is no module {module}")
            case Badge(slug) if slug not in known:
                yield file.problem((*field, "badge", "slug"), f"there is no badge class {slug}")
            case Badge(slug) if (
                template.state is State.PUBLISHED and known[slug].state is State.DRAFT
            ):
                yield file.problem(
                    (*field, "badge", "slug"), f"{slug} is a draft: nobody can hold it"
                )


def _strength_problems(
    template: Template, rule: Rule, known: Mapping[str, Template], modules: Mapping[str, Module]
) -> Iterator[str]:
    """Yield a problem when no evidence that the rule asks for is as strong as the level demands."""
    if template.level is None:
        return
    sufficient = levels.sufficient_for(template.level.slug)
    for competence in template.competences:
        reached = max(
            _ceiling(each, template, competence.code, sufficient, known, modules)
            for each in rule.predicates
        )
        if reached < template.minimum_strength:
            yield _rule_file(template).problem(
                ("when",),
                f"verifies {competence.code} with strength {int(reached)} at most, and level "
                f"{template.level.slug} demands {int(template.minimum_strength)}",
            )


def _ceiling(
    predicate: Predicate,
    template: Template,
    competence: str,
    sufficient: Container[str],
    known: Mapping[str, Template],
    modules: Mapping[str, Module],
) -> Strength:
    """Return the greatest strength with which what meets `predicate` may support `competence`."""
    match predicate:
        case Quiz(slug):
            module = modules.get(slug)
            supports = module is not None and (
                competence in module.competence_codes and module.level in sufficient
            )
            return Strength.ONLINE_QUIZ if supports else Strength.DECLARED
        case Badge(slug):
            held = known.get(slug)
            supports = held is not None and (
                competence in {each.code for each in held.competences}
                and held.level is not None
                and held.level.slug in sufficient
            )
            return max(Strength) if supports else Strength.DECLARED
    # What somebody vouches for is the skill of this very badge, at its level; a partner's result
    # counts for a competence at its level only, and the agreement says how strongly.
    return max(Strength)


def _cycles(read: Mapping[str, Rule], known: Mapping[str, Template]) -> Iterator[str]:
    """Yield a problem for each class whose rule asks, by way of others, for the class itself."""
    asked = {
        slug: {each.slug for each in rule.predicates if isinstance(each, Badge)}
        for slug, rule in read.items()
    }
    for slug in asked:
        reached: set[str] = set()
        pending = set(asked[slug])
        while pending:
            reached.add(each := pending.pop())
            pending |= asked.get(each, set()) - reached
        if slug in reached:
            yield _rule_file(known[slug]).problem(
                ("when",), f"asks for {slug} itself, by way of {', '.join(sorted(asked[slug]))}"
            )


def _places(condition: Condition, file: Source) -> Iterator[tuple[Field, Predicate]]:
    """Yield each predicate with the place of its condition in the file."""

    def walk(condition: Condition, data: Any, field: Field) -> Iterator[tuple[Field, Predicate]]:
        if not isinstance(condition, Operator):
            yield field, condition
            return
        ((key, content),) = data.items()
        inner: Field = (*field, key)
        if key == "at_least":
            inner, content = (*inner, "of"), content["of"]
        for position, (part, its_data) in enumerate(zip(condition.of, content, strict=True)):
            yield from walk(part, its_data, (*inner, position))

    yield from walk(condition, file.data["when"], ("when",))


def _rule_file(template: Template) -> Source:
    assert template.rule_file is not None  # only classes with a rule come here
    return template.rule_file
