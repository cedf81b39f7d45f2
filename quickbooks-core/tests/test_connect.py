"""`quickbooks connect`, `disconnect` and `doctor`, as a person runs them against the sandbox."""

from __future__ import annotations

import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests
from quickbooks_demo.child import program
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.testing import Database, run


def test_a_person_connects_through_the_loopback_redirect(connected: dict[str, str]) -> None:
    new = {name: value for name, value in connected.items() if name not in ("QUICKBOOKS_REFRESH_TOKEN",)}
    command = [program("quickbooks"), "connect", "--no-browser", "--port", "0"]
    environment = {**clean_environment(), **new}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        redirect_uri = child.stdout.readline().rsplit(" ", 1)[1].strip()
        page = parse_qs(urlsplit(child.stdout.readline().rsplit(" ", 1)[1].strip()).query)
        local = redirect_uri.replace("localhost", "127.0.0.1")

        forged = requests.get(local, params={"state": "forged", "code": "c", "realmId": "1"}, timeout=10)
        refused = requests.get(
            local, params={"state": page["state"][0], "error": "access_denied"}, timeout=10
        )

        assert (forged.status_code, refused.status_code, child.wait(30)) == (400, 200, 1)


def test_a_refresh_token_connects_a_machine_without_browser(connected: dict[str, str]) -> None:
    token = connected.pop("QUICKBOOKS_REFRESH_TOKEN")
    realm_id = connected["QUICKBOOKS_REALM_ID"]

    outcome = run("quickbooks", "connect", "--refresh-token", token, "--realm-id", realm_id, **connected)

    assert (outcome.code, outcome.err) == (0, "")
    assert f"realm {realm_id} (sandbox)" in outcome.out
    assert token not in outcome.out
    saved = b"".join(file.read_bytes() for file in Path(connected["QUICKBOOKS_STATE_DIR"]).iterdir())
    assert token.encode() not in saved


def test_a_disconnected_company_has_to_be_connected_again(
    connected: dict[str, str], migrated: Database
) -> None:
    assert run("quickbooks", "doctor", **connected, DATABASE_URL=migrated.url).code == 0

    assert run("quickbooks", "disconnect", **connected).code == 0

    outcome = run("quickbooks", "doctor", **connected, DATABASE_URL=migrated.url)
    assert outcome.code == 1
    assert "quickbooks connect" in outcome.out
