"""Measures the pipeline and writes docs/benchmarks.md.

    make bench                       # everything, in about 15 minutes on two cores
    make bench BENCH="--scale 0.02"  # the same in small, for a look; the page is printed, not written

Everything runs on this machine: sandbox, tap, loader and Postgres share its cores.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import backfill
import incremental
import million
import overlap
import pages
import report
import writing
from report import Section
from stage import Failed, Stage

import proxy

_BACKFILL, _OVERLAP, _MILLION, _WRITES = 200_000, 100_000, 1_000_000, 3_000
_TURNS, _SECONDS = 7, 2  # of the reads through the proxy: many short turns, since the machine is noisy


def main() -> int:
    """Runs the measurements; the exit code says whether all of them could be made, not whether they please."""
    given = _arguments()
    rows, of_overlap, many = (max(1_200, int(size * given.scale)) for size in (_BACKFILL, _OVERLAP, _MILLION))
    where = report.machine(
        f"{rows:,} customers for the backfill ({given.times} times), {of_overlap:,} for the overlap "
        f"({given.times} pairs), {many:,} for the rest"
    )
    measures: dict[str, Callable[[Stage], Section]] = {
        "backfill": lambda stage: backfill.measure(stage, rows, given.times),
        "overlap": lambda stage: overlap.measure(stage, of_overlap, given.times),
        "incremental": lambda stage: incremental.measure(stage, many, given.times),
        "million": lambda stage: million.measure(stage, many),
        "writing": lambda stage: writing.measure(stage, max(500, int(_WRITES * given.scale))),
        "proxy-reads": lambda stage: proxy.measure_reads(stage, _TURNS, max(1, int(_SECONDS * given.scale))),
        "proxy-writes": lambda stage: proxy.measure_writes(stage, max(300, int(_WRITES * given.scale))),
        "pages": lambda stage: _with_company(stage, many),
    }
    sections = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is stopped
    with closing(Stage()) as stage:
        for name in given.only or measures:
            began = time.monotonic()
            sections.append(report.under_load(measures[name](stage)))
            print(f"\n{sections[-1].markdown()}\n\n({name}: {time.monotonic() - began:.0f} s)", flush=True)
    if given.page:
        report.write(given.page, where, sections)
    return 0


def _with_company(stage: Stage, rows: int) -> Section:
    """The sandbox holds the company of the measurement before, unless this one runs alone."""
    if stage.customers != rows:
        stage.company(rows)
    return pages.measure(stage, rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run.py", description="Measures the pipeline.")
    parser.add_argument("--scale", type=float, default=1.0, help="a part of the full sizes")
    parser.add_argument("--times", type=int, default=3, help="runs of which the median is taken")
    parser.add_argument(
        "--only",
        action="append",
        choices=(
            "backfill",
            "overlap",
            "incremental",
            "million",
            "writing",
            "proxy-reads",
            "proxy-writes",
            "pages",
        ),
        help="one of them",
    )
    parser.add_argument("--page", type=Path, help="where to write; by default the docs' page, if all was run")
    given = parser.parse_args()
    if given.page is None and given.scale == 1.0 and not given.only:
        given.page = report.PAGE
    return given


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        print(failure, file=sys.stderr)
        sys.exit(1)
