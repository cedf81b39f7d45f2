"""Which database a host writes for: its id must stand in the database and in a file beside the host's tokens.

A clone of the database has the file of nobody, or is another database than the one that got the id; it writes nothing
until somebody adopts it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from quickbooks_core.errors import NotConfigured
from quickbooks_core.postgres.statements import Names
from quickbooks_core.settings import Connection


class NotOurs(NotConfigured):
    """The queue of this database is not for this host to write."""

    advice = (
        "Where it is a clone or was restored, `quickbooks queue adopt` lets it write, and what was under way becomes "
        "unknown; where this is one more host for the same queue, `quickbooks queue adopt --join`."
    )


@dataclass(frozen=True)
class State:
    """What the database says of its deployment."""

    deployment_id: str
    is_bound: bool
    is_same: bool


class Deployment:
    """One host and one database."""

    def __init__(self, connection: psycopg.Connection, names: Names, settings: Connection) -> None:
        self._connection = connection
        self._names = names
        self._file = (
            Path(settings.state_dir) / f"deployment-{settings.environment}-{settings.realm_id}-{names.mirror}"
        )

    def require(self) -> str:
        """The deployment's id; binds the first host. Raises NotOurs."""
        state = self._state()
        if not state.is_same:
            raise NotOurs("The database is a copy of the one that its queue belongs to")
        if not state.is_bound:
            # The note first: a host that was stopped between the two would otherwise be a stranger.
            self._note(state.deployment_id)
            self._call("bind_deployment", state.deployment_id)
        noted = self._noted()
        if noted != state.deployment_id:
            words = "has no note of its queue" if not noted else "writes for another database"
            raise NotOurs(f"This host ({self._file}) {words}")
        return state.deployment_id

    def adopt(self) -> tuple[int, int]:
        """Lets this database write, by a new id; how many changes are unknown now, and how many wait."""
        deployment_id, doubtful, waiting = self._call("adopt_queue")
        self._note(deployment_id)
        return doubtful, waiting

    def join(self) -> None:
        """Lets this host write too; raises NotOurs where the database is a copy."""
        state = self._state()
        if not state.is_same:
            raise NotOurs("The database is a copy of the one that its queue belongs to")
        self._note(state.deployment_id)

    def _state(self) -> State:
        return State(*self._call("deployment_state"))

    def _call(self, function: str, *values: str) -> tuple[Any, ...]:
        statement = sql.SQL("SELECT * FROM {}({})").format(
            sql.Identifier(self._names.load, function), sql.SQL(", ").join([sql.Placeholder()] * len(values))
        )
        return self._connection.execute(statement, values).fetchone() or ()

    def _noted(self) -> str:
        try:
            return str(json.loads(self._file.read_text())["deployment"])
        except FileNotFoundError:
            return ""
        except (OSError, ValueError, KeyError) as failure:
            raise NotConfigured(f"{self._file} cannot be used: {failure}") from None

    def _note(self, deployment_id: str) -> None:
        """Whole or not at all: another process may read it meanwhile."""
        draft = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.write_text(json.dumps({"deployment": deployment_id}))
            draft.replace(self._file)
        except OSError as failure:
            raise NotConfigured(f"{self._file} cannot be written: {failure.strerror}") from None
