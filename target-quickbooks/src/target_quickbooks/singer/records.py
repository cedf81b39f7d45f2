"""From a record to the change it asks for: without an id a create, with one an update, with `_sdc_deleted_at` a delete.

Pure. A column that no row of the object has is not dropped: the engine refuses it by its name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quickbooks_core.catalog import MIRRORED
from quickbooks_core.catalog.model import Entity, Shape
from quickbooks_core.mapping import EXTRA
from quickbooks_core.schema import landing_type

QUEUE = "_sync_queue"  # records of it name rows that are queued already
KEY = "_sync_key"
DELETED = "_sdc_deleted_at"
_OF_SINGER = "_sdc_"
_TABLES = {entity.table: entity for entity in MIRRORED}


@dataclass(frozen=True)
class Rules:
    """What the user has decided. `clears`: an empty string empties the column, instead of leaving it as it is."""

    clears: bool = False
    unkeyed: bool = False


@dataclass(frozen=True)
class Asked:
    """One change, as the database's `enqueue_records` takes it."""

    doing: str
    id: str | None
    key: str | None
    values: Mapping[str, Any]
    refused: Mapping[str, str] | None = None
    left_out: int = 0  # empty strings

    def as_json(self) -> dict[str, Any]:
        """Without what is not there: SQL's functions tell a missing key from a null."""
        told = {"doing": self.doing, "id": self.id, "key": self.key, "values": self.values}
        return told | ({"refused": self.refused} if self.refused else {})


def table_of(stream: str) -> str:
    """The table that a stream is meant for (`customer`, `public-customer`); empty where there is none."""
    name = stream.rpartition("-")[2]
    return name if name in _TABLES or name == QUEUE else ""


def asked(table: str, record: Mapping[str, Any], key_properties: Sequence[str], rules: Rules) -> Asked:
    """What a record asks for."""
    entity = _TABLES[table]
    id = str(record.get("id") or "") or None
    key = _key(record, key_properties) if id is None else None
    names = [n for n in record if n not in ("id", KEY) and not n.startswith(_OF_SINGER)]
    names = [n for n in names if n in entity.columns or n == EXTRA or n not in key_properties]
    if record.get(DELETED):
        return Asked("delete", id, None, {}, None if id else _NO_ID)
    given = {name: _parsed(entity, name, record[name]) for name in names}
    empty = [name for name, value in given.items() if value == ""]
    for name in empty:
        if rules.clears:
            given[name] = None
        else:
            del given[name]
    left_out = 0 if rules.clears else len(empty)
    if id is not None:
        return Asked("update", id, None, given, left_out=left_out)
    given = {name: value for name, value in given.items() if value is not None}
    needs_key = entity.shape is not Shape.LIST and not rules.unkeyed
    return Asked("create", None, key, given, _NO_KEY if needs_key and key is None else None, left_out)


def _key(record: Mapping[str, Any], key_properties: Sequence[str]) -> str | None:
    """What makes a create known again when it is delivered twice."""
    if record.get(KEY):
        return str(record[KEY])
    named = {name: record.get(name) for name in key_properties if name != "id"}
    if not named or any(value in (None, "") for value in named.values()):
        return None
    return json.dumps(named, sort_keys=True, default=str, ensure_ascii=False)


def _parsed(entity: Entity, name: str, value: Any) -> Any:
    """A file of text has JSON as text."""
    field = entity.columns.get(name)
    is_json = name == EXTRA or (field is not None and landing_type(field) == "jsonb")
    if is_json and isinstance(value, str) and value:
        try:
            return json.loads(value)
        except ValueError:
            return value  # the engine says what is wrong with it
    return value


_NO_ID = {
    "sqlstate": "22023",
    "error": f"A record with {DELETED} needs the id of the row",
    "hint": "Give the id as the mirror has it.",
}
_NO_KEY = {
    "sqlstate": "22023",
    "error": "A new transaction needs a key, or a record that is delivered twice is booked twice",
    "hint": f"Give the stream key properties, or the record a {KEY}; or set allow_unkeyed_creates.",
}
