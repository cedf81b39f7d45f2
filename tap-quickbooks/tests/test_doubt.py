"""QuickBooks counts more rows than it gives: all that came is loaded, and nothing is told to be gone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from quickbooks_demo.sandbox import Sandbox


def _exaggerator(target: str) -> type[BaseHTTPRequestHandler]:
    """Passes everything on to the sandbox, and adds one to every count."""

    class Exaggerator(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kept = {name: self.headers[name] for name in ("Authorization", "Accept")}
            answer = requests.get(target + self.path, headers=kept, timeout=60)
            body = answer.content
            if "count%28" in self.path:
                total = answer.json()["QueryResponse"]["totalCount"]
                body = body.replace(b"%d" % total, b"%d" % (total + 1))
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Exaggerator


@pytest.fixture
def exaggerating(sandbox: Sandbox) -> Iterator[str]:
    """The address of a QuickBooks whose counts are too high by one."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _exaggerator(sandbox.url))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_doubt_is_a_warning_and_a_word_to_the_database_and_the_run_goes_on(
    tap: Any, selecting: Any, sandbox: Sandbox, exaggerating: str
) -> None:
    sandbox.control("generate", object="Customer", count=1_500)
    catalog = selecting("customer", "vendor")

    said = tap(catalog=catalog, settings={"api_url": exaggerating})

    assert said.outcome.code == 0, said.outcome.err
    assert (len(said.records["customer"]), len(said.records["vendor"])) == (1_529, 26)
    reason = "QuickBooks counts 1530 and gave 1529"
    assert said.words[-1]["uncertain"] == {"customer": reason}
    assert f"customer may lack rows: {reason}. Nothing is deleted; the next run" in said.outcome.err

    without = tap(catalog=selecting("vendor"), state=said.messages[-1]["value"])
    assert without.words[-1]["dropped"] == ["customer"]
