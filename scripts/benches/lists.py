"""P8: to revoke is to set one bit of 131,072 and to sign one list anew."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

from sqlalchemy import select

from badgeservice.core import create_core, utc_now
from badgeservice.extensions import db, services
from badgeservice.issuing import states, status_lists
from badgeservice.issuing.models import Badge, Reason, StatusList
from badgeservice.issuing.self_check import FIRST
from badgeservice.settings import Settings
from scripts.benches.measured import Measured
from scripts.drills import house

REVOKED = 10
WARM_UP = FIRST
"""Of each kind, the first documents that a process signs are checked on the general path."""


def measure() -> list[Measured]:
    """Revoke badges one after the other, each with its list published; the median of the later."""
    with tempfile.TemporaryDirectory() as name:
        environment = house.installed(Path(name), 8000)
        for number in range(WARM_UP + REVOKED):
            house.badge(environment, to=f"drill-{number}@example.org")
        settings = Settings.from_environment(
            {
                k: v
                for k, v in environment.items()
                if k in os.environ or k.startswith("BADGESERVICE_")
            }
        )
        app = create_core(settings)
        spent = []
        with app.app_context():
            session, office = db.session, services().office
            others = session.scalar(select(StatusList.version).where(StatusList.number != 1))
            for public_id in session.scalars(select(Badge.public_id)).all():
                before = time.process_time()
                states.revoke(
                    session, office, public_id, reason=Reason.ISSUED_IN_ERROR, actor="bench",
                    now=utc_now(),
                )  # fmt: skip
                session.commit()
                spent.append((time.process_time() - before) * 1000)
            assert others == session.scalar(
                select(StatusList.version).where(StatusList.number != 1)
            )
            bits = len(status_lists.withdrawn(session, 1))
            db.engine.dispose()
    assert bits == len(spent), bits
    spent = spent[WARM_UP:]
    figure = statistics.median(spent)
    details: dict[str, float | str] = {"least": min(spent), "entries": status_lists.ENTRIES}
    return [Measured("P8", "revoke, publish, commit", figure, "ms", "≤", 5, details)]
