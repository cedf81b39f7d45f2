"""The catalogue is linted as if it were code: what every declaration must keep."""

from __future__ import annotations

import re

import pytest
from quickbooks_core.catalog import (
    CATALOG,
    MIRRORED,
    Access,
    Deletion,
    Entity,
    Field,
    Kind,
    Operation,
    Reading,
    Shape,
    by_name,
    by_prefix,
    by_resource,
    by_table,
)
from quickbooks_core.catalog.naming import column_for, snake_case

SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
WRITES = {Operation.CREATE, Operation.UPDATE, Operation.SPARSE_UPDATE}
WEBHOOKS = {"Create", "Update", "Delete", "Merge", "Void", "Emailed"}

# Postgres accepts these as names only in quotes, which nobody who types SQL by hand expects.
RESERVED = frozenset(
    """all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
    collation column concurrently constraint create cross current_catalog current_date current_role
    current_schema current_time current_timestamp current_user default deferrable desc distinct do else end
    except false fetch for foreign freeze from full grant group having ilike in initially inner intersect into
    is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on
    only or order outer overlaps placing primary references returning right select session_user similar some
    symmetric system_user table tablesample then to trailing true union unique user using variadic verbose
    when where window with""".split()  # noqa: SIM905 - eighty words in quotes read worse
)

# References to lists that the API does not show: their ids are QuickBooks' own, so the column is plain text.
UNLISTED = re.compile(r"\w+Ref\.value|OriginalTaxRate\.value")

# What QuickBooks gives no times for, or only one.
WITHOUT_TIMES = {"Entitlements", "TaxClassification"}
WITHOUT_CREATION = {*WITHOUT_TIMES, "ExchangeRate"}

every_object = pytest.mark.parametrize("entity", CATALOG, ids=lambda entity: entity.name)
every_mirrored = pytest.mark.parametrize("entity", MIRRORED, ids=lambda entity: entity.name)


def heads(entity: Entity) -> set[str]:
    """The top-level keys of an object's JSON that have a column."""
    return {field.steps[0] for field in entity.fields}


def test_every_object_of_the_api_is_there():
    shapes = [entity.shape for entity in CATALOG]

    assert (len(CATALOG), len(MIRRORED), shapes.count(Shape.REPORT)) == (75, 41, 31)


@pytest.mark.parametrize("word", ["name", "table", "resource", "key"])
def test_no_two_objects_share_a_name(word):
    words = [getattr(entity, word).lower() for entity in CATALOG]

    assert sorted(set(words)) == sorted(words)


def test_an_id_tells_its_object_because_no_prefix_begins_another():
    prefixes = sorted(entity.prefix for entity in CATALOG if entity.prefix)

    clashes = [(one, two) for one in prefixes for two in prefixes if one != two and two.startswith(one)]

    assert clashes == []
    assert len(set(prefixes)) == len(prefixes)


@every_object
def test_a_prefix_is_two_to_six_letters(entity):
    assert re.fullmatch(r"[a-z]{2,6}", entity.prefix) or entity.shape is Shape.SERVICE


@every_object
def test_an_object_is_found_by_each_of_its_names(entity):
    found = by_name(entity.name), by_table(entity.table), by_resource(entity.resource.upper())

    assert found == (entity, entity, entity)
    assert not entity.has_table or by_prefix(entity.prefix) is entity


@every_object
def test_a_table_is_named_after_its_object(entity):
    assert entity.table == snake_case(entity.name)


@every_object
def test_names_need_no_quotes_in_sql(entity):
    names = [entity.table, *entity.columns]

    awkward = [name for name in names if name in RESERVED or not SNAKE.fullmatch(name) or len(name) > 63]

    assert awkward == []


@every_object
def test_columns_and_paths_are_unique(entity):
    columns = [field.column for field in entity.fields]
    paths = [field.path for field in entity.fields]

    assert (len(set(columns)), len(set(paths))) == (len(columns), len(paths))


@every_object
def test_no_column_has_a_name_the_mirror_uses_itself(entity):
    taken = [column for column in entity.columns if column == "extra" or column.startswith("_sync")]

    assert taken == []


@every_object
def test_a_key_is_either_a_value_or_holds_values(entity):
    whole = {field.path for field in entity.fields if len(field.steps) == 1}
    parts = {field.steps[0] for field in entity.fields if len(field.steps) == 2}

    assert whole & parts == set()
    assert all(len(field.steps) <= 2 for field in entity.fields)


