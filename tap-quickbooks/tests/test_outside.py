"""A QuickBooks that tells no changes of an object which should have some: the object is followed by queries."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from quickbooks_demo.sandbox import Sandbox

REFUSAL = (
    b'{"Fault":{"Error":[{"Message":"Unsupported Operation","Detail":"Operation cdc invoice is not supported.",'
    b'"code":"500"}],"type":"ValidationFault"},"time":"2026-11-01T00:00:00.000-07:00"}'
)
_PASSED_ON = ("Authorization", "Accept", "Content-Type")


def _secretive(target: str) -> type[BaseHTTPRequestHandler]:
    """Passes everything on to the sandbox, but questions for changes of invoices."""

    class Secretive(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes) -> None:
            if "/cdc?" in self.path and "Invoice" in self.path:
                self._send(400, REFUSAL)
                return
            headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
            answer = requests.request(
                self.command, target + self.path, headers=headers, data=body, timeout=60
            )
            self._send(answer.status_code, answer.content)

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Secretive


@pytest.fixture
def secretive(sandbox: Sandbox) -> Iterator[str]:
    """The address of a QuickBooks that refuses to tell changes of invoices."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _secretive(sandbox.url))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_object_whose_changes_are_refused_is_followed_by_queries_and_its_refusal_remembered(
    tap: Any, selecting: Any, sandbox: Sandbox, secretive: str
) -> None:
    catalog = selecting("customer", "invoice", "vendor")
    state = _run(tap, catalog, secretive, None).messages[-1]["value"]
    sandbox.control("person", action="edit", object="Invoice", id="49", changes={"PrivateNote": "seen"})

    second = _run(tap, catalog, secretive, state)
    third = _run(tap, catalog, secretive, second.messages[-1]["value"])
    sandbox.control("clock", advance_s=120)
    sandbox.control("person", action="delete", object="Invoice", id="49")
    sandbox.control("requests")
    fourth = _run(tap, catalog, secretive, third.messages[-1]["value"])

    assert [row["private_note"] for row in second.records["invoice"]] == ["seen"]
    calls = {kind: times for kind, times in third.words[-1]["calls"].items() if kind != "oauth"}
    assert (calls["cdc"], third.words[-1]["questions"]["invoice"] <= 2) == (1, True), calls
    (asked,) = [line["target"] for line in sandbox.look("requests")["requests"] if "/cdc?" in line["target"]]
    assert ("Invoice" in asked, "Customer" in asked) == (False, True)
    (sweep,) = [row for row in fourth.records["_sync_sweep"] if row["table_name"] == "invoice"]
    assert "qbk_inv49" not in sweep["ids"]


def test_a_question_that_was_asked_again_moves_no_bookmark_beyond_the_others(
    tap: Any, selecting: Any, sandbox: Sandbox, secretive: str
) -> None:
    catalog = selecting("customer", "invoice", "vendor")
    state = _run(tap, catalog, secretive, None).messages[-1]["value"]
    sandbox.control("requests")
    sandbox.control("faults", kind="503", match="entities=Customer&")

    said = _run(tap, catalog, secretive, state)

    lines = [line for line in sandbox.look("requests")["requests"] if "/cdc?entities=" in line["target"]]
    statuses = {line["target"].split("entities=")[1].split("&")[0]: line["status"] for line in lines}
    asked = {line["target"].split("entities=")[1].split("&")[0]: line["at"] for line in lines}
    assert (statuses, asked["Vendor"] < asked["Customer"]) == ({"Customer": 200, "Vendor": 200}, True)
    bookmarks = said.messages[-1]["value"]["bookmarks"]
    since = datetime.fromisoformat(bookmarks["vendor"]["stands"][0]["since"])
    # The log says when a question came, the tap when it was sent at the latest.
    assert since <= datetime.fromisoformat(asked["Vendor"])


def _run(tap: Any, catalog: Any, address: str, state: Any) -> Any:
    said = tap(catalog=catalog, state=state, settings={"api_url": address})
    assert said.outcome.code == 0, said.outcome.err
    return said
