"""What must hold of any company: the books recomputed from its documents, by rules written down a second time here.

Each check gives its findings in words, none where all is well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from history.checks import balances, booked, ledger, links, references, stock, totals, versions
from history.company import Company

CHECKS: tuple[Callable[[Company], Iterator[str]], ...] = (
    balances.open_documents,
    balances.customers,
    balances.vendors,
    booked.documents,
    ledger.documents_balance,
    ledger.trial_balance,
    ledger.accounts,
    links.both_ways,
    references.lead_somewhere,
    stock.quantities,
    stock.values,
    totals.sales_forms,
    totals.spending,
    totals.money,
    versions.times,
)


def findings(company: Company) -> list[str]:
    """Everything that is wrong, in words."""
    return [finding for check in CHECKS for finding in check(company)]
