"""`quickbooks doctor`: checks everything between QuickBooks and the mirror, and says what to do."""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import psycopg

from quickbooks_core.client import Client, open_client
from quickbooks_core.command import doctor_database
from quickbooks_core.command.failure import CommandFailed
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
    apart_s: float = 0.0  # how far this machine's clock is ahead of QuickBooks'


@dataclass(frozen=True)
class _Check:
    name: str
    look: Callable[[_Patient], str]
    needs: tuple[str, ...] = ()
    database: str = "DATABASE_URL"


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
    except psycopg.Error as failure:
        words = f"{str(failure).strip().splitlines()[0]}. Check {item.database} and what its role may do."
    failed.add(item.name)
    return f"{'failed':<8}{item.name:<10}{words}"


def _versions(patient: _Patient) -> str:
    del patient
    return f"quickbooks-core {version('quickbooks-core')}, Python {platform.python_version()}"


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
    patient.apart_s = (datetime.now(UTC) - answer.time).total_seconds()
    return str(answer.json().get("CompanyInfo", {}).get("CompanyName", "a company without a name"))


def _clock(patient: _Patient) -> str:
    """Requests are spaced by this clock, which every machine of the company has to share."""
    apart_s = abs(patient.apart_s)
    if apart_s > _FARTHEST_CLOCK_S:
        way = "ahead of" if patient.apart_s > 0 else "behind"
        raise CommandFailed(f"this machine's clock is {apart_s:.0f} s {way} QuickBooks': set it, by NTP")
    return f"within {_FARTHEST_CLOCK_S} s of QuickBooks'"


def _of_the_database(look: Callable[[], str]) -> Callable[[_Patient], str]:
    return lambda _patient: look()


_CHECKS = (
    _Check("versions", _versions),
    _Check("settings", _settings),
    _Check("tokens", _tokens, ("settings",)),
    _Check("api", _api, ("tokens",)),
    _Check("clock", _clock, ("api",)),
    _Check("database", _of_the_database(doctor_database.look_at_server)),
    _Check("pooler", _of_the_database(doctor_database.look_at_pooler), ("database",)),
    _Check("mirror", _of_the_database(doctor_database.look_at_mirror), ("database",)),
    _Check("grants", _of_the_database(doctor_database.look_at_grants), ("mirror",)),
    _Check(
        "loader", _of_the_database(doctor_database.look_at_loader), ("mirror",), doctor_database.LOADER_URL
    ),
)
