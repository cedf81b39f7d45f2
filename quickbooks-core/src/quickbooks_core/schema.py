"""Singer schemas of the streams, and the Postgres types in which the loader keeps them.

`target-postgres` 0.8.1 derives a column type from the JSON schema and alters a table whose column differs.
Landing tables are therefore created with exactly the types it derives (`landing_type`), except instants:
it would choose `timestamp` and lose the offset, while it accepts an existing `timestamptz`.
Its NUMERIC values pass through a double: exact up to 15 significant digits, which is what QuickBooks allows.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from quickbooks_core.catalog.model import Entity, Field, Kind
from quickbooks_core.mapping import AUTOMATIC as AUTOMATIC
from quickbooks_core.mapping import EXTRA

JsonSchema = dict[str, Any]

RUN_STREAM = "_sync_run"
SWEEP_STREAM = "_sync_sweep"
DELETES_STREAM = "_sync_deletes"

_TEXT: JsonSchema = {"type": ["string", "null"]}
_BOOLEAN: JsonSchema = {"type": ["boolean", "null"]}
_INTEGER: JsonSchema = {"type": ["integer", "null"]}
_NUMBER: JsonSchema = {"type": ["number", "null"]}
_DATE: JsonSchema = {"type": ["string", "null"], "format": "date"}
_INSTANT: JsonSchema = {"type": ["string", "null"], "format": "date-time"}
_JSON: JsonSchema = {"type": ["object", "array", "null"]}

_SINGER: dict[Kind, JsonSchema] = {
    Kind.ID: _TEXT,
    Kind.REF: _TEXT,
    Kind.TEXT: _TEXT,
    Kind.BOOLEAN: _BOOLEAN,
    Kind.INTEGER: _INTEGER,
    Kind.NUMBER: _NUMBER,
    Kind.MONEY: _NUMBER,
    Kind.DATE: _DATE,
    Kind.TIMESTAMP: _INSTANT,
    Kind.JSON: _JSON,
}

_POSTGRES: dict[Kind, str] = {
    Kind.ID: "text",
    Kind.REF: "text",
    Kind.TEXT: "text",
    Kind.BOOLEAN: "boolean",
    Kind.INTEGER: "bigint",
    Kind.NUMBER: "numeric",
    Kind.MONEY: "numeric",
    Kind.DATE: "date",
    Kind.TIMESTAMP: "timestamptz",
    Kind.JSON: "jsonb",
}

# Three columns on every record: which run, which place in its stream, and the answer's own time.
MARKS: dict[str, tuple[JsonSchema, str]] = {
    "_sync_run": (_TEXT, "text"),
    "_sync_seq": (_INTEGER, "bigint"),
    "_sync_read_at": (_INSTANT, "timestamptz"),
}

# On a row that has some columns only: which. The mirror keeps what it has in all others.
PART = "_sync_columns"
PART_SCHEMA: JsonSchema = _TEXT

_RUN: dict[str, Kind] = {
    "run_id": Kind.TEXT,
    "event": Kind.TEXT,
    "realm_id": Kind.TEXT,
    "environment": Kind.TEXT,
    "previous_run_id": Kind.TEXT,
    "at": Kind.TIMESTAMP,
    "streams": Kind.JSON,
    "bookmarks": Kind.JSON,
    "calls": Kind.JSON,
    "questions": Kind.JSON,
    "counts": Kind.JSON,
    "together": Kind.JSON,
    "uncertain": Kind.JSON,
    "selected": Kind.JSON,
    "followed": Kind.JSON,
    "added": Kind.JSON,
    "dropped": Kind.JSON,
    "tap_version": Kind.TEXT,
}
_SWEEP: dict[str, Kind] = {
    "table_name": Kind.TEXT,
    "page": Kind.INTEGER,
    "created_from": Kind.TIMESTAMP,
    "created_to": Kind.TIMESTAMP,
    "ids": Kind.JSON,
    "read_at": Kind.TIMESTAMP,
}
_DELETES: dict[str, Kind] = {"table_name": Kind.TEXT, "id": Kind.TEXT, "read_at": Kind.TIMESTAMP}

# The streams that carry a run's own facts: their columns and keys.
INTERNAL: dict[str, tuple[dict[str, Kind], tuple[str, ...]]] = {
    RUN_STREAM: (_RUN, ("run_id", "event")),
    SWEEP_STREAM: (_SWEEP, ("table_name", "page")),
    DELETES_STREAM: (_DELETES, ("table_name", "id")),
}


def landing_type(field: Field) -> str:
    """The Postgres type of a field, in the landing table and in the mirror."""
    return _POSTGRES[field.kind]


def json_schema(entity: Entity, columns: Collection[str] | None = None) -> JsonSchema:
    """The Singer schema of an object's stream, narrowed to `columns` if given."""
    properties = {column: _SINGER[field.kind] for column, field in entity.columns.items()}
    properties[EXTRA] = _JSON
    if columns is not None:
        properties = {name: kind for name, kind in properties.items() if name in columns or name in AUTOMATIC}
    properties["id"] = {"type": ["string"]}
    return _object(properties)


def internal_schema(stream: str) -> JsonSchema:
    """The Singer schema of one of them."""
    kinds, keys = INTERNAL[stream]
    properties = {name: dict(_SINGER[kind]) for name, kind in kinds.items()}
    for key in keys:
        properties[key] = {"type": [properties[key]["type"][0]]}
    return _object(properties)


def internal_types(stream: str) -> dict[str, str]:
    """The Postgres types of the columns of one of them."""
    return {name: _POSTGRES[kind] for name, kind in INTERNAL[stream][0].items()}


def _object(properties: JsonSchema) -> JsonSchema:
    marks = {name: singer for name, (singer, _) in MARKS.items()}
    return {"type": "object", "properties": properties | marks, "additionalProperties": False}
