"""What nobody knows of the real service, as named switches.

A behaviour that no public record settles has a name, its possible values and a default. Whoever relies on one
value has to say so; random tests draw them all.
"""

from __future__ import annotations

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
    Switch("throttle_body", ("xml", "json"), "The gateway's 429 has been recorded as XML only."),
)  # fmt: skip

_BY_NAME = {switch.name: switch for switch in SWITCHES}


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
