"""The Singer schemas say exactly what the landing tables hold and what a row may contain."""

from __future__ import annotations

import pytest
from quickbooks_core.catalog import MIRRORED, Kind
from quickbooks_core.mapping import EXTRA
from quickbooks_core.schema import (
    AUTOMATIC,
    INTERNAL,
    MARKS,
    internal_schema,
    internal_types,
    json_schema,
    landing_type,
)

every_object = pytest.mark.parametrize("entity", MIRRORED, ids=lambda entity: entity.name)

# What target-postgres makes of a JSON type, and the types whose values it puts there unchanged.
FITTING = {
    "string": {"text"},
    "boolean": {"boolean"},
    "integer": {"bigint"},
    "number": {"numeric"},
    "object": {"jsonb"},
}
FITTING_FORMAT = {"date": {"date"}, "date-time": {"timestamptz"}}


@every_object
def test_a_schema_names_every_column_and_the_marks(entity):
    properties = json_schema(entity)["properties"]

    assert set(properties) == {*entity.columns, EXTRA, *MARKS}


@every_object
def test_schema_and_landing_table_agree_on_every_type(entity):
    properties = json_schema(entity)["properties"]
    for column, field in entity.columns.items():
        singer = properties[column]
        fitting = FITTING_FORMAT.get(singer.get("format", ""), FITTING[singer["type"][0]])

        assert landing_type(field) in fitting, column


@every_object
def test_only_the_id_must_have_a_value(entity):
    properties = json_schema(entity)["properties"]

    required = [column for column, singer in properties.items() if "null" not in singer["type"]]

    assert required == ["id"]


@every_object
def test_a_narrowed_schema_keeps_what_the_merge_needs(entity):
    properties = json_schema(entity, [EXTRA])["properties"]

    assert set(properties) == {EXTRA, *MARKS} | (AUTOMATIC & entity.columns.keys())


@pytest.mark.parametrize("stream", INTERNAL)
def test_the_streams_of_a_run_have_keys_without_null(stream):
    kinds, keys = INTERNAL[stream]
    properties = internal_schema(stream)["properties"]

    assert set(properties) == {*kinds, *MARKS}
    assert set(internal_types(stream)) == set(kinds)
    assert [name for name in kinds if "null" not in properties[name]["type"]] == [
        name for name in kinds if name in keys
    ]


def test_every_kind_has_a_postgres_type():
    assert {kind for entity in MIRRORED for kind in {f.kind for f in entity.fields}} == set(Kind)
