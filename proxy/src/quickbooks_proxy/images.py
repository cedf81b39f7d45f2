"""From rows as a statement has found and left them to the changes that are asked of QuickBooks. Pure.

Whatever the catalogue already knows to be wrong is refused here, before anything is queued.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from quickbooks_core.catalog import by_table
from quickbooks_core.catalog.model import Deletion, Entity, Kind
from quickbooks_core.mapping import EXTRA
from quickbooks_core.postgres.statements import PENDING, READ_AT
from quickbooks_core.writing import Action, Change, ChangeRefused, ClientError, encoded, plan, worded

Row = Mapping[str, Any]
_GENERATED, _UNSUPPORTED, _TOO_MANY = "428C9", "0A000", "54000"
_OPERATIONS = {"INSERT": Action.CREATE, "UPDATE": Action.UPDATE, "DELETE": Action.DELETE}
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


class Refusal(Exception):
    """A statement that is not asked of QuickBooks, in words for its client."""

    def __init__(self, error: ClientError, table: str = "") -> None:
        super().__init__(error.message)
        self.error = error
        self.table = table


@dataclass(frozen=True)
class Image:
    """One row that a statement has touched."""

    table: str
    action: Action
    old: Row
    new: Row
    values: Row = field(default_factory=dict)  # what is asked of QuickBooks
    own: Row = field(default_factory=dict)  # what columns of the user's own become

    @property
    def entity(self) -> Entity:
        return by_table(self.table)

    @property
    def id(self) -> str:
        """Empty for what QuickBooks has yet to name."""
        return "" if self.action is Action.CREATE else str(self.old["id"])

    @property
    def is_change(self) -> bool:
        """Whether QuickBooks has to be told."""
        return self.action is not Action.UPDATE or bool(self.values)

    @property
    def is_deactivation(self) -> bool:
        """A name is not deleted."""
        return self.action is Action.DELETE and self.entity.deletion is Deletion.DEACTIVATE

    @property
    def is_for_good(self) -> bool:
        """What QuickBooks deletes, nobody brings back."""
        return self.action is Action.DELETE and self.entity.deletion is Deletion.HARD

    @property
    def change(self) -> Change:
        return Change(self.entity, self.action, self.values, self.id, self.old or None)

    def queued(self) -> dict[str, Any]:
        """What `enqueue_statement` takes."""
        return {
            "table": self.table,
            "operation": self.action.value,
            "id": self.id or None,
            "values": dict(self.values),
            "base": dict(self.old) or None,
            "own": dict(self.own) or None,
        }


@dataclass(frozen=True)
class Noted:
    """What a statement has done, as its bracket has noted it; `elsewhere` is a table that is not the mirror's."""

    images: Sequence[Image]
    elsewhere: str = ""
    many: int = 0  # how many rows come or go, where that are more than may be: they are not told

    def check(self, others: Sequence[str], most: int) -> None:
        """Raises Refusal where it cannot be asked of QuickBooks; `others` are tables that the words name."""
        if self.many > most:
            raise _too_many(self.many, most)
        check(self.images, [*others, self.elsewhere] if self.elsewhere else others, most)


def noted(text: str) -> Noted:
    """From what `_sync_images` gives; raises Refusal."""
    told = json.loads(text, parse_float=Decimal)
    return Noted([_image(one) for one in told["rows"]], told["elsewhere"] or "", told["many"] or 0)


def _image(told: Mapping[str, Any]) -> Image:
    table, action = told["table"], _OPERATIONS[told["operation"]]
    old, new = told["old"] or {}, told["new"] or {}
    image = Image(table, action, old, new)
    ours = {*image.entity.columns, EXTRA, READ_AT}
    if action is Action.DELETE:
        return image
    if action is Action.CREATE:
        values = {name: value for name, value in new.items() if name in ours and value is not None}
        _check_new(image, values)
        own = {name: value for name, value in new.items() if name not in ours and not _is_provisional(value)}
        return replace(image, values=values, own=own)
    changed = {name for name, value in new.items() if value != old.get(name)}
    if READ_AT in changed:
        words = f"[QuickBooks] {image.entity.name} `{image.id}` cannot set column {READ_AT}"
        raise Refusal(ClientError(_GENERATED, words, column=READ_AT), table)
    return replace(
        image,
        values={name: new[name] for name in new if name in changed & ours},
        own={name: new[name] for name in changed - ours},
    )


