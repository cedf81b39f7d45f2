"""What a statement may write is seen in its words; where it is not certain, it is tried out."""

from __future__ import annotations

import pytest
from quickbooks_proxy.statement import Judge, Relations, Statement, Wanted

JUDGE = Judge(Relations("public", frozenset({"customer", "invoice", "item"}), {("app", "open_invoice"): ""}))


def judged(text: str) -> Statement | None:
    return JUDGE.statement(text)


@pytest.mark.parametrize(
    ("text", "verb", "targets", "others"),
    [
        ("update customer set a = 1", "UPDATE", ("customer",), ()),
        ("UPDATE ONLY public.Customer AS c SET a = 1", "UPDATE", ("customer",), ()),
        ('delete from "customer" where true', "DELETE", ("customer",), ()),
        ("insert into customer(a)values($1,$2)returning id", "INSERT", ("customer",), ()),
        ("merge into item using x on true when matched then update set a = 1", "MERGE", ("item",), ()),
        ("with x as (update customer set a=1 returning *) insert into log select * from x", "INSERT",
         ("customer",), ("log",)),
        ("with x as (delete from invoice returning id) select * from x", "SELECT", ("invoice",), ()),
        ("insert into customer (a) values (1) on conflict (id) do update set a = 2", "INSERT", ("customer",), ()),
        ("update app.open_invoice set a = 1", "UPDATE", ("open_invoice",), ()),
        ("/* x */ -- y\n update customer set a=1", "UPDATE", ("customer",), ()),
        ("copy customer (a, b) from stdin csv", "COPY", ("customer",), ()),
        ('update U&"c\\0075stomer" set a = 1', "UPDATE", ('U&"c\\0075stomer"',), ()),
    ],
)  # fmt: skip
def test_what_writes_the_mirror_is_seen(
    text: str, verb: str, targets: tuple[str, ...], others: tuple[str, ...]
) -> None:
    found = judged(text)

    assert found is not None
    assert (found.verb, found.targets, found.others) == (verb, targets, others)


@pytest.mark.parametrize(
    "text",
    [
        "select * from customer for update",
        "select * from customer for no key update of customer",
        "update local set customer = 1",
        "insert into local select id from customer",
        "update other.customer set a = 1",
        "select 'update customer'",
        "create trigger t before update on customer execute function f()",
        "copy customer to stdout",
        "explain update customer set a = 1",
        "update",
    ],
)
def test_what_does_not_is_left_alone(text: str) -> None:
    assert judged(text) is None


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("id = 'a'", ["a"]),
        ("id='it''s'::text", ["it's"]),
        ("'a' = id", ["a"]),
        ("customer.id = $2 and balance > 3", [2]),
        ("(id = $1)", [1]),
        ("id in ('a', $3, 'b') and x between 1 and 2 and true", ["a", 3, "b"]),
        ("x between 1 and 2 and id = 'a'", ["a"]),
        ("id = 'a' or balance > 3", []),
        ("(id = 'a' or true) and x", []),
        ("id = other.id", []),
        ("other.id = 'a'", []),
        ("id <> 'a'", []),
        ("not id = 'a'", []),
        ("id = lower('A')", []),
        ("exists (select from y where id = 'a')", []),
        ("id not in ('a')", []),
        ("case when true then id = 'a' and x end", []),
    ],
)
def test_ids_that_must_be_there_are_known(condition: str, wanted: list[str | int]) -> None:
    found = judged(f"update customer set a = 'x' where {condition} returning id = 'z'")

    assert found is not None
    assert [one.parameter or one.text for one in found.wanted] == wanted
    assert all(isinstance(one, Wanted) for one in found.wanted)


def test_the_list_behind_returning_is_the_clients_own() -> None:
    found = judged("update customer c set a = (select 1) where b returning c.id, upper(c.x) AS y;")

    assert found is not None
    assert (found.returning, found.alias) == ("c.id, upper(c.x) AS y", "c")
