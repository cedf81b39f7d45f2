"""Several operations in one request: each item has its own answer, and its own transaction.

Items do not see each other's results: queries are answered first, from what was there before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quickbooks_core.catalog import CATALOG

from quickbooks_sandbox import faults
from quickbooks_sandbox.answers import fault_body
from quickbooks_sandbox.cdc import changes
from quickbooks_sandbox.faults import Fault
from quickbooks_sandbox.json_text import Document, read, write
from quickbooks_sandbox.query.answer import answer
from quickbooks_sandbox.replay import RequestKey
from quickbooks_sandbox.service import Service
from quickbooks_sandbox.writing import Write, perform

MOST = 30
MOST_OBJECTS = 1000
_BY_KEY = {entity.key: entity for entity in CATALOG if entity.has_table}
_WORDS = frozenset({"bId", "operation", "optionsData"})
_READS = ("Query", "CDCQuery")
# Refused for their name, which is another request's or nobody's: nothing is remembered under it.
_OF_THE_NAME = ("600", "2130")


@dataclass
class Room:
    """How many objects the answers of a batch may still hold."""

    left: int = MOST_OBJECTS

    def take(self, answered: str) -> None:
        """Counts the objects of a query's answer; raises Fault 10100 where there is no room for them."""
        rows = sum(len(value) for value in read(answered).values() if isinstance(value, list))
        if rows > self.left:
            raise faults.result_too_big(MOST_OBJECTS)
        self.left -= rows


def batch(service: Service, given: Document, request_id: str) -> str:
    """The list of item answers, as text; raises Fault for what refuses the whole request."""
    items = given.get("BatchItemRequest")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise faults.required("BatchItemRequest")
    if len(items) > MOST:
        raise faults.batch_too_large()
    room = Room()
    reads_first = sorted(range(len(items)), key=lambda place: not _is_read(items[place]))
    answers = {place: _answer(service, items[place], request_id, room) for place in reads_first}
    places = sorted(answers, reverse=service.switches["batch_order"] == "reversed")
    return f"[{','.join(answers[place] for place in places)}]"


def _answer(service: Service, item: Document, request_id: str, room: Room) -> str:
    """One item's answer: its result or its fault, and then its bId."""
    key = RequestKey(
        request_id if service.switches["batch_replay"] != "never" else "", str(item.get("bId", ""))
    )
    content = write(item).encode()
    try:
        return service.replay.once(key, content, lambda: _with_id(item, *_done(service, item, room)))
    except Fault as fault:
        refused = _with_id(item, "Fault", write(fault_body(fault)))
        is_kept = fault.code not in _OF_THE_NAME and service.switches["batch_replay"] == "whole"
        if key.request_id and is_kept:
            service.replay.remember(key, content, refused)
        return refused


def _is_read(item: Document) -> bool:
    return any(word in item for word in _READS)


def _done(service: Service, item: Document, room: Room) -> tuple[str, str]:
    if _is_read(item):
        return _found(service, item, room)
    names = [key for key in item if key not in _WORDS]
    if len(names) != 1 or names[0] not in _BY_KEY or not isinstance(item[names[0]], dict):
        raise faults.unknown_object(names[0] if names else "")
    operation = str(item.get("operation", "")).lower()
    if operation not in ("create", "update", "delete", "void"):
        raise faults.required("operation") if not operation else faults.unsupported(operation)
    done = perform(
        service.company,
        Write(_BY_KEY[names[0]], item[names[0]], operation, _options(item.get("optionsData")), in_batch=True),
    )
    return done.key, done.body


def _found(service: Service, item: Document, room: Room) -> tuple[str, str]:
    """A query, or a question for changes: the schema has both."""
    if "Query" in item:
        text = answer(str(item["Query"]), service.store, service.switches, service.clock)
        if service.switches["batch_over_1000_objects"] == "refuse":
            room.take(text)
        return "QueryResponse", text
    asked = item["CDCQuery"] if isinstance(item["CDCQuery"], dict) else {}
    entities, since = str(asked.get("Entities", "")), str(asked.get("ChangedSince", ""))
    return "CDCResponse", changes(service.company, entities, since)


def _options(given: Any) -> frozenset[str]:
    return frozenset(str(given).lower().split(",")) if given else frozenset()


def _with_id(item: Document, key: str, body: str) -> str:
    members = [f'"{key}":{body}'] if key else []
    members += [f'"bId":{write(str(item["bId"]))}'] if "bId" in item else []
    return f"{{{','.join(members)}}}"
