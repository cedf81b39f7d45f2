"""What clients have asked and were told, from their notes. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Outcome(Enum):
    """What a client knows of its transaction."""

    COMMITTED = "committed"
    ROLLED_BACK = "rolled back"
    LOST = "lost before its COMMIT"
    IN_DOUBT = "lost in its COMMIT"
    SINGLE = "one statement"


@dataclass
class Asked:
    """One statement. Without `tag` and `error` there was no answer. `is_alive`: not rolled back to a savepoint."""

    table: str
    marks: list[str]
    ids: list[str]
    tag: str = ""
    error: str = ""
    words: str = ""
    is_alive: bool = True


@dataclass
class Transaction:
    """One of a client's, in its own words."""

    name: str
    way: str
    lines: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    has_asked_commit: bool = False
    end: str = ""

    @property
    def outcome(self) -> Outcome:
        """What the client knows."""
        if self.way == "single":
            return Outcome.SINGLE
        if self.end in ("committed", "rolled back"):
            return Outcome(self.end)
        return Outcome.IN_DOUBT if self.has_asked_commit or self.way == "implicit" else Outcome.LOST

    def hear(self, line: str, told: dict[str, Any]) -> None:
        """One line of the notes."""
        self.lines.append(line)
        match told["what"]:
            case "ask":
                self.asked.append(Asked(told["table"], told["marks"], told["ids"]))
            case "answer":
                last = self.asked[-1]
                last.tag, last.error = told.get("tag", ""), told.get("error", "")
                last.words = told.get("words", "")
            case "savepoint":
                self._savepoint_at = len(self.asked)
            case "rolled back to":
                for asked in self.asked[self._savepoint_at :]:
                    asked.is_alive = False
            case "commit":
                self.has_asked_commit = True
            case "end":
                self.end = told["how"]

    _savepoint_at: int = 0


def transactions(notes: Iterable[str]) -> list[Transaction]:
    """In the order of their notes; a last line that was cut off counts for nothing."""
    found: dict[str, Transaction] = {}
    for line in notes:
        try:
            told = json.loads(line)
        except ValueError:
            continue
        name = told["tx"]
        if told["what"] == "begin":
            found[name] = Transaction(name, told["way"])
        found[name].hear(line.strip(), told)
    return list(found.values())
