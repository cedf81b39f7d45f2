"""The state: what is written is read again, and what it says about columns."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from tap_quickbooks.bookmarks import FORM, Bookmark, Count, Digest, read_bookmarks, tables_of, written

AT = datetime(2026, 11, 1, 10, 0, 0, 123_000, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    "bookmark",
    [
        Bookmark(AT),
        Bookmark(AT, left_out=frozenset({"notes"})),
        Bookmark(AT, left_out=frozenset({"extra"}), known=frozenset({"id", "name"})),
        Bookmark(
            AT, count=Count(7, AT - SECOND), swept=Digest((AT - SECOND, AT), (3, 0)), looks="0a", outside=True
        ),
    ],
)
def test_a_bookmark_is_the_same_after_it_was_kept(bookmark: Bookmark) -> None:
    kept = json.loads(json.dumps(written(bookmark)))

    assert read_bookmarks({"bookmarks": {"term": kept}, "quickbooks": {"form": FORM}}) == {"term": bookmark}


def test_a_table_without_a_bookmark_is_remembered_all_the_same() -> None:
    state = {"bookmarks": {"term": written(None)}, "quickbooks": {"form": FORM}}

    assert (read_bookmarks(state), tables_of(state)) == ({}, {"term"})


def test_a_state_of_an_older_form_has_no_bookmarks() -> None:
    old = {"bookmarks": {"term": {"read_at": "2026-11-01T10:00:00Z"}}, "quickbooks": {"run_id": "r1"}}

    assert read_bookmarks(old) == {}


@pytest.mark.parametrize(
    ("before", "chosen", "lacks"),
    [
        (Bookmark(AT), {"name", "extra"}, set()),
        (Bookmark(AT), {"name", "extra", "new_in_this_version"}, set()),
        (Bookmark(AT, left_out=frozenset({"notes"})), {"name", "notes", "extra"}, {"notes"}),
        (Bookmark(AT, left_out=frozenset({"extra"}), known=frozenset({"name"})), {"name", "new"}, {"new"}),
        (Bookmark(AT, left_out=frozenset({"extra"}), known=frozenset({"name"})), {"name", "extra"}, None),
    ],
)
def test_what_the_mirror_lacks_of_the_chosen_columns(
    before: Bookmark, chosen: set[str], lacks: set[str] | None
) -> None:
    found = before.lacks(frozenset(chosen))

    assert found == (None if lacks is None else frozenset(lacks))
