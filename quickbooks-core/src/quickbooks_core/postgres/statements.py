"""SQL computed from the catalogue: tables, merges, fences, comments and grants of every object.

Pure: takes an object and names, returns composed statements; `migrate` runs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import LiteralString

from psycopg import sql

from quickbooks_core.catalog.model import Access, Entity, Kind
from quickbooks_core.mapping import EXTRA
from quickbooks_core.schema import INTERNAL, MARKS, PART, internal_types, landing_type

READ_AT = "_sync_read_at"
# How an id begins that QuickBooks has not given.
PENDING = "qbk_pending_"
# What a person looks for first in `select *`, and what last; between them all others, as QuickBooks writes them.
_FIRST = (
    "id", "display_name", "name", "fully_qualified_name", "company_name", "title", "given_name", "middle_name",
    "family_name", "suffix", "txn_type", "doc_number", "txn_date", "due_date", "customer_id", "customer_name",
    "vendor_id", "vendor_name", "employee_id", "employee_name", "account_id", "account_name", "total_amt", "amount",
    "balance", "email", "phone", "active",
)  # fmt: skip
_LAST = ("created_at", "updated_at", "sync_token", EXTRA)
OWNER = sql.Identifier("quickbooks_owner")


@dataclass(frozen=True)
class Names:
    """The two schemas of one mirror."""

    mirror: str = "public"

    @property
    def load(self) -> str:
        """Where the loader puts its rows."""
        return "quickbooks_load" if self.mirror == "public" else f"{self.mirror}_load"

    def text(self, statement: LiteralString) -> bytes:
        """A statement with the schemas' names, made once: composing costs as much as a round trip."""
        return _text(self, statement)

    def compose(self, file: str, **more: sql.Composable) -> sql.Composed:
        """A statement file with its placeholders filled."""
        text = files(__package__).joinpath("sql", file).read_text()
        return sql.SQL(text).format(
            mirror=sql.Identifier(self.mirror),
            load=sql.Identifier(self.load),
            load_name=sql.Literal(self.load),
            mirror_name=sql.Literal(self.mirror),
            trigger_path=sql.Literal(f"pg_catalog, {sql.Identifier(self.mirror).as_string(None)}, pg_temp"),
            **more,
        )


@cache
def _text(names: Names, statement: LiteralString) -> bytes:
    schemas = {"mirror": sql.Identifier(names.mirror), "load": sql.Identifier(names.load)}
    return sql.SQL(statement).format(**schemas).as_bytes(None)


def columns_of(entity: Entity) -> dict[str, str]:
    """Column → Postgres type of the data columns of an object, `extra` included, in the table's order."""
    types = {column: landing_type(field) for column, field in entity.columns.items()} | {EXTRA: "jsonb"}
    between = (column for column in types if column not in _FIRST + _LAST)
    return {column: types[column] for column in (*_FIRST, *between, *_LAST) if column in types}


def mirror_table(names: Names, entity: Entity) -> Iterator[sql.Composed]:
    """Creates the table of an object, or adds the columns it lacks."""
    table = sql.Identifier(names.mirror, entity.table)
    yield sql.SQL("CREATE TABLE IF NOT EXISTS {} (id text PRIMARY KEY)").format(table)
    yield _add_columns(table, {**columns_of(entity), READ_AT: "timestamptz NOT NULL DEFAULT '-infinity'"})
    if entity.goes_in_silence and "created_at" in entity.columns:
        # Each run asks which of the new rows have gone.
        yield sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} (created_at)").format(
            sql.Identifier(f"{entity.table}_created_at"), table
        )
    yield sql.SQL("COMMENT ON TABLE {} IS {}").format(
        table, sql.Literal(f"QuickBooks {entity.name}: {entity.shape.value}")
    )
    for column, field in entity.columns.items():
        note = field.path + (" (read only)" if field.access is Access.READ else "")
        note += (
            "; another value in every answer, here that of the row's last change" if field.volatile else ""
        )
        yield _comment(table, column, note)
    yield _comment(table, EXTRA, "What the catalogue has no column for, under its own path")


def landing_table(
    names: Names, stream: str, columns: dict[str, str], keys: Iterable[str]
) -> Iterator[sql.Composed]:
    """Creates the table the loader fills, with exactly the types it would choose.

    Its index is not unique: two loaders that bring the same id at the same time must not fail on each other.
    """
    table = sql.Identifier(names.load, stream)
    wanted = columns | {name: kind for name, (_, kind) in MARKS.items()} | {PART: "text"}
    yield sql.SQL("CREATE UNLOGGED TABLE IF NOT EXISTS {} ()").format(table)
    yield _add_columns(table, wanted)
    yield sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} ({})").format(
        sql.Identifier(f"{stream}_key"), table, _list(keys)
    )
    yield sql.SQL(
        "CREATE OR REPLACE TRIGGER land AFTER INSERT ON {} REFERENCING NEW TABLE AS landed "
        "FOR EACH STATEMENT EXECUTE FUNCTION {}()"
    ).format(table, sql.Identifier(names.load, f"land_{stream}"))


