"""A document of any company becomes a row, and the row a body with all of it that a client may write."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from quickbooks_core.catalog import MIRRORED, Access, Entity, Field, Kind, Reading
from quickbooks_core.mapping import to_row
from quickbooks_core.writing import Action, Change, can, plan, writable_columns
from quickbooks_demo.sandbox import Sandbox
from writes import Company

# Stands beside a parent, and follows from it.
BELOW = {"SubAccount", "SubClass", "Job", "SubDepartment", "SubItem"}


def content(entity: Entity, document: Any) -> dict[str, Any]:
    """What a client may write of a document, by path; nothing of what is empty."""
    inner = next(iter(document.values())) if entity.wrapped else document
    found = {field.path: held(inner, field) for field in entity.fields if field.access is not Access.READ}
    return {path: value for path, value in found.items() if value not in (None, "", {}, [])}


def held(document: Any, field: Field) -> Any:
    value = document
    for step in field.steps:
        value = value.get(step) if isinstance(value, dict) else None
    return datetime.fromisoformat(value) if value and field.kind is Kind.TIMESTAMP else value


@pytest.mark.parametrize(("company", "least"), [("demo", 250), ("currencies", 40), ("abroad", 40)])
def test_every_document_of_a_company_comes_back_with_what_a_client_may_write(
    sandbox: Sandbox, tmp_path: Path, company: str, least: int
) -> None:
    books, seen = Company(sandbox, tmp_path, company), 0
    for entity in MIRRORED:
        if not can(entity, Action.CREATE) or entity.reading is not Reading.QUERY:
            continue
        for document in books.documents(entity):
            row = to_row(entity, document)
            values = {column: row.get(column) for column in writable_columns(entity, Action.CREATE)}

            body = plan(Change(entity, Action.CREATE, values)).body()

            assert content(entity, body) == content(entity, document), (entity.name, row["id"])
            inner = next(iter(body.values())) if entity.wrapped else body
            heads = {path.partition(".")[0] for path in content(entity, document)}
            assert inner.keys() - BELOW == heads - BELOW, (entity.name, row["id"])
            seen += 1
    assert seen >= least
