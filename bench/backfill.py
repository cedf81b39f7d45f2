"""From zero to queryable: the real `meltano run` into an empty mirror, and where its time goes.

Sandbox, tap, loader and Postgres share the machine's cores, as on a user's laptop.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from processes import server_cpu_s, usage
from report import Section, Table, figure
from stage import Failed, Run, Stage

FLOOR, AIM = 2_500, 5_000  # rows a second


@dataclass(frozen=True)
class _Part:
    """One program's share of a run."""

    name: str
    wall_s: float
    cpu_s: float
    peak_mb: float


def measure(stage: Stage, rows: int, times: int) -> Section:
    """The whole pipeline, several times, and then its parts alone."""
    stage.company(rows)
    runs = [_loaded(stage, rows, number) for number in range(times)]
    middle = sorted(runs, key=lambda run: run[0].wall_s)[len(runs) // 2]
    rates = [rows / run.wall_s for run, _ in runs]
    rate = median(rates)
    merged = median(rows / seconds for _, (*_, seconds) in runs)
    return Section(
        f"{rows:,} customers, from zero to queryable",
        f"`meltano run sync` into an empty mirror, the demo company's other objects included: the median of "
        f"{times} {'run' if times == 1 else 'runs'} is **{rate:,.0f} rows a second** from the command to its end "
        f"({', '.join(f'{one:,.0f}' for one in rates)}), and {merged:,.0f} from the tap's first request to the "
        f"closed run, without the start of Meltano and its programs. Floor {FLOOR:,}, aim {AIM:,}.",
        Table(
            ("Part", "wall s", "CPU s", "CPU µs a row", "peak MB"),
            [
                (part.name, figure(part.wall_s), figure(part.cpu_s), f"{part.cpu_s / rows * 1e6:,.0f}",
                 figure(part.peak_mb, 0))
                for part in (*_shares(*middle), *_alone(stage, rows))
            ],
        ),
        {"rows_per_second": rate, "floor": FLOOR},
    )  # fmt: skip


def _loaded(stage: Stage, rows: int, number: int) -> tuple[Run, tuple[float, float, float, float]]:
    """One run; seconds of CPU of Postgres and sandbox, the sandbox's memory, seconds from first word to closed."""
    mirror = stage.mirror(number)
    postgres, sandbox = server_cpu_s(stage.postmaster), _sandbox(stage)[0]
    run = stage.meltano(mirror, "run", "sync")
    if mirror.query("select count(*) >= %s from customer".replace("%s", str(rows))) != [(True,)]:
        raise Failed("the mirror lacks rows")
    ((seconds,),) = mirror.query(
        "select extract(epoch from finished_at - opened_at)::float8 from _sync_run where status = 'finished'"
    )
    cpu_s, peak_mb = _sandbox(stage)
    return run, (server_cpu_s(stage.postmaster) - postgres, cpu_s - sandbox, peak_mb, float(str(seconds)))


def _shares(run: Run, servers: tuple[float, float, float, float]) -> list[_Part]:
    postgres_s, sandbox_s, sandbox_mb, _ = servers
    programs = [
        ("the tap, discovery included", "tap-quickbooks"),
        ("the loader", "target-postgres"),
        ("Meltano", "meltano"),
        ("`quickbooks check`", "quickbooks"),
    ]
    used = [(label, run.of(name)) for label, name in programs]
    whole_s = sum(usage.cpu_s for _, usage in used) + postgres_s + sandbox_s
    return [
        _Part("**whole run**", run.wall_s, whole_s, 0),
        *(_Part(label, 0, usage.cpu_s, usage.peak_mb) for label, usage in used),
        _Part("Postgres", 0, postgres_s, 0),
        _Part("the sandbox", 0, sandbox_s, sandbox_mb),
    ]


def _alone(stage: Stage, rows: int) -> list[_Part]:
    """The tap into a file, and the loader out of it."""
    records, before = stage.directory / "records.jsonl", _sandbox(stage)[0]
    tap = stage.tap(records)
    sandbox_s = _sandbox(stage)[0] - before
    mirror, postgres = stage.mirror(rows % 1000 + 1000), server_cpu_s(stage.postmaster)
    target = stage.target(mirror, records)
    postgres_s = server_cpu_s(stage.postmaster) - postgres
    records.unlink()
    used_by_tap, used_by_target = tap.of("tap-quickbooks"), target.of("target-postgres")
    return [
        _Part("the tap alone, into a file", tap.wall_s, used_by_tap.cpu_s, used_by_tap.peak_mb),
        _Part("- the sandbox meanwhile", 0, sandbox_s, 0),
        _Part("the loader alone, out of a file", target.wall_s, used_by_target.cpu_s, used_by_target.peak_mb),
        _Part("- Postgres meanwhile", 0, postgres_s, 0),
    ]


def _sandbox(stage: Stage) -> tuple[float, float]:
    used = usage(stage.sandbox.child.process.pid)
    return used.cpu_s, used.peak_mb
