"""`quickbooks doctor`: every check when all is well, and the words of each one when it is not."""

from __future__ import annotations

import re

import pytest
from quickbooks_core.command.doctor_database import pooling, supported
from quickbooks_core.command.failure import CommandFailed
from quickbooks_demo.database import Address
from quickbooks_demo.pipeline import loader_url
from quickbooks_demo.ports import free_port
from quickbooks_demo.sandbox import Sandbox
from quickbooks_demo.testing import Database, Outcome, run

CHECKS = [
    "versions",
    "settings",
    "tokens",
    "api",
    "clock",
    "database",
    "pooler",
    "mirror",
    "grants",
    "loader",
]


def doctor(environment: dict[str, str], **more: str) -> Outcome:
    return run("quickbooks", "doctor", **{**environment, **more})


def findings(outcome: Outcome) -> dict[str, tuple[str, str]]:
    """How each check ended, and its words."""
    parts = [line.split(maxsplit=2) for line in outcome.out.splitlines()]
    return {name: (ending, words) for ending, name, words in parts}


def failed(outcome: Outcome) -> dict[str, str]:
    assert outcome.code == 1
    return {name: words for name, (ending, words) in findings(outcome).items() if ending == "failed"}


@pytest.fixture
def environment(connected: dict[str, str], migrated: Database) -> dict[str, str]:
    """All settings, of a machine on which nothing is wrong."""
    loader = loader_url(migrated.login("quickbooks_loader").url)
    return {**connected, "DATABASE_URL": migrated.url, "TARGET_POSTGRES_SQLALCHEMY_URL": loader}


def test_when_all_is_well_each_check_says_what_it_has_seen(
    environment: dict[str, str], migrated: Database
) -> None:
    outcome = doctor(environment)

    seen = findings(outcome)
    assert (outcome.code, outcome.err, [*seen]) == (0, "", CHECKS)
    assert {ending for ending, _ in seen.values()} == {"ok"}
    words = {name: words for name, (_, words) in seen.items()}
    assert words["versions"].startswith("quickbooks-core 0.1.0, Python 3.")
    assert words["settings"].startswith("company 9341453172058475 (sandbox) at http://127.0.0.1:")
    assert words["tokens"].startswith("valid; without any use, connect again in ")
    assert words["api"] == "Sandbox Company_US_1"
    assert words["clock"] == "within 30 s of QuickBooks'"
    assert words["database"].startswith(f"{migrated.name}, Postgres 1")
    assert words["pooler"] == "none"
    assert words["mirror"] == "schema public is migrated and holds no company yet"
    assert words["grants"] == "each group has its rights"
    assert words["loader"] == "test_quickbooks_loader may load"


def test_secrets_are_not_shown(environment: dict[str, str]) -> None:
    outcome = doctor(environment)

    secrets = [environment[f"QUICKBOOKS_{name}"] for name in ("CLIENT_SECRET", "REFRESH_TOKEN")]
    assert [
        secret for secret in [*secrets, "password-of-the-tests"] if secret in outcome.out + outcome.err
    ] == []


def test_what_a_failed_check_would_have_given_is_not_looked_at() -> None:
    outcome = run("quickbooks", "doctor", QUICKBOOKS_ENVIRONMENT="sandbox", QUICKBOOKS_CLIENT_ID="app")

    seen = findings(outcome)
    assert seen["settings"][1].startswith("QUICKBOOKS_CLIENT_SECRET, QUICKBOOKS_REALM_ID are not set")
    assert {name: ending for name, (ending, _) in seen.items()} == {
        "versions": "ok", "settings": "failed", "tokens": "skipped", "api": "skipped", "clock": "skipped",
        "database": "failed", "pooler": "skipped", "mirror": "skipped", "grants": "skipped", "loader": "skipped",
    }  # fmt: skip
    assert outcome.err == f"quickbooks: not all is well: {', '.join(CHECKS[1:])}\n"


