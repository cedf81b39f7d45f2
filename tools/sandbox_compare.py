"""What differs between a recorded document and the sandbox's for the same input; decides nothing.

Names, ids, days and amounts are the company's own; what has to be the same is the form: which keys there are, in
which order, of which JSON type, and with how many decimals equal numbers are written.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

# Arrays whose elements tell by this key what they are; the others are compared place by place.
_KINDS = ("DetailType", "Name", "TxnType", "name")
_REFUSED = frozenset({"Message", "Detail", "code", "element", "type", "message", "detail", "errorCode"})
_WORDS: dict[type, str] = {
    bool: "a boolean",
    dict: "an object",
    list: "an array",
    str: "text",
    int: "a number",
    Decimal: "a number",
    type(None): "null",
}


def of_answers(recorded: Any, answered: Any, in_order: bool, scaled: bool) -> Iterator[str]:
    """Whole answers; the words of a refusal have to be the recorded ones."""
    yield from differences("answer", recorded, answered, in_order, scaled)
    yield from _of_words("", recorded, answered)


def _of_words(path: str, recorded: Any, answered: Any) -> Iterator[str]:
    if isinstance(recorded, dict) and isinstance(answered, dict):
        for key in recorded.keys() & answered.keys():
            yield from _of_words(key, recorded[key], answered[key])
    elif isinstance(recorded, list) and isinstance(answered, list):
        for one, other in zip(recorded, answered, strict=False):
            yield from _of_words(path, one, other)
    elif path in _REFUSED and recorded != answered:
        yield f"{path} is {answered!r}, recorded {recorded!r}"


def differences(path: str, recorded: Any, answered: Any, in_order: bool, scaled: bool) -> Iterator[str]:
    """All differences in words; order and scale only where the recording has kept them."""
    if _word(recorded) != _word(answered):
        yield f"{path} is {_word(answered)}, recorded {_word(recorded)}"
    elif isinstance(recorded, dict):
        yield from _of_objects(path, recorded, answered, in_order, scaled)
    elif isinstance(recorded, list):
        yield from _of_arrays(path, recorded, answered, in_order, scaled)
    elif scaled and _is_number(recorded) and recorded == answered and str(recorded) != str(answered):
        yield f"{path} is written {answered}, recorded {recorded}"


def _of_objects(path: str, recorded: Any, answered: Any, in_order: bool, scaled: bool) -> Iterator[str]:
    yield from (f"{path}.{key} is missing" for key in recorded if key not in answered)
    yield from (f"{path}.{key} is not recorded" for key in answered if key not in recorded)
    common = [key for key in recorded if key in answered]
    if in_order and (places := [key for key in answered if key in recorded]) != common:
        first = next(index for index, key in enumerate(places) if key != common[index])
        yield f"{path} has {places[first]} where {common[first]} is recorded"
    for key in common:
        yield from differences(f"{path}.{key}", recorded[key], answered[key], in_order, scaled)


def _of_arrays(path: str, recorded: Any, answered: Any, in_order: bool, scaled: bool) -> Iterator[str]:
    if recorded and all(isinstance(one, dict) and "SyncToken" in one for one in recorded):
        yield from _of_documents(path, recorded, answered, in_order, scaled)
        return
    if len(recorded) != len(answered):
        yield f"{path} has another number of elements"
    for one, other in zip(recorded, answered, strict=False):
        yield from differences(f"{path}[{_kind(one)}]", one, other, in_order, scaled)


def _of_documents(
    path: str, recorded: list[Any], answered: list[Any], in_order: bool, scaled: bool
) -> Iterator[str]:
    """A page of documents: those that both companies have, and their order among themselves."""
    ours, theirs = {_who(one): one for one in answered}, {_who(one): one for one in recorded}
    if [who for who in ours if who in theirs] != [who for who in theirs if who in ours]:
        yield f"{path} come in another order"
    if not ours.keys() & theirs.keys():
        yield f"{path} are all others than recorded"
    for who in theirs.keys() & ours.keys():
        yield from differences(f"{path}[]", theirs[who], ours[who], in_order, scaled)


def _who(document: Any) -> tuple[str, str]:
    return str(document["Id"]), str(document.get("DisplayName") or document.get("DocNumber"))


def _kind(element: Any) -> str:
    if not isinstance(element, dict):
        return ""
    return next((str(element[key]) for key in _KINDS if key in element), "")


def _word(value: Any) -> str:
    return _WORDS[type(value)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
