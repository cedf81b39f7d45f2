"""Change data capture: everything of some objects that changed since a moment, in one answer without pages."""

from __future__ import annotations

from collections.abc import Iterator

from quickbooks_core.catalog import Entity, by_resource

from quickbooks_sandbox import faults, refusals
from quickbooks_sandbox.clock import instant, stamp
from quickbooks_sandbox.company import Company
from quickbooks_sandbox.json_text import write
from quickbooks_sandbox.query.answer import page

LOOK_BACK_S = 30 * 86_400
MOST = 1000


def changes(company: Company, entities: str, changed_since: str) -> str:
    """The content of `CDCResponse`; raises Fault."""
    names = [name.strip() for name in entities.split(",") if name.strip()]
    if not names:
        raise faults.required("entities")
    since = _since(company, changed_since)
    wanted = list(_supported(company, names))
    left, pages = MOST, []
    for entity in wanted:
        found = _changed(company, entity, since, left)
        pages.append(page(entity.key, found, 1))
        left -= len(found) if company.switches["cdc_limit"] == "whole_answer" else 0
    if company.switches["cdc_unchanged"] == "left_out":
        pages = [text for text in pages if text != "{}"] or ["{}"]
    return f'[{{"QueryResponse":[{",".join(pages)}]}}]'


def _since(company: Company, text: str) -> float:
    if not text:
        raise faults.required("changedSince")
    try:
        since = instant(text)
    except ValueError:
        raise refusals.bad_value("date", "changedSince", text) from None
    if since < company.clock.time() - LOOK_BACK_S:
        raise faults.unsupported(f"cdc with changedSince date {text} which is older than fixed days")
    return since


def _supported(company: Company, names: list[str]) -> Iterator[Entity]:
    """The objects asked for; those that have no change data are refused or silent, which is a switch."""
    for name in names:
        entity = by_resource(name)
        if entity is None or not entity.has_table:
            raise faults.unknown_object(name)
        if entity.cdc:
            yield entity
        elif company.switches["cdc_unsupported"] == "refuse":
            raise faults.unsupported(f"cdc {entity.name.lower()}")


def _changed(company: Company, entity: Entity, since: float, most: int) -> list[str]:
    """Documents by the time of their change, the oldest first, and then what was deleted."""
    after = ">=" if company.switches["cdc_since"] == "inclusive" else ">"
    keeps_newest = company.switches["cdc_full"] == "newest"
    rows = company.store.rows(
        f"select id, active, updated, body from document where entity = ? and updated {after} ?"
        " order by updated, number limit ?",
        (entity.name, since, -1 if keeps_newest else most),
    )
    as_deleted = company.switches["cdc_deactivated"] == "deleted"
    found = [body for _, active, _, body in rows if active or not as_deleted]
    gone = [(updated, id) for id, active, updated, _ in rows if not active and as_deleted]
    kinds = ("deleted", "merged") if company.switches["cdc_merged"] == "deleted" else ("deleted", "deleted")
    gone += company.store.rows(
        f"select at, id from deletion where entity = ? and at {after} ? and kind in (?, ?)",
        (entity.name, since, *kinds),
    )
    told = found + [_stub(id, at) for at, id in sorted(gone)]
    return told[max(len(told) - most, 0) :] if keeps_newest else told[:most]


def _stub(id: str, at: int) -> str:
    return write({"domain": "QBO", "status": "Deleted", "Id": id, "MetaData": {"LastUpdatedTime": stamp(at)}})
