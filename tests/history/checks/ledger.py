"""The books by themselves: every document balances, so does the whole, and accounts show what was posted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from history.checks.reading import ZERO, amount, differs, to
from history.company import Company

_WITH_BALANCE = ("Asset", "Liability", "Equity")


def documents_balance(company: Company) -> Iterator[str]:
    """What a document debits it credits; only documents that exist have postings, on accounts that exist."""
    sums: dict[tuple[str, str], Decimal] = {}
    for posting in company.postings:
        key = (posting.entity, posting.id)
        sums[key] = sums.get(key, ZERO) + posting.amount
        if company.get("Account", posting.account) is None:
            yield f"{posting.entity} {posting.id} is posted on account {posting.account!r}, which is not there"
    for (entity, id), rest in sums.items():
        yield from differs(f"the sum of the postings of {entity} {id}", rest, ZERO)
        if company.get(entity, id) is None:
            yield f"{entity} {id} is not there and has postings"


def trial_balance(company: Company) -> Iterator[str]:
    """All accounts together are zero, and each is the sum of its postings."""
    yield from differs("the sum of all accounts", company.ledger_sum, ZERO)
    sums = _posted(company)
    for account, balance in company.ledger.items():
        yield from differs(f"the ledger of account {account}", balance, sums[account])


def accounts(company: Company) -> Iterator[str]:
    """Accounts of the balance sheet show the sum of their postings, others nothing; parents add their children."""
    sums = _posted(company)
    below: defaultdict[str, Decimal] = defaultdict(Decimal)
    for _, account in company.of("Account"):
        below[to(account, "ParentRef")] += amount(account, "CurrentBalanceWithSubAccounts")
    for _, account in company.of("Account"):
        own = sums[account["Id"]] if account["Classification"] in _WITH_BALANCE else ZERO
        name = f"Account {account['Id']} ({account['Name']})"
        yield from differs(f"{name}.CurrentBalance", amount(account, "CurrentBalance"), own)
        whole = own + below[account["Id"]]
        said = amount(account, "CurrentBalanceWithSubAccounts")
        yield from differs(f"{name} with sub-accounts", said, whole)


def _posted(company: Company) -> defaultdict[str, Decimal]:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for posting in company.postings:
        sums[posting.account] += posting.amount
    return sums
