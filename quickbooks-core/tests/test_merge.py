"""What arrives in the landing tables, as the loader puts it there, and what the mirror shows afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb
from quickbooks_demo.testing import Database as Migrated

# It goes on from another: one that reads everything anew may go backwards.
RUN = "sandbox:111:run1:run0"


class Mirror:
    """A migrated database, and sessions of the people who use it."""

    def __init__(self, database: Migrated) -> None:
        self._addresses = {"admin": database.superuser}
        self.database = database

    def connect(self, user: str = "admin", *, autocommit: bool = True) -> psycopg.Connection:
        """A session of the superuser, or of somebody in the group `quickbooks_<user>`."""
        if user not in self._addresses:
            self._addresses[user] = self.database.login(f"quickbooks_{user}")
        return psycopg.connect(self._addresses[user].url, autocommit=autocommit)


@pytest.fixture
def mirror(migrated: Migrated) -> Mirror:
    with psycopg.connect(migrated.superuser.url, autocommit=True) as admin:
        admin.execute(
            "INSERT INTO _sync_run (run_id, previous_run_id, environment, realm_id, status)"
            " VALUES ('run0', '', 'sandbox', '111', 'finished')"
        )
    return Mirror(migrated)


def land(connection: psycopg.Connection, table: str, *rows: dict[str, Any], run: str | None = RUN) -> None:
    """Inserts rows in one statement, as target-postgres does after its COPY."""
    full = [
        {
            "_sync_run": run,
            "_sync_seq": place if run else None,
            "_sync_read_at": "2026-11-01T00:00:00Z",
            **row,
        }
        for place, row in enumerate(rows, 1)
    ]
    columns = sorted({name for row in full for name in row})
    values = [
        Jsonb(v) if isinstance(v, dict | list) else v for row in full for v in (row.get(c) for c in columns)
    ]
    line = sql.SQL("({})").format(sql.SQL(", ").join([sql.Placeholder()] * len(columns)))
    connection.execute(
        sql.SQL("INSERT INTO quickbooks_load.{} ({}) VALUES {}").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join([line] * len(full)),
        ),
        values,
    )


def customer(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"qbk_cust{number}",
        "display_name": f"Customer {number}",
        "sync_token": "0",
        "created_at": "2026-10-01T00:00:00Z",
        "updated_at": "2026-10-01T00:00:00Z",
        **more,
    }


def close(connection: psycopg.Connection, streams: dict[str, int], run: str = RUN, **more: Any) -> None:
    environment, realm, run_id, previous = run.split(":")
    word = {"run_id": run_id, "event": "close", "realm_id": realm, "environment": environment,
            "previous_run_id": previous, "at": "2026-11-01T00:10:00Z", "streams": streams,
            "bookmarks": {}, "counts": streams, "calls": {}, "selected": {}, **more}  # fmt: skip
    land(connection, "_sync_run", word, run=run)


def names(database: Mirror) -> dict[str, str]:
    with database.connect() as admin:
        return dict(admin.execute("SELECT id, display_name FROM customer ORDER BY id").fetchall())


def test_a_landed_row_appears_in_the_mirror_and_leaves_the_landing_table(mirror: Mirror) -> None:
    with mirror.connect("loader") as loader:
        land(loader, "customer", customer(1, balance=1201, extra={"Unknown": [1]}))

        left = loader.execute("SELECT count(*) FROM quickbooks_load.customer").fetchone()

    with mirror.connect("reader") as reader:
        row = reader.execute("SELECT display_name, balance::text, extra FROM customer").fetchone()
    assert (left, row) == ((0,), ("Customer 1", "1201.00", {"Unknown": [1]}))


def test_the_same_row_again_writes_nothing(mirror: Mirror) -> None:
    def written(admin: psycopg.Connection) -> Any:
        admin.execute("SELECT pg_stat_clear_snapshot()")
        return admin.execute(
            "SELECT n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables WHERE relname = 'customer' "
            "AND schemaname = 'public'"
        ).fetchone()

    with mirror.connect("loader") as loader, mirror.connect() as admin:
        land(loader, "customer", customer(1, balance=5))
        land(loader, "customer", customer(1, balance=5, _sync_read_at="2026-11-02T00:00:00Z"))
        loader.execute("SELECT pg_stat_force_next_flush()")
        loader.execute("SELECT 1")

        assert written(admin) == (1, 0, 0)


@pytest.mark.parametrize(
    ("second", "winner"),
    [
        ({"updated_at": "2026-10-02T00:00:00Z"}, "second"),
        ({"updated_at": "2026-09-30T00:00:00Z", "_sync_read_at": "2026-11-09T00:00:00Z"}, "first"),
        ({"sync_token": "10"}, "second"),
        ({"_sync_read_at": "2026-11-01T00:00:00.001Z"}, "second"),
        ({"_sync_read_at": "2026-10-31T00:00:00Z"}, "first"),
    ],
)
def test_the_newer_answer_wins_whichever_comes_last(
    mirror: Mirror, second: dict[str, Any], winner: str
) -> None:
    with mirror.connect("loader") as loader:
        land(loader, "customer", customer(1, sync_token="9", display_name="first"))
        land(loader, "customer", customer(1, **{"sync_token": "9", "display_name": "second", **second}))

    assert names(mirror) == {"qbk_cust1": winner}


def test_a_row_that_a_client_has_locked_is_parked_and_merged_when_it_is_free(mirror: Mirror) -> None:
    with mirror.connect("loader") as loader, mirror.connect("writer", autocommit=False) as client:
        land(loader, "customer", customer(1), customer(2))
        client.execute("SELECT FROM customer WHERE id = 'qbk_cust1' FOR UPDATE")

        land(
            loader,
            "customer",
            customer(1, sync_token="1", display_name="a"),
            customer(2, sync_token="1", display_name="b"),
        )

        assert names(mirror) == {"qbk_cust1": "Customer 1", "qbk_cust2": "b"}
        client.rollback()
        land(loader, "customer", customer(3))
    assert names(mirror) == {"qbk_cust1": "a", "qbk_cust2": "b", "qbk_cust3": "Customer 3"}


def test_concurrent_merges_of_the_same_ids_neither_fail_nor_deadlock(mirror: Mirror) -> None:
    failures: list[BaseException] = []
    start = threading.Barrier(4, timeout=60)
    sessions = [mirror.connect("loader") for _ in range(4)]

    def worker(seed: int) -> None:
        try:
            with sessions[seed] as loader:
                start.wait()
                for turn in range(15):
                    ids = [(seed * 7 + turn * 13 + step * 3) % 60 for step in range(20)]
                    rows = [
                        customer(n, sync_token=str(turn * 4 + seed), display_name=f"{turn * 4 + seed}")
                        for n in sorted(set(ids), reverse=bool(seed % 2))
                    ]
                    land(loader, "customer", *rows)
        except BaseException as error:  # noqa: BLE001  # a thread's failure must reach the test
            failures.append(error)

    threads = [threading.Thread(target=worker, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with mirror.connect("loader") as loader:
        land(loader, "customer", customer(100))

    with mirror.connect() as admin:
        wrong = admin.execute(
            "SELECT count(*) FROM customer WHERE id <> 'qbk_cust100' AND sync_token <> display_name"
        ).fetchone()
        parked = admin.execute("SELECT count(*) FROM _sync_parked").fetchone()
    assert (failures, wrong, parked) == ([], (0,), (0,))


def test_a_run_closes_only_when_everything_announced_has_come(mirror: Mirror) -> None:
    def status() -> Any:
        with mirror.connect("reader") as reader:
            return reader.execute("SELECT status FROM _sync_run WHERE run_id = 'run1'").fetchone()

    with mirror.connect("loader") as loader:
        close(loader, {"customer": 2, "invoice": 1})
        land(loader, "customer", customer(1), customer(2))
        assert status() == ("running",)

        land(loader, "invoice", {"id": "qbk_inv1"})

    assert status() == ("finished",)


def test_a_finished_run_removes_what_it_did_not_find_and_keeps_its_image(mirror: Mirror) -> None:
    with mirror.connect("loader") as loader:
        land(loader, "customer", customer(1), customer(2))
        close(loader, {"customer": 2})
        second = "sandbox:111:run2:run1"
        land(loader, "customer", customer(1, _sync_read_at="2026-11-02T00:00:00Z"), run=second)
        land(loader, "_sync_sweep", {"table_name": "customer", "page": 1, "ids": ["qbk_cust1"],
                                     "read_at": "2026-11-02T00:00:00Z"}, run=second)  # fmt: skip
        close(loader, {"customer": 1, "_sync_sweep": 1}, run=second)

    with mirror.connect() as admin:
        gone = admin.execute(
            "SELECT id, source, status, image ->> 'display_name' FROM _sync_deletes"
        ).fetchall()
    assert names(mirror) == {"qbk_cust1": "Customer 1"}
    assert gone == [("qbk_cust2", "sweep", "done", "Customer 2")]


def test_a_late_page_does_not_resurrect_a_deleted_row_but_a_later_answer_does(mirror: Mirror) -> None:
    with mirror.connect("loader") as loader, mirror.connect() as admin:
        land(loader, "customer", customer(1))
        admin.execute(
            "SELECT quickbooks_load.delete_rows('customer', ARRAY['qbk_cust1'], 'cdc', '2026-11-05', 'run1')"
        )

        land(loader, "customer", customer(1, _sync_read_at="2026-11-04T00:00:00Z"))
        assert names(mirror) == {}
        land(loader, "customer", customer(1, _sync_read_at="2026-11-06T00:00:00Z"))

    assert names(mirror) == {"qbk_cust1": "Customer 1"}


def test_a_deletion_that_a_foreign_key_forbids_is_reported_and_stops_no_other(mirror: Mirror) -> None:
    with mirror.connect("loader") as loader, mirror.connect() as admin:
        land(loader, "customer", customer(1), customer(2))
        admin.execute("CREATE TABLE mine (customer_id text REFERENCES customer)")
        admin.execute("INSERT INTO mine VALUES ('qbk_cust1')")

        admin.execute(
            "SELECT quickbooks_load.delete_rows('customer', ARRAY['qbk_cust1', 'qbk_cust2'], 'cdc', now(), NULL)"
        )

        outcome = admin.execute("SELECT id, status FROM _sync_deletes ORDER BY id").fetchall()
    assert names(mirror) == {"qbk_cust1": "Customer 1"}
    assert outcome == [("qbk_cust1", "forbidden"), ("qbk_cust2", "done")]


@pytest.mark.parametrize(
    ("run", "words", "remedy"),
    [
        ("sandbox:222:run9:", "holds company 111", "schema of its own"),
        ("production:111:run9:", "holds company 111", "quickbooks check"),
        ("sandbox:111:run9:lost", "never finished run lost", "--full-refresh"),
        ("nonsense", "without a run", "tap-quickbooks"),
    ],
)
def test_a_batch_that_does_not_belong_here_is_refused_with_words(
    mirror: Mirror, run: str, words: str, remedy: str
) -> None:
    with mirror.connect("loader") as loader:
        land(loader, "customer", customer(1))

        with pytest.raises(psycopg.Error) as refused:
            land(loader, "customer", customer(2), run=run)

    assert words in (refused.value.diag.message_primary or "")
    assert remedy in (refused.value.diag.message_hint or "")
    assert names(mirror) == {"qbk_cust1": "Customer 1"}


def test_a_deselected_column_is_emptied_when_the_run_closes(mirror: Mirror) -> None:
    with mirror.connect("loader") as loader:
        land(loader, "customer", customer(1, phone="secret"))
        close(
            loader,
            {"customer": 1},
            selected={"customer": ["id", "display_name", "sync_token", "created_at", "updated_at"]},
        )

    with mirror.connect("reader") as reader:
        assert reader.execute("SELECT display_name, phone FROM customer").fetchone() == ("Customer 1", None)


def test_a_deselected_column_stays_empty_whoever_writes_the_row(mirror: Mirror) -> None:
    selected = {"customer": ["id", "display_name", "balance", "sync_token", "created_at", "updated_at"]}
    with mirror.connect("loader") as loader:
        land(loader, "customer", customer(1))
        close(loader, {"customer": 1}, selected=selected)

    with mirror.connect("worker") as worker:
        rows = [customer(number, phone="secret", balance=5, extra={"a": 1}) for number in (1, 2)]
        land(worker, "customer", *({**row, "updated_at": "2026-10-02T00:00:00Z"} for row in rows), run=None)

    with mirror.connect() as admin:
        found = admin.execute("SELECT id, phone, balance::text, extra FROM customer ORDER BY id").fetchall()
        waiting = admin.execute("SELECT count(*) FROM quickbooks_load.customer").fetchone()
    assert found == [("qbk_cust1", None, "5.00", None), ("qbk_cust2", None, "5.00", None)]
    assert waiting == (0,)


def test_a_newly_selected_column_is_filled_by_the_run_that_selects_it(mirror: Mirror) -> None:
    columns = ["id", "display_name", "sync_token", "created_at", "updated_at"]
    with mirror.connect("loader") as loader:
        land(loader, "customer", customer(1))
        close(loader, {"customer": 1}, selected={"customer": columns})
        second = "sandbox:111:run2:run1"
        later = "2026-11-02T00:00:00Z"
        land(loader, "customer", customer(1, phone="555", _sync_read_at=later), run=second)
        close(loader, {"customer": 1}, second, selected={"customer": [*columns, "phone"]})

    with mirror.connect("reader") as reader:
        assert reader.execute("SELECT phone FROM customer").fetchone() == ("555",)


def test_what_users_add_to_a_table_survives_merges(mirror: Mirror) -> None:
    with mirror.connect() as admin, mirror.connect("loader") as loader:
        admin.execute("""
            ALTER TABLE customer ADD COLUMN upper_name text GENERATED ALWAYS AS (upper(display_name)) STORED,
                ADD COLUMN number int GENERATED ALWAYS AS IDENTITY, ADD COLUMN place point DEFAULT '(1,2)';
            CREATE INDEX mine ON customer (balance) WHERE active;
            CREATE VIEW mine_view AS SELECT * FROM customer""")
        land(loader, "customer", customer(1))
        land(loader, "customer", customer(1, sync_token="1", display_name="new"))

        row = admin.execute("SELECT upper_name, number, place::text FROM customer").fetchone()
    assert row == ("NEW", 1, "(1,2)")


Write = Callable[[psycopg.Connection], object]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE customer SET display_name = 'x'",
        "INSERT INTO customer (id, _sync_read_at) VALUES ('qbk_cust9', now())",
        "DELETE FROM customer",
        "DO $$ BEGIN UPDATE customer SET balance = 0; END $$",
        "WITH gone AS (DELETE FROM customer RETURNING id) SELECT * FROM gone",
        "MERGE INTO customer USING (SELECT 1) AS s ON true WHEN MATCHED THEN DELETE",
        "SET CONSTRAINTS ALL IMMEDIATE; UPDATE customer SET display_name = 'x'",
    ],
)
def test_the_fence_refuses_every_change_of_a_client(mirror: Mirror, statement: str) -> None:
    with mirror.connect("loader") as loader, mirror.connect("writer") as writer:
        land(loader, "customer", customer(1))

        with pytest.raises(psycopg.errors.FeatureNotSupported, match="did not go through QuickBooks"):
            writer.execute(statement)

    assert names(mirror) == {"qbk_cust1": "Customer 1"}


def test_a_rolled_back_savepoint_leaves_nothing_for_the_fence(mirror: Mirror) -> None:
    with mirror.connect("loader") as loader, mirror.connect("writer", autocommit=False) as writer:
        land(loader, "customer", customer(1))
        writer.execute("SAVEPOINT s")
        writer.execute("UPDATE customer SET display_name = 'x'")
        writer.execute("ROLLBACK TO s")

        writer.commit()


def test_a_column_of_the_users_own_may_be_updated(mirror: Mirror) -> None:
    with mirror.connect() as admin, mirror.connect("loader") as loader, mirror.connect("writer") as writer:
        admin.execute("ALTER TABLE customer ADD COLUMN segment text")
        land(loader, "customer", customer(1))

        writer.execute("UPDATE customer SET segment = 'gold'")

        assert admin.execute("SELECT segment FROM customer").fetchone() == ("gold",)


def test_a_row_policy_and_a_column_grant_hold_through_every_view(mirror: Mirror) -> None:
    line = [{"Id": "1", "Amount": 5, "DetailType": "SalesItemLineDetail",
             "SalesItemLineDetail": {"ItemRef": {"value": "4", "name": "Design"}, "Qty": 2}}]  # fmt: skip
    with mirror.connect() as admin, mirror.connect("loader") as loader:
        land(loader, "invoice", {"id": "qbk_inv1", "line": line}, {"id": "qbk_inv2", "line": line})
        admin.execute("""
            ALTER TABLE invoice ENABLE ROW LEVEL SECURITY;
            CREATE POLICY one ON invoice TO quickbooks_reader USING (id = 'qbk_inv1')""")

        with mirror.connect("reader") as reader:
            seen = reader.execute("SELECT invoice_id, item_id, amount FROM invoice_line").fetchall()
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute("SELECT image FROM _sync_deletes")
    assert seen == [("qbk_inv1", "qbk_item4", 5)]


def test_the_loader_can_neither_read_nor_write_the_mirror(mirror: Mirror) -> None:
    with mirror.connect("loader") as loader, pytest.raises(psycopg.errors.InsufficientPrivilege):
        loader.execute("SELECT * FROM customer")


def test_a_batch_reads_no_more_of_a_large_mirror_than_its_own_rows(mirror: Mirror) -> None:
    with mirror.connect("loader") as loader:
        # The first batch is planned while the table is small, and later ones keep that plan.
        land(loader, "customer", *(customer(number) for number in range(1, 30)))
        for begin in range(100, 3100, 500):
            land(loader, "customer", *(customer(number) for number in range(begin, begin + 500)))

        land(loader, "customer", customer(7), customer(1500, display_name="Changed", sync_token="1"))
        loader.execute("select pg_stat_force_next_flush()")

    with mirror.connect() as admin:
        assert admin.execute(
            "select seq_scan, n_tup_ins, n_tup_upd from pg_stat_user_tables"
            " where schemaname = 'public' and relname = 'customer'"
        ).fetchone() == (0, 3029, 1)
