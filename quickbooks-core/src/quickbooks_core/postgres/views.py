"""Typed rows over the JSON of documents: `invoice_line`, `bill_line`, ... and `linked_txn`.

Always security_invoker: a reader sees through a view exactly what the table shows him.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg import sql

from quickbooks_core.catalog import MIRRORED, by_name
from quickbooks_core.catalog.model import Entity
from quickbooks_core.mapping import ID_MARK
from quickbooks_core.postgres.statements import Names

# References inside a line's detail: column prefix, key, object.
_REFERENCES = (
    ("item", "ItemRef", "Item"),
    ("account", "AccountRef", "Account"),
    ("customer", "CustomerRef", "Customer"),
    ("class", "ClassRef", "Class"),
    ("department", "DepartmentRef", "Department"),
    ("tax_code", "TaxCodeRef", "TaxCode"),
)

# Names under which LinkedTxn speaks of an object, where they are not the object's own.
_TXN_TYPES = {"BillPaymentCheck": "BillPayment", "BillPaymentCreditCard": "BillPayment"}


def views(names: Names, entities: Sequence[Entity] = MIRRORED) -> Iterator[sql.Composed]:
    """All views."""
    for entity in entities:
        if "line" in entity.columns:
            yield from _replaced(names, f"{entity.table}_line", _lines(names, entity.table))
    yield from _replaced(names, "linked_txn", _links(names, entities))


def _replaced(names: Names, view: str, body: sql.Composed) -> Iterator[sql.Composed]:
    """Replaced in its place, so that views of the user's on it stay; made anew only where its columns change."""
    name = sql.Identifier(names.mirror, view)
    yield sql.SQL(
        "DO $view$ BEGIN CREATE OR REPLACE VIEW {name} WITH (security_invoker = true) AS {body};\n"
        "EXCEPTION WHEN invalid_table_definition THEN DROP VIEW {name};\n"
        "CREATE VIEW {name} WITH (security_invoker = true) AS {body};\nEND $view$"
    ).format(name=name, body=body)
    yield sql.SQL("GRANT SELECT ON {} TO quickbooks_reader, quickbooks_writer").format(name)


def _lines(names: Names, table: str) -> sql.Composed:
    references = sql.SQL(",\n").join(
        sql.SQL("{} || (d #>> {}) AS {}, d #>> {} AS {}").format(
            sql.Literal(ID_MARK + by_name(target).prefix),
            sql.Literal(f"{{{key},value}}"),
            sql.Identifier(f"{column}_id"),
            sql.Literal(f"{{{key},name}}"),
            sql.Identifier(f"{column}_name"),
        )
        for column, key, target in _REFERENCES
    )
    return sql.SQL(
        """SELECT t.id AS {owner_id}, l.place::int AS place, l.line ->> 'Id' AS line_id,
            (l.line ->> 'LineNum')::numeric AS line_num, l.line ->> 'Description' AS description,
            (l.line ->> 'Amount')::numeric AS amount, l.line ->> 'DetailType' AS detail_type, {references},
            (d ->> 'Qty')::numeric AS qty, (d ->> 'UnitPrice')::numeric AS unit_price,
            d ->> 'BillableStatus' AS billable_status, l.line
        FROM {table} AS t,
            jsonb_array_elements(CASE jsonb_typeof(t.line) WHEN 'array' THEN t.line END)
                WITH ORDINALITY AS l (line, place),
            LATERAL (SELECT l.line -> (l.line ->> 'DetailType') AS d) AS detail"""
    ).format(
        owner_id=sql.Identifier(f"{table}_id"),
        references=references,
        table=sql.Identifier(names.mirror, table),
    )


def _links(names: Names, entities: Sequence[Entity]) -> sql.Composed:
    prefixes = {entity.name: entity.prefix for entity in entities}
    prefixes |= {name: by_name(target).prefix for name, target in _TXN_TYPES.items()}
    case = sql.SQL(" ").join(
        sql.SQL("WHEN {} THEN {}").format(sql.Literal(name), sql.Literal(ID_MARK + prefix))
        for name, prefix in prefixes.items()
    )
    sources = [
        sql.SQL(
            "SELECT {name}::text AS from_table, t.id AS from_id, k.link FROM {table} AS t, "
            "jsonb_array_elements(CASE jsonb_typeof({column}) WHEN 'array' THEN {column} END) AS k (link)"
        ).format(
            name=sql.Literal(entity.table),
            table=sql.Identifier(names.mirror, entity.table),
            column=sql.SQL("t.linked_txn"),
        )
        for entity in entities
        if "linked_txn" in entity.columns
    ]
    return sql.SQL(
        "SELECT from_table, from_id, link ->> 'TxnType' AS txn_type, "
        "CASE link ->> 'TxnType' {case} END || (link ->> 'TxnId') AS txn_id, link ->> 'TxnLineId' AS txn_line_id "
        "FROM ({sources}) AS links"
    ).format(case=case, sources=sql.SQL(" UNION ALL ").join(sources))
