"""The two programs that let clients write: the worker behind the queue, and the proxy in front of Postgres."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from quickbooks_demo.child import Child, program, start_child, stop_left_over
from quickbooks_demo.database import Address
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.ports import kept_port
from quickbooks_demo.waiting import wait_for

_WORKER, _PROXY = "target-quickbooks", "quickbooks-proxy"
_LISTENING = "quickbooks-proxy: listening on "
_START_PATIENCE_S = 60


def start_worker(state: Path, worker: Address, connection: Mapping[str, str], started: ExitStack) -> None:
    """Sends what is queued, until the demo ends."""
    environment = {**clean_environment(), **connection, "DATABASE_URL": worker.url}
    child = start_child([program(_WORKER), "--follow"], _home(state, "worker"), environment)
    started.callback(child.stop)


def start_proxy(state: Path, login: Address, started: ExitStack, **environment: str) -> int:
    """Lets clients in, on the port of last time if it is free; the port."""
    home = _home(state, "proxy")
    stop_left_over(home / f"{_PROXY}.pid")  # else its port would not be free, and the address would change
    command = [program(_PROXY), "--listen", f"127.0.0.1:{kept_port(home / 'port')}"]
    child = start_child(command, home, {**clean_environment(), "DATABASE_URL": login.url, **environment})
    started.callback(child.stop)
    wait_for(lambda: _listens(child), "the proxy listens", _START_PATIENCE_S)
    return int(child.words().split(_LISTENING)[1].split()[0].rpartition(":")[2])


def _listens(child: Child) -> bool:
    child.require_alive()
    return _LISTENING in child.words()


def _home(state: Path, name: str) -> Path:
    home = state / name
    home.mkdir(exist_ok=True)
    return home
