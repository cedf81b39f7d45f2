"""How much the tap gains by several requests under way, where each answer takes 300 ms.

The throttle is lifted in client and sandbox. The same tap reads the same company twice in a row, with ten requests
under way and with one; what is compared is its reading: from its first request to its end.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from report import Section, Table, figure
from stage import Stage

LATENCY_MS = 300
TIMES_FASTER = 8


def measure(stage: Stage, rows: int, pairs: int) -> Section:
    """Pairs of runs, side by side."""
    stage.company(rows, latency_ms=LATENCY_MS)
    found = [(_reading(stage, 1), _reading(stage, 10)) for _ in range(pairs)]
    ratios = [alone[0] / together[0] for alone, together in found]
    return Section(
        f"Overlapping requests at {LATENCY_MS} ms",
        f"The tap reads the demo company and {rows:,} customers, each answer after {LATENCY_MS} ms, no throttle. "
        f"With ten requests under way it is **{median(ratios):.1f} times as fast** as with one (at least "
        f"{TIMES_FASTER}). Its reading is measured, from its first request to its end.",
        Table(
            ("Pair", "requests", "one at a time, s", "ten under way, s", "times faster", "CPU s of the tap"),
            [
                (str(number), str(together[1]), figure(alone[0]), figure(together[0]), f"{ratio:.1f}",
                 figure(together[2]))
                for number, ((alone, together), ratio) in enumerate(zip(found, ratios, strict=True), 1)
            ],
        ),
        {"times_faster": median(ratios), "floor": TIMES_FASTER},
    )  # fmt: skip


def _reading(stage: Stage, at_once: int) -> tuple[float, int, float]:
    """Seconds from the first request, the number of requests, and seconds of CPU."""
    stage.sandbox.control("requests")
    run = stage.tap(Path("/dev/null"), requests_at_once=str(at_once))
    ended = time.time()
    lines = stage.sandbox.look("requests")["requests"]
    began = datetime.fromisoformat(lines[0]["at"]).astimezone(UTC).timestamp()
    return ended - began, len(lines), run.of("tap-quickbooks").cpu_s
