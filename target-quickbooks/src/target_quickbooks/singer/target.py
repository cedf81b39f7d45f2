"""`target-quickbooks` as a Singer target: settings, the run's life, and its exit code."""

from __future__ import annotations

import os
import sys
import uuid
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import click
import psycopg
from quickbooks_core.client import open_client
from quickbooks_core.errors import NotConfigured, QuickBooksError
from quickbooks_core.postgres.statements import Names
from quickbooks_core.settings import Connection
from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers.capabilities import (
    CapabilitiesEnum,
    PluginCapabilities,
    TargetCapabilities,
)
from singer_sdk.target_base import Target

from target_quickbooks.opening import new_worker, patience
from target_quickbooks.singer.intake import Intake
from target_quickbooks.singer.records import Rules
from target_quickbooks.singer.sink import ChangeSink
from target_quickbooks.singer.writer import Sending, Showing, Writer
from target_quickbooks.worker import Pace

_PATIENCE_S = 900.0


class TargetQuickBooks(Target):
    """Writes records to QuickBooks Online."""

    name = "target-quickbooks"
    package_name = "target-quickbooks"
    default_sink_class = ChangeSink
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
        TargetCapabilities.SOFT_DELETE,
    ]
    config_jsonschema = th.PropertiesList(
        *(
            th.Property(name, th.StringType, description=words, secret=is_secret, allowed_values=choices)
            for name, words, is_secret, choices in Connection.described()
        ),
        th.Property("database_url", th.StringType, description="The mirror's Postgres URL", secret=True),
        th.Property("schema", th.StringType, description="The mirror's schema, if it is not `public`"),
        th.Property(
            "empty_strings",
            th.StringType,
            allowed_values=["ignore", "clear"],
            description="Whether an empty string leaves its column as it is, or empties it",
        ),
        th.Property(
            "allow_unkeyed_creates",
            th.BooleanType,
            description="Takes new transactions without a key: one that is delivered twice is booked twice",
        ),
        th.Property("dry_run", th.BooleanType, description="Shows the requests and sends none"),
        th.Property("failures_dir", th.StringType, description="Where the file of failures goes"),
        th.Property("wait_s", th.NumberType, description="How long to wait while nothing gets an answer"),
    ).to_dict()

    writer: Writer

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The command line, with a word on the other door."""
        command = super().get_singer_command()
        command.help = (
            "Writes the records of a Singer tap to QuickBooks. With --follow or --drain (see `target-quickbooks "
            "--drain --help`) it works on the queue of a mirror instead."
        )
        return command

    @classmethod
    def invoke(cls, **arguments: Any) -> None:
        """Runs the command line; what a person can mend is said in one line, with exit code 1."""
        try:
            super().invoke(**arguments)
        except QuickBooksError as refused:
            cls._end(str(refused))
        except psycopg.OperationalError as failure:
            cls._end(f"the database cannot be used: {str(failure).strip().splitlines()[0]}")
        except ConfigValidationError as invalid:
            cls._end("; ".join([str(invalid), *map(str, invalid.errors)]))

    @classmethod
    def _end(cls, message: str) -> NoReturn:
        cls.logger.critical("%s", message)
        sys.exit(1)

    @cached_property
    def rules(self) -> Rules:
        """How records are read."""
        return Rules(
            clears=self.config.get("empty_strings") == "clear",
            unkeyed=bool(self.config.get("allow_unkeyed_creates")),
        )

    def refuse(self, message: str) -> NoReturn:
        """Ends the run."""
        raise NotConfigured(message)

    def listen(self, file_input: Any = None) -> None:  # type: ignore[misc]  # final in the SDK, which has no last word
        """One run: its records, their ends, and a report; exit code 1 if any failed."""
        with ExitStack() as ending:
            self.max_parallelism = 1  # streams have one connection; what is slow goes on beside it anyway
            self.writer = self._opened(ending)
            ending.callback(self.writer.close)
            super().listen(file_input)
            lines, is_well = self.writer.report()
        for line in lines:
            self.logger.info("%s", line)
        if not is_well:
            sys.exit(1)

    def _opened(self, ending: ExitStack) -> Writer:
        connection = Connection.from_mapping({**Connection.given_in_environment(), **self.config})
        url = str(self.config.get("database_url") or os.environ.get("DATABASE_URL") or "")
        if not url:
            raise NotConfigured("database_url is not set")
        names = Names(str(self.config.get("schema") or os.environ.get("QUICKBOOKS_SCHEMA") or "public"))
        intake = Intake(url, names, uuid.uuid4().hex[:12])
        if self.config.get("dry_run"):
            return Showing(intake)
        client = ending.enter_context(open_client(connection))
        worker = new_worker(client, connection, url, names, Pace(patience=patience(connection)), follow=True)
        folder = Path(self.config.get("failures_dir") or ".")
        return Sending(intake, worker, float(self.config.get("wait_s") or _PATIENCE_S), folder)

    def _write_state_message(self, state: dict[str, Any]) -> None:
        """Only when all that came before it has ended; a trial leaves no state, for nothing was written."""
        self.writer.wait()
        if not self.config.get("dry_run"):
            super()._write_state_message(state)

    def process_endofpipe(self) -> None:
        """The last records, and their ends also where no state follows them."""
        super().process_endofpipe()
        self.writer.wait()
