"""A session that somebody else has a copy of."""

from __future__ import annotations

from flask import Flask

from tests.web.conftest import Learner


def test_a_copied_cookie_is_worthless_once_its_owner_signs_out(
    app: Flask, learner: Learner
) -> None:
    """On a machine that many use, the cookie was copied; signing out ends the copy too."""
    cookie = learner.client.get_cookie("session")
    assert cookie is not None
    thief = app.test_client()
    thief.set_cookie("session", cookie.value)
    assert 200 == thief.get("/mon-espace").status_code

    learner.post("/deconnexion", "/mon-espace")
    thief.set_cookie("session", cookie.value)

    answer = thief.get("/mon-espace")
    assert 303 == answer.status_code
    assert "/connexion" in answer.headers["Location"]
