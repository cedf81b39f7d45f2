"""TLS on the client's side as a filter of bytes: what came in, what goes out. Knows no sockets."""

from __future__ import annotations

import ssl
from pathlib import Path

ALPN = "postgresql"
_CHUNK = 256 * 1024


class NotPostgres(ssl.SSLError):
    """A client that began TLS at once did not say that it speaks Postgres."""


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What the proxy shows to clients; raises OSError or ssl.SSLError for files that are none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols([ALPN])
    return context


class Tls:
    """One encrypted connection. `direct`: begun without a request, where ALPN must say what is spoken."""

    def __init__(self, context: ssl.SSLContext, *, direct: bool) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._in, self._out, server_side=True)
        self._direct = direct
        self._is_open = False

    def receive(self, data: bytes) -> tuple[bytes, bytes]:
        """What the client says in the clear, and what has to be sent to it; raises ssl.SSLError."""
        self._in.write(data)
        plain = b""
        try:
            if not self._is_open:
                self._object.do_handshake()
                self._is_open = True
                if self._direct and self._object.selected_alpn_protocol() != ALPN:
                    raise NotPostgres("direct TLS without ALPN")
            plain = self._read()
        except ssl.SSLWantReadError:
            pass
        return plain, self._out.read()

    def send(self, data: bytes) -> bytes:
        """What goes over the wire for these bytes."""
        self._object.write(data)
        return self._out.read()

    def _read(self) -> bytes:
        parts = []
        try:
            while part := self._object.read(_CHUNK):
                parts.append(part)
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass  # all that has come is read; the end of the connection shows itself on the socket
        return b"".join(parts)
