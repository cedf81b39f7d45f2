"""Changes of rows become requests to QuickBooks: pure, values in and values out.

`plan(change)` says what is sent where and what has to be read before, and refuses what must not be sent;
`Plan.body` makes the body, of the document that is there where it needs one; `encoded` gives its bytes;
`conflicts` names what somebody else has changed since, `not_taken` what QuickBooks did not do; `worded` says
what a client of the database is told.
"""

from quickbooks_core.writing.abilities import can
from quickbooks_core.writing.change import Action, Change
from quickbooks_core.writing.conflict import conflicts, not_taken
from quickbooks_core.writing.encoding import encoded
from quickbooks_core.writing.plans import Call, Plan, Style, apply, document_in, plan, reading
from quickbooks_core.writing.refused import ChangeRefused, Problem
from quickbooks_core.writing.settings import writable_columns
from quickbooks_core.writing.sqlstates import sqlstate
from quickbooks_core.writing.wording import ClientError, worded

__all__ = [
    "Action",
    "Call",
    "Change",
    "ChangeRefused",
    "ClientError",
    "Plan",
    "Problem",
    "Style",
    "apply",
    "can",
    "conflicts",
    "document_in",
    "encoded",
    "not_taken",
    "plan",
    "reading",
    "sqlstate",
    "worded",
    "writable_columns",
]
