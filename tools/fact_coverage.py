"""Where the catalogue and the published descriptions of the objects disagree; prints, decides nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # comes with Meltano, without annotations
from quickbooks_core.catalog import CATALOG, Access, Entity, Kind, Operation

Document = dict[str, Any]

# What the published schema calls a type, and the kinds that may hold it.
_TYPES: dict[str, tuple[Kind, ...]] = {
    "boolean": (Kind.BOOLEAN,),
    "string": (Kind.TEXT, Kind.ID, Kind.REF),
    "enum": (Kind.TEXT,),
    "number": (Kind.MONEY, Kind.NUMBER, Kind.INTEGER),
    "integer": (Kind.INTEGER, Kind.NUMBER),
    "string:date": (Kind.DATE,),
    "string:dateTime": (Kind.TIMESTAMP,),
}
_SAME = {"Exchangerate": "ExchangeRate"}
_WORDS = {operation.value for operation in Operation}


def report(facts: Path, model: Document) -> None:
    """Prints every difference, object by object."""
    described = {_SAME.get(n, n): e for n, e in _entries(facts, "entities.yaml").items()}
    listed = {_SAME.get(e["seed_name"], e["seed_name"]): e for e in _entries(facts, "catalog.yaml")}
    mine = {entity.name: entity for entity in CATALOG}
    print("Objects missing from the catalogue:", sorted((described.keys() | listed.keys()) - mine.keys()))
    print("Objects only the catalogue has:", sorted(mine.keys() - described.keys()))
    for name, entity in sorted(mine.items()):
        lines = [
            *_operations(entity, listed.get(name, {}), described.get(name, {})),
            *_events(entity, listed.get(name, {})),
            *_attributes(entity, described.get(name, {}).get("attributes") or {}),
            *_schema(entity, model["entities"].get(entity.key) or model["entities"].get(name)),
        ]
        if lines:
            print(f"\n{name}")
            for line in lines:
                print(f"  {line}")


def _entries(facts: Path, file: str) -> Any:
    return yaml.load((facts / file).read_text(), Loader=yaml.CSafeLoader)["entries"]


def _operations(entity: Entity, listed: Document, described: Document) -> list[str]:
    have = {operation.value for operation in entity.operations}
    told = [str(word) for one in (listed, described) for word in one.get("operations") or ()]
    sure = {word for word in told if word in _WORDS}
    named = {word.split(" ")[0].rstrip("?") for word in told}
    lines = []
    if entity.shape.value != "report" and sure - have:
        lines.append(f"operations not in the catalogue: {sorted(sure - have)}")
    if have - named:
        lines.append(f"operations only in the catalogue: {sorted(have - named)}")
    return lines


def _events(entity: Entity, listed: Document) -> list[str]:
    lines = []
    supported = (listed.get("cdc") or {}).get("supported") if isinstance(listed.get("cdc"), dict) else None
    if entity.has_table and supported is not None and entity.cdc != bool(supported):
        lines.append(f"cdc: {supported!r} there, {entity.cdc} here")
    webhook = listed.get("webhook")
    told = set(webhook.get("operations") or ()) if isinstance(webhook, dict) else set()
    if told != entity.webhooks:
        lines.append(f"webhooks: {sorted(told)} there, {sorted(entity.webhooks)} here")
    return lines


def _attributes(entity: Entity, attributes: Document) -> list[str]:
    if not entity.has_table:
        return []
    lines = []
    for name, told in attributes.items():
        if name == "MetaData":  # its marks are those of its two instants, which every object filters by
            continue
        head, _, rest = name.partition(".")
        fields = [field for field in entity.fields if field.steps[0] == head]
        fields = [f for f in fields if not rest or f.path == name] or fields
        if not fields:
            lines.append(f"{name} ({told['type']}): no column; {str(told.get('note', ''))[:90]}")
            continue
        main = next((f for f in fields if f.path.endswith(".value")), fields[0])
        for mark, mine in (
            ("filterable", any(f.filterable for f in fields)),
            ("sortable", any(f.sortable for f in fields)),
        ):
            if bool(told[mark]) != mine:
                lines.append(f"{name}: {mark} {told[mark]} there, {mine} here")
        writable = entity.can(Operation.CREATE) or entity.can(Operation.UPDATE)
        if writable and bool(told["read_only"]) != (main.access is Access.READ):
            lines.append(f"{name}: read_only {told['read_only']} there, {main.access.value} here")
        if (length := told.get("max_length")) and str(length).isdecimal() and main.max_length != int(length):
            lines.append(f"{name}: max_length {length} there, {main.max_length} here")
        if writable and told["required"] == "required" and name not in entity.required:
            lines.append(f"{name}: required there")
    lines += [
        f"{name}: required here, {attributes.get(name, {}).get('required')} there"
        for name in entity.required
        if attributes and attributes.get(name, {}).get("required") != "required"
    ]
    return lines


def _schema(entity: Entity, schema: Document | None) -> list[str]:
    if schema is None or not entity.has_table or entity.wrapped:
        return []
    told = {field["name"]: field for field in schema["fields"]}
    lines = []
    for field in entity.fields:
        found = told.get(field.steps[0])
        kinds = _TYPES.get(found["json"]) if found and len(field.steps) == 1 else None
        if kinds and found and found["max"] == 1 and field.kind not in kinds:
            lines.append(f"{field.path}: {found['json']} in the schema, {field.kind.value} here")
    heads = {field.steps[0] for field in entity.fields} | {"domain", "status", "sparse"}
    if absent := [name for name in told if name not in heads]:
        lines.append(f"only in the schema (they go to extra): {', '.join(absent)}")
    return lines
