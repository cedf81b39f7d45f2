"""What becomes of a run, drawn before it begins: who is killed and when, which requests fail, which state it gets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Any

from following.flow import Phase

LEAST = 5  # of each kind of failure and of kill, and of runs that nobody kills


class Victim(Enum):
    """Whom a kill hits."""

    TAP = "tap"
    LOADER = "loader"
    POSTGRES = "Postgres"


class Given(Enum):
    """Which state a run is given."""

    LAST = "the last state"
    NOTHING = "no state"  # a full refresh
    OLDER = "an older state"  # the newest was lost


# The kinds of failure, and the orders of the sandbox that make one. Longer than a second no order makes anybody wait.
FAULTS: dict[str, tuple[str, ...]] = {
    "429": ("429",),
    "5xx": ("500", "502", "503", "504"),
    "reset": ("reset_before", "reset_after", "cut_after"),
    "expiry": ("expired_token", "401"),
}
_OF_THE_TAP = "minorversion="  # which no request of ours has
_FURTHEST = 4  # requests that an order may let pass
_PHASES = {
    Victim.TAP: (Phase.STARTING, Phase.FLOWING, Phase.FLOWING),
    Victim.LOADER: (Phase.FLOWING, Phase.DRAINING, Phase.DRAINING),
    Victim.POSTGRES: (Phase.FLOWING, Phase.DRAINING, Phase.DRAINING),
}


@dataclass(frozen=True)
class Fate:
    """Of one run. `part`: how much of the phase goes by before the kill. All victims at once are a power cut."""

    given: Given = Given.LAST
    victims: tuple[Victim, ...] = ()
    phase: Phase = Phase.STARTING
    part: float = 0.0

    def __str__(self) -> str:
        who = " and ".join(victim.value for victim in self.victims)
        kill = f", {who} killed {self.part:.0%} into {self.phase.value}" if who else ""
        return f"{self.given.value}{kill}"


def drawn(random: Random, kills: Mapping[str, int], ended: int, power_cuts: float) -> Fate:
    """The next run's: whatever is lacking most often. `power_cuts`: how often all are killed at once."""
    lacking = {one: max(0, LEAST - kills.get(one.value, 0)) for one in Victim}
    given = random.choices((Given.LAST, Given.NOTHING, Given.OLDER), (70, 20, 10))[0]
    if all(lacking.values()) and random.random() < power_cuts:
        return Fate(given, tuple(Victim), Phase.FLOWING, random.random())
    singly: list[Victim | None] = [one for one, times in lacking.items() for _ in range(times)]
    victim = random.choice([*singly, *[None] * (LEAST - ended)] or [None])
    if victim is None:
        return Fate(given)
    return Fate(given, (victim,), random.choice(_PHASES[victim]), random.random())


def orders(random: Random, still_open: Collection[str]) -> list[dict[str, Any]]:
    """Failures for a run: never two ends of the token, since a token that has just been renewed is good."""
    kinds = random.sample(list(FAULTS), random.choice((2, 3)))
    if not set(FAULTS["expiry"]).isdisjoint(still_open):
        kinds = [kind for kind in kinds if kind != "expiry"]
    return [
        {"kind": random.choice(FAULTS[kind]), "match": _OF_THE_TAP, "skip": random.randrange(_FURTHEST)}
        for kind in kinds
    ]
