"""What has been answered is on disk: the process may be killed at any moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.sandbox import Sandbox, start_sandbox


def post(sandbox: Sandbox, path: str, body: Any) -> Any:
    sandbox.control("throttle", on=False)
    given = sandbox.control("connect")
    answer = requests.post(
        f"{sandbox.url}/v3/company/{given['realm_id']}/{path}",
        json=body,
        headers={"Authorization": f"Bearer {given['access_token']}", "Accept": "application/json"},
        timeout=10,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_answered_write_its_requestid_and_the_ledger_survive_a_kill(tmp_path: Path) -> None:
    first = start_sandbox(tmp_path, environment=clean_environment())
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": 12.34}
    answers = [post(first, f"payment?requestid=r{place}", body) for place in range(20)]
    ledger = first.look("ledger")

    first.child.kill()
    second = start_sandbox(tmp_path, environment=clean_environment())
    try:
        again = [post(second, f"payment?requestid=r{place}", body) for place in range(20)]

        assert again == answers
        assert second.look("ledger") == ledger
        assert (ledger["sum"], ledger["unbalanced"]) == (0, [])
    finally:
        second.child.stop()
