"""Looks for the object that a create has made whose answer was lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quickbooks_core.client import Client
from quickbooks_core.mapping import document_id
from quickbooks_core.reading.ahead import Ahead
from quickbooks_core.reading.pages import CREATED, ObjectReader, Window, is_ordered, time_of
from quickbooks_core.writing import Plan, not_taken

from target_quickbooks.judging import is_like

Document = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """What has been created since: documents equal in every sent field, and ids of those that are only like it."""

    equal: list[Document]
    alike: list[str]
    read_at: datetime | None


def look_for(client: Client, made: Plan, since: datetime) -> Found:
    """Everything that might be it; raises QuickBooksError and Incomplete."""
    equal: dict[str, Document] = {}
    alike: list[str] = []
    read_at: datetime | None = None
    for document, at in _created(client, made, since.replace(microsecond=0)):
        id, read_at = document_id(made.change.entity, document), at
        if not_taken(made.change, document) == ():
            equal[id] = document
        elif is_like(made, document):
            alike.append(id)
    return Found(list(equal.values()), alike, read_at)


def _created(client: Client, made: Plan, since: datetime) -> Iterator[tuple[Document, datetime]]:
    entity = made.change.entity
    with Ahead(1) as ahead:
        reader = ObjectReader(client, entity, ahead)
        is_by_time = is_ordered(entity, CREATED)
        pages = reader.within(Window(since, None)) if is_by_time else reader.pages(reader.first())
        for page in pages:
            for document in page.documents:
                if is_by_time or time_of(document, CREATED) >= since:
                    yield document, page.read_at
