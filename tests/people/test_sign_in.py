"""The door: who has the mail gets in once, and nobody learns anything else here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from badgeservice import typed_codes
from badgeservice.errors import (
    InvalidEmail,
    MailNotSent,
    SignInRefused,
    TooManySignInRequests,
)
from badgeservice.people import accounts, sign_in
from badgeservice.people.models import Organisation, Person, PersonState, SignInRequest
from badgeservice.storage.vault import Vault

from .postbox import Postbox

EMAIL = "lea@example.org"
MINUTE = timedelta(minutes=1)


def ask(
    session: Session, vault: Vault, postbox: Postbox, now: datetime, email: str = EMAIL
) -> None:
    """Ask for a link as the sign-in page does."""
    sign_in.request(
        session,
        vault,
        postbox,
        email=email,
        language="fr",
        controller=accounts.organisation(session, "cotentin"),
        link=lambda token: f"https://badges.example/sign-in/{token}",
        now=now,
    )


@pytest.fixture(autouse=True)
def _controller(controller: Organisation) -> None:
    """The organisation in whose name the mails are written."""


@pytest.fixture
def asked(session: Session, vault: Vault, postbox: Postbox, now: datetime) -> Postbox:
    """The postbox after one request for EMAIL."""
    ask(session, vault, postbox, now)
    return postbox


def wrong(code: str) -> str:
    """Return another code than `code`."""
    return ("0" if code[0] != "0" else "1") + code[1:]


# --- both keys of the door -----------------------------------------------------------------------


def test_the_link_signs_in(session: Session, asked: Postbox, now: datetime) -> None:
    """Whoever has the mail is the person, who now is confirmed."""
    person = sign_in.redeem_token(session, asked.token, now)

    assert person.state == PersonState.CONFIRMED


def test_the_code_signs_in(session: Session, vault: Vault, asked: Postbox, now: datetime) -> None:
    """The mail was read on another device."""
    person = sign_in.redeem_code(session, vault, email=EMAIL, code=asked.code, now=now)

    assert person.state == PersonState.CONFIRMED
    assert accounts.email_of(session, vault, person) == EMAIL


def test_the_mail_goes_to_the_address_on_file(
    session: Session, vault: Vault, asked: Postbox, now: datetime
) -> None:
    """Not to the spelling that someone typed today."""
    ask(session, vault, asked, now, email="LEA@EXAMPLE.org")

    assert [letter.to for letter in asked.letters] == [EMAIL, EMAIL]


@pytest.mark.parametrize(
    "retype",
    [
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " "),
        lambda code: f"  {code}\n",
        lambda code: code.replace("0", "O").replace("1", "l"),
        lambda code: code.replace("0", "o").replace("1", "I"),
    ],
    ids=["small", "joined", "spaced", "pasted", "letters for digits", "and the others"],
)
def test_a_code_is_read_as_it_was_meant(
    session: Session, vault: Vault, asked: Postbox, now: datetime, retype: Callable[[str], str]
) -> None:
    """People copy by eye; the alphabet leaves no room for a misreading."""
    code = retype(asked.code)

    assert sign_in.redeem_code(session, vault, email=EMAIL, code=code, now=now)


def test_a_code_has_fifty_bits() -> None:
    """A code that gives access has at least ten characters, of 32."""
    assert sign_in.CODE_LENGTH == 10
    assert len(set(typed_codes.ALPHABET)) == 32
    assert not set("ILOU") & set(typed_codes.ALPHABET)


def test_a_code_is_shown_in_two_halves() -> None:
    """Ten characters in a row are hard to copy."""
    assert typed_codes.spaced("ABCDE12345") == "ABCDE-12345"


# --- once, and for a short while -----------------------------------------------------------------


@pytest.mark.parametrize("first", ["link", "code"])
@pytest.mark.parametrize("second", ["link", "code"])
def test_using_one_closes_both(
    session: Session, vault: Vault, asked: Postbox, now: datetime, first: str, second: str
) -> None:
    """Attack: a link or code read over a shoulder, or found in an old mail."""
    uses = {
        "link": lambda: sign_in.redeem_token(session, asked.token, now),
        "code": lambda: sign_in.redeem_code(session, vault, email=EMAIL, code=asked.code, now=now),
    }
    uses[first]()

    with pytest.raises(SignInRefused):
        uses[second]()


def test_works_until_the_last_second(session: Session, asked: Postbox, now: datetime) -> None:
    """Twenty minutes, as the mail says."""
    last = now + 20 * MINUTE - timedelta(seconds=1)

    assert sign_in.redeem_token(session, asked.token, last)


def test_a_late_link_is_refused(session: Session, asked: Postbox, now: datetime) -> None:
    """A mail found weeks later opens nothing."""
    with pytest.raises(SignInRefused):
        sign_in.redeem_token(session, asked.token, now + 20 * MINUTE)

    assert session.scalars(select(Person)).one().state == PersonState.UNCONFIRMED


def test_a_late_code_is_refused(
    session: Session, vault: Vault, asked: Postbox, now: datetime
) -> None:
    """Both keys are worn out together."""
    with pytest.raises(SignInRefused):
        sign_in.redeem_code(session, vault, email=EMAIL, code=asked.code, now=now + 20 * MINUTE)


def test_each_mail_that_was_sent_works(
    session: Session, vault: Vault, asked: Postbox, now: datetime
) -> None:
    """Who asks twice and opens the first mail is not sent back; each still serves once."""
    first_code, first_token = asked.code, asked.token
    ask(session, vault, asked, now + MINUTE)

    assert sign_in.redeem_code(session, vault, email=EMAIL, code=first_code, now=now + MINUTE)
    assert sign_in.redeem_token(session, asked.token, now + MINUTE)
    with pytest.raises(SignInRefused):
        sign_in.redeem_token(session, first_token, now + MINUTE)


def test_signing_out_everywhere_closes_what_is_on_its_way(
    session: Session, vault: Vault, asked: Postbox, now: datetime
) -> None:
    """Attack: someone else asked for a link just before."""
    accounts.sign_out_everywhere(session, session.scalars(select(Person)).one(), now)

    with pytest.raises(SignInRefused):
        sign_in.redeem_token(session, asked.token, now)


# --- guessing ------------------------------------------------------------------------------------


def test_five_wrong_codes_lock_the_code(
    session: Session, vault: Vault, asked: Postbox, now: datetime
) -> None:
    """Attack: guessing. The right code comes too late at the sixth try."""
    for _ in range(sign_in.MAX_TRIES):
        with pytest.raises(SignInRefused):
            sign_in.redeem_code(session, vault, email=EMAIL, code=wrong(asked.code), now=now)

    with pytest.raises(SignInRefused):
        sign_in.redeem_code(session, vault, email=EMAIL, code=asked.code, now=now)


def test_the_fifth_try_may_be_right(
    session: Session, vault: Vault, asked: Postbox, now: datetime
) -> None:
    """Four typing mistakes are forgiven."""
    for _ in range(sign_in.MAX_TRIES - 1):
        with pytest.raises(SignInRefused):
            sign_in.redeem_code(session, vault, email=EMAIL, code=wrong(asked.code), now=now)

    assert sign_in.redeem_code(session, vault, email=EMAIL, code=asked.code, now=now)


def test_a_locked_code_leaves_the_link(
    session: Session, vault: Vault, asked: Postbox, now: datetime
) -> None:
    """A stranger who types wrong codes cannot keep the person out."""
    for _ in range(sign_in.MAX_TRIES):
        with pytest.raises(SignInRefused):
            sign_in.redeem_code(session, vault, email=EMAIL, code=wrong(asked.code), now=now)

    assert sign_in.redeem_token(session, asked.token, now)


def test_a_try_stays_spent_when_the_page_rolls_back(
    session: Session, vault: Vault, asked: Postbox, now: datetime
) -> None:
    """Attack: unlimited tries, because the refusal undoes the counter."""
    with pytest.raises(SignInRefused):
        sign_in.redeem_code(session, vault, email=EMAIL, code=wrong(asked.code), now=now)
    session.rollback()

    assert session.scalars(select(SignInRequest.attempts)).one() == 1


def test_the_code_of_someone_else_opens_nothing(
    session: Session, vault: Vault, asked: Postbox, now: datetime
) -> None:
    """Attack: my own code with your address."""
    ask(session, vault, asked, now, email="mallory@example.org")

    with pytest.raises(SignInRefused):
        sign_in.redeem_code(session, vault, email=EMAIL, code=asked.code, now=now)


@pytest.mark.parametrize("token", ["", "x", "\x00", "é" * 100_000, "\ud800"])
def test_a_made_up_token_is_refused(
    session: Session, asked: Postbox, now: datetime, token: str
) -> None:
    """Whatever stands in the address bar, the answer is the same."""
    with pytest.raises(SignInRefused):
        sign_in.redeem_token(session, token, now)


@pytest.mark.parametrize("code", ["", "-", "é", "\ud800", "0" * 100_000])
def test_a_made_up_code_is_refused(
    session: Session, vault: Vault, asked: Postbox, now: datetime, code: str
) -> None:
    """Whatever stands in the field, the answer is the same."""
    with pytest.raises(SignInRefused):
        sign_in.redeem_code(session, vault, email=EMAIL, code=code, now=now)


# --- nobody learns who has an account ------------------------------------------------------------


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.org", "not an address"])
def test_a_wrong_code_is_refused_in_the_same_words(
    session: Session, vault: Vault, asked: Postbox, now: datetime, email: str
) -> None:
    """Attack: telling known from unknown addresses by the refusal."""
    with pytest.raises(SignInRefused) as refusal:
        sign_in.redeem_code(session, vault, email=email, code=wrong(asked.code), now=now)

    assert (refusal.value.code, refusal.value.message) == (
        "sign_in_refused",
        "no open request has this code",
    )


def test_known_and_unknown_addresses_get_the_same_mail(
    session: Session, vault: Vault, postbox: Postbox, controller: Organisation, now: datetime
) -> None:
    """Attack: telling them apart by what is sent, or by how often one may ask."""
    accounts.find_or_create(
        session, vault, email=EMAIL, language="fr", controller=controller, now=now
    )
    outcomes = []
    for email in (EMAIL, "unknown@example.org"):
        for _ in range(sign_in.MAX_REQUESTS):
            ask(session, vault, postbox, now, email=email)
        with pytest.raises(TooManySignInRequests) as refusal:
            ask(session, vault, postbox, now, email=email)
        letter = postbox.letters[-1]
        text = letter.text.replace(postbox.token, "").replace(postbox.code, "")
        outcomes.append((letter.subject, text, refusal.value.message))

    assert outcomes[0] == outcomes[1]


# --- how often -----------------------------------------------------------------------------------


def test_an_address_gets_five_mails_an_hour(
    session: Session, vault: Vault, postbox: Postbox, now: datetime
) -> None:
    """Attack: filling someone's mailbox, by any spelling of the address."""
    for spelling in ("lea@example.org", "LEA@example.org", " lea@EXAMPLE.org", EMAIL, EMAIL):
        ask(session, vault, postbox, now, email=spelling)

    with pytest.raises(TooManySignInRequests):
        ask(session, vault, postbox, now + 59 * MINUTE)

    assert len(postbox.letters) == sign_in.MAX_REQUESTS
    ask(session, vault, postbox, now + 60 * MINUTE)


