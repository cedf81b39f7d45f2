"""What can go wrong with QuickBooks, sorted by what the caller should do about it."""

from __future__ import annotations


class QuickBooksError(Exception):
    """QuickBooks refused, or could not be asked. The text says what to do; it never holds a secret.

    `code`, `message`, `detail` and `element` are QuickBooks' own words; `intuit_tid` is what Intuit's support asks for.
    """

    advice = ""

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        detail: str = "",
        element: str = "",
        intuit_tid: str = "",
        status: int = 0,
        retry_after_s: float | None = None,
    ) -> None:
        self.message = message
        self.code = code
        self.detail = detail
        self.element = element
        self.intuit_tid = intuit_tid
        self.status = status
        self.retry_after_s = retry_after_s
        super().__init__(message)

    def __str__(self) -> str:
        words = self.message.rstrip(".")
        if self.detail and self.detail not in words:
            words += f": {self.detail.rstrip('.')}"
        facts = [f"code {self.code}"] if self.code else []
        facts += [f"HTTP {self.status}"] if self.status else []
        facts += [f"element {self.element}"] if self.element else []
        facts += [f"intuit_tid {self.intuit_tid}"] if self.intuit_tid else []
        words += f" ({', '.join(facts)})" if facts else ""
        return f"{words}. {self.advice}" if self.advice else f"{words}."


class NotConfigured(QuickBooksError):
    """A setting is missing or wrong."""

    advice = "Correct it and run the command again; `quickbooks doctor` checks all settings."


class Unreachable(QuickBooksError):
    """No answer came; nothing can have been written, because only reads end like this."""

    advice = "Check the network and QUICKBOOKS_API_URL; the next run goes on where this one stopped."


class StoreLost(QuickBooksError):
    """The store that all programs of a company share could not be asked; nothing was sent to QuickBooks for it."""

    advice = "Check that database; the next run goes on where this one stopped."


class Busy(QuickBooksError):
    """QuickBooks could not answer now (5xx), after patient retries."""

    advice = "QuickBooks has a problem of its own; try again later."


class Throttled(QuickBooksError):
    """Too many requests, after patient retries."""

    advice = "Another program may be using up the company's limit of 500 requests a minute; try again later."


class TooLate(QuickBooksError):
    """It was not sent, because it had waited for longer than its sender vouches for."""

    advice = "It is tried again."


class Reconnect(QuickBooksError):
    """The grant is gone: expired, revoked, or for another company."""

    advice = "Connect the company again: quickbooks connect."


class WrongCredentials(QuickBooksError):
    """Intuit does not know the app."""

    advice = "Check QUICKBOOKS_CLIENT_ID and QUICKBOOKS_CLIENT_SECRET."


class Refused(QuickBooksError):
    """The request itself is wrong; the same request will be refused again."""

    advice = "The same request will be refused again: correct what QuickBooks names."


class NotSupported(Refused):
    """The company's edition or permissions lack what was asked for."""

    advice = "The company's edition, or the person who connected it, lacks what was asked for."


class NotFound(Refused):
    """No such object."""

    advice = "It may have been deleted or made inactive in QuickBooks."


class Stale(Refused):
    """Somebody changed the object meanwhile."""

    advice = "Somebody changed it meanwhile: read it again and repeat the change on the fresh one."


class OutcomeUnknown(QuickBooksError):
    """A write was sent and no answer came: it may or may not have been done."""

    advice = "Look in QuickBooks before sending it again."


_BY_CODE: dict[str, type[QuickBooksError]] = {
    "120": NotSupported,
    "5020": NotSupported,
    "5030": NotSupported,
    "610": NotFound,
    "5010": Stale,
    "3001": Throttled,
    "3100": Reconnect,
    "3200": Reconnect,
    "3202": Reconnect,
}
_BY_STATUS: dict[int, type[QuickBooksError]] = {
    401: Reconnect,
    403: Reconnect,
    404: NotFound,
    429: Throttled,
}


def error_class(status: int, code: str) -> type[QuickBooksError]:
    """Which error a fault is: its code says more than the HTTP status."""
    if status >= 500:
        return Busy
    return _BY_CODE.get(code.lstrip("0")) or _BY_STATUS.get(status, Refused)
