"""Attachments: files that come as parts of a form, and addresses from which they can be fetched for a while.

A stored document holds a mark in place of its temporary address, because that is another one in every answer.
"""

from __future__ import annotations

import hmac
import re
import secrets
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any
from urllib.parse import quote

from quickbooks_core.catalog import by_name

from quickbooks_sandbox import faults, refusals
from quickbooks_sandbox.answers import fault_body
from quickbooks_sandbox.company import Company
from quickbooks_sandbox.faults import Fault
from quickbooks_sandbox.json_text import Document, read, write

_PART = re.compile(r"file_(metadata|content)_(\w+)$")
_MARK = "sandbox-temporary:"
_MARKED = re.compile(rf"{_MARK}(\d+)/([^\"]*)")
_LIFE_S = 900
_SECRET = secrets.token_bytes(32)


def upload(company: Company, realm_id: str, content_type: str, body: bytes) -> str:
    """The list of answers, one for each file, as text; raises Fault when the form cannot be read."""
    files = _files(content_type, body)
    if not files:
        raise faults.required("file_content_0")
    return f"[{','.join(_answer(company, realm_id, *file) for file in files)}]"


def _answer(company: Company, realm_id: str, described: Document, part: EmailMessage | None) -> str:
    try:
        return f'{{"Attachable":{_stored(company, realm_id, described, part)}}}'
    except Fault as fault:
        return write({"Fault": fault_body(fault)})


def _stored(company: Company, realm_id: str, described: Document, part: EmailMessage | None) -> str:
    attachable = by_name("Attachable")
    if part is None:
        return company.create(attachable, described)
    content: Any = part.get_payload(decode=True)
    name = str(described.get("FileName") or part.get_filename() or "")
    if not name:
        raise faults.required("FileName")
    check_links(company, described)
    with company.store.writing() as db:
        row = company.row(attachable, read(company.create(attachable, {**described, "FileName": name}))["Id"])
        document = {
            **read(row.body),
            "FileAccessUri": f"/v3/company/{realm_id}/download/{row.id}",
            "TempDownloadUri": f"{_MARK}{row.id}/{quote(name)}",
            "Size": len(content),
            "ContentType": described.get("ContentType") or part.get_content_type(),
        }
        db.execute("insert into file values (?, ?)", (row.id, content))
        return company.rewrite(attachable, row, document, row.sync_token)


def check_links(company: Company, described: Document) -> None:
    """Raises Fault 6000 for a link to what does not exist; what has no link's shape is refused by its reader."""
    links = described.get("AttachableRef")
    for link in links if isinstance(links, list) else ():
        reference = link.get("EntityRef") if isinstance(link, dict) else None
        if not isinstance(reference, dict):
            continue
        kind, id = str(reference.get("type", "")), str(reference.get("value", ""))
        if kind and company.store.get(kind, id) is None:
            raise faults.business(
                f"The entity {kind} {id} that you are trying to link does not exist. {kind} {id}"
            )


def with_addresses(text: str, base: str, now: float) -> str:
    """An answer with an address in place of each mark, good for a quarter of an hour."""
    if _MARK not in text:
        return text
    return _MARKED.sub(lambda found: _address(base, found[1], found[2], int(now) + _LIFE_S), text)


def temporary_address(company: Company, base: str, id: str) -> str:
    """Where a file can be fetched now; raises Fault 610."""
    document = read(company.read(by_name("Attachable"), id))
    if "TempDownloadUri" not in document:
        raise faults.not_found()
    return with_addresses(document["TempDownloadUri"], base, company.clock.time())


def content(company: Company, id: str, expires: str, signature: str) -> tuple[str, bytes] | None:
    """Type and bytes of a file, or None where the address is over or made up."""
    good = hmac.compare_digest(signature.encode(), _signature(id, expires).encode())
    if not good or float(expires) < company.clock.time():
        return None
    rows = company.store.rows(
        "select json_extract(d.body, '$.ContentType'), f.content from file f"
        " join document d on d.entity = 'Attachable' and d.id = f.id where f.id = ?",
        (id,),
    )
    return (str(rows[0][0]), bytes(rows[0][1])) if rows else None


def _address(base: str, id: str, name: str, expires: int) -> str:
    return f"{base}/attachments/{id}/{name}?Expires={expires}&Signature={_signature(id, str(expires))}"


def _signature(id: str, expires: str) -> str:
    return hmac.new(_SECRET, f"{id} {expires}".encode(), "sha256").hexdigest()


def _files(content_type: str, body: bytes) -> list[tuple[Document, EmailMessage | None]]:
    """Description and content of each file, paired by the number in the names of their parts."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    form: Any = BytesParser(policy=policy.HTTP).parsebytes(head + body)
    described: dict[str, Document] = {}
    contents: dict[str, EmailMessage] = {}
    for part in form.iter_parts() if form.is_multipart() else ():
        name = str(part.get_param("name", "", header="content-disposition"))
        if not (match := _PART.match(name)):
            continue
        if match[1] == "content":
            contents[match[2]] = part
        else:
            described[match[2]] = _description(part.get_payload(decode=True))
    numbers = sorted(described.keys() | contents.keys())
    return [(described.get(number, {}), contents.get(number)) for number in numbers]


def _description(text: Any) -> Document:
    try:
        found = read(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise refusals.unreadable()
    return found