def test_one_address_does_not_use_up_anothers(
    session: Session, vault: Vault, postbox: Postbox, now: datetime
) -> None:
    """The count is kept for each address."""
    for _ in range(sign_in.MAX_REQUESTS):
        ask(session, vault, postbox, now)

    ask(session, vault, postbox, now, email="noe@example.org")

    assert postbox.letters[-1].to == "noe@example.org"


def test_a_mail_that_did_not_leave_does_not_count(
    session: Session, vault: Vault, postbox: Postbox, now: datetime
) -> None:
    """A mail server that is down must not lock people out for an hour afterwards."""
    postbox.closed = True
    for _ in range(sign_in.MAX_REQUESTS + 1):
        with pytest.raises(MailNotSent):
            ask(session, vault, postbox, now)
    postbox.closed = False

    ask(session, vault, postbox, now)

    assert session.scalars(select(func.count()).select_from(SignInRequest)).one() == 1


def test_a_wrong_address_stores_nothing(
    session: Session, vault: Vault, postbox: Postbox, now: datetime
) -> None:
    """A typing mistake leaves no trace."""
    with pytest.raises(InvalidEmail):
        ask(session, vault, postbox, now, email="lea@example")

    assert postbox.letters == []
    assert session.scalars(select(Person)).all() == []


