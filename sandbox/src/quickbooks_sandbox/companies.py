"""Which companies there are to begin with: where their documents are, and under which realm id they answer.

Everything else about a company (its home currency, its country) stands in its documents.
"""

from __future__ import annotations

from dataclasses import dataclass

from quickbooks_sandbox.store import Store


@dataclass(frozen=True)
class Origin:
    """What a company begins with: a directory of seeds, or only the lists that every new company gets."""

    directory: str
    realm_id: str
    lists_only: bool = False


COMPANIES = {
    "demo": Origin("demo", "9341453172058475"),
    "empty": Origin("demo", "9341453172058475", lists_only=True),
    "currencies": Origin("currencies", "9341453380016232"),
    "abroad": Origin("abroad", "9341453418820071"),
}


class UnknownCompany(ValueError):
    """There are no seeds of that name."""


def origin_of(name: str) -> Origin:
    """Where a company comes from; raises UnknownCompany."""
    if name not in COMPANIES:
        raise UnknownCompany(f"no company {name}: there are {', '.join(sorted(COMPANIES))}")
    return COMPANIES[name]


def realm_id_of(store: Store) -> str:
    """The realm id of the company that a store holds."""
    return origin_of(store.fact("company") or "demo").realm_id
