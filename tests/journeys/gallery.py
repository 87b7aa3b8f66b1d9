"""Every page of the service in every state that a person can bring about, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from .installation import ROOT, Installation
from .visitor import BY_LINK, MODULE_PATH, PRIVATE, PUBLIC, Visitor, walk

# Which template each page of the gallery shows, by the beginning of its name.
TEMPLATES = {
    "home": "pages/home.html",
    "modules": "modules/index.html",
    "sheet": "modules/sheet.html",
    "employers": "pages/employers.html",
    "verifier-ask": "verifier/ask.html",
    "verifier-report": "verifier/report.html",
    "list-ask": "lists/ask.html",
    "list-answers": "lists/answers.html",
    "help": "pages/help.html",
    "accessibility": "pages/accessibility.html",
    "personal-data": "pages/personal_data.html",
    "legal": "pages/legal.html",
    "issuer": "documents/issuer.html",
    "achievement": "documents/achievement.html",
    "framework": "frameworks/index.html",
    "domain": "frameworks/domain.html",
    "level": "frameworks/level.html",
    "competence": "frameworks/competence.html",
    "error": "error.html",
    "sign-in-ask": "sign_in/ask.html",
    "sign-in-code": "sign_in/code.html",
    "sign-in-link": "sign_in/link.html",
    "mailbox": "development/mailbox.html",
    "space": "space/overview.html",
    "question": "quiz/question.html",
    "review": "quiz/review.html",
    "result": "quiz/result.html",
    "offer": "offers/offer.html",
    "my-badge": "my_badges/badge.html",
    "correct": "my_badges/correct.html",
    "withdraw": "my_badges/withdraw.html",
    "badge": "badges/badge.html",
    "code": "badges/code.html",
    "without-holder": "badges/without_holder.html",
    "job": "progress/job.html",
    "account-erase": "account/erase.html",
    "account-gone": "account/gone.html",
    "partner-choose": "partner/choose.html",
    "partner-space": "partner/overview.html",
    "partner-preview": "partner/preview.html",
    "partner-list": "partner/fates.html",
}
_PUBLIC = {
    "home": "/",
    "modules": "/modules",
    "sheet": MODULE_PATH["fr"],
    "employers": "/entreprises",
    "verifier-ask": "/verifier",
    "list-ask": "/verifier/liste",
    "help": "/aide",
    "accessibility": "/accessibilite",
    "personal-data": "/donnees-personnelles",
    "legal": "/mentions-legales",
    "issuer": "/issuers/demo?lang=fr",
    "achievement": "/achievements/crcn-4-1-beginner/1/fr?lang=fr",
    "framework": "/frameworks/crcn?lang=fr",
    "domain": "/frameworks/crcn/4?lang=fr",
    "level": "/frameworks/crcn/levels/intermediate?lang=fr",
    "competence": "/frameworks/crcn/4.1?lang=fr",
    "error-unknown-page": "/nulle-part?lang=fr",
    "error-not-a-page": f"{MODULE_PATH['fr']}/quiz",
    "error-not-public": "/b/1111111111111111111111?lang=fr",
}


VERIFIER = {"fr": "/verifier", "en": "/en/verify"}
STRANGER = ROOT / "tests" / "recorded" / "eddsa-rdfc-2022.json"
"""A genuine badge that others signed, of an issuer that nobody here knows."""


def template_of(name: str) -> str:
    """Return the template that a page of the gallery shows."""
    return TEMPLATES[max((start for start in TEMPLATES if name.startswith(start)), key=len)]


def pages(visitor: Visitor, email: str) -> Iterator[str]:
    """Lead the visitor from page to page; yield the name of each while they look at it."""
    yield from _public(visitor)
    yield from _sign_in(visitor, email)
    yield from _practice(visitor)
    yield from _quiz(visitor)
    yield from _badge(visitor)
    yield from _correct(visitor)
    yield from _code(visitor)
    yield from _jobs(visitor)
    yield from _leave(visitor)


def waiting(visitor: Visitor, email: str) -> Iterator[str]:
    """Show the pages after two tries without a single answer: the third one has to wait."""
    walker = walk.Browser(visitor.installation.base_url)
    page = walk.first_question(walker, walker.open(MODULE_PATH["fr"]), email)
    for _ in range(2):
        review = walker.open(page.link("Relire mes réponses"))
        result = walker.send(review.form("Envoyer mes réponses"))
        address = result.address
        if address and "Réessayer" in result.tree.text():
            page = walker.send(result.form("Réessayer maintenant"))
    visitor.enter_as(walker)
    visitor.page.goto(address)
    _in_own_language(visitor)
    yield "result-wait"
    visitor.tap("Mon espace")
    yield "space-wait"


def verdicts(visitor: Visitor, installation: Installation, email: str) -> Iterator[str]:
    """Show a badge in each state, to others and to its holder: who withdraws it in the end."""
    address = installation.issue(email, language=visitor.language)
    with installation.without_status_lists():
        visitor.page.goto(address)
        yield "badge-amber"
    yield from _verifier(visitor, address)
    yield from _list(visitor, address)
    installation.suspend(address)
    visitor.page.goto(address)
    yield "badge-suspended"
    _enter(visitor, email)
    yield "space-suspended"
    visitor.page.locator("h3 a").first.click()
    yield "my-badge-suspended"
    installation.revoke(address)
    visitor.page.reload()
    yield "my-badge-revoked"
    visitor.page.goto(f"{visitor.page.url}/{'corriger' if visitor.language == 'fr' else 'correct'}")
    yield "correct-refused"
    visitor.page.goto(address)
    yield "badge-revoked"
    second = installation.issue(f"encore-{email}", language=visitor.language)
    visitor.context.clear_cookies()
    _enter(visitor, f"encore-{email}")
    visitor.page.locator("h3 a").first.click()
    visitor.tap("Retirer ce badge")
    yield "withdraw"
    visitor.tap("Retirer ce badge")
    yield "space-withdrawn"
    visitor.page.goto(second)
    yield "error-withdrawn"


def partner(visitor: Visitor, installation: Installation, email: str) -> Iterator[str]:
    """Show the space of a training partner, and a list from its file to its fates."""
    _enter(visitor, email)
    _partner_space(visitor)
    yield "partner-choose-none"
    slug = "".join(c for c in email if c.isalnum())[:30]
    installation.partner(slug, email)
    _partner_space(visitor)
    yield "partner-space-empty"
    visitor.tap("Vérifier la liste")
    yield "partner-space-problem"
    _upload(visitor, _LIST)
    yield "partner-preview"
    visitor.page.locator("#r4-email").fill("zoe@example.org")
    visitor.page.locator("#r5-statut").select_option(index=1)
    visitor.tap("Enregistrer les corrections")
    yield "partner-preview-corrected"
    visitor.page.evaluate("document.querySelectorAll('form').forEach(e => { e.noValidate = true })")
    _send_list(visitor)
    yield "partner-preview-not-attested"
    visitor.choose("J'atteste que ces résultats sont exacts.")
    _send_list(visitor)
    visitor.page.goto(f"{visitor.page.url}?pause=1")
    yield "partner-list-waiting"
    installation.work()
    visitor.tap("Actualiser une fois")
    yield "partner-list-done"
    visitor.tap("Voir toutes les lignes")
    yield "partner-list-all"
    _partner_space(visitor)
    yield "partner-space"
    installation.partner(f"{slug}-2", email)
    _partner_space(visitor)
    yield "partner-choose"


_LIST = """\
nom;prénom;e-mail;activité;statut;date;remarque
Lefèvre;Élodie;elodie@example.org;cyber-1;réussi;20/11/2026;
Marie;Paul;paul@example.org;cyber-1;absent;20/11/2026;
Lecœur;Zoé;zoe@example;cyber-1;présent;20/11/2026;
Duval;Jean;jean@example.org;cyber-1;malade;03/11/2026;
Duval;Jean;jean2@example.org;tableur;;hier;
Roux;Léa;lea@example.org;cyber-1;présent;03/11/2026;
Caron;Lou;lou@example.org;cyber-1;présent;03/11/2026;;un mot de trop
Lefèvre;Jean;elodie@example.org;cyber-1;réussi;20/11/2026;
"""


def _partner_space(visitor: Visitor) -> None:
    visitor.open("/partenaire" if visitor.language == "fr" else "/en/partner")


def _send_list(visitor: Visitor) -> None:
    with visitor.page.expect_navigation():
        visitor.page.locator("form:has([name=attested]) button").click()


def _upload(visitor: Visitor, text: str) -> None:
    visitor.page.set_input_files(
        "#file", {"name": "liste.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    visitor.tap("Vérifier la liste")


def bring(visitor: Visitor, data: bytes, *, name: str) -> None:
    """Bring a file to the verifier."""
    visitor.open(VERIFIER[visitor.language])
    visitor.page.set_input_files(
        "#file", {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    )
    visitor.tap("Vérifier", within=visitor.page.locator("main"))


def _verifier(visitor: Visitor, address: str) -> Iterator[str]:
    genuine = visitor.page.request.get(f"{address}.png").body()
    strangers = STRANGER.read_bytes()
    for name, data in {
        "verifier-report-green": genuine,
        "verifier-report-amber": strangers,
        "verifier-report-red": strangers.replace(b"message frauduleux", b"faux billet"),
        "verifier-report-unreadable": b"\xff\xd8\xff a photograph",
        "verifier-ask-too-large": b"x" * 3_500_000,
        "verifier-ask-empty": b"",
    }.items():
        bring(visitor, data, name="brought")
        yield name
    link = {"badge": "https://school.invalid/badge"}
    while visitor.page.request.post(visitor.page.url, form=link).ok:
        pass
    visitor.page.locator("#badge").fill(link["badge"])
    visitor.tap("Vérifier", within=visitor.page.locator("main"))
    yield "error-too-often"


def _list(visitor: Visitor, address: str) -> Iterator[str]:
    """Bring lists: one that is read, and one that is none."""
    rows = "\n".join([address, "K7QM-2XVD", STRANGER.read_text().replace("\n", " ")])
    for name, text in {"list-answers": rows, "list-ask-nothing": " "}.items():
        visitor.open("/verifier/liste" if visitor.language == "fr" else "/en/verify/list")
        visitor.page.locator("#list").fill(text)
        visitor.tap("Vérifier la liste")
        yield name


def _public(visitor: Visitor) -> Iterator[str]:
    for name, path in _PUBLIC.items():
        visitor.open(path)
        if name != "error-unknown-page":
            _in_own_language(visitor)
        elif visitor.language == "en":
            visitor.open("/en/nowhere")
        yield name


def _sign_in(visitor: Visitor, email: str) -> Iterator[str]:
    visitor.open("/connexion")
    _in_own_language(visitor)
    yield "sign-in-ask"
    _send_unchecked(visitor, "#email", "personne", "Recevoir un code")
    yield "sign-in-ask-problem"
    visitor.page.locator("#email").fill(email)
    visitor.tap("Recevoir un code")
    yield "sign-in-code"
    _send_unchecked(visitor, "#code", "AAAAAAAAAA", "Continuer")
    yield "sign-in-code-problem"
    visitor.tap("Lire le message ici")
    _in_own_language(visitor)
    yield "mailbox"
    letter = visitor.page.locator("article").filter(has_text=email).first
    link = letter.locator("a").get_attribute("href") or ""
    visitor.open(link)
    yield "sign-in-link"
    visitor.tap("Entrer dans mon espace")
    yield "space-empty"
    visitor.open(link)
    visitor.tap("Entrer dans mon espace")
    yield "sign-in-ask-link-used"


def _enter(visitor: Visitor, email: str) -> None:
    """Sign in by the mailed link, and stand in the person's space."""
    visitor.open("/connexion")
    _in_own_language(visitor)
    visitor.page.locator("#email").fill(email)
    visitor.tap("Recevoir un code")
    visitor.tap("Lire le message ici")
    letter = visitor.page.locator("article").filter(has_text=email).first
    visitor.open(letter.locator("a").get_attribute("href") or "")
    _in_own_language(visitor)
    visitor.tap("Entrer dans mon espace")


