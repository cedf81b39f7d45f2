"""The Singer tap: settings, discovery, and one run over all selected streams."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NoReturn

from quickbooks_core.catalog import MIRRORED
from quickbooks_core.client import Client, open_client
from quickbooks_core.errors import QuickBooksError
from quickbooks_core.reading.ahead import IN_FLIGHT, Ahead
from quickbooks_core.settings import Connection
from singer_sdk import Tap
from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities, TapCapabilities

from tap_quickbooks.plan import Plan
from tap_quickbooks.run import Run
from tap_quickbooks.streams import ObjectStream
from tap_quickbooks.whole import OwnUrl, Way, Whole, whole


class TapRefused(Exception):
    """What was asked for cannot be done; the message says what to do."""


class TapQuickBooks(Tap):
    """QuickBooks Online."""

    name = "tap-quickbooks"
    package_name = "tap-quickbooks"
    # Not all that the SDK would do: what transforms or bundles records would take away the marks of their run.
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        TapCapabilities.TEST,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    config_jsonschema = th.PropertiesList(
        *(
            th.Property(name, th.StringType, description=words, secret=is_secret, allowed_values=choices)
            for name, words, is_secret, choices in Connection.described()
        ),
        th.Property(
            "requests_at_once",
            th.StringType,
            description="From 1 to 10, which is what QuickBooks allows; fewer leave room to other programs",
        ),
    ).to_dict()

    client: Client
    ahead: Ahead
    run: Run
    _given_state: dict[str, Any]
    _plan: Plan

    @classmethod
    def invoke(cls, **arguments: Any) -> None:
        """Runs the command line."""
        with cls._in_words():
            super().invoke(**arguments)

    @classmethod
    def cb_test(cls, *arguments: Any) -> None:
        """Runs a trial, `--test`."""
        with cls._in_words():
            super().cb_test(*arguments)

    @classmethod
    @contextmanager
    def _in_words(cls) -> Iterator[None]:
        """What a person can mend is said in one line, with exit code 1."""
        try:
            yield
        except (QuickBooksError, TapRefused) as refused:
            cls._end(str(refused))
        except ConfigValidationError as invalid:
            cls._end("; ".join([str(invalid), *map(str, invalid.errors)]))
        except BrokenPipeError:
            cls._end("The loader has ended before the run; its own message says why.")

    @classmethod
    def _end(cls, message: str) -> NoReturn:
        cls.logger.critical("%s", message)
        sys.stdout = None  # nothing is left to flush into a broken pipe
        sys.exit(1)

    def load_state(self, state: dict[str, Any]) -> None:
        """Keeps the state as it came: it names the run on which this one builds."""
        self._given_state = state
        super().load_state(state)

    def discover_streams(self) -> list[ObjectStream]:
        """One stream for each object of the catalogue that has rows."""
        return [ObjectStream(self, entity) for entity in MIRRORED]

    def whole(self, stream: ObjectStream) -> Whole | OwnUrl:
        """How a stream is read whole, outside any plan."""
        return whole(stream)

    def way_of(self, stream: ObjectStream) -> Way:
        """How a stream is read in this run."""
        return self._plan.ways[stream.name]

    def sync_all(self) -> None:  # type: ignore[misc]  # final in the SDK, whose loop reads one stream at a time
        """One run: its first word, every selected stream, its last word, and then the state."""
        streams = self._wanted()
        # A page is thousands of dicts that form no cycles: looking for some at every 700th is a tenth of the time.
        gc.set_threshold(50_000)
        # A thread that receives gets its turn at once, not after the 5 ms of the one that works on a page.
        sys.setswitchinterval(0.0005)
        with self.connected():
            self._plan = Plan(self, streams, self.run.previous_state)
            self.run.open(self._plan.intent)
            # A large object in their midst must not keep the others from being asked for.
            self._plan.begin(1 if self._requests_at_once() == 1 else len(streams))
            for stream in streams:
                stream.sync()
            self._plan.follow_links()
            cost = self._plan.cost
            self.run.close(cost, self._plan.bookmarks)
        self.logger.info("%s", cost)

    @contextmanager
    def connected(self) -> Iterator[None]:
        """A run, a client and its request threads, for as long as something is read."""
        connection = Connection.from_mapping(self.config)
        self.run = Run(connection.environment, connection.realm_id, self._state_of(connection))
        with Ahead(self._requests_at_once()) as self.ahead, open_client(connection) as self.client:
            yield

    def _state_of(self, connection: Connection) -> dict[str, Any]:
        """The given state; raises TapRefused when it is another company's."""
        state: dict[str, Any] = getattr(self, "_given_state", {})
        of = state.get("quickbooks", {})
        owner = (of.get("environment", connection.environment), of.get("realm_id", connection.realm_id))
        if owner != (connection.environment, connection.realm_id):
            raise TapRefused(
                f"The state is that of company {owner[1]} ({owner[0]}), the settings name {connection.realm_id} "
                f"({connection.environment}): give each company a Meltano state of its own, or correct the settings."
            )
        return state

    def _requests_at_once(self) -> int:
        """How many requests may be under way; raises TapRefused."""
        given = str(self.config.get("requests_at_once") or IN_FLIGHT)
        if not given.isdecimal() or not 1 <= int(given) <= IN_FLIGHT:
            raise TapRefused(
                f"requests_at_once is {given}: QuickBooks answers from 1 to {IN_FLIGHT} at a time."
            )
        return int(given)

    def _wanted(self) -> list[ObjectStream]:
        """The selected streams; raises TapRefused when the catalog asks for what does not exist."""
        for setting in ("stream_maps", "flattening_enabled", "batch_config"):
            if self.config.get(setting):
                raise TapRefused(
                    f"{setting} is not supported: select columns, or use a view in the database."
                )
        known = {stream.name: stream for stream in self.discover_streams()}
        unknown = sorted(set(self.input_catalog or ()) - set(known))
        if unknown:
            raise TapRefused(
                f"Unknown stream {', '.join(unknown)}: run `tap-quickbooks --discover` for those there are."
            )
        wanted = [stream for stream in self.streams.values() if stream.selected]
        if not wanted:
            raise TapRefused("No stream is selected: `meltano select tap-quickbooks --list --all` shows all.")
        return [stream for stream in wanted if isinstance(stream, ObjectStream)]