def merge_functions(names: Names, entity: Entity) -> Iterator[sql.Composed]:
    """The merge of one object, and the same for one row in a client's own transaction, from their templates."""
    data = [column for column in columns_of(entity) if column != "id"]
    written = [*data, READ_AT]
    telling = [c for c in data if c == EXTRA or not entity.columns[c].volatile]
    parts: dict[str, sql.Composable] = {
        "table": sql.Identifier(entity.table),
        "assignments": sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(column), _value(entity, column)) for column in written
        ),
        "newer": _newer(entity, "l"),
        "different": _different(telling, [_value(entity, column) for column in telling]),
    }
    yield names.compose("apply.sql", apply=sql.Identifier(f"apply_{entity.table}"), **parts)
    yield names.compose(
        "merge.sql",
        land=sql.Identifier(f"land_{entity.table}"),
        object=sql.Literal(entity.table),
        columns=_list(["id", *written]),
        values=sql.SQL(", ").join(_value(entity, column) for column in ["id", *written]),
        excluded=sql.SQL(", ").join(
            sql.SQL("{0} = excluded.{0}").format(sql.Identifier(column)) for column in written
        ),
        newer_excluded=_newer(entity, "excluded"),
        not_older=_at_least(entity),
        assignments_in_part=sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(column), _value_in_part(entity, column))
            for column in data
        ),
        different_in_part=_different(telling, [_value_in_part(entity, column) for column in telling]),
        different_excluded=_different(
            telling, [sql.SQL("excluded.{}").format(sql.Identifier(column)) for column in telling]
        ),
        **parts,
    )


def fence(names: Names, entity: Entity) -> Iterator[sql.Composed]:
    """The triggers that refuse what QuickBooks has not accepted; columns of the user's own stay free."""
    table = sql.Identifier(names.mirror, entity.table)
    function = sql.Identifier(names.load, "fence")
    data = [*columns_of(entity), READ_AT]
    old, new = (
        sql.SQL(", ").join(sql.SQL("{}.{}").format(sql.SQL(side), sql.Identifier(c)) for c in data)
        for side in ("OLD", "NEW")
    )
    for name in ("fence_rows", "fence_values"):
        yield sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(sql.Identifier(name), table)
    yield sql.SQL(
        "CREATE CONSTRAINT TRIGGER fence_rows AFTER INSERT OR DELETE ON {} DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW WHEN (current_user <> {}) EXECUTE FUNCTION {}()"
    ).format(table, sql.Literal("quickbooks_owner"), function)
    yield sql.SQL(
        "CREATE CONSTRAINT TRIGGER fence_values AFTER UPDATE ON {} DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW WHEN (current_user <> {} AND ({}) IS DISTINCT FROM ({})) EXECUTE FUNCTION {}()"
    ).format(table, sql.Literal("quickbooks_owner"), old, new, function)
    yield sql.SQL(
        "CREATE OR REPLACE TRIGGER fence_truncate BEFORE TRUNCATE ON {} "
        "FOR EACH STATEMENT WHEN (current_user <> {}) EXECUTE FUNCTION {}()"
    ).format(table, sql.Literal("quickbooks_owner"), function)


def bracket(names: Names, entity: Entity) -> Iterator[sql.Composed]:
    """What lets the proxy try a statement out: provisional ids, and the trigger that notes the rows."""
    table = sql.Identifier(names.mirror, entity.table)
    yield sql.SQL("ALTER TABLE {} ALTER COLUMN id SET DEFAULT {} || gen_random_uuid()").format(
        table, sql.Literal(PENDING)
    )
    # By its name after those of the user's.
    yield sql.SQL(
        "CREATE OR REPLACE TRIGGER zzz_pending_id BEFORE INSERT ON {} FOR EACH ROW "
        "WHEN (NEW.id IS NULL AND current_user <> {}) EXECUTE FUNCTION {}()"
    ).format(table, sql.Literal("quickbooks_owner"), sql.Identifier(names.load, "give_pending_id"))
    yield sql.SQL(
        "CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON {} FOR EACH ROW "
        "WHEN (current_user <> {}) EXECUTE FUNCTION {}()"
    ).format(table, sql.Literal("quickbooks_owner"), sql.Identifier(names.load, "capture"))


