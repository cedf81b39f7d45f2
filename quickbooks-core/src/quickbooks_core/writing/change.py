"""A change of one row, before anything is known of requests: what the queue holds and the Singer target makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from quickbooks_core.catalog.model import Entity


class Action(Enum):
    """What is to be done with a row."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"  # a name is made inactive
    VOID = "void"
    READ = "read"  # nothing is changed: rows that the mirror lacks are read into it


@dataclass(frozen=True)
class Change:
    """One change: `values` are the columns that change, `None` clears one; `id` is ours, empty on create.

    Values come as Postgres or JSON gives them; an empty text or array clears too, because QuickBooks reads it as not
    given. `base` is the whole row as it was when the change was asked for: whether somebody else changed the same
    columns since is judged by it, and its version is what is updated. A `sync_token` among the values is a lock: the
    version that the change was made for.
    """

    entity: Entity
    action: Action
    values: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    base: Mapping[str, Any] | None = None
