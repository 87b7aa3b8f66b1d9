"""The commands `badgeservice partners …`: who may report results, of what, and by which key."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

import click
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from badgeservice.catalogue.strength import Strength
from badgeservice.cli import opening
from badgeservice.errors import AgreementRefused, ApiKeyRefused, PersonNotFound
from badgeservice.evidence import agreements
from badgeservice.evidence.models import AllowedActivity
from badgeservice.extensions import Services
from badgeservice.people import accounts, api_keys, email_address, members, names
from badgeservice.people.api_keys import Action, Revoked
from badgeservice.people.models import ApiKey, Organisation, Person, Role
from badgeservice.storage import chain

OpenInstallation = Callable[[], AbstractContextManager[tuple[Session, Services]]]
"""Opens the running installation: a database session and its services."""

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_slug = click.argument("slug", metavar="PARTNER")


def make_partners_command(open_installation: OpenInstallation) -> click.Command:
    """Return the commands for training partners."""

    @click.group("partners")
    def group() -> None:
        """Training partners: what each may report, who may send it, with which key."""

    @group.command("add")
    @_slug
    @click.option("--name", required=True, help="The name that the public reads.")
    def add(slug: str, name: str) -> None:
        """Enter the organisation PARTNER; it may report nothing yet."""
        with open_installation() as (session, here):
            partner = Organisation(slug=_word(slug), name=_name(name))
            try:
                with session.begin_nested():
                    session.add(partner)
            except IntegrityError:
                raise AgreementRefused(f"{slug} is there already") from None
            _note(session, here, "add-partner", partner.id, {})
            click.echo(f"{slug} may report what `badgeservice partners allow` says")

    @group.command("allow")
    @_slug
    @click.argument("file", type=_file)
    def allow(slug: str, file: Path) -> None:
        """Let PARTNER report the activities in FILE, on these terms from now on."""
        with open_installation() as (session, here):
            partner = accounts.organisation(session, slug)
            agreed = agreements.read(file, here.framework)
            made = agreements.allow(
                session, partner, agreed, actor=opening.ADMINISTRATOR, now=here.clock()
            )
            session.commit()
            for row in made:
                click.echo(f"{row.activity}, version {row.version}: {_terms(row)}")
            click.echo(f"{len(made)} new, {len(agreed) - len(made)} as before")

    @group.command("list")
    def list_() -> None:
        """List every partner: what it may report, and how many people and keys send for it."""
        with open_installation() as (session, here):
            for partner in agreements.partners(session):
                keys = [
                    key
                    for key in api_keys.of(session, partner)
                    if api_keys.is_active(key, here.clock())
                ]
                people = members.of(session, partner)
                click.echo(
                    f"{partner.slug} · {partner.name}: {len(people)} member(s), "
                    f"{len(keys)} active key(s)"
                )
                for row in agreements.in_force(session, partner.id).values():
                    click.echo(f"  {row.activity}, version {row.version}: {_terms(row)}")

    group.add_command(_member_commands(open_installation))
    group.add_command(_key_commands(open_installation))
    return group


def _member_commands(open_installation: OpenInstallation) -> click.Command:
    @click.group("member")
    def group() -> None:
        """The people who may send results for a partner once they have signed in."""

    @group.command("add")
    @_slug
    @click.argument("email")
    def add(slug: str, email: str) -> None:
        """Let the person with the address EMAIL send results for PARTNER."""
        with open_installation() as (session, here):
            partner = accounts.organisation(session, slug)
            person = accounts.find_or_create(
                session,
                here.vault,
                email=email,
                language="fr",
                controller=accounts.organisation(session, here.office.issuer.slug),
                now=here.clock(),
            )
            members.add(session, partner, person, Role.SUBMIT, here.clock())
            _note(session, here, "add-member", partner.id, {"person": person.id})
            click.echo(f"may send results for {slug}, signed in by mail")

    @group.command("remove")
    @_slug
    @click.argument("email")
    def remove(slug: str, email: str) -> None:
        """Let the person with the address EMAIL send results for PARTNER no longer."""
        with open_installation() as (session, here):
            partner = accounts.organisation(session, slug)
            person = _person(session, here, email)
            members.remove(session, partner, person)
            _note(session, here, "remove-member", partner.id, {"person": person.id})
            click.echo(f"sends results for {slug} no longer")

    return group


def _key_commands(open_installation: OpenInstallation) -> click.Command:
    @click.group("key")
    def group() -> None:
        """The API keys with which programs of a partner prove themselves."""

    @group.command("new")
    @_slug
    @click.option(
        "--days",
        type=click.IntRange(1, api_keys.LONGEST_LIFE.days),
        default=api_keys.LONGEST_LIFE.days,
        show_default=True,
        help="How long it lives.",
    )
    @click.option(
        "--activity", "activities", multiple=True, help="Only for this activity; may be repeated."
    )
    @click.option("--read-only", is_flag=True, help="It may read what was sent, and send nothing.")
    def new(slug: str, days: int, activities: tuple[str, ...], read_only: bool) -> None:
        """Make a key for PARTNER and print it: it is shown now and never again."""
        with open_installation() as (session, here):
            partner = accounts.organisation(session, slug)
            allowed = agreements.in_force(session, partner.id)
            if unknown := [each for each in activities if each not in allowed]:
                raise AgreementRefused(
                    f"{', '.join(unknown)}: not in the agreement of {slug} "
                    f"({', '.join(allowed) or 'which is empty'})"
                )
            key, text = api_keys.make(
                session,
                partner,
                actions=[Action.READ] if read_only else list(Action),
                activities=activities or None,
                life=timedelta(days=days),
                now=here.clock(),
            )
            _note(session, here, "make-api-key", key.id, {"organisation": partner.id})
            click.echo(text)
            click.echo(f"{key.id}, until {key.expires_at:%Y-%m-%d}; shown only now", err=True)

    @group.command("list")
    @_slug
    @click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
    def list_(slug: str, as_json: bool) -> None:
        """List every key that PARTNER ever had."""
        with open_installation() as (session, here):
            keys = api_keys.of(session, accounts.organisation(session, slug))
            if as_json:
                click.echo(json.dumps([_as_json(key, here.clock()) for key in keys]))
                return
            for key in keys:
                used = f"last used on {key.last_used_on}" if key.last_used_on else "never used"
                only = f", only {', '.join(key.activities)}" if key.activities else ""
                click.echo(
                    f"{key.id}  …{key.hint}  {_state(key, here.clock())}, {used}; "
                    f"{', '.join(key.actions)}{only}"
                )

    @group.command("revoke")
    @click.argument("key_id", metavar="KEY-ID")
    def revoke(key_id: str) -> None:
        """End the key KEY-ID (`key_…`) from this moment on."""
        with open_installation() as (session, here):
            key = session.get(ApiKey, key_id)
            if key is None:
                raise ApiKeyRefused(f"no key {key_id}; `badgeservice partners key list PARTNER`")
            api_keys.revoke(session, key, reason=Revoked.BY_OPERATOR, now=here.clock())
            _note(session, here, "revoke-api-key", key.id, {"reason": str(key.revoked_reason)})
            click.echo(f"{key.id} opens nothing since {key.revoked_at:%Y-%m-%d %H:%M} UTC")

    return group


def _note(
    session: Session, here: Services, action: str, subject: str, details: dict[str, str]
) -> None:
    """Write into the audit chain what was done, and commit it together."""
    chain.append(
        session,
        actor=opening.ADMINISTRATOR,
        action=action,
        subject=subject,
        details=details,
        now=here.clock(),
    )
    session.commit()


def _person(session: Session, here: Services, email: str) -> Person:
    person = accounts.find(session, here.vault, email_address.parse(email))
    if person is None:
        raise PersonNotFound("nobody is known by this mail address")
    return person


def _word(slug: str) -> str:
    if not agreements.is_word(slug):
        raise AgreementRefused(
            f"{slug!a}: lower-case words and hyphens only, at most 100 characters"
        )
    return slug


def _name(name: str) -> str:
    """Return the name of an organisation as it is kept; raises InvalidName."""
    return names.normalise(name)


def _terms(row: AllowedActivity) -> str:
    """Return what was agreed of an activity in one line."""
    score = f", score {row.threshold * 100}%" if row.threshold is not None else ""
    until = f" until {row.valid_until}" if row.valid_until else ""
    return (
        f"{', '.join(row.competences)} {row.level}, at most "
        f"“{Strength(row.strength).words.en}”{score}, from {row.valid_from}{until}"
    )


def _state(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return f"revoked on {key.revoked_at:%Y-%m-%d} ({key.revoked_reason})"
    word = "active until" if api_keys.is_active(key, now) else "expired on"
    return f"{word} {key.expires_at:%Y-%m-%d}"


def _as_json(key: ApiKey, now: datetime) -> dict[str, object]:
    return {
        "id": key.id,
        "hint": key.hint,
        "is_active": api_keys.is_active(key, now),
        "actions": key.actions,
        "activities": key.activities,
        "created": key.created_at.isoformat(),
        "expires": key.expires_at.isoformat(),
        "revoked": key.revoked_at and key.revoked_at.isoformat(),
        "revoked_reason": key.revoked_reason,
        "last_used": key.last_used_on and key.last_used_on.isoformat(),
    }


partners = make_partners_command(opening.installation)
