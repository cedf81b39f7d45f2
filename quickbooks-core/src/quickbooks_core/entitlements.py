"""The XML answer of the entitlements address, as a document like every other object's.

The address has a dialect of its own: no JSON, no namespace, no envelope, and no Id; the company's realm id
serves as one. What is not known to be a number or a switch stays text; unknown elements stay too.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

Document = dict[str, Any]

_ROOT = "EntitlementsResponse"
_NUMBERS = frozenset({"MaxUsers", "CurrentUsers", "DaysRemainingTrial"})
_SWITCHES = frozenset({"QboCompany"})
_LISTS = frozenset({"Entitlement", "Threshold", "threshold"})
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class NotEntitlements(ValueError):
    """The answer is not the XML that QuickBooks gives for entitlements."""


def from_xml(body: bytes, realm_id: str) -> Document:
    """The entitlements of a company; raises NotEntitlements when the body is something else."""
    # expat of every supported Python refuses entities that multiply; none are expected at all.
    if b"<!DOCTYPE" in body:
        raise NotEntitlements("the answer carries a document type")
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise NotEntitlements(f"the answer is not XML: {error}") from error
    if _name(root) != _ROOT:
        raise NotEntitlements(f"the answer is a {_name(root)}")
    return {"RealmId": realm_id, **_children(root)}


def _children(element: ElementTree.Element) -> Document:
    """Attributes and elements by name; an element that may come more than once is always a list."""
    inner: Document = {_local(name): value for name, value in element.attrib.items()}
    for child in element:
        name = _name(child)
        if name in _LISTS:
            inner.setdefault(name, []).append(_value(child))
        elif name in inner:
            earlier = inner[name]
            inner[name] = [*earlier, _value(child)] if isinstance(earlier, list) else [earlier, _value(child)]
        else:
            inner[name] = _value(child)
    if text := (element.text or "").strip():
        inner["value"] = text
    return inner


def _value(element: ElementTree.Element) -> Any:
    if len(element) or element.attrib:
        return _children(element)
    text = (element.text or "").strip()
    name = _name(element)
    if name in _NUMBERS and text.removeprefix("-").isdecimal():
        return int(text)
    if name in _SWITCHES:
        return _BOOLEANS.get(text, text)
    return text


def _name(element: ElementTree.Element) -> str:
    return _local(element.tag)


def _local(tag: str) -> str:
    """`{namespace}name` without its namespace."""
    return tag.rpartition("}")[2]
