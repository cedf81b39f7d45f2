"""E-mail, attachments and the tax service: what is asked for or answered otherwise than a document."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest

FILE = b"%PDF-1.4\r\n\x00\xff binary\n\n"


def upload(client: Any, metadata: Any, content: bytes = FILE) -> Any:
    parts = {
        "file_metadata_0": ("attachment.json", json.dumps(metadata), "application/json"),
        "file_content_0": ("receipt.pdf", content, "application/pdf"),
    }
    address = f"{client.sandbox.url}/v3/company/{client.realm_id}/upload"
    answer = client.session.post(address, files=parts, timeout=10)
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["AttachableResponse"]
    return found


def link(kind: str, id: str) -> Any:
    return {"AttachableRef": [{"EntityRef": {"type": kind, "value": id}, "IncludeOnSend": False}]}


def test_a_document_goes_to_the_address_it_holds(client: Any) -> None:
    made = client.make("Invoice", BillEmail={"Address": "held@example.com"})

    after = client.post(f"invoice/{made['Id']}/send", None)["Invoice"]

    assert (after["EmailStatus"], after["BillEmail"]) == ("EmailSent", {"Address": "held@example.com"})
    assert after["DeliveryInfo"]["DeliveryType"] == "Email"


@pytest.mark.parametrize("name", ["Estimate", "Payment"])
def test_without_an_address_nothing_can_be_sent(client: Any, name: str) -> None:
    made = client.make(name)

    answer = client.send("POST", f"{name.lower()}/{made['Id']}/send")

    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, "6420")


def test_an_uploaded_file_can_be_fetched_for_a_quarter_of_an_hour(client: Any) -> None:
    invoice = client.make("Invoice")

    made = upload(client, {**link("Invoice", invoice["Id"]), "Note": "as agreed"})["Attachable"]

    address = client.send("GET", f"download/{made['Id']}").text
    assert (made["FileName"], made["ContentType"], made["Size"]) == (
        "receipt.pdf",
        "application/pdf",
        len(FILE),
    )
    assert made["FileAccessUri"] == f"/v3/company/{client.realm_id}/download/{made['Id']}"
    assert urlsplit(made["TempDownloadUri"]).path == urlsplit(address).path
    fetched = client.session.get(made["TempDownloadUri"], timeout=10)
    assert (fetched.content, fetched.headers["Content-Type"]) == (FILE, "application/pdf")

    client.sandbox.control("clock", advance_s=901)

    assert client.session.get(made["TempDownloadUri"], timeout=10).status_code == 403
    renewed = client.read("Attachable", made["Id"])["TempDownloadUri"]
    assert client.session.get(renewed, timeout=10).content == FILE


def test_a_made_up_address_gives_nothing(client: Any) -> None:
    made = upload(client, {})["Attachable"]

    answer = client.session.get(made["TempDownloadUri"] + "0", timeout=10)

    assert (answer.status_code, FILE in answer.content) == (403, False)


def test_an_upload_that_links_to_nothing_is_a_fault_within_a_good_answer(client: Any) -> None:
    found = upload(client, link("Estimate", "99999"))

    words = "The entity Estimate 99999 that you are trying to link does not exist. Estimate 99999"
    assert found == {
        "Fault": {
            "Error": [
                {
                    "Message": "A business validation error has occurred while processing your request",
                    "Detail": f"Business Validation Error: {words}",
                    "code": "6000",
                    "element": "",
                }
            ],
            "type": "ValidationFault",
        }
    }


def test_the_tax_service_makes_a_code_and_its_rates(client: Any) -> None:
    detail = {"TaxRateName": "City", "RateValue": "8.5", "TaxAgencyId": "1", "TaxApplicableOn": "Sales"}

    answer = client.post("taxservice/taxcode", {"TaxCode": "Town", "TaxRateDetails": [detail]})

    (rate,) = answer["TaxRateDetails"]
    assert (answer["TaxCode"], rate["TaxRateName"], rate["RateValue"]) == ("Town", "City", 8.5)
    code = client.read("TaxCode", answer["TaxCodeId"])
    (listed,) = code["SalesTaxRateList"]["TaxRateDetail"]
    assert listed["TaxRateRef"]["value"] == rate["TaxRateId"]
    assert client.read("TaxRate", rate["TaxRateId"])["AgencyRef"]["value"] == "1"


def test_the_tax_service_refuses_a_rate_of_a_taken_name(client: Any) -> None:
    detail = {"TaxRateName": "City", "RateValue": "8.5", "TaxAgencyId": "1"}
    client.post("taxservice/taxcode", {"TaxCode": "Town", "TaxRateDetails": [detail]})

    answer = client.send("POST", "taxservice/taxcode", {"TaxCode": "Other", "TaxRateDetails": [detail]})

    (error,) = answer.json()["Fault"]["Error"]
    assert (answer.status_code, error["code"]) == (400, "6240")
    assert "Another tax rate is already using this \nname." in error["Detail"]
    count = client.send("GET", "query?query=select count(*) from TaxCode where Active in (true, false)")
    assert count.json()["QueryResponse"]["totalCount"] == 5
