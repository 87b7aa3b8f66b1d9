"""The command `badgeservice catalogue`: what is wrong with the classes, before anyone earns one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import click
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from badgeservice.awarding import coherence
from badgeservice.catalogue import classes, framework, templates
from badgeservice.catalogue.classes import ClassArtwork
from badgeservice.catalogue.models import BadgeClassVersion
from badgeservice.catalogue.templates import State, Template
from badgeservice.cli import opening
from badgeservice.errors import ArtworkError, BadgeserviceError, CatalogueError
from badgeservice.extensions import Services
from badgeservice.issuing import issuer
from badgeservice.issuing.issuer import Issuer
from badgeservice.learning import content
from badgeservice.settings import Settings

OpenInstallation = Callable[[], AbstractContextManager[tuple[Session, Services]]]
"""Opens the running installation: its database, and the services of the application."""

_FOLDER = click.argument(
    "folder",
    metavar="[DIR]",
    required=False,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)


@dataclass
class _Catalogue:
    """The classes of a folder that can be read, drawn where they can be, and every problem."""

    described: Issuer
    templates: list[Template] = field(default_factory=list)
    drawn: dict[str, dict[str, ClassArtwork]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def make_catalogue_command(open_installation: OpenInstallation) -> click.Group:
    """Return the command group; published versions are those of the installation opened so."""

    @click.group("catalogue")
    def catalogue() -> None:
        """Look at the badge classes, as their files describe them."""

    @catalogue.command("check")
    @_FOLDER
    def check(folder: Path | None) -> None:
        """Name every problem of the frameworks and of the classes in DIR: file, line, field.

        DIR is by default the folder of the settings. Exit code: 0 when all is right, 1 otherwise.
        """
        settings = Settings.from_environment(os.environ)
        found = _read(settings, folder or settings.templates_dir)
        not_compared = _compare(found, settings, open_installation)
        for problem in found.problems:
            click.echo(problem)
        published = sum(each.state is State.PUBLISHED for each in found.templates)
        drafts = len(found.templates) - published
        click.echo(
            f"{len(found.problems)} problem(s); {published} published class(es) and {drafts} "
            "draft(s) could be read"
        )
        if not_compared:
            click.echo(f"not compared with what was published here: {not_compared}")
        sys.exit(1 if found.problems else 0)

    @catalogue.command("list")
    @_FOLDER
    def list_classes(folder: Path | None) -> None:
        """List the classes in DIR: name, version, state, kind or level, title."""
        settings = Settings.from_environment(os.environ)
        every = templates.load_all(
            folder or settings.templates_dir, framework.load(settings.content_dir / "frameworks")
        )
        for each in every:
            kind = each.level.slug if each.level else each.kind
            click.echo(f"{each.slug} {each.version} {each.state} {kind} « {each.name.fr} »")

    return catalogue


def _read(settings: Settings, folder: Path) -> _Catalogue:
    """Return the catalogue in `folder`, with every problem that files alone can show."""
    found = _Catalogue(issuer.load(settings.issuer_path, base_url=settings.base_url))
    try:
        words = framework.load(settings.content_dir / "frameworks")
    except CatalogueError as error:
        # Without the framework nothing can be said of a class.
        found.problems += error.message.splitlines()
        return found
    found.templates, found.problems = templates.survey(folder, words)
    modules = content.load(settings.content_dir / "modules").modules
    found.problems += coherence.problems(found.templates, modules)
    for template in found.templates:
        try:
            found.drawn[template.slug] = classes.draw(template, found.described)
        except ArtworkError as error:
            found.problems.append(template.badge_file.problem(("artwork",), error.message))
    return found


def _compare(
    found: _Catalogue, settings: Settings, open_installation: OpenInstallation
) -> str | None:
    """Add how files differ from what was published; return why nothing was compared, else None."""
    if not settings.database_url and not settings.database_file.exists():
        return f"there is no database in {settings.data_dir}"
    if not found.templates:
        return "no class could be read"
    try:
        with open_installation() as (session, _):
            if not inspect(session.connection()).has_table(BadgeClassVersion.__tablename__):
                return "the database has no tables yet; run `badgeservice setup`"
            for template in found.templates:
                if template.slug in found.drawn:
                    found.problems += _edited(session, template, found.drawn[template.slug])
    except BadgeserviceError as error:
        return error.message
    return None


def _edited(session: Session, template: Template, drawn: dict[str, ClassArtwork]) -> Iterator[str]:
    """Yield each field in which the files say otherwise than the version that was published."""
    published = session.get(BadgeClassVersion, (template.slug, template.version))
    if published is None or published.state != State.PUBLISHED:
        return
    for name in classes.differences(published, template, drawn):
        file, field = template.badge_file, tuple(name.split("."))
        if field[0] == "rule" and template.rule_file is not None:
            file, field = template.rule_file, field[1:]
        yield file.problem(
            field,
            f"differs from version {template.version}, which is published: raise `version`",
        )


catalogue = make_catalogue_command(opening.installation)
