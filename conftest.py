"""Every package's tests share the fixtures of quickbooks_demo.testing; what random tests have counted is shown."""

from __future__ import annotations

from typing import Any

pytest_plugins = ["quickbooks_demo.testing", "quickbooks_demo.books"]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What each long random test consisted of, as it has recorded under the name `counts`."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "counts":
                terminalreporter.write_line(f"{report.nodeid}: {value}")
