"""Documents in the form of recorded answers: keys, their order, and how numbers are written.

The forms were compared with recordings of the real service by tools/check_sandbox.py; here they are held without them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from quickbooks_core.catalog import by_name

_CASES = json.loads((Path(__file__).parent / "recorded_forms.json").read_text(encoding="utf-8"))


def form(value: Any) -> str:
    """`Key{Key Key[Key]}` of a document, in its order."""
    if isinstance(value, dict):
        return "{" + " ".join(f"{key}{form(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + " ".join(form(inner) for inner in value) + "]"
    return ""


def backwards(value: Any) -> Any:
    """The keys in another order, which must not matter."""
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(list(value))}
    return [backwards(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", _CASES, ids=[case["about"] for case in _CASES])
def test_a_new_document_has_the_recorded_form_in_whatever_order_it_was_sent(client: Any, case: Any) -> None:
    entity = by_name(case["object"])

    made = client.post(entity.resource, backwards(case["sent"]))[entity.key]

    assert form(client.read(entity.name, made["Id"])) == "{" + " ".join(case["form"]) + "}"
