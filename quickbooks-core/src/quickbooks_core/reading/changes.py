"""What QuickBooks tells of changes: one call for many objects, up to a thousand changes of the last 30 days."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from quickbooks_core.catalog import Entity
from quickbooks_core.client import Answer, Client
from quickbooks_core.errors import Busy

Document = dict[str, Any]

# As many objects in an answer, and it may lack some: which ones, nobody says.
FULL = 1000
# QuickBooks refuses to look back 30 days; a day is left for clocks that differ.
LOOK_BACK = timedelta(days=29)


@dataclass(frozen=True)
class Changes:
    """What one answer tells of one object: documents as they are now, and bare Ids of what has gone."""

    documents: list[Document] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many objects it speaks of."""
        return len(self.documents) + len(self.gone)


def ask_changes(
    client: Client, entities: Collection[Entity], since: datetime
) -> tuple[Answer, dict[Entity, Changes]]:
    """One call; objects without changes are absent. Raises Refused for objects it does not know, or a long time."""
    moment = since.astimezone(UTC).isoformat(timespec="seconds")
    names = ",".join(entity.name for entity in entities)
    answer = client.get("cdc", {"entities": names, "changedSince": moment})
    by_key = {entity.key: entity for entity in entities}
    return answer, {by_key[key]: _told(rows) for key, rows in _lists(answer, by_key)}


def _lists(answer: Answer, asked: Mapping[str, Entity]) -> list[tuple[str, list[Document]]]:
    """The lists of documents by their key: their places say nothing."""
    try:
        responses = [page for part in answer.json()["CDCResponse"] for page in part["QueryResponse"]]
        lists = [
            (key, rows) for response in responses for key, rows in response.items() if isinstance(rows, list)
        ]
    except (KeyError, TypeError, AttributeError):
        raise _odd(answer, "The answer is not one of changes") from None
    if strange := sorted({key for key, _ in lists} - set(asked)):
        raise _odd(answer, f"The answer tells of {', '.join(strange)}, which was not asked for")
    return lists


def _told(rows: list[Document]) -> Changes:
    changes = Changes()
    for row in rows:
        if row.get("status") == "Deleted":
            changes.gone.append(str(row["Id"]))
        else:
            changes.documents.append(row)
    return changes


def _odd(answer: Answer, message: str) -> Busy:
    # Never "nothing has changed" by mistake.
    return Busy(message, intuit_tid=answer.intuit_tid, status=answer.status)
