"""Where a group of messages ends: the Sync, and with it a transaction block of ours."""

from __future__ import annotations

from quickbooks_proxy.bracket import Context
from quickbooks_proxy.messages import SYNC
from quickbooks_proxy.script import Script, helper

_SYNC, _CLOSE = b"SC"


def is_last(behind: bytes) -> bool:
    """Whether nothing but the closing of things stands between here and the Sync."""
    place = 0
    while place + 5 <= len(behind):
        if behind[place] == _SYNC:
            return True
        if behind[place] != _CLOSE:
            return False
        place += 1 + int.from_bytes(behind[place + 1 : place + 5], "big")
    return False


def end_of_group(context: Context) -> Script[None]:
    """A block that was ours ends where the client's implicit transaction ends."""
    yield from context.talk.drain()
    yield from end(context)


def end(context: Context, closing: bytes = b"") -> Script[None]:
    """The Sync, with what has to come before it; `closing` are Closes whose replies are not for the client."""
    talk, owned = context.talk, context.owns_block
    if owned and not talk.ledger.failed and context.debts.owed:
        yield from context.debts.pay(context.pid)
    context.owns_block = False
    if talk.ledger.failed:
        talk.to_server(SYNC)
        yield from talk.ready()
        owned_end = helper("ROLLBACK") if owned else b""
    else:
        owned_end = helper("COMMIT") if owned else b""
    talk.ledger.from_client(_SYNC)
    talk.to_server(closing + owned_end + SYNC)
    while (message := (yield from talk.next())).kind != ord("Z"):
        if message.kind == ord("E"):
            talk.fail(message)
    talk.relay(message)
