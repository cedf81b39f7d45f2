"""Reading an object whole while somebody deletes, renames and adds rows, over HTTP from the sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from quickbooks_core.catalog import Entity, by_name
from quickbooks_core.client import Answer, Client, open_client
from quickbooks_core.reading.ahead import Ahead
from quickbooks_core.reading.pages import EVERYTHING, Incomplete, ObjectReader, Page
from quickbooks_core.settings import Connection
from quickbooks_demo.sandbox import Sandbox

CUSTOMER = by_name("Customer")
OF_THE_SAMPLE = 29


@dataclass
class Company:
    """The client of a company in which something happens just before the n-th question."""

    client: Client
    events: dict[int, Callable[[], object]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def query(self, statement: str) -> Answer:
        self.asked.append(statement)
        self.events.get(len(self.asked), lambda: None)()
        return self.client.query(statement)


@dataclass
class Exaggerating(Company):
    """A company whose COUNT is higher by one than what its queries give."""

    def query(self, statement: str) -> Answer:
        answer = super().query(statement)
        if "count(*)" not in statement:
            return answer
        claimed = {"QueryResponse": {"totalCount": answer.count() + 1}}
        return replace(answer, body=json.dumps(claimed).encode())


@dataclass
class Reading:
    """What a reader has given, and how it ended."""

    pages: list[Page]
    doubt: str = ""

    @property
    def ids(self) -> list[int]:
        return [int(document["Id"]) for page in self.pages for document in page.documents]

    def lacks(self, present: set[int]) -> set[int]:
        return present - set(self.ids)

    def swept(self, present: set[int], born: dict[int, datetime]) -> set[int]:
        """Which of the present rows a database would take for deleted, by the windows it was told."""
        if self.doubt:
            return set()
        windows = [page.window for page in self.pages if page.window]
        return {
            id
            for id in self.lacks(present)
            if any(
                (w.start is None or born[id] >= w.start) and (w.end is None or born[id] < w.end)
                for w in windows
            )
        }


def read(company: Any, entity: Entity = CUSTOMER, at_once: int = 1) -> Reading:
    with Ahead(at_once) as ahead:
        reader = ObjectReader(company, entity, ahead)
        reading = Reading([])
        try:
            reading.pages += reader.pages(reader.first())
        except Incomplete as doubt:
            reading.doubt = str(doubt)
        return reading


@pytest.fixture
def company(connected: dict[str, str]) -> Iterator[Company]:
    settings = {name.removeprefix("QUICKBOOKS_").lower(): value for name, value in connected.items()}
    with open_client(Connection.from_mapping({**settings, "throttle": "off"})) as client:
        yield Company(client)


def delete(sandbox: Sandbox, *ids: int) -> Callable[[], None]:
    def act() -> None:
        for id in ids:
            sandbox.control("person", action="delete", object="Customer", id=str(id))

    return act


def born(company: Company) -> dict[int, datetime]:
    return {
        int(document["Id"]): datetime.fromisoformat(document["MetaData"]["CreateTime"])
        for page in read(company).pages
        for document in page.documents
    }


def generate(sandbox: Sandbox, count: int, per_second: int = 10) -> range:
    first = int(sandbox.control("generate", object="Customer", count=count, per_second=per_second)["first"])
    return range(first, first + count)


def test_a_small_object_is_one_question_and_one_page_that_is_whole(company: Company) -> None:
    reading = read(company)

    assert company.asked == [
        "select * from Customer where Active in (true, false) orderby MetaData.CreateTime maxresults 1000"
    ]
    assert [(len(page.documents), page.window) for page in reading.pages] == [(OF_THE_SAMPLE, EVERYTHING)]


def test_rows_hidden_because_they_are_inactive_are_read_too(company: Company, sandbox: Sandbox) -> None:
    sandbox.control("person", action="deactivate", object="Customer", id="3")

    reading = read(company)

    names = {d["Id"]: d["DisplayName"] for d in reading.pages[0].documents if not d["Active"]}
    assert names == {"3": "Cool Cars (deleted)"}


def test_every_row_comes_once_and_the_windows_touch_without_gap(company: Company, sandbox: Sandbox) -> None:
    new = generate(sandbox, 3500)

    reading = read(company, at_once=10)

    assert len(reading.ids) == len(set(reading.ids)) == len(new) + OF_THE_SAMPLE
    windows = [page.window for page in reading.pages if page.window]
    assert len(windows) == len(reading.pages)
    assert windows[0].start is None
    assert [w.end for w in windows[:-1]] == [w.start for w in windows[1:]]
    assert reading.doubt == ""


@pytest.mark.parametrize("order", ["oldest_first", "newest_first"])
@pytest.mark.parametrize("question", [2, 4, 6])
@pytest.mark.parametrize("deleted", [5, 20, 21, 150])
def test_rows_deleted_meanwhile_make_no_other_row_disappear(
    company: Company, sandbox: Sandbox, question: int, deleted: int, order: str
) -> None:
    sandbox.control("switches", order_of_ties=order)
    new = generate(sandbox, 3000)
    times = born(company)
    company.asked.clear()
    company.events[question] = delete(sandbox, *new[:deleted])

    reading = read(company)

    left = set(times) - set(new[:deleted])
    assert (reading.lacks(left), reading.doubt) == (set(), "")
    assert len(reading.ids) == len(set(reading.ids))


def test_rows_renamed_meanwhile_move_nowhere(company: Company, sandbox: Sandbox) -> None:
    new = generate(sandbox, 2500)
    company.events[3] = lambda: sandbox.control(
        "person", action="edit", object="Customer", id=str(new[2400]), changes={"DisplayName": "Aaron First"}
    )

    reading = read(company)

    names = {d["Id"]: d["DisplayName"] for page in reading.pages for d in page.documents}
    assert (len(names), names[str(new[2400])], reading.doubt) == (2500 + OF_THE_SAMPLE, "Aaron First", "")


def test_rows_made_meanwhile_are_neither_needed_nor_denied(company: Company, sandbox: Sandbox) -> None:
    old = set(generate(sandbox, 2500))
    later: list[int] = []

    def add() -> None:
        sandbox.control("clock", advance_s=600)
        later.extend(generate(sandbox, 1200))

    company.events[3] = add

    reading = read(company)

    assert (reading.lacks(old), reading.doubt) == (set(), "")
    ends = [page.window.end for page in reading.pages if page.window]
    times = born(company)
    assert ends[-1] is not None
    assert all(times[id] >= ends[-1] for id in later if id not in reading.ids)


@pytest.mark.parametrize("ids", ["numeric", "text"])
@pytest.mark.parametrize("order", ["oldest_first", "newest_first"])
def test_more_than_a_page_of_rows_of_one_second_is_read_whole(
    company: Company, sandbox: Sandbox, order: str, ids: str
) -> None:
    sandbox.control("switches", order_of_ties=order, order_by_id=ids)
    before = generate(sandbox, 700)
    same = generate(sandbox, 2500, per_second=2500)

    reading = read(company)

    assert (reading.lacks({*before, *same}), reading.doubt) == (set(), "")
    assert len(reading.ids) == len(set(reading.ids)) == 700 + 2500 + OF_THE_SAMPLE


@pytest.mark.parametrize("ids", ["numeric", "text"])
@pytest.mark.parametrize("question", [4, 6, 7])
@pytest.mark.parametrize("deleted", [1, 30])
def test_rows_of_one_second_deleted_while_it_is_read_deny_no_other_row(
    company: Company, sandbox: Sandbox, question: int, deleted: int, ids: str
) -> None:
    sandbox.control("switches", order_by_id=ids)
    same = generate(sandbox, 2500, per_second=2500)
    times = born(company)
    company.asked.clear()
    gone = same[:deleted]
    company.events[question] = delete(sandbox, *gone)

    reading = read(company)

    left = set(times) - set(gone)
    assert (reading.lacks(left), reading.swept(left, times)) == (set(), set())


def test_a_count_above_what_was_given_is_a_doubt_after_the_last_page(
    company: Company, sandbox: Sandbox
) -> None:
    before = generate(sandbox, 700)
    sandbox.control("clock", advance_s=600)
    same = generate(sandbox, 1500, per_second=1500)
    sandbox.control("clock", advance_s=600)
    after = generate(sandbox, 700)

    reading = read(Exaggerating(company.client))

    assert reading.lacks({*before, *same, *after}) == set()
    total = 700 + 1500 + 700 + OF_THE_SAMPLE
    assert reading.doubt == (
        f"QuickBooks counts 1501 and gave 1500; QuickBooks counts {total + 1} and gave {total}"
    )


def test_pages_are_asked_for_as_they_are_taken_so_that_few_are_held(
    company: Company, sandbox: Sandbox
) -> None:
    generate(sandbox, 40_000)
    with Ahead(10) as ahead:
        reader = ObjectReader(company, CUSTOMER, ahead)
        pages = reader.pages(reader.first())

        taken = [next(pages) for _ in range(5)]

        # The first page, the count, and of the others at most the twenty that may wait.
        assert len(company.asked) <= 2 + len(taken) + 20
        assert len(company.asked) < 40_000 // 1000
        pages.close()


def rate(number: int) -> dict[str, Any]:
    return {
        "SourceCurrencyCode": f"C{number:04d}",
        "TargetCurrencyCode": "USD",
        "Rate": 1,
        "AsOfDate": "2026-01-01",
    }


@dataclass
class Bank:
    """Exchange rates, which have no time of creation, as the query language pages through them."""

    numbers: list[int]
    withdrawn: list[int] = field(default_factory=list)
    restless: bool = False
    asked: list[str] = field(default_factory=list)

    def query(self, statement: str) -> Answer:
        self.asked.append(statement)
        if len(self.asked) == 2:
            self.numbers = [number for number in self.numbers if number not in self.withdrawn]
        if "count(*)" in statement:
            return self._answer({"totalCount": len(self.numbers)})
        words = statement.split()
        first = int(words[words.index("startposition") + 1]) - 1 if "startposition" in words else 0
        if self.restless:
            self.numbers = self.numbers[::-1]
        rows = [rate(number) for number in self.numbers[first : first + 1000]]
        return self._answer({"ExchangeRate": rows} if rows else {})

    def _answer(self, response: dict[str, Any]) -> Answer:
        moment = datetime(2026, 11, 1, tzinfo=UTC)
        return Answer(200, json.dumps({"QueryResponse": response}).encode(), moment, "tid")


def codes(reading: Reading) -> list[str]:
    return [d["SourceCurrencyCode"] for page in reading.pages for d in page.documents]


@pytest.mark.parametrize("withdrawn", [[], [3], [*range(15)], [*range(400)], [*range(2100)]])
def test_an_object_without_time_of_creation_is_read_in_overlapping_pages(withdrawn: list[int]) -> None:
    bank = Bank([*range(2500)], withdrawn)

    reading = read(bank, by_name("ExchangeRate"))

    left = {f"C{number:04d}" for number in range(2500)} - {f"C{number:04d}" for number in withdrawn}
    assert left <= set(codes(reading))
    assert len(codes(reading)) == len(set(codes(reading)))
    assert ({page.window for page in reading.pages}, reading.doubt) == ({None}, "")


def test_an_order_that_changes_all_the_time_is_a_doubt_not_an_endless_run() -> None:
    reading = read(Bank([*range(4000)], restless=True), by_name("ExchangeRate"))

    assert reading.doubt == "QuickBooks gives ExchangeRate in an order that changes"
