"""The tokens of one company: encrypted at rest, refreshed by one at a time, saved before they are used."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from quickbooks_core.client.oauth import Grant, TokenEndpoint
from quickbooks_core.client.stores import Slot, Store
from quickbooks_core.errors import NotConfigured, Reconnect
from quickbooks_core.settings import Connection

# A token that ends while its request is under way costs a round trip; renew it a little earlier.
_EARLY_S = 120.0
_KEY_FILE = "token.key"


class Saved(msgspec.Struct):
    """What is stored. `given` are fingerprints of refresh tokens from the settings that have had their turn."""

    refresh_token: str = ""
    access_token: str = ""
    access_until: float = 0.0
    refresh_until: float = 0.0
    given: list[str] = []

    def __repr__(self) -> str:
        return "Saved(...)"  # never a token in a log or a traceback


class Tokens:
    """The access token of a company, shared by all threads and processes."""

    def __init__(
        self,
        connection: Connection,
        store: Store,
        endpoint: TokenEndpoint,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._given = connection.refresh_token
        self._name = f"tokens-{connection.environment}-{connection.realm_id}"
        self._store = store
        self._endpoint = endpoint
        self._clock = clock
        self._cipher = Fernet(_key(connection))
        self._mutex = threading.Lock()
        self._access_token = ""
        self._access_until = 0.0

    def access_token(self) -> str:
        """A token that is valid now, as far as we know."""
        with self._mutex:
            if self._access_until - _EARLY_S <= self._clock():
                self._obtain(refused="")
            return self._access_token

    def renewed(self, refused: str) -> str:
        """Another token than the one that QuickBooks has just refused."""
        with self._mutex:
            if self._access_token == refused:
                self._obtain(refused)
            return self._access_token

    def keep(self, grant: Grant) -> None:
        """Stores what a person has just consented to."""
        with self._store.hold(self._name) as slot:
            saved = self._read(slot, tolerant=True)
            if self._given:
                # It is older than this consent: it must not come back and replace it.
                saved.given = [*saved.given, _fingerprint(self._given)]
            self._save(slot, saved, grant)

    def revoke(self) -> bool:
        """Ends the connection at Intuit and forgets it; False if there was none."""
        with self._store.hold(self._name) as slot:
            saved = self._read(slot)
            token = saved.refresh_token or self._given
            if not token:
                return False
            self._endpoint.revoke(token)
            given = [*saved.given, _fingerprint(self._given)] if self._given else saved.given
            slot.write(self._encrypted(Saved(given=given)))
        return True

    def refresh_until(self) -> float:
        """When a person has to connect again, in seconds since 1970; 0 if nothing is stored."""
        with self._store.hold(self._name) as slot:
            return self._read(slot).refresh_until

    def _obtain(self, refused: str) -> None:
        with self._store.hold(self._name) as slot:
            saved = self._read(slot)
            if self._given and _fingerprint(self._given) not in saved.given:
                saved = self._bootstrap(slot, saved)
            if saved.access_token in ("", refused) or saved.access_until - _EARLY_S <= self._clock():
                saved = self._refresh(slot, saved)
            self._access_token, self._access_until = saved.access_token, saved.access_until

    def _bootstrap(self, slot: Slot, saved: Saved) -> Saved:
        had_another = bool(saved.refresh_token)
        saved.given = [*saved.given, _fingerprint(self._given)]
        try:
            return self._save(slot, saved, self._endpoint.refresh(self._given))
        except Reconnect:
            if not had_another:
                raise
            # The given token is used up, but what has been stored since may be good.
            slot.write(self._encrypted(saved))
            return saved

    def _refresh(self, slot: Slot, saved: Saved) -> Saved:
        if not saved.refresh_token:
            raise Reconnect("No connection to this company is stored")
        return self._save(slot, saved, self._endpoint.refresh(saved.refresh_token))

    def _save(self, slot: Slot, saved: Saved, grant: Grant) -> Saved:
        new = Saved(
            grant.refresh_token, grant.access_token, grant.access_until, grant.refresh_until, saved.given
        )
        # Before the new access token is used: after that the old refresh token may stop working.
        slot.write(self._encrypted(new))
        return new

    def _encrypted(self, saved: Saved) -> bytes:
        return self._cipher.encrypt(msgspec.json.encode(saved))

    def _read(self, slot: Slot, *, tolerant: bool = False) -> Saved:
        value = slot.read()
        if not value:
            return Saved()
        try:
            return msgspec.json.decode(self._cipher.decrypt(value), type=Saved)
        except (InvalidToken, msgspec.DecodeError):
            if tolerant:
                return Saved()
            raise NotConfigured(
                "The stored tokens were encrypted with another key: set QUICKBOOKS_TOKEN_KEY to that key, "
                "or connect again with `quickbooks connect`"
            ) from None


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _key(connection: Connection) -> bytes:
    key = connection.token_key.encode() or _key_of_file(Path(connection.state_dir) / _KEY_FILE)
    try:
        if len(base64.urlsafe_b64decode(key)) == 32:
            return key
    except ValueError:
        pass
    source = "QUICKBOOKS_TOKEN_KEY" if connection.token_key else str(Path(connection.state_dir) / _KEY_FILE)
    raise NotConfigured(
        f"{source} is not a key: it must be 32 bytes in URL-safe base64 (openssl rand -base64 32 | tr +/ -_)"
    )


def _key_of_file(path: Path) -> bytes:
    """The key of this machine, made when first needed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _create_key(path)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise NotConfigured(f"{path} can be read by others: chmod 600 {path}")
        return path.read_bytes().strip()
    except OSError as failure:
        raise NotConfigured(f"The key file {path} cannot be used: {failure.strerror}") from None


def _create_key(path: Path) -> None:
    """Another process may do the same now: only a whole file appears under the name, and only one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(Fernet.generate_key())
        out.flush()
        os.fsync(descriptor)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
