"""SIGKILL in the middle of writes that come from several sides: nothing answered is lost, nothing is done twice."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
import requests
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.sandbox import Sandbox, start_sandbox

WRITERS = 4
ANSWERS_BEFORE_THE_KILL = 40
PAYMENT = {"CustomerRef": {"value": "1"}, "TotalAmt": 12.34}


@dataclass
class Writers:
    """Threads that write under requestids of their own until the service is gone."""

    base: str
    token: str
    sent: list[str] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    ticks: Queue[str] = field(default_factory=Queue)

    def write(self, base: str, request_id: str) -> Any:
        """One payment, alone or as the item of a batch."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        path, body = f"payment?requestid={request_id}", dict(PAYMENT)
        if request_id.startswith("batch"):
            item = {"bId": "1", "operation": "create", "Payment": PAYMENT}
            path, body = f"batch?requestid={request_id}", {"BatchItemRequest": [item]}
        answer = requests.post(f"{base}/{path}", json=body, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        given = answer.json()
        return given["Payment"] if "Payment" in given else given["BatchItemResponse"][0]["Payment"]

    def run(self, number: int) -> None:
        """Alternates the two ways; ends with the connection."""
        for place in range(10_000):
            request_id = f"{'batch' if place % 2 else 'alone'}-{number}-{place}"
            self.sent.append(request_id)
            try:
                self.answers[request_id] = self.write(self.base, request_id)
            except requests.RequestException:
                return
            self.ticks.put(request_id)


def connected(sandbox: Sandbox) -> Writers:
    sandbox.control("throttle", on=False)
    given = sandbox.control("connect")
    return Writers(f"{sandbox.url}/v3/company/{given['realm_id']}", given["access_token"])


def payments(writers: Writers, base: str) -> int:
    headers = {"Authorization": f"Bearer {writers.token}", "Accept": "application/json"}
    query = {"query": "select count(*) from Payment"}
    answer = requests.get(f"{base}/query", params=query, headers=headers, timeout=30)
    return int(answer.json()["QueryResponse"]["totalCount"])


@pytest.fixture
def survived(tmp_path: Path) -> Any:
    """What was sent and answered until the kill, and the service that came after it."""
    first = start_sandbox(tmp_path, environment=clean_environment())
    writers = connected(first)
    before = payments(writers, writers.base)
    threads = [threading.Thread(target=writers.run, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for _ in range(ANSWERS_BEFORE_THE_KILL):
        writers.ticks.get(timeout=30)
    first.child.kill()
    for thread in threads:
        thread.join(timeout=30)
    second = start_sandbox(tmp_path, environment=clean_environment())
    second.control("throttle", on=False)
    base = writers.base.replace(first.url, second.url)
    yield writers, second, base, before
    second.child.stop()


def test_what_was_answered_is_there_and_what_was_not_is_done_once_when_sent_again(survived: Any) -> None:
    writers, sandbox, base, before = survived
    unanswered = [request_id for request_id in writers.sent if request_id not in writers.answers]

    found = payments(writers, base)
    again = {request_id: writers.write(base, request_id) for request_id in writers.answers}
    late = [writers.write(base, request_id)["Id"] for request_id in unanswered]

    ids = [answer["Id"] for answer in again.values()] + late
    ledger = sandbox.look("ledger")
    assert again == writers.answers
    assert len(writers.answers) <= found - before <= len(writers.sent)
    assert payments(writers, base) - before == len(writers.sent) == len(set(ids))
    assert (ledger["sum"], ledger["unbalanced"]) == (0, [])
