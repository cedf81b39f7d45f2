"""Every object of the QuickBooks API, declared once.

Schema, DDL, mapping, proxy policy, sandbox and reference docs are computed from these values.
"""

from __future__ import annotations

from quickbooks_core.catalog import books, company, names, purchases, reports, sales, tax
from quickbooks_core.catalog.model import Access, Deletion, Entity, Field, Kind, Operation, Reading, Shape

__all__ = [
    "CATALOG",
    "MIRRORED",
    "Access",
    "Deletion",
    "Entity",
    "Field",
    "Kind",
    "Operation",
    "Reading",
    "Shape",
    "by_name",
    "by_prefix",
    "by_resource",
    "by_table",
]

CATALOG: tuple[Entity, ...] = tuple(
    sorted(
        (
            *books.OBJECTS,
            *company.OBJECTS,
            *names.OBJECTS,
            *purchases.OBJECTS,
            *reports.OBJECTS,
            *sales.OBJECTS,
            *tax.OBJECTS,
        ),
        key=lambda entity: entity.table,
    )
)
MIRRORED: tuple[Entity, ...] = tuple(entity for entity in CATALOG if entity.has_table)

_BY_NAME = {entity.name: entity for entity in CATALOG}
_BY_TABLE = {entity.table: entity for entity in CATALOG}
_BY_PREFIX = {entity.prefix: entity for entity in CATALOG if entity.prefix}
_BY_RESOURCE = {entity.resource.lower(): entity for entity in CATALOG}


def by_name(name: str) -> Entity:
    """The object with QuickBooks' name; raises KeyError."""
    return _BY_NAME[name]


def by_table(table: str) -> Entity:
    """The object mirrored in a table; raises KeyError."""
    return _BY_TABLE[table]


def by_prefix(prefix: str) -> Entity | None:
    """The object whose ids have this prefix."""
    return _BY_PREFIX.get(prefix)


def by_resource(resource: str) -> Entity | None:
    """The object of a URL segment or of a query's FROM, in any case."""
    return _BY_RESOURCE.get(resource.lower())
