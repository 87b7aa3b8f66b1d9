"""Headers, tokens, cookies and whose page is whose: asked of every address that there is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from werkzeug.routing import Rule

from badgeservice import extensions
from badgeservice.app import create_app
from badgeservice.issuing.models import Badge
from badgeservice.settings import Environment, Settings
from badgeservice.web.negotiation import FOR_PROGRAMS
from tests.conftest import Letters, copy_of
from tests.web.conftest import MODULE, Learner, csrf_token

# What a private page must never lack, and what no page may lack.
HEADERS = {
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Permissions-Policy",
    "Cache-Control",
    "Cross-Origin-Opener-Policy",
}
# The answers that any site may read: documents that are public by their nature.
OPEN_TO_ALL = {
    "documents.",
    "frameworks.",
    "badges.page",
    "badges.download",
    "ob2.",
    "verification.",
    "api-docs.",
}
PRIVATE = ("space.", "quiz.", "offers.", "my_badges.", "account.erase")

# Forms that read no cookie and change nothing, so that there is nothing to send in another's name.
ACTS_ON_NOTHING = {"verifier.page"}

# What the forms of a person's own pages ask for.
ANYTHING = {
    "visibility": "public",
    "choice": "x",
    "mode": "assess",
    "edition": "1",
    "with_name": "no",
    "badges": "withdraw_badges",
    "understood": "yes",
}


@dataclasses.dataclass(frozen=True)
class World:
    """Addresses of things that exist, for every argument that a rule takes."""

    values: dict[str, object]

    def path(self, rule: Rule) -> str:
        """Return an address of `rule` at which something stands."""
        built = rule.build({name: self.values[name] for name in rule.arguments - {"language"}})
        assert built is not None, rule
        return built[1]


def forms_of(app: Flask) -> Iterator[Rule]:
    """Yield every rule that takes a form; what is for programs has tests of its own (`test_api`)."""
    for rule in rules_of(app):
        if "POST" in (rule.methods or ()) and not rule.rule.startswith(FOR_PROGRAMS):
            yield rule


def rules_of(app: Flask) -> Iterator[Rule]:
    """Yield every rule of ours once, the static files among them."""
    yield from sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule))


@pytest.fixture
def world(app, holder, public_id) -> World:
    """A person with a badge and an open quiz, and everything that is public."""
    attempt = holder.start("practise").split("/")[2]
    office = app.extensions["badgeservice"].office
    artwork = holder.get(f"/b/{public_id}").text.split("/artwork/")[1].split(".png")[0]
    return World(
        {
            "public_id": public_id,
            "attempt_id": attempt,
            "award_id": award_of(app, public_id),
            "module_id": MODULE,
            "number": 1,
            "name": "sms-colis.svg",
            "slug": "crcn-4-1-beginner",
            "version": 1,
            "tongue": "fr",
            "suffix": "json",
            "kid": next(iter(office.public_keys)),
            "digest": artwork,
            "framework": "crcn",
            "code": "4.1",
            "token": "not-a-token",
            "typed": "JT5N-RGQM",
            "ob2_id": "8d2f8b1c-1c1e-4d7e-9a53-0d3d6f0a7c11",
            "filename": "style.css",
            "list_id": "lst_0",
            "job_id": "job_0",
            "submission_id": "sub_0",
        }
    )


def award_of(app: Flask, public_id: str) -> str:
    """Return the award behind a badge."""
    with app.app_context():
        return extensions.db.session.get_one(Badge, public_id).award_id


def address(world: World, rule: Rule) -> str:
    """Return an address of a rule; an issuer's slug is not a badge's."""
    if rule.endpoint.startswith("documents.issuer"):
        return World(world.values | {"slug": "demo"}).path(rule)
    return world.path(rule)


def test_every_answer_carries_its_headers(app, holder, world):
    """A header that one page lacks is a hole that a scanner finds."""
    for rule in rules_of(app):
        if "GET" in (rule.methods or ()):
            answer = holder.get(address(world, rule))
            assert answer.status_code < 500, rule
            missing = HEADERS - set(answer.headers.keys())
            assert not missing, f"{rule}: {missing}"
            assert "nosniff" == answer.headers["X-Content-Type-Options"]
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe-inline" not in policy.split("style-src")[0]


def test_errors_carry_the_headers_too(client):
    """An error page is a page."""
    answer = client.get("/nulle-part")

    assert 404 == answer.status_code
    assert not HEADERS - set(answer.headers.keys())


def test_the_policy_allows_neither_script_nor_anything_from_elsewhere(client):
    """Nothing of ours needs it, so whatever asks for it is an intruder."""
    policy = client.get("/").headers["Content-Security-Policy"]

    assert "script-src" not in policy
    assert "http" not in policy
    for directive in ("form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in policy


def test_nothing_private_is_kept_by_a_browser_or_a_proxy(app, holder, world):
    """The next person at the computer of an EPN must not find the former one's page."""
    for rule in rules_of(app):
        if rule.endpoint.startswith(PRIVATE) and "GET" in (rule.methods or ()):
            answer = holder.get(world.path(rule))
            assert "no-store" == answer.headers["Cache-Control"], rule


