"""The company itself, its attachments, rates and services."""

from __future__ import annotations

from quickbooks_core.catalog.model import Access, Deletion, Entity, Field, Kind, Operation, Reading, Shape
from quickbooks_core.catalog.parts import IDENTITY

ATTACHABLE = Entity(
    name="Attachable",
    table="attachable",
    prefix="att",
    shape=Shape.LIST,
    operations=frozenset(
        {
            Operation.CREATE,
            Operation.UPLOAD,
            Operation.DOWNLOAD,
            Operation.QUERY,
            Operation.READ,
            Operation.UPDATE,
            Operation.DELETE,
        }
    ),
    deletion=Deletion.HARD,
    cdc=True,
    deleted_whole=True,
    fields=(
        Field("FileName", Kind.TEXT, max_length=1000, filterable=True, sortable=True),
        Field("FileAccessUri", Kind.TEXT, Access.READ),
        Field("TempDownloadUri", Kind.TEXT, Access.READ, volatile=True),
        Field("Size", Kind.INTEGER, Access.READ, filterable=True, sortable=True),
        Field("ContentType", Kind.TEXT, max_length=100, filterable=True, sortable=True),
        Field("Category", Kind.TEXT, max_length=100, filterable=True, sortable=True),
        Field("Lat", Kind.TEXT, max_length=100, filterable=True, sortable=True),
        Field("Long", Kind.TEXT, max_length=100, filterable=True, sortable=True),
        Field("PlaceName", Kind.TEXT, max_length=2000, filterable=True, sortable=True),
        Field("Note", Kind.TEXT, max_length=2000, filterable=True, sortable=True),
        Field("Tag", Kind.TEXT, max_length=2000, filterable=True, sortable=True),
        Field("ThumbnailFileAccessUri", Kind.TEXT, Access.READ),
        Field(
            "ThumbnailTempDownloadUri", Kind.TEXT, Access.READ, filterable=True, sortable=True, volatile=True
        ),
        *IDENTITY,
        Field("AttachableRef", Kind.JSON),
    ),
)

COMPANY_INFO = Entity(
    name="CompanyInfo",
    table="company_info",
    prefix="comp",
    shape=Shape.SINGLETON,
    operations=frozenset({Operation.QUERY, Operation.READ, Operation.UPDATE, Operation.SPARSE_UPDATE}),
    cdc=True,
    repeated=("CompanyName", "CompanyAddr"),
    fields=(
        Field("CompanyName", Kind.TEXT, max_length=1024),
        Field("LegalName", Kind.TEXT, max_length=1024),
        Field("CompanyAddr.Line1", Kind.TEXT),
        Field("CompanyAddr.Line2", Kind.TEXT),
        Field("CompanyAddr.Line3", Kind.TEXT),
        Field("CompanyAddr.Line4", Kind.TEXT),
        Field("CompanyAddr.Line5", Kind.TEXT),
        Field("CompanyAddr.City", Kind.TEXT),
        Field("CompanyAddr.Country", Kind.TEXT),
        Field("CompanyAddr.CountrySubDivisionCode", Kind.TEXT),
        Field("CompanyAddr.PostalCode", Kind.TEXT),
        Field("CustomerCommunicationAddr.Line1", Kind.TEXT),
        Field("CustomerCommunicationAddr.Line2", Kind.TEXT),
        Field("CustomerCommunicationAddr.Line3", Kind.TEXT),
        Field("CustomerCommunicationAddr.Line4", Kind.TEXT),
        Field("CustomerCommunicationAddr.Line5", Kind.TEXT),
        Field("CustomerCommunicationAddr.City", Kind.TEXT),
        Field("CustomerCommunicationAddr.Country", Kind.TEXT),
        Field("CustomerCommunicationAddr.CountrySubDivisionCode", Kind.TEXT),
        Field("CustomerCommunicationAddr.PostalCode", Kind.TEXT),
        Field("LegalAddr.Line1", Kind.TEXT),
        Field("LegalAddr.Line2", Kind.TEXT),
        Field("LegalAddr.Line3", Kind.TEXT),
        Field("LegalAddr.Line4", Kind.TEXT),
        Field("LegalAddr.Line5", Kind.TEXT),
        Field("LegalAddr.City", Kind.TEXT),
        Field("LegalAddr.Country", Kind.TEXT),
        Field("LegalAddr.CountrySubDivisionCode", Kind.TEXT),
        Field("LegalAddr.PostalCode", Kind.TEXT),
        Field("PrimaryPhone.FreeFormNumber", Kind.TEXT),
        Field("CompanyStartDate", Kind.DATE, Access.READ),
        Field("EmployerId", Kind.TEXT),
        Field("FiscalYearStartMonth", Kind.TEXT),
        Field("Country", Kind.TEXT),
        Field("Email.Address", Kind.TEXT, max_length=100),
        Field("WebAddr.URI", Kind.TEXT, max_length=1000),
        Field("SupportedLanguages", Kind.TEXT),
        Field("NameValue", Kind.JSON),
        *IDENTITY,
    ),
)

