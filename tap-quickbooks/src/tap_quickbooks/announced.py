"""Which columns of a stream the loader has been told of.

The loader spends time on every announced column of every row, whether it has a value or not, and an object has many
that a company never uses. So only columns that have had a value are announced. A landing row holds null in all
others, which is what they would have got.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# Each new announcement costs the loader a batch that is not full.
_MOST = 4


class Announced:
    """The columns of one stream, growing with its rows; the last of a few announcements names all."""

    def __init__(self) -> None:
        self._columns: frozenset[str] = frozenset()
        self._times = 0

    @property
    def anything(self) -> bool:
        """Whether there has been a row."""
        return self._times > 0

    def grown(self, rows: Iterable[Mapping[str, Any]]) -> bool:
        """Whether these rows have a column that the loader does not know."""
        if self._times == _MOST:
            return False
        seen = self._columns.union(*rows)
        if seen == self._columns:
            return False
        self._columns = seen
        self._times += 1
        return True

    def narrowed(self, properties: Mapping[str, Any], always: Iterable[str]) -> dict[str, Any]:
        """The properties to announce now."""
        if self._times in (0, _MOST):
            return dict(properties)
        kept = self._columns.union(always)
        return {name: kind for name, kind in properties.items() if name in kept}
