"""Three thousand changes of one group beside a tap that reads everything: a hundred requests, and never too many."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from quickbooks_demo.testing import run


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_three_thousand_updates_take_a_hundred_requests_and_keep_the_limits(
    books: Any, record_property: Callable[[str, object], None]
) -> None:
    books.sandbox.control("generate", object="Customer", count=3000)
    mirror_customers(books)
    books.query(
        "SELECT count(quickbooks_load.enqueue('customer', 'update', id, jsonb_build_object('display_name', "
        "'No. ' || row), change_group => 'one statement')) "
        "FROM (SELECT id, row_number() OVER (ORDER BY id DESC) AS row FROM customer ORDER BY id DESC LIMIT 3000) AS c"
    )
    books.sandbox.control("requests")
    books.sandbox.control("throttle", on=True)
    over = threading.Event()

    with ThreadPoolExecutor(1) as reader:
        runs = reader.submit(read_on, books, over)
        outcome = run(
            "target-quickbooks",
            "--drain",
            timeout_s=900,
            **{**books.environment, "QUICKBOOKS_THROTTLE": "on", "QUICKBOOKS_SECOND_LOOK_S": ""},
        )
        over.set()

    assert runs.result() >= 1
    assert outcome.code == 0, outcome.err[-2000:]
    assert books.query("SELECT count(*) FROM customer WHERE display_name LIKE 'No. %'") == [(3000,)]
    seen = books.sandbox.look("requests")
    batches = [line for line in seen["requests"] if line["method"] == "POST" and "/batch" in line["target"]]
    assert seen["statuses"].get("429", 0) == 0
    assert books.query("SELECT count(DISTINCT request_id) FROM _sync_request") == [(100,)]
    words = f"{len(batches)} batches, {len(seen['requests'])} requests, {seen['most_in_flight']} at once"
    record_property("counts", words)


def mirror_customers(books: Any) -> None:
    """All of them, inactive ones left out."""
    for position in range(1, 4000, 1000):
        books.mirror("customer", position=position)


def read_on(books: Any, over: threading.Event) -> int:
    """A tap that shares the worker's tokens and throttle, one run after the other; how many."""
    runs = 0
    variables = {**books.environment, "QUICKBOOKS_THROTTLE": "on"}
    config = {name.removeprefix("QUICKBOOKS_").lower(): value for name, value in variables.items()}
    while not over.is_set():
        ended = run("tap-quickbooks", "--config", "ENV", **as_tap(config))
        assert ended.code == 0, ended.err
        runs += 1
    return runs


def as_tap(config: dict[str, str]) -> dict[str, str]:
    return {f"TAP_QUICKBOOKS_{name.upper()}": value for name, value in config.items()}
