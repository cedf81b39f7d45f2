"""Records of one stream, queued a few hundred at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from singer_sdk.sinks import BatchSink
from singer_sdk.target_base import Target

from target_quickbooks.singer.records import QUEUE, asked, table_of

if TYPE_CHECKING:
    from target_quickbooks.singer.target import TargetQuickBooks

AT_ONCE = 250  # each record takes locks of its row and key until all are queued


class ChangeSink(BatchSink):
    """One stream."""

    max_size = AT_ONCE
    target: TargetQuickBooks

    def __init__(
        self, target: Target, stream_name: str, schema: dict[str, Any], key_properties: Sequence[str] | None
    ) -> None:
        super().__init__(target, stream_name, schema, key_properties)
        self._target: TargetQuickBooks = target  # type: ignore[assignment]
        self._table = table_of(stream_name)
        if not self._table:
            self._target.refuse(
                f"The stream {stream_name} is none of the mirror's tables: name it as the table, "
                "or give it the table's name with stream_maps."
            )

    def process_batch(self, context: dict[str, Any]) -> None:
        """Queues what has come."""
        records: list[Mapping[str, Any]] = context.get("records", [])
        writer = self._target.writer
        if self._table == QUEUE:
            writer.name([int(record["queue_id"]) for record in records])
            return
        keys = list(self.key_properties)
        writer.queue(self._table, [asked(self._table, one, keys, self._target.rules) for one in records])

    def _singer_validate_message(self, record: dict[str, Any]) -> None:
        """Nothing: what a change lacks is told by the engine, and does not end the run."""

    def _remove_sdc_metadata_from_record(self, record: dict[str, Any]) -> None:
        """Nothing: a record says there that its row is to be deleted."""
