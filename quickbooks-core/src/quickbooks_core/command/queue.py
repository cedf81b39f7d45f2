"""`quickbooks queue`: what has become of changes, and what a person decides about them.

A role that may act as quickbooks_owner is needed, because a change holds values of rows.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from quickbooks_core.command.check import require_ready
from quickbooks_core.command.failure import CommandFailed, database_url, mirror_schema
from quickbooks_core.postgres.deployment import Deployment
from quickbooks_core.postgres.statements import Names
from quickbooks_core.settings import Connection

_SHOWN = 20
_STATUSES = ("pending", "sending", "done", "failed", "unknown")
# What is worth a word of what became of the client's transaction.
_FATES = {
    "rolled_back": "(is being undone)",
    "undone": "(undone)",
    "not_undone": "(not undone: {fate_reason})",
}
_RETRIED = {
    "failed": "Change {0} is tried again.",
    "unknown": "Change {0} is looked for in QuickBooks, and sent again only if it is certainly not there.",
}

_MODES = {
    "on": "its plain INSERT, UPDATE and DELETE on the mirror are queued for QuickBooks from now on.",
    "off": "what it changes in the mirror without going through QuickBooks is refused again.",
}


def add_parser(subparsers: Any) -> None:
    """Declares the subcommands."""
    parser = subparsers.add_parser("queue", help="changes on their way to QuickBooks: look, retry, cancel")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    listing = _action(actions, "list", _list, "the newest changes")
    listing.add_argument("--status", choices=_STATUSES, help="only these")
    listing.add_argument("--limit", type=int, default=_SHOWN, help=f"how many (default {_SHOWN})")
    for name, act, words in (
        ("show", _show, "one change with its requests, as JSON"),
        ("retry", _retry, "try again what failed or is unknown"),
        ("cancel", _cancel, "do not send what is pending"),
    ):
        _action(actions, name, act, words).add_argument("numbers", type=int, nargs="+", metavar="NUMBER")
    mode = _action(actions, "mode", _mode, "roles whose plain INSERT, UPDATE and DELETE are queued")
    mode.add_argument("role", nargs="?", help="which one (without it, all are listed)")
    mode.add_argument("state", nargs="?", choices=("on", "off"), help="put it in this mode, or out of it")
    adopting = _action(
        actions, "adopt", _adopt, "let this database write, where it is a copy or was restored"
    )
    adopting.add_argument(
        "--join", action="store_true", help="one more host for the same database; nothing else changes"
    )


def _action(actions: Any, name: str, act: Callable[[argparse.Namespace], None], words: str) -> Any:
    parser = actions.add_parser(name, help=words)
    parser.set_defaults(func=act)
    return parser


@contextmanager
def _owner() -> Iterator[tuple[psycopg.Connection[dict[str, Any]], Names]]:
    names = Names(mirror_schema())
    with psycopg.connect(
        database_url(), connect_timeout=10, autocommit=True, row_factory=dict_row
    ) as connection:
        _act_as_owner(connection, names)
        yield connection, names


def _act_as_owner(connection: psycopg.Connection[Any], names: Names) -> None:
    with psycopg.connect(database_url(), connect_timeout=10) as plain:
        require_ready(plain, names.mirror)
    connection.execute("SET ROLE quickbooks_owner")


def _list(arguments: argparse.Namespace) -> None:
    with _owner() as (connection, names):
        values = {"status": arguments.status, "limit": arguments.limit}
        rows = connection.execute(_statement("queue_list", names), values).fetchall()
    print(f"{'number':>8}  {'asked at':<20}{'status':<12}{'change':<36}what happened")
    for row in rows:
        print(_line(row))


def _line(row: Mapping[str, Any]) -> str:
    change = f"{row['operation']} {row['table_name']} {row['id'] or ''}".strip()
    fate = _FATES.get(row["fate"] or "", "").format_map(row)
    words = f"{row['sqlstate'] or ''} {row['error'] or ''} {fate}".strip()
    moment = f"{row['enqueued_at']:%Y-%m-%d %H:%M:%S}"
    return f"{row['queue_id']:>8}  {moment:<20} {row['status']:<11} {change:<35} {words}".rstrip()


def _show(arguments: argparse.Namespace) -> None:
    with _owner() as (connection, names):
        for number in arguments.numbers:
            row = connection.execute(_statement("queue_show", names), [number]).fetchone()
            if row is None:
                raise CommandFailed(
                    f"there is no change {number}: `quickbooks queue list` shows what there is."
                )
            told = {name: value for name, value in row["change"].items() if value is not None}
            print(json.dumps({**told, "requests": row["requests"] or []}, indent=2, ensure_ascii=False))


def _retry(arguments: argparse.Namespace) -> None:
    for number, found in _each("retry_change", arguments.numbers):
        if found not in _RETRIED:
            raise CommandFailed(f"change {number} is {found}: only what failed or is unknown can be retried.")
        print(_RETRIED[found].format(number))


def _cancel(arguments: argparse.Namespace) -> None:
    for number, found in _each("cancel_change", arguments.numbers):
        if found != "pending":
            raise CommandFailed(f"change {number} is {found}: only what is pending can be cancelled.")
        print(f"Change {number} is not sent.")


def _each(function: str, numbers: list[int]) -> Iterator[tuple[int, str]]:
    """The status that each change had."""
    with _owner() as (connection, names):
        for number in numbers:
            call = sql.SQL("SELECT {}(%s) AS found").format(sql.Identifier(names.load, function))
            row = connection.execute(call, [number]).fetchone() or {}
            if row["found"] is None:
                raise CommandFailed(
                    f"there is no change {number}: `quickbooks queue list` shows what there is."
                )
            yield number, row["found"]


def _mode(arguments: argparse.Namespace) -> None:
    with _owner() as (connection, names):
        if arguments.state is None:
            for row in connection.execute(_statement("queue_modes", names)).fetchall():
                if arguments.role in (None, row["role"]):
                    print(f"{row['role']}: on since {row['set_at']:%Y-%m-%d %H:%M:%S}, by {row['set_by']}")
            return
        call = sql.SQL("SELECT {}(%s, %s) AS changed").format(sql.Identifier(names.load, "set_queue_mode"))
        try:
            connection.execute(call, [arguments.role, arguments.state == "on"])
        except psycopg.errors.UndefinedObject:
            raise CommandFailed(f"there is no role {arguments.role}.") from None
    print(f"{arguments.role}: {_MODES[arguments.state]}")


def _adopt(arguments: argparse.Namespace) -> None:
    settings = Connection.from_environment()
    settings.require("realm_id")
    names = Names(mirror_schema())
    with psycopg.connect(database_url(), connect_timeout=10, autocommit=True) as connection:
        _act_as_owner(connection, names)
        deployment = Deployment(connection, names, settings)
        if arguments.join:
            deployment.join()
            print("This host may write for the queue, beside those that do already.")
            return
        doubtful, waiting = deployment.adopt()
    print(
        f"This database writes from now on, and this host for it. {waiting} changes wait to be sent; "
        f"{doubtful} were under way and are unknown now: `quickbooks queue list --status unknown`."
    )


def _statement(name: str, names: Names) -> sql.Composed:
    text = files(__package__).joinpath("sql", f"{name}.sql").read_text()
    return sql.SQL(text).format(mirror=sql.Identifier(names.mirror))