@every_object
def test_a_column_is_named_by_the_convention(entity):
    deviating = [field.path for field in entity.fields if not follows_the_convention(field)]

    assert deviating == []


def follows_the_convention(field: Field) -> bool:
    """Deviations: computed values, the object's own id, and the ids of lists that the API does not show."""
    if field.path.startswith("$") or field.kind is Kind.ID:
        return True
    if field.path == "CurrencyRef.value":
        return field.column == "currency_code"
    if field.kind is Kind.TEXT and UNLISTED.fullmatch(field.path):
        return field.column in (column_for(field.path), snake_case(field.steps[0]))
    return field.column == column_for(field.path)


@every_object
def test_a_reference_points_at_a_table(entity):
    targets = [by_name(field.to) for field in entity.references() if field.to]

    assert [target.name for target in targets if not target.has_table] == []


@every_object
def test_a_reference_to_anything_says_where_its_type_stands(entity):
    lost = [f.path for f in entity.references() if not f.to and f.type_path not in entity.by_path]

    assert lost == []


@every_mirrored
def test_a_mirrored_object_has_one_id(entity):
    ids = [field.column for field in entity.fields if field.kind is Kind.ID]

    assert ids == ["id"]
    assert set(entity.id_paths) <= heads(entity)


@every_mirrored
def test_a_mirrored_object_has_the_times_that_quickbooks_gives(entity):
    kinds = {
        name: field.kind for name, field in entity.columns.items() if name in ("created_at", "updated_at")
    }

    expected = {"created_at": Kind.TIMESTAMP, "updated_at": Kind.TIMESTAMP}
    if entity.name in WITHOUT_CREATION:
        del expected["created_at"]
    if entity.name in WITHOUT_TIMES:
        del expected["updated_at"]
    assert kinds == expected


@every_mirrored
def test_how_an_object_goes_away_fits_its_operations(entity):
    deactivated = entity.deletion is Deletion.DEACTIVATE

    assert entity.can(Operation.DELETE) == (entity.deletion is Deletion.HARD)
    assert not deactivated or (entity.can(Operation.UPDATE) and entity.has_active)


@every_mirrored
def test_an_object_that_can_be_inactive_has_the_column(entity):
    assert entity.has_active == ("Active" in heads(entity))


@every_object
def test_operations_imply_each_other(entity):
    assert not entity.can(Operation.SPARSE_UPDATE) or entity.can(Operation.UPDATE)
    assert not entity.can(Operation.CREATE) or entity.shape is Shape.SERVICE or entity.can(Operation.READ)
    assert entity.reading is not Reading.QUERY or entity.can(Operation.QUERY)
    assert not entity.can(Operation.VOID) or entity.shape in (Shape.TRANSACTION, Shape.SERVICE)


@every_mirrored
def test_what_nobody_can_write_has_no_writable_column(entity):
    writable = [field.path for field in entity.fields if field.access is not Access.READ]

    assert entity.operations & WRITES or writable == []


@every_mirrored
def test_what_is_required_has_a_column_that_can_be_written(entity):
    known = {field.steps[0] for field in entity.fields if field.access is not Access.READ}

    assert [name for name in entity.required if name not in known] == []


@every_object
def test_webhooks_speak_quickbooks_words(entity):
    assert entity.webhooks <= WEBHOOKS
    assert entity.has_table or not entity.webhooks


@every_object
def test_reports_and_services_have_no_rows_of_their_own(entity):
    rowless = entity.shape in (Shape.REPORT, Shape.SERVICE)

    assert rowless != entity.has_table
    assert not rowless or not entity.cdc
    # What a service takes has columns too: a stream may ask for it, though no row comes of it.
    assert not rowless or all(field.access is Access.CREATE for field in entity.fields)


@every_object
def test_only_a_value_that_can_be_cleared_says_what_comes_of_it(entity):
    required = {field.path for field in entity.fields if field.steps[0] in entity.required}

    wrong = [
        f.path for f in entity.fields if f.cleared and (f.access is not Access.WRITE or f.path in required)
    ]

    assert wrong == []


@every_object
def test_what_an_update_repeats_can_be_written_in_part(entity):
    writable = {field.steps[0] for field in entity.fields if field.access is Access.WRITE}

    assert set(entity.repeated) <= writable
    assert not entity.repeated or entity.can(Operation.SPARSE_UPDATE)
    assert not entity.deleted_whole or entity.deletion is Deletion.HARD
