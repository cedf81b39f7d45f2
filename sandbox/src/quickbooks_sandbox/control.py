"""The control plane beside the imitation: reset, faults, latency, time, and what a person does.

Everything is JSON below `/sandbox/`. Nothing here exists at QuickBooks.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from quickbooks_sandbox.amounts import from_units
from quickbooks_sandbox.clock import utc
from quickbooks_sandbox.faults import Fault
from quickbooks_sandbox.generate import PER_SECOND, generate
from quickbooks_sandbox.json_text import Document, read, write
from quickbooks_sandbox.oauth import CLIENT_ID, CLIENT_SECRET
from quickbooks_sandbox.orders import KINDS
from quickbooks_sandbox.person import act, close_books
from quickbooks_sandbox.service import Service
from quickbooks_sandbox.switches import drawn

_PAGE = 10_000


async def control_request(request: Request) -> Response:
    """POST does something, GET looks."""
    service: Service = request.app.state.service
    actions = _ACTIONS if request.method == "POST" else _LOOKS
    action = actions.get(request.path_params["action"])
    if action is None:
        return JSONResponse({"error": f"there are: {', '.join(sorted(actions))}"}, 404)
    body = await request.body()
    given = read(body) if body.strip() else dict(request.query_params)
    try:
        answer = await run_in_threadpool(action, service, given)
    except (ValueError, KeyError, TypeError) as error:
        return JSONResponse({"error": str(error)}, 400)
    except Fault as fault:
        return JSONResponse({"error": fault.detail, "code": fault.code}, 400)
    return Response(write(answer), 200, {"Content-Type": "application/json"})


def _connect(service: Service, _given: Document) -> Document:
    tokens = service.tokens.connect()
    return {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "realm_id": service.realm_id,
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
    }


def _reset(service: Service, given: Document) -> Document:
    service.reset(given.get("company"))
    return {"company": service.store.fact("company")}


def _generate(service: Service, given: Document) -> Document:
    name, rate = str(given.get("object", "Customer")), int(given.get("per_second", PER_SECOND))
    first = generate(service.company, name, int(given["count"]), max(1, rate))
    return {"first": str(first)}


def _hide(service: Service, given: Document) -> Document:
    """Until they are shown again by an empty list, no query finds these."""
    name, ids = str(given["object"]), tuple(str(id) for id in given["ids"])
    service.store.hidden[name] = ids
    return {"object": name, "ids": list(ids)}


def _latency(service: Service, given: Document) -> Document:
    service.latency_s = float(given["ms"]) / 1000
    return {"ms": given["ms"]}


def _order(service: Service, given: Document) -> Document:
    service.orders.add(given)
    return {"orders": len(service.orders.listed())}


def _orders(service: Service, _given: Document) -> Document:
    return {
        "orders": service.orders.listed(),
        "played": dict(service.orders.played),
        "kinds": list(KINDS),
    }


def _close_books(service: Service, given: Document) -> Document:
    """Only a person can; without a date the books are open again."""
    day = date.fromisoformat(given["date"]).isoformat() if given.get("date") else None
    close_books(service.company, day)
    return {"date": day}


def _clock(service: Service, given: Document) -> Document:
    if "hold" in given:
        service.clock.hold(bool(given["hold"]))
    service.clock.ahead_s += float(given.get("advance_s", 0))
    return {"now": utc(service.clock.time())}


def _switches(service: Service, given: Document) -> Document:
    chosen = {name: str(value) for name, value in given.items() if name != "seed"}
    if "seed" in given:
        service.switches.choose(**drawn(given["seed"]))
    service.switches.choose(**chosen)
    return {"switches": service.switches.listed()}


def _throttle(service: Service, given: Document) -> Document:
    service.throttle.on = bool(given["on"])
    return {"on": service.throttle.on}


def _expire(service: Service, _given: Document) -> Document:
    service.tokens.expire_access()
    return {}


def _rotate(service: Service, _given: Document) -> Document:
    service.tokens.rotate()
    return {}


def _forget(service: Service, _given: Document) -> Document:
    service.journal.clear()
    service.orders.clear()
    service.throttle.most_in_flight = service.throttle.in_flight
    return {}


def _requests(service: Service, _given: Document) -> Document:
    return {
        "counts": dict(service.journal.counts),
        "statuses": dict(service.journal.statuses),
        "most_in_flight": service.throttle.most_in_flight,
        "requests": list(service.journal.lines),
    }


def _ledger(service: Service, _given: Document) -> Document:
    """Every account's balance, debit positive; whether each document's postings sum to zero."""
    rows = service.store.rows(
        "select b.id, d.name, b.amount from balance b join document d on d.entity = b.kind and d.id = b.id"
        " where b.kind = 'Account' order by d.number",
        (),
    )
    unbalanced = service.store.rows(
        "select entity, id from posting group by entity, id having sum(amount) <> 0", ()
    )
    return {
        "accounts": [{"id": id, "name": name, "balance": from_units(amount)} for id, name, amount in rows],
        "sum": from_units(sum(amount for _, _, amount in rows)),
        "unbalanced": [f"{entity} {id}" for entity, id in unbalanced],
    }


def _postings(service: Service, given: Document) -> Document:
    """Every posting, by pages: `after` is the `next` of the page before."""
    rows = service.store.postings(int(given.get("after", 0)), _PAGE)
    return {
        "postings": [
            {
                "entity": entity, "id": id, "account": p.account, "amount": from_units(p.amount),
                "kind": p.kind, "name": p.name, "item": p.item, "quantity": from_units(p.quantity),
            }
            for _, entity, id, p in rows
        ],
        "next": rows[-1][0] if len(rows) == _PAGE else None,
    }  # fmt: skip


def _health(service: Service, _given: Document) -> Document:
    return {"company": service.store.fact("company"), "now": utc(service.clock.time())}


_Action = Callable[[Service, Document], Any]
_ACTIONS: dict[str, _Action] = {
    "clock": _clock,
    "close_books": _close_books,
    "connect": _connect,
    "expire": _expire,
    "fail": _order,
    "faults": _order,
    "generate": _generate,
    "hide": _hide,
    "latency": _latency,
    "person": lambda service, given: act(service.company, given),
    "requests": _forget,
    "reset": _reset,
    "rotate": _rotate,
    "switches": _switches,
    "throttle": _throttle,
}
_LOOKS: dict[str, _Action] = {
    "faults": _orders,
    "health": _health,
    "ledger": _ledger,
    "postings": _postings,
    "requests": _requests,
    "switches": lambda service, _: {"switches": service.switches.listed()},
}
