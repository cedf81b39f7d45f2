"""The dice for parts of a statement: expressions for a column, conditions, lists behind RETURNING."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from quickbooks_core.catalog import by_table
from quickbooks_core.catalog.model import Kind

from .client import Value
from .columns import Column, columns_of, value
from .copies import TABLES

T = TypeVar("T")
# Over the table that is written; with the id of a row that is new, only Postgres could tell what it found before.
# What a statement may have wrong; where it stands decides which error it is.
_ARRAY = "array[1,2]"
_WRONG = ("nosuch", "1 / 0", "'much'::int", _ARRAY, "(select id from customer)", "lower(1)")


@dataclass
class Draw:
    """A seed's dice over rows that are known by id. The values of one statement are gathered as it is written."""

    random: Random
    ids: dict[str, list[str]]
    values: list[Value] = field(default_factory=list)

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def pick(self, *choices: T) -> T:
        return self.random.choice(choices)

    def some(self, choices: tuple[Column, ...], most: int) -> list[Column]:
        return self.random.sample(choices, self.random.randint(1, min(most, len(choices))))

    def give(self, given: Value) -> str:
        """A parameter."""
        self.values.append(given)
        return f"${len(self.values)}"

    def word(self, text: str) -> str:
        return self.give(Value(text, 25))

    def known_id(self, table: str) -> str:
        known = self.ids[table]
        return self.random.choice(known) if known else f"qbk_{by_table(table).prefix}1"

    def written(self, table: str, most: int = 4) -> list[Column]:
        """Columns for an INSERT, with those that must be there."""
        columns = columns_of(table)
        needed = [one for one in columns if one.is_required]
        chosen = [one for one in self.some(columns, most) if one not in needed]
        return self.random.sample([*needed, *chosen], len(needed) + len(chosen))

    def constant(self, column: Column) -> str:
        """A value for a column."""
        if self.chance(2):
            # Postgres would take an array for the text that an id is; that nothing is called so, the catalogue knows.
            return self.pick(*(wrong for wrong in _WRONG if column.kind is not Kind.REF or wrong != _ARRAY))
        return self.give(value(self.random, column, self.ids))

    def expression(self, column: Column, path: str) -> str:
        """Something worked out from the row itself; `path` qualifies its names."""
        if self.chance(40) or (column.is_required and column.kind is Kind.REF):
            return self.constant(column)
        own = f'{path}"{column.name}"' if self.chance(20) else f"{path}{column.name}"
        match column.kind:
            case Kind.TEXT:
                return self._text(column, own)
            case Kind.BOOLEAN:
                return self.pick(f"not {own}", f"{own} is null", f"coalesce({own}, true)", "1 < 2")
            case Kind.INTEGER:
                return self.pick(
                    f"{own} + 1",
                    f"coalesce({own}, 0) * 2 % 24",
                    "length('four')",
                    f"case {own} when 1 then 2 end",
                )
            case Kind.NUMBER:
                return self.pick(f"{own} / 3", f"coalesce({own}, 1) + 0.25", f"greatest({own}, 7)")
            case Kind.MONEY:
                money = (
                    f"round({own} * 1.075, 2)",
                    f"{own} + 1.25",
                    f"coalesce({own}, 10.00)",
                    f"case when {own} > 50 then 1.00 else {own} end",
                )
                return f"coalesce({self.pick(*money)}, 3.10)" if column.is_required else self.pick(*money)
            case Kind.DATE:
                return self.pick(
                    f"{own} + 1",
                    "date '2028-02-28' + 1",
                    f"coalesce({own}, make_date(2026, 1, 31))",
                    "'2026-03-01'",
                )
            case Kind.REF:
                return self.pick(
                    own,
                    f"(select max(id) from {column.to})",
                    f"coalesce({own}, '{self.known_id(column.to)}')",
                )
        amount = self.random.randrange(99)
        return self.pick(
            f"{own} || '[{{\"Id\": \"9\", \"Amount\": {amount}.50}}]'", f"jsonb_set({own}, '{{0,Amount}}', '{amount}')",
            f"coalesce({own}, '[{{\"Id\": \"1\"}}]')", "jsonb_build_array(jsonb_build_object('Id', '1', 'Amount', 10.00))",
        )  # fmt: skip

    def _text(self, column: Column, own: str) -> str:
        found = self.pick(
            f"upper({own})", f"{own} || 'x'", f"coalesce({own}, 'none')", f"concat({own}, {self.word('-')})",
            f"case when {own} is null then 'empty' else lower({own}) end", "(select max(display_name) from customer)",
            f"array_to_string(array['a', {own}, null, 'b'], '/')", f"(array['p', 'q', {own}])[{self.random.randint(1, 3)}]",
            f"to_char(date '2026-05-04', 'DD.MM.') || {own}", f"format('%s %L', 1.50, {own})",
            f"jsonb_build_object('k', {own}) ->> 'k'", f"translate({own}, 'aeiou', 'AEIOU')", "'a' 'b'" if self.chance(5) else "E'tab\\t'",
            f"(select string_agg(label, ',' order by code) from region where rank > {self.random.randint(0, 3)})",
        )  # fmt: skip
        whole = f"left({found}, {min(column.length, 12)})"
        return f"coalesce(nullif({whole}, ''), 'named')" if column.is_required else whole

    def condition(self, table: str, path: str) -> str:
        """What is met by a few rows."""
        column = self.random.choice(columns_of(table))
        few = f"{path}id in (select id from {table} order by {self.pick('id', 'md5(id)', 'id desc')} limit {self.random.randint(1, 3)})"
        known = self.known_id(table)
        found = self.pick(
            f"{path}id = {self.word(known)}", f"'{known}' = {path}id", f"{path}id in ({self.word(known)}, '{self.known_id(table)}')",
            f"{path}id = any (array['{known}', '{self.known_id(table)}'])", few, few, f"{few} and {path}{column.name} is not null",
            f"({path}id = '{known}' or {path}id = '{self.known_id(table)}') and {path}{column.name} is null",
            f"{path}id = (select min(id) from {table} where {column.name} is not null)", f"{path}id like '%{self.random.randrange(10)}7'",
            f"{few} and not exists (select from region where label = {path}id)", "false", f"{path}id = '{known}' and {path}{column.name} is distinct from null",
        )  # fmt: skip
        return self.pick(*_WRONG) if self.chance(1) else found

    def returning(self, table: str, alias: str, others: tuple[str, ...] = ()) -> str:
        """A list, or none; `others`: expressions of what the statement has joined."""
        if self.chance(35):
            return ""
        if self.chance(12):
            return f" returning {self.pick('*', f'{alias}.*') if not others else f'{alias}.*'}"
        items = [self._item(table, alias) for _ in range(self.random.randint(1, 4))]
        if others and self.chance(60):
            items.append(self.pick(*others))
        return " returning " + ", ".join(self.random.sample(items, len(items)))

    def _item(self, table: str, alias: str) -> str:
        column = self.random.choice(columns_of(table))
        own = f"{alias}.{column.name}"
        other = self.pick(*(one for one in TABLES if one != table))
        if self.chance(3):
            return f"(select count(s.*) from {table} as s where s.id {self.pick('<', '=', '<>')} {alias}.id)"
        return self.pick(
            f"{alias}.id", own, own, f"{own} as shown", f'{alias}."{column.name}" as "Shown So"', f"upper({alias}.id)",
            f"{own} is null", f"coalesce({own}::text, {alias}.id)", f"{alias}.id || {self.word('!')}" if self.chance(30) else "1 + 1",
            f"case when {own} is null then 'no' else 'yes' end as told", f"(select count(*) from {other} as o where o.id < {alias}.id)",
            f"array[{alias}.id, 'z']", f"jsonb_build_object('id', {alias}.id, 'v', {own})", f"{alias}.id = '{self.known_id(table)}'", "'constant'",
            "(select label from region where code = 'N')", f"length({own}::text)", "'a,b(' || ')'", f"{alias}.id::varchar(60)",
        )  # fmt: skip
