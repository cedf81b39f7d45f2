"""Whether an attempt that failed is made again, and after how long. Pure: values in, values out."""

from __future__ import annotations

from dataclasses import dataclass

from quickbooks_core.errors import Busy, OutcomeUnknown, QuickBooksError, StoreLost, Throttled, Unreachable


@dataclass(frozen=True)
class Patience:
    """How long one kind of trouble is borne."""

    retries: int
    first_s: float = 0.5
    longest_s: float = 60.0


# Throttled: two minutes together, because Intuit counts by the minute. The others: half a minute.
_PATIENCE: dict[type[QuickBooksError], Patience] = {
    Throttled: Patience(8),
    Busy: Patience(6),
    Unreachable: Patience(6),
    StoreLost: Patience(6),
    OutcomeUnknown: Patience(6),
}
# Longer than this nobody waits: it is a monthly allowance, not a rate.
_LONGEST_RETRY_AFTER_S = 300.0


def wait_s(attempt: int, error: QuickBooksError, *, repeatable: bool, chance: float) -> float | None:
    """The pause before the next attempt, or None to give up. `attempt` counts from 0; `chance` is in [0, 1)."""
    patience = _PATIENCE.get(type(error))
    if patience is None or attempt >= patience.retries:
        return None
    if isinstance(error, OutcomeUnknown) and not repeatable:
        return None
    if error.retry_after_s is not None:
        asked = error.retry_after_s
        return asked + chance * patience.first_s if asked <= _LONGEST_RETRY_AFTER_S else None
    return float(min(patience.longest_s, patience.first_s * 2**attempt) * (0.5 + chance / 2))
