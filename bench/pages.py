"""How fast the sandbox is: its start on a saved company, and pages of a query, on one core.

It must never be what a benchmark of the pipeline measures. The asking side runs on the machine's other cores.
"""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from processes import usage
from report import Section, Table, figure
from stage import Failed, Stage

PER_SECOND = 50
START_S = 20
_ASKERS = 4
_PAGE, _STEP = 1000, 980
_AT_MOST_S = 15.0


def measure(stage: Stage, rows: int) -> Section:
    """Starts the sandbox again on the company it has, and asks for pages; it must hold `rows` customers."""
    given = stage.sandbox.control("connect")
    stage.sandbox.child.stop()
    began = time.monotonic()
    sandbox = stage.new_sandbox()
    asked = _Asked(sandbox.url, str(given["realm_id"]), str(given["access_token"]))
    asked.page(asked.connection(), 1)
    start_s = time.monotonic() - began
    sandbox.control("throttle", on=False)
    positions = list(range(1, max(2, rows - _PAGE), _STEP))
    with _on_one_core(sandbox.child.process.pid) as pid:
        in_order = _served(asked, positions, pid)
        jumping = _served(asked, _shuffled(positions), pid)
    return Section(
        "The sandbox alone",
        f"A sandbox with {rows:,} customers gives its first page **{start_s:.1f} s** after its start from a saved "
        f"state (at most {START_S}). On one core it then gives **{in_order[0]:.0f} pages of 1,000 customers a "
        f"second** (at least {PER_SECOND}), in the order in which the tap asks.",
        Table(
            ("Pages", "pages a second", "CPU ms a page"),
            [
                ("in order of creation, four askers", figure(in_order[0], 0), figure(in_order[1])),
                ("the same pages again, in any order", figure(jumping[0], 0), figure(jumping[1])),
            ],
        ),
        {"pages_per_second": in_order[0], "floor": PER_SECOND, "start_s": start_s, "most_start_s": START_S},
    )


@dataclass(frozen=True)
class _Asked:
    """A sandbox, and how it is asked."""

    url: str
    realm_id: str
    token: str

    def connection(self) -> http.client.HTTPConnection:
        """A new one."""
        return http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)

    def page(self, connection: http.client.HTTPConnection, position: int) -> None:
        """Reads one page, and makes sure that it is one."""
        statement = (
            "select * from Customer where Active in (true, false) and MetaData.CreateTime <= "
            f"'2099-01-01T00:00:00Z' orderby MetaData.CreateTime startposition {position} maxresults {_PAGE}"
        )
        address = f"/v3/company/{self.realm_id}/query?query={quote(statement)}&minorversion=75"
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        connection.request("GET", address, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200 or f'"maxResults":{_PAGE}}}'.encode() not in body[-100:]:
            raise Failed(f"no page of {_PAGE} rows: {answer.status} {body[-300:]!r}")


def _served(asked: _Asked, positions: list[int], pid: int) -> tuple[float, float]:
    """Pages a second for a while, and the server's milliseconds of CPU for each."""
    remaining, ends = iter(positions), time.monotonic() + _AT_MOST_S
    before, began = usage(pid).cpu_s, time.monotonic()

    def ask() -> int:
        connection, given = asked.connection(), 0
        for position in remaining:
            asked.page(connection, position)
            given += 1
            if time.monotonic() > ends:
                break
        return given

    with ThreadPoolExecutor(_ASKERS) as pool:
        given = sum(future.result() for future in [pool.submit(ask) for _ in range(_ASKERS)])
    return given / (time.monotonic() - began), (usage(pid).cpu_s - before) / given * 1000


def _shuffled(positions: list[int]) -> list[int]:
    """Every position once, each far from the one before."""
    stride = next(step for step in (389, 397, 401, 409) if len(positions) % step) if len(positions) > 1 else 1
    return [positions[place * stride % len(positions)] for place in range(len(positions))]


@contextmanager
def _on_one_core(pid: int) -> Iterator[int]:
    """A server with all its threads on the last of our cores, and ourselves on the others where there are any."""
    cores = os.sched_getaffinity(0)
    last = {max(cores)}
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), last)
    os.sched_setaffinity(0, cores - last or last)
    try:
        yield pid
    finally:
        os.sched_setaffinity(0, cores)
