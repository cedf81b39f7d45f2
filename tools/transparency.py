"""A developer's check: other people's test suites see no difference between Postgres and the proxy in front of it.

    .venv/bin/python tools/transparency.py regress [--source postgresql-18_18.6.orig.tar.bz2] [--suspect] [test ...]
    .venv/bin/python tools/transparency.py psycopg --source DIRECTORY [--suspect] [file of tests ...]

regress is Postgres' own suite, as Debian has its source; psycopg's is in a checkout of its repository, which should
be of a release, since that release is tested. Each runs on a new server whose database holds a mirror, once direct and
once through a proxy. Ends with 1 where results differ, and with 77 where the suite cannot be had on this machine.

With --suspect, views over the mirror, out of the suite's way, have the names of all tables that the suite writes: the
proxy believes that each of its statements may write the mirror, and tries it out first. What then differs by nature:
xmin and cmin, since savepoints and statements of the proxy count too, and rows of rules, which only the simple protocol
shows.
"""

from __future__ import annotations

import argparse
import difflib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from quickbooks_demo.account import Account, new_shared_directory, server_account
from quickbooks_demo.child import program
from quickbooks_demo.database import Address, create_database, create_login, grant_migration
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.postgres import THROWAWAY, Server
from quickbooks_demo.writing import start_proxy
from transparency_suites import NotHere, Place, Psycopg, Regress

_PASSWORD = "password-of-the-check"
_SCHEMA = {"QUICKBOOKS_SCHEMA": "quickbooks_mirror"}  # not public, where suites make tables of any name
_SHOWN_LINES = 40
_NOT_HERE = 77

Suite = Regress | Psycopg


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("suite", choices=("regress", "psycopg"))
    parser.add_argument("--source", type=Path, help="of the suite; regress gets it from Debian without")
    parser.add_argument("--suspect", action="store_true", help="every statement is tried out first")
    parser.add_argument("tests", nargs="*", help="only these")
    chosen = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="transparency-"))
    try:
        suite = {"regress": Regress, "psycopg": Psycopg}[chosen.suite](work, chosen.source, chosen.tests)
        return compared(chosen.suite, suite, suite.written() if chosen.suspect else set())
    except NotHere as missing:
        print(f"{chosen.suite} cannot be run here: {missing}")
        return _NOT_HERE
    finally:
        shutil.rmtree(work, ignore_errors=True)


def compared(name: str, suite: Suite, suspect: set[str]) -> int:
    """Runs it both ways and prints what differs; 1 where something does."""
    with place(suspect, through_proxy=False) as direct:
        expected = suite.run(direct)
    with place(suspect, through_proxy=True) as proxied:
        found = suite.run(proxied)
    different = [test for test in sorted({*expected, *found}) if expected.get(test) != found.get(test)]
    for test in different:
        print(f"\n{test} differs through the proxy:")
        both = (
            [*outcome.seen.splitlines()] if outcome else []
            for outcome in (expected.get(test), found.get(test))
        )
        print("\n".join([*difflib.unified_diff(*both, "direct", "proxy", lineterm="", n=2)][:_SHOWN_LINES]))
    good = [sum(one.is_good for one in outcomes.values()) for outcomes in (expected, found)]
    print(f"{name}, direct:  {len(expected)} tests, {good[0]} good")
    print(f"{name}, proxied: {len(found)} tests, {good[1]} good")
    print(f"{name}: {len(different)} of {len(expected)} differ {' '.join(different)}".rstrip(), flush=True)
    return 1 if different or not expected else 0


@contextmanager
def place(suspect: set[str], *, through_proxy: bool) -> Iterator[Place]:
    """A new server with a mirror, and where a superuser finds its database."""
    account = server_account()
    home = new_shared_directory(account)
    server = Server(home, THROWAWAY)
    with ExitStack() as started:
        started.callback(shutil.rmtree, home, ignore_errors=True)
        started.callback(server.stop)
        server.start()
        administrator = Address(server.url()).on("regression")
        create_database(Address(server.url()), "regression")
        proxy = _mirrored(administrator)
        _name_views(administrator, suspect)
        if through_proxy:
            port = start_proxy(home, proxy, started, **_SCHEMA)
            administrator = administrator.at("127.0.0.1", port)
        yield Place(administrator, _open_directory(home / "suite", account))


def _mirrored(administrator: Address) -> Address:
    """The login of a proxy for a mirror that is now there."""
    migration = grant_migration(administrator, _PASSWORD)
    environment = {**clean_environment(), **_SCHEMA, "DATABASE_URL": migration.url}
    subprocess.run([program("quickbooks"), "migrate"], env=environment, check=True, capture_output=True)
    return create_login(migration, "check_proxy", _PASSWORD, "quickbooks_proxy")


def _name_views(administrator: Address, names: set[str]) -> None:
    """Views over the mirror with these names, which nobody finds by them."""
    view = sql.SQL("create view quickbooks_names.{} as select id from quickbooks_mirror.customer")
    with psycopg.connect(administrator.url) as connection:
        connection.execute("create schema quickbooks_names")
        for name in sorted(names):
            connection.execute(view.format(sql.Identifier(name)))


def _open_directory(directory: Path, account: Account) -> Path:
    """One in which the server can write too."""
    directory.mkdir()
    account.give(directory)
    return directory


if __name__ == "__main__":
    sys.exit(main())
