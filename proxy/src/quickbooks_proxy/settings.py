"""Where the proxy listens, and where Postgres is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from quickbooks_core.errors import NotConfigured

_POSTGRES_PORT = 5432
# Postgres would be asked in the clear all the same: whoever wants more must not believe to have it.
_ENCRYPTED = ("require", "verify-ca", "verify-full")


@dataclass(frozen=True)
class Place:
    """A TCP address, or where `host` is a directory, a socket in it."""

    host: str
    port: int

    @property
    def path(self) -> Path | None:
        """The file of the socket; None over TCP."""
        return Path(self.host) / f".s.PGSQL.{self.port}" if self.host.startswith("/") else None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Upstream:
    """The Postgres behind the proxy, and the database of it in which the mirror is."""

    place: Place
    database: str


def place(text: str) -> Place:
    """From `host:port`, `port`, or `/directory:port`; raises NotConfigured."""
    host, _, port = text.rpartition(":")
    if not port.isdigit() or not 0 <= int(port) < 65536:
        raise NotConfigured(f"{text!r} is no address: give it as host:port, or /directory:port for a socket")
    return Place(host.strip("[]") or "127.0.0.1", int(port))


def upstream(url: str) -> Upstream:
    """From DATABASE_URL; raises NotConfigured."""
    if not url:
        raise NotConfigured("DATABASE_URL is not set")
    try:
        given = conninfo_to_dict(url)
    except psycopg.Error:
        raise NotConfigured("DATABASE_URL is not the address of a Postgres database") from None
    if given.get("sslmode") in _ENCRYPTED:
        raise NotConfigured(
            "DATABASE_URL wants TLS to Postgres, which the proxy does not speak: "
            "run it on the host of Postgres, over a socket or the loopback"
        )
    return Upstream(_place(given), str(given.get("dbname") or given.get("user") or ""))


def _place(given: Mapping[str, Any]) -> Place:
    host = str(given.get("host") or given.get("hostaddr") or "")
    port = str(given.get("port") or _POSTGRES_PORT)
    if not host or "," in host or not port.isdigit():
        raise NotConfigured("DATABASE_URL must name one host and one port, or the directory of a socket")
    return Place(host, int(port))
