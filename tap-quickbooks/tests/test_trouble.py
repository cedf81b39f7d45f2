"""A run in the middle of trouble: expired tokens, throttling, failures, broken connections, a loader that dies."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from quickbooks_demo.child import program
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.sandbox import Sandbox
from quickbooks_demo.waiting import wait_for

VENDORS = "from+Vendor+"
OF_THE_SAMPLE = 26


def fail(sandbox: Sandbox, kind: str, count: int, match: str = VENDORS) -> None:
    sandbox.control("fail", kind=kind, count=count, match=match)


def statuses(sandbox: Sandbox, match: str = VENDORS) -> list[int]:
    """How each request was answered, oldest first; 499 is a broken connection."""
    return [line["status"] for line in sandbox.look("requests")["requests"] if match in line["target"]]


@pytest.mark.parametrize(
    ("kind", "times", "answers"),
    [
        ("401", 1, [401, 200]),
        ("429", 2, [429, 429, 200]),
        ("500", 2, [500, 500, 200]),
        ("503", 1, [503, 200]),
        ("reset_before", 2, [499, 499, 200]),
        ("reset_after", 2, [499, 499, 200]),
    ],
)
def test_a_passing_trouble_costs_requests_and_no_row(
    tap: Any, selecting: Any, sandbox: Sandbox, kind: str, times: int, answers: list[int]
) -> None:
    catalog = selecting("vendor", "customer", "term")
    fail(sandbox, kind, times)

    said = tap(catalog=catalog)

    assert said.outcome.code == 0, said.outcome.err
    assert statuses(sandbox) == answers
    assert len(said.records["vendor"]) == OF_THE_SAMPLE
    assert said.words[-1]["calls"]["query"] == 3 + times


def test_tokens_that_end_while_pages_are_read_are_renewed_once_for_all_threads(
    tap: Any, selecting: Any, sandbox: Sandbox
) -> None:
    sandbox.control("generate", object="Customer", count=40_000)
    catalog = selecting("customer")
    sandbox.control("latency", ms=200)

    with ThreadPoolExecutor(1) as aside:
        running = aside.submit(tap, catalog=catalog)
        wait_for(lambda: statuses(sandbox, "startposition"), "the first pages", 60)
        sandbox.control("expire")
        said = running.result()

    assert said.outcome.code == 0, said.outcome.err
    ids = [row["id"] for row in said.records["customer"]]
    assert len(ids) == len(set(ids)) == 40_029
    # Up to ten were refused at once; one token was got at the start and one after that.
    assert 1 <= statuses(sandbox, "startposition").count(401) <= 10
    assert said.words[-1]["calls"]["oauth"] == sandbox.look("requests")["counts"]["oauth"] == 2


def test_a_lasting_trouble_ends_the_run_with_its_stream_and_what_to_do(
    tap: Any, selecting: Any, sandbox: Sandbox
) -> None:
    catalog = selecting("customer", "vendor")
    fail(sandbox, "401", 2)

    said = tap(catalog=catalog)

    assert (said.outcome.code, statuses(sandbox)) == (1, [401, 401])
    assert said.critical.endswith("Connect the company again: quickbooks connect.")
    assert "intuit_tid 1-" in said.critical
    assert "while syncing 'vendor'" in said.outcome.err
    assert "Traceback" not in said.outcome.err
    # No last word and no state: the database does not close the run, and Meltano keeps the state it had.
    assert [word["event"] for word in said.words] == ["open"]
    assert said.of("STATE") == []


def test_a_loader_that_ends_early_ends_the_tap_with_words(tap: Any, sandbox: Sandbox) -> None:
    sandbox.control("generate", object="Customer", count=5_000)
    (tap.home / "config.json").write_text(json.dumps(tap.settings))
    command = [program("tap-quickbooks"), "--config", str(tap.home / "config.json")]
    with subprocess.Popen(
        command, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout
        assert child.stderr
        child.stdout.readline()
        child.stdout.close()
        words = child.stderr.read()

    assert child.returncode == 1
    assert words.splitlines()[-1].endswith("| The loader has ended before the run; its own message says why.")
    assert "Traceback" not in words


class Silent(ThreadingHTTPServer):
    """Gives tokens, refuses vendors, and answers nothing else until it is let go."""

    daemon_threads = True

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.asked = threading.Event()
        self.was_patient = True
        super().__init__(("127.0.0.1", 0), _answerer(self))


def _answerer(server: Silent) -> type[BaseHTTPRequestHandler]:
    tokens = b'{"access_token":"token","refresh_token":"next","expires_in":3600}'
    fault = b'{"Fault":{"Error":[{"Message":"No","code":"6000"}],"type":"ValidationFault"}}'

    class Answerer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer(200, tokens)

        def do_GET(self) -> None:
            if VENDORS in self.path:
                server.asked.wait(30)  # not before the others are under way
                self._answer(400, fault)
            else:
                server.asked.set()
                server.was_patient = server.let_go.wait(15)

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Answerer


@pytest.fixture
def silent() -> Iterator[Silent]:
    server = Silent()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.let_go.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_error_ends_the_run_though_other_requests_still_wait_for_their_answers(
    tap: Any, selecting: Any, silent: Silent
) -> None:
    catalog = selecting("vendor", "vendor_credit")
    url = f"http://127.0.0.1:{silent.server_port}"

    # Were the tap to wait for the other answer, it would end only after the server's patience.
    said = tap(catalog=catalog, settings={"api_url": url, "token_url": f"{url}/token"})

    assert (said.outcome.code, silent.asked.is_set(), silent.was_patient) == (1, True, True)
    assert said.critical.startswith("No (code 6000, HTTP 400)")
