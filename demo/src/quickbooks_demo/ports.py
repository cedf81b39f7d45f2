"""Free TCP ports on 127.0.0.1, kept from run to run where possible."""

from __future__ import annotations

import socket
from pathlib import Path


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def kept_port(file: Path) -> int:
    """The port this file remembers, if it is still free; otherwise a new one, remembered."""
    if file.exists() and is_free(port := int(file.read_text())):
        return port
    port = free_port()
    file.write_text(str(port))
    return port
