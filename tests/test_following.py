"""The mirror follows a company that lives, whatever fails meanwhile: requests, tap, loader, Postgres.

Each seed draws a history, the switches, the failures and the kills. A failure prints all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import psycopg
import pytest
from following.comparison import differences, left_over
from following.runs import Wrong
from following.stage import Stage, new_stage, server_to_kill
from following.story import Story
from history import Runner
from history.generator import History
from quickbooks_demo.pipeline import Pipeline
from quickbooks_demo.postgres import Server
from quickbooks_demo.sandbox import Sandbox
from quickbooks_demo.testing import Database

SEEDS, SOAKED = 2, 20
# Where time is short, most kills hit tap, loader and Postgres at once.
POWER_CUTS, POWER_CUTS_SOAKED = 0.9, 0.4


@pytest.fixture(scope="module")
def mortal_server() -> Iterator[Server]:
    with server_to_kill() as server:
        yield server


@pytest.fixture
def stage(
    mortal_server: Server, connected: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> Stage:
    return new_stage(mortal_server, connected, request.config.rootpath, tmp_path)


def test_meltano_follows(pipeline: Pipeline, migrated: Database, sandbox: Sandbox) -> None:
    life, mirror = Runner(sandbox.url), migrated.superuser.url
    happened = iter(History(1))
    codes = []

    for _ in range(2):
        for operation in islice(happened, 90):
            life.perform(operation)
        codes.append(pipeline.run("run", "sync")[0])

    assert codes == [0, 0]
    assert [*differences(sandbox, mirror), *left_over(mirror)] == []
    spoil(mirror)
    assert {(one.table, one.column) for one in differences(sandbox, mirror)} == {
        ("account", "current_balance"), ("bill", "line"), ("customer", "active"), ("item", "extra"),
        ("term", ""), ("vendor", ""),
    }  # fmt: skip


def spoil(mirror: str) -> None:
    """The mirror says what QuickBooks has never said, past every trigger."""
    with psycopg.connect(mirror) as admin:
        admin.execute("set session_replication_role = replica")
        for statement in (
            "update account set current_balance = current_balance + 0.01 where id = 'qbk_acct35'",
            "update bill set line = line || line where id = (select min(id) from bill)",
            "update customer set active = not active where id = (select min(id) from customer)",
            """update item set extra = coalesce(extra, '{}') || '{"Odd": 1}' where id = (select min(id) from item)""",
            "delete from term where id = (select min(id) from term)",
            "insert into vendor (id) values ('qbk_vend0')",
        ):
            assert admin.execute(statement).rowcount == 1


@pytest.mark.parametrize(
    "seed",
    [*range(SEEDS), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(SEEDS, SEEDS + SOAKED))],
)
@pytest.mark.timeout(900)
def test_the_mirror_follows(
    stage: Stage, sandbox: Sandbox, seed: int, record_property: Callable[[str, object], None]
) -> None:
    story = Story(seed, sandbox, stage, POWER_CUTS if seed < SEEDS else POWER_CUTS_SOAKED)

    try:
        story.follow()
        counts = story.counts()
        story.settle()
        wrong = story.wrong()
    except Wrong as failed:
        pytest.fail(f"{failed}\n{story}")

    record_property("counts", str(counts))
    assert not wrong, "\n".join([str(story), *wrong])
    assert counts.lacking() == []
