"""Sales tax."""

from __future__ import annotations

from quickbooks_core.catalog.model import Access, Entity, Field, Kind, Operation, Reading, Shape
from quickbooks_core.catalog.parts import IDENTITY

TAX_AGENCY = Entity(
    name="TaxAgency",
    table="tax_agency",
    prefix="tagen",
    shape=Shape.LIST,
    operations=frozenset({Operation.CREATE, Operation.QUERY, Operation.READ}),
    webhooks=frozenset({"Create", "Update"}),
    required=("DisplayName",),
    fields=(
        Field("TaxRegistrationNumber", Kind.TEXT, Access.READ),
        Field("TaxTrackedOnPurchases", Kind.BOOLEAN, Access.READ),
        Field("TaxTrackedOnSales", Kind.BOOLEAN, Access.READ),
        Field("LastFileDate", Kind.DATE, Access.READ),
        Field("TaxAgencyConfig", Kind.TEXT, Access.READ),
        *IDENTITY,
        Field("DisplayName", Kind.TEXT, max_length=100, sortable=True),
    ),
)

# Its JSON is lower camel case (except ParentRef) and has neither SyncToken nor MetaData.
TAX_CLASSIFICATION = Entity(
    name="TaxClassification",
    table="tax_classification",
    prefix="txcls",
    shape=Shape.LIST,
    operations=frozenset({Operation.READ}),
    reading=Reading.OWN_URL,
    id_paths=("id",),
    fields=(
        Field("applicableTo", Kind.JSON, Access.READ),
        Field("code", Kind.TEXT, Access.READ),
        Field("description", Kind.TEXT, Access.READ),
        Field("level", Kind.TEXT, Access.READ),
        Field("ParentRef.value", Kind.REF, Access.READ, to="TaxClassification"),
        Field("ParentRef.name", Kind.TEXT, Access.READ),
        Field("id", Kind.ID, Access.READ),
        Field("name", Kind.TEXT, Access.READ),
    ),
)

TAX_CODE = Entity(
    name="TaxCode",
    table="tax_code",
    prefix="tcode",
    shape=Shape.LIST,
    operations=frozenset({Operation.QUERY, Operation.READ}),
    has_active=True,
    fields=(
        Field("Name", Kind.TEXT, Access.READ, max_length=100, filterable=True, sortable=True),
        Field("Description", Kind.TEXT, Access.READ, max_length=100, filterable=True, sortable=True),
        Field("Active", Kind.BOOLEAN, Access.READ, filterable=True),
        Field("Hidden", Kind.BOOLEAN, Access.READ),
        Field("Taxable", Kind.BOOLEAN, Access.READ),
        Field("TaxGroup", Kind.BOOLEAN, Access.READ),
        Field("SalesTaxRateList", Kind.JSON, Access.READ),
        Field("PurchaseTaxRateList", Kind.JSON, Access.READ),
        Field("TaxCodeConfigType", Kind.TEXT, Access.READ),
        *IDENTITY,
    ),
)

# Its JSON has numbers and booleans in quotes.
TAX_PAYMENT = Entity(
    name="TaxPayment",
    table="tax_payment",
    prefix="tpay",
    shape=Shape.TRANSACTION,
    operations=frozenset({Operation.QUERY, Operation.READ}),
    cdc=True,
    fields=(
        Field("PaymentDate", Kind.DATE, Access.READ),
        Field("PaymentAccountRef.value", Kind.REF, Access.READ, to="Account"),
        Field("PaymentAccountRef.name", Kind.TEXT, Access.READ),
        Field("PaymentAmount", Kind.MONEY, Access.READ, quoted=True),
        Field("Description", Kind.TEXT, Access.READ),
        Field("Refund", Kind.BOOLEAN, Access.READ, quoted=True),
        *IDENTITY,
    ),
)

TAX_RATE = Entity(
    name="TaxRate",
    table="tax_rate",
    prefix="trate",
    shape=Shape.LIST,
    operations=frozenset({Operation.QUERY, Operation.READ}),
    has_active=True,
    fields=(
        Field("Name", Kind.TEXT, Access.READ, max_length=100, filterable=True, sortable=True),
        Field("Description", Kind.TEXT, Access.READ, max_length=100, filterable=True, sortable=True),
        Field("Active", Kind.BOOLEAN, Access.READ, filterable=True, sortable=True),
        Field("RateValue", Kind.NUMBER, Access.READ),
        Field("AgencyRef.value", Kind.REF, Access.READ, to="TaxAgency", filterable=True, sortable=True),
        Field("AgencyRef.name", Kind.TEXT, Access.READ),
        Field(
            "TaxReturnLineRef.value",
            Kind.TEXT,
            Access.READ,
            column="tax_return_line_ref",
            filterable=True,
            sortable=True,
        ),
        Field("TaxReturnLineRef.name", Kind.TEXT, Access.READ),
        Field("EffectiveTaxRate", Kind.JSON, Access.READ),
        Field("SpecialTaxType", Kind.TEXT, Access.READ),
        Field("DisplayType", Kind.TEXT, Access.READ),
        Field("OriginalTaxRate.value", Kind.TEXT, Access.READ, column="original_tax_rate"),
        Field("OriginalTaxRate.name", Kind.TEXT, Access.READ),
        *IDENTITY,
    ),
)

TAX_SERVICE = Entity(
    name="TaxService",
    table="tax_service",
    prefix="",
    shape=Shape.SERVICE,
    operations=frozenset({Operation.CREATE}),
    reading=Reading.NONE,
    resource="taxservice/taxcode",
    required=(
        "TaxCode",
        "TaxRateDetails",
    ),
    fields=(
        Field("TaxCode", Kind.TEXT, Access.CREATE, max_length=100),
        Field("TaxRateDetails", Kind.JSON, Access.CREATE),
    ),
)

OBJECTS = (TAX_AGENCY, TAX_CLASSIFICATION, TAX_CODE, TAX_PAYMENT, TAX_RATE, TAX_SERVICE)
