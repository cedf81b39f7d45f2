"""The fixture for other people's tests, used from outside: a project of its own, in a pytest of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_PROJECT = """
import json
from urllib.request import Request, urlopen


def customers(sandbox):
    given = sandbox.connect()
    address = f"{sandbox.url}/v3/company/{given.realm_id}/query?query=select%20count(*)%20from%20Customer"
    headers = {"Authorization": f"Bearer {given.access_token}", "Accept": "application/json"}
    with urlopen(Request(address, headers=headers)) as answer:
        return json.load(answer)["QueryResponse"]["totalCount"]


def test_a_company_is_there(quickbooks_sandbox):
    before = customers(quickbooks_sandbox)
    quickbooks_sandbox.control("generate", object="Customer", count=3)
    assert (before, customers(quickbooks_sandbox)) == (COUNT, COUNT + 3)


def test_the_next_test_finds_it_fresh(quickbooks_sandbox):
    assert customers(quickbooks_sandbox) == COUNT


def test_what_the_control_plane_cannot_do_is_said(quickbooks_sandbox):
    try:
        quickbooks_sandbox.control("fly")
    except ValueError as error:
        assert "/sandbox/fly answers 404" in str(error)
    else:
        raise AssertionError
"""


def _outcome(project: Path, count: int, configuration: str = "") -> str:
    """The last line of a run of the project's tests, with no plugin but ours."""
    (project / "test_mine.py").write_text(_PROJECT.replace("COUNT", str(count)))
    (project / "pytest.ini").write_text(f"[pytest]\n{configuration}\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        "--basetemp=made",
    ]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    ended = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    return ended.stdout.strip().rpartition("\n")[2].partition(" in ")[0] or ended.stderr


def test_a_project_of_ones_own_gets_a_fresh_company_for_every_test(tmp_path: Path) -> None:
    outcome = _outcome(tmp_path, count=29)

    assert outcome == "3 passed"


def test_a_project_chooses_its_company(tmp_path: Path) -> None:
    outcome = _outcome(tmp_path, count=0, configuration="quickbooks_company = empty")

    assert outcome == "3 passed"


def test_a_company_that_does_not_exist_is_an_error_with_the_names_of_those_that_do(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text("def test_it(quickbooks_sandbox): pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\nquickbooks_company = acme\n")

    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", "--basetemp=made"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert ("invalid choice: 'acme'" in ended.stdout, "demo" in ended.stdout) == (True, True)
