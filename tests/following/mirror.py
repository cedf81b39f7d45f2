"""A mirror that follows the sandbox's company, run after run: what directed tests of following play with."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import requests
from quickbooks_demo.sandbox import Sandbox
from quickbooks_demo.testing import Database, run

from following.comparison import differences
from following.flow import Flow, Programs

_PATIENCE_S = 900


@cache
def discovered() -> str:
    """The tap's catalog; it is the same for every company."""
    return run("tap-quickbooks", "--discover").out


@dataclass
class Mirror:
    """One mirror, its pipeline, and all states that it was given."""

    sandbox: Sandbox
    database: Database
    programs: Programs
    connection: dict[str, str]
    home: Path
    states: list[str] = field(default_factory=lambda: [""])

    def sync(self, state: str | None = None, select: dict[str, Any] | None = None) -> dict[str, Any]:
        """One run; what it says of itself."""
        code, words = self.attempt(state, select)
        assert code == (0, 0), words
        return self.last_run()

    def attempt(self, state: str | None = None, select: dict[str, Any] | None = None) -> tuple[Any, str]:
        """One run, however it ends."""
        self.sandbox.control("requests")
        given = self.states[-1] if state is None else state
        options = ("--catalog", self._catalog(select)) if select else ()
        flow = Flow(self.programs.start_tap(given, *options), self.programs.start_loader())
        for program in (flow.tap, flow.loader):
            program.wait(_PATIENCE_S)
        codes = flow.end()
        self.states += flow.states
        return codes, self.programs.words()

    def last_run(self) -> dict[str, Any]:
        return dict(self.rows("select to_jsonb(r) from _sync_run r order by seen_at desc limit 1")[0][0])

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database.superuser.url, autocommit=True) as admin:
            return admin.execute(statement.encode()).fetchall()

    def rows_of_owner(self, statement: str) -> None:
        """What only the owner could do, and nobody should."""
        with psycopg.connect(self.database.superuser.url) as admin:
            admin.execute("set role quickbooks_owner")
            admin.execute(statement.encode())

    def do(self, statement: str) -> None:
        with psycopg.connect(self.database.login("quickbooks_admin").url, autocommit=True) as admin:
            admin.execute(statement.encode())

    def asked(self) -> list[str]:
        """The requests of the last run, without those for tokens."""
        lines = self.sandbox.look("requests")["requests"]
        return [line["target"] for line in lines if "/oauth2/" not in line["target"]]

    def differences(self) -> list[str]:
        """Where it is not what QuickBooks has."""
        return [str(one) for one in differences(self.sandbox, self.database.superuser.url)]

    def reconcile(self, *arguments: str) -> Any:
        environment: Any = {**self.connection, "DATABASE_URL": self.database.url}
        return run("quickbooks", "reconcile", *arguments, **environment)

    def person(self, action: str, object: str, id: str, **more: Any) -> Any:
        return self.sandbox.control("person", action=action, object=object, id=id, **more)

    def post(self, resource: str, body: dict[str, Any]) -> Any:
        """Another program writes; what QuickBooks answers."""
        given = self.sandbox.connect()
        answer = requests.post(
            f"{self.sandbox.url}/v3/company/{given.realm_id}/{resource}",
            json=body,
            headers={"Authorization": f"Bearer {given.access_token}", "Accept": "application/json"},
            timeout=30,
        )
        assert answer.ok, answer.text
        return answer.json()

    def pay(self, invoice: str, customer: str) -> None:
        """Somebody receives 20 for an invoice."""
        lines = [{"Amount": 20, "LinkedTxn": [{"TxnId": invoice, "TxnType": "Invoice"}]}]
        self.post("payment", {"CustomerRef": {"value": customer}, "TotalAmt": 20, "Line": lines})

    def work(self) -> str:
        """Somebody notes an hour of work; its Id. Of times QuickBooks tells no changes."""
        body = {"NameOf": "Employee", "EmployeeRef": {"value": "55"}, "Hours": 1, "TxnDate": "2026-11-02"}
        return str(self.post("timeactivity", body)["TimeActivity"]["Id"])

    def later(self) -> None:
        """So much later that no run looks at it once more."""
        self.sandbox.control("clock", advance_s=120)

    def _catalog(self, select: dict[str, Any]) -> str:
        """A catalog: table → columns left out."""
        catalog = json.loads(discovered())
        for stream in catalog["streams"]:
            for entry in stream["metadata"]:
                name = entry["breadcrumb"][-1] if entry["breadcrumb"] else ""
                chosen = select.get(stream["tap_stream_id"])
                entry["metadata"]["selected"] = chosen is not None and name not in chosen
        path = self.home / "catalog.json"
        path.write_text(json.dumps(catalog))
        return str(path)
