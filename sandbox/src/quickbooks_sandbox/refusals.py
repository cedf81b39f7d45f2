"""What QuickBooks refuses of a document: its values, its references, its place in the books.

Each text stands on what is written beside it: recorded (an answer of the service), documented (Intuit's words
for it), or uncertain (the code is Intuit's, the words are ours).
"""

from __future__ import annotations

from quickbooks_sandbox.faults import Fault, business

# What a reference's object is called in 2500; recorded for Accounts, Names and Klasses.
_ELEMENTS = {"Customer": "Names", "Vendor": "Names", "Employee": "Names", "Class": "Klasses"}
# How 6140 writes an object's name; recorded for Invoice, Journal Entry and Sales Receipt.
_TXN_TYPES = {
    "BillPayment": "Bill Payment",
    "CreditMemo": "Credit Memo",
    "JournalEntry": "Journal Entry",
    "Purchase": "Expense",
    "PurchaseOrder": "Purchase Order",
    "RefundReceipt": "Refund",
    "SalesReceipt": "Sales Receipt",
    "VendorCredit": "Vendor Credit",
}
_INACTIVE = (
    "Something you're trying to use has been made inactive. "
    "Check the fields with accounts, customers, items, vendors or employees."
)


def unreadable() -> Fault:
    """2010: a property that is not there, or a value that is not of its kind. Recorded, 2024 to 2026."""
    return unreadable_property("failed to parse json object; a property")


def unreadable_property(name: str) -> Fault:
    """2010 with the name of the property, as older answers have it. Recorded, 2019."""
    return Fault(
        "2010",
        "Request has invalid or unsupported property",
        f"Property Name:{name} specified is unsupported or invalid",
    )


def bad_value(kind: str, element: str, value: object) -> Fault:
    """A value that is not of its kind, by the kind's own code. Documented codes, uncertain words."""
    code, message, words = {
        "boolean": ("2230", "Invalid Boolean", "Boolean"),
        "date": ("2060", "Invalid Date Format", "Date"),
        "enum": ("2170", "Invalid Enumeration", "Enumeration"),
    }.get(kind, ("2080", "Invalid Number Format", "Number"))
    return Fault(
        code,
        message,
        f"{words} should be a valid {words.lower()}. Supplied value:{str(value)[:100]}",
        element,
    )


def invalid_string(element: str, value: str) -> Fault:
    """2040: characters that a name may not have. Recorded, 2026."""
    return Fault("2040", "Invalid String", f"Element contains invalid characters. {value}", element)


def too_long(element: str, longest: int, length: int) -> Fault:
    """2050; thousands are set apart with a comma. Recorded, 2025 and 2026."""
    return Fault(
        "2050",
        "String length is either shorter or longer than supported by specification",
        f"String length specified does not match the supported length. Min:0 Max:{longest:,} supported. "
        f"Supplied length:{length:,}",
        element,
    )


def bad_number(element: str, value: object) -> Fault:
    """2090: more digits than the service takes. Documented code, uncertain words."""
    return Fault("2090", "Invalid Number", f"Number is out of range. Supplied value:{value}", element)


def out_of_range(element: str, value: object, least: int, most: int) -> Fault:
    """2240. Documented code, uncertain words."""
    detail = f"Number should be between {least} and {most}. Supplied value:{value}"
    return Fault("2240", "Invalid Number Range", detail, element)


def bad_word(word: str) -> Fault:
    """2170: a word that the API may not set, or that its fields do not allow. Recorded, documented."""
    return Fault("2170", "Invalid Enumeration", f"Invalid Enumeration : {word}", "")


def bad_address(element: str, value: str) -> Fault:
    """2200: a website without its scheme. Recorded, before 2015."""
    return Fault(
        "2200",
        "Malformed Web Site Address format",
        f"Web Site URL does not have correct format. Supplied value:{value}",
        element,
    )


def invalid_currency(code: str) -> Fault:
    """2220: no currency, or not one that may stand here. Documented code, uncertain words."""
    return Fault("2220", "Invalid Currency", f"Currency code is invalid. Supplied value:{code}", "")