@pytest.mark.parametrize(
    ("variable", "value", "check", "words"),
    [
        (
            "QUICKBOOKS_CLIENT_SECRET",
            "wrong",
            "tokens",
            "Check QUICKBOOKS_CLIENT_ID and QUICKBOOKS_CLIENT_SECRET.",
        ),
        ("QUICKBOOKS_REFRESH_TOKEN", "wrong", "tokens", "Connect the company again: quickbooks connect."),
        (
            "QUICKBOOKS_REALM_ID",
            "4620816365000000000",
            "api",
            "Connect the company again: quickbooks connect.",
        ),
        ("QUICKBOOKS_ENVIRONMENT", "live", "settings", "it must be sandbox or production"),
        (
            "DATABASE_URL",
            "postgres+x://me:hidden@host/db",
            "database",
            "DATABASE_URL is not the address of a Postgres",
        ),
        ("QUICKBOOKS_SCHEMA", "acme", "mirror", "the schema acme is not migrated. Run: quickbooks migrate"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_do(
    environment: dict[str, str], variable: str, value: str, check: str, words: str
) -> None:
    outcome = doctor(environment, **{variable: value})

    assert words in failed(outcome)[check]
    assert "hidden" not in outcome.out + outcome.err


def test_a_database_that_is_down(environment: dict[str, str]) -> None:
    nowhere = f"postgresql://me:hidden@127.0.0.1:{free_port()}/db"

    outcome = doctor(environment, DATABASE_URL=nowhere)

    assert "Connection refused" in failed(outcome)["database"]
    assert failed(outcome)["database"].endswith("Check DATABASE_URL and what its role may do.")


def test_a_clock_that_is_wrong(environment: dict[str, str], sandbox: Sandbox) -> None:
    sandbox.control("clock", advance_s=3_000)

    words = failed(doctor(environment))["clock"]

    told = re.fullmatch(r"this machine's clock is (\d+) s behind QuickBooks': set it, by NTP", words)
    assert told
    assert 2_990 < int(told[1]) < 3_010


def test_a_right_that_somebody_has_taken_away_and_how_it_comes_back(
    environment: dict[str, str], migrated: Database
) -> None:
    migrated.superuser.query("revoke insert on quickbooks_load.invoice from quickbooks_loader")

    words = failed(doctor(environment))

    assert words == {
        "grants": "quickbooks_loader lacks INSERT on quickbooks_load.invoice. Run: quickbooks migrate"
    }
    assert run("quickbooks", "migrate", DATABASE_URL=migrated.url).code == 0
    assert doctor(environment).code == 0


@pytest.mark.parametrize(
    ("group", "elsewhere", "words"),
    [
        (
            "quickbooks_reader",
            False,
            'test_quickbooks_reader may not load. Run: GRANT quickbooks_loader TO "test_q',
        ),
        ("quickbooks_loader", True, "leads to another database than DATABASE_URL: it has no mirror"),
    ],
)
def test_a_login_of_the_loader_that_cannot_load(
    environment: dict[str, str], migrated: Database, group: str, elsewhere: bool, words: str
) -> None:
    login = Address(migrated.login(group).url)
    url = login.on("postgres" if elsewhere else migrated.name).url

    outcome = doctor(environment, TARGET_POSTGRES_SQLALCHEMY_URL=loader_url(url))

    assert words in failed(outcome)["loader"]


def test_a_postgres_that_is_too_old_is_refused_and_a_newer_one_is_tried() -> None:
    with pytest.raises(CommandFailed, match="Postgres 14 is too old: 15 to 18 are supported"):
        supported(14)

    assert [supported(version) for version in (15, 18, 19)] == [
        "Postgres 15", "Postgres 18", "Postgres 19 (tested up to 18)",
    ]  # fmt: skip


def test_a_pooler_is_told_by_the_processes_that_answer() -> None:
    with pytest.raises(CommandFailed, match="a pooler in transaction mode stands before the server"):
        pooling(7, [4711, 4712, 4711])

    assert (pooling(4711, [4711, 4711]), pooling(7, [4711, 4711])) == ("none", "in session mode")
