"""How a program is connected to one QuickBooks company."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from quickbooks_core.errors import NotConfigured

_API = {
    "production": "https://quickbooks.api.intuit.com",
    "sandbox": "https://sandbox-quickbooks.api.intuit.com",
}
_AUTHORIZE = "https://appcenter.intuit.com/connect/oauth2"
_TOKEN = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"
_REVOKE = "https://developer.api.intuit.com/v2/oauth2/tokens/revoke"
_PREFIX = "QUICKBOOKS_"


class Described(NamedTuple):
    """A setting in words; `choices` are its only values, where there are some."""

    name: str
    description: str
    is_secret: bool
    choices: list[str] | None


def _setting(
    description: str, default: str = "", *, secret: bool = False, choices: list[str] | None = None
) -> str:
    told = {"description": description, "is_secret": secret, "choices": choices}
    found: str = field(default=default, repr=not secret, metadata=told)
    return found


@dataclass(frozen=True)
class Connection:
    """Settings of one connection. Empty is not set."""

    client_id: str = _setting("Client ID of the Intuit app")
    client_secret: str = _setting("Client secret of the Intuit app", secret=True)
    realm_id: str = _setting("The company's id, as `quickbooks connect` shows it")
    environment: str = _setting("Which QuickBooks", choices=["sandbox", "production"])
    refresh_token: str = _setting("Only for a machine where nobody can connect", secret=True)
    state_dir: str = _setting("Where tokens and throttle are kept")
    coordination_url: str = _setting(
        "Postgres URL in which several machines share tokens and throttle", secret=True
    )
    token_key: str = _setting("Key with which tokens are encrypted", secret=True)
    api_url: str = _setting("Another address of the API: a local sandbox's")
    authorize_url: str = _setting("Another address of the consent page", _AUTHORIZE)
    token_url: str = _setting("Another address that gives tokens", _TOKEN)
    revoke_url: str = _setting("Another address that revokes tokens", _REVOKE)
    throttle: str = _setting("`off` for a local sandbox without limits", "on")

    @classmethod
    def described(cls) -> Iterator[Described]:
        """All settings."""
        for one in fields(cls):
            yield Described(one.name, **one.metadata)

    def __post_init__(self) -> None:
        self.require("environment")
        if self.environment not in _API:
            raise NotConfigured(f"environment is {self.environment!r}: it must be sandbox or production")
        if self.realm_id and not self.realm_id.isdigit():
            raise NotConfigured(
                f"realm_id is {self.realm_id!r}: it is a number, as `quickbooks connect` shows it"
            )
        if self.throttle not in ("on", "off"):
            raise NotConfigured(f"throttle is {self.throttle!r}: it must be on or off")
        if not self.api_url:
            object.__setattr__(self, "api_url", _API[self.environment])
        if not self.state_dir:
            object.__setattr__(self, "state_dir", str(Path.home() / ".quickbooks"))
        for name in ("api_url", "authorize_url", "token_url", "revoke_url"):
            _check_url(name, getattr(self, name))
        if self.throttle == "off" and self.at_intuit:
            raise NotConfigured("throttle=off is only for a local sandbox: Intuit would refuse the requests")

    @classmethod
    def from_environment(cls) -> Connection:
        """From QUICKBOOKS_* variables; raises NotConfigured."""
        return cls.from_mapping(cls.given_in_environment())

    @classmethod
    def given_in_environment(cls) -> dict[str, str]:
        """The QUICKBOOKS_* variables that are set, by the names of their settings."""
        found = {name: os.environ.get(_PREFIX + name.upper(), "") for name in _names(cls)}
        return {name: value for name, value in found.items() if value}

    @classmethod
    def from_mapping(cls, given: Mapping[str, object]) -> Connection:
        """From settings by name, others ignored; raises NotConfigured."""
        names = _names(cls)
        return cls(**{name: str(value).strip() for name, value in given.items() if name in names and value})

    @property
    def at_intuit(self) -> bool:
        """Whether requests go to Intuit, not to a local sandbox."""
        return _at_intuit(self.api_url)

    @property
    def company_url(self) -> str:
        """The base of the company's objects."""
        return f"{self.api_url.rstrip('/')}/v3/company/{self.realm_id}"

    @property
    def entitlements_url(self) -> str:
        """Entitlements have a path of their own."""
        return f"{self.api_url.rstrip('/')}/manage/entitlements/v3/{self.realm_id}"

    def require(self, *names: str) -> None:
        """Raises NotConfigured naming the settings that are missing."""
        if missing := [name for name in names if not getattr(self, name)]:
            variables = ", ".join(_PREFIX + name.upper() for name in missing)
            raise NotConfigured(
                f"{variables} is not set" if len(missing) == 1 else f"{variables} are not set"
            )


def _names(settings: type[Connection]) -> set[str]:
    return {setting.name for setting in fields(settings)}


def _at_intuit(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "intuit.com" or host.endswith(".intuit.com")


def _check_url(name: str, url: str) -> None:
    scheme = urlsplit(url).scheme
    if scheme not in ("http", "https") or (scheme == "http" and _at_intuit(url)):
        raise NotConfigured(f"{name} is {url!r}: it must begin with https://")