def grants(names: Names, entities: Iterable[Entity]) -> Iterator[sql.Composed]:
    """Who may do what; PUBLIC may do nothing."""
    mirror, load = sql.Identifier(names.mirror), sql.Identifier(names.load)
    yield sql.SQL("GRANT USAGE ON SCHEMA {} TO quickbooks_loader, quickbooks_worker").format(load)
    yield sql.SQL(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {} TO quickbooks_loader, quickbooks_worker"
    ).format(load)
    yield sql.SQL("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {} FROM PUBLIC").format(load)
    tables = [sql.Identifier(names.mirror, entity.table) for entity in entities]
    told = [
        sql.Identifier(names.mirror, name)
        for name in ("_sync_cdc", "_sync_run", "_sync_progress", "_sync_company", "_sync_migration")
    ]
    yield sql.SQL("GRANT SELECT ON {} TO quickbooks_reader, quickbooks_writer, quickbooks_loader").format(
        sql.SQL(", ").join(told)
    )
    # How many rows wait or are held, for `status`; which ones, and what was in them, only the owner sees.
    for table, columns in (
        ("_sync_parked", "table_name, parked_at"),
        ("_sync_deletes", "table_name, status"),
    ):
        yield sql.SQL(f"GRANT SELECT ({columns}) ON {{}} TO quickbooks_reader, quickbooks_writer").format(
            sql.Identifier(names.mirror, table)
        )
    yield sql.SQL("GRANT SELECT ON {} TO quickbooks_reader").format(sql.SQL(", ").join(tables))
    yield sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO quickbooks_writer").format(
        sql.SQL(", ").join(tables)
    )
    yield sql.SQL("GRANT EXECUTE ON FUNCTION {}.fence() TO PUBLIC").format(load)
    yield sql.SQL(
        "GRANT USAGE ON SCHEMA {} TO quickbooks_reader, quickbooks_writer, quickbooks_loader"
    ).format(mirror)
    if names.mirror != "public":  # where everybody has it
        # The proxy calls its functions as any client that writes a table of such a name, also one of the client's own.
        yield sql.SQL("GRANT USAGE ON SCHEMA {} TO PUBLIC").format(mirror)


def internal_landing(names: Names) -> Iterator[sql.Composed]:
    """The landing tables of the streams that carry a run's own facts."""
    for stream, (_, keys) in INTERNAL.items():
        yield from landing_table(names, stream, internal_types(stream), keys)


def _add_columns(table: sql.Composable, columns: dict[str, str]) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} {}").format(
        table,
        sql.SQL(", ").join(
            sql.SQL("ADD COLUMN IF NOT EXISTS {} {}").format(sql.Identifier(column), sql.SQL(kind))
            for column, kind in columns.items()
        ),
    )


def _comment(table: sql.Composable, column: str, note: str) -> sql.Composed:
    return sql.SQL("COMMENT ON COLUMN {}.{} IS {}").format(table, sql.Identifier(column), sql.Literal(note))


def _list(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column) for column in columns)


def _value(entity: Entity, column: str) -> sql.Composed:
    """A landed value; money gets the two decimals people expect, and is never rounded."""
    field = entity.columns.get(column)
    landed = sql.SQL("l.{}").format(sql.Identifier(column))
    if field is not None and field.kind is Kind.MONEY:
        return sql.SQL("CASE WHEN scale({0}) < 2 THEN round({0}, 2) ELSE {0} END").format(landed)
    if column == EXTRA or (field is not None and field.kind is Kind.JSON):
        return sql.SQL("nullif({}, 'null'::jsonb)").format(
            landed
        )  # the loader writes JSON's null for no value
    return landed


def _value_in_part(entity: Entity, column: str) -> sql.Composed:
    """A landed value where the row brings this column, and otherwise the mirror's own."""
    return sql.SQL("CASE WHEN {} = ANY (string_to_array(l.{}, ',')) THEN {} ELSE m.{} END").format(
        sql.Literal(column), sql.Identifier(PART), _value(entity, column), sql.Identifier(column)
    )


def _newer(entity: Entity, side: str) -> sql.Composed:
    """(updated_at, sync_token, _sync_read_at) of the landed row is greater than the mirror's; forced: its last part."""
    read_at = "{}._sync_read_at"
    ordered = _pair([*_version(entity), read_at], side, ">")
    return sql.SQL("CASE WHEN _forced THEN {} ELSE {} END").format(_pair([read_at], side, ">"), ordered)


def _at_least(entity: Entity) -> sql.Composed:
    """The landed row is of the version that the mirror has, or of a later one."""
    return _pair(_version(entity) or ["{}._sync_read_at"], "l", ">=")


def _version(entity: Entity) -> list[str]:
    """What QuickBooks itself says of a row's age."""
    terms = []
    if "updated_at" in entity.columns:
        terms.append("coalesce({}.updated_at, '-infinity')")
    if "sync_token" in entity.columns:
        terms.append("CASE WHEN {}.sync_token ~ '^[0-9]+$' THEN {}.sync_token::numeric ELSE -1 END")
    return terms


def _pair(terms: list[str], side: str, comparison: str) -> sql.Composed:
    ours, theirs = (", ".join(term.replace("{}", alias) for term in terms) for alias in ("m", side))
    return sql.SQL(f"({theirs}) {comparison} ({ours})").format()


def _different(columns: Iterable[str], values: Iterable[sql.Composable]) -> sql.Composed:
    """Whether any column of the mirror differs from the value it would get."""
    mine = sql.SQL(", ").join(sql.SQL("m.{}").format(sql.Identifier(column)) for column in columns)
    return sql.SQL("({}) IS DISTINCT FROM ({})").format(mine, sql.SQL(", ").join(values))