# --- what is kept --------------------------------------------------------------------------------


def test_neither_key_is_stored(session: Session, asked: Postbox) -> None:
    """Attack: a stolen database, or its backup, opens no account."""
    row = session.execute(text("SELECT * FROM sign_in_request")).one()

    content = b"|".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
    assert asked.token.encode() not in content
    assert asked.code.replace("-", "").encode() not in content


def test_nothing_is_open_while_the_mail_server_thinks(
    on_disk: Callable[[], Session], vault: Vault, now: datetime
) -> None:
    """SQLite has one writer: a slow mail server must not stop the whole service."""
    mine, theirs = on_disk(), on_disk()
    do_not_wait = {"sqlite": "PRAGMA busy_timeout=0", "postgresql": "SET lock_timeout=1"}
    theirs.execute(text(do_not_wait[theirs.get_bind().dialect.name]))

    class Slow(Postbox):
        def send(self, message: object) -> None:
            assert not mine.in_transaction()
            theirs.add(Organisation(slug="other", name="Other"))
            theirs.commit()

    ask(mine, vault, Slow(), now)

    assert accounts.organisation(mine, "other")


# --- races: two processes on one database file ---------------------------------------------------


@pytest.mark.parametrize("key", ["link", "code", "one of each"])
def test_of_two_at_once_one_gets_in(
    on_disk: Callable[[], Session], vault: Vault, postbox: Postbox, now: datetime, key: str
) -> None:
    """Race: the other process uses the same mail between our reading and our writing."""
    mine, theirs = on_disk(), on_disk()
    ask(mine, vault, postbox, now)

    def by_link(session: Session) -> Person:
        return sign_in.redeem_token(session, postbox.token, now)

    def by_code(session: Session) -> Person:
        return sign_in.redeem_code(session, vault, email=EMAIL, code=postbox.code, now=now)

    ours, others = {
        "link": (by_link, by_link),
        "code": (by_code, by_code),
        "one of each": (by_link, by_code),
    }[key]
    got_in = []

    @event.listens_for(mine, "do_orm_execute")
    def they_are_faster(state: object) -> None:
        consumes = state.is_update and "used_at=" in str(state.statement)  # type: ignore[attr-defined]
        if consumes and not got_in:
            got_in.append(others(theirs).id)

    with pytest.raises(SignInRefused):
        ours(mine)

    assert got_in == [theirs.scalars(select(Person.id)).one()]


