"""The path of the first issue, on a phone, in French, without JavaScript."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, expect

from badgeservice.openbadges.bakery import png

from .conftest import Arrive
from .installation import Counts, Installation
from .visitor import BY_LINK, Visitor, walk

pytestmark = pytest.mark.journey

# How the screens from home to badge are counted: each page a person needs once. The ten questions
# and their review are one screen, "quiz"; asking for the mail, reading it and confirming are one.
SCREENS = {
    r"/": "home",
    r"/modules": "modules",
    r"/modules/[^/]+": "sheet",
    r"/connexion.*|/development/mail": "sign-in",
    r"/quiz/[^/]+/(questions/\d+|relecture)": "quiz",
    r"/quiz/[^/]+/resultat": "result",
    r"/mon-espace/propositions/[^/]+": "offer",
    r"/mon-espace/badges/[^/]+": "badge",
}
WORD_OF_FAILURE = re.compile(r"\b(échec|échoué|erreur|invalide|raté|perdu)", re.I)

FILES = ("png", "json", "svg", "jwt", "rs256.jwt")
"""The files of a badge of Open Badges 3.0, by their endings."""


def test_from_home_to_badge_and_its_verdicts(
    installation: Installation,
    arrive: Arrive,
    email: str,
    tmp_path: Path,
    report: Callable[[str], None],
    photograph: Callable[..., None],
) -> None:
    """A quiz that is not passed says what is missing; passed, it leads to a badge that is checked.

    One journey, because each step stands on the one before.
    """
    visitor = arrive("fr")
    before = installation.counts()

    _fail_on_purpose(visitor, email)
    _pass(visitor)
    _look_at_offer(visitor)
    assert before == installation.counts(), "something was signed before the tap"

    address = visitor.accept(visibility=BY_LINK)
    after = installation.counts()
    # One badge in five files, signed three times: an embedded proof and two JWTs.
    added = Counts(1, 1, len(FILES), 3)
    assert Counts(*(a + b for a, b in zip(*map(_values, (before, added)), strict=True))) == after
    _count_screens(visitor, report)

    _check_linkedin(visitor, address)
    files = _download(visitor, tmp_path)
    visitor.tap("Voir la page comme un employeur")
    _check_verdict(visitor, "green", "Badge authentique et actif")
    photograph(visitor.page, "badge-page", whole=False)

    _check_files(installation, files, tmp_path)
    installation.revoke(address)
    visitor.page.reload()
    _check_verdict(visitor, "red", "Badge authentique, mais retiré par l'émetteur")
    assert "Motif : il avait été délivré par erreur." in visitor.text
    code, verdict = installation.verify(files["png"])
    assert (1, "red") == (code, verdict["verdict"])


def test_an_unreachable_status_list_is_amber(
    installation: Installation, arrive: Arrive, email: str
) -> None:
    """What could not be checked is said to be unchecked; it never looks good."""
    address = installation.issue(email)
    visitor = arrive("fr")

    with installation.without_status_lists():
        visitor.page.goto(address)
        _check_verdict(visitor, "amber", "Nous n'avons pas pu tout vérifier")
        code, verdict = installation.verify(address)

    assert (2, "amber") == (code, verdict["verdict"])
    visitor.page.reload()
    _check_verdict(visitor, "green", "Badge authentique et actif")


def _fail_on_purpose(visitor: Visitor, email: str) -> None:
    visitor.open("/")
    visitor.tap("Pour moi")
    visitor.tap(walk.module().title["fr"])
    visitor.start_quiz(email)
    visitor.answer_all(wrong=7)
    visitor.tap("Envoyer mes réponses")

    assert visitor.heading.startswith("Pas encore")
    objectives = [walk.plain(each.text["fr"]) for each in walk.module().objectives]
    missing = visitor.page.locator(".results li").filter(has_text="À revoir")
    named = [walk.plain(each.inner_text()) for each in missing.locator("strong").all()]
    assert named
    assert set(named) <= set(objectives)
    lead = walk.plain(" ".join(visitor.page.locator("p.lead").all_inner_texts()))
    assert any(objective in lead for objective in named), "what to read first is not named"
    passage = missing.first.get_by_role("link")
    anchor = urlsplit(passage.get_attribute("href") or "").fragment
    assert not WORD_OF_FAILURE.search(walk.plain(visitor.page.locator(".result").inner_text()))
    assert not WORD_OF_FAILURE.search(walk.plain(visitor.page.locator(".results").inner_text()))

    with visitor.page.expect_navigation():
        passage.click()
    expect(visitor.page.locator(f"[id='{anchor}']")).to_be_in_viewport()
    visitor.page.go_back()


def _pass(visitor: Visitor) -> None:
    visitor.tap("Réessayer maintenant")
    visitor.answer_all()
    visitor.tap("Envoyer mes réponses")
    assert visitor.heading.startswith("Vous avez réussi")


def _look_at_offer(visitor: Visitor) -> None:
    visitor.tap("Voir mon badge")
    assert "Rien n'est encore signé" in visitor.text.replace("’", "'")
    assert 0 == visitor.page.locator("input[name=visibility]:checked").count(), "chosen for them"


def _count_screens(visitor: Visitor, report: Callable[[str], None]) -> None:
    names = [_screen(path) for path in visitor.screens]
    needed = list(dict.fromkeys(names))
    report(f"screens from home to badge: {len(needed)} ({', '.join(needed)})")
    report(f"page loads of the journey with a failed try and a passage reread: {len(names)}")
    assert needed[0] == "home"
    assert needed[-1] == "badge"
    assert len(needed) <= 8


def _screen(path: str) -> str:
    for pattern, name in SCREENS.items():
        if re.fullmatch(pattern, path):
            return name
    raise AssertionError(f"{path} is on nobody's way from home to badge")


def _check_linkedin(visitor: Visitor, address: str) -> None:
    """Compare with the parameters that LinkedIn's form takes; there is no other way to write."""
    link = visitor.control("Ajouter à mon profil LinkedIn")
    parts = urlsplit(link.get_attribute("href") or "")
    sent = parse_qs(parts.query, strict_parsing=True)
    issued, expires = _dates(visitor.page.locator(".badge-identity"))

    assert ("https", "www.linkedin.com", "/profile/add") == parts[:3]
    assert "noopener" in (link.get_attribute("rel") or "")
    assert {
        "startTask": ["CERTIFICATION_NAME"],
        "name": [walk.plain(visitor.heading)],
        "organizationName": ["Cotentin Digital (TEST)"],
        "issueYear": [issued[0]],
        "issueMonth": [issued[1]],
        "expirationYear": [expires[0]],
        "expirationMonth": [expires[1]],
        "certUrl": [address],
        "certId": [address.rsplit("/", 1)[-1]],
    } == sent


