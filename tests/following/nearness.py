"""How crowded the seconds of a life were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from following.life import Change


def crowded(changes: Iterable[Change]) -> int:
    """How many changes fell into the second of another one of the same row or a linked one."""
    seconds: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        seconds[int(change.at.timestamp())].append(change)
    return sum(
        any(one is not other and one.is_near(other) for other in second)
        for second in seconds.values()
        for one in second
    )
