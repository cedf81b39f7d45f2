"""Kill -9 of tap, loader or Postgres at the moments that matter: the next run ends with the right mirror.

One company and one mirror for all of them: each case changes the company, begins a run that is killed, changes the
company again, and runs once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice

import psycopg
import pytest
from following.comparison import differences, left_over
from following.flow import Flow
from following.stage import Stage, new_stage, server_to_kill
from history import Operation, Runner
from history.generator import History
from quickbooks_demo.sandbox import Sandbox
from quickbooks_demo.waiting import wait_for

pytestmark = pytest.mark.xdist_group("kills")
_OPERATIONS = 25
_PATIENCE_S = 60


@dataclass
class Followed:
    """A company, its mirror, and the last state."""

    stage: Stage
    sandbox: Sandbox
    state: str = ""
    operations: Iterator[Operation] = field(default_factory=lambda: iter(History(11)))

    def __post_init__(self) -> None:
        self._runner = Runner(self.sandbox.url)

    def live(self) -> None:
        """Something happens in the company."""
        for operation in islice(self.operations, _OPERATIONS):
            self._runner.perform(operation)

    def follow(self, kill: Callable[[Flow], None] = lambda _: None, fatal: bytes = b"") -> tuple[int, int]:
        """A run."""
        flow = self.stage.flow(self.state, fatal)
        kill(flow)
        codes = flow.end()
        self.state = flow.states[-1] if flow.states else self.state
        return codes


@contextmanager
def first_batch(stage: Stage) -> Iterator[Callable[[], object]]:
    """Some of the run's rows are in the mirror."""
    before = stage.database.superuser.query("select coalesce(max(seen_at), '-infinity') from _sync_run")
    known = "select exists(select from _sync_progress join _sync_run using (run_id) where seen_at > %s)"
    yield lambda: stage.database.superuser.query(known, before[0]) == [(True,)]


@contextmanager
def about_to_close(stage: Stage) -> Iterator[Callable[[], object]]:
    """All of the run is in the mirror, which notes how far that goes; nobody may write its note now."""
    waiting = (
        "select exists(select from pg_stat_activity where datname = current_database()"
        " and wait_event_type = 'Lock')"
    )
    with closing(psycopg.connect(stage.database.superuser.url)) as held:
        held.execute("lock table _sync_cdc in share mode")
        yield lambda: stage.database.superuser.query(waiting) == [(True,)]


@contextmanager
def closed(stage: Stage) -> Iterator[Callable[[], object]]:
    """The run is finished, and the loader has not told the state."""
    finished = "select count(*) from _sync_run where status = 'finished'"
    before = stage.database.superuser.query(finished)
    yield lambda: stage.database.superuser.query(finished) != before


VICTIMS: dict[str, Callable[[Stage, Flow], None]] = {
    "loader": lambda _, flow: flow.loader.kill(),
    "Postgres": lambda stage, _: stage.kill_postgres(),
}


@pytest.fixture(scope="module")
def followed(
    sandbox_process: Sandbox, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Followed]:
    """The demo company after a first run."""
    sandbox_process.control("reset", company="demo")
    sandbox_process.control("throttle", on=False)
    home = tmp_path_factory.mktemp("kills")
    connection = {**sandbox_process.connection(), "QUICKBOOKS_STATE_DIR": str(home / "tokens")}
    with server_to_kill() as server:
        stage = new_stage(server, connection, request.config.rootpath, home)
        followed = Followed(stage, sandbox_process)
        followed.live()
        assert followed.follow() == (0, 0), stage.programs.words()
        yield followed


def must_be_right_after_the_next_run(followed: Followed) -> None:
    followed.live()

    assert followed.follow() == (0, 0), followed.stage.programs.words()

    mirror = followed.stage.database.superuser.url
    assert [*differences(followed.sandbox, mirror), *left_over(mirror)] == []


@pytest.mark.parametrize(
    ("victim", "moment", "ends"),
    [
        ("loader", first_batch, {-9}),
        pytest.param("loader", about_to_close, {-9}, marks=pytest.mark.soak),
        ("loader", closed, {-9, 0}),  # it has hardly anything left to do
        pytest.param("Postgres", first_batch, {1}, marks=pytest.mark.soak),
        ("Postgres", about_to_close, {1}),
        pytest.param("Postgres", closed, {0, 1}, marks=pytest.mark.soak),  # the loader may need it no more
    ],
)
def test_a_run_whose_end_is_a_kill(followed: Followed, victim: str, moment: Callable, ends: set[int]) -> None:
    followed.live()

    with moment(followed.stage) as has_come:

        def kill(flow: Flow) -> None:
            wait_for(has_come, f"the moment {moment.__name__}", _PATIENCE_S, pause_s=0.005)
            VICTIMS[victim](followed.stage, flow)

        codes = followed.follow(kill)

    assert codes[1] in ends
    must_be_right_after_the_next_run(followed)


@pytest.mark.parametrize("fatal", [b'"event":"open"', b'"event":"close"'])
def test_a_tap_that_is_killed_before_a_word(followed: Followed, fatal: bytes) -> None:
    followed.live()

    tap, loader = followed.follow(fatal=fatal)

    assert (tap in (-9, 0), loader) == (True, 0)  # what a tap had written before it ended well is lost too
    must_be_right_after_the_next_run(followed)
