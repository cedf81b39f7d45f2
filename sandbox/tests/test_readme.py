"""The README tells of everything that the control plane does, and of nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests
from quickbooks_demo.sandbox import Sandbox

_README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
_OLD_NAMES = {"fail"}  # another word for an action that is told of


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_the_table_of_the_control_plane_is_complete(sandbox: Sandbox, method: str) -> None:
    answer = requests.request(method, f"{sandbox.url}/sandbox/no-such-action", timeout=60)

    told = set(re.findall(rf"^\| `{method} /sandbox/(\w+)` \|", _README, re.MULTILINE))

    assert told == set(answer.json()["error"].removeprefix("there are: ").split(", ")) - _OLD_NAMES


def test_the_table_of_failures_is_complete(sandbox: Sandbox) -> None:
    table = _README.split("### Failures by order")[1].split("```")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]

    told = [word for row in rows for word in re.findall(r"`(\w+)`", row)]

    assert sorted(told) == sorted(sandbox.look("faults")["kinds"])


def test_every_link_leads_to_a_file() -> None:
    targets = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", _README)]

    missing = [target for target in targets if not (Path(__file__).parents[1] / target).exists()]

    assert (missing, len(targets) > 3) == ([], True)
