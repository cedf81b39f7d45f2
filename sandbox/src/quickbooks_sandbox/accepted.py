"""Properties that the service's schema has and the catalogue does not: accepted, and not kept.

Whoever sends one of them is not refused (clients send whole objects); a name that stands in neither place is
invalid. The names themselves stand in accepted.txt, one object a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

_NONE: frozenset[str] = frozenset()


def is_accepted(key: str, name: str) -> bool:
    """Whether an object, by the key of its envelope, takes a property that it does not keep."""
    return name in _accepted().get(key, _NONE)


@cache
def _accepted() -> dict[str, frozenset[str]]:
    text = files("quickbooks_sandbox").joinpath("accepted.txt").read_text(encoding="utf-8")
    return dict(_lines(text))


def _lines(text: str) -> Iterator[tuple[str, frozenset[str]]]:
    for line in text.splitlines():
        key, _, names = line.partition(":")
        yield key, frozenset(names.split())
