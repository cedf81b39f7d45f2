"""docs/sandbox-differences.md: how many recorded answers the sandbox gives again, and where it gives others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sandbox_accepted import reason_for

_HEAD = """<!-- Written by tools/check_sandbox.py. Do not edit. -->

# Where the sandbox differs from recorded answers

Publicly recorded answers of the real service (test cassettes and sample files of open source projects, 2013 to 2023)
were compared with what the [sandbox](../sandbox/README.md) answers to the same input: which keys, in which order, of
which JSON types, with how many decimals, and the words of every refusal.
"""


def page(found: Mapping[str, Mapping[str, int]]) -> str:
    """The page; every difference in it has a reason."""
    same = sum(not counted for counted in found.values())
    figures = f"{len(found)} recorded files; {same} are the same in every respect. The others differ for these reasons:"
    reasons: dict[str, set[str]] = defaultdict(set)
    for file, counted in found.items():
        for words in counted:
            reasons[reason_for(file, words) or ""].add(file)
    rows = [f"| {reason} | {len(files)} |" for reason, files in sorted(reasons.items())]
    return "\n".join((_HEAD, figures, "", "| Reason | Files |", "| --- | --- |", *rows)) + "\n"
