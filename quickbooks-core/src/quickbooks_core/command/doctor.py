"""`quickbooks doctor`: checks everything between QuickBooks and the mirror, and says what to do."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from quickbooks_core.client import Client, open_client
from quickbooks_core.command import check
from quickbooks_core.command.failure import CommandFailed, database_url, mirror_schema
from quickbooks_core.errors import QuickBooksError
from quickbooks_core.settings import Connection

_FARTHEST_CLOCK_S = 30


def add_parser(subparsers: Any) -> None:
    """Declares the subcommand."""
    parser = subparsers.add_parser("doctor", help="check settings, connection, API and database")
    parser.set_defaults(func=run)


@dataclass
class _Patient:
    connection: Connection | None = None
    client: Client | None = None


@dataclass(frozen=True)
class _Check:
    name: str
    look: Callable[[_Patient], str]
    needs: tuple[str, ...] = ()


def run(arguments: argparse.Namespace) -> None:
    """Prints a line for each check; raises CommandFailed if one failed."""
    del arguments
    patient, failed = _Patient(), set[str]()
    try:
        for item in _CHECKS:
            print(_line(item, patient, failed), flush=True)
    finally:
        if patient.client:
            patient.client.close()
    if failed:
        raise CommandFailed(f"not all is well: {', '.join(c.name for c in _CHECKS if c.name in failed)}")


def _line(item: _Check, patient: _Patient, failed: set[str]) -> str:
    if missing := [name for name in item.needs if name in failed]:
        failed.add(item.name)
        return f"{'skipped':<8}{item.name:<10}needs {missing[0]}"
    try:
        return f"{'ok':<8}{item.name:<10}{item.look(patient)}"
    except (QuickBooksError, CommandFailed) as failure:
        words = str(failure)
    except psycopg.OperationalError as failure:
        words = f"{str(failure).strip().splitlines()[0]}. Check DATABASE_URL."
    failed.add(item.name)
    return f"{'failed':<8}{item.name:<10}{words}"


def _settings(patient: _Patient) -> str:
    connection = Connection.from_environment()
    connection.require("client_id", "client_secret", "realm_id")
    patient.connection = connection
    return f"company {connection.realm_id} ({connection.environment}) at {connection.api_url}"


def _tokens(patient: _Patient) -> str:
    assert patient.connection
    patient.client = open_client(patient.connection)
    patient.client.tokens.access_token()
    days = (patient.client.tokens.refresh_until() - time.time()) / 86400
    return f"valid; without any use, connect again in {days:.0f} days"


def _api(patient: _Patient) -> str:
    assert patient.client
    assert patient.connection
    answer = patient.client.get(f"companyinfo/{patient.connection.realm_id}")
    name = answer.json().get("CompanyInfo", {}).get("CompanyName", "a company without a name")
    apart_s = abs((datetime.now(UTC) - answer.time).total_seconds())
    if apart_s > _FARTHEST_CLOCK_S:
        return f"{name}; but this machine's clock is {apart_s:.0f} s away from QuickBooks'"
    return str(name)


def _database(patient: _Patient) -> str:
    del patient
    with psycopg.connect(database_url(), connect_timeout=10) as connection:
        return f"{connection.info.dbname}, Postgres {connection.info.server_version // 10000}"


def _mirror(patient: _Patient) -> str:
    del patient
    with psycopg.connect(database_url(), connect_timeout=10) as connection:
        check.require_ready(connection, mirror_schema())
    return f"schema {mirror_schema()} is migrated and holds this company or none yet"


_CHECKS = (
    _Check("settings", _settings),
    _Check("tokens", _tokens, ("settings",)),
    _Check("api", _api, ("tokens",)),
    _Check("database", _database),
    _Check("mirror", _mirror, ("database",)),
)
