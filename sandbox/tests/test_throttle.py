"""Intuit's limits over HTTP, by the sandbox's own clock, and the gateway's refusals in their dialects."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

READ = ("GET", "companyinfo/1", None)
BATCH = ("POST", "batch", {"BatchItemRequest": [{"bId": "1", "Query": "select count(*) from Vendor"}]})
RECORDED = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<IntuitResponse xmlns="http://schema.intuit.com/finance/v3"><Fault type="SERVICE"><Error code="3001">'
    "<Message>message=ThrottleExceeded; errorCode=003001; statusCode=429</Message>"
    "<Detail>The request limit was reached.  Try again later</Detail></Error></Fault></IntuitResponse>"
)


@pytest.fixture
def throttled(client: Any) -> Any:
    """The company with its limits on, at a moment that does not pass by itself."""
    client.sandbox.control("clock", hold=True)
    client.sandbox.control("throttle", on=True)
    return client


def statuses(client: Any, request: Any, count: int) -> list[int]:
    return [client.send(*request).status_code for _ in range(count)]


def spread(client: Any, request: Any, count: int) -> list[int]:
    """So many requests, ten a second."""
    found: list[int] = []
    while len(found) < count:
        client.sandbox.control("clock", advance_s=1)
        found += statuses(client, request, min(10, count - len(found)))
    return found


def test_ten_requests_a_second_are_answered(throttled: Any) -> None:
    first = statuses(throttled, READ, 11)
    throttled.sandbox.control("clock", advance_s=1)

    following = statuses(throttled, READ, 11)

    assert first == following == [200] * 10 + [429]


def test_five_hundred_requests_a_minute_are_answered(throttled: Any) -> None:
    answered = spread(throttled, READ, 500)
    throttled.sandbox.control("clock", advance_s=1)
    refused = throttled.send(*READ).status_code
    throttled.sandbox.control("clock", advance_s=60)

    after = throttled.send(*READ).status_code

    assert (Counter(answered), refused, after) == ({200: 500}, 429, 200)


def test_forty_batches_a_minute_are_answered_and_other_requests_go_on(throttled: Any) -> None:
    answered = spread(throttled, BATCH, 40)
    throttled.sandbox.control("clock", advance_s=1)
    refused, other = throttled.send(*BATCH).status_code, throttled.send(*READ).status_code
    throttled.sandbox.control("clock", advance_s=60)

    after = throttled.send(*BATCH).status_code

    assert (Counter(answered), refused, other, after) == ({200: 40}, 429, 200, 200)


def test_eleven_requests_at_one_time_are_one_too_many(throttled: Any) -> None:
    throttled.sandbox.control("switches", throttle_of_ten="at_once")
    throttled.sandbox.control("latency", ms=1500)

    with ThreadPoolExecutor(11) as pool:
        found = list(pool.map(lambda _: throttled.send(*READ).status_code, range(11)))

    assert Counter(found) == {200: 10, 429: 1}


def test_ten_at_once_are_no_limit_on_what_comes_one_after_another(throttled: Any) -> None:
    throttled.sandbox.control("switches", throttle_of_ten="at_once")

    found = statuses(throttled, READ, 30)

    assert found == [200] * 30


@pytest.mark.parametrize(("counts", "after"), [("answered", 200), ("all", 429)])
def test_a_switch_says_whether_refused_requests_count(throttled: Any, counts: str, after: int) -> None:
    throttled.sandbox.control("switches", throttle_counts=counts)
    statuses(throttled, READ, 10)
    throttled.sandbox.control("clock", advance_s=0.9)
    statuses(throttled, READ, 10)
    throttled.sandbox.control("clock", advance_s=0.2)

    found = throttled.send(*READ).status_code

    assert found == after


def test_a_refused_write_has_not_been_done(throttled: Any) -> None:
    body = throttled.body("Vendor")
    statuses(throttled, READ, 10)
    refused = throttled.send("POST", "vendor?requestid=v", body)
    throttled.sandbox.control("clock", advance_s=60)

    done = throttled.send("POST", "vendor?requestid=v", body)

    assert (refused.status_code, done.status_code, done.json()["Vendor"]["SyncToken"]) == (429, 200, "0")


@pytest.mark.parametrize("body", ["xml", "json"])
def test_a_refusal_is_told_as_recorded_or_in_the_gateways_json(throttled: Any, body: str) -> None:
    throttled.sandbox.control("switches", throttle_body=body)
    statuses(throttled, READ, 10)

    answer = throttled.send(*READ)

    if body == "xml":
        assert (answer.headers["Content-Type"], answer.text) == ("application/xml", RECORDED)
    else:
        assert answer.json()["fault"] == {
            "error": [
                {
                    "message": "message=ThrottleExceeded; errorCode=003001; statusCode=429",
                    "detail": "The request limit was reached.  Try again later",
                    "code": "3001",
                    "element": None,
                }
            ],
            "type": "SERVICE",
        }


def gateway(message: str, detail: str, code: str, kind: str) -> dict[str, Any]:
    error = {"message": message, "detail": detail, "code": code, "element": None}
    empty = {"warnings": None, "intuitObject": None, "report": None, "queryResponse": None}
    lists: dict[str, Any] = {"batchItemResponse": [], "attachableResponse": [], "syncErrorResponse": None}
    return {
        **empty,
        **lists,
        "fault": {"error": [error], "type": kind},
        "requestId": None,
        "status": None,
        "cdcresponse": [],
    }


# The first has been recorded whole; the others differ from it in words that have been recorded.
FAILED = "message=AuthenticationFailed; errorCode=003200; statusCode=401"


@pytest.mark.parametrize(
    ("token", "detail", "code", "message"),
    [
        ("AB01" + "0" * 60, "Token expired: AB01", "3200", FAILED),
        ("AB01", "Malformed bearer token: too short or too long", "3200", FAILED),
        ("", "oauth_token", "3202", "message=EmptyField; errorCode=003202; statusCode=401"),
    ],
)
def test_a_bad_token_is_refused_by_the_gateway(
    client: Any, token: str, detail: str, code: str, message: str
) -> None:
    client.session.headers["Authorization"] = f"Bearer {token}"

    answer = client.send(*READ)

    told = answer.json()
    time = told.pop("time")
    assert (answer.status_code, told) == (401, gateway(message, detail, code, "AUTHENTICATION"))
    assert (isinstance(time, int), answer.headers["Content-Type"]) == (True, "application/json")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Intuit", error="invalid_token"'


def test_another_company_is_forbidden(client: Any) -> None:
    client.realm_id = "1234567890"

    answer = client.send(*READ)

    told = answer.json()
    told.pop("time")
    message = "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403"
    assert (answer.status_code, told) == (403, gateway(message, "", "3100", "AUTHORIZATION"))
