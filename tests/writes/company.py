"""A company of the sandbox to which changes are written as the worker will: plan, read if need be, send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quickbooks_core.catalog import Entity
from quickbooks_core.client import Client, open_client
from quickbooks_core.mapping import Row, to_row
from quickbooks_core.settings import Connection
from quickbooks_core.writing import Action, Call, Change, Plan, document_in, encoded, plan, reading
from quickbooks_demo.sandbox import Sandbox


@dataclass(frozen=True)
class Written:
    """What came of a change: the row in the answer, and the row of a read after it."""

    plan: Plan
    answer: dict[str, Any]
    answered: Row
    read: Row


class Company:
    """One company, connected."""

    def __init__(self, sandbox: Sandbox, home: Path, name: str = "demo") -> None:
        sandbox.control("reset", company=name)
        sandbox.control("throttle", on=False)
        settings = {key.removeprefix("QUICKBOOKS_").lower(): v for key, v in sandbox.connection().items()}
        state = {"state_dir": str(home / f"{name}-{settings['realm_id']}"), "throttle": "off"}
        self.name = name
        self.client: Client = open_client(Connection.from_mapping({**settings, **state}))

    def documents(self, entity: Entity) -> list[dict[str, Any]]:
        """All of an object, inactive ones too."""
        active = entity.by_path.get("Active")
        where = " where Active in (true, false)" if active and active.filterable else ""
        return self.client.query(f"select * from {entity.name}{where} maxresults 1000").documents(entity)

    def first(self, entity: Entity) -> Row:
        """Some row of an object."""
        return to_row(entity, self.documents(entity)[0])

    def write(self, change: Change) -> Written:
        """Carries a change out and looks at what came of it."""
        made = plan(change)
        answer = document_in(change.entity, self.send(made))
        assert answer is not None
        row = to_row(change.entity, answer)
        return Written(made, answer, row, self.read(change.entity, row["id"]))

    def send(self, made: Plan) -> Any:
        """Does what a plan says; gives the whole answer."""
        document = None
        if made.needs_document and made.reading:
            document = document_in(made.change.entity, self.ask(made.reading))
        return self.ask(made.call, encoded(made.body(document)))

    def create(self, entity: Entity, values: Mapping[str, Any]) -> Written:
        """A new row."""
        return self.write(Change(entity, Action.CREATE, values))

    def read(self, entity: Entity, id: str) -> Row:
        """A row as QuickBooks has it now."""
        document = document_in(entity, self.ask(reading(entity, id)))
        assert document is not None
        return to_row(entity, document)

    def ask(self, call: Call, body: bytes = b"") -> Any:
        """One request of a plan."""
        if call.method == "GET":
            return self.client.get(call.path, call.params).json()
        return self.client.post(call.path, body, call.params).json()
