"""What a program of the demo or of a test sees of the environment it was started from."""

from __future__ import annotations

import os

_OURS = ("QUICKBOOKS_", "TAP_QUICKBOOKS_", "TARGET_POSTGRES_", "MELTANO_", "PG", "DATABASE_URL")


def clean_environment() -> dict[str, str]:
    """This process's environment without anything that configures the product, so that no real company is touched."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
