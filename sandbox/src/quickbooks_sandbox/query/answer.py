"""The body of a query's answer. A page of stored documents is joined as text, never parsed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from quickbooks_sandbox.clock import Clock
from quickbooks_sandbox.json_text import Document, read, write
from quickbooks_sandbox.query.plan import Plan, plan
from quickbooks_sandbox.query.rows import bodies, count
from quickbooks_sandbox.query.syntax import parse
from quickbooks_sandbox.store import Store
from quickbooks_sandbox.switches import Switches


def answer(text: str, store: Store, switches: Switches, clock: Clock) -> str:
    """The content of `QueryResponse`; raises Fault."""
    asked = _of_the_shown(plan(parse(text), switches, clock), store)
    if asked.count:
        return write({"totalCount": count(asked, store)})
    return page(asked.entity.key, [_shown(asked, body) for body in bodies(asked, store)], asked.start)


def _of_the_shown(asked: Plan, store: Store) -> Plan:
    """An index that lags does not know everything."""
    ids = store.hidden.get(asked.entity.name, ())
    if not ids:
        return asked
    where = f"{asked.where} and id not in ({', '.join('?' * len(ids))})"
    return replace(asked, where=where, parameters=(*asked.parameters, *ids))


def page(key: str, bodies: list[str], start: int) -> str:
    """Documents under the object's key; nothing at all when there are none."""
    if not bodies:
        return "{}"
    return f'{{"{key}":[{",".join(bodies)}],"startPosition":{start},"maxResults":{len(bodies)}}}'


def own_url_page(key: str, bodies: list[str]) -> str:
    """A list with an address of its own says neither position nor number."""
    return f'{{"{key}":[{",".join(bodies)}]}}' if bodies else "{}"


def _shown(asked: Plan, body: str) -> str:
    """A row of a projection has its Id and what it names, in its own order, and says that it is a part."""
    if asked.columns is None:
        return body
    wanted = {column.partition(".")[0]: "" for column in asked.columns} | {"sparse": "", "Id": ""}
    document: Document = read(body)
    shown = {key: _part(key, value, asked.columns) for key, value in document.items() if key in wanted}
    return write({**shown, "sparse": True})


def _part(key: str, value: Any, columns: tuple[str, ...]) -> Any:
    """A property as a whole, or of an object those of its parts that are named."""
    parts = {column.partition(".")[2] for column in columns if column.partition(".")[0] == key}
    if key in columns or not isinstance(value, dict) or not parts:
        return value
    return {inner: held for inner, held in value.items() if inner in parts}
