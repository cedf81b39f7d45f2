"""The tax service: a code and its rates in one request, answered without an envelope."""

from __future__ import annotations

from typing import Any

import pytest

NEW = {"TaxRateName": "County", "RateValue": "8.25", "TaxAgencyId": "1", "TaxApplicableOn": "Sales"}


def code(*rates: Any, name: str = "Here") -> Any:
    return {"TaxCode": name, "TaxRateDetails": list(rates)}


def test_a_code_takes_rates_that_exist_in_the_order_given(client: Any) -> None:
    made = client.post("taxservice/taxcode", code({"TaxRateId": "3"}, {"TaxRateId": "1"}))

    listed = client.read("TaxCode", made["TaxCodeId"])["SalesTaxRateList"]["TaxRateDetail"]
    assert [(one["TaxRateRef"]["value"], one["TaxOrder"]) for one in listed] == [("3", 0), ("1", 1)]


def test_the_same_requestid_makes_one_code(client: Any) -> None:
    first = client.post("taxservice/taxcode?requestid=t1", code(NEW))

    again = client.post("taxservice/taxcode?requestid=t1", code(NEW))

    assert again == first


@pytest.mark.parametrize(
    ("body", "code_of_error"),
    [
        ({"TaxRateDetails": [NEW]}, "2020"),
        ({"TaxCode": "Here"}, "2020"),
        (code({**NEW, "RateValue": None}), "2020"),
        (code({**NEW, "RateValue": "101"}), "2240"),
        (code({**NEW, "RateValue": "NaN"}), "2080"),
        (code({**NEW, "TaxAgencyId": "999"}), "2500"),
        (code({"TaxRateId": "3"}, {"TaxRateId": "3"}), "6000"),
        (code({**NEW, "TaxApplicableOn": "Moon"}), "2170"),
        (code(NEW, name="x" * 101), "2050"),
        (code(7), "2010"),
        (code({"TaxRateId": {"value": "3"}}), "610"),
        (code({**NEW, "TaxRateName": "California"}), "6240"),
        (code(NEW, name="California"), "6240"),
    ],
)
def test_what_makes_no_code_is_refused_and_leaves_nothing(client: Any, body: Any, code_of_error: str) -> None:
    def counts() -> list[Any]:
        asked = [f"query?query=select count(*) from {name}" for name in ("TaxCode", "TaxRate")]
        return [client.send("GET", path).json()["QueryResponse"] for path in asked]

    before = counts()

    answer = client.send("POST", "taxservice/taxcode", body)

    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, code_of_error)
    assert counts() == before


def test_in_xml_the_answer_has_an_envelope_as_recorded(client: Any) -> None:
    client.session.headers["Accept"] = "application/xml"

    answer = client.send("POST", "taxservice/taxcode", code({"TaxRateId": "3"}))

    body = answer.text.partition("<TaxService ")[2]
    assert body.startswith('domain="QBO" sparse="false"><TaxCode>Here</TaxCode><TaxCodeId>')