def _practice(visitor: Visitor) -> Iterator[str]:
    visitor.open(MODULE_PATH[visitor.language])
    yield "sheet-signed-in"
    visitor.tap("S'entraîner")
    yield "question-practice"
    visitor.answer()
    visitor.tap("Enregistrer et continuer")
    yield "question-practice-right"
    visitor.tap("Continuer")
    visitor.answer(rightly=False)
    visitor.tap("Enregistrer et continuer")
    yield "question-practice-wrong"
    visitor.tap("Relire mes réponses")
    visitor.tap("Envoyer mes réponses")
    yield "result-practice"


def _quiz(visitor: Visitor) -> Iterator[str]:
    visitor.tap("Valider mes acquis")
    kinds: set[str] = set()
    while kind := visitor.question_kind():
        if kind not in kinds:
            yield f"question-{kind}"
            kinds.add(kind)
        if kind in ("ordering", "matching") and "refused" not in kinds:
            visitor.page.locator("li.row select").first.select_option(index=1)
            visitor.tap("Enregistrer et continuer")
            yield "question-refused"
            kinds.add("refused")
        visitor.answer(rightly=False)
        visitor.tap("Enregistrer et continuer")
        if len(kinds) == 1:
            visitor.tap("Relire mes réponses")
            yield "review-with-gaps"
            visitor.page.go_back()
    yield "review"
    visitor.tap("Mon espace")
    yield "space-open-quiz"
    visitor.tap("Reprendre le quiz")
    visitor.tap("Relire mes réponses")
    visitor.tap("Envoyer mes réponses")
    yield "result-failed"
    visitor.tap("Mon espace")
    yield "space-after-a-try"
    visitor.tap("Ouvrir la fiche")
    visitor.tap("Valider mes acquis", within=visitor.page.locator("#validate"))
    visitor.answer_all()
    _spoil_token(visitor)
    visitor.tap("Envoyer mes réponses")
    yield "error-page-too-old"
    visitor.page.go_back()
    visitor.page.reload()
    visitor.tap("Envoyer mes réponses")
    yield "result-passed"


