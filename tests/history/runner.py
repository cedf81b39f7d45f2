"""Makes a history happen at an address: over the API, and for people and time over the control plane.

Every answer is checked against what the history expects of it; the first that differs ends the run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import requests
from quickbooks_core.catalog import Entity, by_name

from history.operation import Actor, Operation
from history.world import mapped

_PATIENCE_S = 60
_COMPANY_ZONE = ZoneInfo("America/Los_Angeles")
_WRAPPED = "RecurringTransaction"


class Surprise(AssertionError):
    """QuickBooks answered otherwise than the history expects."""

    def __init__(self, operation: Operation, what: str) -> None:
        super().__init__(f"{what}\n  after: {operation}")
        self.operation = operation


@dataclass
class Known:
    """What the runner knows of an object from its last answer."""

    id: str
    sync_token: int
    created: str


@dataclass
class Runner:
    """Somebody with a connection to one company, and a hand on the sandbox's controls."""

    url: str
    session: requests.Session = field(default_factory=requests.Session)
    known: dict[str, Known] = field(default_factory=dict)
    done: int = 0

    def __post_init__(self) -> None:
        self.session.trust_env = False  # a proxy or password for the sandbox is looked for at every request
        given = self.control("connect")
        self.company_url = f"{self.url}/v3/company/{given['realm_id']}"
        self.session.headers.update(
            {"Authorization": f"Bearer {given['access_token']}", "Accept": "application/json"}
        )
        self._today = datetime.fromisoformat(self.look("health")["now"]).astimezone(_COMPANY_ZONE).date()

    def control(self, action: str, **values: Any) -> Any:
        """Tells the control plane something."""
        answer = self.session.post(f"{self.url}/sandbox/{action}", json=values, timeout=_PATIENCE_S)
        answer.raise_for_status()
        return answer.json()

    def look(self, what: str) -> Any:
        """Asks the control plane something."""
        answer = self.session.get(f"{self.url}/sandbox/{what}", timeout=_PATIENCE_S)
        answer.raise_for_status()
        return answer.json()

    def perform(self, operation: Operation) -> None:
        """One operation; raises Surprise where the answer is not the expected one."""
        _ACTORS[operation.actor](self, operation)
        self.done += 1

    def _time(self, operation: Operation) -> None:
        self.control("clock", advance_s=int(operation.verb))

    def _person(self, operation: Operation) -> None:
        known = self.known[operation.name]
        answer = self.session.post(
            f"{self.url}/sandbox/person",
            json={
                "action": operation.verb,
                "object": operation.entity,
                "id": known.id,
                **self._filled(operation.body),
            },
            timeout=_PATIENCE_S,
        )
        _judged(operation, answer, str(answer.json().get("code", "")))
        # A merge rewrites what named the one that went: nobody told us its SyncToken.
        for other in self.known.values() if operation.verb == "merge" else (known,):
            other.sync_token = -1

    def _client(self, operation: Operation) -> None:
        entity = by_name(operation.entity)
        known = self.known.get(operation.name)
        body = self._filled(operation.body)
        if known:
            body = self._addressed(operation, entity, known, body)
        how = {"delete": "?operation=delete", "void": _void_by(entity)}.get(operation.verb, "")
        answer = self.session.post(
            f"{self.company_url}/{entity.resource}{how}", data=json.dumps(body), timeout=_PATIENCE_S
        )
        content = answer.json()
        _judged(operation, answer, _code(content))
        if not operation.expects:
            self._learn(operation, _inner(entity, content[entity.key]))

    def _addressed(self, operation: Operation, entity: Entity, known: Known, body: Any) -> Any:
        """What names the object, and the whole of it for an update of the whole."""
        if operation.name.startswith(_WRAPPED):
            if known.sync_token < 0:  # a merge has rewritten it
                known.sync_token = int(_inner(entity, self.read(entity, known.id))["SyncToken"])
            return {"Invoice": {"Id": known.id, "SyncToken": str(known.sync_token)}}
        if operation.verb == "replace" or known.sync_token < 0:
            before = self.read(entity, known.id)
            if before is not None:
                known.sync_token = int(before["SyncToken"])
            body = {**(before or {}), **body} if operation.verb == "replace" else body
        token = known.sync_token - 1 if operation.stale else known.sync_token
        sparse = {"sparse": True} if operation.verb == "update" or _is_void_update(operation, entity) else {}
        return {**body, "Id": known.id, "SyncToken": str(max(token, 0)), **sparse}

    def read(self, entity: Entity, id: str) -> Any:
        """A document as it is now, or None where there is none."""
        answer = self.session.get(f"{self.company_url}/{entity.resource}/{id}", timeout=_PATIENCE_S)
        return answer.json()[entity.key] if answer.ok else None

    def _learn(self, operation: Operation, document: Any) -> None:
        """Takes in what the answer says, and checks what every answer must say."""
        if operation.verb == "delete":
            if document != {"domain": "QBO", "status": "Deleted", "Id": self.known[operation.name].id}:
                raise Surprise(operation, f"the answer of a deletion: {document}")
            return
        token, created = int(document["SyncToken"]), document["MetaData"]["CreateTime"]
        known = self.known.get(operation.name)
        expected = (known.sync_token + 1, known.created) if known else (0, created)
        if (token, created) != expected:
            raise Surprise(operation, f"SyncToken and CreateTime are {token, created}, not {expected}")
        self.known[operation.name] = Known(document["Id"], token, created)

    def _filled(self, body: str) -> Any:
        return mapped(json.loads(body), self._word) if body else {}

    def _word(self, word: str) -> str:
        if not word.startswith("@"):
            return word
        if word.startswith("@day-"):
            return (self._today - timedelta(days=int(word[5:]))).isoformat()
        name = word[1:]
        if name not in self.known:
            self.known[name] = Known(self._found(name), -1, "")
        return self.known[name].id

    def _found(self, name: str) -> str:
        """The Id of something that the company had before."""
        entity, _, label = name.partition("=")
        statement = f"select Id from {entity} where Name = '{label}'"
        answer = self.session.get(
            f"{self.company_url}/query", params={"query": statement}, timeout=_PATIENCE_S
        )
        rows = answer.json()["QueryResponse"].get(entity, [])
        assert rows, f"the company has no {entity} named {label}, which histories need"
        return str(rows[0]["Id"])


def _void_by(entity: Entity) -> str:
    return "?operation=void" if entity.name == "Invoice" else "?operation=update&include=void"


def _is_void_update(operation: Operation, entity: Entity) -> bool:
    return operation.verb == "void" and entity.name != "Invoice"


def _inner(entity: Entity, content: Any) -> Any:
    """A template is wrapped in the object it will make."""
    if entity.name == _WRAPPED and "status" not in content:
        return next(iter(content.values()))
    return content


def _code(content: Any) -> str:
    return str(content["Fault"]["Error"][0]["code"]) if "Fault" in content else ""


def _judged(operation: Operation, answer: requests.Response, code: str) -> None:
    if (answer.ok, code) != (not operation.expects, operation.expects):
        raise Surprise(operation, f"answered {answer.status_code}: {answer.text}")


_ACTORS = {Actor.CLIENT: Runner._client, Actor.PERSON: Runner._person, Actor.CLOCK: Runner._time}
