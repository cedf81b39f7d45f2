"""Random histories of random companies against the sandbox: whatever happens, its books are right.

A failure prints its seed and everything that was done; the seed alone gives the same history again.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import pairwise

import pytest
from history import Actor, Company, Operation, Runner, Surprise, findings, operations, read_company
from history.checks.versions import later, tokens
from quickbooks_core.catalog import MIRRORED
from quickbooks_core.catalog import Operation as Ability
from quickbooks_demo.sandbox import Sandbox

LENGTH = 300
SEEDS = 20
SOAKED = 500


def lived(sandbox: Sandbox, seed: int) -> list[str]:
    """What is wrong after a history: an answer that nobody expects, or books that do not agree."""
    sandbox.control("clock", hold=True)
    runner = Runner(sandbox.url)
    drawn = operations(seed, LENGTH)
    middle = len(drawn) // 2
    try:
        for operation in drawn[:middle]:
            runner.perform(operation)
        sandbox.control("clock", advance_s=1)
        before, since = (
            look(runner),
            datetime.fromisoformat(sandbox.look("health")["now"]).replace(microsecond=0),
        )
        for operation in drawn[middle:]:
            runner.perform(operation)
    except Surprise as surprise:
        return told(seed, drawn[: runner.done + 1], [str(surprise)])
    after = look(runner)
    found = [*findings(after), *tokens(after, runner.known), *later(before, after, since)]
    return told(seed, drawn, found) if found else []


def look(runner: Runner) -> Company:
    return read_company(runner.session, runner.url, runner.company_url)


def told(seed: int, drawn: list[Operation], found: list[str]) -> list[str]:
    """For whoever has to replay it."""
    return [f"seed {seed}", *map(str, drawn), *found]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_books_are_right_after_a_random_history(sandbox: Sandbox, seed: int) -> None:
    wrong = lived(sandbox, seed)

    assert not wrong, "\n".join(wrong)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(SEEDS, SEEDS + SOAKED))
def test_the_books_are_right_after_any_random_history(sandbox: Sandbox, seed: int) -> None:
    wrong = lived(sandbox, seed)

    assert not wrong, "\n".join(wrong)


def test_a_seed_is_a_history() -> None:
    first, again, other = (operations(seed, LENGTH) for seed in (7, 7, 8))

    assert first == again
    assert first != other


def test_a_longer_history_begins_as_the_shorter_one() -> None:
    short, long = operations(7, 50), operations(7, LENGTH)

    assert long[: len(short)] == short


def test_histories_touch_every_object_that_can_be_made_by_a_body_alone() -> None:
    made = {
        operation.entity
        for seed in range(SEEDS)
        for operation in operations(seed, LENGTH)
        if operation.verb == "create" and not operation.expects
    }

    can_be_made = {entity.name for entity in MIRRORED if entity.can(Ability.CREATE)}
    assert can_be_made - made == {"Budget", "CompanyCurrency", "JournalCode"}
    assert len(made) >= 25


def test_histories_hold_refusals_people_and_changes_in_one_second() -> None:
    drawn = [operation for seed in range(SEEDS) for operation in operations(seed, LENGTH)]

    refused = {operation.expects for operation in drawn} - {""}
    verbs = Counter(
        (operation.actor, operation.verb) for operation in drawn if operation.actor is not Actor.CLOCK
    )
    same_second = sum(a.actor is not Actor.CLOCK and b.actor is not Actor.CLOCK for a, b in pairwise(drawn))
    assert refused == {"610", "800", "2020", "2300", "2500", "5010", "6000", "6220", "6240", "6270", "6540"}
    assert set(verbs) == {
        *((Actor.CLIENT, verb) for verb in ("create", "update", "replace", "delete", "void")),
        *((Actor.PERSON, verb) for verb in ("delete", "void", "merge")),
    }
    assert same_second > SEEDS * LENGTH // 4
