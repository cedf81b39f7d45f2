"""Entries between accounts, budgets and templates."""

from __future__ import annotations

from quickbooks_core.catalog.model import Access, Deletion, Entity, Field, Kind, Operation, Shape
from quickbooks_core.catalog.parts import IDENTITY

BUDGET = Entity(
    name="Budget",
    table="budget",
    prefix="budg",
    shape=Shape.LIST,
    operations=frozenset(
        {Operation.QUERY, Operation.READ, Operation.CREATE, Operation.UPDATE, Operation.DELETE}
    ),
    deletion=Deletion.HARD,
    cdc=True,
    webhooks=frozenset({"Create", "Update"}),
    required=(
        "EndDate",
        "StartDate",
    ),
    has_active=True,
    fields=(
        # Marked read only, while Intuit's own create sends these three.
        Field("Name", Kind.TEXT, Access.CREATE, filterable=True, sortable=True),
        Field("StartDate", Kind.DATE),
        Field("EndDate", Kind.DATE),
        Field("BudgetType", Kind.TEXT, Access.CREATE, filterable=True, sortable=True),
        Field("BudgetEntryType", Kind.TEXT, Access.CREATE),
        Field("Active", Kind.BOOLEAN, filterable=True, cleared="true"),
        Field("BudgetDetail", Kind.JSON),
        *IDENTITY,
    ),
)

DEPOSIT = Entity(
    name="Deposit",
    table="deposit",
    prefix="depo",
    shape=Shape.TRANSACTION,
    operations=frozenset(
        {
            Operation.CREATE,
            Operation.QUERY,
            Operation.READ,
            Operation.UPDATE,
            Operation.SPARSE_UPDATE,
            Operation.DELETE,
        }
    ),
    deletion=Deletion.HARD,
    cdc=True,
    webhooks=frozenset({"Create", "Delete", "Update"}),
    required=(
        "DepositToAccountRef",
        "Line",
    ),
    fields=(
        Field("DepositToAccountRef.value", Kind.REF, to="Account"),
        Field("DepositToAccountRef.name", Kind.TEXT, Access.READ),
        Field("CashBack", Kind.JSON),
        Field("GlobalTaxCalculation", Kind.TEXT),
        Field("TotalAmt", Kind.MONEY, Access.READ),
        Field("HomeTotalAmt", Kind.MONEY, Access.READ),
        *IDENTITY,
        Field("TxnDate", Kind.DATE, filterable=True, sortable=True, cleared="the present day"),
        Field("DepartmentRef.value", Kind.REF, to="Department"),
        Field("DepartmentRef.name", Kind.TEXT, Access.READ),
        Field("CurrencyRef.value", Kind.TEXT, column="currency_code", cleared="what it was"),
        Field("CurrencyRef.name", Kind.TEXT, Access.READ),
        Field("ExchangeRate", Kind.NUMBER),
        Field("PrivateNote", Kind.TEXT, max_length=4000),
        Field("Line", Kind.JSON),
        Field("TxnTaxDetail", Kind.JSON),
        Field("TxnSource", Kind.TEXT),
        Field("TransactionLocationType", Kind.TEXT),
        Field("RecurDataRef.value", Kind.REF, Access.READ, to="RecurringTransaction"),
        Field("RecurDataRef.name", Kind.TEXT, Access.READ),
    ),
)

JOURNAL_ENTRY = Entity(
    name="JournalEntry",
    table="journal_entry",
    prefix="jent",
    shape=Shape.TRANSACTION,
    operations=frozenset(
        {
            Operation.CREATE,
            Operation.QUERY,
            Operation.READ,
            Operation.UPDATE,
            Operation.SPARSE_UPDATE,
            Operation.DELETE,
        }
    ),
    deletion=Deletion.HARD,
    cdc=True,
    webhooks=frozenset({"Create", "Delete", "Update"}),
    required=("Line",),
    fields=(
        Field("Adjustment", Kind.BOOLEAN, cleared="false"),
        Field("GlobalTaxCalculation", Kind.TEXT),
        Field("TotalAmt", Kind.MONEY, Access.READ),
        Field("HomeTotalAmt", Kind.MONEY, Access.READ),
        *IDENTITY,
        Field("DocNumber", Kind.TEXT, max_length=21, filterable=True, sortable=True),
        Field("TxnDate", Kind.DATE, filterable=True, sortable=True, cleared="the present day"),
        Field("CurrencyRef.value", Kind.TEXT, column="currency_code", cleared="what it was"),
        Field("CurrencyRef.name", Kind.TEXT, Access.READ),
        Field("ExchangeRate", Kind.NUMBER),
        Field("PrivateNote", Kind.TEXT, max_length=4000),
        Field("Line", Kind.JSON),
        Field("TxnTaxDetail", Kind.JSON),
        Field("TransactionLocationType", Kind.TEXT),
        Field("RecurDataRef.value", Kind.REF, Access.READ, to="RecurringTransaction"),
        Field("RecurDataRef.name", Kind.TEXT, Access.READ),
    ),
)

