"""The body of a query's answer. A page of stored documents is joined as text, never parsed."""

from __future__ import annotations

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
    asked = plan(parse(text), switches, clock)
    if asked.count:
        return write({"totalCount": count(asked, store)})
    return page(asked.entity.key, [_shown(asked, body) for body in bodies(asked, store)], asked.start)


def page(key: str, bodies: list[str], start: int) -> str:
    """Documents under the object's key; nothing at all when there are none."""
    if not bodies:
        return "{}"
    return f'{{"{key}":[{",".join(bodies)}],"startPosition":{start},"maxResults":{len(bodies)}}}'


def own_url_page(key: str, bodies: list[str]) -> str:
    """A list with an address of its own says neither position nor number."""
    return f'{{"{key}":[{",".join(bodies)}]}}' if bodies else "{}"


def _shown(asked: Plan, body: str) -> str:
    if asked.columns is None:
        return body
    document: Document = read(body)
    chosen: Document = {}
    for path in asked.columns:
        _copy(document, chosen, path.split("."))
    return write({**chosen, "sparse": True})


def _copy(source: Any, target: Document, steps: list[str]) -> None:
    """One property; a projection has only those it names."""
    head, *rest = steps
    if not isinstance(source, dict) or head not in source:
        return
    if not rest:
        target[head] = source[head]
    else:
        _copy(source[head], target.setdefault(head, {}), rest)
