"""The convention that names a column after its API path: `BillAddr.City` → `bill_addr_city`."""

from __future__ import annotations

import re

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

# Names that say the same thing shorter, the same in every object.
_CONVENTIONS = {
    "MetaData.CreateTime": "created_at",
    "MetaData.LastUpdatedTime": "updated_at",
    "PrimaryEmailAddr.Address": "email",
    "PrimaryPhone.FreeFormNumber": "phone",
}

# The last step of a path that holds the whole meaning of the step before it.
_TRANSPARENT = {"Address", "FreeFormNumber", "URI"}


def snake_case(name: str) -> str:
    """`APAgingDetail` → `ap_aging_detail`."""
    return _WORD_START.sub("_", name).lower()


def column_for(path: str) -> str:
    """The column of an API path: references end in `_id` and `_name`, everything else is spelled out."""
    if path in _CONVENTIONS:
        return _CONVENTIONS[path]
    head, _, tail = path.partition(".")
    if head.endswith("Ref") and tail in ("value", "name", "type"):
        return f"{snake_case(head.removesuffix('Ref'))}_{'id' if tail == 'value' else tail}"
    if not tail or tail in _TRANSPARENT or tail == "value":
        return snake_case(head)
    return f"{snake_case(head)}_{snake_case(tail)}"
