"""The Flask extensions that only pages need, created unbound."""

from __future__ import annotations

from flask_babel import Babel
from flask_limiter import Limiter
from flask_wtf.csrf import CSRFProtect

from badgeservice.web import visitors

babel = Babel()
csrf = CSRFProtect()
limiter = Limiter(key_func=visitors.counted, default_limits=[])
