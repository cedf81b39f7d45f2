"""The parts that are measured, set up as a user has them: a durable Postgres, a sandbox, the real pipeline."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from processes import Usage, Watch
from quickbooks_demo.account import new_shared_directory, server_account
from quickbooks_demo.child import program
from quickbooks_demo.database import (
    Address,
    create_database,
    create_login,
    drop_database,
    grant_migration,
)
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.pipeline import Pipeline, loader_url, new_project
from quickbooks_demo.postgres import Server
from quickbooks_demo.sandbox import Sandbox, start_sandbox

CHECKOUT = Path(__file__).resolve().parents[1]
_PASSWORD = "password-of-the-bench"
_TAP = CHECKOUT / ".meltano/extractors/tap-quickbooks/venv/bin/tap-quickbooks"
# Python compiles every module anew at every start where this is set, which no user's machine does.
_UNUSUAL = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")


class Failed(Exception):
    """A program that was to be measured did not work; the message has its last words."""


@dataclass(frozen=True)
class Run:
    """One program's run: how long, and what it and the programs below it used, by name."""

    wall_s: float
    watch: Watch

    def of(self, name: str) -> Usage:
        """CPU and memory of one of them."""
        return self.watch.of(name)


@dataclass(frozen=True)
class Mirror:
    """A migrated, empty database and a pipeline that fills it."""

    superuser: Address
    pipeline: Pipeline

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """What stands in it."""
        return [tuple(row) for row in self.superuser.query(statement)]


class Stage:
    """Everything that is measured, in temporary directories; `close` stops and removes it."""

    def __init__(self) -> None:
        for name in _UNUSUAL:
            os.environ.pop(name, None)
        self._stack = ExitStack()
        self.directory = Path(tempfile.mkdtemp(prefix="quickbooks-bench-"))
        self._stack.callback(shutil.rmtree, self.directory, ignore_errors=True)
        home = new_shared_directory(server_account())
        self._stack.callback(shutil.rmtree, home, ignore_errors=True)
        self.server = Server(home)
        self._stack.callback(self.server.stop)
        self.server.start()
        self.sandbox = self.new_sandbox()
        self.customers = 0

    def close(self) -> None:
        """Ends what was started, whatever happened meanwhile."""
        self._stack.close()

    @property
    def postmaster(self) -> int:
        """The database server's process."""
        return int((self.server.data / "postmaster.pid").read_text().split()[0])

    def new_sandbox(self) -> Sandbox:
        """The sandbox on its saved company; one that runs is stopped first."""
        self.sandbox = self._started("sandbox")
        return self.sandbox

    def beside(self, company: str) -> Sandbox:
        """A second sandbox, with a company of its own."""
        sandbox = self._started(company)
        sandbox.control("reset", company=company)
        sandbox.control("throttle", on=False)
        return sandbox

    def _started(self, name: str) -> Sandbox:
        sandbox = start_sandbox(self.directory / name, environment=clean_environment())
        self._stack.callback(sandbox.child.stop)
        return sandbox

    def company(self, customers: int, *, latency_ms: int = 0, throttle: bool = False) -> None:
        """The demo company with so many more customers, in the sandbox."""
        self.sandbox.control("reset")
        self.sandbox.control("generate", object="Customer", count=customers)
        self.customers = customers
        self.sandbox.control("latency", ms=latency_ms)
        self.sandbox.control("throttle", on=throttle)

    def mirror(self, number: int, sandbox: Sandbox | None = None) -> Mirror:
        """A new database of its own, for the company of the sandbox or of another."""
        administrator, name = Address(self.server.url()), f"bench_{number}"
        drop_database(administrator, name)
        create_database(administrator, name)
        superuser = administrator.on(name)
        migration = grant_migration(superuser, _PASSWORD)
        _require(
            subprocess.run(
                [program("quickbooks"), "migrate"],
                env={**clean_environment(), "DATABASE_URL": migration.url},
                capture_output=True,
                text=True,
                check=False,
            )
        )
        loader = create_login(migration, "bench_loader", _PASSWORD, "quickbooks_loader")
        home = self.directory / secrets.token_hex(4)
        return Mirror(
            superuser,
            Pipeline(
                new_project(CHECKOUT, home / "meltano"),
                {
                    **(sandbox or self.sandbox).connection(),
                    "QUICKBOOKS_STATE_DIR": str(home / "tokens"),
                    "QUICKBOOKS_THROTTLE": "off",
                    "DATABASE_URL": migration.url,
                    "TARGET_POSTGRES_SQLALCHEMY_URL": loader_url(loader.url),
                },
            ),
        )

    def meltano(self, mirror: Mirror, *arguments: str) -> Run:
        """`meltano ...`, watched."""
        began = time.monotonic()
        child = mirror.pipeline.start(*arguments)
        with Watch(child.process.pid) as watch:
            child.process.wait()
        wall_s = time.monotonic() - began
        words = child.words()
        child.stop()
        if child.process.returncode:
            raise Failed(words[-4000:])
        return Run(wall_s, watch)

    def tap(self, out: Path, **settings: object) -> Run:
        """The tap alone, out of the environment that Meltano installed, into a file."""
        home = Path(tempfile.mkdtemp(dir=self.directory))
        given: Mapping[str, object] = {
            **{
                name.removeprefix("QUICKBOOKS_").lower(): value
                for name, value in self.sandbox.connection().items()
            },
            "state_dir": str(home / "tokens"),
            "throttle": "off",
            **settings,
        }
        config = home / "config.json"
        config.write_text(json.dumps(given))
        began = time.monotonic()
        with out.open("wb") as records, (home / "log").open("wb") as log:
            process = subprocess.Popen(
                [_TAP, "--config", config], stdout=records, stderr=log, env=clean_environment()
            )
            with Watch(process.pid) as watch:
                process.wait()
        if process.returncode:
            raise Failed((home / "log").read_text()[-4000:])
        return Run(time.monotonic() - began, watch)

    def target(self, mirror: Mirror, records: Path) -> Run:
        """The loader alone, with Meltano's settings, out of a file."""
        began = time.monotonic()
        with records.open("rb") as singer, (self.directory / "target.log").open("w+b") as log:
            process = subprocess.Popen(
                [program("meltano"), "--log-level=warning", "invoke", "--no-install", "target-postgres"],
                stdin=singer,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=mirror.pipeline.project,
                env={
                    **clean_environment(),
                    **mirror.pipeline.environment,
                    "MELTANO_PROJECT_ROOT": str(mirror.pipeline.project),
                },
            )
            with Watch(process.pid) as watch:
                process.wait()
            wall_s = time.monotonic() - began
            if process.returncode:
                log.seek(0)
                raise Failed(log.read().decode()[-4000:])
        return Run(wall_s, watch)


def _require(ended: subprocess.CompletedProcess[str]) -> None:
    if ended.returncode:
        raise Failed(ended.stderr)
