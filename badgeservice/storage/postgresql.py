"""What PostgreSQL must be told, whatever its administrator set. Importing this module is enough.

Every engine of the process is watched, so that tests run under the rules of the service.
"""

from __future__ import annotations

from contextlib import closing

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

_DRIVER = "psycopg"
# How long to wait for another transaction, as with SQLite; then the request fails and can be
# made again. A transaction whose process hangs gives up its turns.
_RULES = {
    "synchronous_commit": "on",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
}


@event.listens_for(Engine, "connect")
def _configure(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    """Make PostgreSQL durable and patient, but not for ever.

    `synchronous_commit=on`: an acknowledged badge survives a power cut.
    """
    # Known by its name: the driver is not loaded for others, and while another thread loads it (a
    # library that tries whatever is installed), it has no classes yet.
    if type(connection).__module__ == _DRIVER:
        with closing(connection.cursor()) as cursor:
            for name, value in _RULES.items():
                cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
        connection.commit()
