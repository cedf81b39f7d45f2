"""A company lives, runs of the pipeline follow it with their failures and kills, and in the end the mirror is right.

Everything is drawn from a seed; the moments at which threads and processes meet are not.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from random import Random

from quickbooks_demo.sandbox import Sandbox

from following.comparison import Difference, differences, left_over
from following.fates import FAULTS, LEAST, Fate, Victim, drawn, orders
from following.life import Life
from following.nearness import crowded
from following.runs import Runs, Wrong
from following.stage import Stage

_LOGGER = logging.getLogger(__name__)
OPERATIONS = 2_000
OBJECTS = 25
IMPORTED = 1_100  # customers: more than a page
_MOST_RUNS = 80
_SHOWN = 20
# With these values CDC says nothing of some changes, so that only a reconciliation finds them.
_SILENT = {"touch_on_balance": "silent", "cdc_merged": "silent"}


@dataclass(frozen=True)
class Counts:
    """What a story consisted of."""

    operations: int
    refused: int
    objects: int
    crowded: int
    faults: dict[str, int]
    kills: dict[str, int]
    well: int
    runs: int

    def __str__(self) -> str:
        faults, kills = (", ".join(f"{n} {what}" for what, n in d.items()) for d in (self.faults, self.kills))
        return (
            f"{self.operations} operations ({self.refused} more refused) on {self.objects} objects, "
            f"{self.crowded / max(self.operations, 1):.0%} in the second of a linked row; failed requests: {faults}; "
            f"killed: {kills}; {self.runs} runs, {self.well} of them unhurt"
        )

    def lacking(self) -> list[str]:
        """What there was too little of."""
        enough = {
            f"{OPERATIONS} operations": self.operations >= OPERATIONS,
            f"{OBJECTS} objects": self.objects >= OBJECTS,
            "a fifth in the second of a linked row": self.crowded * 5 >= self.operations,
            **{f"{LEAST} times {kind}": self.faults.get(kind, 0) >= LEAST for kind in FAULTS},
            **{f"{LEAST} kills of {one.value}": self.kills.get(one.value, 0) >= LEAST for one in Victim},
            f"{LEAST} runs that ended well": self.well >= LEAST,
        }
        return [what for what, is_so in enough.items() if not is_so]


class Story:
    """One seed's. `power_cuts`: how many of the kills hit everybody at once, which makes it shorter."""

    def __init__(self, seed: int, sandbox: Sandbox, stage: Stage, power_cuts: float) -> None:
        self.seed, self.sandbox, self.stage, self._power_cuts = seed, sandbox, stage, power_cuts
        self._random = Random(seed)
        first = int(sandbox.control("generate", object="Customer", count=IMPORTED)["first"])
        listed = sandbox.control("switches", seed=seed)["switches"]
        self.switches = {one["name"]: one["value"] for one in listed if one["value"] != one["values"][0]}
        self._silent = [one["name"] for one in listed if _SILENT.get(one["name"]) == one["value"]]
        self.life = Life(sandbox.url, seed, range(first, first + IMPORTED))
        self.runs = Runs(sandbox, stage, self.life, self._random)

    def follow(self) -> None:
        """Runs with all their failures, until there has been enough of everything; then the life ends."""
        self.life.start()
        try:
            while self.life.is_alive() and (lacking := self.counts().lacking()):
                _LOGGER.info("not yet: %s", ", ".join(lacking))
                if len(self.runs.told) == _MOST_RUNS:
                    raise Wrong(f"after {_MOST_RUNS} runs there are not yet {', '.join(lacking)}")
                self._order_failures()
                self.runs.perform(drawn(self._random, self.runs.kills, self.runs.well, self._power_cuts))
        finally:
            self.life.end()

    def settle(self) -> None:
        """One more run, in peace; a reconciliation where CDC has been silent."""
        self.sandbox.control("requests")  # forgets the open orders
        self.runs.perform(Fate())
        if self._silent and "reconcile" in self.stage.command("--help").out:
            outcome = self.stage.command("reconcile")
            if outcome.code:
                raise Wrong(f"reconcile ended with {outcome.code}: {outcome.out}{outcome.err}")

    def wrong(self) -> list[str]:
        """The first differences between mirror and QuickBooks, with what happened to their rows."""
        mirror = self.stage.database.superuser.url
        found = list(differences(self.sandbox, mirror))
        told = [line for one in found[:_SHOWN] for line in (str(one), *self._happened_to(one))]
        return [*left_over(mirror), *([f"{len(found)} differences"] if found else []), *told]

    def counts(self) -> Counts:
        """Until now."""
        changes = list(self.life.changes)
        return Counts(
            len(changes), self.life.refused, len({one.operation.entity for one in changes}), crowded(changes),
            self._failed(), dict(self.runs.kills), self.runs.well, len(self.runs.told),
        )  # fmt: skip

    def __str__(self) -> str:
        switches = ", ".join(f"{name}={value}" for name, value in sorted(self.switches.items()))
        return "\n".join([f"seed {self.seed}", switches, *map(str, self.runs.told)])

    def _order_failures(self) -> None:
        still_open = [one["kind"] for one in self.sandbox.look("faults")["orders"]]
        for order in orders(self._random, still_open):
            self.sandbox.control("faults", **order)

    def _failed(self) -> dict[str, int]:
        played = self.sandbox.look("faults")["played"]
        return {kind: sum(played.get(one, 0) for one in ones) for kind, ones in FAULTS.items()}

    def _happened_to(self, one: Difference) -> list[str]:
        return [f"    {change}" for change in self.life.changes if change.our_id == one.id]
