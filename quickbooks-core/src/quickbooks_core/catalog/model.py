"""The words of the catalogue: what a QuickBooks object and one of its fields are.

Frozen values, no behaviour beyond what follows from them. Which objects there are stands in the
modules beside this one; who reads the catalogue (schema, DDL, mapping, sandbox, docs) computes the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from quickbooks_core.catalog.naming import column_for


class Kind(Enum):
    """What a column holds; Singer and Postgres types follow from it."""

    ID = "id"  # the object's own Id, as `qbk_<prefix><Id>`
    REF = "ref"  # another object's Id, in the same form
    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"  # exact decimal: quantities, rates, percentages
    MONEY = "money"  # exact decimal, shown with at least two decimals
    DATE = "date"  # a day of the company, without a zone
    TIMESTAMP = "timestamp"  # an instant
    JSON = "json"  # QuickBooks' own JSON, unchanged


class Access(Enum):
    """Who may set a field."""

    READ = "read"  # QuickBooks computes it
    WRITE = "write"
    CREATE = "create"  # on create only


class Shape(Enum):
    """What sort of object it is."""

    LIST = "list"  # a name: customer, account, term ...
    TRANSACTION = "transaction"
    SINGLETON = "singleton"  # one row a company
    REPORT = "report"
    SERVICE = "service"  # an endpoint without rows of its own


class Operation(Enum):
    """What the API can do with an object."""

    CREATE = "create"
    READ = "read"
    QUERY = "query"
    UPDATE = "full_update"
    SPARSE_UPDATE = "sparse_update"
    DELETE = "delete"
    VOID = "void"
    SEND = "send"
    PDF = "pdf"
    UPLOAD = "upload"
    DOWNLOAD = "download"


class Deletion(Enum):
    """How an object goes away."""

    HARD = "hard"  # POST ?operation=delete
    DEACTIVATE = "deactivate"  # update with Active=false
    NONE = "none"


class Reading(Enum):
    """How all rows of an object are read."""

    QUERY = "query"  # select * from X
    OWN_URL = "own_url"  # a GET of its own
    REPORT = "report"
    NONE = "none"


@dataclass(frozen=True)
class Field:
    """One value of an object: where it stands in the JSON, and which column holds it.

    `path` has at most two steps; one that starts with `$` is computed, not a key of the JSON. `to` names the
    object a REF points at; where the JSON itself says the type (EntityRef), `to` is empty and `type_path` says
    where. `quoted`: the JSON has it as a string, whatever its kind. `volatile`: another value in every answer,
    which by itself is no change of the object. `cleared`: what QuickBooks puts in the place of a value that is
    cleared, in words; empty where nothing is left.
    """

    path: str
    kind: Kind
    access: Access = Access.WRITE
    column: str = ""
    to: str = ""
    type_path: str = ""
    max_length: int | None = None
    filterable: bool = False
    sortable: bool = False
    quoted: bool = False
    volatile: bool = False
    cleared: str = ""

    def __post_init__(self) -> None:
        if not self.column:
            object.__setattr__(self, "column", column_for(self.path))

    @property
    def steps(self) -> tuple[str, ...]:
        """The path as keys: ("BillAddr", "City")."""
        return tuple(self.path.split("."))


# One of a kind, hence equal to itself only: as a key of caches it must be cheap to hash.
@dataclass(frozen=True, eq=False)
class Entity:
    """One object of the QuickBooks API.

    `name` is the word of the documentation, `resource` the segment of its URL and the name in a
    query, `key` the key of its JSON envelope. `id_paths` make up the id of an object that has no
    `Id` of its own. `wrapped`: the JSON is `{<transaction type>: {...}}`. The fields stand in the order
    in which QuickBooks writes them. `repeated`: what even a sparse update has to say again; `deleted_whole`: its
    deletion wants the whole document.
    """

    name: str
    table: str
    prefix: str
    shape: Shape
    operations: frozenset[Operation]
    fields: tuple[Field, ...] = ()
    deletion: Deletion = Deletion.NONE
    reading: Reading = Reading.QUERY
    resource: str = ""
    key: str = ""
    cdc: bool = False
    webhooks: frozenset[str] = frozenset()
    required: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    deleted_whole: bool = False
    id_paths: tuple[str, ...] = ("Id",)
    wrapped: bool = False
    has_active: bool = False

    def __post_init__(self) -> None:
        if not self.resource:
            object.__setattr__(self, "resource", self.name.lower())
        if not self.key:
            object.__setattr__(self, "key", self.name)

    @property
    def has_table(self) -> bool:
        """Whether rows of it are mirrored (reports get theirs when their streams exist)."""
        return self.reading in (Reading.QUERY, Reading.OWN_URL)

    @property
    def goes_in_silence(self) -> bool:
        """Whether rows may disappear without being told as changes: merged names, and what has no change data."""
        return self.has_active or not self.cdc

    @cached_property
    def columns(self) -> dict[str, Field]:
        """Column name → field, in catalogue order."""
        return {field.column: field for field in self.fields}

    @cached_property
    def by_path(self) -> dict[str, Field]:
        """API path → field."""
        return {field.path: field for field in self.fields}

    def can(self, operation: Operation) -> bool:
        """Whether the API has this operation for the object."""
        return operation in self.operations

    def references(self) -> Iterator[Field]:
        """The fields that hold the id of another object."""
        return (field for field in self.fields if field.kind is Kind.REF)
