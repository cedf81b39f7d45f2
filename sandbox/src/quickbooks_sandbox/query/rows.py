"""Fetches the documents that a plan asks for, from the nearest place that is known."""

from __future__ import annotations

from typing import Any

from quickbooks_sandbox.query.places import Key, Query
from quickbooks_sandbox.query.plan import Plan
from quickbooks_sandbox.store import Store


def count(asked: Plan, store: Store) -> int:
    """How many there are."""
    ((found,),) = store.rows(f"select count(*) from document where {asked.where}", asked.parameters)
    return int(found)


def bodies(asked: Plan, store: Store) -> list[str]:
    """The stored text of each document of the page."""
    if not asked.keys:
        return [body for (body,) in _page(asked, store, None)]
    places, query = store.places, _name_of(asked)
    version = places.version
    known = places.before(version, query, asked.start)
    rows = _page(asked, store, known)
    if known and places.version != version:  # written meanwhile: what was known may not hold
        rows = _page(asked, store, None)
    elif rows:
        places.learn(version, query, asked.start, rows[0][1:])
        places.learn(version, query, asked.start + len(rows) - 1, rows[-1][1:])
    return [row[0] for row in rows]


def _page(asked: Plan, store: Store, known: tuple[int, Key] | None) -> list[Any]:
    """Rows of body and keys."""
    where, parameters, skipped = asked.where, asked.parameters, asked.start - 1
    if known:
        position, key = known
        sign = "<=" if asked.descending else ">="
        where += f" and ({', '.join(asked.keys)}) {sign} ({', '.join('?' * len(key))})"
        parameters, skipped = (*parameters, *key), asked.start - position
    # The rows before the page are counted in the index alone; only the page's own bodies are read.
    sql = (
        f"select {', '.join(('body', *asked.keys))} from document where rowid in"
        f" (select rowid from document where {where} order by {asked.order} limit ? offset ?)"
        f" order by {asked.order}"
    )
    return store.rows(sql, (*parameters, asked.most, skipped))


def _name_of(asked: Plan) -> Query:
    return asked.where, asked.order, *asked.parameters
