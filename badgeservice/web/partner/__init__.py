"""What a member of a partner organisation sees: its lists of results, and nobody else's, ever."""

from __future__ import annotations

from badgeservice.web.partner import lists, space

BLUEPRINTS = (space.bp, lists.bp)