def _dates(identity: Locator) -> tuple[tuple[str, str], ...]:
    """Return the year and month of every date that a person reads there."""
    months = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ]
    found = re.findall(r"\d+(?:er)?\s+(\w+)\s+(\d{4})", identity.inner_text())
    return tuple((year, str(months.index(month) + 1)) for month, year in found)


def _download(visitor: Visitor, folder: Path) -> dict[str, Path]:
    files = {}
    for kind in FILES:
        link = visitor.page.locator(f".files a[href$='badge.{kind}']")
        if not link.is_visible():  # what few people need is folded
            visitor.page.locator("details", has=link).locator("summary").click()
        with visitor.page.expect_download() as download:
            link.click()
        files[kind] = folder / f"badge.{kind}"
        download.value.save_as(files[kind])
    return files


def _check_files(installation: Installation, files: dict[str, Path], folder: Path) -> None:
    for kind in FILES:
        code, verdict = installation.verify(files[kind])
        assert (0, "green") == (code, verdict["verdict"]), kind

    edited = json.loads(files["json"].read_bytes())
    edited["credentialSubject"]["achievement"]["name"] = "Niveau avancé"
    copy = folder / "edited.json"
    copy.write_text(json.dumps(edited))
    code, verdict = installation.verify(copy)
    assert (1, "red") == (code, verdict["verdict"])

    text = png.unbake(files["png"].read_bytes())
    assert json.loads(text) == json.loads(files["json"].read_bytes())
    rebaked = folder / "edited.png"
    rebaked.write_bytes(png.bake(files["png"].read_bytes(), json.dumps(edited)))
    code, verdict = installation.verify(rebaked)
    assert (1, "red") == (code, verdict["verdict"])


def _check_verdict(visitor: Visitor, tone: str, words: str) -> None:
    banner = visitor.page.locator(".verdict")
    expect(banner).to_have_class(f"verdict verdict-{tone}")
    assert walk.plain(banner.inner_text()).startswith(words)


def _values(counts: Counts) -> tuple[int, int, int, int]:
    return counts.intents, counts.credentials, counts.released_files, counts.credential_signatures