def test_twenty_guesses_at_once_share_five_tries(
    on_disk: Callable[[], Session], vault: Vault, postbox: Postbox, now: datetime
) -> None:
    """Race: guesses in parallel each spend a try before they are compared."""
    first = on_disk()
    ask(first, vault, postbox, now)
    guess = wrong(postbox.code)
    sessions = [on_disk() for _ in range(20)]
    barrier = threading.Barrier(len(sessions))
    refused = []

    def run(session: Session) -> None:
        barrier.wait()
        try:
            sign_in.redeem_code(session, vault, email=EMAIL, code=guess, now=now)
        except SignInRefused:
            refused.append(session)

    threads = [threading.Thread(target=run, args=[session]) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == len(sessions)
    assert first.scalars(select(SignInRequest.attempts)).one() == sign_in.MAX_TRIES


def test_of_twenty_requests_at_once_five_are_sent(
    on_disk: Callable[[], Session], vault: Vault, postbox: Postbox, now: datetime
) -> None:
    """Race: the limit counts what is written, not what was read before."""
    ask(on_disk(), vault, postbox, now - 2 * sign_in.REQUESTS_WINDOW)
    postbox.letters.clear()
    sessions = [on_disk() for _ in range(20)]
    barrier = threading.Barrier(len(sessions))
    refused = []

    def run(session: Session) -> None:
        barrier.wait()
        try:
            ask(session, vault, postbox, now)
        except TooManySignInRequests:
            refused.append(session)

    threads = [threading.Thread(target=run, args=[session]) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(postbox.letters), len(refused)) == (5, 15)


def test_a_double_tap_of_a_newcomer_sends_two_mails_to_one_person(
    on_disk: Callable[[], Session], vault: Vault, postbox: Postbox, now: datetime
) -> None:
    """Race: both taps find nobody; the slower one takes the person that the faster one made."""
    mine, theirs = on_disk(), on_disk()
    tapped = []

    @event.listens_for(mine, "before_flush")
    def they_are_faster(*_: object) -> None:
        if not tapped:
            tapped.append(True)
            ask(theirs, vault, postbox, now)

    ask(mine, vault, postbox, now)

    assert len(postbox.letters) == 2
    assert mine.scalars(select(func.count()).select_from(Person)).one() == 1
