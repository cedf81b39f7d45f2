"""What an idle run costs: one that goes on from another, when nothing has changed meanwhile.

The same pipeline follows an empty company and one with a million customers. Time is that of `meltano run sync`, from
the command to its end; calls are those of the sandbox's log, without tokens.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

from quickbooks_demo.sandbox import Sandbox
from report import Section, Table, figure
from stage import Mirror, Stage

TIMES_AS_LONG, MORE_CALLS = 1.3, 5
_LATER_S = 120  # so that nothing of the backfill is still looked at once more


@dataclass
class _Followed:
    """A company, its mirror, and the idle runs over it."""

    name: str
    sandbox: Sandbox
    mirror: Mirror
    walls_s: list[float] = field(default_factory=list)
    calls: int = 0
    cpu_s: float = 0.0

    @property
    def wall_s(self) -> float:
        """Of the run in the middle."""
        return median(self.walls_s)

    def line(self) -> tuple[str, ...]:
        """A row of the table."""
        runs = ", ".join(map(figure, self.walls_s))
        return self.name, runs, figure(self.wall_s), figure(self.cpu_s), str(self.calls)


def measure(stage: Stage, rows: int, times: int) -> Section:
    """Idle runs over both companies, in turn."""
    stage.sandbox.control("reset", company="demo")
    stage.company(rows)
    beside = stage.beside("empty")
    empty = _Followed("empty", beside, stage.mirror(3000, beside))
    full = _Followed(f"{rows:,} customers", stage.sandbox, stage.mirror(3001))
    for one in (empty, full):
        stage.meltano(one.mirror, "run", "sync")
    for _ in range(times):
        for one in (empty, full):
            _run_idle(stage, one)
    ratio, more = full.wall_s / empty.wall_s, full.calls - empty.calls
    return Section(
        f"A run when nothing has changed in {rows:,} customers",
        f"It takes **{ratio:.2f} times** as long as over an empty company (at most {TIMES_AS_LONG}) and "
        f"**{more} more calls** of the API (at most {MORE_CALLS}). The median of {times} runs each, in turn.",
        Table(
            ("Company", "runs, s", "median s", "CPU s of the tap", "calls of the API"),
            [empty.line(), full.line()],
        ),
        {"times_as_long": ratio, "ceiling": TIMES_AS_LONG, "more_calls": float(more)},
    )


def _run_idle(stage: Stage, one: _Followed) -> None:
    """A run that finds nothing; one that found something would have been measured for nothing."""
    one.sandbox.control("clock", advance_s=_LATER_S)
    one.sandbox.control("requests")
    run = stage.meltano(one.mirror, "run", "sync")
    counts: dict[str, int] = one.sandbox.look("requests")["counts"]
    one.walls_s.append(run.wall_s)
    one.calls = sum(times for kind, times in counts.items() if kind != "oauth")
    one.cpu_s = run.of("tap-quickbooks").cpu_s
    found = one.mirror.query("select sum(rows) from _sync_cdc")
    if found != [(0,)]:
        raise AssertionError(f"the runs found {found}")
