"""The Singer SDK's own tests of a tap: discovery, state, schemas, keys and every value's type, on a running sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from quickbooks_demo.sandbox import Sandbox
from quickbooks_demo.testing import run
from singer_sdk.testing import SuiteConfig, TapTestRunner, get_tap_test_class
from tap_quickbooks.tap import TapQuickBooks

# Single-currency, not French: these have no rows in the sample company (see seeds/README.md).
SUITE = SuiteConfig(
    ignore_no_records_for_streams=["company_currency", "exchange_rate", "journal_code", "tax_payment"]
)
StandardTests: Any = get_tap_test_class(
    TapQuickBooks, config={"environment": "sandbox"}, suite_config=SUITE, parse_env_config=False
)


class WholeRun(TapTestRunner):
    """Looks at a whole run; the SDK's own takes the first records of each stream."""

    def run_sync_dry_run(self) -> bool:
        """All streams, first and last word, state."""
        self.new_tap().sync_all()
        return True


@pytest.mark.filterwarnings(
    "ignore:Fields in transformed catalog but not in records", "ignore:No records were"
)
class TestTapQuickBooks(StandardTests):  # type: ignore[misc]  # made by a factory
    """One run over all streams, whose records every test looks at."""

    @pytest.fixture(scope="class")
    def runner(self, sandbox_process: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> TapTestRunner:
        """A runner that has run."""
        sandbox_process.control("reset")
        sandbox_process.control("throttle", on=False)
        settings = {
            name.removeprefix("QUICKBOOKS_").lower(): value
            for name, value in sandbox_process.connection().items()
        }
        settings |= {"state_dir": str(tmp_path_factory.mktemp("tokens")), "throttle": "off"}
        runner = WholeRun(TapQuickBooks, config=settings, suite_config=SUITE, parse_env_config=False)
        runner.sync_all()
        return runner

    def test_tap_stream_attribute_is_object(
        self, config: SuiteConfig, resource: Any, runner: TapTestRunner, stream: Any, attribute_name: str
    ) -> None:
        """The SDK's knows objects only; QuickBooks' own JSON is an object or an array."""
        del config, resource
        values = [record.get(attribute_name) for record in runner.records[stream.name]]

        assert {type(value) for value in values if value is not None} <= {dict, list}


@pytest.fixture
def configured(connected: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of the tap as a command."""
    return {"TAP_" + name: value for name, value in connected.items()} | {
        "TAP_QUICKBOOKS_THROTTLE": "off",
        "TAP_QUICKBOOKS_STATE_DIR": str(tmp_path / "state"),
    }


def test_a_trial_of_the_connection_reads_a_little_and_ends_well(
    configured: dict[str, str], sandbox: Sandbox
) -> None:
    sandbox.control("generate", object="Customer", count=5_000)

    outcome = run("tap-quickbooks", "--config", "ENV", "--test", **configured)

    assert outcome.code == 0, outcome.err
    asked = [line["target"] for line in sandbox.look("requests")["requests"]]
    assert [target for target in asked if "startposition" in target] == []


def test_a_trial_with_a_wrong_secret_says_so(configured: dict[str, str]) -> None:
    wrong = {**configured, "TAP_QUICKBOOKS_CLIENT_SECRET": "wrong"}

    outcome = run("tap-quickbooks", "--config", "ENV", "--test", **wrong)

    assert (outcome.code, "QUICKBOOKS_CLIENT_SECRET" in outcome.err) == (1, True), outcome.err
    assert "Traceback" not in outcome.err
