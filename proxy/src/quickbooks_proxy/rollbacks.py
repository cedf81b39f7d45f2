"""A client that rolls back is told what could not be undone in QuickBooks, where that is known within a short while."""

from __future__ import annotations

from collections.abc import Sequence

from quickbooks_proxy.asking import Ended, Undone
from quickbooks_proxy.lexer import Unclear, tokens
from quickbooks_proxy.messages import FLUSH
from quickbooks_proxy.script import HelperFailed, Script, Talk

_ROLLBACKS = ("ROLLBACK", "ABORT")
_SHOWN = 10


class Stakes:
    """The changes of the client's open transaction, by number."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._numbers: list[int] = []
        self._transactions = 0

    @property
    def numbers(self) -> Sequence[int]:
        """None once the transaction has ended."""
        if self._transactions != self._talk.ledger.transactions:
            self._transactions, self._numbers = self._talk.ledger.transactions, []
        return self._numbers

    def add(self, ends: Sequence[Ended]) -> None:
        """These have been asked for in it."""
        self._numbers = [*self.numbers, *(end.number for end in ends)]

    def told(self, *, is_whole: bool) -> Script[None]:
        """A warning of what the rollback leaves in QuickBooks; `is_whole`: not only to a savepoint."""
        left: list[Ended] = yield from self._talk.ask(Undone(self.numbers, is_whole))
        if not left:
            return
        words = f"[QuickBooks] {len(left)} of {len(self.numbers)} changes could not be undone in QuickBooks"
        detail = "; ".join(f"_sync_queue {end.number}, {end.id}: {end.fate_reason}" for end in left[:_SHOWN])
        self._talk.to_server(self._talk.telling(words, f"{detail}.", is_warning=True) + FLUSH)
        try:
            yield from self._talk.told()
        except HelperFailed as failed:
            self._talk.fail(failed.message)


def rolls_back(text: str) -> tuple[bool, bool]:
    """Whether a statement rolls back, and whether the whole transaction."""
    try:
        words = [token.word for token in tokens(text)]
    except Unclear:
        return False, False
    return bool(words) and words[0] in _ROLLBACKS and words[1:2] != ["PREPARED"], "TO" not in words
