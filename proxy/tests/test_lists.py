"""The list behind RETURNING is read as Postgres reads it."""

from __future__ import annotations

import pytest
from quickbooks_proxy.lists import Name, items_of


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("id", ["id"]),
        ("c.id, upper(c.x) AS y", ["c.id", "upper(c.x) AS y"]),
        ("f(1, 2), array[a, b], 'a,b'", ["f(1, 2)", "array[a, b]", "'a,b'"]),
        ("(select 1, 2 /* , */), *", ["(select 1, 2 /* , */)", "*"]),
    ],
)
def test_items_end_at_their_commas(text: str, items: list[str]) -> None:
    assert [item.text for item in items_of(text)] == items


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("id", Name("", "id")),
        ("C.Id as x", Name("c", "id")),
        ('public.customer."Id" x', Name("customer", "Id")),
        ("id || 'x'", None),
        ("id::text", None),
        ("lower(id)", None),
        ("c.*", None),
        ("'id'", None),
    ],
)
def test_a_column_is_nothing_but_its_name(text: str, column: Name | None) -> None:
    (item,) = items_of(text)

    assert item.column == column


@pytest.mark.parametrize(
    ("text", "whose"), [("*", ""), ("c.*", "c"), ('s."T x".*', "T x"), ("2 * 3", None), ("count(*)", None)]
)
def test_all_of_something_is_seen(text: str, whose: str | None) -> None:
    (item,) = items_of(text)

    assert item.all_of == whose


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("(select count(*) from customer)", ["customer"]),
        (
            "(select s.id from only public.customer as s join lateral vendor v on true)",
            ["customer", "lateral"],
        ),
        ("c.a is distinct from customer", []),
        ("(select a is distinct from customer from vendor)", ["vendor"]),
        ("(select extract(year from customer) from vendor)", ["vendor"]),
        ("substring(customer from 2)", []),
    ],
)
def test_tables_that_a_query_reads_are_no_values(text: str, sources: list[str]) -> None:
    (item,) = items_of(text)

    assert [name.name for name in item.names if name.is_source] == sources


def test_a_label_is_no_name_of_the_expression() -> None:
    items = items_of("upper(a) b, c.d as e, 'f' g, h + i, case j when 1 then 2 end k")

    names = [[name.name for name in item.names] for item in items]

    assert names == [["upper", "a"], ["d"], [], ["h", "i"], ["case", "j", "when", "then", "end"]]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("(select count(*) from customer)", '(select count(*) from (x) AS "customer")'),
        ("(select s.id from only a.customer as s) y", "(select s.id from (x) as s) y"),
        (
            "x, (select 1 from a.customer s join customer on true)",
            '(select 1 from (x) s join (x) AS "customer" on true)',
        ),
        ("(select max(id) from vendor)", "(select max(id) from vendor)"),
    ],
)
def test_a_query_can_read_something_else_in_the_place_of_a_table(text: str, wanted: str) -> None:
    item = items_of(text)[-1]

    tables = {name: "(x)" for name in item.names if name.name == "customer"}

    assert item.with_tables(tables) == wanted
