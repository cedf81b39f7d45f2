"""A developer's check: the sandbox against recorded answers of the real API.

    .venv/bin/python tools/check_sandbox.py [directory of facts] [--all]

Makes every recorded document once more in a sandbox of its own, sends the requests of recorded refusals and
queries, and prints where the sandbox answers in another form. Where every difference has a stated reason it writes
docs/sandbox-differences.md; else it exits with 1.
The facts are no part of this repository, and nothing that is built or tested depends on them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import requests
from fact_fixtures import Document, Fixture, documents, fault_of, fixtures
from fact_numbers import loads
from quickbooks_core.catalog import Entity
from quickbooks_demo.sandbox import start_sandbox
from sandbox_accepted import reason_for
from sandbox_compare import differences, of_answers
from sandbox_page import page
from sandbox_replay import NotMade, Replay
from sandbox_requests import REQUESTS

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "sandbox-differences.md"
# Recordings that kept QuickBooks' own order of keys; the others were sorted or shuffled by those who kept them.
_ORDERED = ("vcr-minimul", "manual__airbyte", "fyle-sdk")
# ... and those that kept the text of numbers: `100.00`.
_SCALED = ("vcr-minimul",)
_OF_CURRENCIES = ("CompanyCurrency", "ExchangeRate")


def main() -> int:
    """Runs the check; 1 when a difference has no reason."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("facts", nargs="?", type=Path, default=Path("../shared/quickbooks"))
    parser.add_argument("--all", action="store_true", help="print the differences with a reason too")
    given = parser.parse_args()
    model = json.loads((given.facts / "model.json").read_text())
    with ExitStack() as stack:
        replay = _replay(stack)
        checked = [fixture for fixture in fixtures(given.facts) if _is_checked(fixture, model)]
        found: dict[str, dict[str, int]] = {fixture.path.name: Counter() for fixture in checked}
        # Requests come first: they ask of the company as it was, before we fill it with copies.
        for compare in (_requests, _documents, _currencies):
            for fixture in checked:
                found[fixture.path.name].update(compare(replay, fixture, model))
            if compare is _documents:
                replay.begin("currencies")
    open_ones = _print(found, given.all)
    if not open_ones:
        DOCUMENT.write_text(page(found), encoding="utf-8")
    return 1 if open_ones else 0


def _print(found: dict[str, dict[str, int]], everything: bool) -> int:
    """The differences and the figures; how many have no reason."""
    open_ones = 0
    for file, counted in found.items():
        for words in counted:
            reason = reason_for(file, words)
            open_ones += reason is None
            if reason is None or everything:
                print(f"{file}: {words}{f'  ({reason})' if reason else ''}")
    same = sum(not counted for counted in found.values())
    print(f"{len(found)} files, {same} the same, {open_ones} differences without a reason.")
    return open_ones


def _is_checked(fixture: Fixture, model: Document) -> bool:
    return fixture.path.name in REQUESTS or bool(documents(fixture, model))


def _requests(replay: Replay, fixture: Fixture, _model: Document) -> Iterator[str]:
    """What differs where the recorded request is sent again."""
    ask = REQUESTS.get(fixture.path.name)
    if ask is None:
        return
    answered = loads(ask(replay).text)
    if fixture.is_json:
        yield from of_answers(loads(fixture.path.read_text()), answered, *_kept(fixture))
    else:
        yield from of_answers(fault_of(fixture.path.read_text()), answered, False, False)


def _documents(replay: Replay, fixture: Fixture, model: Document) -> Iterator[str]:
    """What differs where the recorded documents are made again."""
    for entity, document in documents(fixture, model):
        if entity.name not in _OF_CURRENCIES:
            yield from _of_document(replay, entity, document, _kept(fixture))


def _currencies(replay: Replay, fixture: Fixture, model: Document) -> Iterator[str]:
    """What differs in what only a company with several currencies has."""
    for entity, document in documents(fixture, model):
        if entity.name in _OF_CURRENCIES:
            yield from _of_document(replay, entity, document, _kept(fixture))


def _kept(fixture: Fixture) -> tuple[bool, bool]:
    """Whether the file has kept the order of keys, and the text of numbers."""
    return fixture.path.name.startswith(_ORDERED), fixture.path.name.startswith(_SCALED)


def _of_document(
    replay: Replay, entity: Entity, recorded: Document, kept: tuple[bool, bool]
) -> Iterator[str]:
    try:
        answered = replay.again(entity, recorded)
    except NotMade as error:
        yield f"{entity.name} was refused: {error}"
        return
    yield from differences(entity.name, recorded, answered, *kept)


def _replay(stack: ExitStack) -> Replay:
    """A sandbox that ends with the check, and a client connected to it."""
    home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    sandbox = start_sandbox(home)
    stack.callback(sandbox.child.stop)
    replay = Replay(sandbox.url, stack.enter_context(requests.Session()))
    replay.begin("demo")
    return replay


if __name__ == "__main__":
    sys.exit(main())