def _badge(visitor: Visitor) -> Iterator[str]:
    visitor.tap("Mon espace")
    yield "space-offer"
    visitor.tap("Voir mon badge")
    visitor.tap("Ne pas recevoir ce badge")
    yield "space-declined"
    visitor.tap("Changer d'avis")
    yield "offer"
    visitor.choose("Le nom que j'écris ici")
    visitor.page.evaluate("document.querySelector('form.choices-form').noValidate = true")
    visitor.tap("Recevoir ce badge")
    yield "offer-problems"
    visitor.page.locator("#name-text").fill("Élodie Lefèvre-Quesnel")
    visitor.tap("Voir l'aperçu")
    yield "offer-with-name"
    with visitor.installation.halted():
        visitor.accept(visibility=BY_LINK)
        yield "error-halted"
    # The acceptance was kept, and is signed by whoever let issuing go on.
    visitor.tap("Mon espace")
    yield "space-badge"
    visitor.page.locator("h3 a").first.click()
    yield "my-badge"
    visitor.tap("Voir la page comme un employeur")
    yield "badge-genuine"
    visitor.page.go_back()
    visitor.choose(PRIVATE)
    visitor.tap("Enregistrer ce choix")
    yield "my-badge-private"


def _correct(visitor: Visitor) -> Iterator[str]:
    visitor.tap("Corriger ce badge")
    yield "correct"
    visitor.page.locator("#name-text").fill("")
    visitor.tap("Remplacer ce badge")
    yield "correct-problems"
    visitor.page.locator("#name-text").fill("Élodie Lefèvre")
    visitor.page.get_by_text(visitor.say("Pour d'anciens logiciels (facultatif)")).click()
    visitor.choose("Je veux aussi l'ancienne version (Open Badges 2.0)")
    visitor.tap("Voir l'aperçu")
    yield "correct-both-versions"
    visitor.tap("Remplacer ce badge")
    yield "my-badge-corrected"
    visitor.choose(PUBLIC)
    visitor.tap("Enregistrer ce choix")
    yield "my-badge-public"


