"""What a write asks for, by its URL or as an item of a batch, and the company's operation that does it."""

from __future__ import annotations

from dataclasses import dataclass

from quickbooks_core.catalog import Entity, Operation

from quickbooks_sandbox import exchange, faults
from quickbooks_sandbox.arrange import without_empty
from quickbooks_sandbox.checking import readable
from quickbooks_sandbox.company import Company
from quickbooks_sandbox.json_text import Document, write
from quickbooks_sandbox.uploads import check_links

# The one object that is voided by an operation of that name; the others by `include=void` on an update.
_VOIDED_BY_NAME = "Invoice"
# Intuit says that it has no void; an attempt was answered and changed nothing.
_NEVER_VOIDED = "CreditMemo"
# What deleting it answers has neither key nor status.
_GONE_WITHOUT_A_WORD = "Budget"


@dataclass(frozen=True)
class Write:
    """One write: `operation` is empty, create, update, delete or void; `included` what `include=` names.

    In a batch the options stand beside the operation, and an Invoice too may be updated with the option void.
    """

    entity: Entity
    document: Document
    operation: str = ""
    included: frozenset[str] = frozenset()
    in_batch: bool = False

    @property
    def is_void(self) -> bool:
        """Whether a void is meant, in whatever form."""
        return self.operation == "void" or "void" in self.included


@dataclass(frozen=True)
class Done:
    """The member of the envelope that answers a write; no key where there is no member."""

    key: str
    body: str


def perform(company: Company, asked: Write) -> Done:
    """Does it; raises Fault."""
    entity, document = asked.entity, asked.document
    inner = _inner(entity, document)
    if asked.operation == "delete":
        stub = company.delete(entity, inner)
        return Done("" if entity.name == _GONE_WITHOUT_A_WORD else entity.key, write(stub))
    if asked.is_void:
        return Done(entity.key, _void(company, asked))
    if asked.operation not in ("", "create", "update"):
        raise faults.unsupported(f"{asked.operation} {entity.name.lower()}")
    if entity.name == "ExchangeRate":  # no Id tells a new rate from a changed one: every write is an update
        if asked.operation == "create":
            raise faults.unsupported(f"create {entity.name.lower()}")
        given = readable(entity, without_empty(document), company.switches)
        return Done(entity.key, exchange.changed(company.store, company.clock, given))
    if entity.name == "Attachable":
        check_links(company, document)
    updates = asked.operation != "create" and inner.get("Id")
    done = company.update if updates else company.create
    return Done(entity.key, done(entity, document, asked.included))


def _void(company: Company, asked: Write) -> str:
    entity, document = asked.entity, asked.document
    if not entity.can(Operation.VOID):
        return _undocumented_void(company, asked)
    if not _is_own_form(asked) and not _is_other_form_taken(company, asked):
        raise faults.unsupported(f"void {entity.name.lower()}")
    return company.void(entity, document)


def _is_own_form(asked: Write) -> bool:
    by_update = asked.operation == "update" and "void" in asked.included
    if asked.entity.name == _VOIDED_BY_NAME:
        return asked.operation == "void" or (asked.in_batch and by_update)
    return by_update


def _is_other_form_taken(company: Company, asked: Write) -> bool:
    if asked.in_batch and asked.entity.name != _VOIDED_BY_NAME:
        return False  # reported not to work
    return company.switches["void_by_another_form"] == "accept"


def _undocumented_void(company: Company, asked: Write) -> str:
    """A person can void such an object; what the API does is a switch. What nobody voids is refused."""
    entity, chosen = asked.entity, company.switches["void_where_undocumented"]
    if asked.operation == "void" or chosen == "refuse" or "Void" not in entity.webhooks:
        raise faults.unsupported(f"void {entity.name.lower()}")
    if chosen == "ignore" or entity.name == _NEVER_VOIDED:
        return company.unchanged(entity, asked.document)
    return company.void(entity, asked.document)


def _inner(entity: Entity, document: Document) -> Document:
    """A recurring transaction is named by what it wraps."""
    wrapped = [value for value in document.values() if isinstance(value, dict) and "Id" in value]
    return wrapped[0] if entity.wrapped and wrapped else document
