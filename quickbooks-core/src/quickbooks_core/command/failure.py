"""The failure a person can do something about, and where commands find their database."""

from __future__ import annotations

import os

import psycopg
from psycopg.conninfo import conninfo_to_dict


class CommandFailed(Exception):
    """The message says what is wrong and what to do."""


def database_url() -> str:
    """DATABASE_URL; raises CommandFailed when it is missing."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise CommandFailed(
            "DATABASE_URL is not set: give it the database, as postgresql://user:password@host/name"
        )
    return readable("DATABASE_URL", url)


def readable(name: str, url: str) -> str:
    """The URL of a variable; raises CommandFailed without its text, which holds a password."""
    try:
        conninfo_to_dict(url)
    except psycopg.Error:
        raise CommandFailed(
            f"{name} is not the address of a Postgres database: give it as postgresql://user:password@host/name"
        ) from None
    return url


def mirror_schema() -> str:
    """The schema of the mirror."""
    return os.environ.get("QUICKBOOKS_SCHEMA") or "public"
