"""The fields that every object of the API has."""

from __future__ import annotations

from quickbooks_core.catalog.model import Access, Field, Kind

IDENTITY = (
    Field("Id", Kind.ID, Access.READ, column="id", filterable=True, sortable=True),
    Field("SyncToken", Kind.TEXT, Access.READ),
    Field("MetaData.CreateTime", Kind.TIMESTAMP, Access.READ, filterable=True, sortable=True),
    Field("MetaData.LastUpdatedTime", Kind.TIMESTAMP, Access.READ, filterable=True, sortable=True),
)
