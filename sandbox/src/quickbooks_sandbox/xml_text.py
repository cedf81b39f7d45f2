"""The same documents as XML, which QuickBooks answers to those who do not ask for JSON."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape, quoteattr

_NAMESPACE = "http://schema.intuit.com/finance/v3"
_ATTRIBUTES = (
    "domain",
    "sparse",
    "status",
    "startPosition",
    "maxResults",
    "totalCount",
    "type",
    "code",
    "element",
    "bId",
)


def as_xml(envelope: dict[str, Any]) -> str:
    """A JSON envelope with its time as an IntuitResponse."""
    time = envelope.get("time", "")
    inner = "".join(_element(key, value) for key, value in envelope.items() if key != "time")
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return f'{head}<IntuitResponse xmlns="{_NAMESPACE}" time={quoteattr(str(time))}>{inner}</IntuitResponse>'


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if not isinstance(value, dict):
        return f"<{name}>{escape(_text(value))}</{name}>"
    if "value" in value and set(value) <= {"value", "name", "type"}:
        attributes = "".join(
            f" {key}={quoteattr(str(value[key]))}" for key in ("name", "type") if key in value
        )
        return f"<{name}{attributes}>{escape(str(value['value']))}</{name}>"
    attributes = "".join(f" {k}={quoteattr(_text(value[k]))}" for k in _ATTRIBUTES if k in value)
    inner = "".join(_element(key, item) for key, item in value.items() if key not in _ATTRIBUTES)
    return f"<{name}{attributes}>{inner}</{name}>"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
