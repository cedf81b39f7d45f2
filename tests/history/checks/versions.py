"""SyncToken and the times of a document: what they say of each other, of the runner's knowledge, of an earlier look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from history.company import Company, Document
from history.runner import Known


def times(company: Company) -> Iterator[str]:
    """No document changed before it was made."""
    for entity, documents in company.documents.items():
        for id, document in documents.items():
            marks = document.get("MetaData") or {}
            if "LastUpdatedTime" in marks and updated(document) < datetime.fromisoformat(marks["CreateTime"]):
                yield f"{entity} {id} was updated {marks['LastUpdatedTime']}, made {marks['CreateTime']}"


def tokens(company: Company, known: Mapping[str, Known]) -> Iterator[str]:
    """Only what a client was told of moves a SyncToken: a moved balance does not."""
    for name, last in known.items():
        entity = name.partition("#")[0]
        document = company.get(entity, last.id)
        if document and last.sync_token >= 0 and document.get("SyncToken", "0") != str(last.sync_token):
            yield f"{name} has SyncToken {document['SyncToken']}, last told {last.sync_token}"


def later(before: Company, after: Company, since: datetime) -> Iterator[str]:
    """What reads differently than at an earlier look says that it was updated since."""
    for entity, documents in after.documents.items():
        for id, document in documents.items():
            earlier = before.get(entity, id)
            if earlier is None or "MetaData" not in document or bare(document) == bare(earlier):
                continue
            if updated(document) < since:
                yield f"{entity} {id} changed and says it was updated {document['MetaData']['LastUpdatedTime']}"


def updated(document: Document) -> datetime:
    """LastUpdatedTime."""
    return datetime.fromisoformat(document["MetaData"]["LastUpdatedTime"])


def bare(document: Document) -> Document:
    """Without the times."""
    return {key: value for key, value in document.items() if key != "MetaData"}
