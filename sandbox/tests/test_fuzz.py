"""Whatever JSON comes, the sandbox answers as QuickBooks would: with a document or a fault, and its books balance.

Bodies are good ones with a few things spoilt, drawn from a seed that a failure names.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from quickbooks_core.catalog import by_name

CODES = {
    "500", "600", "610", "620", "800", "900", "1040", "2000", "2010", "2020", "2030", "2040",
    "2050", "2060", "2080", "2090", "2130", "2170", "2200", "2210", "2230", "2240", "2260", "2300",
    "2500", "4000", "4001", "5010", "6000", "6010", "6070", "6080", "6140", "6180", "6220", "6240",
    "6270", "6300", "6310", "6330", "6350", "6420", "6430", "6540",
}  # fmt: skip
GARBAGE: tuple[Any, ...] = (
    None, "", " ", "x", "0", "-1", "1e400", "NaN", "TRUE", "2024-02-30", "9999-12-31", "ü—漢🙂", "a" * 5000,
    "\u0000", "\ud800", "tab\there", "a:b", '"', "'", "%", True, False, 0, -1, 1, 2**31, 2**63, 2**200, 1e-9, 0.005,
    33.3333, 10.005, 1e300, -100.015, 10**10, [], {}, [[]], [None], [{}], {"value": {}}, {"value": "1"},
    {"value": "999999"}, {"value": 33}, {"x": {"y": [1, {"z": None}]}}, [1, "two", {"three": 3}],
)  # fmt: skip
KEYS = (
    "Id", "SyncToken", "sparse", "Line", "LinkedTxn", "TxnTaxDetail", "CurrencyRef", "ParentRef", "Foo", "Active",
    "TxnDate", "DocNumber", "CustomField", "MetaData", "domain", "ExchangeRate", "TotalAmt",
)  # fmt: skip
RAW = (
    b"", b"{", b"[]", b'"x"', b"null", b"\xff\xfe", b'{"a":NaN}', b'{"\\ud800": 1}', b"[" * 100_000,
    b'{"a":' * 50_000, b'{"Name": ' + b"9" * 6000 + b"}",
)  # fmt: skip
REQUESTS = 200


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_spoilt_body_is_taken_or_refused_and_the_books_balance(
    client: Any, bodies: dict[str, Any], seed: int
) -> None:
    draw = random.Random(seed)
    client.sandbox.control("switches", seed=seed)
    known: dict[str, list[str]] = {name: [client.make(name)["Id"]] for name in bodies}

    for number in range(REQUESTS):
        name = draw.choice(sorted(bodies))
        path, body = request_of(client, name, known, draw)
        sent = spoilt(body, draw)
        if draw.random() < 0.2:
            answer = client.send(
                "POST", "batch", json.dumps(spoilt(batch_of(name, path, sent), draw)).encode()
            )
        else:
            answer = client.send("POST", path, json.dumps(sent).encode())
            remember(answer, name, known)
        assert problem_of(answer) is None, (seed, number, path, sent, answer.status_code, answer.text[:500])

    ledger = client.sandbox.look("ledger")
    assert (ledger["sum"], ledger["unbalanced"]) == (0, [])


@pytest.mark.parametrize("raw", RAW)
def test_what_is_no_json_object_is_refused(client: Any, raw: bytes) -> None:
    answer = client.send("POST", "customer", raw)

    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, "2010")


def request_of(
    client: Any, name: str, known: dict[str, list[str]], draw: random.Random
) -> tuple[str, dict[str, Any]]:
    """A create, or a change, deletion or void of something that may be there."""
    resource = by_name(name).resource
    if draw.random() < 0.5:
        return resource, client.body(name)
    id = draw.choice(known[name])
    found = client.send("GET", f"{resource}/{id}")
    body = found.json()[by_name(name).key] if found.status_code == 200 else {"Id": id, "SyncToken": "0"}
    if draw.random() < 0.3:
        body = {"Id": id, "SyncToken": body.get("SyncToken", "0"), "sparse": True, **sample(body, draw)}
    suffix = draw.choice(
        ("", "", "", "?operation=delete", "?operation=void", "?operation=update&include=void")
    )
    return resource + suffix, body


def batch_of(name: str, path: str, body: Any) -> dict[str, Any]:
    """The same as an item of a batch."""
    operation = path.partition("operation=")[2].partition("&")[0] or "create"
    item = {"bId": "1", "operation": operation, by_name(name).key: body}
    return {"BatchItemRequest": [item, {"bId": "2", "Query": "select count(*) from Customer"}]}


def sample(body: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    return {key: body[key] for key in draw.sample(sorted(body), min(3, len(body)))}


def spoilt(body: Any, draw: random.Random) -> Any:
    """The body with a few places changed."""
    for _ in range(draw.choice((0, 1, 1, 2, 3))):
        body = json.loads(json.dumps(body))
        place = draw.choice(places(body))
        action = draw.random()
        if isinstance(place, dict) and (not place or action < 0.2):
            place[draw.choice(KEYS)] = draw.choice(GARBAGE)
        elif isinstance(place, dict):
            key = draw.choice(sorted(place))
            if action < 0.45:
                del place[key]
            else:
                place[key] = draw.choice(GARBAGE)
        elif place and action < 0.3:
            place.append(place[0])
        else:
            place[:] = [*place[1:], *draw.choice(([], [draw.choice(GARBAGE)]))]
    return body


def places(value: Any) -> list[Any]:
    """Every object and list inside, itself included."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict | list) else []
    return own + [place for item in inner for place in places(item)]


def remember(answer: Any, name: str, known: dict[str, list[str]]) -> None:
    document = answer.json().get(by_name(name).key, {}) if answer.status_code == 200 else {}
    if document.get("Id") and len(known[name]) < 20:
        known[name].append(document["Id"])


def problem_of(answer: Any) -> str | None:
    """What is wrong with an answer, if anything."""
    if answer.status_code not in (200, 400):
        return f"HTTP {answer.status_code}"
    body = answer.json()
    if "Fault" in body:
        return problem_of_fault(body["Fault"])
    found = [problem_of_fault(item["Fault"]) for item in body.get("BatchItemResponse", ()) if "Fault" in item]
    return next((problem for problem in found if problem), None)


def problem_of_fault(fault: dict[str, Any]) -> str | None:
    shapes = {frozenset(error) - {"element"} for error in fault["Error"]}
    unknown = {error["code"] for error in fault["Error"]} - CODES
    if shapes != {frozenset({"Message", "Detail", "code"})} or fault["type"] != "ValidationFault":
        return "another shape"
    return f"unknown codes {unknown}" if unknown else None