def test_only_public_documents_may_be_read_by_other_sites(app, holder, world):
    """`Access-Control-Allow-Origin: *` belongs to what is public without a cookie."""
    opened = set()
    for rule in rules_of(app):
        if "GET" in (rule.methods or ()):
            answer = holder.get(address(world, rule), headers={"Accept": "application/json"})
            if "Access-Control-Allow-Origin" in answer.headers:
                opened.add(rule.endpoint)
                assert "Access-Control-Allow-Credentials" not in answer.headers
                assert "Set-Cookie" not in answer.headers

    assert opened
    assert all(endpoint.startswith(tuple(OPEN_TO_ALL)) for endpoint in opened)


def test_a_public_badge_page_neither_reads_nor_sets_a_cookie(holder, public_id):
    """It is the same for everybody: that is what makes it safe to be cached and compared."""
    answer = holder.get(f"/b/{public_id}")

    assert "Cookie" not in answer.headers.get("Vary", "")
    assert "Set-Cookie" not in answer.headers


# --- forms ---------------------------------------------------------------------------------------


def test_attack_every_form_without_its_token_is_refused(app, holder, world):
    """W2: another site can send any form in the name of whoever is signed in."""
    tried = 0
    for rule in forms_of(app):
        if rule.endpoint in ACTS_ON_NOTHING:
            continue
        answer = holder.client.post(world.path(rule), data=ANYTHING)
        assert answer.status_code in (400, 403), rule
        tried += 1

    assert tried >= 28


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_attack_every_form_from_another_site_is_refused_token_or_not(app, holder, world, site):
    """W2: a token can leak; the browser itself says where a form comes from."""
    token = csrf_token(holder.get("/mon-espace"))
    for rule in forms_of(app):
        answer = holder.client.post(
            world.path(rule),
            data={"csrf_token": token, **ANYTHING},
            headers={"Sec-Fetch-Site": site},
        )
        assert answer.status_code in (400, 403), rule


def test_attack_opening_an_address_changes_nothing(app, holder, world):
    """W2: mail scanners, previews and prefetching open addresses; only forms act."""
    for rule in rules_of(app):
        if rule.methods and "POST" in rule.methods and "GET" not in rule.methods:
            answer = holder.get(world.path(rule))
            assert 405 == answer.status_code, rule


def test_attack_opening_the_pages_of_what_cannot_be_undone_changes_nothing(
    app, holder, public_id, client
):
    """W2: correcting, withdrawing and erasing have pages; the query of an address is not a form."""
    before = client.get(f"/b/{public_id}.json").data
    query = urlencode(ANYTHING)
    for path in (
        f"/mon-espace/badges/{public_id}/corriger",
        f"/mon-espace/badges/{public_id}/retirer",
        "/mon-espace/effacer-mes-donnees",
    ):
        assert 200 == holder.get(f"{path}?{query}").status_code
        assert 200 == holder.client.head(f"{path}?{query}").status_code

    assert before == client.get(f"/b/{public_id}.json").data
    assert 200 == holder.get("/mon-espace").status_code


# --- whose page is whose -------------------------------------------------------------------------


def test_attack_a_stranger_finds_nothing_at_any_address_of_someone_else(app, learner, world):
    """W4: every address that names something of a person, asked by another person."""
    token = csrf_token(learner.get("/mon-espace"))
    tried = 0
    for rule in rules_of(app):
        if not rule.endpoint.startswith(PRIVATE):
            continue
        if not rule.arguments & {"attempt_id", "award_id", "public_id"}:
            continue
        if "GET" in (rule.methods or ()):
            assert 404 == learner.get(world.path(rule)).status_code, rule
        if "POST" in (rule.methods or ()):
            fields = {"csrf_token": token, **ANYTHING}
            answer = learner.client.post(world.path(rule), data=fields)
            assert 404 == answer.status_code, rule
        tried += 1

    assert tried >= 24


