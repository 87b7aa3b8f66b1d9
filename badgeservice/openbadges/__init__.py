"""The Open Badges standards as pure functions on dicts and bytes.

No Flask, no database, no network, no environment, no clock.
"""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]
"""A JSON-LD document: an object of JSON."""