def rate_missing() -> Fault:
    """2410: a foreign transaction without its rate; the misspelling is the service's. Recorded, 2026."""
    detail = "The currency and exchange rate are required for transaction in foreign currency."
    return Fault("2410", "Curreny, ExchangeRate is missing.", detail, "")


def multicurrency_off() -> Fault:
    """6000: currencies in a company that has one. Recorded, 2025 and 2026."""
    return business("Multi Currency should be enabled to perform this operation")


def one_foreign_currency() -> Fault:
    """6000: not the currency of the customer, vendor or account. Recorded, 2024 to 2026."""
    return business("You can only use one foreign currency per transaction.")


def currency_not_of_the_name() -> Fault:
    """6000: the same in other words. Recorded."""
    return business("The currency of the transaction is invalid for customer/vendor/account.")


def untaxed_line(tax: str) -> Fault:
    """6000: outside the United States every line has a tax code. Recorded in Canada, 2025 and 2026."""
    return business(f"Make sure all your transactions have a {tax} rate before you save.")


def tax_not_applicable() -> Fault:
    """6170: taxes of a document that says it has none. Documented code, uncertain words."""
    words = "TxnTaxDetail cannot be given when GlobalTaxCalculation is NotApplicable"
    return Fault("6170", "TxnTaxDetail is not applicable", words, "TxnTaxDetail")


def foreign_tax_rate(rate_id: str) -> Fault:
    """6000: a tax line of a rate that no line of the document has. Uncertain words."""
    return business(f"Tax rate {rate_id} is not one of the tax codes of this transaction.")


def bad_email(element: str, value: str) -> Fault:
    """2210. Documented code, uncertain words."""
    return Fault(
        "2210",
        "Invalid Email Address format",
        f"Email Address does not conform to RFC 822 syntax. Supplied value:{value}",
        element,
    )


def missing_posting_type() -> Fault:
    """2260. Documented code, uncertain words."""
    detail = "Posting type is required. Valid values are Credit or Debit"
    return Fault("2260", "Missing Posting Type", detail, "PostingType")


def unbalanced() -> Fault:
    """2300: debits and credits of a journal entry differ. Documented code, uncertain words."""
    return Fault("2300", "Debits not equal to credits", "Total debits should equal total credits", "Line")


def bad_reference(target: str, value: str) -> Fault:
    """2500: a reference to what does not exist. Recorded, 2026."""
    words = _ELEMENTS.get(target, f"{target}s")
    detail = f"Invalid Reference Id : {words} element id {value} not found"
    return Fault("2500", "Invalid Reference Id", detail, "Reference Id")


def inactive_reference(code: str) -> Fault:
    """A reference to an inactive name: recorded as 2500 (2018) and as 610 (2025)."""
    message = {"610": "Object Not Found", "2500": "Invalid Reference Id"}[code]
    return Fault(code, message, f"{message} : {_INACTIVE}", "")


def category_as_item() -> Fault:
    """2500: a category is no item. Recorded, 2025."""
    words = "An item in this transaction is set up as a category instead of a product or service."
    return Fault("2500", "Invalid Reference Id", f"Invalid Reference Id : {words}", "")


def deleted_transaction() -> Fault:
    """610: a link to a transaction that is not there. Documented."""
    detail = "Object Not Found : Another user has deleted this transaction."
    return Fault("610", "Object Not Found", detail, "")


def not_linkable(words: str) -> Fault:
    """620. Documented code, uncertain words."""
    return Fault("620", "Txn ID Cannot Be Linked", f"Transaction {words} cannot be linked", "")


def has_dependents(words: str) -> Fault:
    """800: what others are linked to. Documented code, uncertain words."""
    return Fault("800", "Cannot delete object", f"Cannot delete {words}: unlink its transactions first", "")


def its_own_parent() -> Fault:
    """900. Documented code, uncertain words."""
    return Fault("900", "Parent cannot be child", "An object cannot be its own parent or child", "ParentRef")


