"""What the server owes the client, and in which state the transaction is, from the kinds of messages alone. Pure."""

from __future__ import annotations

from collections import deque

# Each message of the extended protocol is answered by exactly one of these kinds, and an error answers all that follow.
ANSWERED = frozenset(b"PBDEC")
ANSWERS = frozenset(b"123TnCIs")
_BEGINS = (b"BEGIN", b"START TRANSACTION")
_ENDS = (b"COMMIT", b"PREPARE TRANSACTION")


class Ledger:
    """One session. `status` is what the last ReadyForQuery said, corrected by what has ended since."""

    def __init__(self) -> None:
        self.status = b"I"
        self.failed = False
        self.is_copying_in = False
        self.has_executed = False
        self.unsure = False
        self.transactions = 0  # how many have ended
        self.owed: deque[int] = deque([ord("S")])  # the first comes without being asked for
        self._sent = 0
        self._answered = 0

    def from_client(self, kind: int) -> None:
        """A message goes to the server."""
        if kind in ANSWERED:
            self._sent += 1
            if kind == 69:  # Execute
                self.has_executed = True
        elif kind == 83:  # Sync, which a server that is copying in ignores
            if not self.is_copying_in:
                self._owe(kind)
        elif kind in b"QF":
            self._owe(kind)
        elif kind in b"cf":
            self.is_copying_in = False

    def _owe(self, kind: int) -> None:
        self.owed.append(kind)
        self._sent = 0
        self.has_executed = False

    def from_server(self, kind: int, data: bytes, start: int, end: int) -> None:
        """A message comes from the server."""
        if kind == 90:  # ReadyForQuery
            if self.owed:
                self.owed.popleft()
            self.status = data[start + 5 : end]
            self.transactions += self.status == b"I"
            self.failed = self.unsure = self.is_copying_in = False
            self._answered = 0
        elif kind == 69:  # ErrorResponse
            self.failed = not self.owed
            self.is_copying_in = False
        elif kind == 71:  # CopyInResponse: a Sync that is on its way will be ignored
            while self.owed and self.owed[0] == 83:
                self.owed.popleft()
            self.is_copying_in = True
        elif kind in ANSWERS and not self.owed:
            self._answered += 1
            if kind == 67:  # CommandComplete
                self._completed(data[start + 5 : end - 1])

    def _completed(self, tag: bytes) -> None:
        """A statement of a group that is not yet synced."""
        if tag in _BEGINS:
            self.status = b"T"
        elif tag in _ENDS:
            self.status, self.unsure = b"I", True  # or it was AND CHAIN
        elif tag == b"ROLLBACK" and self.status != b"I":
            self.unsure = True  # of the transaction, or to a savepoint

    @property
    def is_settled(self) -> bool:
        """Whether the server has answered all that it will answer without a further Sync."""
        return not self.owed and (self.failed or self._answered >= self._sent)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way at all."""
        return not self.owed and self._sent == 0
