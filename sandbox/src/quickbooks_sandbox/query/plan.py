"""From a parsed statement to SQL over the stored documents, with the catalogue's word on what may be asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from quickbooks_core.catalog import Entity, Field, Kind, Operation, Shape, by_resource

from quickbooks_sandbox.clock import Clock, instant
from quickbooks_sandbox.faults import invalid_id, query_invalid
from quickbooks_sandbox.query.syntax import Condition, Statement
from quickbooks_sandbox.shapes import shape_of
from quickbooks_sandbox.switches import Switches

MOST = 1000
DEFAULT = 100

# Intuit's own samples filter on these although no page marks them.
_FILTERED_IN_SAMPLES = {("Class", "Name"), ("Invoice", "TotalAmt"), ("Purchase", "TotalAmt")}
_TIMES = {"MetaData.CreateTime": "created", "MetaData.LastUpdatedTime": "updated"}
_NUMBERS = (Kind.INTEGER, Kind.NUMBER, Kind.MONEY)
# Never null, so that a row's place can be told by them.
_STORED = frozenset({"created", "updated", "name", "number", "id", "rowid"})
# Written by every answer, and in no page's list of fields.
_SYSTEM = ("domain", "sparse", "status")


@dataclass(frozen=True)
class Plan:
    """Parts of SQL for the rows or their number. `columns`: the properties to show, None for all.

    `keys`: the stored columns that say where a row stands, all in one direction; empty where more than they decides.
    """

    entity: Entity
    count: bool
    columns: tuple[str, ...] | None
    where: str
    parameters: tuple[Any, ...]
    order: str = ""
    keys: tuple[str, ...] = ()
    descending: bool = False
    start: int = 1
    most: int = DEFAULT


def plan(statement: Statement, switches: Switches, clock: Clock) -> Plan:
    """Checks a statement; raises Fault 4001."""
    entity = by_resource(statement.entity)
    if entity is None or not entity.can(Operation.QUERY) or not entity.has_table:
        raise query_invalid(f"invalid context declaration: {statement.entity}")
    asker = _Asker(entity, switches, clock)
    most = DEFAULT if statement.most is None else statement.most
    _require_range(statement.start, most)
    columns = tuple(asker.known(name) for name in statement.columns) if statement.columns else None
    where, parameters = asker.where(statement.where)
    if statement.count:
        return Plan(entity, True, None, where, parameters)
    terms = asker.order(statement.order)
    directions = {down for _, down in terms}
    stored = len(directions) == 1 and _STORED.issuperset(term for term, _ in terms)
    return Plan(
        entity,
        False,
        columns,
        where,
        parameters,
        ", ".join(f"{term} desc" if down else term for term, down in terms),
        tuple(term for term, _ in terms) if stored else (),
        directions == {True},
        statement.start,
        most,
    )


def _require_range(start: int, most: int) -> None:
    for value in (start, most):
        if value < 1:
            raise query_invalid(f"value {value} is too small. Min allowed value is 1")
    if most > MOST:
        raise query_invalid(f"value {most} is too large. Max allowed value is {MOST}")


class _Asker:
    """What one object lets be asked."""

    def __init__(self, entity: Entity, switches: Switches, clock: Clock) -> None:
        self._entity = entity
        self._switches = switches
        self._clock = clock
        self._paths = {field.path.lower(): field for field in entity.fields}
        self._heads = {field.steps[0].lower(): field.steps[0] for field in entity.fields}

    def known(self, path: str) -> str:
        """The property's name in its own case."""
        if field := self._paths.get(path.lower()):
            return field.path
        if head := self._heads.get(path.lower()):
            return head
        if path.lower() in _SYSTEM:
            return path.lower()
        if _in_schema(self._entity.key, path.lower().split(".")):
            return path
        raise query_invalid(f"Property {path} not found for Entity {self._entity.name}")

    def where(self, conditions: tuple[Condition, ...]) -> tuple[str, tuple[Any, ...]]:
        """All conditions, and that inactive names are hidden unless asked for."""
        parts, parameters = ["entity = ?"], [self._entity.name]
        active = self._entity.by_path.get("Active")
        if active and active.filterable and not any(c.path.lower() == "active" for c in conditions):
            parts.append("active = 1")
        for condition in conditions:
            part, more = self._condition(condition)
            if part:
                parts.append(part)
                parameters += more
        return " and ".join(parts), tuple(parameters)

    def order(self, given: tuple[tuple[str, bool], ...]) -> list[tuple[str, bool]]:
        """The order asked for, or the object's own: terms, and whether each goes down."""
        tie = ("rowid", self._switches["order_of_ties"] != "oldest_first")
        if given:
            return [*((self._sorted(path), down) for path, down in given), tie]
        if self._entity.shape is Shape.TRANSACTION:
            return [("updated", True), ("rowid", True)]
        if self._switches["default_order_of_names"] == "id":
            return [("number", False), tie]
        return [("name", False), ("number", False), tie]

    def _condition(self, condition: Condition) -> tuple[str, list[Any]]:
        field = self._filterable(condition.path)
        values = [self._value(field, value) for value in condition.values]
        column = self._column(field)
        if field.path == "Active" and condition.operator == "in" and {*values} >= {0, 1}:
            return "", []
        if field.kind is Kind.ID and condition.operator not in ("=", "in"):
            raise query_invalid(f"operator {condition.operator} is not supported for property Id")
        if condition.operator == "in":
            return f"{column} in ({', '.join('?' * len(values))})", values
        if condition.operator == "like":
            pattern = str(values[0]).replace("\\", "\\\\").replace("_", "\\_")
            return f"{column} like ? escape '\\'", [pattern]
        return f"{column} {condition.operator} ?", values

    def _filterable(self, path: str) -> Field:
        field = self._field(path)
        accepted = (
            field.filterable
            or (self._entity.name, field.path) in _FILTERED_IN_SAMPLES
            or (self._switches["unmarked_filter"] == "accept" and field.kind is not Kind.JSON)
        )
        if not accepted:
            raise query_invalid(f"property '{path}' is not queryable")
        return field

    def _field(self, path: str) -> Field:
        name = self.known(path)
        for candidate in (name, f"{name}.value", f"{name}.Address"):
            if found := self._entity.by_path.get(candidate):
                return found
        raise query_invalid(f"property '{path}' is not queryable")

    def _sorted(self, path: str) -> str:
        field = self._field(path)
        if not (field.sortable or field.kind is Kind.ID):
            raise query_invalid(f"property '{path}' is not sortable")
        column = self._column(field)
        if field.kind is Kind.ID and self._switches["order_by_id"] == "numeric":
            column = "number"
        return column

    def _column(self, field: Field) -> str:
        if field.path in _TIMES:
            return _TIMES[field.path]
        if field.path == "Id":
            return "id"
        if field.path == "Active":
            return "active"
        return f"json_extract(body, '$.{field.path}')"

    def _value(self, field: Field, text: str) -> Any:
        if field.path == "Id" and self._entity.can(Operation.CREATE) and not text.isdecimal():
            raise replace(invalid_id(text), timed=True)
        if text == "current_date":
            text = self._clock.today().isoformat()
        if field.path in _TIMES:
            try:
                return int(instant(text))
            except ValueError:
                raise query_invalid(f"Invalid value {text} for property {field.path}") from None
        if field.kind is Kind.BOOLEAN:
            return int(text.lower() == "true")
        if field.kind in _NUMBERS:
            try:
                return float(text)
            except ValueError:
                raise query_invalid(f"Invalid value {text} for property {field.path}") from None
        return text


def _in_schema(part: str, steps: list[str]) -> bool:
    """Whether the service's schema has a property that the catalogue leaves out."""
    shape = {name.lower(): held for name, held in (shape_of(part) or {}).items()}
    held = shape.get(steps[0])
    return held is not None and (len(steps) == 1 or _in_schema(held.kind, steps[1:]))
