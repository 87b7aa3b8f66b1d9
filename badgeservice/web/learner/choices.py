"""What a person decides about a badge, as they filled it in: for an offer, and for a correction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from badgeservice.errors import InvalidName
from badgeservice.issuing.build import Choices
from badgeservice.issuing.models import Visibility
from badgeservice.people import names
from badgeservice.people import words as people_words
from badgeservice.verification.words import Language
from badgeservice.web import languages
from badgeservice.web.languages import LANGUAGES


@dataclass(frozen=True)
class ChoicesForm:
    """The form as it was filled in; `problems` holds a sentence for each field that needs one."""

    language: Language
    with_name: bool
    name: str
    visibility: str
    ob2: bool
    problems: dict[str, str]

    @property
    def choices(self) -> Choices:
        """The choices; where none was made yet, the ones that show least."""
        return Choices(
            language=self.language,
            name=names.normalise(self.name)
            if self.with_name and "name" not in self.problems
            else None,
            visibility=Visibility(self.visibility or Visibility.PRIVATE),
            ob2=self.ob2,
        )


def read(sent: Mapping[str, str]) -> ChoicesForm:
    """Return the form that was sent, with a sentence for each field that cannot be used.

    A visibility that does not exist is none.
    """
    problems = {}
    asked = sent.get("signed_language")
    language = next((each for each in LANGUAGES if each == asked), languages.current())
    with_name, name = sent.get("with_name") == "yes", sent.get("name", "")
    if with_name:
        try:
            names.normalise(name)
        except InvalidName as error:
            problems["name"] = people_words.explain(error, languages.current())
    visibility = sent.get("visibility", "")
    if visibility not in list(Visibility):
        visibility = ""
    return ChoicesForm(language, with_name, name, visibility, sent.get("ob2") == "yes", problems)
