"""Deletions in a block: QuickBooks brings nothing back, so it is told of them just before the COMMIT.

Until then the rows are gone in the client's own transaction only. What goes back to a savepoint is owed no longer; and
Postgres commits no transaction that still owes something, whatever form its COMMIT has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from quickbooks_core.writing import ClientError

from quickbooks_proxy.asking import Write, Written, verdict
from quickbooks_proxy.crypto import Seal, nonce
from quickbooks_proxy.images import Image
from quickbooks_proxy.messages import FLUSH
from quickbooks_proxy.script import HelperFailed, Script, Talk


@dataclass
class Debts:
    """What the transaction of one session owes, by number."""

    talk: Talk
    seal: Seal
    owed: dict[int, Write] = field(default_factory=dict)

    def take_on(self, pid: int, table: str, images: Sequence[Image], write: Write) -> Script[None]:
        """Lets the rows go; raises HelperFailed where something of the user's holds them."""
        once = nonce()
        proof = self.seal.proof("delete", str(pid), once)
        self.talk.to_server(self.talk.deleting(once, proof, table, [image.id for image in images]) + FLUSH)
        ((number,),) = yield from self.talk.replies()
        self.owed[int(number or 0)] = write

    def pay(self, pid: int) -> Script[bool]:
        """Tells QuickBooks, in the order of the statements; False where the client has been told that it refuses."""
        owed, self.owed = self.owed, {}
        try:
            numbers = yield from self._numbers(pid, paid=False)
            for number in numbers:
                if number in owed and not (yield from self._told(owed[number])):
                    return False
            yield from self._numbers(pid, paid=True)
        except HelperFailed as failed:
            self.talk.fail(failed.message)
            return False
        return True

    def _told(self, write: Write) -> Script[bool]:
        written: Written | ClientError = yield from self.talk.ask(write)
        error = (written, "") if isinstance(written, ClientError) else verdict(written, write.images)
        if error is None:
            return True
        self.talk.to_server(self.talk.failing(*error) + FLUSH)
        try:
            yield from self.talk.replies()
        except HelperFailed as failed:
            self.talk.fail(failed.message)
        return False

    def _numbers(self, pid: int, *, paid: bool) -> Script[list[int]]:
        once = nonce()
        self.talk.to_server(self.talk.owing(once, self.seal.proof("owed", str(pid), once), paid=paid) + FLUSH)
        ((numbers,),) = yield from self.talk.replies()
        return [int(number) for number in (numbers or b"").split()]
