"""JSON with exact decimals: `300.00` stays `300.00` on the way in, in the store and on the way out."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec

Document = dict[str, Any]

_DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def read(text: str | bytes) -> Any:
    """Parses what is ours; raises ValueError."""
    try:
        return _DECODER.decode(text)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None


def received(body: bytes) -> Any:
    """Parses what came from outside; raises ValueError, also for half a character (`\\ud800`)."""
    try:
        value = json.loads(body, parse_float=Decimal, parse_constant=_refused)
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except RecursionError:
        raise ValueError("nested too deep") from None
    return value


def write(value: Any) -> str:
    """Compact text, keys in their order."""
    return _ENCODER.encode(value).decode()


def _refused(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")
