"""What a person did not choose to show: where else it could come out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from badgeservice.extensions import services
from tests.web.conftest import Learner

NAME = "Zzcanari Deschamps"
CANARIES = re.compile("zzcanari|lea@example|deschamps", re.IGNORECASE)
OTHERS = ("/issuers/demo", "/issuers/demo/did.json", "/status/1", "/readyz", "/modules", "/")


def test_a_badge_that_is_hidden_stays_in_no_cache(app: Flask, learner: Learner) -> None:
    """The page says that the choice holds at once; a minute in a proxy would be a minute more."""
    public_id = learner.earn(visibility="public", name=NAME)
    visitor = app.test_client()

    for suffix in (".json", ".jwt", ".png"):
        released = visitor.get(f"/b/{public_id}{suffix}")
        assert released.status_code == 200
        assert released.cache_control.max_age == 0 or released.cache_control.no_cache

    own = f"/mon-espace/badges/{public_id}"
    learner.post(f"{own}/visibilite", own, visibility="private")
    for suffix in ("", ".json", ".jwt", ".png", "/qr.png"):
        released = visitor.get(f"/b/{public_id}{suffix}", headers={"If-None-Match": "*"})
        assert released.status_code == 404


def test_neither_address_nor_name_comes_out_where_the_holder_did_not_put_it(
    app: Flask, learner: Learner, stranger: Learner, capfd: pytest.CaptureFixture[str]
) -> None:
    """A badge without a name, of a person who gave one before and has an address."""
    public_id = learner.earn(visibility="public")
    offer_of_nobody = "/mon-espace/propositions/x?name=" + NAME
    learner.get(offer_of_nobody)
    learner.client.post("/connexion", data={"email": "lea@example.org", "name": NAME})

    leaks = []
    for client in (app.test_client(), stranger.client):
        for path in (f"/b/{public_id}{s}" for s in ("", ".json", ".jwt", ".png", "/qr.png")):
            answer = client.get(path)
            leaks += [path] * bool(CANARIES.search(answer.data.decode("latin-1")))
            leaks += [path] * bool(CANARIES.search(str(answer.headers)))
        for path in OTHERS:
            answer = client.get(path)
            leaks += [path] * bool(CANARIES.search(answer.data.decode("latin-1")))

    assert leaks == []
    written = capfd.readouterr()
    assert not CANARIES.search(written.out + written.err), "in the logs"
    with app.app_context():
        folder: Path = services().settings.data_dir
    for file in folder.iterdir():
        assert not CANARIES.search(file.read_bytes().decode("latin-1")), file.name
