"""A developer's check: the catalogue and the mapping against collected facts about the real API.

    .venv/bin/python tools/check_facts.py [directory of facts] [--postgres]

Prints where the catalogue and the published attributes disagree, where recorded answers have another order of
keys, and what a recorded document loses on its way into a row and back; exits with 1 if anything is lost.
The facts are no part of this repository, and nothing that is built or tested depends on them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import fact_coverage
from fact_fixtures import Document, documents, fixtures
from fact_numbers import dumps, loads
from quickbooks_core.catalog import Entity, Kind
from quickbooks_core.mapping import EXTRA, SILENT, Row, to_document, to_row

Store = Callable[[Entity, Row], Row]


def main() -> int:
    """Runs the three checks; 1 when a document lost something."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("facts", nargs="?", type=Path, default=Path("../shared/quickbooks"))
    parser.add_argument(
        "--postgres", action="store_true", help="keep JSON values in a real Postgres on the way"
    )
    given = parser.parse_args()
    model = json.loads((given.facts / "model.json").read_text())
    fact_coverage.report(given.facts, model)
    order: Counter[str] = Counter()
    files = held = lost = 0
    with ExitStack() as stack:
        store = _postgres(stack) if given.postgres else _as_text
        for fixture in fixtures(given.facts):
            found = documents(fixture, model)
            files, held = files + bool(found), held + len(found)
            for entity, document in found:
                for loss in losses(entity, document, store):
                    lost += 1
                    print(f"LOST {fixture.path.name}: {entity.name} {loss}")
                if fixture.is_json and fixture.genuine == "RECORDED":
                    order.update(out_of_order(entity, document))
    print("\nKeys in another place than the recorded documents have them")
    for words, times in sorted(order.items()):
        print(f"  {words} ({times} documents)")
    print(f"\n{held} documents of {files} files went into rows and back; {lost} values were lost.")
    return 1 if lost else 0


def losses(entity: Entity, document: Document, store: Store) -> Iterator[str]:
    """What is not the same after document → row → document."""
    back = to_document(entity, store(entity, to_row(entity, document)))
    instants = {field.path for field in entity.fields if field.kind is Kind.TIMESTAMP}
    before, after = ((next(iter(d.values())) if entity.wrapped else d) for d in (document, back))
    before = {key: value for key, value in before.items() if value not in SILENT.get(key, ())}
    yield from _different(before, after, "", instants)


def _different(before: Any, after: Any, path: str, instants: set[str]) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() | after.keys():
            here = f"{path}.{key}" if path else key
            if key not in after or key not in before:
                yield f"{here} is {'gone' if key in before else 'new'}"
            else:
                yield from _different(before[key], after[key], here, instants)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _different(one, other, f"{path}[{place}]", instants)
    elif path in instants and isinstance(after, str):
        if datetime.fromisoformat(before) != datetime.fromisoformat(after):
            yield f"{path}: {before} became {after}"
    elif type(before) is not type(after) or str(before) != str(after):  # `1.50` is not `1.5`
        yield f"{path}: {before!r} became {after!r}"


def out_of_order(entity: Entity, document: Document) -> Iterator[str]:
    """Keys that the catalogue declares in another place; the fewest that explain the difference."""
    places = {head: place for place, head in enumerate(dict.fromkeys(f.steps[0] for f in entity.fields))}
    keys = [key for key in document if key in places]
    kept = _longest_rise([places[key] for key in keys])
    for index, key in enumerate(keys):
        if places[key] not in kept:
            before = keys[index - 1] if index else "(nothing)"
            yield f"{entity.name}.{key} comes after {before}"


def _longest_rise(places: list[int]) -> set[int]:
    best: list[list[int]] = [[]]
    for place in places:
        lower = [rise for rise in best if not rise or rise[-1] < place]
        longest = max(lower, key=len)
        best.append([*longest, place])
    longest = max(best, key=len)
    return set(longest)


def _json_columns(entity: Entity, row: Row) -> list[str]:
    kinds = {column: field.kind for column, field in entity.columns.items()}
    return [column for column in row if column == EXTRA or kinds.get(column) is Kind.JSON]


def _as_text(entity: Entity, row: Row) -> Row:
    """A row whose JSON values were written as text and read again."""
    texts = {column: dumps(row[column]) for column in _json_columns(entity, row)}
    return row | {column: loads(text) for column, text in texts.items()}


def _postgres(stack: ExitStack) -> Store:
    """A store that keeps JSON values as jsonb and numbers as numeric, in a Postgres of its own."""
    import tempfile

    import psycopg
    from quickbooks_demo.postgres import THROWAWAY, Server

    server = Server(Path(stack.enter_context(tempfile.TemporaryDirectory())), THROWAWAY)
    server.start()
    stack.callback(server.stop)
    connection = stack.enter_context(psycopg.connect(server.url()))

    def keep(entity: Entity, row: Row) -> Row:
        kept = dict(row)
        for column in _json_columns(entity, row):
            found = connection.execute("SELECT %s::jsonb::text", [dumps(row[column])]).fetchone()
            kept[column] = loads(found[0]) if found else None
        for column, value in row.items():
            if isinstance(value, Decimal):
                found = connection.execute("SELECT %s::text::numeric", [str(value)]).fetchone()
                kept[column] = found[0] if found else None
        return kept

    return keep


if __name__ == "__main__":
    sys.exit(main())
