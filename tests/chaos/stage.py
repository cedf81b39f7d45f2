"""Postgres, sandbox, proxy, workers and clients, all of which may be killed and come again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import psycopg
from following.stage import kill_and_start
from quickbooks_demo.books import Books
from quickbooks_demo.child import Child
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.forked import start_forked
from quickbooks_demo.ports import free_port
from quickbooks_demo.postgres import Server

from chaos.client import Order
from chaos.told import Transaction, transactions

_WRITE_TIMEOUT_S = "8"
_WORKERS = ("one", "two")
_OWN = 3  # customers of each client
FAULTS = (
    "reset_before", "reset_after", "cut_after", "timeout_before", "timeout_after", "500_after", "503_after", "503",
    "429", "slow", "html", "expired_token",
)  # fmt: skip


class Programs:
    """The proxy and the workers, each as a command that somebody starts again when it has ended."""

    def __init__(self, books: Books) -> None:
        self._home = books.home
        proxy = {"DATABASE_URL": books.database.login("quickbooks_proxy").url}
        self._port = free_port()
        self._commands: dict[str, tuple[list[str], Mapping[str, str]]] = {
            "proxy": (
                [
                    "quickbooks-proxy",
                    "--listen",
                    f"127.0.0.1:{self._port}",
                    "--write-timeout",
                    _WRITE_TIMEOUT_S,
                ],
                proxy,
            )
        } | {
            name: (["target-quickbooks", "--follow", "--lease", "3", "--threads", "4"], books.environment)
            for name in _WORKERS
        }
        self._running: dict[str, Child] = {}
        self.url = books.database.login("quickbooks_writer").at("127.0.0.1", self._port).url
        self.by_itself: Counter[str] = Counter()

    def keep(self) -> None:
        """Starts what does not run; where Postgres has just gone, a program that starts may have ended."""
        for name in self._commands:
            running = self._running.get(name)
            if running and running.process.poll() is not None and running.process.returncode >= 0:
                self.by_itself[name] += 1
            if running is None or running.process.poll() is not None:
                self._start(name)

    def kill(self, name: str) -> None:
        """As a power cut would."""
        self._running[name].kill()
        self._start(name)

    def kill_a_worker(self, draw: Random) -> None:
        """One of them; the other goes on."""
        self.kill(draw.choice(_WORKERS))

    def stop(self) -> None:
        """In good order."""
        for child in self._running.values():
            child.stop()

    def words(self) -> str:
        """The end of what they have said."""
        return "\n".join(
            line
            for name, child in self._running.items()
            for line in [f"--- {name}", *child.words().splitlines()[-20:]]
        )

    def _start(self, name: str) -> None:
        home = self._home / name
        home.mkdir(exist_ok=True)
        command, settings = self._commands[name]
        variables = {**clean_environment(), **settings}
        self._running[name] = start_forked(command, home, variables)


class Clients:
    """Programs that write, each with a number of transactions to make, whatever happens to it."""

    def __init__(self, books: Books, url: str, seed: int, clients: int, each: int) -> None:
        names = [id for (id,) in books.query("select id from customer where active order by id")]
        ((item,),) = books.query("select id from item where type = 'Service' order by id limit 1")
        self._shared, own = names[:4], names[4:]
        self.own = {f"{seed}-{n}": own[n * _OWN : (n + 1) * _OWN] for n in range(clients)}
        self._home, self._url, self._each, self._item = books.home, url, each, item
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.deaths = 0

    def keep(self) -> bool:
        """Starts those that have died; whether anybody still has something to do."""
        for name in self.own:
            running = self._running.get(name)
            if running and running.poll() is None:
                continue
            begun = len(self._of(name))
            if begun < self._each:
                self.deaths += running is not None
                self._running[name] = self._started(name, begun)
        return any(child.poll() is None for child in self._running.values())

    def kill(self, draw: Random) -> bool:
        """One that is at work."""
        living = [child for child in self._running.values() if child.poll() is None]
        if not living:
            return False
        victim = draw.choice(living)
        victim.kill()
        victim.wait()
        return True

    def stop(self) -> None:
        """All at once."""
        for child in self._running.values():
            child.kill()
            child.wait()

    @property
    def begun(self) -> int:
        """How many transactions they have begun."""
        notes = [self._notes(name) for name in self.own]
        return sum(one.read_text().count('"what": "begin"') for one in notes if one.exists())

    def told(self) -> list[Transaction]:
        """What all of them know."""
        return [one for name in self.own for one in self._of(name)]

    def _of(self, name: str) -> list[Transaction]:
        notes = self._notes(name)
        return transactions(notes.read_text().splitlines()) if notes.exists() else []

    def _notes(self, name: str) -> Path:
        return self._home / f"notes-{name}"

    def _started(self, name: str, begun: int) -> subprocess.Popen[bytes]:
        order = Order(
            self._url, str(self._notes(name)), name, begun, self._each - begun, self.own[name], self._shared,
            self._item.removeprefix("qbk_item"),
        )  # fmt: skip
        variables = {**clean_environment(), "PYTHONPATH": str(Path(__file__).parents[1])}
        with (self._home / f"client-{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "chaos.client", json.dumps(vars(order))], env=variables,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip


class Stage:
    """All of it, and whom to kill."""

    def __init__(self, books: Books, server: Server, seed: int, clients: int, each: int) -> None:
        self.books, self._server = books, server
        self._draw = Random(seed)
        self.programs = Programs(books)
        self.programs.keep()
        self.clients = Clients(books, self.programs.url, seed, clients, each)
        self.troubles: Counter[str] = Counter()

    def trouble(self, kind: str) -> bool:
        """Something goes wrong, unless there is nobody to whom it could happen."""
        happened = True
        match kind:
            case "proxy":
                self.programs.kill("proxy")
            case "worker":
                self.programs.kill_a_worker(self._draw)
            case "client":
                happened = self.clients.kill(self._draw)
            case "connection":
                happened = self._end_connection()
            case "backend":
                happened = self._kill_backend()
            case "Postgres":
                kill_and_start(self._server)
            case "request":
                self._spoil_request()
        self.troubles[kind] += happened
        return happened

    def peace(self) -> None:
        """From now on nothing fails."""
        self.books.sandbox.control("requests")  # forgets the open orders
        self.clients.stop()

    def _end_connection(self) -> bool:
        """One of somebody's: a client's, the proxy's own, a worker's."""
        found = self.books.query(
            "select pg_terminate_backend(pid) from (select pid from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid() and usename <> 'postgres' "
            "order by pid offset %s limit 1) as one",
            self._draw.randrange(8),
        )
        return bool(found)

    def _kill_backend(self) -> bool:
        """The process of a client's connection, at which Postgres throws out everybody and starts anew."""
        found = self.books.query(
            "select pid from pg_stat_activity where usename = 'test_quickbooks_writer' order by random() limit 1"
        )
        for (pid,) in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return bool(found)

    def _spoil_request(self) -> None:
        self.books.sandbox.control(
            "faults",
            kind=self._draw.choice(FAULTS),
            method="POST",
            path="company",
            skip=self._draw.randrange(4),
            delay_s=1,
        )


@contextmanager
def staged(books: Books, server: Server, seed: int, clients: int, each: int) -> Iterator[Stage]:
    """Everything runs, as long as the block lasts."""
    stage = Stage(books, server, seed, clients, each)
    try:
        yield stage
    finally:
        stage.clients.stop()
        stage.programs.stop()


def reachable(books: Books) -> bool:
    """Whether Postgres answers; it may be starting."""
    try:
        books.query("select 1")
    except psycopg.OperationalError:
        return False
    return True
