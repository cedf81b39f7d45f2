"""The columns of a result, as RowDescription tells them. Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column: where its values come from (0 where they are computed), of which type, in which format."""

    name: bytes
    table: int
    number: int
    type: int
    format: int


def columns_of(body: bytes) -> tuple[Column, ...]:
    """From the body of a RowDescription."""
    (count,) = struct.unpack_from("!h", body)
    place, found = 2, []
    for _ in range(count):
        end = body.index(b"\0", place)
        name = body[place:end]
        table, number, oid, _, _, form = struct.unpack_from("!IhIhih", body, end + 1)
        found.append(Column(name, table, number, oid, form))
        place = end + 19
    return tuple(found)
