"""One run of the pipeline: the tap's output goes through us to the loader, as it goes through Meltano.

Both are processes that can be killed, and every state is kept as soon as the loader has told it, whatever becomes
of the run. What the tap does and what a state means is not known here.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import IO, Any

from quickbooks_demo.environment import clean_environment
from quickbooks_demo.forked import Forked, Start
from ruamel.yaml import YAML

PATIENCE_S = 120
_CHUNK = 1 << 16


class Phase(Enum):
    """How far a run has come."""

    STARTING = "starting"  # nothing has been written yet
    FLOWING = "flowing"  # the tap writes
    DRAINING = "draining"  # the tap has ended, the loader has not


class Hanging(AssertionError):
    """A run does not end."""


@dataclass(frozen=True)
class Programs:
    """Tap and loader, with the settings that Meltano would give them."""

    home: Path

    def connect(self, connection: Mapping[str, str]) -> None:
        """Tells the tap which company it reads."""
        given = {name.removeprefix("QUICKBOOKS_").lower(): value for name, value in connection.items()}
        self._settings("tap").write_text(json.dumps({**given, "throttle": "off"}))

    def load(self, settings: Mapping[str, Any]) -> None:
        """Tells the loader where to."""
        self._settings("loader").write_text(json.dumps(settings))

    def start_tap(self, state: str, *options: str) -> Forked:
        """The tap, with the state that it finds."""
        given: list[str] = []
        if state:
            (self.home / "state.json").write_text(state)
            given = ["--state", str(self.home / "state.json")]
        return self._start("tap", "tap-quickbooks", *given, *options)

    def start_loader(self) -> Forked:
        """The loader."""
        return self._start("loader", "target-postgres")

    def words(self) -> str:
        """The last words of both."""
        logs = {name: self.home / f"{name}.log" for name in ("tap", "loader")}
        return "\n".join(f"{name}: {log.read_text(errors='replace')[-3000:]}" for name, log in logs.items())

    def _settings(self, name: str) -> Path:
        return self.home / f"{name}.json"

    def _start(self, name: str, program: str, *options: str) -> Forked:
        log = self.home / f"{name}.log"
        log.write_bytes(b"")
        command = [program, "--config", str(self._settings(name)), *options]
        return Forked(Start(command, clean_environment(), self.home, None, log, is_fed=name == "loader"))


def new_programs(checkout: Path, home: Path, connection: Mapping[str, str], loader_url: str) -> Programs:
    """With the loader's settings from the checkout's `meltano.yml`."""
    programs = Programs(home)
    programs.connect(connection)
    programs.load({**_loader_settings(checkout), "sqlalchemy_url": loader_url})
    return programs


def _loader_settings(checkout: Path) -> dict[str, Any]:
    plugins = YAML(typ="safe").load(checkout / "meltano.yml")["plugins"]
    settings = next(
        loader["settings"] for loader in plugins["loaders"] if loader["name"] == "target-postgres"
    )
    return {one["name"]: one["value"] for one in settings if "value" in one}


@dataclass
class Flow:
    """Tap and loader at work."""

    tap: Forked
    loader: Forked
    fatal: bytes = b""  # before a line with this the tap is killed
    states: list[str] = field(default_factory=list)
    size: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._begun = {phase: threading.Event() for phase in Phase}
        self._reached: dict[Phase, float] = {}
        self._ended = 0.0
        self._reach(Phase.STARTING)
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._relay, self._listen)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, phase: Phase, delay_s: float) -> None:
        """Until so long after a phase has begun, or until the run is over."""
        self._begun[phase].wait(PATIENCE_S)
        self.over.wait(delay_s)

    def end(self) -> tuple[int, int]:
        """The exit codes of tap and loader; raises Hanging."""
        deadline = time.monotonic() + PATIENCE_S
        try:
            codes = [program.wait(max(0, deadline - time.monotonic())) for program in (self.tap, self.loader)]
            for thread in self._threads:
                thread.join(PATIENCE_S)
            return codes[0], codes[1]
        except TimeoutError:
            raise Hanging(f"{'the tap' if self.tap.poll() is None else 'the loader'} does not end") from None
        finally:
            self.tap.kill()
            self.loader.kill()

    def took(self, phase: Phase) -> float:
        """How long a phase was, in a run that is over."""
        begun, ended = self._reached[phase], [*self._reached.values(), self._ended]
        return min(moment for moment in ended if moment > begun) - begun

    def _reach(self, phase: Phase) -> None:
        self._reached[phase] = time.monotonic()
        self._begun[phase].set()

    def _relay(self) -> None:
        """From the tap to the loader; each learns of the other's end by the pipe that breaks."""
        with _pipe(self.tap.stdout) as source, suppress(BrokenPipeError), _pipe(self.loader.stdin) as sink:
            for chunk in self._chunks(source):
                if not self.size:
                    self._reach(Phase.FLOWING)
                self.size += len(chunk)
                sink.write(chunk)
                sink.flush()
        for phase in (Phase.FLOWING, Phase.DRAINING):
            if phase not in self._reached:
                self._reach(phase)

    def _chunks(self, source: IO[Any]) -> Iterator[bytes]:
        """What the tap writes, as it comes, or line by line up to the one that it does not survive."""
        if not self.fatal:
            yield from iter(lambda: os.read(source.fileno(), _CHUNK), b"")
        for line in source:
            if self.fatal in line:
                self.tap.kill()
                return
            yield line

    def _listen(self) -> None:
        """A killed loader may leave half a line, which is no state."""
        with _pipe(self.loader.stdout) as told:
            self.states.extend(line.decode() for line in told if line.endswith(b"\n"))
        self._ended = time.monotonic()
        self.over.set()


def _pipe(given: IO[Any] | None) -> IO[Any]:
    assert given  # they were started with pipes
    return given
