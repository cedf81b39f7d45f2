"""Queue mode: the triggers that put plain changes of a mirrored table into the queue, where the role is in that mode.

For the merge they cost the comparison of a name: WHEN is evaluated with the rights of whoever changes the row, which
is the owner there and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from psycopg import sql

from quickbooks_core.catalog.model import Entity
from quickbooks_core.postgres.statements import READ_AT, Names, columns_of
from quickbooks_core.writing import Action, can, writable_columns

# Triggers fire in the order of their names: after those of the user's, and the trial first.
_TRIAL, _TAKE = "zz_queue_1_trial", "zz_queue_2_take"


def queue_mode(names: Names, entity: Entity) -> Iterator[sql.Composed]:
    """The triggers of one object."""
    yield _trigger(names, entity, _TRIAL, "INSERT OR UPDATE", "try_change", [])
    yield _trigger(names, entity, _TAKE, "INSERT OR UPDATE OR DELETE", "take_change", _arguments(entity))


def _arguments(entity: Entity) -> list[str]:
    """What the catalogue says, as `take_change` wants it."""
    doable = [action.value for action in Action if action is not Action.READ and can(entity, action)]
    writable = [writable_columns(entity, action) for action in (Action.CREATE, Action.UPDATE)]
    return [entity.name, *map(_array, (doable, [*columns_of(entity), READ_AT], *writable))]


def _array(words: Iterable[str]) -> str:
    """The text of an array of names, none of which needs quotes."""
    return "{" + ",".join(words) + "}"


def _trigger(
    names: Names, entity: Entity, name: str, events: str, function: str, arguments: Iterable[str]
) -> sql.Composed:
    return sql.SQL(
        "CREATE OR REPLACE TRIGGER {} BEFORE " + events + " ON {} FOR EACH ROW "
        "WHEN (current_user <> {} AND {}(current_user)) EXECUTE FUNCTION {}({})"
    ).format(
        sql.Identifier(name),
        sql.Identifier(names.mirror, entity.table),
        sql.Literal("quickbooks_owner"),
        sql.Identifier(names.load, "in_queue_mode"),
        sql.Identifier(names.load, function),
        sql.SQL(", ").join(map(sql.Literal, arguments)),
    )
