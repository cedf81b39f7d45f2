"""The tap as a command, connected to the sandbox."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from quickbooks_demo.testing import Outcome, run

Message = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """What the tap has written: its messages, and its words for people."""

    outcome: Outcome
    messages: list[Message] = field(default_factory=list)

    @property
    def records(self) -> dict[str, list[dict[str, Any]]]:
        """The records of each stream, in their order."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for message in self.of("RECORD"):
            found[message["stream"]].append(message["record"])
        return dict(found)

    @property
    def words(self) -> list[dict[str, Any]]:
        """What the run says about itself to the database."""
        return self.records.get("_sync_run", [])

    @property
    def critical(self) -> str:
        """The last word to a person."""
        return (
            self.outcome.err.strip().splitlines()[-1].partition("| CRITICAL | tap-quickbooks")[2].strip(" |")
        )

    def of(self, kind: str) -> list[Message]:
        """The messages of a kind."""
        return [message for message in self.messages if message["type"] == kind]


@dataclass(frozen=True)
class Tap:
    """`tap-quickbooks`, with settings in a file as Meltano gives them."""

    home: Path
    settings: dict[str, str]

    def __call__(
        self, *arguments: str, catalog: Any = None, state: Any = None, settings: dict[str, Any] | None = None
    ) -> Said:
        """Runs it to its end."""
        files = {"config": {**self.settings, **(settings or {})}, "catalog": catalog, "state": state}
        options = [part for name, value in files.items() if value for part in self._option(name, value)]
        outcome = run("tap-quickbooks", *options, *arguments, cwd=self.home)
        lines = outcome.out.splitlines() if not arguments else []
        return Said(outcome, [json.loads(line) for line in lines])

    def discovered(self) -> dict[str, Any]:
        """The catalog it offers."""
        offered: dict[str, Any] = json.loads(self("--discover").outcome.out)
        return offered

    def _option(self, name: str, value: Any) -> tuple[str, str]:
        file = self.home / f"{name}.json"
        file.write_text(json.dumps(value))
        return f"--{name}", str(file)


@pytest.fixture
def tap(connected: dict[str, str], tmp_path: Path) -> Tap:
    """The tap with a connection, tokens of its own and no throttle."""
    settings = {name.removeprefix("QUICKBOOKS_").lower(): value for name, value in connected.items()}
    return Tap(tmp_path, {**settings, "throttle": "off"})


def select(
    catalog: dict[str, Any], *streams: str, without: dict[str, set[str]] | None = None
) -> dict[str, Any]:
    """A catalog in which only some streams are selected, and of those not all columns."""
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            name = entry["breadcrumb"][-1] if entry["breadcrumb"] else ""
            left_out = (without or {}).get(stream["tap_stream_id"], set())
            entry["metadata"]["selected"] = stream["tap_stream_id"] in streams and name not in left_out
    return catalog


@pytest.fixture
def selecting(tap: Tap) -> Any:
    """Makes a catalog of the streams named."""
    catalog = tap.discovered()
    return lambda *streams, **more: select(catalog, *streams, **more)
