"""A file of what has failed, as Singer messages: mended, it can be given to the target again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from quickbooks_core.writing import encoded

from target_quickbooks.singer.records import DELETED, KEY

ERROR = "_sdc_error"  # for the reader; it is not taken for a column


def write_failures(path: Path, failures: Iterable[Mapping[str, Any]]) -> int:
    """How many were written; without any there is no file."""
    count, table = 0, ""
    rows = iter(failures)
    first = next(rows, None)
    if first is None:
        return 0
    with path.open("wb") as file:
        for row in (first, *rows):
            if row["table_name"] != table:
                table = row["table_name"]
                file.write(_line({"type": "SCHEMA", "stream": table, "schema": _ANY, "key_properties": []}))
            file.write(_line({"type": "RECORD", "stream": table, "record": _record(row)}))
            count += 1
    return count


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    words = " ".join(part for part in (row["error"], row["detail"], row["hint"]) if part)
    named = {name: row[column] for name, column in (("id", "id"), (KEY, "key")) if row[column]}
    ending = {DELETED: "now"} if row["operation"] == "delete" else {}
    return {ERROR: f"{row['sqlstate']}: {words}", **named, **ending, **row["changed"]}


def _line(message: Mapping[str, Any]) -> bytes:
    return encoded(message) + b"\n"


_ANY: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": True}
