"""`tap-quickbooks` on the command line: what it offers, what may be selected, state, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from quickbooks_core.catalog import MIRRORED, Reading
from quickbooks_demo.sandbox import Sandbox
from quickbooks_demo.testing import run

TABLES = sorted(entity.table for entity in MIRRORED)


def asked(sandbox: Sandbox) -> dict[str, int]:
    """How often each object was queried, by the sandbox's own log."""
    targets = [line["target"] for line in sandbox.look("requests")["requests"]]
    found = {e.table: sum(f"+from+{e.name}+" in target for target in targets) for e in MIRRORED}
    return {table: times for table, times in found.items() if times}


def test_about_names_the_settings_and_marks_the_secret_ones() -> None:
    about = json.loads(run("tap-quickbooks", "--about", "--format=json").out)

    properties = about["settings"]["properties"]
    secrets = {name for name, kind in properties.items() if kind.get("secret")}
    assert secrets == {"client_secret", "refresh_token", "coordination_url", "token_key"}
    assert all(kind["description"] for kind in properties.values())


def test_about_promises_only_what_the_tap_does() -> None:
    about = json.loads(run("tap-quickbooks", "--about", "--format=json").out)

    assert sorted(about["capabilities"]) == [
        "about", "catalog", "discover", "state", "structured-logging", "test",
    ]  # fmt: skip


def test_discovery_needs_no_connection_and_offers_every_readable_object() -> None:
    outcome = run("tap-quickbooks", "--discover")

    catalog = json.loads(outcome.out)
    assert outcome.code == 0
    assert sorted(stream["tap_stream_id"] for stream in catalog["streams"]) == TABLES
    assert {tuple(stream["key_properties"]) for stream in catalog["streams"]} == {("id",)}


def test_columns_that_the_merge_cannot_do_without_are_automatic(tap: Any) -> None:
    (customer,) = (s for s in tap.discovered()["streams"] if s["tap_stream_id"] == "customer")

    inclusions = {
        entry["breadcrumb"][-1]: entry["metadata"]["inclusion"]
        for entry in customer["metadata"]
        if entry["breadcrumb"]
    }
    automatic = {name for name, inclusion in inclusions.items() if inclusion == "automatic"}
    assert automatic == {
        "id", "sync_token", "created_at", "updated_at", "_sync_run", "_sync_seq", "_sync_read_at",
    }  # fmt: skip
    assert inclusions["display_name"] == "available"


def test_only_selected_streams_are_asked_for(tap: Any, selecting: Any, sandbox: Sandbox) -> None:
    said = tap(catalog=selecting("customer", "invoice"))

    assert (asked(sandbox), set(said.records)) == (
        {"customer": 1, "invoice": 1},
        {"customer", "invoice", "_sync_run", "_sync_sweep"},
    )
    assert set(said.words[-1]["selected"]) == {"customer", "invoice"}


def test_a_deselected_column_is_in_no_message_and_the_automatic_ones_cannot_be_left_out(
    tap: Any, selecting: Any, sandbox: Sandbox
) -> None:
    changes = {"Notes": "only-for-the-boss"}
    sandbox.control("person", action="edit", object="Customer", id="3", changes=changes)
    catalog = selecting("customer", without={"customer": {"notes", "balance", "id", "updated_at"}})

    said = tap(catalog=catalog)

    columns = {name for record in said.records["customer"] for name in record}
    assert "only-for-the-boss" not in said.outcome.out + said.outcome.err
    assert {"id", "updated_at", "display_name"} <= columns
    assert not {"notes", "balance"} & columns
    assert not {"notes", "balance"} & set(said.words[-1]["selected"]["customer"])


def test_a_run_begins_and_ends_with_its_word_and_only_then_comes_its_state(tap: Any, selecting: Any) -> None:
    said = tap(catalog=selecting("term", "tax_classification", "entitlements"))

    first, last = said.words
    kinds = [(m["type"], m.get("stream")) for m in said.messages]
    assert (first["event"], last["event"]) == ("open", "close")
    assert kinds[:4] == [
        ("SCHEMA", "_sync_run"), ("SCHEMA", "_sync_sweep"), ("SCHEMA", "_sync_deletes"), ("RECORD", "_sync_run"),
    ]  # fmt: skip
    assert kinds[-2:] == [("RECORD", "_sync_run"), ("STATE", None)]
    assert last["counts"] == {name: len(said.records[name]) for name in last["counts"]}
    assert last["streams"] == {**last["counts"], "_sync_sweep": len(said.records["_sync_sweep"])}
    assert last["calls"] == {"query": 1, "read": 2, "oauth": 1}
    assert said.messages[-1]["value"]["quickbooks"]["run_id"] == last["run_id"]


def test_every_row_carries_its_run_and_its_place(tap: Any, selecting: Any) -> None:
    said = tap(catalog=selecting("account", "customer"))

    run_id = said.words[0]["run_id"]
    realm_id = tap.settings["realm_id"]
    for table in ("account", "customer"):
        rows = said.records[table]
        assert {row["_sync_run"] for row in rows} == {f"sandbox:{realm_id}:{run_id}:"}
        assert [row["_sync_seq"] for row in rows] == [*range(1, len(rows) + 1)]


def test_a_run_with_state_names_the_run_on_which_it_builds(tap: Any, selecting: Any) -> None:
    catalog = selecting("term")
    before = tap(catalog=catalog)
    state = before.messages[-1]["value"]

    said = tap(catalog=catalog, state=state)

    last = said.words[-1]
    assert last["previous_run_id"] == state["quickbooks"]["run_id"] == before.words[0]["run_id"]
    assert last["_sync_run"].endswith(f":{last['run_id']}:{last['previous_run_id']}")
    # Meltano keeps the last state it has seen: while the run lasts, that is the one it began with.
    assert said.of("STATE")[0]["value"] == state


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"environment": "live"}, "'live' is not one of ['sandbox', 'production']"),
        ({"realm_id": "acme"}, "realm_id is 'acme': it is a number"),
        ({"client_secret": ""}, "QUICKBOOKS_CLIENT_SECRET is not set"),
        ({"requests_at_once": "11"}, "requests_at_once is 11: QuickBooks answers from 1 to 10 at a time"),
        ({"requests_at_once": "two"}, "requests_at_once is two"),
        ({"stream_maps": {"customer": {"email": None}}}, "stream_maps is not supported: select columns"),
        ({"flattening_enabled": True, "flattening_max_depth": 1}, "flattening_enabled is not supported"),
        (
            {"batch_config": {"encoding": {"format": "jsonl"}, "storage": {"root": "."}}},
            "batch_config is not",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused_in_one_line(
    tap: Any, sandbox: Sandbox, settings: dict[str, Any], words: str
) -> None:
    said = tap(settings=settings)

    assert (said.outcome.code, said.outcome.out) == (1, "")
    assert words in said.critical
    assert "Traceback" not in said.outcome.err
    assert sandbox.look("requests")["counts"] == {}


def test_secrets_are_in_no_message_and_no_log(tap: Any) -> None:
    said = tap()

    text = said.outcome.out + said.outcome.err
    assert len(said.records) > len([e for e in MIRRORED if e.reading is Reading.QUERY]) - 5
    assert not [name for name in ("client_secret", "refresh_token") if tap.settings[name] in text]
