"""Recorded answers of the real API as documents of the catalogue's objects, whatever envelope they came in.

XML answers become the JSON that QuickBooks would have written, by the types of the published schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from quickbooks_core.catalog import CATALOG, Entity

Document = dict[str, Any]

GENUINE = ("RECORDED", "LIKELY-REAL")
# Version 3 of the API; older recordings speak of other objects under the same names.
NAMESPACES = ("", "http://schema.intuit.com/finance/v3")

_BY_KEY = {entity.key: entity for entity in CATALOG if entity.has_table}
_ENVELOPES = frozenset(
    {"QueryResponse", "CDCResponse", "BatchItemResponse", "AttachableResponse", "IntuitResponse"}
)


@dataclass(frozen=True)
class Fixture:
    """One recorded file."""

    path: Path
    kind: str
    genuine: str

    @property
    def is_json(self) -> bool:
        """Whether its keys stand in QuickBooks' own order and its numbers have QuickBooks' own scale."""
        return self.path.suffix == ".json"


def fixtures(facts: Path) -> list[Fixture]:
    """The files that hold what QuickBooks has really said, or most likely has."""
    listed = json.loads((facts / "fixtures" / "index.json").read_text())
    return [
        Fixture(facts / "fixtures" / one["file"], one["kind"], one["genuine"])
        for one in listed
        if one["genuine"] in GENUINE and Path(one["file"]).suffix in (".json", ".xml")
    ]


def documents(fixture: Fixture, model: Document) -> list[tuple[Entity, Document]]:
    """The documents of a file, deletion stubs included."""
    text = fixture.path.read_text()
    if fixture.is_json:
        whole = json.loads(text, parse_float=Decimal)
    else:
        try:
            root = ElementTree.fromstring(text.strip())
        except ElementTree.ParseError as error:
            print(f"{fixture.path.name} is no XML: {error}")
            return []
        if _namespace(root) not in NAMESPACES:
            return []
        whole = {_local(root.tag): _Xml(model).value(root, _local(root.tag))}
    return list(_found(whole, _named(fixture)))


def fault_of(text: str) -> Document:
    """A refusal in XML as it is in JSON."""
    root = ElementTree.fromstring(text.strip())
    (fault,) = (element for element in root if _local(element.tag) == "Fault")
    errors = [{_local(part.tag): part.text or "" for part in error} | error.attrib for error in fault]
    return {"Fault": {"Error": errors, "type": fault.attrib["type"]}, "time": root.attrib["time"]}


def _named(fixture: Fixture) -> Entity | None:
    """The object of bare documents: as the file is filed, or else as its name says."""
    filed = _BY_KEY.get(fixture.kind.removeprefix("query_"))
    return filed or next((e for key, e in _BY_KEY.items() if f"__{key.lower()}_" in fixture.path.name), None)


def _found(whole: Any, named: Entity | None) -> Iterator[tuple[Entity, Document]]:
    for one in whole if isinstance(whole, list) else [whole]:
        if not isinstance(one, dict):
            continue
        inside = [key for key in one if key in _ENVELOPES]
        keyed = [key for key in one if key in _BY_KEY and _holds_documents(_BY_KEY[key], one[key])]
        for key in inside:
            yield from _found(one[key], None)
        for key in keyed:
            held = one[key]
            yield from ((_BY_KEY[key], each) for each in (held if isinstance(held, list) else [held]))
        if not inside and not keyed and named is not None and all(path in one for path in named.id_paths):
            yield named, one


def _holds_documents(entity: Entity, held: Any) -> bool:
    first = held[0] if isinstance(held, list) and held else held
    if not isinstance(first, dict):
        return False
    if entity.wrapped:
        (first,) = first.values()
    return all(path in first for path in entity.id_paths)


class _Xml:
    """Elements as JSON values, by the types of the schema."""

    def __init__(self, model: Document) -> None:
        self._types = {**model["types"], **model["entities"]}
        self._entities = model["entities"]

    def value(self, element: ElementTree.Element, type_name: str) -> Any:
        """The JSON value of an element of a type."""
        fields = {field["name"]: field for field in self._types.get(type_name, {}).get("fields", ())}
        inner: Document = {}
        for name, text in element.attrib.items():
            inner[name] = _scalar(text, fields.get(name, {}).get("json", "string"))
        for child in element:
            name = _local(child.tag)
            field = fields.get(name) or self._guessed(name)
            value = self._of_field(child, field)
            if field["max"] == 1:
                inner[name] = value
            else:
                inner.setdefault(name, []).append(value)
        if not len(element) and (text := (element.text or "").strip()):
            inner["value"] = text
        return inner

    def _of_field(self, element: ElementTree.Element, field: Document) -> Any:
        if field["json"] == "ref":
            attributes = {_local(name): text for name, text in element.attrib.items()}
            return {"value": (element.text or "").strip(), **attributes}
        if field["json"] == "object" or len(element):
            return self.value(element, field["type"])
        return _scalar((element.text or "").strip(), field["json"])

    def _guessed(self, name: str) -> Document:
        """A field of an envelope, or one the schema does not know."""
        if name in self._entities:
            return {"json": "object", "type": name, "max": "unbounded"}
        kind = "object" if name in _ENVELOPES else "ref" if name.endswith("Ref") else "string"
        return {"json": kind, "type": name, "max": 1}


def _scalar(text: str, kind: str) -> Any:
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind in ("number", "integer") and text:
        return int(text) if text.removeprefix("-").isdecimal() else Decimal(text)
    return text


def _namespace(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[0].removeprefix("{")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
