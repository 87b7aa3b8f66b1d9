"""What the Flask extensions must not do behind our back."""

from __future__ import annotations

from inspect import iscoroutinefunction

from flask import Flask


def test_no_request_starts_an_event_loop(app: Flask) -> None:
    """Nothing that ends a request is asynchronous: it would cost as much as a small request."""
    assert app.teardown_appcontext_funcs
    assert not any(iscoroutinefunction(close) for close in app.teardown_appcontext_funcs)
