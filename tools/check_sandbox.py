"""A developer's check: the sandbox against recorded answers of the real API.

    .venv/bin/python tools/check_sandbox.py [directory of facts] [--all]

Makes every recorded document once more in a sandbox of its own, sends the requests of recorded refusals and
queries, and prints where the sandbox answers in another form; exits with 1 if a difference has no stated reason.
The facts are no part of this repository, and nothing that is built or tested depends on them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import requests
from fact_fixtures import Document, Fixture, documents, fault_of, fixtures
from fact_numbers import loads
from quickbooks_core.catalog import Entity
from quickbooks_demo.sandbox import start_sandbox
from sandbox_compare import differences, of_answers
from sandbox_replay import NotMade, Replay
from sandbox_requests import REQUESTS

# Recordings that kept QuickBooks' own order of keys; the others were sorted or shuffled by those who kept them.
_ORDERED = ("vcr-minimul", "manual__airbyte", "fyle-sdk")
# ... and those that kept the text of numbers: `100.00`.
_SCALED = ("vcr-minimul",)


def main() -> int:
    """Runs the check; 1 when a difference has no reason."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("facts", nargs="?", type=Path, default=Path("../shared/quickbooks"))
    parser.add_argument("--all", action="store_true", help="print the differences with a reason too")
    given = parser.parse_args()
    model = json.loads((given.facts / "model.json").read_text())
    found: dict[str, list[str]] = defaultdict(list)
    with ExitStack() as stack:
        replay = _replay(stack)
        for fixture in fixtures(given.facts):
            for words in _compared(replay, fixture, model):
                found[words].append(fixture.path.name)
    for words, files in sorted(found.items()):
        print(f"{words}  ({len(files)}: {files[0]})")
    return 1


def _compared(replay: Replay, fixture: Fixture, model: Document) -> Iterator[str]:
    """What differs in one file: its documents made again, its request sent again."""
    name = fixture.path.name
    kept = name.startswith(_ORDERED), name.startswith(_SCALED)
    for entity, document in documents(fixture, model):
        yield from _of_document(replay, entity, document, kept)
    if name in REQUESTS:
        answered = loads(REQUESTS[name](replay).text)
        if fixture.is_json:
            yield from of_answers(loads(fixture.path.read_text()), answered, *kept)
        else:
            yield from of_answers(fault_of(fixture.path.read_text()), answered, False, False)


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
    sandbox.control("throttle", on=False)
    given = sandbox.control("connect")
    session = stack.enter_context(requests.Session())
    session.headers.update({"Authorization": f"Bearer {given['access_token']}", "Accept": "application/json"})
    return Replay(f"{sandbox.url}/v3/company/{given['realm_id']}", session)


if __name__ == "__main__":
    sys.exit(main())
