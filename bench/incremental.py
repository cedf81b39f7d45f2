"""What an idle run costs: one that goes on from another, when nothing has changed meanwhile.

The same pipeline follows an empty company and one with a million customers. Time is that of `meltano run sync`, from
the command to its end; calls are those of the sandbox's log, without tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from report import Section, Table, figure
from stage import Mirror, Stage

TIMES_AS_LONG, MORE_CALLS = 1.3, 5
_LATER_S = 120  # so that nothing of the backfill is still looked at once more


@dataclass(frozen=True)
class _Idle:
    """The idle runs over one company."""

    company: str
    walls_s: list[float]
    calls: int
    cpu_s: float

    @property
    def wall_s(self) -> float:
        """Of the run in the middle."""
        return median(self.walls_s)


def measure(stage: Stage, rows: int, times: int) -> Section:
    """Idle runs over an empty company, and over one with many rows."""
    stage.sandbox.control("reset", company="empty")
    stage.sandbox.control("throttle", on=False)
    stage.customers = 0
    empty = _followed(stage, "empty", 3000, times)
    stage.sandbox.control("reset", company="demo")
    stage.company(rows)
    full = _followed(stage, f"{rows:,} customers", 3001, times)
    ratio, more = full.wall_s / empty.wall_s, full.calls - empty.calls
    return Section(
        f"A run when nothing has changed in {rows:,} customers",
        f"It takes **{ratio:.2f} times** as long as over an empty company (at most {TIMES_AS_LONG}) and "
        f"**{more} more calls** of the API (at most {MORE_CALLS}). The median of {times} runs each.",
        Table(
            ("Company", "runs, s", "median s", "CPU s of the tap", "calls of the API"),
            [
                (
                    one.company,
                    ", ".join(map(figure, one.walls_s)),
                    figure(one.wall_s),
                    figure(one.cpu_s),
                    str(one.calls),
                )
                for one in (empty, full)
            ],
        ),
        {"times_as_long": ratio, "ceiling": TIMES_AS_LONG, "more_calls": float(more)},
    )


def _followed(stage: Stage, company: str, number: int, times: int) -> _Idle:
    """The first run fills a mirror; those after it find nothing."""
    mirror = stage.mirror(number)
    stage.meltano(mirror, "run", "sync")
    walls_s, calls, cpu_s = [], 0, 0.0
    for _ in range(times):
        stage.sandbox.control("clock", advance_s=_LATER_S)
        stage.sandbox.control("requests")
        run = stage.meltano(mirror, "run", "sync")
        walls_s.append(run.wall_s)
        calls, cpu_s = _calls(stage), run.of("tap-quickbooks").cpu_s
    _require_idle(mirror)
    return _Idle(company, walls_s, calls, cpu_s)


def _calls(stage: Stage) -> int:
    counts: dict[str, int] = stage.sandbox.look("requests")["counts"]
    return sum(times for kind, times in counts.items() if kind != "oauth")


def _require_idle(mirror: Mirror) -> None:
    """A run that found something would have been measured for nothing."""
    found = mirror.query("select sum(rows) from _sync_cdc")
    if found != [(0,)]:
        raise AssertionError(f"the runs found {found}")
