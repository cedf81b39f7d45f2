"""Tokens: who may speak for the company, and for how long. The pages and addresses stand in `consent`."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from quickbooks_sandbox.clock import Clock
from quickbooks_sandbox.store import Store
from quickbooks_sandbox.switches import Switches

CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "sandbox-secret"
ACCESS_S = 3600
REFRESH_S = 8_726_400
CODE_S = 600
GRACE_S = 60  # how long a replaced refresh token still works
_DAY_S = 86_400
_LENGTHS = {"access": 700, "refresh": 36, "code": 36}


@dataclass(eq=False)  # not frozen: raising sets the traceback
class TokenRefused(Exception):
    """The token address's own dialect: an error word, a description, a status."""

    error: str
    description: str = ""
    status: int = 400


@dataclass(frozen=True)
class Given:
    """What an exchange or a refresh gives."""

    access_token: str
    refresh_token: str


class Tokens:
    """Issues and checks tokens of the one app and the one company."""

    def __init__(self, store: Store, clock: Clock, switches: Switches) -> None:
        self._store = store
        self._clock = clock
        self._switches = switches

    def connect(self) -> Given:
        """A new connection, as after the consent page."""
        with self._store.writing():
            grant = secrets.token_hex(8)
            return Given(self._issue(grant, "access", ACCESS_S), self._issue(grant, "refresh", REFRESH_S))

    def code(self, redirect_uri: str) -> str:
        """What the consent page sends back."""
        with self._store.writing():
            return self._issue(f"code:{redirect_uri}", "code", CODE_S)

    def exchange(self, code: str, redirect_uri: str) -> Given:
        """A code works once, for the address it was given to; raises TokenRefused."""
        with self._store.writing() as db:
            found = db.execute(
                "delete from token where token = ? and kind = 'code' returning grant_id, expires", (code,)
            ).fetchone()
            if not found or found[0] != f"code:{redirect_uri}" or found[1] < self._clock.time():
                raise TokenRefused("invalid_grant", "Invalid authorization code")
            return self.connect()

    def refresh(self, token: str) -> Given:
        """A new access token, and a new refresh token when it is time for one; raises TokenRefused."""
        now = self._clock.time()
        with self._store.writing() as db:
            found = db.execute(
                "select grant_id, expires, replaced_at from token where token = ? and kind = 'refresh'",
                (token,),
            ).fetchone()
            if not found or found[1] < now or not self._still_works(found[2], now):
                raise TokenRefused("invalid_grant", "Incorrect or invalid refresh token")
            grant, expires, replaced_at = found
            rotates = replaced_at is None and self._rotates(expires, now)
            if rotates:
                db.execute("update token set replaced_at = ? where token = ?", (now, token))
                current = self._issue(grant, "refresh", REFRESH_S)
            else:
                current = self._current(grant, token)
            return Given(self._issue(grant, "access", ACCESS_S), current)

    def revoke(self, token: str) -> bool:
        """Ends the whole connection of a token; False when it is unknown."""
        with self._store.writing() as db:
            found = db.execute("select grant_id from token where token = ?", (token,)).fetchone()
            if found:
                db.execute("delete from token where grant_id = ?", (found[0],))
            return bool(found)

    def accepts(self, token: str) -> bool:
        """Whether an access token is good now."""
        found = self._store.rows("select expires from token where token = ? and kind = 'access'", (token,))
        return bool(found) and found[0][0] > self._clock.time()

    def expire_access(self) -> None:
        """Every access token is old, as after an hour."""
        with self._store.writing() as db:
            db.execute("update token set expires = 0 where kind = 'access'")

    def rotate(self) -> None:
        """Every refresh token is replaced by one that nobody was given, as when an answer was lost."""
        now = self._clock.time()
        with self._store.writing() as db:
            found = db.execute(
                "select token, grant_id from token where kind = 'refresh' and replaced_at is null"
            ).fetchall()
            for token, grant in found:
                db.execute("update token set replaced_at = ? where token = ?", (now, token))
                self._issue(grant, "refresh", REFRESH_S)

    def _issue(self, grant: str, kind: str, lives_s: int) -> str:
        token = "AB" + secrets.token_hex(_LENGTHS[kind] // 2 - 1)
        self._store.db.execute(
            "insert into token values (?,?,?,?,null)", (token, grant, kind, self._clock.time() + lives_s)
        )
        return token

    def _current(self, grant: str, otherwise: str) -> str:
        found = self._store.rows(
            "select token from token where grant_id = ? and kind = 'refresh' and replaced_at is null",
            (grant,),
        )
        return str(found[0][0]) if found else otherwise

    def _still_works(self, replaced_at: float | None, now: float) -> bool:
        if replaced_at is None:
            return True
        return self._switches["old_refresh_token"] == "grace" and now - replaced_at < GRACE_S

    def _rotates(self, expires: float, now: float) -> bool:
        age = now - (expires - REFRESH_S)
        return {"every_refresh": True, "daily": age >= _DAY_S, "never": False}[
            self._switches["refresh_token_rotation"]
        ]
