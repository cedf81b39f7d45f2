"""What nobody knows of the real service, as named switches.

A behaviour that no public record settles has a name, its possible values and a default. Whoever relies on one
value has to say so; random tests draw them all.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Switch:
    """One open question; the first value is the default."""

    name: str
    values: tuple[str, ...]
    reason: str


SWITCHES = (
    Switch("default_format", ("xml", "json"), "No page names the format of an answer without an Accept header."),
    Switch("order_of_ties", ("oldest_first", "newest_first"), "Rows equal in ORDERBY come in an order nobody stated."),
    Switch("order_by_id", ("numeric", "text"), "Ids are strings; nothing says how ORDERBY Id compares them."),
    Switch("default_order_of_names", ("name", "id"), "Samples show names sorted; no page promises it."),
    Switch("unmarked_filter", ("refuse", "accept"), "Intuit's own samples filter on fields not marked filterable."),
    Switch("newer_sync_token", ("refuse", "accept"), "Whether a SyncToken above the current one is stale."),
    Switch("sparse_where_undocumented", ("accept", "full"), "Objects whose page has no sparse section."),
    Switch("lines_not_repeated", ("remove", "keep"), "Lines left out of an update that has others."),
    Switch("refresh_token_rotation", ("every_refresh", "daily", "never"), "When the refresh token's value changes."),
    Switch("old_refresh_token", ("grace", "refuse"), "Whether the previous refresh token works for a while."),
    Switch("touch_on_balance", ("touch", "silent"), "Whether a moved balance moves a name's LastUpdatedTime."),
    Switch("unreadable_property", ("unnamed", "named"), "Whether 2010 names the property; both recorded."),
    Switch("value_of_another_kind", ("unreadable", "own_code"), "Whether a bad number or date is 2010."),
    Switch("sparse_needs_references", ("refuse", "accept"), "Bill's VendorRef, Purchase's PaymentType."),
    Switch("employee_names", ("either", "both"), "One page asks for both names and for one of them."),
    Switch("amount_of_a_line", ("exact", "a_cent_off", "unchecked"), "The tolerance of 6070."),
    Switch("fractions_of_a_cent", ("round", "refuse"), "What becomes of an Amount of more than two decimals."),
    Switch("duplicate_name_detail", ("words", "null"), "6240 was once recorded with `null` for its words."),
    Switch("duplicate_sales_number", ("refuse", "by_preference", "accept"), "When 6140 comes."),
    Switch("bill_numbers", ("per_vendor", "per_company"), "Among which bills a number may be used once."),
    Switch("inactive_reference", ("610", "2500"), "Both codes were recorded for a reference to an inactive name."),
    Switch("unchanged_inactive_reference", ("refuse", "accept"), "Kept by an update."),
    Switch("update_of_an_inactive_name", ("refuse", "accept"), "Refused in a recording of 2026; no page says it."),
    Switch("deactivation_with_a_balance", ("refuse", "accept"), "6220 was recorded in 2017 only."),
    Switch("deletion_of_what_is_linked", ("refuse", "unlink"), "Pages say to unlink first."),
    Switch("over_application", ("refuse", "accept"), "Whether a payment may settle more than is open."),
    Switch("total_below_payments", ("give_back", "refuse"), "An update to less than what was paid."),
    Switch("billed_time_sent_back", ("accept", "refuse"), "HasBeenBilled cannot be set; nothing says of keeping it."),
    Switch("stock_dates_cover", ("movements", "all"), "Whether 6270 also comes for estimates and orders."),
    Switch("closed_books_code", ("6210", "6200"), "Closed with a password, or without."),
    Switch("closed_books_cover", ("postings", "all"), "Whether estimates, orders and times are closed too."),
    Switch("cdc_deactivated", ("row", "deleted"), "No page says whether a deactivated name is a row or a deletion."),
    Switch("cdc_merged", ("silent", "deleted"), "Whether the loser of a merge appears among the deletions."),
    Switch("cdc_unchanged", ("left_out", "placeholder"), "Whether an object without changes leaves an empty place."),
    Switch("cdc_limit", ("whole_answer", "each_object"), "Whether 1000 objects are all or of each kind."),
    Switch("cdc_full", ("oldest", "newest"), "Which changes an answer that is full contains."),
    Switch("cdc_since", ("inclusive", "exclusive"), "Whether a change of exactly changedSince is told."),
    Switch("cdc_unsupported", ("refuse", "silent"), "What an object without change data gives."),
    Switch("void_where_undocumented", ("ignore", "void", "refuse"), "include=void where no page has a void section."),
    Switch("void_by_another_form", ("refuse", "accept"), "Whether the form of another object's void works."),
    Switch("batch_over_1000_objects", ("refuse", "answer"), "1000 objects a batch; nobody says what comes beyond."),
    Switch("batch_order", ("given", "reversed"), "The order of the answers is not promised."),
    Switch("batch_replay", ("whole", "done_items", "never"), "What a batch sent again with its requestid repeats."),
    Switch("requestid_retention_s", ("86400", "60", "1"), "Nothing says how long a requestid is remembered."),
    Switch("requestid_with_another_body", ("replay", "refuse"), "The same requestid with another body."),
    Switch("currency_left_out", ("of_the_name", "home"), "What a document without CurrencyRef is in; both were seen."),
    Switch("currency_mismatch", ("one_foreign", "invalid"), "Two texts were seen for a currency not the name's."),
    Switch("home_currency_alone", ("accept", "refuse"), "CurrencyRef of home where there is no other; both reported."),
    Switch("exchange_rate_left_out", ("refuse", "one", "of_the_day"), "2410 was seen; pages say that it is 1."),
    Switch("currency_of_a_new_customer", ("given", "home"), "Pages: given. For vendors it was seen to be ignored."),
    Switch("currency_of_a_new_vendor", ("home", "given"), "Seen to be ignored, with 200, in 2026; pages: given."),
    Switch("currency_of_a_new_account", ("given", "home"), "The page marks it read only, as that of customers."),
    Switch("currency_out_of_use", ("refuse", "accept"), "Documents in a currency that the list has made inactive."),
    Switch("balance_of_a_foreign_name", ("own_currency", "home_currency"), "No page says which currency it is in."),
    Switch("balance_of_a_foreign_account", ("own_currency", "home_currency"), "No page says which currency it is in."),
    Switch("rest_of_conversion", ("largest_line", "exchange_difference"), "Where the cents of rounding each line go."),
    Switch("tax_rounding", ("per_rate", "per_line"), "Recorded invoices come out the same either way."),
    Switch("inclusive_amount", ("net", "gross"), "Amount of a TaxInclusive line; answers have it net."),
    Switch("throttle_of_ten", ("both", "a_second", "at_once"), "Intuit has said ten a second, and ten at a time."),
    Switch("throttle_counts", ("answered", "all"), "Whether a request that was refused counts against the limits."),
    Switch("throttle_body", ("xml", "json"), "The gateway's 429 has been recorded as XML only."),
)  # fmt: skip

_BY_NAME = {switch.name: switch for switch in SWITCHES}


def drawn(seed: int | str) -> dict[str, str]:
    """A value of every switch, by a seed: what random tests choose."""
    draw = random.Random(seed)
    return {switch.name: draw.choice(switch.values) for switch in SWITCHES}


class UnknownSwitch(ValueError):
    """No such switch, or no such value."""


class Switches:
    """The chosen values."""

    def __init__(self) -> None:
        self._chosen: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        return self._chosen.get(name, _BY_NAME[name].values[0])

    def choose(self, **values: str) -> None:
        """Sets switches; raises UnknownSwitch."""
        for name, value in values.items():
            switch = _BY_NAME.get(name)
            if switch is None or value not in switch.values:
                raise UnknownSwitch(f"{name}={value}; there are: " + ", ".join(sorted(_BY_NAME)))
        self._chosen.update(values)

    def reset(self) -> None:
        """Back to the defaults."""
        self._chosen.clear()

    def listed(self) -> list[dict[str, object]]:
        """All switches with value, possible values and reason."""
        return [
            {"name": s.name, "value": self[s.name], "values": list(s.values), "reason": s.reason}
            for s in SWITCHES
        ]
