"""Every writable column of every object goes through the queue, and the mirror is what QuickBooks then has.

What each column takes is `writes.cases`' matter; here all of them are queued at once, and a worker sends them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from quickbooks_core.catalog import MIRRORED, Access, Entity
from quickbooks_core.catalog.model import Field
from quickbooks_core.mapping import to_row
from quickbooks_core.writing import Action, can, encoded, writable_columns
from quickbooks_core.writing.conflict import comparable
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.forked import start_forked
from quickbooks_demo.sandbox import Sandbox
from quickbooks_demo.testing import Database
from quickbooks_demo.waiting import wait_for
from writes import Company
from writes.cases import Case, case_of, company_of, row_of

WRITABLE = [entity for entity in MIRRORED if can(entity, Action.CREATE) or can(entity, Action.UPDATE)]
CASES = [
    (entity, case_of(entity, one))
    for entity in WRITABLE
    for one in entity.fields
    if one.access is not Access.READ
]
COMPANIES = sorted({case.company for _, case in CASES} | {company_of(entity) for entity in WRITABLE})


@dataclass
class Trial:
    """One column on a row of its own: `numbers` are the changes queued for it, in their order."""

    entity: Entity
    case: Case
    id: str = ""
    numbers: list[int] = field(default_factory=list)

    @property
    def creates(self) -> bool:
        """Whether the column is only taken when the row is made."""
        updatable = can(self.entity, Action.UPDATE)
        return not updatable or self.case.column not in writable_columns(self.entity, Action.UPDATE)


class Queue:
    """The queue of a mirror of one company."""

    def __init__(self, database: Database, company: Company) -> None:
        self.database, self.company = database, company
        database.superuser.query(
            "INSERT INTO _sync_company (environment, realm_id) VALUES ('sandbox', %s)",
            (company.client.connection.realm_id,),
        )

    def ask(self, trial: Trial, doing: str, values: dict[str, Any]) -> None:
        """Queues one change."""
        ((number,),) = self.database.superuser.query(
            "SELECT quickbooks_load.enqueue(%s, %s, %s, %s::jsonb)",
            (trial.entity.table, doing, trial.id or None, encoded(values).decode()),
        )
        trial.numbers.append(number)

    def settle(self, trials: list[Trial]) -> list[str]:
        """Waits until all is answered; learns the ids of new rows; tells what was refused."""
        query = self.database.superuser.query
        open_ones = "SELECT count(*) FROM _sync_queue WHERE status IN ('pending', 'sending')"
        wait_for(lambda: query(open_ones) == [(0,)], "all answers", 240, pause_s=0.2)
        ends = {
            number: rest for number, *rest in query("SELECT queue_id, id, status, error FROM _sync_queue")
        }
        wrong = []
        for trial in trials:
            id, status, error = ends[trial.numbers[-1]]
            trial.id = trial.id or id or ""
            if status != "done":
                wrong.append(f"{trial.entity.name}.{trial.case.column}: {status}: {error}")
            elif error:
                wrong.append(f"{trial.entity.name}.{trial.case.column}: {error}")
        return wrong

    def differences(self, trials: list[Trial]) -> Iterator[str]:
        """Of the rows that were written, in every column."""
        for entity in {trial.entity.name: trial.entity for trial in trials}.values():
            ids = {trial.id for trial in trials if trial.entity is entity}
            there = {row["id"]: row for row in (to_row(entity, d) for d in self.company.documents(entity))}
            mirrored = dict(
                self.database.superuser.query(
                    f"SELECT id, to_jsonb(m) - '_sync_read_at' FROM {entity.table} AS m WHERE id = ANY (%s)",
                    ([*ids],),
                )
            )
            for id in sorted(ids):
                wanted, found = there.get(id, {}), mirrored.get(id, {})
                for name in {*wanted, *found} - {"extra"}:
                    kind = entity.columns[name]
                    if comparable(kind, wanted.get(name)) != comparable(kind, found.get(name)):
                        yield f"{entity.table} {id} {name}: {found.get(name)!r}, QuickBooks {wanted.get(name)!r}"


@pytest.fixture
def queue(
    migrated: Database, sandbox: Sandbox, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Queue]:
    """A company, its mirror, and a worker."""
    company = Company(sandbox, tmp_path, request.node.callspec.params["name"])
    found = Queue(migrated, company)
    variables = {
        **clean_environment(), **sandbox.connection(), "QUICKBOOKS_STATE_DIR": str(tmp_path / "worker"),
        "QUICKBOOKS_THROTTLE": "off", "DATABASE_URL": migrated.login("quickbooks_worker").url,
    }  # fmt: skip
    worker = start_forked(["target-quickbooks", "--follow"], tmp_path, variables)
    yield found
    worker.stop()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.soak) if name == "demo" else name for name in COMPANIES]
)
def test_every_writable_column_goes_through_the_queue(queue: Queue, sandbox: Sandbox, name: str) -> None:
    trials = [Trial(entity, case) for entity, case in CASES if case.company == name]
    for case in (trial.case for trial in trials if trial.case.switches):
        sandbox.control("switches", **case.switches)

    wrong = made(queue, trials)
    # What there is one of, such as Preferences, decides what others may have: it comes last.
    for is_new in (True, False):
        changed = [
            trial for trial in trials if can(trial.entity, Action.CREATE) is is_new and not trial.creates
        ]
        for trial in changed:
            queue.ask(trial, "update", trial.case.set)
        wrong += queue.settle(changed)
        cleared = [trial for trial in changed if can_be_cleared(trial)]
        for trial in cleared:
            queue.ask(trial, "update", {trial.case.column: None, **trial.case.clear})
        wrong += queue.settle(cleared)
    wrong += queue.differences(trials)

    assert not wrong, "\n".join(wrong)
    assert all(trial.numbers for trial in trials)


def can_be_cleared(trial: Trial) -> bool:
    steps = trial.entity.columns[trial.case.column].steps
    return steps[0] not in trial.entity.required and not trial.case.stays


def made(queue: Queue, trials: list[Trial]) -> list[str]:
    """A row for each column, where the API makes them; otherwise the one there is."""
    new = [trial for trial in trials if can(trial.entity, Action.CREATE)]
    for trial in new:
        on = {**trial.case.on, **(trial.case.set if trial.creates else {})}
        queue.ask(trial, "create", row_of(trial.entity, queue.company.name, on))
    wrong = queue.settle(new)
    for trial in trials:
        if trial not in new:
            trial.id = queue.company.first(trial.entity)["id"]
    return wrong


def test_every_writable_column_of_the_catalogue_is_among_them() -> None:
    columns: list[Field] = [
        one for entity in MIRRORED for one in entity.fields if one.access is not Access.READ
    ]

    assert len(CASES) == len(columns)
    print(f"{len(CASES)} writable columns go through the queue")  # noqa: T201 - the measure
