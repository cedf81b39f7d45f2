"""Exchange rates over HTTP: objects without an Id, named by a currency and a day."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def company(client: Any) -> Any:
    """A client of the company with three currencies."""
    client.move("currencies")
    return client


def test_the_rate_of_a_day_is_the_newest_up_to_it(company: Any) -> None:
    rows = company.send(
        "GET", "query?query=select * from ExchangeRate where SourceCurrencyCode = 'GBP'"
    ).json()
    days = sorted(row["AsOfDate"] for row in rows["QueryResponse"]["ExchangeRate"])

    on = [
        company.send("GET", f"exchangerate?sourcecurrencycode=GBP&asofdate={day}").json()["ExchangeRate"]
        for day in (days[0], days[1], days[-1])
    ]
    unknown = company.send("GET", "exchangerate?sourcecurrencycode=GBP&asofdate=2001-01-01")

    assert [(row["Rate"], row["AsOfDate"]) for row in on] == [
        (1.2544, days[0]),
        (1.2601, days[1]),
        (1.2802, days[-1]),
    ]
    assert unknown.json()["Fault"]["Error"][0]["code"] == "610"


def test_a_rate_is_set_by_an_update_without_id_and_has_no_time_of_creation(company: Any) -> None:
    fields = [{"DefinitionId": "1", "Name": "Source", "Type": "StringType", "StringValue": "ECB"}]
    body = {
        "SourceCurrencyCode": "EUR",
        "AsOfDate": "2026-02-03",
        "Rate": 1.123456,
        "CustomField": fields,
    }
    first = company.post("exchangerate", body)["ExchangeRate"]

    second = company.post("exchangerate", {**body, "SyncToken": "0", "Rate": 1.2})["ExchangeRate"]

    assert first.pop("MetaData").keys() == second.pop("MetaData").keys() == {"LastUpdatedTime"}
    common = {"SourceCurrencyCode": "EUR", "TargetCurrencyCode": "USD", "AsOfDate": "2026-02-03"}
    common["CustomField"] = fields
    system = {"domain": "QBO", "sparse": False}
    assert first == {**common, **system, "Rate": 1.123456, "SyncToken": "0"}
    assert second == {**common, **system, "Rate": 1.2, "SyncToken": "1"}


def test_rates_are_asked_by_currency_and_day(company: Any) -> None:
    company.post("exchangerate", {"SourceCurrencyCode": "EUR", "AsOfDate": "2026-02-03", "Rate": 1.1})
    company.post("exchangerate", {"SourceCurrencyCode": "GBP", "AsOfDate": "2026-02-03", "Rate": 1.3})
    asked = (
        "select * from exchangerate where sourcecurrencycode in ('EUR', 'GBP') and asofdate = '2026-02-03'"
    )

    rows = company.send("GET", f"query?query={asked}").json()["QueryResponse"]["ExchangeRate"]

    assert sorted((row["SourceCurrencyCode"], row["Rate"]) for row in rows) == [("EUR", 1.1), ("GBP", 1.3)]
