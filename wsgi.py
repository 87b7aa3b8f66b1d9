"""The WSGI entry point: `gunicorn --config deploy/gunicorn.conf.py wsgi:app`."""

from urllib.parse import urlsplit

from badgeservice.app import create_app
from badgeservice.extensions import services
from badgeservice.web import metrics
from badgeservice.web.gate import Gate

app = create_app()
with app.app_context():
    _settings = services().settings
_measured = app.extensions.get(metrics.NAME)
app.wsgi_app = Gate(  # type: ignore[method-assign]  # the documented way
    app.wsgi_app,
    places=_settings.requests_at_once,
    waiting=_settings.requests_waiting,
    host=urlsplit(_settings.base_url).netloc,
    on_refusal=_measured.turned_away if _measured else lambda: None,
)
