"""The commands about one badge: issue it, withdraw it, correct it, and so on."""

from __future__ import annotations

import json
from pathlib import Path

import click
from sqlalchemy.orm import Session

from badgeservice.awarding import offers
from badgeservice.catalogue import classes
from badgeservice.catalogue.strength import Strength
from badgeservice.cli import opening
from badgeservice.errors import AlreadyHeld
from badgeservice.evidence.sources import manual
from badgeservice.extensions import Services
from badgeservice.issuing import editions, shelf, states
from badgeservice.issuing.build import Choices
from badgeservice.issuing.issue import accept_and_issue
from badgeservice.issuing.models import Badge, Format, Reason, Visibility
from badgeservice.kit import pack
from badgeservice.people import accounts, names
from badgeservice.sharing import holdings
from badgeservice.verification.words import Language

_FILES = {
    Format.JSON: "credential.json",
    Format.JWT: "credential.jwt",
    Format.JWT_RS256: "credential.rs256.jwt",
    Format.PNG: "badge.png",
    Format.SVG: "badge.svg",
    Format.OB2_JSON: "assertion.json",
    Format.OB2_JWS: "assertion.jws",
    Format.PNG_BOTH: "badge-both.png",
    Format.SVG_BOTH: "badge-both.svg",
}


@click.command()
@click.option("--badge", "slug", required=True, metavar="SLUG", help="The badge class.")
@click.option("--to", "email", required=True, metavar="EMAIL", help="Who receives it.")
@click.option("--name", metavar="NAME", help="The name to sign into the badge; default: none.")
@click.option(
    "--lang", "language", type=click.Choice(["fr", "en"]), default="fr", show_default=True
)
@click.option(
    "--strength",
    type=click.IntRange(0, 4),
    default=int(Strength.WORK_REVIEWED),
    show_default=True,
    help="What you vouch for: 0 declared, 1 online quiz, 2 attendance verified, "
    "3 work reviewed or skills observed, 4 observed at work.",
)
@click.option("--ob2", is_flag=True, help="Make it a badge of Open Badges 2.0 as well.")
@click.option("--statement", default="", help="What was seen, in one sentence; kept, not signed.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Write the files here."
)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def issue(
    slug: str,
    email: str,
    name: str | None,
    language: Language,
    strength: int,
    ob2: bool,
    statement: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Issue a badge as an administrator, on the strength of what you vouch for."""
    if out:
        out.mkdir(parents=True, exist_ok=True)  # before anything is signed
    with opening.installation() as (session, here):
        now = here.clock()
        office = here.office
        badge_class = classes.current(session, slug)
        person = accounts.find_or_create(
            session,
            here.vault,
            email=email,
            language=language,
            controller=accounts.organisation(session, office.issuer.slug),
            now=now,
        )
        if held := holdings.of_class(session, person.id, slug, now):
            raise AlreadyHeld(
                f"{email} holds this badge already: {held.address}. To issue it anew, revoke it first"
            )
        manual.record_manual(
            session,
            here.vault,
            person_id=person.id,
            badge_class=badge_class,
            strength=Strength(strength),
            agent=opening.ADMINISTRATOR,
            organisation=office.issuer.slug,
            statement=statement,
            occurred_at=now,
            now=now,
        )
        award = offers.award_for(
            session, here.vault, person_id=person.id, badge_class=badge_class, now=now
        )
        badge = accept_and_issue(
            session,
            office,
            award_id=award.id,
            person_id=person.id,
            choices=Choices(
                language=language,
                name=names.normalise(name) if name else None,
                visibility=Visibility.LINK,
                ob2=ob2,
            ),
            actor=opening.ADMINISTRATOR,
            now=now,
        )
        address = badge.address
        written = _write(session, here, badge, out) if out else {}
    if as_json:
        click.echo(json.dumps({"id": address, "files": written}))
        return
    click.echo(address)
    for path in written.values():
        click.echo(path)


@click.command()
@click.argument("badge", metavar="ID")
@click.option(
    "--reason",
    type=click.Choice([str(reason) for reason in states.REVOCATION_REASONS]),
    required=True,
)
def revoke(badge: str, reason: str) -> None:
    """Revoke the badge ID (its address, or the last part of it) for a public reason."""
    with opening.installation() as (session, here):
        revoked = states.revoke(
            session,
            here.office,
            opening.public_id(badge),
            reason=Reason(reason),
            actor=opening.ADMINISTRATOR,
            now=here.clock(),
        )
        click.echo(f"{revoked.address} {revoked.state} on {revoked.state_since:%Y-%m-%d}")


@click.command()
@click.argument("badge", metavar="ID")
def suspend(badge: str) -> None:
    """Say that the badge ID is not to be relied on until it is reinstated."""
    with opening.installation() as (session, here):
        suspended = states.suspend(
            session,
            here.office,
            opening.public_id(badge),
            actor=opening.ADMINISTRATOR,
            now=here.clock(),
        )
        click.echo(f"{suspended.address} suspended on {suspended.state_since:%Y-%m-%d}")


@click.command()
@click.argument("badge", metavar="ID")
def reinstate(badge: str) -> None:
    """Put the suspended badge ID in force again."""
    with opening.installation() as (session, here):
        again = states.reinstate(
            session,
            here.office,
            opening.public_id(badge),
            actor=opening.ADMINISTRATOR,
            now=here.clock(),
        )
        click.echo(f"{again.address} in force again since {again.state_since:%Y-%m-%d}")


@click.command()
@click.argument("badge", metavar="ID")
@click.option("--name", metavar="NAME", help="The name to sign into the badge instead.")
@click.option("--no-name", is_flag=True, help="Sign no name into the badge.")
@click.option(
    "--lang", "language", type=click.Choice(["fr", "en"]), help="Default: as it was signed."
)
def correct(badge: str, name: str | None, no_name: bool, language: Language | None) -> None:
    """Replace the badge ID by a corrected edition: same address, same QR code, same award date."""
    if (name is None) != no_name:
        raise click.UsageError("give either --name or --no-name")
    with opening.installation() as (session, here):
        public_id = opening.public_id(badge)
        present = states.get(session, public_id)
        corrected = editions.correct(
            session,
            here.office,
            public_id,
            choices=Choices(
                language=language or editions.language(session, present),
                name=names.normalise(name) if name else None,
                visibility=present.visibility,
                ob2=editions.has_ob2(session, present),
            ),
            actor=opening.ADMINISTRATOR,
            now=here.clock(),
        )
        click.echo(f"{corrected.address} edition {corrected.edition}")


@click.command("kit")
@click.argument("badge", metavar="ID")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Default: kit-ID.zip, here.",
)
def make_kit(badge: str, out: Path | None) -> None:
    """Write the offline kit of the badge ID: all it takes to verify it when nobody answers."""
    with opening.installation() as (session, here):
        found = states.get(session, opening.public_id(badge))
        path = out or Path(f"kit-{found.public_id}.zip")
        path.write_bytes(pack.pack(session, here.office, found, now=here.clock()))
    click.echo(path)


def _write(session: Session, here: Services, badge: Badge, out: Path) -> dict[str, str]:
    written = {}
    for form in shelf.kept(session, badge):
        path = out / _FILES[form]
        path.write_bytes(shelf.take(session, here.vault, badge, form))
        written[str(form)] = str(path)
    return written