RECURRING_TRANSACTION = Entity(
    name="RecurringTransaction",
    table="recurring_transaction",
    prefix="recur",
    shape=Shape.TRANSACTION,
    operations=frozenset({Operation.CREATE, Operation.QUERY, Operation.READ, Operation.DELETE}),
    deletion=Deletion.HARD,
    cdc=True,
    required=("RecurringInfo",),
    wrapped=True,
    deleted_whole=True,
    fields=(
        Field("$type", Kind.TEXT, Access.CREATE, column="txn_type"),
        *IDENTITY,
        Field("CustomField", Kind.JSON),
        Field("APAccountRef.value", Kind.REF, to="Account"),
        Field("APAccountRef.name", Kind.TEXT, Access.READ),
        Field("AllowIPNPayment", Kind.BOOLEAN),
        Field("AllowOnlineACHPayment", Kind.BOOLEAN),
        Field("AllowOnlineCreditCardPayment", Kind.BOOLEAN),
        Field("AllowOnlinePayment", Kind.BOOLEAN),
        Field("ApplyTaxAfterDiscount", Kind.BOOLEAN),
        # Worked out from the lines.
        Field("Balance", Kind.MONEY, Access.READ),
        Field("BillAddr", Kind.JSON),
        Field("BillEmail", Kind.JSON),
        Field("CurrencyRef.value", Kind.TEXT, column="currency_code"),
        Field("CurrencyRef.name", Kind.TEXT, Access.READ),
        Field("CustomerRef.value", Kind.REF, to="Customer"),
        Field("CustomerRef.name", Kind.TEXT, Access.READ),
        Field("DeliveryInfo", Kind.JSON, Access.READ),
        Field("DepartmentRef.value", Kind.REF, to="Department"),
        Field("DepartmentRef.name", Kind.TEXT, Access.READ),
        # A template has no day of its own: its schedule stands in RecurringInfo.
        Field("DueDate", Kind.DATE, Access.READ),
        Field("EmailStatus", Kind.TEXT),
        Field("ExchangeRate", Kind.NUMBER),
        Field("HomeTotalAmt", Kind.MONEY, Access.READ),
        Field("Line", Kind.JSON),
        Field("LinkedTxn", Kind.JSON, Access.READ),
        Field("PrintStatus", Kind.TEXT),
        Field(
            "RecurDataRef.value",
            Kind.REF,
            Access.READ,
            to="RecurringTransaction",
            filterable=True,
            sortable=True,
        ),
        Field("RecurDataRef.name", Kind.TEXT, Access.READ),
        Field("RecurringInfo", Kind.JSON),
        Field("SalesTermRef.value", Kind.REF, to="Term"),
        Field("SalesTermRef.name", Kind.TEXT, Access.READ),
        Field("ShipAddr", Kind.JSON),
        Field("TotalAmt", Kind.MONEY, Access.READ),
        Field("TxnTaxDetail", Kind.JSON),
        Field("VendorRef.value", Kind.REF, to="Vendor"),
        Field("VendorRef.name", Kind.TEXT, Access.READ),
    ),
)

TRANSFER = Entity(
    name="Transfer",
    table="transfer",
    prefix="xfer",
    shape=Shape.TRANSACTION,
    operations=frozenset(
        {
            Operation.CREATE,
            Operation.QUERY,
            Operation.READ,
            Operation.UPDATE,
            Operation.SPARSE_UPDATE,
            Operation.DELETE,
        }
    ),
    deletion=Deletion.HARD,
    cdc=True,
    webhooks=frozenset({"Create", "Delete", "Update", "Void"}),
    required=(
        "ToAccountRef",
        "Amount",
        "FromAccountRef",
    ),
    repeated=("FromAccountRef", "ToAccountRef", "Amount"),
    deleted_whole=True,
    fields=(
        Field("FromAccountRef.value", Kind.REF, to="Account"),
        Field("FromAccountRef.name", Kind.TEXT, Access.READ),
        Field("ToAccountRef.value", Kind.REF, to="Account"),
        Field("ToAccountRef.name", Kind.TEXT, Access.READ),
        Field("Amount", Kind.MONEY),
        *IDENTITY,
        Field("TxnDate", Kind.DATE, filterable=True, sortable=True, cleared="the present day"),
        Field("CurrencyRef.value", Kind.TEXT, column="currency_code", cleared="what it was"),
        Field("CurrencyRef.name", Kind.TEXT, Access.READ),
        Field("PrivateNote", Kind.TEXT, max_length=4000),
        Field("TransactionLocationType", Kind.TEXT),
        Field("RecurDataRef.value", Kind.REF, Access.READ, to="RecurringTransaction"),
        Field("RecurDataRef.name", Kind.TEXT, Access.READ),
    ),
)

OBJECTS = (BUDGET, DEPOSIT, JOURNAL_ENTRY, RECURRING_TRANSACTION, TRANSFER)
