"""The local QuickBooks as a child process, and its control plane as methods."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import requests
from quickbooks_sandbox.remote import Remote

from quickbooks_demo.child import Child, program, start_child
from quickbooks_demo.waiting import wait_for

SANDBOX = "quickbooks-sandbox"
_START_PATIENCE_S = 60


@dataclass(frozen=True)
class Sandbox(Remote):
    """A running sandbox, and its process."""

    child: Child

    def connection(self) -> dict[str, str]:
        """The environment of a program that is connected to the company, as after the consent page."""
        given = self.connect()
        return {
            "QUICKBOOKS_ENVIRONMENT": "sandbox",
            "QUICKBOOKS_API_URL": self.url,
            "QUICKBOOKS_AUTHORIZE_URL": self.authorize_url,
            "QUICKBOOKS_TOKEN_URL": self.token_url,
            "QUICKBOOKS_REVOKE_URL": self.revoke_url,
            "QUICKBOOKS_CLIENT_ID": given.client_id,
            "QUICKBOOKS_CLIENT_SECRET": given.client_secret,
            "QUICKBOOKS_REALM_ID": given.realm_id,
            "QUICKBOOKS_REFRESH_TOKEN": given.refresh_token,
        }


def start_sandbox(state: Path, port: int = 0, environment: Mapping[str, str] = os.environ) -> Sandbox:
    """Start a sandbox that keeps its company below `state`, and wait until it answers."""
    state.mkdir(parents=True, exist_ok=True)
    port_file = state / "listening"
    port_file.unlink(missing_ok=True)
    command = [program(SANDBOX), "serve", "--port", str(port), "--data", str(state / "company")]
    child = start_child([*command, "--port-file", str(port_file)], state, environment)
    try:
        listening = wait_for(lambda: _port(child, port_file), "the sandbox's port", _START_PATIENCE_S)
        url = f"http://127.0.0.1:{listening}"
        wait_for(lambda: _answers(child, url), "the sandbox's first answer", _START_PATIENCE_S)
    except BaseException:
        child.stop()
        raise
    return Sandbox(url, child)


def _port(child: Child, file: Path) -> int | None:
    child.require_alive()
    text = file.read_text().strip() if file.exists() else ""
    return int(text) if text else None


def _answers(child: Child, url: str) -> bool:
    child.require_alive()
    try:
        return requests.get(f"{url}/sandbox/health", timeout=5).ok
    except requests.ConnectionError:
        return False