# One row a company; the API answers XML only, read by quickbooks_core.entitlements.
ENTITLEMENTS = Entity(
    name="Entitlements",
    table="entitlements",
    prefix="ent",
    shape=Shape.SINGLETON,
    operations=frozenset({Operation.READ}),
    reading=Reading.OWN_URL,
    id_paths=("RealmId",),
    fields=(
        Field("RealmId", Kind.ID, Access.READ, column="id"),
        Field("QboCompany", Kind.BOOLEAN, Access.READ),
        Field("PlanName", Kind.TEXT, Access.READ),
        Field("MaxUsers", Kind.INTEGER, Access.READ),
        Field("CurrentUsers", Kind.INTEGER, Access.READ),
        Field("DaysRemainingTrial", Kind.INTEGER, Access.READ),
        Field("Entitlement", Kind.JSON, Access.READ),
        Field("Thresholds", Kind.JSON, Access.READ),
    ),
)

# It has no Id: the currencies and the day name it, and it has no CreateTime.
EXCHANGE_RATE = Entity(
    name="ExchangeRate",
    table="exchange_rate",
    prefix="xrate",
    shape=Shape.LIST,
    operations=frozenset({Operation.READ, Operation.QUERY, Operation.UPDATE}),
    cdc=True,
    id_paths=("SourceCurrencyCode", "TargetCurrencyCode", "AsOfDate"),
    required=("SourceCurrencyCode", "Rate", "AsOfDate"),
    fields=(
        Field("$id", Kind.ID, Access.READ, column="id"),
        Field("SourceCurrencyCode", Kind.TEXT, Access.CREATE, filterable=True),
        Field("TargetCurrencyCode", Kind.TEXT, Access.CREATE),
        Field("Rate", Kind.NUMBER),
        Field("AsOfDate", Kind.DATE, Access.CREATE, filterable=True),
        Field("SyncToken", Kind.TEXT, Access.READ),
        Field("MetaData.LastUpdatedTime", Kind.TIMESTAMP, Access.READ, filterable=True, sortable=True),
        Field("CustomField", Kind.JSON),
    ),
)

PREFERENCES = Entity(
    name="Preferences",
    table="preferences",
    prefix="pref",
    shape=Shape.SINGLETON,
    operations=frozenset({Operation.QUERY, Operation.READ, Operation.UPDATE}),
    cdc=True,
    webhooks=frozenset({"Update"}),
    fields=(
        Field("AccountingInfoPrefs", Kind.JSON),
        Field("ProductAndServicesPrefs", Kind.JSON),
        Field("SalesFormsPrefs", Kind.JSON),
        Field("EmailMessagesPrefs", Kind.JSON),
        Field("VendorAndPurchasesPrefs", Kind.JSON),
        Field("TimeTrackingPrefs", Kind.JSON),
        Field("TaxPrefs", Kind.JSON),
        Field("CurrencyPrefs", Kind.JSON),
        Field("ReportPrefs", Kind.JSON),
        Field("OtherPrefs", Kind.JSON),
        *IDENTITY,
    ),
)

BATCH = Entity(
    name="Batch",
    table="batch",
    prefix="",
    shape=Shape.SERVICE,
    operations=frozenset({Operation.CREATE, Operation.DELETE, Operation.VOID, Operation.QUERY}),
    deletion=Deletion.HARD,
    reading=Reading.NONE,
    required=("BatchItemRequest",),
)

CHANGE_DATA_CAPTURE = Entity(
    name="ChangeDataCapture",
    table="change_data_capture",
    prefix="",
    shape=Shape.SERVICE,
    operations=frozenset({Operation.READ}),
    reading=Reading.NONE,
    resource="cdc",
)

OBJECTS = (ATTACHABLE, COMPANY_INFO, ENTITLEMENTS, EXCHANGE_RATE, PREFERENCES, BATCH, CHANGE_DATA_CAPTURE)
