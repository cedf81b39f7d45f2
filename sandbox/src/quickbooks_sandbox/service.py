"""Everything one running sandbox has: the company, its tokens, its limits, its journal, its orders."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from quickbooks_sandbox.clock import Clock
from quickbooks_sandbox.companies import origin_of, realm_id_of
from quickbooks_sandbox.company import Company
from quickbooks_sandbox.journal import Journal
from quickbooks_sandbox.json_text import read
from quickbooks_sandbox.oauth import Tokens
from quickbooks_sandbox.orders import Orders
from quickbooks_sandbox.replay import Replay
from quickbooks_sandbox.seeds import load
from quickbooks_sandbox.store import Store
from quickbooks_sandbox.switches import Switches
from quickbooks_sandbox.throttle import Throttle


@dataclass
class Service:
    """One company and the machinery around it."""

    store: Store
    seeds: Path
    clock: Clock = field(default_factory=Clock)
    switches: Switches = field(default_factory=Switches)
    journal: Journal = field(default_factory=Journal)
    orders: Orders = field(default_factory=Orders)
    latency_s: float = 0.0
    _images: dict[str, sqlite3.Connection] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.company = Company(self.store, self.clock, self.switches)
        self.throttle = Throttle(self.clock, self.switches)
        self.replay = Replay(self.store, self.clock, self.switches)
        self.tokens = Tokens(self.store, self.clock, self.switches)

    @property
    def realm_id(self) -> str:
        """Under which the company answers."""
        return realm_id_of(self.store)

    @property
    def company_name(self) -> str:
        """As its owner called it."""
        row = self.store.get("CompanyInfo", "1")
        return str(read(row.body).get("CompanyName", "")) if row else ""

    def begin(self, name: str) -> None:
        """Takes up the company on disk, or loads one where there is none."""
        if self.store.fact("company") is None:
            self.reset(name)

    def reset(self, name: str | None = None) -> None:
        """A fresh company, and everything else as at the start."""
        chosen = name or self.store.fact("company") or "demo"
        origin_of(chosen)  # refuse what there is not before the present company is gone
        self.switches.reset()
        self.clock.reset()
        if chosen not in self._images:
            self._images[chosen] = self._loaded(chosen)
        self.store.restore(self._images[chosen])
        self.store.hidden.clear()
        self.journal.clear()
        self.orders.clear()
        self.throttle.reset()
        self.latency_s = 0.0

    def _loaded(self, name: str) -> sqlite3.Connection:
        empty = sqlite3.connect(":memory:", check_same_thread=False)
        self.store.restore(empty)
        self.store.create_schema()
        load(self.company, self.seeds, name)
        return self.store.image()


def seed_directory() -> Path:
    """Where the companies are: inside the installed package, or in the checkout."""
    packaged = Path(__file__).parent / "seeds"
    return packaged if packaged.exists() else Path(__file__).parents[3] / "seeds"
