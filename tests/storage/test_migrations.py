"""Migrations make exactly the tables of the models, and can be undone."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy import LargeBinary, inspect

from badgeservice.extensions import db, services
from badgeservice.migrating import alembic, prepare
from badgeservice.settings import Settings
from badgeservice.storage import revisions
from badgeservice.storage.base import Base


def test_the_migrated_tables_are_those_of_the_models(app: Flask) -> None:
    """Whoever changes a model writes the migration too."""
    prepare(app)
    with app.app_context():
        assert [] == alembic.compare_metadata()


def test_migrations_can_be_undone_and_done_again(app: Flask) -> None:
    """Down to nothing and up again: the same tables, and nothing left over in between."""
    prepare(app)
    with app.app_context():
        alembic.downgrade("base")
        assert {"alembic_version"} == set(inspect(db.engine).get_table_names())
        alembic.upgrade()

        assert {"alembic_version", *Base.metadata.tables} == set(
            inspect(db.engine).get_table_names()
        )


def test_the_newest_migration_is_the_one_that_alembic_names(app: Flask) -> None:
    """What `/readyz` compares the database with is read without Alembic."""
    prepare(app)
    with app.app_context():
        assert {head.revision for head in alembic.heads()} == revisions.heads(
            services().settings.migrations_dir
        )


def test_a_connection_of_the_service_is_durable_and_strict(app: Flask) -> None:
    """An acknowledged badge survives a power cut, and no row points nowhere."""
    asked, wanted = {
        "sqlite": (
            ["PRAGMA journal_mode", "PRAGMA synchronous", "PRAGMA foreign_keys"], ["wal", 2, 1],
        ),
        "postgresql": (["SHOW synchronous_commit", "SHOW timezone"], ["on", "UTC"]),
    }[db_name(app)]  # fmt: skip
    with app.app_context(), db.engine.connect() as connection:
        assert wanted == [connection.exec_driver_sql(each).scalar() for each in asked]


def test_a_migration_does_not_lean_on_the_models(installed: Settings) -> None:
    """It is history: it must run when the classes of today are gone."""
    for path in Path(installed.migrations_dir).glob("[0-9]*.py"):
        assert "badgeservice" not in path.read_text()


def test_the_first_migration_registers_no_readable_name(app: Flask) -> None:
    """Columns that hold data about persons hold bytes from the first table on."""
    with app.app_context():
        columns = {each["name"]: each["type"] for each in inspect(db.engine).get_columns("person")}

    for name in ("email", "email_index", "name"):
        assert isinstance(columns[name], LargeBinary), name


def db_name(app: Flask) -> str:
    """Return the kind of database that the application runs on."""
    with app.app_context():
        return str(db.engine.dialect.name)
