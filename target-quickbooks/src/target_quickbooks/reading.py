"""Rows that somebody has asked for by id and that the mirror does not have: read, all or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from quickbooks_core.catalog.model import Entity
from quickbooks_core.errors import NotFound, QuickBooksError
from quickbooks_core.mapping import to_row
from quickbooks_core.reading.by_id import ask_by_id
from quickbooks_core.writing import ChangeRefused, ClientError, document_in, reading
from quickbooks_core.writing.abilities import checked_id
from quickbooks_core.writing.refused import named
from quickbooks_core.writing.sqlstates import NOT_FOUND

from target_quickbooks.engine import PASSING, Engine, failed, later
from target_quickbooks.job import Failed, Found, Job, Outcome

Known = tuple[Mapping[str, Any], datetime]  # a document, and when QuickBooks gave it


def read(engine: Engine, job: Job) -> Outcome:
    """One question, for one row or for many."""
    try:
        ids: Sequence[str] = list(job.values["ids"])
        bare = [checked_id(job.entity, id) for id in ids]
        is_listed = len(ids) > 1 and job.entity.id_paths == ("Id",)
        found = _listed(engine, job.entity, bare) if is_listed else _singly(engine, job.entity, ids)
    except ChangeRefused as refused:
        return failed(refused, job)
    except PASSING as error:
        return later(job, error, lost=False)
    except QuickBooksError as error:
        return failed(error, job)
    there = {to_row(job.entity, document)["id"] for document, _ in found}
    for id in ids:
        if id not in there:
            return Failed(ClientError(NOT_FOUND, f"{named(job.entity, id)}not found"), "610")
    return Found([document for document, _ in found], min(at for _, at in found))


def _singly(engine: Engine, entity: Entity, ids: Sequence[str]) -> list[Known]:
    return [known for id in ids for known in _one(engine, entity, id)]


def _one(engine: Engine, entity: Entity, id: str) -> Iterator[Known]:
    call = reading(entity, id)
    try:
        answer = engine.client.get(call.path, call.params)
    except NotFound:
        return
    if document := document_in(entity, answer.json()):
        yield document, answer.time


def _listed(engine: Engine, entity: Entity, bare: Sequence[str]) -> list[Known]:
    answers = ask_by_id(engine.client, entity, bare)
    return [(document, answer.time) for answer in answers for document in answer.documents(entity)]
