"""What a run says about itself: windows, doubts, places, and nothing that another run could be taken for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from quickbooks_core.catalog import by_name
from quickbooks_core.reading.pages import EVERYTHING, Window
from tap_quickbooks.bookmarks import Bookmark
from tap_quickbooks.run import Cost, Intent, Run

AT = datetime(2026, 11, 1, 10, 0, 0, 123_456, tzinfo=UTC)


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_window_is_told_with_its_ids_and_the_time_of_its_answer(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run("sandbox", "123", {}, run_id="r1")

    run.found("customer", Window(None, AT), ["qbk_cust1"], AT)
    run.found("invoice", EVERYTHING, [], AT)

    mark, at = "sandbox:123:r1:", "2026-11-01T10:00:00.123Z"
    marks = {"_sync_run": mark, "_sync_read_at": at}
    assert [message["record"] for message in said(capsys)] == [
        {"table_name": "customer", "page": 1, "created_from": None, "created_to": at, "ids": ["qbk_cust1"],
         "read_at": at, "_sync_seq": 1, **marks},
        {"table_name": "invoice", "page": 2, "created_from": None, "created_to": None, "ids": [],
         "read_at": at, "_sync_seq": 2, **marks},
    ]  # fmt: skip


def test_places_go_on_from_page_to_page_and_are_what_the_last_word_announces(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = Run("sandbox", "123", {}, run_id="r1")
    run.open(Intent({"term": ["id"], "customer": ["id"]}))
    capsys.readouterr()
    run.begin("term")
    run.begin("customer")

    run.emit("customer", [{"id": "a"}, {"id": "b"}], AT)
    run.emit("customer", [{"id": "c"}], AT)
    run.close(Cost({"query": 2}, {"term": 1, "customer": 1}, {"cdc": 1}), {"term": Bookmark(AT)})

    *rows, last, state = said(capsys)
    assert [(m["record"]["id"], m["record"]["_sync_seq"]) for m in rows] == [("a", 1), ("b", 2), ("c", 3)]
    told = last["record"]
    assert (told["streams"], told["counts"], told["calls"], told["questions"], told["together"]) == (
        {"term": 0, "customer": 3}, {"term": 0, "customer": 3}, {"query": 2}, {"term": 1, "customer": 1}, {"cdc": 1},
    )  # fmt: skip
    assert state["value"] == {
        "bookmarks": {
            "term": {"stands": [{"since": "2026-11-01T10:00:00.123Z"}]},
            "customer": {"stands": []},
        },
        "quickbooks": {
            "run_id": "r1",
            "realm_id": "123",
            "environment": "sandbox",
            "form": 2,
            "read_until": "2026-11-01T10:00:00.123Z",
        },
    }


def test_where_the_clock_was_set_back_the_mirrors_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    until = {"quickbooks": {"run_id": "r1", "read_until": "2026-11-01T10:05:00.123Z"}}
    told = []
    for state in (until, {"quickbooks": {"run_id": "r1", "read_until": "2026-11-01T10:00:01.123Z"}}):
        run = Run("sandbox", "123", state)
        run.go_on(AT)
        run.gone(by_name("Term"), ["1"], AT + timedelta(seconds=2))
        told.append(said(capsys)[-1]["record"]["read_at"])

    assert told == ["2026-11-01T10:05:02.123Z", "2026-11-01T10:00:02.123Z"]


def test_a_doubt_is_part_of_the_last_word(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run("production", "123", {}, run_id="r1")
    run.begin("customer")

    run.doubt("customer", "QuickBooks counts 3 and gave 2")
    run.close(Cost({}, {}), {})

    assert said(capsys)[0]["record"]["uncertain"] == {"customer": "QuickBooks counts 3 and gave 2"}


def test_two_runs_never_have_the_same_name() -> None:
    assert len({Run("sandbox", "123", {}).run_id for _ in range(100)}) == 100
