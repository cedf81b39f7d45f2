"""All statements that make a mirror of the current version, or bring one up to it whose steps have run.

Pure and idempotent; `migrate` runs them as quickbooks_owner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg import sql

from quickbooks_core.catalog import MIRRORED
from quickbooks_core.catalog.model import Entity
from quickbooks_core.postgres import statements
from quickbooks_core.postgres.queue_mode import queue_mode
from quickbooks_core.postgres.statements import Names
from quickbooks_core.postgres.version import program_version
from quickbooks_core.postgres.views import views
from quickbooks_core.schema import INTERNAL, internal_types

_FUNCTIONS = (
    "runs.sql",
    "deletions.sql",
    "selection.sql",
    "queue_rules.sql",
    "enqueue.sql",
    "upload.sql",
    "queue_mode.sql",
    "intake.sql",
    "own.sql",
    "queue_work.sql",
    "elsewhere.sql",
    "bracket_work.sql",
    "owed.sql",
    "visible.sql",
    "undo.sql",
    "queue_keep.sql",
)


def build(names: Names, entities: Sequence[Entity] = MIRRORED) -> Iterator[sql.SQL | sql.Composed]:
    """Internal tables, the objects' tables, landing, merges, fence, views, grants; in the end the mark."""
    yield from (names.compose(part) for part in ("internal.sql", "queue.sql", "bracket.sql", "fence.sql"))
    for entity in entities:
        yield from statements.mirror_table(names, entity)
    # The functions of the runs name the row types of the landing tables, whose triggers name the functions.
    yield sql.SQL("SET LOCAL check_function_bodies = off")
    for stream, (_, keys) in INTERNAL.items():
        *tables, _trigger = statements.landing_table(names, stream, internal_types(stream), keys)
        yield from tables
    yield from (names.compose(part) for part in _FUNCTIONS)
    yield from statements.internal_landing(names)
    for entity in entities:
        yield from _merge(names, entity)
    yield from views(names, entities)
    yield from statements.grants(names, entities)
    yield from (names.compose(part) for part in ("queue_grants.sql", "queue_sight.sql", "proxy_grants.sql"))
    yield mark(names, program_version())


def mark(names: Names, version: int) -> sql.Composed:
    """Notes that the mirror has a version."""
    return sql.SQL("INSERT INTO {} (version) VALUES ({}) ON CONFLICT DO NOTHING").format(
        sql.Identifier(names.mirror, "_sync_migration"), sql.Literal(version)
    )


def _merge(names: Names, entity: Entity) -> Iterator[sql.Composed]:
    yield from statements.merge_functions(names, entity)
    yield from statements.landing_table(names, entity.table, statements.columns_of(entity), ("id",))
    yield from statements.fence(names, entity)
    yield from statements.bracket(names, entity)
    yield from queue_mode(names, entity)
