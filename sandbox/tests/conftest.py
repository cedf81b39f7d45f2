"""What tests of the sandbox share: someone who speaks to it as a client does, and good bodies of every object."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from quickbooks_core.catalog import Entity, by_name
from quickbooks_demo.sandbox import Sandbox

HERE = Path(__file__).parent
_BODIES = json.loads((HERE / "bodies.json").read_text(encoding="utf-8"))


@dataclass
class Client:
    """A client of the sandbox's API with a connection of its own."""

    sandbox: Sandbox
    session: requests.Session
    realm_id: str
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def move(self, company: str) -> None:
        """Speaks to another company from now on, which is fresh."""
        self.sandbox.control("reset", company=company)
        self.sandbox.control("throttle", on=False)
        given = self.sandbox.control("connect")
        self.session.headers["Authorization"] = f"Bearer {given['access_token']}"
        self.realm_id = given["realm_id"]

    def ledger(self) -> dict[str, Decimal]:
        """Account → balance in the home currency, of books that balance in every document."""
        seen = self.sandbox.look("ledger")
        assert (seen["sum"], seen["unbalanced"]) == (0, [])
        return {row["name"]: Decimal(str(row["balance"])) for row in seen["accounts"]}

    def moved_since(self, before: dict[str, Decimal]) -> dict[str, str]:
        """What has moved on the ledger, by account."""
        now, none = self.ledger(), Decimal(0)
        moves = {name: now.get(name, none) - before.get(name, none) for name in before.keys() | now.keys()}
        return {name: f"{amount:.2f}" for name, amount in sorted(moves.items()) if amount}

    def send(self, method: str, path: str, body: Any = None) -> requests.Response:
        """One request below the company's address; a body that is bytes goes as it is."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        address = f"{self.sandbox.url}/v3/company/{self.realm_id}/{path}"
        return self.session.request(method, address, data=data, timeout=60)

    def query(self, statement: str) -> requests.Response:
        """One query, in the address."""
        return self.send("GET", f"query?{urlencode({'query': statement})}")

    def post(self, path: str, body: Any) -> Any:
        """What a request that has to succeed gives."""
        answer = self.send("POST", path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def make(self, name: str, **changes: Any) -> Any:
        """A new document of an object."""
        entity = by_name(name)
        return inner(entity, self.post(entity.resource, {**self.body(name), **changes})[entity.key])

    def read(self, name: str, id: str) -> Any:
        """A document as it is now."""
        entity = by_name(name)
        answer = self.send("GET", f"{entity.resource}/{id}")
        assert answer.status_code == 200, answer.text
        return inner(entity, answer.json()[entity.key])

    def body(self, name: str) -> Any:
        """A good body of an object, with a name that nothing else has."""
        return _filled(_BODIES[name], {"unique": str(next(self.numbers)), **_days()})


def inner(entity: Entity, document: Any) -> Any:
    """A document without what a recurring transaction is wrapped in."""
    return next(iter(document.values())) if entity.wrapped else document


def _filled(value: Any, words: dict[str, str]) -> Any:
    """A value with the words in braces replaced, wherever they stand."""
    if isinstance(value, dict):
        return {key: _filled(inner, words) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, words) for inner in value]
    if isinstance(value, str):
        for word, text in words.items():
            value = value.replace(f"{{{word}}}", text)
    return value


def _days() -> dict[str, str]:
    """Days that cases speak of; a week ago is open to every time zone."""
    today = date.today() - timedelta(days=2)
    return {"today": today.isoformat(), "last_week": (today - timedelta(days=7)).isoformat()}


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    """Someone connected to a fresh demo company, who wants JSON."""
    given = sandbox.control("connect")
    session = requests.Session()
    session.headers.update({"Authorization": f"Bearer {given['access_token']}", "Accept": "application/json"})
    return Client(sandbox, session, given["realm_id"])


@pytest.fixture
def bodies() -> dict[str, Any]:
    """The objects that tests can make, and their bodies before words are filled in."""
    return dict(_BODIES)


@pytest.fixture
def days() -> dict[str, str]:
    """The days that good bodies and cases speak of."""
    return _days()


@pytest.fixture
def filled() -> Any:
    """Fills words in braces into a value."""
    return _filled
