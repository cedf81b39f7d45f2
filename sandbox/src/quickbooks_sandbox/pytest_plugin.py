"""A local QuickBooks for the tests of anybody's project: the fixture `quickbooks_sandbox`.

One process for the session, started by the first test that asks for it; every test finds a fresh company.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from quickbooks_sandbox.process import running
from quickbooks_sandbox.remote import Remote

_COMPANY = "quickbooks_company"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The company that tests begin with is chosen in the project's configuration."""
    parser.addini(_COMPANY, "the company each test of quickbooks_sandbox begins with", default="demo")


@pytest.fixture(scope="session")
def quickbooks_sandbox_process(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Remote]:
    """A sandbox that lives as long as the session."""
    directory = tmp_path_factory.mktemp("quickbooks-sandbox")
    with running(directory, str(pytestconfig.getini(_COMPANY))) as started:
        yield started


@pytest.fixture
def quickbooks_sandbox(quickbooks_sandbox_process: Remote, pytestconfig: pytest.Config) -> Remote:
    """The sandbox with a fresh company, all switches at their defaults, and Intuit's limits lifted."""
    quickbooks_sandbox_process.control("reset", company=str(pytestconfig.getini(_COMPANY)))
    quickbooks_sandbox_process.control("throttle", on=False)
    return quickbooks_sandbox_process
