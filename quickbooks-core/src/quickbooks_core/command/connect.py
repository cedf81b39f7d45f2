"""`quickbooks connect` and `quickbooks disconnect`: a person lets us into a company, and out again."""

from __future__ import annotations

import argparse
import sys
import webbrowser
from dataclasses import replace
from typing import Any

from quickbooks_core.client import Client, open_client
from quickbooks_core.client.oauth import TokenEndpoint
from quickbooks_core.client.transport import new_session
from quickbooks_core.command.consent import PATH, Loopback, consent_url
from quickbooks_core.command.failure import CommandFailed
from quickbooks_core.settings import Connection

_PORT = 8484


def add_parser(subparsers: Any) -> None:
    """Declares both subcommands."""
    parser = subparsers.add_parser("connect", help="connect a QuickBooks company and store its tokens")
    parser.add_argument(
        "--no-browser", action="store_true", help="only print the address of the consent page"
    )
    parser.add_argument(
        "--port", type=int, default=_PORT, help=f"where the redirect arrives (default {_PORT})"
    )
    parser.add_argument(
        "--redirect-uri", help="the URI registered in the app, if it leads here through a proxy"
    )
    parser.add_argument("--timeout", type=float, default=600, metavar="SECONDS", help="how long to wait")
    parser.add_argument(
        "--refresh-token", help="without a browser: a refresh token, or - to read it from stdin"
    )
    parser.add_argument("--realm-id", help="without a browser: the company's id")
    parser.set_defaults(func=connect)
    parser = subparsers.add_parser("disconnect", help="revoke the connection and forget its tokens")
    parser.set_defaults(func=disconnect)


def connect(arguments: argparse.Namespace) -> None:
    """Stores tokens, then shows whose they are; raises CommandFailed or QuickBooksError."""
    connection = Connection.from_environment()
    connection.require("client_id", "client_secret")
    if arguments.realm_id:
        connection = replace(connection, realm_id=arguments.realm_id)
    if arguments.refresh_token:
        client = _with_refresh_token(connection, arguments.refresh_token)
    else:
        client = _with_consent(connection, arguments)
    with client:
        company = client.get(f"companyinfo/{client.connection.realm_id}").json().get("CompanyInfo", {})
    realm_id, environment = client.connection.realm_id, client.connection.environment
    print(
        f"Connected: {company.get('CompanyName', 'a company without a name')}, realm {realm_id} ({environment})."
    )
    if Connection.from_environment().realm_id != realm_id:
        print(f"Next: export QUICKBOOKS_REALM_ID={realm_id}")
    print("Then: quickbooks migrate, quickbooks doctor, meltano run sync")


def disconnect(arguments: argparse.Namespace) -> None:
    """Ends the connection at Intuit."""
    del arguments
    connection = Connection.from_environment()
    with open_client(connection) as client:
        found = client.tokens.revoke()
    print(f"Company {connection.realm_id} is disconnected." if found else "No connection was stored.")


def _with_refresh_token(connection: Connection, given: str) -> Client:
    token = sys.stdin.readline().strip() if given == "-" else given
    connection.require("realm_id")
    client = open_client(replace(connection, refresh_token=token))
    client.tokens.access_token()
    return client


def _with_consent(connection: Connection, arguments: argparse.Namespace) -> Client:
    loopback = Loopback(arguments.port)
    redirect_uri = arguments.redirect_uri or f"http://localhost:{loopback.port}{PATH}"
    url = consent_url(connection, redirect_uri, loopback.state)
    print(f"Redirect URI, which the app must have: {redirect_uri}")
    print(f"Consent here: {url}", flush=True)
    if not arguments.no_browser:
        webbrowser.open(url)
    consent = loopback.wait(arguments.timeout)
    if connection.realm_id not in ("", consent.realm_id):
        raise CommandFailed(
            f"the settings name company {connection.realm_id}, but {consent.realm_id} was chosen on the page. "
            "Nothing was stored. Choose the other company, or correct QUICKBOOKS_REALM_ID."
        )
    with new_session(1) as session:
        grant = TokenEndpoint(connection, session).exchange(consent.code, redirect_uri)
    client = open_client(replace(connection, realm_id=consent.realm_id))
    client.tokens.keep(grant)
    return client
