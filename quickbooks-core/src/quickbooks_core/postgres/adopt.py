"""Fills columns that a new version gives an existing table with what `extra` has kept for them, without an API call.

The result is what `mapping.to_row` makes of the document with the new catalogue. A column that the user has deselected
is left alone, and so is every table whose `extra` they have.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from quickbooks_core.catalog import CATALOG, by_name
from quickbooks_core.catalog.model import Entity, Field, Kind
from quickbooks_core.mapping import EXTRA, our_id
from quickbooks_core.postgres.prepare import MigrationRefused
from quickbooks_core.postgres.statements import Names

# Kind → the function of adopt.sql whose name follows `adopt_`; those that know quotes are told about them.
_PLAIN = {
    Kind.TEXT: "text",
    Kind.INTEGER: "integer",
    Kind.DATE: "date",
    Kind.TIMESTAMP: "timestamp",
    Kind.JSON: "json",
}
_QUOTABLE = {Kind.BOOLEAN: "boolean", Kind.NUMBER: "number", Kind.MONEY: "money"}


@dataclass(frozen=True)
class Gain:
    """A table that lacks columns of the catalogue: which it has, and the fields whose columns are new to it."""

    entity: Entity
    held: frozenset[str]
    fields: tuple[Field, ...]


def gains(connection: psycopg.Connection, names: Names, entities: Iterable[Entity]) -> list[Gain]:
    """What the tables that are there will get, to be asked before; raises MigrationRefused where a name is taken."""
    held, landing = _columns(connection, names.mirror), _columns(connection, names.load)
    for entity in entities:
        taken = _taken(entity, held.get(entity.table, ()), landing.get(entity.table, ()))
        if taken:
            raise MigrationRefused(
                f"{entity.table}.{taken} is a column of your own, and QuickBooks now has a field of this name. "
                f"Run: ALTER TABLE {names.mirror}.{entity.table} RENAME COLUMN {taken} TO my_{taken}; "
                "then: quickbooks migrate"
            )
    return [gain for entity in entities if (gain := _gain(entity, held.get(entity.table, ()))).fields]


def adopt(connection: psycopg.Connection, names: Names, found: Sequence[Gain]) -> None:
    """Fills the new columns; the last thing a migration does."""
    wanted = _wanted(found, _deselected(connection, names)) if found else []
    if not wanted:
        return
    # Functions that are parsed here must find the operators of pg_catalog, whatever stands in other schemas.
    connection.execute("SET LOCAL search_path = pg_catalog, pg_temp")
    marks = {entity.name: our_id(entity, "") for entity in CATALOG if entity.prefix}
    connection.execute(names.compose("adopt.sql", marks=sql.Literal(json.dumps(marks))))
    for gain in wanted:
        connection.execute(_adopt_table(names, gain))
    connection.execute(names.compose("adopt_end.sql"))


def _taken(entity: Entity, held: Collection[str], landing: Collection[str]) -> str | None:
    """A column that the catalogue wants and somebody else has made; the landing table has only those that are ours."""
    lost = (column for column in entity.columns if column in held and landing and column not in landing)
    return next(lost, None)


def _gain(entity: Entity, held: Collection[str]) -> Gain:
    new = (f for f in entity.fields if f.column not in held and not f.path.startswith("$"))
    return Gain(entity, frozenset(held), tuple(new) if held else ())


def _wanted(found: Iterable[Gain], deselected: Mapping[str, set[str]]) -> list[Gain]:
    wanted = []
    for gain in found:
        without = deselected.get(gain.entity.table, set())
        fields = tuple(field for field in gain.fields if field.column not in without)
        if fields and EXTRA not in without:
            wanted.append(Gain(gain.entity, gain.held, fields))
    return wanted


def _columns(connection: psycopg.Connection, schema: str) -> dict[str, list[str]]:
    query = (
        "SELECT c.relname, array_agg(a.attname::text) FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid "
        "WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s) AND c.relkind = 'r' "
        "AND a.attnum > 0 AND NOT a.attisdropped GROUP BY c.relname"
    )
    return dict(connection.execute(query, [schema]).fetchall())


def _deselected(connection: psycopg.Connection, names: Names) -> dict[str, set[str]]:
    query = sql.SQL("SELECT table_name, array_agg(column_name) FROM {} GROUP BY table_name")
    rows = connection.execute(query.format(sql.Identifier(names.mirror, "_sync_deselected")))
    return {table: set(columns) for table, columns in rows}


def _adopt_table(names: Names, gain: Gain) -> sql.Composed:
    values = {field: _value(names, gain, field) for field in gain.fields}
    fits = {field: sql.SQL("{} IS NOT NULL").format(value) for field, value in values.items()}
    return names.compose(
        "adopt_table.sql",
        table=sql.Identifier(gain.entity.table),
        object=sql.Literal(gain.entity.table),
        heads=_array(sorted({field.steps[0] for field in gain.fields})),
        fitting=sql.SQL(" OR ").join(fits.values()),
        assignments=_list(
            sql.SQL("{} = {}").format(sql.Identifier(field.column), value) for field, value in values.items()
        ),
        rest=_rest(names, fits),
    )


def _value(names: Names, gain: Gain, field: Field) -> sql.Composed:
    """What stands under a field's path in `extra`, as its column holds it; NULL where it does not fit."""
    there = sql.SQL("m.extra #> {}").format(_array(field.steps))
    if field.kind in (Kind.ID, Kind.REF):
        return _call(names, "ref", there, _mark(names, gain, field))
    if field.kind in _QUOTABLE:
        return _call(names, _QUOTABLE[field.kind], there, sql.Literal(field.quoted))
    # A quoted value of these kinds does not fit, and no field has one.
    return _call(names, _PLAIN[field.kind], there)


def _mark(names: Names, gain: Gain, field: Field) -> sql.Composable:
    """What the ids of the object begin with to which a reference leads."""
    if not field.type_path:
        return sql.Literal(our_id(by_name(field.to) if field.to else gain.entity, ""))
    named = _call(names, "text", sql.SQL("m.extra #> {}").format(_array(field.type_path.split("."))))
    holder = gain.entity.by_path.get(field.type_path)
    if holder is not None and holder.column in gain.held:
        named = sql.SQL("coalesce(m.{}, {})").format(sql.Identifier(holder.column), named)
    return _call(names, "mark", named)


def _rest(names: Names, fits: Mapping[Field, sql.Composed]) -> sql.Composed:
    """`extra` without what its columns take, and without the objects that this has emptied."""
    keys: dict[str, list[sql.Composed]] = {}
    for field, condition in fits.items():
        key = sql.SQL("CASE WHEN {} THEN {}::text END").format(condition, sql.Literal(field.steps[-1]))
        keys.setdefault("" if len(field.steps) == 1 else field.steps[0], []).append(key)
    rest = sql.SQL("(m.extra - ARRAY[{}]::text[])").format(_list(keys.pop("", [])))
    for head, parts in keys.items():
        taken = sql.SQL("ARRAY[{}]::text[]").format(_list(parts))
        rest = _call(names, "left", rest, sql.SQL("{}::text").format(sql.Literal(head)), taken)
    return rest


def _call(names: Names, function: str, *arguments: sql.Composable) -> sql.Composed:
    name = sql.Identifier(names.load, f"adopt_{function}")
    return sql.SQL("{}({})").format(name, _list(arguments))


def _array(words: Sequence[str]) -> sql.Composed:
    return sql.SQL("ARRAY[{}]::text[]").format(_list(sql.Literal(word) for word in words))


def _list(parts: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(parts)
