"""What is not JSON: documents sent by e-mail and as PDF, files that go up and come down."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

SENT = ["Invoice", "Estimate", "SalesReceipt", "CreditMemo"]
# Every byte, and what separates parts, inside the file.
CONTENT = bytes(range(256)) + b"\r\n\r\n--boundary\r\n\n"


def part(name: str, kind: str, content: bytes, file_name: str = "") -> bytes:
    shown = f'; filename="{file_name}"' if file_name else ""
    head = (
        f'--boundary\r\nContent-Disposition: form-data; name="{name}"{shown}\r\nContent-Type: {kind}\r\n\r\n'
    )
    return head.encode() + content + b"\r\n"


def described(**values: Any) -> bytes:
    return part("file_metadata_01", "application/json", json.dumps(values).encode())


def upload(client: Any, *parts: bytes, boundary: str = "boundary") -> requests.Response:
    body = b"".join(parts).replace(b"--boundary\r\nContent", f"--{boundary}\r\nContent".encode())
    return client.session.post(
        f"{client.sandbox.url}/v3/company/{client.realm_id}/upload",
        data=body + f"--{boundary}--\r\n".encode(),
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        timeout=30,
    )


def link(name: str, id: str) -> dict[str, Any]:
    return {"EntityRef": {"type": name, "value": id}, "IncludeOnSend": False}


@pytest.mark.parametrize("name", SENT)
def test_a_document_says_that_it_was_sent_and_is_the_version_it_was(client: Any, name: str) -> None:
    made = client.make(name)
    client.sandbox.control("clock", advance_s=60)

    sent = client.post(f"{name.lower()}/{made['Id']}/send?sendTo=a@example.com", None)[name]

    assert (sent["SyncToken"], sent["EmailStatus"], sent["BillEmail"]) == (
        made["SyncToken"],
        "EmailSent",
        {"Address": "a@example.com"},
    )
    assert sent["MetaData"]["LastUpdatedTime"] > made["MetaData"]["LastUpdatedTime"]
    assert client.read(name, made["Id"]) == sent


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("payment/{Payment}/send", "6420"),
        ("invoice/{Invoice}/send?sendTo=nobody", "2210"),
        ("invoice/999999/send?sendTo=a@example.com", "610"),
        ("invoice/x/send?sendTo=a@example.com", "2030"),
        ("bill/{Bill}/send?sendTo=a@example.com", "500"),
    ],
)
def test_what_cannot_be_sent_is_refused(client: Any, path: str, code: str) -> None:
    ids = {name: client.make(name)["Id"] for name in ("Payment", "Invoice", "Bill")}

    answer = client.send("POST", path.format(**ids))

    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, code)


def test_a_pdf_is_a_whole_file_that_names_its_document(client: Any) -> None:
    made = client.make("Invoice")

    answer = client.send("GET", f"invoice/{made['Id']}/pdf")

    begin = int(answer.content.rsplit(b"startxref\n", 1)[1].split()[0])
    assert answer.headers["Content-Type"].partition(";")[0] == "application/pdf"
    assert (answer.content[:5], answer.content[begin : begin + 4]) == (b"%PDF-", b"xref")
    assert f"({'No. ' + made['DocNumber']})".encode() in answer.content


def test_an_uploaded_file_comes_down_byte_for_byte(client: Any) -> None:
    invoice = client.make("Invoice")
    wanted = {"FileName": "a b.bin", "ContentType": "application/octet-stream", "Note": "n"}

    answer = upload(
        client,
        described(**wanted, AttachableRef=[link("Invoice", invoice["Id"])]),
        part("file_content_01", "application/octet-stream", CONTENT, "other.bin"),
        boundary="other-boundary",
    )

    (item,) = answer.json()["AttachableResponse"]
    made = item["Attachable"]
    fetched = requests.get(made["TempDownloadUri"], timeout=10)
    assert {key: made[key] for key in (*wanted, "Size")} == {**wanted, "Size": len(CONTENT)}
    assert (
        made["FileAccessUri"],
        fetched.content,
        fetched.headers["Content-Type"],
    ) == (
        f"/v3/company/{client.realm_id}/download/{made['Id']}",
        CONTENT,
        "application/octet-stream",
    )


def test_a_note_that_links_to_nothing_is_refused_as_an_upload_is(client: Any) -> None:
    query = "query?query=select count(*) from Attachable"
    before = client.send("GET", query).json()["QueryResponse"]

    answer = client.send("POST", "attachable", {"Note": "n", "AttachableRef": [link("Estimate", "99999")]})

    words = "The entity Estimate 99999 that you are trying to link does not exist. Estimate 99999"
    (error,) = answer.json()["Fault"]["Error"]
    assert (answer.status_code, error["code"], error["Detail"]) == (
        400,
        "6000",
        f"Business Validation Error: {words}",
    )
    assert client.send("GET", query).json()["QueryResponse"] == before


def test_a_deleted_attachment_is_gone_with_its_file(client: Any) -> None:
    answer = upload(client, part("file_content_01", "text/plain", b"x", "x.txt")).json()
    made = answer["AttachableResponse"][0]["Attachable"]

    deleted = client.post("attachable?operation=delete", made)["Attachable"]

    assert deleted == {"domain": "QBO", "status": "Deleted", "Id": made["Id"]}
    assert requests.get(made["TempDownloadUri"], timeout=10).status_code == 403
    assert client.send("GET", f"download/{made['Id']}").json()["Fault"]["Error"][0]["code"] == "610"


@pytest.mark.parametrize("links", [5, ["x"], [{"EntityRef": "x"}], [{"EntityRef": {"type": 5, "value": {}}}]])
def test_links_of_another_shape_are_refused(client: Any, links: Any) -> None:
    note = client.send("POST", "attachable", {"Note": "n", "AttachableRef": links})
    file = upload(
        client, described(FileName="x", AttachableRef=links), part("file_content_01", "text/plain", b"x", "x")
    )

    (item,) = file.json()["AttachableResponse"]
    codes = [answer["Fault"]["Error"][0]["code"] for answer in (note.json(), item)]
    assert (note.status_code, file.status_code) == (400, 200)
    assert set(codes) <= {"2010", "6000"}


@pytest.mark.parametrize("words", ["Expires=nan&Signature=%C3%A9", "Expires=x&Signature=y", ""])
def test_an_address_that_makes_no_sense_opens_nothing(client: Any, words: str) -> None:
    answer = requests.get(f"{client.sandbox.url}/attachments/1/x?{words}", timeout=10)

    assert answer.status_code == 403


_NOT_JSON = b'--b\nContent-Disposition: form-data; name="file_metadata_1"\n\n[\n--b--'


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("text/plain", b"x", "2020"),
        ("multipart/form-data", b"x", "2020"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\n--b--", "2020"),
        ("multipart/form-data; boundary=b", _NOT_JSON, "2010"),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(client: Any, kind: str, body: bytes, code: str) -> None:
    client.session.headers["Content-Type"] = kind

    answer = client.send("POST", "upload", body)

    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, code)


def test_a_query_that_is_no_text_is_refused(client: Any) -> None:
    answer = client.send("POST", "query", b"\xff\xfe")

    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, "4000")
