"""Differences between recorded answers and the sandbox's that have a reason: by file, by difference.

The patterns are regular expressions, searched in the file's name and in the difference's words.
"""

from __future__ import annotations

import re

_CUT = (
    r"ruckus__(batch_response|.*_changes|.*_delete_success_response|deleted_.*|bill_linked_transactions|"
    r"payment_with_line_extras|customer)\."
)
_XML = r"\.xml$"

ACCEPTED: tuple[tuple[str, str, str], ...] = (
    (_CUT, r".", "The file was cut or written by hand by those who keep it; what is left makes no document."),
    (_XML, r"LinkedTxn is not recorded|Payment.Line is not recorded|TxnTaxDetail is not recorded",
     "XML has no empty lists and objects; the sandbox was asked for JSON."),
    (_XML, r"TaxRateDetail has another number", "XML has no empty lists; and another company's tax code."),
    (_XML, r"CurrencyRef is not recorded|FullyQualifiedName is not recorded|PurchaseEx is not recorded|"
     r"CustomField is not recorded|ApplyTaxAfterDiscount is not recorded|TaxCodeRef is not recorded|"
     r"CustomerRef.name is not recorded|Balance is not recorded|LineNum is not recorded|BillAddr is not recorded|"
     r"PaymentMethodRef.name is missing",
     "Recorded between 2013 and 2016, before the service wrote this; recordings of 2019 and later have it."),
    (r"tax_code_response|tax_groups", r"TaxRateDetail has another", "Another company's tax code."),
    (r"line_build", r"IncomeAccountRef is not recorded", "Items of 2014, from before services needed an account."),
    (_XML, r"Budget.BudgetDetail has another|CustomField has another|CustomField\[.*\]\.|RefundReceipt.Line has",
     "Another company's fields, lines and months."),
    (r".", r"^(CompanyInfo|Preferences)\.", "Another company, with other choices, in another country or year."),
    (r".", r"TaxCodes element id \d+ not found|EffectiveTaxRate", "A company outside the US, with its own tax codes."),
    (r"exchange_rates", r"^ExchangeRate\.",
     "Rates of the market, which nobody has set; Intuit's pages show rates that were."),
    (r"fyle-sdk", r"ExchangeRate is missing", "A company with several currencies; the demo company has one."),
    (r".", r"Addr\.(Lat|Long) is missing", "Where an address lies is not worked out."),
    (r"fylein__projects_data", r"Customer\.(Bill|Ship)Addr is missing",
     "Addresses without content, which only the screen leaves behind."),
    (r"fylein__bill_response", r"10000", "A bill of a Canadian company, whose only line is a tax line."),
    (r"fylein", r"CurrencyRef is not recorded", "Those who keep the file have taken it out."),
    (r"fylein__customer_response", r"No name provided", "Those who keep the file have taken the name out."),
    (r"ruckus__customers", r"PrimaryEmailAddr is not recorded", "Given by this check: e-mail delivery asks for it."),
    (r"ruckus__(fetch_bill_payment_by_id|bill_payments)", r"Line is missing in the request",
     "A payment entered on the screen and applied to nothing; the API asks for lines."),
    (r"ruckus__(invoice|sales_receipt)_send", r"DeliveryInfo", "Was sent by e-mail; the check does not send it."),
    (r"ruckus__(upload_create_response|attachables)", r"Attachable", "An image; the check uploads text."),
    (r"ruckus__customer_duplicate_error", r"Detail", "A template of the service's text that once showed through."),
    (r"manual__airbyte_101|ruckus__payment", r"LineEx",
     "What the invoice was before the payment, as an extension; no client sends it and none is known to read it."),
    (r"vcr-minimul__error_500\.", r"Detail", "The address of the server in the text."),
    (r"vcr-minimul__error_401\.", r"detail", "The token was blanked by those who keep the file."),
    (r"vcr-minimul__batch_basic", r"Stale Object Error", "The name of the person who wrote last; here always root."),
    (r"vcr-minimul__(batch_basic|all_customers_1)", r"PrivateNote is missing|DefaultTaxCodeRef is missing",
     "The recorded company had been changed by then."),
)  # fmt: skip


def reason_for(file: str, words: str) -> str | None:
    """Why a difference is as it should be; None where nobody has said so."""
    return next(
        (reason for where, what, reason in ACCEPTED if re.search(where, file) and re.search(what, words)),
        None,
    )
