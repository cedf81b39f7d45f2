"""Which values a column takes, in which form they are sent, and what is refused by name before anything is sent."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from quickbooks_core.catalog import CATALOG, MIRRORED, Access, Entity, Field, Kind, by_name
from quickbooks_core.writing import Action, Change, ChangeRefused, Problem, can, plan, writable_columns
from quickbooks_core.writing.values import json_value

# Per kind: what Postgres, JSON or Singer may give, and what is sent.
TAKEN: dict[Kind, list[tuple[Any, Any]]] = {
    Kind.TEXT: [("a", "a"), ("Æ “q” \\ ' \n", "Æ “q” \\ ' \n")],
    Kind.BOOLEAN: [(True, True), (False, False)],
    Kind.INTEGER: [(0, 0), (-7, -7), ("30", 30), (Decimal("30.0"), 30), (3.0, 3)],
    Kind.NUMBER: [(Decimal("0.0001"), Decimal("0.0001")), (0.1, Decimal("0.1")), ("1e3", Decimal("1000"))],
    Kind.MONEY: [
        (0, 0),
        (Decimal("300.00"), Decimal("300.00")),
        ("9999999999.99999", Decimal("9999999999.99999")),
        (1201.1, Decimal("1201.1")),
    ],
    Kind.DATE: [("2026-02-28", "2026-02-28"), (date(2026, 2, 28), "2026-02-28")],
    Kind.TIMESTAMP: [
        ("2026-01-01T16:00:00+00:00", "2026-01-01T08:00:00-08:00"),
        ("2026-07-01 15:00:00+00", "2026-07-01T08:00:00-07:00"),
        (datetime(2026, 7, 1, 15, tzinfo=UTC), "2026-07-01T08:00:00-07:00"),
    ],
    Kind.JSON: [([{"Amount": Decimal("1.50")}], [{"Amount": Decimal("1.50")}]), ({"a": None}, {"a": None})],
}
REFUSED: dict[Kind, list[Any]] = {
    Kind.TEXT: [7, True, ["a"], {"a": "b"}],
    Kind.BOOLEAN: ["true", 1, Decimal(0)],
    Kind.INTEGER: ["a", Decimal("7.5"), True, 1.5, [7], "1e999999999"],
    Kind.NUMBER: ["1e999999999", "1e-999999999", "a", True, float("nan"), Decimal("Infinity"), {"a": 1}],
    Kind.MONEY: ["10,00", False, float("inf"), Decimal("NaN")],
    Kind.DATE: ["2026-02-30", "28.2.2026", "infinity", 20260228, datetime(2026, 2, 28, tzinfo=UTC)],
    Kind.TIMESTAMP: ["2026-01-01T08:00:00", "noon", "infinity", 1700000000, datetime(2026, 2, 28)],
    Kind.JSON: ["a", "[]", 7, True],
}
INVOICE, PURCHASE = by_name("Invoice"), by_name("Purchase")


def refusal(entity: Entity, action: Action, values: Any, id: str = "") -> ChangeRefused:
    with pytest.raises(ChangeRefused) as refused:
        plan(Change(entity, action, values, id, {"sync_token": "0"}))
    return refused.value


def first(kind: Kind) -> Field:
    """Some column that holds this kind of value."""
    fields = (field for entity in MIRRORED for field in entity.fields if field.access is Access.WRITE)
    return next(field for field in fields if field.kind is kind)


@pytest.mark.parametrize(("kind", "pairs"), TAKEN.items(), ids=lambda value: getattr(value, "value", ""))
def test_a_value_is_sent_exactly_whatever_carries_it(kind: Kind, pairs: list[tuple[Any, Any]]) -> None:
    sent = [json_value(first(kind), value) for value, _ in pairs]

    assert sent == [wanted for _, wanted in pairs]
    assert [str(value) for value in sent] == [str(wanted) for _, wanted in pairs]


@pytest.mark.parametrize(("kind", "values"), REFUSED.items(), ids=lambda value: getattr(value, "value", ""))
def test_a_value_of_another_kind_is_refused_by_the_name_of_its_column(kind: Kind, values: list[Any]) -> None:
    entity, field = next((e, f) for e in MIRRORED for f in e.fields if f is first(kind))

    for value in values:
        refused = refusal(entity, Action.UPDATE, {field.column: value}, f"qbk_{entity.prefix}1")

        assert (refused.problem, refused.column) == (Problem.INVALID, field.column), value
        assert f"cannot set column {field.column}: it takes " in refused.message


def test_a_text_that_is_too_long_is_refused_with_both_lengths() -> None:
    refused = refusal(INVOICE, Action.UPDATE, {"doc_number": "x" * 22}, "qbk_inv1")

    assert refused.message == (
        "[QuickBooks] Invoice `qbk_inv1` cannot set column doc_number: it takes at most 21 characters, not 22"
    )
    assert refused.problem is Problem.INVALID


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("customer_id", "58", "'58' is not an id of Customer: those look like qbk_cust1"),
        ("customer_id", "qbk_vend56", "'qbk_vend56' is not an id of Customer: those look like qbk_cust1"),
        ("customer_id", "qbk_cust", "'qbk_cust' is not an id of Customer: those look like qbk_cust1"),
        (
            "line",
            [{"SalesItemLineDetail": {"ItemRef": {"value": "qbk_cust3"}}}],
            "in its ItemRef, 'qbk_cust3' is an id of Customer, not of Item",
        ),
        (
            "line",
            [{"SalesItemLineDetail": {"ItemRef": {"value": "qbk_nobody3"}}}],
            "in its ItemRef, 'qbk_nobody3' is not an id of any QuickBooks object",
        ),
        (
            "linked_txn",
            [{"TxnId": "qbk_inv1", "TxnType": "Estimate"}],
            "in its TxnId, 'qbk_inv1' is an id of Invoice, not of Estimate",
        ),
    ],
)
def test_an_id_of_another_object_is_refused(column: str, value: Any, words: str) -> None:
    refused = refusal(INVOICE, Action.UPDATE, {column: value}, "qbk_inv1")

    assert (refused.problem, refused.column) == (Problem.WRONG_ID, column)
    assert refused.message == f"[QuickBooks] Invoice `qbk_inv1` cannot set column {column}: {words}"


@pytest.mark.parametrize("id", ["", "58", "qbk_cust58", "qbk_inv"])
def test_a_row_that_is_named_by_an_id_of_another_object_is_refused(id: str) -> None:
    refused = refusal(INVOICE, Action.DELETE, {}, id)

    assert (refused.problem, refused.column) == (Problem.WRONG_ID, "id")


def test_references_inside_json_may_be_raw_or_ours() -> None:
    line = {
        "Description": "qbk_cust1 is no reference here",
        "SalesItemLineDetail": {"ItemRef": {"value": "qbk_item3"}, "TaxCodeRef": {"value": "qbk_tcodeNON"}},
        "JournalEntryLineDetail": {"Entity": {"Type": "Vendor", "EntityRef": {"value": "qbk_vend56"}}},
        "DepositLineDetail": {"Entity": {"value": "qbk_emp55"}, "AccountRef": {"value": "35", "name": "A"}},
        "LinkedTxn": [{"TxnId": "qbk_bpay9", "TxnType": "BillPaymentCheck"}, {"TxnId": "qbk_est8"}],
    }

    made = plan(Change(INVOICE, Action.UPDATE, {"line": [line]}, "qbk_inv1", {"sync_token": "0"})).body()

    assert made["Line"] == [
        {
            "Description": "qbk_cust1 is no reference here",
            "SalesItemLineDetail": {"ItemRef": {"value": "3"}, "TaxCodeRef": {"value": "NON"}},
            "JournalEntryLineDetail": {"Entity": {"Type": "Vendor", "EntityRef": {"value": "56"}}},
            "DepositLineDetail": {
                "Entity": {"value": "55", "type": "Employee"},
                "AccountRef": {"value": "35", "name": "A"},
            },
            "LinkedTxn": [
                {"TxnId": "9", "TxnType": "BillPaymentCheck"},
                {"TxnId": "8", "TxnType": "Estimate"},
            ],
        }
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"entity_id": "qbk_vend56"},
        {"entity_id": "qbk_vend56", "entity_type": "Vendor"},
        {"entity_id": "qbk_vend56", "entity_type": None},
    ],
)
def test_a_reference_to_anything_says_its_type(values: Any) -> None:
    document = {"Id": "1", "SyncToken": "0", "EntityRef": {"value": "1", "name": "Amy", "type": "Customer"}}

    body = plan(Change(PURCHASE, Action.UPDATE, values, "qbk_purch1")).body(document)

    assert body["EntityRef"] == {"value": "56", "type": "Vendor"}


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ({"entity_id": "qbk_vend56", "entity_type": "Customer"}, "entity_id"),
        ({"entity_type": "Customer"}, "entity_type"),
        ({"entity_type": None}, "entity_type"),
    ],
)
def test_a_type_that_does_not_follow_from_the_id_is_refused(values: Any, column: str) -> None:
    refused = refusal(PURCHASE, Action.UPDATE, values, "qbk_purch1")

    assert (refused.problem, refused.column) == (Problem.WRONG_ID, column)


def test_a_reference_to_anything_that_is_cleared_is_gone_whole() -> None:
    document = {"Id": "1", "SyncToken": "0", "EntityRef": {"value": "1", "name": "Amy", "type": "Customer"}}

    body = plan(Change(PURCHASE, Action.UPDATE, {"entity_id": None}, "qbk_purch1")).body(document)

    assert "EntityRef" not in body


@pytest.mark.parametrize(
    ("action", "column", "problem", "words"),
    [
        (Action.UPDATE, "nosuch", Problem.UNKNOWN_COLUMN, "has no column nosuch"),
        (Action.UPDATE, "balance", Problem.READ_ONLY, "cannot set column balance: only QuickBooks does"),
        (Action.UPDATE, "id", Problem.READ_ONLY, "cannot set column id: only QuickBooks does"),
        (Action.UPDATE, "customer_name", Problem.READ_ONLY, "cannot set column customer_name: only"),
        (Action.UPDATE, "extra", Problem.READ_ONLY, "cannot set column extra: only QuickBooks does"),
        (Action.CREATE, "id", Problem.READ_ONLY, "cannot set column id: only QuickBooks does"),
        (Action.CREATE, "total_amt", Problem.READ_ONLY, "cannot set column total_amt: only QuickBooks does"),
    ],
)
def test_a_column_that_no_client_writes_is_refused_by_name(
    action: Action, column: str, problem: Problem, words: str
) -> None:
    refused = refusal(INVOICE, action, {column: "qbk_inv1"}, "qbk_inv1" if action is Action.UPDATE else "")

    assert (refused.problem, refused.column) == (problem, column)
    assert words in refused.message


def test_an_unknown_column_comes_with_the_one_that_was_perhaps_meant() -> None:
    assert (
        refusal(INVOICE, Action.UPDATE, {"privat_note": "x"}, "qbk_inv1").advice
        == "Did you mean private_note?"
    )


@pytest.mark.parametrize("entity", [e for e in MIRRORED if can(e, Action.UPDATE)], ids=lambda e: e.name)
def test_what_is_set_once_is_refused_in_an_update(entity: Entity) -> None:
    once = set(writable_columns(entity, Action.CREATE)) - set(writable_columns(entity, Action.UPDATE))

    ours = f"qbk_{entity.prefix}" + ("EUR-USD-2026-02-28" if len(entity.id_paths) > 1 else "1")
    problems = {column: refusal(entity, Action.UPDATE, {column: "x"}, ours).problem for column in once}

    assert problems == dict.fromkeys(once, Problem.CREATE_ONLY)


@pytest.mark.parametrize("entity", [e for e in CATALOG if can(e, Action.CREATE)], ids=lambda e: e.name)
def test_a_create_without_what_is_required_names_the_column(entity: Entity) -> None:
    if not entity.required and not entity.wrapped:
        return

    refused = refusal(entity, Action.CREATE, {})

    assert refused.problem is Problem.REQUIRED
    assert refused.message == f"[QuickBooks] {entity.name} needs a value in column {refused.column}"
    assert not entity.has_table or refused.column in writable_columns(entity, Action.CREATE)


def test_what_is_required_cannot_be_cleared() -> None:
    for column, nothing in (("customer_id", None), ("line", None), ("line", [])):
        refused = refusal(INVOICE, Action.UPDATE, {column: nothing}, "qbk_inv1")

        assert (refused.problem, refused.column) == (Problem.REQUIRED, column)


@pytest.mark.parametrize("entity", CATALOG, ids=lambda entity: entity.name)
def test_what_the_api_cannot_do_is_refused_in_words_that_name_the_object(entity: Entity) -> None:
    words = {
        Action.CREATE: "be created",
        Action.UPDATE: "be changed",
        Action.DELETE: "be deleted or made inactive",
        Action.VOID: "be voided",
        Action.READ: "be read",
    }
    for action in [action for action in Action if not can(entity, action)]:
        refused = refusal(entity, action, {})

        assert refused.problem is Problem.UNSUPPORTED
        assert refused.message == f"[QuickBooks] {entity.name} cannot {words[action]} through QuickBooks' API"
        assert refused.advice


def test_a_change_of_nothing_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="without a changed column"):
        plan(Change(INVOICE, Action.UPDATE, {}, "qbk_inv1"))


@pytest.mark.parametrize(("action", "id"), [(Action.UPDATE, "qbk_inv1"), (Action.CREATE, "")])
def test_a_version_that_locks_nothing_is_refused(action: Action, id: str) -> None:
    refused = refusal(INVOICE, action, {"sync_token": "1"}, id)

    assert (refused.problem, refused.column) == (Problem.READ_ONLY, "sync_token")


def anything(dice: Random, depth: int = 0) -> Any:
    """Some value that a client, a driver or a stream may give."""
    simple = [
        None,
        "",
        "x",
        "qbk_cust1",
        "qbk_",
        "2026-02-28",
        "NaN",
        True,
        0,
        -1,
        1.5,
        1e300,
        Decimal("1E-9"),
        "x" * 5000,
    ]
    simple += [date(2026, 2, 28), datetime(2026, 2, 28, tzinfo=UTC), b"bytes", object()]
    if depth < 4 and dice.random() < 0.4:
        keys = dice.sample(["value", "type", "Type", "TxnId", "TxnType", "ItemRef", "Entity", "x"], 3)
        return {key: anything(dice, depth + 1) for key in keys}
    if depth < 4 and dice.random() < 0.3:
        return [anything(dice, depth + 1) for _ in range(dice.randrange(3))]
    return dice.choice(simple)


@pytest.mark.parametrize("entity", CATALOG, ids=lambda entity: entity.name)
def test_whatever_is_asked_for_is_planned_or_refused(entity: Entity) -> None:
    dice = Random(entity.name)
    columns, there = [*entity.columns, "extra", "nosuch"], {"Id": "1", "SyncToken": "0"}
    for _ in range(200):
        chosen = dice.sample(columns, min(len(columns), dice.randint(1, 4)))
        values = {column: anything(dice) for column in chosen}
        id = dice.choice(["", "qbk_inv1", f"qbk_{entity.prefix}1", f"qbk_{entity.prefix}EUR-USD-2026-02-28"])
        base = dice.choice([None, {}, {"sync_token": "0"}])
        with suppress(ChangeRefused):
            made = plan(
                Change(
                    entity,
                    dice.choice([action for action in Action if action is not Action.READ]),
                    values,
                    id,
                    base,
                )
            )
            made.body({"Bill": there} if entity.wrapped else there)
