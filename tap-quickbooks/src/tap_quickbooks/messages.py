"""Singer messages, a page at a time.

The SDK writes one record a call, through a slow encoder; a page in one call is several times faster, and
decimals keep their digits.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def write_schema(stream: str, schema: Mapping[str, Any], keys: Iterable[str]) -> None:
    """A SCHEMA message."""
    _write(_line({"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": list(keys)}))


def write_records(stream: str, records: Iterable[Mapping[str, Any]]) -> None:
    """RECORD messages, written and flushed together."""
    # What does not change from record to record is encoded once.
    begin = b'{"type":"RECORD","stream":%s,"record":' % _ENCODER.encode(stream)
    page = bytearray()
    for record in records:
        page += begin
        page += _ENCODER.encode(record)
        page += b"}\n"
    _write(page)


def write_state(value: Mapping[str, Any]) -> None:
    """A STATE message."""
    _write(_line({"type": "STATE", "value": value}))


def _line(message: Mapping[str, Any]) -> bytes:
    return _ENCODER.encode(message) + b"\n"


def _write(data: bytes | bytearray) -> None:
    out = sys.stdout
    if hasattr(out, "buffer"):
        out.buffer.write(data)
    else:  # a test that collects the output as text
        out.write(data.decode())
    out.flush()
