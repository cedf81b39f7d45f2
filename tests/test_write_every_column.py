"""Every column that a client may write is set and cleared in the sandbox, and the row is what QuickBooks then has.

The columns come from the catalogue; a new one is tried by itself, with the value of its kind. What QuickBooks
computes or ignores must not be called writable there, and what it fills in again must say so (`cleared`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from quickbooks_core.catalog import CATALOG, MIRRORED, Access, Entity, Field, Kind
from quickbooks_core.errors import Refused
from quickbooks_core.mapping import Row
from quickbooks_core.writing import Action, Change, ChangeRefused, Problem, can, not_taken, writable_columns
from quickbooks_core.writing.conflict import comparable
from quickbooks_core.writing.references import with_bare_ids
from quickbooks_demo.sandbox import Sandbox
from writes import Company
from writes.cases import Case, case_of, row_of, unused

WRITABLE = [entity for entity in MIRRORED if can(entity, Action.CREATE) or can(entity, Action.UPDATE)]
# What changes with every write.
MARKS = {"sync_token", "updated_at"}


class Bench:
    """Where the columns of one object are tried: its companies, each fresh when it is first needed."""

    def __init__(self, entity: Entity, sandbox: Sandbox, home: Path) -> None:
        self.entity = entity
        self.sandbox, self._home = sandbox, home
        self._company: Company | None = None

    def company(self, name: str) -> Company:
        """A company; cases come company by company."""
        if self._company is None or self._company.name != name:
            self._company = Company(self.sandbox, self._home, name)
        return self._company

    def row(self, case: Case) -> Row:
        """A row to try something on: a new one where the API makes them, otherwise the one there is."""
        books = self.company(case.company)
        if can(self.entity, Action.CREATE):
            return books.create(self.entity, row_of(self.entity, case.company, case.on)).read
        return books.first(self.entity)


def told(value: Any, field: Field) -> Any:
    """What a column should hold after it was set."""
    return comparable(field, with_bare_ids(value) if field.kind is Kind.JSON else value)


def holds(got: Any, wanted: Any) -> bool:
    """Whether a value is there, with whatever QuickBooks adds: Ids, names, a line for the total."""
    if isinstance(wanted, dict):
        return isinstance(got, dict) and all(holds(got.get(key), inner) for key, inner in wanted.items())
    if isinstance(wanted, list):
        return isinstance(got, list) and len(got) >= len(wanted) and all(map(holds, got, wanted))
    return bool(got == wanted)


def others(entity: Entity, before: Row, after: Row, case: Case) -> dict[str, Any]:
    """Writable columns that changed without being asked to."""
    allowed = {*case.set, *case.moves, *MARKS}
    return {
        column: (before.get(column), after.get(column))
        for column, field in entity.columns.items()
        if field.access is not Access.READ
        and column not in allowed
        and comparable(field, before.get(column)) != comparable(field, after.get(column))
    }


def try_setting(bench: Bench, case: Case) -> tuple[Row, list[str]]:
    """An update of the column; what is wrong with what came of it."""
    entity, before = bench.entity, bench.row(case)
    change = Change(entity, Action.UPDATE, case.set, before["id"], before)
    done = bench.company(case.company).write(change)
    wrong = [] if done.answered == done.read else [f"{case.column}: the answer is not what a read gives"]
    ignored = [column for column in not_taken(change, done.answer) if case.set.get(column) is not None]
    wrong += [f"{case.column}: {ignored} is told not to be taken"] if ignored else []
    for column, value in case.set.items():
        field = entity.columns[column]
        if value is None and field.cleared:
            continue
        if not holds(comparable(field, done.read.get(column)), told(value, field)):
            wrong.append(f"{column} was set to {value!r} and is {done.read.get(column)!r}")
    moved = others(entity, before, done.read, case)
    return done.read, [*wrong, *([f"{case.column} moved {moved}"] if moved else [])]


def try_clearing(bench: Bench, case: Case, row: Row) -> list[str]:
    """The column becomes NULL, or is required, or is filled again as the catalogue says."""
    entity, field = bench.entity, bench.entity.columns[case.column]
    change = Change(entity, Action.UPDATE, {case.column: None, **case.clear}, row["id"], row)
    is_required = field.steps[0] in entity.required
    try:
        done = bench.company(case.company).write(change)
    except ChangeRefused as refused:
        return [] if is_required and refused.problem is Problem.REQUIRED else [str(refused)]
    except Refused as fault:
        return [] if fault.code == case.stays else [f"{case.column} cannot be cleared: {fault}"]
    if is_required or case.stays:
        return [f"{case.column} was cleared"]
    wrong = [] if done.answered == done.read else [f"{case.column}: the answer is not what a read gives"]
    left = comparable(field, done.read.get(case.column))
    if (left is None) != (field.cleared == ""):
        wrong.append(f"{case.column} was cleared and is {left!r}; the catalogue says {field.cleared!r}")
    return wrong


def try_creating(bench: Bench, case: Case) -> list[str]:
    """A new row with the column."""
    entity, books = bench.entity, bench.company(case.company)
    if case.switches:
        bench.sandbox.control("switches", **case.switches)
    values = row_of(entity, case.company, {**case.on, **case.set})
    done = books.create(entity, values)
    wrong = [] if done.answered == done.read else [f"{case.column}: the answer is not what a read gives"]
    return wrong + [
        f"{column} of a new row was set to {value!r} and is {done.read.get(column)!r}"
        for column, value in values.items()
        if not holds(
            comparable(entity.columns[column], done.read.get(column)), told(value, entity.columns[column])
        )
    ]


def try_column(bench: Bench, case: Case) -> list[str]:
    """Everything that can be done with a column."""
    entity = bench.entity
    if case.value is None:
        return [f"{case.column}: cases.json has no value for it"]
    try:
        if case.column not in writable_columns(entity, Action.UPDATE) or not can(entity, Action.UPDATE):
            return try_creating(bench, case)
        row, wrong = try_setting(bench, case)
        return wrong + try_clearing(bench, case, row)
    except (Refused, ChangeRefused) as refused:
        return [f"{case.column}: {refused}"]


def columns(entity: Entity) -> list[Field]:
    """Whatever a client may write, by the catalogue."""
    return [field for field in entity.fields if field.access is not Access.READ]


@pytest.mark.parametrize("entity", WRITABLE, ids=lambda entity: entity.name)
def test_every_writable_column_is_set_and_cleared(entity: Entity, sandbox: Sandbox, tmp_path: Path) -> None:
    bench = Bench(entity, sandbox, tmp_path)
    cases = sorted((case_of(entity, field) for field in columns(entity)), key=lambda case: case.company)

    wrong = [words for case in cases for words in try_column(bench, case)]

    assert not wrong, "\n".join(wrong)


def test_every_writable_column_of_the_catalogue_has_a_value_to_try() -> None:
    tried = [(entity.name, case_of(entity, field)) for entity in WRITABLE for field in columns(entity)]
    writable = sum(len(columns(entity)) for entity in MIRRORED)

    assert [f"{name}.{case.column}" for name, case in tried if case.value is None] == []
    assert len(tried) == writable
    print(f"{writable} writable columns of {len(WRITABLE)} objects are set and cleared")  # noqa: T201 - the measure


def test_no_case_is_of_a_column_that_is_not_there() -> None:
    assert unused(iter(CATALOG)) == []
