"""A page that begins at a remembered place holds exactly the rows it would hold if they were counted from the first."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from quickbooks_sandbox.clock import Clock
from quickbooks_sandbox.query.answer import answer
from quickbooks_sandbox.query.places import Places
from quickbooks_sandbox.store import Row, Store
from quickbooks_sandbox.switches import Switches

ROWS = 300
Ask = Callable[[str], list[str]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Customers, several in each second."""
    filled = Store(tmp_path / "company.sqlite")
    with filled.writing():
        for number in range(1, ROWS + 1):
            filled.put(customer(number, created=number // 7))
    yield filled
    filled.db.close()


def customer(number: int, created: int) -> Row:
    body = json.dumps({"Id": str(number)})
    return Row("Customer", str(number), 0, created, 1000 - created, True, f"Name {number % 50:03d}", body)


def asker(store: Store, switches: Switches) -> Ask:
    def ask(rest: str) -> list[str]:
        found: dict[str, Any] = json.loads(answer(f"select * from Customer {rest}", store, switches, Clock()))
        return [one["Id"] for one in found.get("Customer", [])]

    return ask


@pytest.mark.parametrize(
    "order",
    [
        "",
        "orderby MetaData.CreateTime",
        "orderby MetaData.CreateTime desc",
        "orderby MetaData.LastUpdatedTime, MetaData.CreateTime",
        "orderby Id desc",
        "where Active in (true, false) orderby MetaData.CreateTime",
    ],
)
@pytest.mark.parametrize("ties", ["oldest_first", "newest_first"])
def test_pages_in_any_order_are_those_of_one_long_answer(store: Store, order: str, ties: str) -> None:
    switches = Switches()
    switches.choose(order_of_ties=ties)
    ask = asker(store, switches)
    whole = ask(f"{order} maxresults 1000")
    starts = [random.Random(order + ties).randint(1, ROWS) for _ in range(60)]

    pages = {start: ask(f"{order} startposition {start} maxresults 20") for start in starts}

    assert len(whole) == ROWS
    assert pages == {start: whole[start - 1 : start + 19] for start in starts}


def test_a_row_written_between_two_pages_moves_the_rows_behind_it(store: Store) -> None:
    ask = asker(store, Switches())
    first = ask("orderby MetaData.CreateTime maxresults 100")
    with store.writing():
        store.put(customer(ROWS + 1, created=0))

    second = ask("orderby MetaData.CreateTime startposition 100 maxresults 10")

    assert second == [first[98], first[99], *(str(number) for number in range(101, 109))]


def test_a_row_removed_between_two_pages_is_missed_as_it_would_be(store: Store) -> None:
    ask = asker(store, Switches())
    first = ask("orderby MetaData.CreateTime maxresults 100")
    with store.writing():
        store.remove("Customer", first[0], 5)

    second = ask("orderby MetaData.CreateTime startposition 101 maxresults 2")

    assert second == ["102", "103"]


def test_nothing_is_remembered_of_what_was_read_while_somebody_wrote() -> None:
    places = Places()
    version = places.version
    places.begin_change()
    places.learn(version, ("q",), 1, ("a",))
    during = places.before(places.version, ("q",), 1)
    places.end_change()

    after = places.before(places.version, ("q",), 1)

    assert (during, after) == (None, None)
