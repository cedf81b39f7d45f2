"""A body as bytes: what is sent, and what an attempt keeps so that it can be sent again unchanged."""

from __future__ import annotations

from typing import Any

import msgspec

# Decimals as numbers, digit by digit: a double would not hold every amount.
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def encoded(body: Any) -> bytes:
    """The JSON of a body."""
    return _ENCODER.encode(body)
