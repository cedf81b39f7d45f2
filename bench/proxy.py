"""The proxy: reads beside Postgres itself and pgbouncer, by the selects of pgbench; writes beside the API's time."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psycopg
from quickbooks_demo.child import start_child
from quickbooks_demo.database import Address, create_login
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.ports import free_port
from quickbooks_demo.writing import start_proxy
from report import Section, Table, figure
from stage import Failed, Mirror, Stage
from writing import Setting, mirrored, p95, sent_directly

LEAST_SHARE, SHARE_AIM = 0.7, 0.9
MOST_MS, MS_AIM = 40, 20
_MODES = ("simple", "extended", "prepared")
_CLIENTS = (1, 8)
_ALONE, _AT_ONCE = 200, 16
_PASSWORD = "password-of-the-bench"


def measure_reads(stage: Stage, times: int, seconds: int) -> Section:
    """Each way in turn, several times; needs pgbench, and leaves pgbouncer out where it is not installed."""
    if not shutil.which("pgbench"):
        raise Failed("pgbench is not installed (Debian: postgresql-contrib)")
    mirror = stage.mirror(6)
    with ExitStack() as started:
        ways = _ways(stage, mirror, started)
        subprocess.run(
            ["pgbench", "-i", "-q", "-s", "5", mirror.superuser.url], check=True, capture_output=True
        )
        rates = {
            (mode, clients): _medians(ways, mode, clients, times, seconds)
            for mode in _MODES
            for clients in _CLIENTS
        }
    base = "pgbouncer" if "pgbouncer" in ways else "direct"
    shares = {case: rate["proxy"] / rate[base] for case, rate in rates.items()}
    return Section(
        "Reads through the proxy",
        f"Of the selects a second that {base} passes on, the proxy passes on **{min(shares.values()):.2f}** to "
        f"**{max(shares.values()):.2f}** (at least {LEAST_SHARE}, aim {SHARE_AIM}): `pgbench -S`, the median of "
        f"{times} runs of {seconds} s each, in turn.",
        Table(
            ("Protocol, clients", *(f"{way}, a second" for way in ways), f"proxy / {base}"),
            [
                (f"{mode}, {clients}", *(figure(rate[way], 0) for way in ways), figure(shares[mode, clients], 2))
                for (mode, clients), rate in rates.items()
            ],
        ),
        {"least_share": min(shares.values())},
    )  # fmt: skip


def measure_writes(stage: Stage, rows: int) -> Section:
    """An UPDATE by key after the other, then many clients at once; the API's own time is that of a direct update."""
    stage.company(rows)
    mirror = stage.mirror(7)
    setting = Setting(stage, mirror)
    with ExitStack() as started:
        client = started.enter_context(setting.connected())
        with psycopg.connect(mirror.superuser.url, autocommit=True) as connection:
            direct = sent_directly(client)
            ids = mirrored(client, connection, rows)
        started.enter_context(setting.worker())
        writer = create_login(mirror.superuser, "bench_writer", _PASSWORD, "quickbooks_writer")
        address = writer.at("127.0.0.1", _proxy(stage, mirror, started))
        _updates(address, ids[:20])  # everything is warm
        alone = _updates(address, ids[:_ALONE])
        rate = _at_once(address, ids)
    beside_ms = (median(alone) - median(direct)) * 1000
    return Section(
        "Writes through the proxy",
        f"An `UPDATE` by key takes **{beside_ms:.1f} ms** more than the API's own time, in the median of {len(alone)} "
        f"(at most {MOST_MS}, aim {MS_AIM}). {_AT_ONCE} clients at once make **{rate:.0f} writes a second**; "
        "QuickBooks allows eight requests.",
        Table(
            ("What", "median ms", "95 % ms", "a second"),
            [
                ("an update sent directly", figure(median(direct) * 1000), figure(p95(direct) * 1000), ""),
                ("an `UPDATE` through the proxy", figure(median(alone) * 1000), figure(p95(alone) * 1000), ""),
                (f"{_AT_ONCE} clients at once", "", "", figure(rate, 0)),
            ],
        ),
        {"beside_ms": beside_ms, "per_second": rate},
    )  # fmt: skip


def _updates(address: Address, ids: list[str]) -> list[float]:
    """Seconds of each, over one connection."""
    taken = []
    with psycopg.connect(address.url, autocommit=True) as connection:
        for id in ids:
            began = time.perf_counter()
            connection.execute(
                "UPDATE customer SET notes = %s WHERE id = %s", [f"at {time.monotonic_ns()}", id]
            )
            taken.append(time.perf_counter() - began)
    return taken


def _at_once(address: Address, ids: list[str]) -> float:
    """Writes a second of several clients, each with rows of its own."""
    shares = [ids[n::_AT_ONCE] for n in range(_AT_ONCE)]
    began = time.perf_counter()
    with ThreadPoolExecutor(_AT_ONCE) as clients:
        done = sum(len(taken) for taken in clients.map(lambda share: _updates(address, share), shares))
    return done / (time.perf_counter() - began)


def _ways(stage: Stage, mirror: Mirror, started: ExitStack) -> dict[str, Address]:
    """By name: Postgres itself, pgbouncer where there is one, the proxy."""
    ways = {"direct": mirror.superuser}
    if shutil.which("pgbouncer"):
        ways["pgbouncer"] = mirror.superuser.at("127.0.0.1", started.enter_context(_pgbouncer(stage, mirror)))
    ways["proxy"] = mirror.superuser.at("127.0.0.1", _proxy(stage, mirror, started))
    return ways


def _proxy(stage: Stage, mirror: Mirror, started: ExitStack) -> int:
    """Its port."""
    home = Path(started.enter_context(TemporaryDirectory(dir=stage.directory)))
    login = create_login(mirror.superuser, "bench_proxy", _PASSWORD, "quickbooks_proxy")
    return start_proxy(home, login, started)


@contextmanager
def _pgbouncer(stage: Stage, mirror: Mirror) -> Iterator[int]:
    """In session mode; it knows the superuser's password, as it has to."""
    home, port = stage.directory / "pgbouncer", free_port()
    home.mkdir()
    name, password = mirror.superuser.url.split("//")[1].split("@")[0].split(":")
    (home / "users").write_text(f'"{name}" "{password}"\n')
    (home / "pgbouncer.ini").write_text(
        f"[databases]\n{mirror.superuser.database} = host=127.0.0.1 port={stage.server.port}\n[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = scram-sha-256\nauth_file = {home / 'users'}\n"
        "pool_mode = session\nunix_socket_dir =\nmax_client_conn = 100\ndefault_pool_size = 50\n"
    )
    child = start_child(["pgbouncer", str(home / "pgbouncer.ini")], home, clean_environment())
    try:
        yield port
    finally:
        child.stop()


def _medians(ways: dict[str, Address], mode: str, clients: int, times: int, seconds: int) -> dict[str, float]:
    """Selects a second, by way."""
    found: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(times):
        for way, address in ways.items():
            found[way].append(_rate(address, mode, clients, seconds))
    return {way: median(rates) for way, rates in found.items()}


def _rate(address: Address, mode: str, clients: int, seconds: int) -> float:
    ended = subprocess.run(
        ["pgbench", "-S", "-n", "-M", mode, "-c", str(clients), "-T", str(seconds), address.url],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ended.returncode:
        raise Failed(ended.stderr[-2000:])
    return next(float(line.split()[2]) for line in ended.stdout.splitlines() if line.startswith("tps = "))
