"""The shapes that a statement can have, each drawn anew."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from quickbooks_core.catalog.model import Kind

from .client import Statement
from .columns import columns_of
from .copies import TABLES
from .draw import Draw

_DELETED = ("invoice", "payment", "bill", "time_activity")
Shape = Callable[[Draw], str]


def statement(random: Random, ids: dict[str, list[str]]) -> Statement:
    """One that writes."""
    draw = Draw(random, ids)
    shape = random.choices(list(_SHAPES), [weight for weight, _ in _SHAPES.values()])[0]
    text = _SHAPES[shape][1](draw)
    if shape != "refused by Postgres" and draw.chance(10):
        text = draw.pick(
            f"/* {shape} */ {text}", f"{text} -- so", f"\n  {text}\n", text.replace(" set ", "\n SET\t")
        )
    numbers = list(dict.fromkeys(int(number) for number in re.findall(r"\$(\d+)", text)))
    text = re.sub(r"\$(\d+)", lambda found: f"${numbers.index(int(found.group(1))) + 1}", text)
    values = tuple(draw.values[number - 1] for number in numbers)
    return Statement(text, values, shape, shape in _PLAIN, shape.startswith("insert"))


def _named(draw: Draw, table: str) -> str:
    return draw.pick(table, table, f"public.{table}", f'"{table}"', table.upper(), f'"public".{table}')


def _aliased(draw: Draw, table: str, *, with_as: bool = False) -> tuple[str, str]:
    """The target as the statement writes it, and the name that it has in it."""
    alias = draw.pick("", "t", '"T x"', "set_") if not with_as else draw.pick("", "t", '"T x"')
    if not alias:
        return _named(draw, table), table
    return f"{_named(draw, table)} {'as ' if with_as or draw.chance(50) else ''}{alias}", alias


def _insert(draw: Draw) -> str:
    table = draw.pick(*TABLES)
    target, alias = _aliased(draw, table, with_as=True)
    columns = draw.written(table, 6)
    rows = [", ".join("default" if draw.chance(3) and not one.is_required else draw.constant(one) for one in columns)
            for _ in range(draw.pick(1, 1, 1, 2, 3, 4))]  # fmt: skip
    listed = ", ".join(f'"{one.name}"' if draw.chance(10) else one.name for one in columns)
    id = draw.pick("", "", "", "", "id, ")
    values = ", ".join(f"({'default, ' if id else ''}{row})" for row in rows)
    return f"insert into {target} ({id}{listed}) values {values}{draw.returning(table, alias)}"


def _insert_default(draw: Draw) -> str:
    table = draw.pick("customer", "vendor")
    return f"insert into {table} default values{draw.returning(table, table)}"


def _insert_select(draw: Draw) -> str:
    table = draw.pick(*TABLES)
    target, alias = _aliased(draw, table, with_as=True)
    columns = draw.written(table, 5)
    listed = ", ".join(one.name for one in columns)
    returning = draw.returning(table, alias)
    if draw.chance(60):
        found = ", ".join(draw.expression(one, "s.") for one in columns)
        where = draw.condition(table, "s.")
        return f"insert into {target} ({listed}) select {found} from {table} s where {where} order by s.id limit 3{returning}"
    found = ", ".join(draw.constant(one) for one in columns)
    source = draw.pick(
        "generate_series(1, 2) as n", "(values (1), (2)) as v (n)", "region where rank < 3 order by code"
    )
    return f"insert into {target} ({listed}) select {found} from {source}{returning}"


def _upsert(draw: Draw) -> str:
    table, key = draw.pick(("customer", "resale_num"), ("payment", "payment_ref_num"))
    target, alias = _aliased(draw, table, with_as=True)
    columns = [one for one in draw.written(table, 4) if one.name != key]
    rows = ", ".join(
        "("
        + ", ".join([draw.word(f"key {draw.random.randrange(12)}"), *(draw.constant(one) for one in columns)])
        + ")"
        for _ in range(draw.pick(1, 1, 2, 3))
    )
    listed = ", ".join([key, *(one.name for one in columns)])
    changed = draw.some(tuple(one for one in columns_of(table) if one.name != key and not one.is_required), 2)
    setting = ", ".join(
        f"{one.name} = {draw.pick(f'excluded.{one.name}', draw.expression(one, f'{alias}.'))}"
        for one in changed
    )
    where = draw.pick("", "", f" where {alias}.{changed[0].name} is distinct from excluded.{changed[0].name}")
    action = draw.pick("nothing", f"update set {setting}{where}")
    conflict = draw.pick(f"({key})", f"({key})", "") if action == "nothing" else f"({key})"
    return f"insert into {target} ({listed}) values {rows} on conflict {conflict} do {action}{draw.returning(table, alias)}"


def _settings(draw: Draw, table: str, path: str, most: int = 4) -> str:
    chosen = draw.some(columns_of(table), most)
    if draw.chance(10) and len(chosen) > 1:
        names = ", ".join(one.name for one in chosen)
        found = ", ".join(draw.expression(one, path) for one in chosen)
        return f"({names}) = ({draw.pick('', 'select ')}{found})"
    return ", ".join(f"{one.name} = {draw.expression(one, path)}" for one in chosen)


def _update(draw: Draw) -> str:
    table = draw.pick(*TABLES)
    target, alias = _aliased(draw, table)
    only = draw.pick("", "", "", "only ")
    path = draw.pick("", f"{alias}.")
    text = (
        f"update {only}{target} set {_settings(draw, table, path)} where {draw.condition(table, f'{alias}.')}"
    )
    return text + draw.returning(table, alias)


def _update_from(draw: Draw) -> str:
    table = draw.pick(*TABLES)
    target, alias = _aliased(draw, table)
    settings = _settings(draw, table, f"{alias}.", 2)
    texts = [one for one in columns_of(table) if one.kind is Kind.TEXT]
    noted = f"{draw.pick(*texts).name} = coalesce(nullif(left(o.word, 12), ''), 'none')"
    settings = noted if draw.chance(50) or noted.split()[0] in settings else f"{settings}, {noted}"
    reference = next(
        (one for one in columns_of(table) if one.kind is Kind.REF and one.to in ("customer", "vendor")), None
    )
    id = f"{alias}.id"
    sources = [
        ("(select label as word, rank from region where rank = 2) as o", "true", ("o.rank", "o.word || '!'", "o.*")),
        (f"(select id, max(id) over () as word from {table}) o", f"o.id = {id}", ("o.word", "upper(o.word)", "o.id")),
        (f"{table} s cross join lateral (select s.id as word) o", f"s.id = {id}", ("o.word", "s.id", f"s.{texts[0].name}", "length(s.id)")),
        (f"(values ('{draw.known_id(table)}', 'one')) as o (id, word)", f"o.id = {id}", ("o.id", "word", "upper(word)")),
    ]  # fmt: skip
    if reference:
        sources.append((f"(select id, display_name as word, {draw.pick('phone', 'email')} as way from {reference.to}) o",
                        f"o.id = {alias}.{reference.name}", ("o.word", "o.way", "concat(o.word, o.way)")))  # fmt: skip
    source, joined, others = draw.pick(*sources)
    text = f"update {target} set {settings} from {source} where {joined} and {draw.condition(table, f'{alias}.')}"
    return text + draw.returning(table, alias, others)


def _delete(draw: Draw) -> str:
    table = draw.pick(*_DELETED)
    target, alias = _aliased(draw, table)
    return f"delete from {target} where {draw.condition(table, f'{alias}.')}{draw.returning(table, alias)}"


def _delete_using(draw: Draw) -> str:
    table = draw.pick(*_DELETED)
    target, alias = _aliased(draw, table)
    source, joined, others = draw.pick(
        ("region r", "r.rank = 1", ("r.label", "upper(r.label)")),
        (f"{table} s", f"s.id = {alias}.id", ("s.id", "s.created_at is null or true")),
        (
            "(select id, display_name from customer order by id limit 1) c",
            "c.id is not null",
            ("c.display_name", "c.id"),
        ),
    )
    text = f"delete from {target} using {source} where {joined} and {draw.condition(table, f'{alias}.')}"
    return text + draw.returning(table, alias, others)


def _with(draw: Draw) -> str:
    """A query in WITH feeds what writes."""
    table = draw.pick(*TABLES)
    picked = f"with picked as (select id, row_number() over (order by id) as n from {table} where {draw.condition(table, '')} limit 3)"
    settings = _settings(draw, table, draw.pick("", f"{table}."), 2)
    if table in _DELETED and draw.chance(30):
        return f"{picked} delete from {table} using picked where picked.id = {table}.id{draw.returning(table, table, ('n', 'picked.id'))}"
    return (
        f"{picked} update {table} set {settings} from picked where picked.id = {table}.id"
        + draw.returning(table, table, ("picked.n", "n * 2", "picked.id"))
    )


def _with_writing(draw: Draw) -> str:
    """What writes feeds something else."""
    table, other = draw.random.sample(TABLES, 2)
    first = f"update {table} set {_settings(draw, table, '', 2)} where {draw.condition(table, f'{table}.')} returning id"
    if draw.chance(40):
        text = f"with done as ({first}) update {other} set {_settings(draw, other, '', 2)} from (select min(id) as id from done) d where {draw.condition(other, f'{other}.')}"
        return text + draw.returning(other, other, ("d.id",))
    if draw.chance(50):
        columns = draw.written(other, 3)
        listed = ", ".join(one.name for one in columns)
        found = ", ".join(draw.constant(one) for one in columns)
        return (
            f"with done as ({first}) insert into {other} ({listed}) select {found} from done limit 2"
            + draw.returning(other, other)
        )
    return f"with done as ({first}) select {draw.pick('count(*)', 'id', 'upper(id)')} from done"


def _merge(draw: Draw) -> str:
    table = draw.pick(*TABLES)
    source = f"(select id from {table} where {draw.condition(table, '')} union all select 'none' where {draw.pick('true', 'false')})"
    columns = draw.written(table, 3)
    listed, found = ", ".join(one.name for one in columns), ", ".join(draw.constant(one) for one in columns)
    matched = [f"when matched then update set {_settings(draw, table, 't.', 2)}"]
    if table in _DELETED and draw.chance(20):
        matched = ["when matched then delete"]
    elif draw.chance(20):
        matched = [f"when matched and t.{columns[0].name} is null then do nothing", *matched]
    unmatched = draw.pick("", f" when not matched then insert ({listed}) values ({found})")
    return f"merge into {_named(draw, table)} as t using {source} as s on s.id = t.id {' '.join(matched)}{unmatched}"


def _view(draw: Draw) -> str:
    """Through a view over a mirrored table."""
    if draw.chance(50):
        name = draw.pick("active_customer", "public.active_customer")
        notes = draw.pick("upper(notes)", draw.word("seen"), "left(notes || '+', 12)")
        returning = draw.pick(
            "",
            " returning id, notes",
            " returning *",
            " returning phone, upper(display_name)",
            " returning id || '!', active",
        )
        if draw.chance(35):
            return f"insert into {name} (display_name, notes) values ({draw.word('by a view')}, {draw.word('n')}){returning}"
        return f"update {name} set notes = {notes} where {draw.condition('customer', '').split(' and ')[0]}{returning}"
    returning = draw.pick(
        "", ' returning "Key"', " returning *", ' returning note, "Number" as n', ' returning upper("Key")'
    )
    if draw.chance(25):
        line = draw.constant(next(one for one in columns_of("bill") if one.name == "line"))
        return f'insert into "Noted Bill" (note, vendor_id, line) values ({draw.pick("null", draw.word("n"))}, {draw.word(draw.known_id("vendor"))}, {line}){returning}'
    if draw.chance(25):
        return f'delete from "Noted Bill" where "Key" = {draw.word(draw.known_id("bill"))}{returning}'
    note = draw.pick("null", "upper(note)", draw.word("noted"), draw.word("noted"))
    return f'update "Noted Bill" b set note = {note} where b."Key" in (select "Key" from "Noted Bill" order by 1 limit 2){returning}'


def _elsewhere(draw: Draw) -> str:
    """Tables that are not mirrored, some with a look at those that are."""
    label = f"(select {draw.pick('display_name', 'id')} from {draw.pick('customer', 'vendor')} order by id limit 1)"
    return draw.pick(
        f"update region set label = {draw.word('other')} where code = 'N' returning *", f"update region set label = coalesce({label}, 'x') where rank = 2",
        f"insert into region (code, label) select 'c' || count(*), 'many' from {draw.pick(*TABLES)} on conflict (code) do update set label = excluded.label",
        "delete from region where code like 'c%' returning code",
    )  # fmt: skip


def _wrong(draw: Draw) -> str:
    """What Postgres itself refuses."""
    table = draw.pick(*TABLES)
    column = draw.pick(*columns_of(table))
    listing = draw.pick(*(one for one in columns_of(table) if one.kind is not Kind.REF))
    return draw.pick(
        f"update {table} set nosuch = 1", f"update {table} set {column.name} = nosuch", f"insert into {table} ({column.name}) values (1, 2)",
        f"updat {table} set {column.name} = null", f"update {table} set {listing.name} = array[1]::int[]", f"delete from {table} where nosuch.id = 'x'",
        f"insert into {table} (nosuch) values (1)", f"update {table} set {column.name} = null where id = 7", f"update {table} set {column.name} = null where",
        f"update customer set title = 'much longer than allowed' where {draw.condition('customer', '')}", f"insert into {table} values ({draw.word('x')}",
        "insert into item (name, sku) values ('without', null)", f"update time_activity set hours = 99 where id = '{draw.known_id('time_activity')}'",
        "insert into customer (resale_num) values ('key 1'), ('key 1')", "update customer set resale_num = 'same' where id in (select id from customer order by id limit 2)",
        f"update {table} set {column.name} = (select 1, 2)", f"update nosuch.{table} set {column.name} = null", f"update {table} t set {column.name} = null where {table}.id = 'x'",
        f"insert into {table} ({column.name}, {column.name}) values (null, null)", f"update {table} set {column.name} = null returning nosuch", "update customer set customer.notes = 'x'",
        f"update {table} set {column.name} = null where id = {draw.word('x')}::int", f"with x as (update {table} set {column.name} = null) select * from x",
        "insert into customer (notes) values (default) on conflict (notes) do nothing", f"update {table} set {column.name} = null where count(*) > 1",
    )  # fmt: skip


_SHAPES: dict[str, tuple[int, Shape]] = {
    "insert": (20, _insert),
    "insert default values": (1, _insert_default),
    "insert select": (9, _insert_select),
    "insert on conflict": (8, _upsert),
    "update": (24, _update),
    "update from": (10, _update_from),
    "delete": (6, _delete),
    "delete using": (3, _delete_using),
    "with": (5, _with),
    "with that writes": (3, _with_writing),
    "merge": (4, _merge),
    "view": (5, _view),
    "elsewhere": (3, _elsewhere),
    "refused by Postgres": (6, _wrong),
}
_PLAIN = {name for name in _SHAPES if name not in ("with that writes", "merge")}
