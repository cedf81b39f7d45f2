"""Random statements do through the proxy what they do on plain tables, where QuickBooks refuses nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from itertools import islice
from random import Random

import pytest
from quickbooks_demo.database import Address, create_database, drop_database
from quickbooks_demo.testing import Database

from .conftest import Start
from .differential.client import Client
from .differential.copies import made
from .differential.player import Player
from .differential.seed import documents_of
from .differential.story import Story

SEEDS, SOAKED, STATEMENTS, SOAKED_STATEMENTS = 1, 10, 250, 500
SHOWN = 20


@pytest.fixture
def plain_name(postgres_server: Address) -> Iterator[str]:
    name = f"plain_{secrets.token_hex(6)}"
    create_database(postgres_server, name)
    yield name
    drop_database(postgres_server, name)


@pytest.mark.parametrize(
    "seed",
    [*range(SEEDS), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(SEEDS, SEEDS + SOAKED))],
)
@pytest.mark.timeout(900)
def test_statements_do_what_they_do_on_plain_tables(
    migrated: Database, postgres_server: Address, plain_name: str, start: Start, seed: int,
    record_property: Callable[[str, object], None],
) -> None:  # fmt: skip
    documents = documents_of(Random(seed))
    copies = made(migrated, postgres_server, plain_name, documents)
    writer, worker = migrated.login("quickbooks_writer"), migrated.login("quickbooks_worker").url
    player = Player(worker, documents)
    plain, proxy = Client(writer.on(plain_name).url), Client(start().address(writer).url)

    with player.playing(worker):
        story = Story(seed, plain, proxy, copies, player)
        statements = STATEMENTS if seed < SEEDS else SOAKED_STATEMENTS
        found = list(islice(story.differences(statements), SHOWN))
        plain.close()
        proxy.close()

    record_property("counts", str(story.counts))
    assert not found, "\n\n".join([f"{len(found)} differences with seed {seed}: {story.counts}", *found])
    assert not story.plain_refused, "\n\n".join(story.plain_refused)
    assert story.counts.refused.total() <= 0.03 * story.counts.statements.total()
