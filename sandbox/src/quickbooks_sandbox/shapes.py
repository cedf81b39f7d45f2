"""Which properties every object and every part of it has, and of which kind.

The table stands in shapes.txt, one object or part a line, as `Part: Property=kind`; a star is a list. It knows
more than the catalogue: what the service's schema has and we do not keep is accepted all the same, because
clients send whole objects. Rules of single values (lengths, formats) stand elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Property:
    """A property: `kind` is a scalar's word, the name of a part, or `any`."""

    kind: str
    many: bool
    words: frozenset[str] = frozenset()


Shape = dict[str, Property]


def shape_of(name: str) -> Shape | None:
    """The properties of an object, by the key of its envelope, or of a part."""
    return _shapes().get(name)


@cache
def _shapes() -> dict[str, Shape]:
    text = files("quickbooks_sandbox").joinpath("shapes.txt").read_text(encoding="utf-8")
    lines = dict(line.split(": ", 1) for line in text.splitlines())
    words = {name: frozenset(rest.split("|")) for name, rest in lines.items() if name.startswith("=")}
    return {name: _shape(rest, words) for name, rest in lines.items() if not name.startswith("=")}


def _shape(text: str, words: dict[str, frozenset[str]]) -> Shape:
    return dict(_property(part, words) for part in text.split())


def _property(text: str, words: dict[str, frozenset[str]]) -> tuple[str, Property]:
    name, kind = text.split("=", 1)
    bare = kind.removesuffix("*")
    return name, Property("enum" if bare in words else bare, kind.endswith("*"), words.get(bare, frozenset()))
