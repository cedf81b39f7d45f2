"""Runs of the pipeline, one after the other, each with its fate; states are given back as Meltano does."""

from __future__ import annotations

import logging
import signal
from collections import Counter
from dataclasses import dataclass, field
from itertools import takewhile
from random import Random

from quickbooks_demo.sandbox import Sandbox

from following.fates import Fate, Given, Victim
from following.flow import Flow, Hanging, Phase
from following.life import Life
from following.stage import Stage

OPERATIONS = 240  # beside a run
_KILLED = -signal.SIGKILL
_LOGGER = logging.getLogger(__name__)
_NO_TOKEN = "quickbooks connect"  # what the tap says when it has no refresh token that works


class Wrong(AssertionError):
    """A run does not end as it should, or the mirror does not follow."""


@dataclass
class Told:
    """One run, as it is told afterwards; times are the company's."""

    fate: Fate
    began: str
    ended: str
    codes: tuple[int, int]
    states: int
    bytes: int
    killed: tuple[Victim, ...]

    @property
    def is_well(self) -> bool:
        """Both programs ended as they should."""
        return self.codes == (0, 0)

    def __str__(self) -> str:
        unhurt = " (was over before)" if set(self.fate.victims) - set(self.killed) else ""
        return (
            f"{self.began[11:23]} to {self.ended[11:23]}, {self.bytes} bytes, {self.states} states, "
            f"tap {self.codes[0]}, loader {self.codes[1]}: {self.fate}{unhurt}"
        )


@dataclass
class Runs:
    """All of a story's."""

    sandbox: Sandbox
    stage: Stage
    life: Life
    random: Random
    told: list[Told] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    well: int = 0  # runs that nobody killed

    def __post_init__(self) -> None:
        self._states: list[str] = []
        self._usual = {Phase.STARTING: 2.0, Phase.FLOWING: 1.5, Phase.DRAINING: 1.5}

    def perform(self, fate: Fate) -> Told:
        """One run; raises Wrong when it fails though nobody was killed."""
        began = self._now()
        self.life.allow(OPERATIONS, self._usual[Phase.STARTING] + self._usual[Phase.FLOWING])
        flow = self.stage.flow(self._given(fate.given))
        struck = bool(fate.victims) and self._strike(flow, fate)
        try:
            codes = flow.end()
        except Hanging as hanging:
            raise Wrong(f"{hanging}\n{self.stage.programs.words()}") from None
        self.life.catch_up()
        killed = tuple(one for one in fate.victims if struck and _is_dead(codes, one))
        run = Told(fate, began, self._now(), codes, len(flow.states), flow.size, killed)
        self._states += flow.states
        self.told.append(run)
        _LOGGER.info("%s", run)
        self._judge(run, flow)
        return run

    def _now(self) -> str:
        return str(self.sandbox.look("health")["now"])

    def _given(self, given: Given) -> str:
        if given is Given.NOTHING or not self._states:
            return ""
        return self._states[-1] if given is Given.LAST else self.random.choice(self._states)

    def _strike(self, flow: Flow, fate: Fate) -> bool:
        """Whether there was somebody to kill."""
        flow.wait_for(fate.phase, self._usual[fate.phase] * fate.part)
        if flow.over.is_set():
            return False
        kill = {
            Victim.TAP: flow.tap.kill,
            Victim.LOADER: flow.loader.kill,
            Victim.POSTGRES: self.stage.kill_postgres,
        }
        for victim in fate.victims:
            kill[victim]()
        return True

    def _judge(self, run: Told, flow: Flow) -> None:
        if run.killed:
            self.kills.update(victim.value for victim in run.killed)
            return
        if run.is_well:
            self.well += 1
            self._usual = {phase: flow.took(phase) for phase in Phase}
        elif self._has_lost_its_token():
            self.stage.connect(self.sandbox)
        else:
            raise Wrong(f"a run failed by itself\n{self.stage.programs.words()}")

    def _has_lost_its_token(self) -> bool:
        """A tap that is killed between an answer with new tokens and their saving: a person has to connect again."""
        since_it_worked = takewhile(lambda one: not one.is_well, reversed(self.told[:-1]))
        was_killed = any(Victim.TAP in one.killed for one in since_it_worked)
        return was_killed and _NO_TOKEN in self.stage.programs.words()


def _is_dead(codes: tuple[int, int], victim: Victim) -> bool:
    """The kill may have come when the program had just ended; a killed server had not."""
    place = {Victim.TAP: 0, Victim.LOADER: 1}.get(victim)
    return place is None or codes[place] == _KILLED
