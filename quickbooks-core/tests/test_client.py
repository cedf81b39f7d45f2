"""The client against a small server that misbehaves as told, over real HTTP."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from quickbooks_core.catalog import by_name
from quickbooks_core.client import Client, open_client, open_store
from quickbooks_core.errors import (
    Busy,
    NotConfigured,
    OutcomeUnknown,
    Reconnect,
    Refused,
    Stale,
    Throttled,
    Unreachable,
    WrongCredentials,
)
from quickbooks_core.settings import Connection
from quickbooks_demo.child import program
from quickbooks_demo.environment import clean_environment

REALM = "9341453172058475"
EMPTY = b'{"QueryResponse":{},"time":"2026-11-23T10:00:00.26-08:00"}'
EXPIRED = (
    b'{"warnings":null,"intuitObject":null,"fault":{"error":[{"message":"message=AuthenticationFailed; '
    b'errorCode=003200; statusCode=401","detail":"Token expired","code":"3200","element":null}],'
    b'"type":"AUTHENTICATION"},"report":null,"time":1730024394085}'
)
THROTTLED = (
    b'<IntuitResponse xmlns="http://schema.intuit.com/finance/v3"><Fault type="SERVICE"><Error code="3001">'
    b"<Message>message=ThrottleExceeded; errorCode=003001; statusCode=429</Message>"
    b"<Detail>The request limit was reached.  Try again later</Detail></Error></Fault></IntuitResponse>"
)


@dataclass(frozen=True)
class Reply:
    """One answer; status 0 means that the connection is reset instead."""

    status: int = 200
    body: bytes = EMPTY
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Intuit:
    """API and token endpoint. Access tokens die when told; `replies` are given before the good answer."""

    url: str = ""
    refresh_token: str = "refresh-0"
    access_token: str = ""
    rotates: bool = True
    refreshes: int = 0
    requests: list[str] = field(default_factory=list)
    bearers: list[str] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    grant_reply: Reply | None = None
    on_api: Callable[[], None] = lambda: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def grant(self, form: dict[str, list[str]]) -> Reply:
        """What the token endpoint answers."""
        if self.grant_reply:
            return self.grant_reply
        right = {"refresh_token": [self.refresh_token], "code": ["the-code"]}
        if not any(form.get(name) == value for name, value in right.items()):
            return Reply(
                400, b'{"error":"invalid_grant","error_description":"Incorrect or invalid refresh token"}'
            )
        self.refreshes += 1
        self.access_token = f"access-{self.refreshes}"
        if self.rotates:
            self.refresh_token = f"refresh-{self.refreshes}"
        given = {
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "expires_in": 3600,
            "x_refresh_token_expires_in": 8726400,
        }
        return Reply(200, json.dumps(given).encode())

    def answer(self, path: str, bearer: str) -> Reply:
        """What the API answers."""
        self.requests.append(path)
        self.bearers.append(bearer)
        self.on_api()
        if bearer != self.access_token:
            return Reply(401, EXPIRED, {"WWW-Authenticate": 'Bearer realm="Intuit", error="invalid_token"'})
        return self.replies.pop(0) if self.replies else Reply()


@pytest.fixture
def intuit() -> Iterator[Intuit]:
    """A running server."""
    state = Intuit()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with state.lock:
                if self.path == "/token":
                    reply = state.grant(parse_qs(body.decode()))
                else:
                    reply = state.answer(self.path, self.headers["Authorization"].removeprefix("Bearer "))
            if not reply.status:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(reply.status)
            for name, value in {
                "Content-Type": "application/json",
                "intuit_tid": "1-tid",
                **reply.headers,
            }.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def finish(self) -> None:
            try:
                super().finish()
            except (OSError, ValueError):
                return  # we reset the connection ourselves

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A reset connection is what the test wanted."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def settings(intuit: Intuit, tmp_path: Path) -> dict[str, str]:
    """Settings of a client of that server."""
    return {
        "client_id": "app",
        "client_secret": "app-secret",
        "realm_id": REALM,
        "environment": "sandbox",
        "refresh_token": "refresh-0",
        "api_url": intuit.url,
        "token_url": f"{intuit.url}/token",
        "state_dir": str(tmp_path / "state"),
        "throttle": "off",
    }


@dataclass
class Naps:
    """A sleep that only notes how long it would have been."""

    taken: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


@pytest.fixture
def naps() -> Naps:
    """What the client slept."""
    return Naps()


@pytest.fixture
def client(settings: dict[str, str], naps: Naps) -> Iterator[Client]:
    """A client that does not really sleep."""
    with new_client(settings, naps) as client:
        yield client


def new_client(settings: dict[str, str], naps: Naps) -> Client:
    """A client of its own, as another process would have."""
    connection = Connection.from_mapping(settings)
    return Client(connection, open_store(connection), sleep=naps, chance=lambda: 0.0)


def test_an_answer_keeps_scale_and_tells_quickbooks_own_time(client: Client, intuit: Intuit) -> None:
    intuit.replies = [
        Reply(
            body=b'{"QueryResponse":{"Invoice":[{"Id":"1","TotalAmt":300.00}],"maxResults":1,"totalCount":1},'
            b'"time":"2026-07-14T12:48:36.85-07:00"}'
        )
    ]

    answer = client.query("select * from Invoice where DocNumber = 'a&b'")

    assert str(answer.documents(by_name("Invoice"))[0]["TotalAmt"]) == "300.00"
    assert isinstance(answer.json()["QueryResponse"]["Invoice"][0]["TotalAmt"], Decimal)
    assert answer.time == datetime(2026, 7, 14, 19, 48, 36, 850000, UTC)
    assert (answer.count(), answer.intuit_tid) == (1, "1-tid")
    assert parse_qs(urlsplit(intuit.requests[0]).query) == {
        "query": ["select * from Invoice where DocNumber = 'a&b'"],
        "minorversion": ["75"],
    }
    assert client.calls == {"oauth": 1, "query": 1}


def test_an_answer_without_the_asked_list_is_never_taken_for_an_empty_one(
    client: Client, intuit: Intuit
) -> None:
    intuit.replies = [
        Reply(body=b'{"QueryResponse":{"maxResults":3},"time":"x"}'),
        Reply(body=b"{}"),
        Reply(),
    ]

    for _ in range(2):
        with pytest.raises(Busy):
            client.query("select * from Invoice").documents(by_name("Invoice"))
    assert client.query("select * from Invoice").documents(by_name("Invoice")) == []


def test_ten_threads_whose_token_died_make_one_refresh(client: Client, intuit: Intuit) -> None:
    client.query("select * from Invoice")
    intuit.access_token = "another"

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(client.query, ["select * from Invoice"] * 10))

    assert [answer.status for answer in answers] == [200] * 10
    assert (intuit.refreshes, client.calls["oauth"]) == (2, 2)


def test_two_processes_make_one_refresh(settings: dict[str, str], intuit: Intuit) -> None:
    program = (
        "import json,sys\n"
        "from quickbooks_core.client import open_client\n"
        "from quickbooks_core.settings import Connection\n"
        "with open_client(Connection.from_mapping(json.loads(sys.argv[1]))) as client:\n"
        "    client.query('select * from Invoice')\n"
    )
    command = [sys.executable, "-c", program, json.dumps(settings)]

    children = [subprocess.Popen(command) for _ in range(2)]

    assert [child.wait(60) for child in children] == [0, 0]
    assert intuit.refreshes == 1


def test_a_rotated_token_is_safe_before_its_access_token_is_used(
    settings: dict[str, str], intuit: Intuit, naps: Naps
) -> None:
    program = (
        "import json,sys\n"
        "from quickbooks_core.client import open_client\n"
        "from quickbooks_core.settings import Connection\n"
        "open_client(Connection.from_mapping(json.loads(sys.argv[1]))).query('select * from Invoice')\n"
    )
    child: list[subprocess.Popen[bytes]] = []
    started = threading.Event()

    def kill() -> None:
        started.wait(30)
        child[0].kill()
        child[0].wait(30)

    intuit.on_api = kill
    child.append(subprocess.Popen([sys.executable, "-c", program, json.dumps(settings)]))
    started.set()
    assert child[0].wait(60) == -9
    intuit.on_api = lambda: None

    with new_client(settings, naps) as client:
        client.query("select * from Invoice")

    assert (intuit.refreshes, intuit.bearers) == (1, ["access-1", "access-1"])


def test_a_revoked_grant_says_how_to_connect_again(client: Client, intuit: Intuit) -> None:
    intuit.refresh_token = "revoked"

    with pytest.raises(Reconnect) as caught:
        client.query("select * from Invoice")

    assert "quickbooks connect" in str(caught.value)
    assert "1-tid" in str(caught.value)
    assert intuit.requests == []


def test_a_given_refresh_token_serves_once_and_a_new_one_replaces_what_is_stored(
    settings: dict[str, str], intuit: Intuit, naps: Naps
) -> None:
    with new_client(settings, naps) as client:
        client.query("select * from Invoice")
    with new_client(settings, naps) as client:
        client.query("select * from Invoice")
    assert intuit.refreshes == 1
    intuit.refresh_token = "given later"

    with new_client({**settings, "refresh_token": "given later"}, naps) as client:
        client.query("select * from Invoice")

    assert intuit.refreshes == 2


def test_tokens_rest_encrypted_in_files_of_our_own(client: Client, settings: dict[str, str]) -> None:
    client.query("select * from Invoice")

    files = [file for file in Path(settings["state_dir"]).iterdir() if file.is_file()]
    everything = b"".join(file.read_bytes() for file in files)
    assert not any(
        secret in everything for secret in (b"access-1", b"refresh-1", b"refresh-0", b"app-secret")
    )
    key = Path(settings["state_dir"]) / "token.key"
    assert oct(key.stat().st_mode & 0o777) == "0o600"
    key.chmod(0o644)
    with pytest.raises(NotConfigured, match="chmod 600"):
        open_client(Connection.from_mapping(settings))


def test_a_wrong_app_is_named_as_such(client: Client, intuit: Intuit) -> None:
    intuit.grant_reply = Reply(401, b'{"error":"invalid_client"}')

    with pytest.raises(WrongCredentials, match="QUICKBOOKS_CLIENT_SECRET"):
        client.query("select * from Invoice")


def test_a_throttled_read_waits_as_long_as_it_is_told(client: Client, intuit: Intuit, naps: Naps) -> None:
    intuit.replies = [Reply(429, THROTTLED, {"Retry-After": "7", "Content-Type": "application/xml"})]

    client.query("select * from Invoice")

    assert (naps.taken, len(intuit.requests)) == ([7.0], 2)


def test_patience_with_a_throttle_ends(client: Client, intuit: Intuit, naps: Naps) -> None:
    intuit.replies = [Reply(429, THROTTLED)] * 20

    with pytest.raises(Throttled) as caught:
        client.query("select * from Invoice")

    assert (caught.value.code, caught.value.intuit_tid, len(naps.taken)) == ("3001", "1-tid", 8)


@pytest.mark.parametrize("trouble", [Reply(0), Reply(503, b"<html>"), Reply(500, b""), Reply(200, b"<html>")])
def test_a_read_survives(client: Client, intuit: Intuit, trouble: Reply) -> None:
    intuit.replies = [trouble, trouble]

    assert client.query("select * from Invoice").status == 200
    assert len(intuit.requests) == 3


@pytest.mark.parametrize("trouble", [Reply(0), Reply(500, b""), Reply(200, b"<html>")])
def test_a_write_without_answer_is_sent_once_and_unknown(
    client: Client, intuit: Intuit, trouble: Reply
) -> None:
    intuit.replies = [trouble]

    with pytest.raises(OutcomeUnknown):
        client.post("invoice", b"{}", request_id="one")

    assert len(intuit.requests) == 1


def test_a_repeatable_write_is_sent_again_under_the_same_request_id(client: Client, intuit: Intuit) -> None:
    intuit.replies = [Reply(0)]

    client.post("invoice", b"{}", request_id="one", repeatable=True)

    assert [parse_qs(urlsplit(path).query)["requestid"] for path in intuit.requests] == [["one"], ["one"]]


def test_a_throttled_write_was_not_done_and_is_sent_again(client: Client, intuit: Intuit) -> None:
    intuit.replies = [Reply(429, THROTTLED)]

    client.post("invoice", b"{}")

    assert client.calls == {"oauth": 1, "write": 2}


FAULT = (
    b'{"Fault":{"Error":[{"Message":"Stale Object Error","Detail":"You and root","code":"5010","element":""}],'
    b'"type":"ValidationFault"},"time":"2026-11-23T10:00:00.26-08:00"}'
)


@pytest.mark.parametrize("status", [400, 200])
def test_a_fault_is_an_error_whatever_its_status(client: Client, intuit: Intuit, status: int) -> None:
    intuit.replies = [Reply(status, FAULT)]

    with pytest.raises(Stale) as caught:
        client.get("invoice/1")

    assert (caught.value.code, caught.value.message, caught.value.detail) == (
        "5010",
        "Stale Object Error",
        "You and root",
    )


def test_faults_of_batch_items_are_the_callers(client: Client, intuit: Intuit) -> None:
    intuit.replies = [Reply(200, b'{"BatchItemResponse":[{"Fault":{"Error":[]},"bId":"1"}],"time":"x"}')]

    assert client.batch_of_queries(b"{}").json()["BatchItemResponse"][0]["bId"] == "1"


def test_an_unreachable_host_ends_in_words(client: Client, settings: dict[str, str], naps: Naps) -> None:
    client.query("select * from Invoice")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"

        with new_client({**settings, "api_url": nobody}, naps) as other, pytest.raises(Unreachable):
            other.post("invoice", b"{}")

    assert len(naps.taken) == 6


def test_no_secret_is_in_what_people_see(client: Client, intuit: Intuit) -> None:
    intuit.replies = [Reply(400, b"nonsense")]
    with pytest.raises(Refused) as caught:
        client.query("select * from Invoice")

    seen = "".join(traceback.format_exception(caught.value)) + repr((client.connection, client.tokens))

    assert not any(secret in seen for secret in ("access-1", "refresh-0", "refresh-1", "app-secret"))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"environment": ""}, "QUICKBOOKS_ENVIRONMENT is not set"),
        ({"environment": "live"}, "sandbox or production"),
        ({"realm_id": "12/34"}, "realm_id"),
        ({"api_url": ""}, "throttle=off"),
        ({"api_url": "http://quickbooks.api.intuit.com"}, "https"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, str], wrong: dict[str, str], words: str) -> None:
    with pytest.raises(NotConfigured, match=words):
        Connection.from_mapping({**settings, **wrong})


def test_a_missing_setting_is_named(settings: dict[str, str]) -> None:
    with pytest.raises(NotConfigured, match="QUICKBOOKS_CLIENT_SECRET is not set"):
        open_client(Connection.from_mapping({**settings, "client_secret": ""}))


def test_the_settings_come_from_the_environment(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("QUICKBOOKS_")]:
        monkeypatch.delenv(name)
    for name, value in settings.items():
        monkeypatch.setenv(f"QUICKBOOKS_{name.upper()}", value)

    assert Connection.from_environment() == Connection.from_mapping(settings)


def test_a_consent_is_exchanged_stored_and_shown(
    intuit: Intuit, settings: dict[str, str], naps: Naps
) -> None:
    intuit.replies = [Reply(body=b'{"CompanyInfo":{"CompanyName":"Craig"},"time":"x"}')]
    given = {name: value for name, value in settings.items() if name not in ("realm_id", "refresh_token")}
    environment = {**clean_environment(), **{f"QUICKBOOKS_{k.upper()}": v for k, v in given.items()}}
    command = [program("quickbooks"), "connect", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        redirect_uri = child.stdout.readline().rsplit(" ", 1)[1].strip()
        page = parse_qs(urlsplit(child.stdout.readline().rsplit(" ", 1)[1].strip()).query)
        answer = {"state": page["state"][0], "code": "the-code", "realmId": REALM}
        requests.get(redirect_uri.replace("localhost", "127.0.0.1"), params=answer, timeout=10)
        words = child.stdout.read()

    assert (child.returncode, page["redirect_uri"]) == (0, [redirect_uri])
    assert f"Connected: Craig, realm {REALM} (sandbox)." in words
    assert f"export QUICKBOOKS_REALM_ID={REALM}" in words
    with new_client({**settings, "refresh_token": ""}, naps) as client:
        client.query("select * from Invoice")
    assert intuit.refreshes == 1
