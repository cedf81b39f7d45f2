"""Several questions in one request: a batch of queries, each with an answer of its own.

An item that fails is asked again alone, where its failure has words; so is everything when a batch is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import msgspec

from quickbooks_core.client import Answer, Client
from quickbooks_core.errors import Refused

MOST_ITEMS = 30
# Of all answers of a batch together; what comes beyond is refused, as far as anybody knows.
MOST_OBJECTS = 1000


class _Batch(msgspec.Struct):
    BatchItemResponse: list[dict[str, msgspec.Raw]] = []


_DECODER = msgspec.json.Decoder(_Batch)


def ask_together(client: Client, statements: Mapping[str, str]) -> dict[str, Answer]:
    """The answers to queries, by the names of the questions; raises QuickBooksError."""
    answers: dict[str, Answer] = {}
    names = list(statements)
    for start in range(0, len(names), MOST_ITEMS):
        answers |= _batch(client, {name: statements[name] for name in names[start : start + MOST_ITEMS]})
    return answers | {name: client.query(statements[name]) for name in names if name not in answers}


def _batch(client: Client, statements: Mapping[str, str]) -> dict[str, Answer]:
    """The items of one batch that were answered."""
    if len(statements) < 2:
        return {}
    names = list(statements)
    items = [{"bId": str(place), "Query": statements[name]} for place, name in enumerate(names)]
    try:
        whole = client.batch_of_queries(msgspec.json.encode({"BatchItemRequest": items}))
    except Refused:
        return {}
    return {names[place]: answer for place, answer in _answered(whole) if place < len(names)}


def _answered(whole: Answer) -> Iterator[tuple[int, Answer]]:
    """Place of the question, and the answer as a single query would have given it."""
    for item in _DECODER.decode(whole.body).BatchItemResponse:
        if "QueryResponse" in item and "bId" in item:
            body = b'{"QueryResponse":' + bytes(item["QueryResponse"]) + b"}"
            yield int(msgspec.json.decode(item["bId"], type=str)), replace(whole, body=body)
