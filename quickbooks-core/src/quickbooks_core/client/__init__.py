"""The client of QuickBooks Online."""

from __future__ import annotations

from pathlib import Path

from quickbooks_core.client.answer import Answer
from quickbooks_core.client.client import Client
from quickbooks_core.client.stores import FileStore, Store
from quickbooks_core.client.transport import boot_time
from quickbooks_core.errors import NotConfigured, StoreLost
from quickbooks_core.settings import Connection

__all__ = ["Answer", "Client", "boot_time", "open_client", "open_store"]


def open_client(connection: Connection) -> Client:
    """A client that shares tokens and throttle with every other program of the company."""
    return Client(connection, open_store(connection))


def open_store(connection: Connection) -> Store:
    """The store that the settings name; raises NotConfigured when it cannot be used."""
    if connection.coordination_url:
        return _postgres_store(connection.coordination_url)
    try:
        return FileStore(Path(connection.state_dir))
    except OSError as failure:
        raise NotConfigured(
            f"The state directory {connection.state_dir} cannot be used: {failure.strerror}"
        ) from None


def _postgres_store(url: str) -> Store:
    try:
        from quickbooks_core.client.postgres_store import PostgresStore
    except ImportError:
        raise NotConfigured("coordination_url needs the package quickbooks-core[postgres]") from None
    try:
        return PostgresStore(url)
    except StoreLost as lost:
        raise NotConfigured(lost.message.replace("gave no answer", "cannot be used")) from None
