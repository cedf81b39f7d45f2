"""What was measured, as text: for the terminal, and for the generated part of docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs/benchmarks.md"
BEGIN = "<!-- measured: begin (written by make bench) -->"
END = "<!-- measured: end -->"


@dataclass(frozen=True)
class Table:
    """A head and rows, as text."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """As Markdown; all columns but the first are numbers."""
        lines = [self.head, ["---", *["---:"] * (len(self.head) - 1)], *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@dataclass(frozen=True)
class Section:
    """One question and its answer. `facts`: the figures that a program may want to read."""

    title: str
    text: str
    table: Table
    facts: dict[str, float] = field(default_factory=dict)

    def markdown(self) -> str:
        """As Markdown."""
        return f"## {self.title}\n\n{self.text}\n\n{self.table.markdown()}"


def figure(value: float, digits: int = 1) -> str:
    """A number for people; nothing for what was not measured."""
    return f"{value:,.{digits}f}" if value else ""


def machine(sizes: str) -> str:
    """Where and when it was measured."""
    return (
        f"Measured on {date.today().isoformat()}: {_cores()} cores ({_processor()}), {_memory_gb():.0f} GB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}; load of the machine before "
        f"the first measurement {os.getloadavg()[0]:.1f}, where its own programs make 2 to 3. Sizes: {sizes}."
    )


def under_load(section: Section) -> Section:
    """The same, with what tells a reader whether something else kept the machine busy."""
    load = f" (Load of the machine meanwhile: {os.getloadavg()[0]:.1f}.)"
    return replace(section, text=section.text + load)


def write(page: Path, where: str, sections: Iterable[Section]) -> None:
    """Replaces the measured part of a page, and nothing else of it."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{page} has no part between {BEGIN} and {END}")
    measured = "\n\n".join([where, *(section.markdown() for section in sections)])
    page.write_text(f"{before}{BEGIN}\n{measured}\n{END}{after}", encoding="utf-8")


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
