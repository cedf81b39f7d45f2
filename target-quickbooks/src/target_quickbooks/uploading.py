"""An attachment with its file: the form that carries both, and what the answer to it says. Pure."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from quickbooks_core.client import Answer
from quickbooks_core.client.faults import refusal
from quickbooks_core.errors import Busy
from quickbooks_core.writing import Call, Plan, encoded, plan

from target_quickbooks.job import Job

_UPLOAD = Call("POST", "upload")
_UNSAFE = re.compile(r"[^A-Za-z0-9 ._()-]")


def plan_of(job: Job) -> Plan:
    """The plan of a change, which goes to an address of its own where it has a file; raises ChangeRefused."""
    made = plan(job.change)
    return made if job.file is None else replace(made, call=_UPLOAD)


def packed(job: Job, document: Mapping[str, Any]) -> bytes:
    """What is sent. The boundary follows from the change, so that the same change has the same bytes."""
    if job.file is None:
        return encoded(document)
    # In base64 there is no boundary, whatever the file holds.
    boundary = f"--quickbooks-{job.queue_id}"
    name = _UNSAFE.sub("_", str(document.get("FileName", "")))
    kind = re.sub(r"[^\w/.+-]", "", str(document.get("ContentType") or "application/octet-stream"))
    head = (
        f"{boundary}\r\n"
        'Content-Disposition: form-data; name="file_metadata_0"; filename="attachment.json"\r\n'
        "Content-Type: application/json; charset=UTF-8\r\n\r\n"
    )
    file = (
        f'\r\n{boundary}\r\nContent-Disposition: form-data; name="file_content_0"; filename="{name}"\r\n'
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    end = f"\r\n{boundary}--\r\n"
    return b"".join((head.encode(), encoded(document), file.encode(), b64encode(job.file), end.encode()))


def content_type(call: Call, body: bytes) -> str:
    """What a body is called; that of a form names the boundary with which it begins."""
    if call.path != _UPLOAD.path:
        return "application/json"
    first_line = body.partition(b"\r\n")[0].decode()
    return f"multipart/form-data; boundary={first_line.removeprefix('--')}"


def content(call: Call, answer: Answer) -> Any:
    """The answer to one write; that to a form has a list, and a fault in it is raised as Refused or Busy."""
    found = answer.json()
    if call.path != _UPLOAD.path:
        return found
    items = found.get("AttachableResponse") if isinstance(found, dict) else None
    item = items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else {}
    if "Fault" in item:
        body = encoded({"Fault": item["Fault"]})
        headers = {"intuit_tid": answer.intuit_tid}
        raise refusal(400, headers, body, datetime.now(UTC)) or Busy("A fault without words")
    return item
