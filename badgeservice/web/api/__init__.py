"""The addresses for programs, under `/api/v1`, and the OpenAPI document that describes them.

No cookie is read here and no page answered, so any site may ask; errors are problem documents. What
wants a key is for the partner's own machine: no other site may ask it by way of a browser.
Whatever is added gets a blueprint of flask-smorest, named in BLUEPRINTS: its schemas then read,
write and describe.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response, request
from flask_smorest import Api

from badgeservice.web.api import evidence, jobs, keys, verify
from badgeservice.web.api.schemas import ProblemSchema
from badgeservice.web.extensions import csrf
from badgeservice.web.negotiation import FOR_PROGRAMS

BLUEPRINTS = (verify.bp, evidence.bp, jobs.bp)
_WITH_KEY = {evidence.bp.name, jobs.bp.name}

_DESCRIPTION = (
    "Verification of Open Badges: ours and everyone else's. And for training partners, with a key: "
    "results that become evidence."
)
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Type",
    "Access-Control-Max-Age": "86400",
}


class _Api(Api):  # type: ignore[misc]  # the library has no types
    """flask-smorest with our errors: `web.errors` answers them, here they are only described."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """Leave the handlers of the application as they are."""

    def _register_responses(self) -> None:
        responses = {status.name: status.phrase for status in HTTPStatus}
        for name, meaning in {**responses, "DEFAULT_ERROR": "Any other error."}.items():
            described = {
                "description": meaning,
                "content": {"application/problem+json": {"schema": self.ERROR_SCHEMA}},
            }
            self.spec.components.response(name, described, lazy=True)


def init_app(app: Flask) -> None:
    """Register the addresses, their description, and the headers that let any site ask."""
    app.config.update(
        API_TITLE="badgeservice",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
    )
    api = _Api(app, spec_kwargs={"info": {"description": _DESCRIPTION}})
    api.spec.components.security_scheme(keys.SCHEME, {"type": "http", "scheme": "bearer"})
    keys.init_app(app)
    for blueprint in BLUEPRINTS:
        csrf.exempt(blueprint)
        api.register_blueprint(blueprint)
    app.after_request(_let_any_site_ask)


def _let_any_site_ask(response: Response) -> Response:
    """Say that any site may ask, and never with its visitor's cookies; but not what wants a key."""
    if request.path.startswith(FOR_PROGRAMS):
        response.vary.add("Accept-Language")
        if request.blueprint in _WITH_KEY:
            return response
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
        if request.method == "OPTIONS":
            response.headers.update(_PREFLIGHT)
    return response
