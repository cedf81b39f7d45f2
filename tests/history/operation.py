"""What somebody does in a history, as a value: comparable, printable, free of Ids.

An object is called by its name in the history (`Invoice#7`). Inside a body `@Invoice#7` stands for its Id,
`@Account=Checking` for the Id of an object the company had before, `@day-3` for the day three days ago.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Actor(Enum):
    """Who does it."""

    CLIENT = "client"  # over the API
    PERSON = "person"  # on QuickBooks' own screens
    CLOCK = "clock"  # time goes by


@dataclass(frozen=True)
class Operation:
    """One thing that happens; `expects` is the code of the refusal, empty where it must succeed."""

    actor: Actor
    verb: str
    entity: str = ""
    name: str = ""
    body: str = ""
    expects: str = ""
    stale: bool = False

    def __str__(self) -> str:
        refused = f" → {self.expects}" if self.expects else ""
        stale = " (stale)" if self.stale else ""
        return (
            f"{self.actor.value} {self.verb} {self.name or self.entity}{stale} {self.body}{refused}".rstrip()
        )
