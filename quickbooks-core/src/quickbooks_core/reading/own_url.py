"""Objects with a URL of their own, which one GET gives whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from quickbooks_core.catalog import Entity
from quickbooks_core.client import Answer, Client
from quickbooks_core.entitlements import from_xml
from quickbooks_core.reading.pages import EVERYTHING, Page

Document = dict[str, Any]


class OwnUrlReader:
    """Reads one of them."""

    def __init__(self, client: Client, entity: Entity) -> None:
        self._client = client
        self._ask, self._documents = _REQUESTS.get(entity.name, (_get, _query_response))
        self._entity = entity
        self.questions = 1

    def first(self) -> Answer:
        """The only answer."""
        return self._ask(self._client, self._entity)

    def pages(self, first: Answer) -> Iterator[Page]:
        """The only page."""
        yield Page(self._documents(self._client, self._entity, first), first.time, EVERYTHING)


def _get(client: Client, entity: Entity) -> Answer:
    return client.get(entity.resource)


def _query_response(client: Client, entity: Entity, answer: Answer) -> list[Document]:
    del client
    return answer.documents(entity)


def _get_entitlements(client: Client, entity: Entity) -> Answer:
    del entity
    return client.get("", accept="application/xml", base=client.connection.entitlements_url)


def _entitlements(client: Client, entity: Entity, answer: Answer) -> list[Document]:
    del entity
    return [from_xml(answer.body, client.connection.realm_id)]


# How an object is asked for, and how its answer is read, where that is not as usual.
_REQUESTS: dict[
    str, tuple[Callable[[Client, Entity], Answer], Callable[[Client, Entity, Answer], list[Document]]]
] = {"Entitlements": (_get_entitlements, _entitlements)}
