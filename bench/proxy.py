"""The proxy beside Postgres itself and pgbouncer, by the selects of pgbench.

`python bench/proxy.py [--seconds 5]`: prints a table of transactions a second. A pgbouncer that is not installed
is left out. Measure on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from quickbooks_demo.account import new_shared_directory, server_account
from quickbooks_demo.child import program, start_child
from quickbooks_demo.database import Address, create_database, create_login, grant_migration
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.ports import free_port
from quickbooks_demo.postgres import THROWAWAY, Server
from quickbooks_demo.writing import start_proxy

_PASSWORD = "password-of-the-bench"
_MODES = ("simple", "extended", "prepared")
_CLIENTS = (1, 8)
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="how long each measurement takes")
    seconds = parser.parse_args().seconds
    if not shutil.which("pgbench"):
        raise SystemExit("pgbench is not installed")
    with TemporaryDirectory() as home, ExitStack() as started:
        administrator, places = _places(Path(home), started)
        subprocess.run(["pgbench", "-i", "-q", "-s", "5", administrator.url], check=True, capture_output=True)
        print(f"{'':12}" + "".join(f"{f'{mode} c{n}':>14}" for mode in _MODES for n in _CLIENTS))
        for name, address in places.items():
            rates = [_rate(address, mode, n, seconds) for mode in _MODES for n in _CLIENTS]
            print(f"{name:12}" + "".join(f"{rate:>14.0f}" for rate in rates), flush=True)


def _places(home: Path, started: ExitStack) -> tuple[Address, dict[str, Address]]:
    server = Server(new_shared_directory(server_account()), THROWAWAY)
    started.callback(shutil.rmtree, server.state, ignore_errors=True)
    started.callback(server.stop)
    server.start()
    create_database(Address(server.url()), "bench")
    administrator = Address(server.url()).on("bench")
    migration = grant_migration(administrator, _PASSWORD)
    environment = {**clean_environment(), "DATABASE_URL": migration.url}
    subprocess.run([program("quickbooks"), "migrate"], env=environment, check=True, capture_output=True)
    login = create_login(migration, "bench_proxy", _PASSWORD, "quickbooks_proxy")
    places = {"direct": administrator}
    if shutil.which("pgbouncer"):
        port = started.enter_context(_pgbouncer(home / "pgbouncer", administrator, server.port))
        places["pgbouncer"] = administrator.at("127.0.0.1", port)
    else:
        print("pgbouncer is not installed, and left out")
    places["proxy"] = administrator.at("127.0.0.1", start_proxy(home, login, started))
    return administrator, places


@contextmanager
def _pgbouncer(home: Path, administrator: Address, server_port: int) -> Iterator[int]:
    """In session mode; it knows the superuser's password, as it has to."""
    home.mkdir()
    port, password = free_port(), administrator.url.split(":")[2].split("@")[0]
    (home / "users").write_text(f'"postgres" "{password}"\n')
    (home / "pgbouncer.ini").write_text(
        f"[databases]\nbench = host=127.0.0.1 port={server_port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nauth_type = scram-sha-256\nauth_file = {home / 'users'}\npool_mode = session\n"
        "unix_socket_dir =\nmax_client_conn = 100\ndefault_pool_size = 50\n"
    )
    child = start_child(["pgbouncer", str(home / "pgbouncer.ini")], home, clean_environment())
    try:
        yield port
    finally:
        child.stop()


def _rate(address: Address, mode: str, clients: int, seconds: int) -> float:
    """Transactions a second."""
    ended = subprocess.run(
        ["pgbench", "-S", "-n", "-M", mode, "-c", str(clients), "-T", str(seconds), address.url],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = _TPS.search(ended.stdout)
    return float(found.group(1)) if found else 0.0


if __name__ == "__main__":
    main()