def test_attack_a_visitor_is_led_to_sign_in_from_every_private_address(app, client, world):
    """W4: nobody signed in is nobody at all."""
    for rule in rules_of(app):
        if rule.endpoint.startswith(PRIVATE) and "GET" in (rule.methods or ()):
            answer = client.get(world.path(rule))
            assert 303 == answer.status_code, rule
            assert answer.headers["Location"] in ("/connexion", "/en/sign-in"), rule


def test_signing_out_ends_the_session(learner):
    """The next person at the same computer is a visitor."""
    learner.post("/deconnexion", "/mon-espace")

    assert "/connexion" == learner.get("/mon-espace").headers["Location"]


def test_attack_signing_in_takes_over_no_session_of_before(app, letters):
    """W5, session fixation: what an attacker put into the cookie before does not survive."""
    person = Learner(app.test_client(), letters, "lea@example.org")
    with person.client.session_transaction() as before:
        before["planted"] = "by an attacker"

    person.sign_in()

    with person.client.session_transaction() as after:
        assert "planted" not in after


# --- host and cookies ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "evil.example:80", "localhost@evil.example"]
)
def test_attack_an_unknown_host_is_not_served(client, host):
    """W6: a link made from a forged Host header would lead people elsewhere."""
    answer = client.get("/connexion", headers={"Host": host})

    assert 400 == answer.status_code
    assert "evil" not in answer.text


def test_attack_a_forwarded_host_is_not_believed(client):
    """W6: without a proxy that we know, `X-Forwarded-Host` is a stranger's text."""
    answer = client.get("/", headers={"X-Forwarded-Host": "evil.example"})

    assert "evil.example" not in answer.text


@pytest.fixture
def production(installed: Settings, tmp_path: Path) -> Iterator[Flask]:
    """The application as it runs in production."""
    secrets = installed.data_dir
    settings = copy_of(
        installed,
        tmp_path,
        environment=Environment.PRODUCTION,
        base_url="https://badges.example",
        key_passphrase_file=secrets / "key-passphrase",
        secret_key_file=secrets / "secret-key",
        personal_data_key_file=secrets / "personal-data-key",
        smtp_host="smtp.example",
        contact_email="aide@badges.example",
    )
    app = create_app(settings, mailer=Letters())
    yield app
    with app.app_context():
        extensions.db.engine.dispose()


def test_production_insists_on_https(production):
    """Once seen over https, never again without."""
    answer = production.test_client().get("/", base_url="https://badges.example")

    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")


def test_the_cookie_of_production_is_bound_to_the_host(production):
    """`__Host-`: no sibling domain can plant it, no plain connection can carry it."""
    answer = production.test_client().get("/connexion", base_url="https://badges.example")

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert attribute in cookie
    assert "Domain" not in cookie


def test_production_has_no_mailbox_page(production):
    """In development it shows sign-in codes."""
    answer = production.test_client().get("/development/mail", base_url="https://badges.example")

    assert 404 == answer.status_code


def test_a_form_of_production_works_without_a_referrer(production):
    """We ask browsers to send none, so its absence must not refuse our own forms."""
    browser = production.test_client()
    page = browser.get("/connexion", base_url="https://badges.example")

    answer = browser.post(
        "/connexion",
        base_url="https://badges.example",
        data={"csrf_token": csrf_token(page), "email": "not an address"},
    )

    assert 400 == answer.status_code
    assert "adresse e-mail" in answer.text


# --- limits --------------------------------------------------------------------------------------


def test_looking_for_badges_is_slowed_down(client):
    """H5: 60 misses a minute; then a polite refusal that says when to come back."""
    codes = [client.get(f"/b/{'1' * 20}{n:02x}".replace("0", "2")).status_code for n in range(61)]

    assert [404] * 60 == codes[:60]
    assert 429 == codes[60]
    again = client.get("/b/11111111111111111111")
    assert "60" == again.headers["Retry-After"]


def test_reading_badges_is_not_slowed_down(client, public_id):
    """A class of thirty behind one address opens its badges at the same time."""
    codes = {client.get(f"/b/{public_id}.json").status_code for _ in range(80)}

    assert {200} == codes


def test_asking_for_codes_is_slowed_down(client):
    """30 in five minutes from one address, whatever the mail addresses."""
    token = csrf_token(client.get("/connexion"))
    codes = [
        client.post(
            "/connexion", data={"csrf_token": token, "email": f"p{n}@example.org"}
        ).status_code
        for n in range(31)
    ]

    assert {303} == set(codes[:30])
    assert 429 == codes[30]
