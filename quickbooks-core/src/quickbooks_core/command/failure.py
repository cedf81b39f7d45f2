"""The failure a person can do something about, and where commands find their database."""

from __future__ import annotations

import os


class CommandFailed(Exception):
    """The message says what is wrong and what to do."""


def database_url() -> str:
    """DATABASE_URL; raises CommandFailed when it is missing."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise CommandFailed(
            "DATABASE_URL is not set: give it the database, as postgresql://user:password@host/name"
        )
    return url


def mirror_schema() -> str:
    """The schema of the mirror."""
    return os.environ.get("QUICKBOOKS_SCHEMA") or "public"