def _code(visitor: Visitor) -> Iterator[str]:
    code = visitor.page.locator("section[aria-labelledby=show] strong").inner_text()
    visitor.open(f"/c/{code}")
    _in_own_language(visitor)
    yield "code"
    visitor.page.go_back()


def _jobs(visitor: Visitor) -> Iterator[str]:
    """Look at jobs of the person who signed in last; the page stays as it is while it is looked at."""
    path = "/mon-espace/travaux/" if visitor.language == "fr" else "/en/my-space/jobs/"
    here = visitor.page.url
    for state in ("queued", "running", "done", "failed"):
        visitor.open(f"{path}{visitor.installation.job(state)}?pause=1")
        yield f"job-{state}"
    visitor.page.goto(here)


def _leave(visitor: Visitor) -> Iterator[str]:
    address = visitor.page.locator("#address").input_value()
    visitor.tap("Mon espace")
    visitor.tap("Effacer mes données")
    yield "account-erase"
    visitor.choose("Effacer mon compte, laisser mes badges valables")
    visitor.page.evaluate("document.querySelector('form.choices-form').noValidate = true")
    visitor.tap("Effacer mes données")
    yield "account-erase-problems"
    visitor.choose("J'ai compris que c'est définitif.")
    visitor.tap("Effacer mes données")
    yield "account-gone"
    visitor.page.goto(address)
    yield "without-holder"


def _in_own_language(visitor: Visitor) -> None:
    """Change the language by the link on the page, when another one is shown."""
    link = visitor.page.locator(f".languages a[hreflang={visitor.language}]")
    if link.count():
        with visitor.page.expect_navigation():
            link.click()


def _send_unchecked(visitor: Visitor, field: str, value: str, button: str) -> None:
    """Send a form that the browser itself would hold back, as an older one does."""
    visitor.page.locator(field).fill(value)
    visitor.page.evaluate("document.querySelector('form.form').noValidate = true")
    visitor.tap(button)


def _spoil_token(visitor: Visitor) -> None:
    """Let the page look as if it had been open for longer than the session lasts."""
    visitor.page.evaluate(
        "document.querySelectorAll('input[name=csrf_token]').forEach(e => { e.value = 'old' })"
    )
