"""Waiting for something outside this process to become true, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class TooLate(Exception):
    """What was waited for did not happen in time."""


def wait_for(look: Callable[[], T | None], what: str, timeout_s: float = 10, pause_s: float = 0.05) -> T:
    """The first true answer of `look`."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise TooLate(f"{what} did not happen within {timeout_s:g} s")
        time.sleep(pause_s)
