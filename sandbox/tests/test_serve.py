"""`quickbooks-sandbox serve` as a command: with a directory and without."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
from quickbooks_demo.child import program
from quickbooks_sandbox.process import NotStarted, running
from quickbooks_sandbox.remote import ControlRefused, Remote


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_without_a_directory_nothing_is_left_when_it_ends(tmp_path: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [program("quickbooks-sandbox"), "serve", "--company", "demo"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    words = process.stdout.readline()
    company = Remote(words.split()[-1]).look("health")["company"]

    process.send_signal(number)
    code = process.wait(60)
    process.stdout.close()

    assert (company, code, list(tmp_path.iterdir())) == ("demo", 0, [])


def test_a_directory_keeps_its_company(tmp_path: Path) -> None:
    with running(tmp_path, "empty") as first:
        first.control("generate", object="Customer", count=2)

    with running(tmp_path, "demo") as second:
        health = second.look("health")["company"]
        with pytest.raises(ControlRefused) as refused:
            second.control("generate", object="Customer", count="many")

    assert health == "empty"
    assert "/sandbox/generate answers 400" in str(refused.value)


def test_a_sandbox_that_does_not_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(NotStarted, match="invalid choice: 'acme'"), running(tmp_path, "acme"):
        pass
