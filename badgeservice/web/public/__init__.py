"""What anyone may see, without an account and without a cookie."""

from __future__ import annotations

from badgeservice.web.public import (
    badges,
    codes,
    documents,
    frameworks,
    lists,
    modules,
    ob2,
    pages,
    verifier,
)

BLUEPRINTS = (
    pages.bp,
    modules.bp,
    frameworks.bp,
    badges.bp,
    codes.bp,
    verifier.bp,
    lists.bp,
    documents.bp,
    ob2.bp,
)
