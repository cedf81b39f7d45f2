"""JSON whose decimals keep every digit both ways."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def loads(text: str) -> Any:
    """Parses, with exact decimals."""
    return json.loads(text, parse_float=Decimal)


def dumps(value: Any) -> str:
    """Writes, decimals as they are."""
    if isinstance(value, dict):
        members = [f"{json.dumps(key)}:{dumps(held)}" for key, held in value.items()]
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(dumps, value))}]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)
