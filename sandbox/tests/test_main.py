"""How the sandbox listens."""

from __future__ import annotations

import socket

from quickbooks_sandbox.main import listen


def test_an_accepted_connection_sends_at_once_what_it_has() -> None:
    with listen(0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()

        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
