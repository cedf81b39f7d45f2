"""What a write asks for, by its URL or as an item of a batch, and the company's operation that does it."""

from __future__ import annotations

from dataclasses import dataclass

from quickbooks_core.catalog import Entity, Operation

from quickbooks_sandbox import faults
from quickbooks_sandbox.company import Company
from quickbooks_sandbox.json_text import Document, write

# The one object that is voided by an operation of that name; the others by `include=void` on an update.
_VOIDED_BY_NAME = "Invoice"
# What deleting it answers has neither key nor status.
_GONE_WITHOUT_A_WORD = "Budget"


@dataclass(frozen=True)
class Write:
    """One write: `operation` is empty, create, update, delete or void; `included` what `include=` names."""

    entity: Entity
    document: Document
    operation: str = ""
    included: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Done:
    """The member of the envelope that answers a write; no key where there is no member."""

    key: str
    body: str


def perform(company: Company, asked: Write) -> Done:
    """Does it; raises Fault."""
    entity, document = asked.entity, asked.document
    if asked.operation == "delete":
        stub = company.delete(entity, _inner(entity, document))
        return Done("" if entity.name == _GONE_WITHOUT_A_WORD else entity.key, write(stub))
    if _is_void(company, asked):
        return Done(entity.key, company.void(entity, document))
    if asked.operation not in ("", "create", "update"):
        raise faults.unsupported(f"{asked.operation} {entity.name.lower()}")
    updates = asked.operation != "create" and _inner(entity, document).get("Id")
    done = company.update if updates else company.create
    return Done(entity.key, done(entity, document, asked.included))


def _is_void(company: Company, asked: Write) -> bool:
    """`include=void` on an object that cannot be voided is an update like any other, or not: a switch."""
    if asked.operation == "void":
        return asked.entity.name == _VOIDED_BY_NAME
    if "void" not in asked.included:
        return False
    return asked.entity.can(Operation.VOID) or company.switches["void_where_undocumented"] == "void"


def _inner(entity: Entity, document: Document) -> Document:
    """A recurring transaction is named by what it wraps."""
    wrapped = [value for value in document.values() if isinstance(value, dict) and "Id" in value]
    return wrapped[0] if entity.wrapped and wrapped else document
