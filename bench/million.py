"""A million objects: what the tap makes of the throttle, and how much memory it needs.

The throttled run is long enough that a full minute has passed several times. The run without throttle is the harder
one for the memory: answers come faster than they are written.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime
from pathlib import Path
from statistics import median

from report import Section, Table, figure
from stage import Run, Stage

PER_MINUTE = 400  # of QuickBooks' 500; the client keeps a fifth for writes
SHARE = 0.9
MEMORY_MB = 200
_MINUTE_S = 60.0


def measure(stage: Stage, rows: int) -> Section:
    """The tap with and without throttle."""
    stage.company(rows, throttle=True)
    stage.sandbox.control("requests")
    throttled = stage.tap(Path("/dev/null"), throttle="on")
    look = stage.sandbox.look("requests")
    minutes = full_minutes([_seconds(line["at"]) for line in look["requests"]])
    stage.sandbox.control("throttle", on=False)
    free = stage.tap(Path("/dev/null"))
    rate = median(minutes) if minutes else 0.0
    peak_mb = max(run.of("tap-quickbooks").peak_mb for run in (throttled, free))
    return Section(
        f"{rows:,} customers through the tap",
        _text(rate, minutes, peak_mb, int(look["statuses"].get("429", 0))),
        Table(
            ("Run", "rows a second", "wall s", "CPU s of the tap", "peak MB of the tap"),
            [_row("throttle on", rows, throttled), _row("throttle off", rows, free)],
        ),
        {"share_of_rate": rate / PER_MINUTE, "floor": SHARE, "peak_mb": peak_mb, "most_mb": MEMORY_MB},
    )


def full_minutes(moments: list[float]) -> list[float]:
    """The number of requests in each minute that ends with a request and lies wholly inside the run."""
    return [
        float(place + 1 - bisect_right(moments, moment - _MINUTE_S))
        for place, moment in enumerate(moments)
        if moment - _MINUTE_S >= moments[0]
    ]


def _text(rate: float, minutes: list[float], peak_mb: float, refused: int) -> str:
    memory = f"The tap's memory stays at **{peak_mb:.0f} MB** (at most {MEMORY_MB})."
    if not minutes:
        return f"The run was shorter than a minute, so nothing can be said of the throttle. {memory}"
    return (
        f"With the throttle on, the tap sends **{rate:.0f} requests in a minute**, {rate / PER_MINUTE:.0%} of the "
        f"{PER_MINUTE} that are a reader's share of QuickBooks' 500 (at least {SHARE:.0%}): the median over every "
        f"minute of the run, from {min(minutes):.0f} to {max(minutes):.0f}; refused by the sandbox: {refused}. {memory}"
    )


def _row(name: str, rows: int, run: Run) -> tuple[str, str, str, str, str]:
    used = run.of("tap-quickbooks")
    return name, figure(rows / run.wall_s, 0), figure(run.wall_s), figure(used.cpu_s), figure(used.peak_mb, 0)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
