"""Writes the sandbox's table of shapes from the data model beside the checkout.

Only names and kinds go over: which properties an object and its parts have, of which kind, and the words of an
enumeration. Run it when the model has news; the table is what the sandbox ships.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from quickbooks_core.catalog import CATALOG

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT.parent / "shared" / "quickbooks" / "model.json"
TABLE = ROOT / "sandbox" / "src" / "quickbooks_sandbox" / "shapes.txt"

_KINDS = {
    "string": "text",
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
    "string:date": "date",
    "string:dateTime": "time",
    "ref": "ReferenceType",
}
# Whatever stands inside: extensions, and lists whose elements are of several types.
_ANY = frozenset({"IntuitAnyType", "CustomFieldDefinition", "IntuitEntity"})

# On Intuit's pages and not in the schema.
_PAGES = {
    "BillPayment": ("ProcessBillPayment=boolean",),
    "TimeActivity": ("TransactionLocationType=text",),
}
# Recorded with other words than the schema's.
_LOOSE = frozenset({"gender"})


def main() -> None:
    """Every object of the catalogue, and every part that is reachable from one."""
    model = json.loads(MODEL.read_text())
    parts: dict[str, Any] = model["types"]
    objects: dict[str, Any] = model["entities"]
    shapes = {
        entity.key: objects.get(entity.key) or objects[entity.name]
        for entity in CATALOG
        if entity.key in objects or entity.name in objects
    }
    waiting = list(shapes.values())
    while waiting:
        for name in _parts(waiting.pop(), parts):
            if name not in shapes:
                shapes[name] = parts[name]
                waiting.append(parts[name])
    lines = [
        f"{name}: {' '.join([*_fields(shapes[name], parts), *_PAGES.get(name, ())])}"
        for name in sorted(shapes)
    ]
    words = sorted(
        {
            _words(field)
            for part in shapes.values()
            for field in part["fields"]
            if field.get("enum") and field["type"] not in _LOOSE
        }
    )
    TABLE.write_text("\n".join([*lines, *words]) + "\n", encoding="utf-8")


def _parts(part: dict[str, Any], known: dict[str, Any]) -> Iterator[str]:
    for field in part["fields"]:
        if field["json"] == "object" and field["type"] in known and field["type"] not in _ANY:
            yield field["type"]
        elif field["json"] == "ref":
            yield "ReferenceType"


def _fields(part: dict[str, Any], known: dict[str, Any]) -> Iterator[str]:
    for field in part["fields"]:
        many = "*" if field.get("max") == "unbounded" else ""
        yield f"{field['name'].lstrip('@')}={_kind(field, known)}{many}"


def _kind(field: dict[str, Any], known: dict[str, Any]) -> str:
    if field["json"] == "enum":
        return f"={field['type']}" if field.get("enum") and field["type"] not in _LOOSE else "text"
    if field["json"] == "object":
        return str(field["type"]) if field["type"] in known and field["type"] not in _ANY else "any"
    return _KINDS[field["json"]]


def _words(field: dict[str, Any]) -> str:
    return f"={field['type']}: {'|'.join(field['enum'])}"


if __name__ == "__main__":
    main()
