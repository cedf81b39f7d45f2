"""The generated reference: what stands in docs/reference is what the catalogue says today."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from quickbooks_core.catalog import MIRRORED
from quickbooks_demo.testing import Database

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    # tools/ is no package: its scripts are run, not imported.
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "tools" / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _columns(database: Database, table: str) -> list[tuple[str, str]]:
    return database.superuser.query(
        "select attname, replace(format_type(atttypid, null), 'timestamp with time zone', 'timestamptz')"
        " from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
        (f"public.{table}",),
    )


def test_the_pages_on_disk_are_up_to_date(generator: ModuleType) -> None:
    stale = generator.differences(ROOT / "docs" / "reference", generator.pages())

    assert stale == []


def test_every_mirrored_object_has_a_page_and_there_is_no_other(generator: ModuleType) -> None:
    names = set(generator.pages())

    assert names == {"README.md", "sandbox.md", *(f"{entity.table}.md" for entity in MIRRORED)}


def test_columns_their_types_and_order_are_those_of_a_migrated_database(
    generator: ModuleType, migrated: Database
) -> None:
    pages = generator.pages()

    told = {
        entity.table: re.findall(r"^\| `(\w+)` \| (\w.*?) \|", pages[f"{entity.table}.md"], re.MULTILINE)
        for entity in MIRRORED
    }

    assert told == {entity.table: _columns(migrated, entity.table) for entity in MIRRORED}


def test_the_typed_views_are_those_of_a_migrated_database(generator: ModuleType, migrated: Database) -> None:
    rows = migrated.superuser.query(
        "select viewname from pg_views where schemaname = 'public' and not starts_with(viewname, '_sync_')"
    )

    told = dict(generator.typed_views())

    assert told == {view: [name for name, _ in _columns(migrated, view)] for (view,) in rows}


def test_the_internal_tables_are_told_as_a_migrated_database_tells_them(
    generator: ModuleType, migrated: Database
) -> None:
    rows = migrated.superuser.query(
        "select relname, obj_description(oid, 'pg_class') from pg_class"
        " where relnamespace = 'public'::regnamespace and relkind in ('r', 'v') and starts_with(relname, '_sync_')"
    )

    told = dict(generator.internal_tables())

    assert told == {name: comment for name, comment in rows if comment}


def test_a_changed_a_missing_and_a_needless_page_are_named_and_mended(
    generator: ModuleType, tmp_path: Path
) -> None:
    wanted = {"changed.md": "new", "missing.md": "text", "same.md": "same"}
    for name, text in {"changed.md": "old", "needless.md": "text", "same.md": "same"}.items():
        (tmp_path / name).write_text(text)

    before = generator.differences(tmp_path, wanted)
    generator.write(tmp_path, wanted)

    assert before == ["changed.md", "missing.md", "needless.md"]
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == wanted
