"""Failures by order: which requests they hit, and what they leave behind."""

from __future__ import annotations

from typing import Any

import pytest
import requests

QUERY = "query?query=select%20*%20from%20Customer%20maxresults%201"
NAME = {"DisplayName": "Made once"}


def order(client: Any, **given: Any) -> None:
    client.sandbox.control("faults", **given)


def names(client: Any) -> list[str]:
    """The customers named as the tests name them."""
    found = client.send(
        "GET", "query?query=select%20*%20from%20Customer%20where%20DisplayName%20=%20'Made%20once'"
    )
    return [row["DisplayName"] for row in found.json()["QueryResponse"].get("Customer", [])]


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("401", 401, "Token expired"),
        ("403", 403, "ApplicationAuthorizationFailed"),
        ("429", 429, "ThrottleExceeded"),
        ("500", 500, "System Failure Error"),
        ("502", 502, "Bad Gateway"),
        ("503", 503, "Service Unavailable"),
        ("504", 504, "Bad Gateway"),
        ("html", 200, "<html>"),
    ],
)
def test_an_ordered_answer_comes_instead_of_the_work(client: Any, kind: str, status: int, words: str) -> None:
    order(client, kind=kind)

    answer = client.send("POST", "customer", NAME)

    assert (answer.status_code, words in answer.text, names(client)) == (status, True, [])


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        ("reset_before", []),
        ("reset_after", ["Made once"]),
        ("cut_after", ["Made once"]),
    ],
)
def test_a_connection_breaks_before_or_after_the_write(client: Any, kind: str, made: list[str]) -> None:
    order(client, kind=kind)

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.send("POST", "customer", NAME)

    assert names(client) == made


@pytest.mark.parametrize(("kind", "made"), [("timeout_before", []), ("timeout_after", ["Made once"])])
def test_an_answer_never_comes_before_or_after_the_write(client: Any, kind: str, made: list[str]) -> None:
    order(client, kind=kind)
    address = f"{client.sandbox.url}/v3/company/{client.realm_id}/customer"

    with pytest.raises(requests.ReadTimeout):
        client.session.post(address, json=NAME, timeout=0.5)

    assert names(client) == made


@pytest.mark.parametrize(("kind", "status"), [("500_after", 500), ("503_after", 503)])
def test_a_server_can_fail_after_the_write_was_done(client: Any, kind: str, status: int) -> None:
    order(client, kind=kind)

    answer = client.send("POST", "customer", NAME)

    assert (answer.status_code, names(client)) == (status, ["Made once"])


def test_a_late_answer_is_the_right_one(client: Any) -> None:
    order(client, kind="slow", delay_s=0.3)

    answer = client.send("GET", QUERY)

    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() >= 0.3


@pytest.mark.parametrize(
    ("chosen", "failed"),
    [
        ({"method": "post"}, [False, False, True, True]),
        ({"path": "/customer/1"}, [False, True, False, False]),
        ({"operation": "query"}, [True, False, False, False]),
        ({"match": "requestid=b"}, [False, False, False, True]),
        ({"method": "GET", "operation": "write"}, [False, False, False, False]),
        ({"count": 2, "skip": 1}, [False, True, True, False]),
        ({}, [True, False, False, False]),
    ],
)
def test_an_order_chooses_its_requests(client: Any, chosen: dict[str, Any], failed: list[bool]) -> None:
    order(client, kind="503", **{"count": 9 if chosen else 1, **chosen})

    answers = [
        client.send("GET", QUERY),
        client.send("GET", "customer/1"),
        client.send("POST", "customer?requestid=a", {"DisplayName": "One"}),
        client.send("POST", "customer?requestid=b", {"DisplayName": "Two"}),
    ]

    assert [answer.status_code == 503 for answer in answers] == failed


def test_open_orders_are_listed_and_forgotten_with_the_log(client: Any) -> None:
    order(client, kind="500", count=3, path="invoice")
    client.send("POST", "invoice", {})

    before = client.sandbox.look("faults")
    client.sandbox.control("requests")
    after = client.sandbox.look("faults")

    assert [(one["kind"], one["count"], one["path"]) for one in before["orders"]] == [("500", 2, "invoice")]
    assert before["played"] == {"500": 1}
    assert (after["orders"], after["played"]) == ([], {})


@pytest.mark.parametrize("given", [{"kind": "flood"}, {"knid": "500"}])
def test_an_order_that_makes_no_sense_is_refused(client: Any, given: dict[str, str]) -> None:
    answer = requests.post(f"{client.sandbox.url}/sandbox/faults", json=given, timeout=10)

    assert (answer.status_code, "kind is one of 401, 403, 429" in answer.json()["error"]) == (400, True)


def token_answer(client: Any, refresh_token: str) -> requests.Response:
    return requests.post(
        f"{client.sandbox.url}/oauth2/v1/tokens/bearer",
        auth=("sandbox-client", "sandbox-secret"),
        data={"grant_type": "refresh_token", "refresh_token": refresh_token},
        timeout=10,
    )


def test_an_expired_token_stays_expired_until_it_is_refreshed(client: Any) -> None:
    order(client, kind="expired_token")

    first, second = client.send("GET", "customer/1"), client.send("GET", "customer/1")

    assert (first.status_code, second.status_code) == (401, 401)


def test_the_answer_that_held_a_rotated_token_can_be_lost(client: Any) -> None:
    refresh_token = client.sandbox.control("connect")["refresh_token"]
    order(client, kind="reset_after", operation="oauth")

    with pytest.raises(requests.ConnectionError):
        token_answer(client, refresh_token)

    assert token_answer(client, refresh_token).status_code == 200  # the old one works for a while
    client.sandbox.control("clock", advance_s=61)
    assert token_answer(client, refresh_token).json()["error"] == "invalid_grant"


def test_a_token_rotated_by_nobody_we_know_ends_the_connection(client: Any) -> None:
    refresh_token = client.sandbox.control("connect")["refresh_token"]
    client.sandbox.control("switches", old_refresh_token="refuse")

    client.sandbox.control("rotate")

    assert token_answer(client, refresh_token).json()["error"] == "invalid_grant"


def test_a_seed_draws_every_switch_the_same_way_again(client: Any) -> None:
    first = client.sandbox.control("switches", seed=7)["switches"]
    other = client.sandbox.control("switches", seed=8)["switches"]
    again = client.sandbox.control("switches", seed=7)["switches"]

    assert first == again
    assert [one["value"] for one in first] != [one["value"] for one in other]
    assert all(one["value"] in one["values"] for one in first)
