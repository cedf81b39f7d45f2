"""Every refusal the sandbox knows, with its whole body, over HTTP.

The cases are tables in `faults/`, each with the evidence it stands on: recorded (an answer of the service),
documented (Intuit's words), uncertain (Intuit's code, our words; or a rule that a switch turns off).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import quickbooks_sandbox
from quickbooks_core.catalog import by_name

TABLES = sorted((Path(__file__).parent / "faults").glob("*.json"))
CASES = [
    pytest.param(case, id=f"{table.stem}: {case['says']}")
    for table in TABLES
    for case in json.loads(table.read_text(encoding="utf-8"))
]

# Of the server itself, and of requestids, batches and change data, which have tests of their own.
ELSEWHERE = {"600", "1040", "2000", "2130", "10000", "10100"}


@pytest.mark.parametrize("case", CASES)
def test_a_refusal_is_worded_as_quickbooks_words_it(client: Any, filled: Any, days: Any, case: Any) -> None:
    arrange(client, case)
    words = dict(days)
    for number, step in enumerate(case.get("first", ()), 1):
        answer = perform(client, filled(step, words))
        assert answer.status_code == 200, answer.text
        words |= marks_of(answer.json(), number)

    answer = perform(client, filled(case, words))

    body = answer.json()
    timed = "time" in body
    assert (answer.status_code, body.get("Fault"), timed) == (
        case.get("status", 400),
        {"Error": filled(case["errors"], words), "type": case.get("type", "ValidationFault")},
        case.get("timed", True),
    )


def test_every_case_says_on_which_evidence_it_stands() -> None:
    evidence = {param.values[0]["evidence"].split()[0].strip(",") for param in CASES}  # type: ignore[index]

    assert evidence == {"recorded", "documented", "uncertain"}


def test_every_code_of_the_sandbox_has_a_case() -> None:
    package = Path(quickbooks_sandbox.__file__).parent
    named = {
        code
        for module in ("faults.py", "refusals.py")
        for code in re.findall(r'"(\d{3,5})"', (package / module).read_text(encoding="utf-8"))
    }
    shown = {error["code"] for param in CASES for error in param.values[0]["errors"]}  # type: ignore[index]

    assert named - shown == ELSEWHERE


def arrange(client: Any, case: Any) -> None:
    """The company, switches, and what only a person can do."""
    if case.get("company", "demo") != "demo":
        client.move(case["company"])
    if "switches" in case:
        client.sandbox.control("switches", **case["switches"])
    for action, given in case.get("person", {}).items():
        client.sandbox.control(action, **given)


def perform(client: Any, step: Any) -> Any:
    """`send` a request as it is, or a `new` object: a good body with a few things `set` or `drop`ped."""
    if "send" in step:
        method, _, path = step["send"].partition(" ")
        return client.send(method, path, step.get("body"))
    body = client.body(step["new"])
    for path in step.get("drop", ()):
        holder, key = place(body, path)
        del holder[key]
    for path, value in step.get("set", {}).items():
        holder, key = place(body, path)
        holder[key] = value
    return client.send("POST", by_name(step["new"]).resource + step.get("query", ""), body)


def place(body: Any, path: str) -> tuple[Any, Any]:
    *steps, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    for step in steps:
        body = body[step]
    return body, last


def marks_of(answer: Any, number: int) -> dict[str, str]:
    """Id and SyncToken of what a step has made, under the step's number."""
    document = next(value for value in answer.values() if isinstance(value, dict))
    return {f"{number}.{key}": str(document.get(key, "")) for key in ("Id", "SyncToken", "DocNumber")}
