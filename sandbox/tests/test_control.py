"""The control plane: what tests can look at and steer."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import requests


def test_a_held_clock_gives_every_change_the_same_second_until_it_is_moved(client: Any) -> None:
    client.sandbox.control("clock", hold=True)
    first, second = (client.make("Customer")["MetaData"]["CreateTime"] for _ in range(2))

    client.sandbox.control("clock", advance_s=3)
    third = client.make("Customer")["MetaData"]["CreateTime"]

    assert second == first
    assert datetime.fromisoformat(third) - datetime.fromisoformat(first) == timedelta(seconds=3)


def test_a_clock_goes_on_when_it_is_released_and_after_a_reset(client: Any) -> None:
    client.sandbox.control("clock", hold=True)
    held = {client.sandbox.look("health")["now"] for _ in range(2)}

    client.sandbox.control("clock", hold=False)
    released = client.sandbox.look("health")["now"]
    client.sandbox.control("clock", hold=True)
    client.sandbox.control("reset")
    reset = client.sandbox.look("health")["now"]

    assert len(held) == 1
    assert [*held, released, reset] == sorted({*held, released, reset})


def test_the_postings_of_all_pages_are_the_ledger(client: Any) -> None:
    whole = client.sandbox.look("postings")
    middle = requests.get(f"{client.sandbox.url}/sandbox/postings", params={"after": 10}, timeout=60).json()
    sums: dict[str, float] = defaultdict(float)
    for posting in whole["postings"]:
        sums[posting["account"]] += posting["amount"]

    accounts = {row["id"]: row["balance"] for row in client.sandbox.look("ledger")["accounts"]}

    assert {id: round(amount, 2) for id, amount in sums.items() if round(amount, 2)} == {
        id: amount for id, amount in accounts.items() if amount
    }
    assert (whole["next"], middle["postings"]) == (None, whole["postings"][10:])
