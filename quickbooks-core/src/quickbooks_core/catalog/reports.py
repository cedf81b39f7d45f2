"""Reports: computed by QuickBooks, each read with one request; their rows and columns come with their streams."""

from __future__ import annotations

from quickbooks_core.catalog.model import Entity, Operation, Reading, Shape


def _report(name: str, table: str, resource: str, prefix: str) -> Entity:
    return Entity(
        name=name,
        table=table,
        prefix=prefix,
        shape=Shape.REPORT,
        operations=frozenset({Operation.READ}),
        reading=Reading.REPORT,
        resource=resource,
    )


OBJECTS = (
    _report("APAgingDetail", "ap_aging_detail", "AgedPayableDetail", "raa"),
    _report("APAgingSummary", "ap_aging_summary", "AgedPayables", "rab"),
    _report("ARAgingDetail", "ar_aging_detail", "AgedReceivableDetail", "rac"),
    _report("ARAgingSummary", "ar_aging_summary", "AgedReceivables", "rad"),
    _report("AccountListDetail", "account_list_detail", "AccountList", "rae"),
    _report("BalanceSheet", "balance_sheet", "BalanceSheet", "raf"),
    _report("CashFlow", "cash_flow", "CashFlow", "rag"),
    _report("CustomerBalance", "customer_balance", "CustomerBalance", "rah"),
    _report("CustomerBalanceDetail", "customer_balance_detail", "CustomerBalanceDetail", "rai"),
    _report("CustomerIncome", "customer_income", "CustomerIncome", "raj"),
    _report("FECReport", "fec_report", "FECReport", "rak"),
    _report("GeneralLedger", "general_ledger", "GeneralLedger", "ral"),
    _report("GeneralLedgerFR", "general_ledger_fr", "GeneralLedgerFR", "ram"),
    _report("InventoryValuationSummary", "inventory_valuation_summary", "InventoryValuationSummary", "ran"),
    _report("JournalReport", "journal_report", "JournalReport", "rao"),
    _report("JournalReportFR", "journal_report_fr", "JournalReportFR", "rap"),
    _report("ProfitAndLoss", "profit_and_loss", "ProfitAndLoss", "raq"),
    _report("ProfitAndLossDetail", "profit_and_loss_detail", "ProfitAndLossDetail", "rar"),
    _report("SalesByClassSummary", "sales_by_class_summary", "ClassSales", "ras"),
    _report("SalesByCustomer", "sales_by_customer", "CustomerSales", "rat"),
    _report("SalesByDepartment", "sales_by_department", "DepartmentSales", "rau"),
    _report("SalesByProduct", "sales_by_product", "ItemSales", "rav"),
    _report("TaxSummary", "tax_summary", "TaxSummary", "raw"),
    _report("TransactionList", "transaction_list", "TransactionList", "rax"),
    _report("TransactionListByCustomer", "transaction_list_by_customer", "TransactionListByCustomer", "ray"),
    _report("TransactionListByVendor", "transaction_list_by_vendor", "TransactionListByVendor", "raz"),
    _report("TransactionListWithSplits", "transaction_list_with_splits", "TransactionListWithSplits", "rba"),
    _report("TrialBalance", "trial_balance", "TrialBalance", "rbb"),
    _report("VendorBalance", "vendor_balance", "VendorBalance", "rbc"),
    _report("VendorBalanceDetail", "vendor_balance_detail", "VendorBalanceDetail", "rbd"),
    _report("VendorExpenses", "vendor_expenses", "VendorExpenses", "rbe"),
)
