"""Asks for objects by their Ids, many in one question."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from quickbooks_core.catalog import Entity
from quickbooks_core.client import Answer, Client

AT_ONCE = 200


def statements_by_id(entity: Entity, ids: Collection[str], at_once: int = AT_ONCE) -> Iterator[str]:
    """Queries that find all objects of these bare Ids which there are, inactive names included."""
    active = entity.by_path.get("Active")
    shown = " and Active in (true, false)" if active is not None and active.filterable else ""
    wanted = sorted(ids)
    for start in range(0, len(wanted), at_once):
        listed = ", ".join(_quoted(id) for id in wanted[start : start + at_once])
        yield f"select * from {entity.name} where Id in ({listed}){shown} maxresults {at_once}"


def ask_by_id(client: Client, entity: Entity, ids: Collection[str]) -> Iterator[Answer]:
    """The answers, one after the other."""
    return (client.query(statement) for statement in statements_by_id(entity, ids))


def questions_by_id(wanted: Mapping[Entity, Collection[str]]) -> dict[str, tuple[Entity, str]]:
    """Named queries for objects of several kinds, to be asked together."""
    return {
        f"{entity.table} {place}": (entity, statement)
        for entity, ids in wanted.items()
        for place, statement in enumerate(statements_by_id(entity, ids))
    }


def _quoted(id: str) -> str:
    return "'" + id.replace("\\", "\\\\").replace("'", "\\'") + "'"
