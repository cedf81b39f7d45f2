"""Postgres reads the whole of a Query before it runs the first statement of it, and so it is here.

Where it is no SQL nothing of it is done, and the client is told the place of the mistake as Postgres would.
"""

from __future__ import annotations

from quickbooks_proxy.bracket import Context
from quickbooks_proxy.lexer import tokens
from quickbooks_proxy.messages import FLUSH, SYNC, error_fields, error_message, parse
from quickbooks_proxy.script import HelperFailed, Message, Script, helper

_SAVEPOINT = "quickbooks_proxy_reading"
# What counts on it that the transaction has seen nothing yet: no query of ours may come before it.
_BLIND = ("SET", "RESET", "LOCK", "BEGIN", "START")
# By this routine a Parse refuses more than one statement, when it has read them all.
_HAS_READ = "exec_parse_message"
_BEFORE = len("SELECT 1/0;")  # in `_sync_read`
_ABOUT_US = ("W", "p", "q")


def read(context: Context, text: str) -> Script[None]:
    """Ends with the client told where it is no SQL, and the transaction failed."""
    ledger = context.talk.ledger
    if ledger.status == b"E":
        yield from _by_parse(context, text)
    elif ledger.status == b"T" and next(tokens(text)).word in _BLIND:
        yield from _in_savepoint(context, text)
    else:
        yield from _by_function(context, text)


def _by_function(context: Context, text: str) -> Script[None]:
    """The usual way, which leaves no error in the server's log."""
    talk = context.talk
    is_outside = talk.ledger.status == b"I" and talk.ledger.is_idle and not context.owns_block
    talk.to_server(talk.reading(text.encode("latin-1")) + (SYNC if is_outside else FLUSH))
    mistake = None
    try:
        yield from talk.replies()
    except HelperFailed as failed:
        mistake = failed.message
    if is_outside:
        yield from talk.ready()
    if mistake:
        talk.relay(_placed(mistake))


def _placed(mistake: Message) -> Message:
    """As if it had been found in the text itself."""
    fields = error_fields(mistake.body)
    place = {"P": str(int(fields["p"]) - _BEFORE)} if "p" in fields else {}
    kept = {name: words for name, words in fields.items() if name not in _ABOUT_US}
    return Message(mistake.kind, error_message(kept | place))


def _in_savepoint(context: Context, text: str) -> Script[None]:
    """What Postgres says of a text that is sound fails the transaction, too."""
    talk = context.talk
    talk.to_server(helper(f"SAVEPOINT {_SAVEPOINT}") + FLUSH)
    yield from talk.replies()
    if (yield from _by_parse(context, text)):
        undo = [helper(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}"), helper(f"RELEASE SAVEPOINT {_SAVEPOINT}")]
        talk.to_server(b"".join(undo) + FLUSH)
        yield from talk.replies(len(undo))


def _by_parse(context: Context, text: str) -> Script[bool]:
    """Whether it is sound; the transaction has failed afterwards."""
    talk = context.talk
    talk.to_server(parse(b"", text.encode("latin-1")) + SYNC)
    said = yield from talk.next()
    while said.kind == ord("N"):
        said = yield from talk.next()
    yield from talk.ready()
    if said.kind == ord("E") and error_fields(said.body).get("R") != _HAS_READ:
        talk.relay(said)
        return False
    return True