def account_without_type() -> Fault:
    """6010. Documented code, uncertain words."""
    words = "Invalid Account.AccountType && Account.SubType"
    return Fault("6010", words, f"{words} : either AccountType or AccountSubType is required", "")


def wrong_amount(value: str) -> Fault:
    """6070: not the product of quantity and price. Recorded, 2026; the message is documented."""
    detail = f"Amount is not equal to UnitPrice * Qty. Supplied value:{value}"
    return Fault("6070", "Amount calculation incorrect in the request", detail, "Line")


def nameless() -> Fault:
    """6080. Documented."""
    return Fault(
        "6080",
        "No name provided",
        "At least one of Title, GivenName, MiddleName, FamilyName, DisplayName, Suffix is required",
        "",
    )


def duplicate_number(entity: str, number: str, id: str) -> Fault:
    """6140. Recorded, 2025 and 2026."""
    message = "Duplicate Document Number Error"
    return Fault(
        "6140",
        message,
        f"{message} : You must specify a different number. This number has already been used. "
        f"DocNumber={number} is assigned to TxnType={_TXN_TYPES.get(entity, entity)} with TxnId={id}",
        "",
    )


def too_deep() -> Fault:
    """6180. Documented code, uncertain words."""
    return Fault("6180", "Sub level limit", "Objects can be nested up to 5 levels", "ParentRef")


def closed_books(code: str) -> Fault:
    """6210, or 6200 without a password. Recorded with its doubled word; Intuit's page has it once."""
    return Fault(
        code,
        "Account Period Closed, Cannot Update Through Services API",
        "The account period has closed and the account books cannot be updated through through the QBO "
        "Services API. Please use the QBO website to make these changes.",
        "",
    )


def has_balance(entity: str) -> Fault:
    """6220: who still owes is not deactivated. Recorded for a customer, 2017."""
    return Fault(
        "6220",
        "Delete List Has Balance Error",
        f"The entity you are trying to delete has an open balance. : This {entity.lower()} cannot be deleted "
        "because it has a non-zero balance",
        "",
    )


def duplicate_name(what: str) -> Fault:
    """6240: names are unique over customers, vendors and employees, and within other lists. Recorded."""
    return Fault(
        "6240",
        "Duplicate Name Exists Error",
        f"The name supplied already exists. : Another {what} is already using this \nname. "
        "Please use a different name.",
        "",
    )


def duplicate_renaming(what: str) -> Fault:
    """6240 for an update of a customer, vendor or employee, which names the other's kind. Recorded."""
    words = f"Another {what} is already using this name.  Please use a different name."
    return Fault("6240", "Duplicate Name Exists Error", f"The name supplied already exists. : {words}", "")


def duplicate_name_without_words() -> Fault:
    """6240 as it was recorded once, in 2020."""
    return Fault("6240", "Duplicate Name Exists Error", "The name supplied already exists. : null")


def before_stock() -> Fault:
    """6270: an inventory item moves before its start date. Recorded, 2019."""
    return Fault(
        "6270",
        "Transaction date is prior to start date for inventory item",
        "Transactions with inventory (QOH) products cant be dated earlier than the Inventory Start Date "
        "for the product",
        "",
    )


def time_activity(code: str, message: str, words: str) -> Fault:
    """6290 to 6390. Documented codes, uncertain words."""
    return Fault(code, message, words, "")


def email_required() -> Fault:
    """6420. Documented code, uncertain words."""
    return Fault("6420", "Email address is required", "The delivery method is email", "PrimaryEmailAddr")


def wrong_account_type() -> Fault:
    """6430. Recorded message, uncertain detail."""
    words = "You need to select a different type of account for this transaction."
    return Fault("6430", "Invalid account type used", f"Invalid account type: {words}", "")


def deposited() -> Fault:
    """6540: what stands in a deposit stays as it is. Documented."""
    return Fault(
        "6540",
        "Deposited Transaction cannot be changed",
        "This transaction has been deposited. If you want to change or delete it, you must edit the deposit it "
        "appears on and remove it first.",
        "",
    )