def _is_provisional(value: Any) -> bool:
    """A trigger of the user's has made it from the provisional id; it will be made again."""
    return isinstance(value, str) and PENDING in value


def _check_new(image: Image, values: dict[str, Any]) -> None:
    """Takes out what the database has put in; an id that a client has made up is refused."""
    values.pop(READ_AT, None)
    if not str(values.pop("id", PENDING)).startswith(PENDING):
        words = (
            f"[QuickBooks] {image.entity.name} `{image.new['id']}` cannot be created: QuickBooks gives the id"
        )
        hint = "Leave it out, or write DEFAULT: RETURNING id tells which one it is."
        raise Refusal(ClientError(_GENERATED, words, hint=hint, column="id"), image.table)


def check(images: Sequence[Image], others: Sequence[str], most: int) -> None:
    """Raises Refusal for a statement of which any row cannot be asked of QuickBooks."""
    asked = [image for image in images if image.is_change]
    if len(asked) > most:
        raise _too_many(len(asked), most)
    if asked and (others or any(image.own for image in images if image.action is Action.UPDATE)):
        what = others[0] if others else "columns of your own"
        words = f"[QuickBooks] One statement cannot write both {asked[0].table} and {what}"
        hint = "What QuickBooks is told of is tried out and taken back; write the other by a statement of its own."
        raise Refusal(ClientError(_UNSUPPORTED, words, hint=hint), asked[0].table)
    for image in asked:
        _plannable(image)


def _too_many(rows: int, most: int) -> Refusal:
    words = f"[QuickBooks] A statement may change {most} rows, this one changes {rows}"
    hint = "Change fewer at once, or raise quickbooks.max_rows_per_statement."
    return Refusal(ClientError(_TOO_MANY, words, hint=hint))


def _plannable(image: Image) -> None:
    if any(isinstance(value, str) and value.startswith(PENDING) for value in image.values.values()):
        words = f"[QuickBooks] {image.entity.name} cannot refer to a row of the same statement"
        hint = "Insert the other row first: RETURNING id tells its id."
        raise Refusal(ClientError(_UNSUPPORTED, words, hint=hint), image.table)
    try:
        plan(image.change)
    except ChangeRefused as refused:
        raise Refusal(worded(refused, image.change), image.table) from None


def shown(image: Image, answer: Row | None) -> dict[str, Any]:
    """The row as the mirror has it after the change: QuickBooks' answer, and the user's own columns as they were."""
    if image.action is Action.DELETE:
        return dict(image.old)
    if answer is None:
        return dict(image.new)
    ours = image.entity.columns
    row = {name: value for name, value in image.new.items() if name not in ours and name != EXTRA}
    return row | {name: _money(image.entity, name, answer.get(name)) for name in (*ours, EXTRA)} | {
        name: value for name, value in answer.items() if name in image.new and name not in ours
    }  # fmt: skip


def _money(entity: Entity, name: str, value: Any) -> Any:
    """With the two decimals that the mirror shows."""
    kind = entity.columns[name].kind if name in entity.columns else None
    if kind is not Kind.MONEY or isinstance(value, bool) or not isinstance(value, int | Decimal):
        return value
    number = Decimal(value)
    scale = -int(number.as_tuple().exponent)
    return number.quantize(Decimal("0.01")) if scale < 2 else number


def as_json(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows for `jsonb_populate_recordset`."""
    # In ASCII, so that it means the same in whichever encoding the client has.
    text = encoded(list(rows)).decode()
    return _BEYOND_ASCII.sub(lambda found: json.dumps(found.group())[1:-1], text).encode()
