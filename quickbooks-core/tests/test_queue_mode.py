"""Plain statements of a role in queue mode: what is queued, what is refused, and by whom it is decided."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from quickbooks_demo.landing import a_run
from quickbooks_demo.testing import Database, run

QUEUED = "SELECT operation, table_name, id, changed FROM _sync_queue ORDER BY queue_id"


class Asynchronous:
    """A mirror with three customers, and a role `test_quickbooks_writer` in queue mode."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.writer = database.login("quickbooks_writer")
        self.role = "test_quickbooks_writer"
        with psycopg.connect(database.superuser.url) as admin:
            a_run(admin, "run1", 1, 2, 3, notes="old", balance=5, updated_at="2026-10-01Z")
        self.admin("SELECT quickbooks_load.set_queue_mode('test_quickbooks_writer', true)")

    def admin(self, statement: str, *values: Any) -> list[Any]:
        return self.database.superuser.query(statement, values)

    def does(self, statement: str) -> str:
        """The tag of a statement of the role in queue mode, committed."""
        with psycopg.connect(self.writer.url, autocommit=True) as connection:
            return str(connection.execute(statement.encode()).statusmessage)

    def fails(self, statement: str) -> tuple[str | None, str | None, str | None]:
        """SQLSTATE, message and column of what is refused."""
        with pytest.raises(psycopg.Error) as refused:
            self.does(statement)
        return refused.value.sqlstate, refused.value.diag.message_primary, refused.value.diag.column_name

    def queued(self) -> list[Any]:
        return self.admin(QUEUED)


@pytest.fixture
def mode(migrated: Database) -> Asynchronous:
    return Asynchronous(migrated)


def test_an_update_counts_and_leaves_the_mirror_as_it_is(mode: Asynchronous) -> None:
    before = mode.admin("SELECT to_jsonb(c) FROM customer AS c ORDER BY id")

    tag = mode.does("UPDATE customer SET notes = 'new', phone = NULL WHERE id <> 'qbk_cust3'")

    assert tag == "UPDATE 2"
    assert mode.admin("SELECT to_jsonb(c) FROM customer AS c ORDER BY id") == before
    assert mode.queued() == [
        ("update", "customer", "qbk_cust1", {"notes": "new"}),
        ("update", "customer", "qbk_cust2", {"notes": "new"}),
    ]


def test_an_insert_and_a_delete_report_nothing_and_are_queued(mode: Asynchronous) -> None:
    tags = [
        mode.does("INSERT INTO customer (display_name, notes) VALUES ('New', 'a'), ('Newer', NULL)"),
        mode.does("DELETE FROM customer WHERE id = 'qbk_cust2'"),
    ]

    assert tags == ["INSERT 0 0", "DELETE 0"]
    assert mode.admin("SELECT count(*) FROM customer") == [(3,)]
    assert mode.queued() == [
        ("create", "customer", None, {"display_name": "New", "notes": "a"}),
        ("create", "customer", None, {"display_name": "Newer"}),
        ("delete", "customer", "qbk_cust2", {}),
    ]


def test_copy_and_merge_are_queued_as_well(mode: Asynchronous) -> None:
    with psycopg.connect(mode.writer.url) as connection:
        with connection.cursor().copy("COPY customer (display_name) FROM STDIN") as copy:
            copy.write("Copied\n")
        connection.execute(
            "MERGE INTO customer AS c USING (VALUES ('qbk_cust1'), ('qbk_cust9')) AS v (id) ON c.id = v.id "
            "WHEN MATCHED THEN UPDATE SET notes = 'merged' WHEN NOT MATCHED THEN INSERT (display_name) VALUES (v.id)"
        )

    assert mode.queued() == [
        ("create", "customer", None, {"display_name": "Copied"}),
        ("update", "customer", "qbk_cust1", {"notes": "merged"}),
        ("create", "customer", None, {"display_name": "qbk_cust9"}),
    ]


def test_what_is_rolled_back_was_never_asked_for(mode: Asynchronous) -> None:
    with psycopg.connect(mode.writer.url) as connection:
        connection.execute("UPDATE customer SET notes = 'kept' WHERE id = 'qbk_cust1'")
        connection.execute("SAVEPOINT before")
        connection.execute("UPDATE customer SET notes = 'gone' WHERE id = 'qbk_cust2'")
        connection.execute("ROLLBACK TO before")

    assert mode.queued() == [("update", "customer", "qbk_cust1", {"notes": "kept"})]


def test_columns_whose_value_stays_do_not_count(mode: Asynchronous) -> None:
    tag = mode.does(
        "UPDATE customer SET id = id, notes = 'old', balance = 5.00, title = NULL, updated_at = updated_at"
    )

    assert (tag, mode.queued()) == ("UPDATE 3", [])


def test_a_later_change_builds_on_what_the_role_has_under_way(mode: Asynchronous) -> None:
    mode.does("UPDATE customer SET notes = 'first' WHERE id = 'qbk_cust1'")
    mode.does("UPDATE customer SET notes = 'first', title = 'Dr' WHERE id = 'qbk_cust1'")
    mode.does("UPDATE customer SET notes = 'second' WHERE id = 'qbk_cust1'")

    assert mode.admin(
        "SELECT changed, old ->> 'notes', old ->> 'title' FROM _sync_queue ORDER BY queue_id"
    ) == [
        ({"notes": "first"}, "old", None),
        ({"title": "Dr"}, "first", None),
        ({"notes": "second"}, "first", "Dr"),
    ]


def test_a_row_that_is_going_is_not_deleted_again(mode: Asynchronous) -> None:
    for _ in range(2):
        mode.does("DELETE FROM customer WHERE id = 'qbk_cust1'")

    assert mode.queued() == [("delete", "customer", "qbk_cust1", {})]


@pytest.mark.parametrize(
    ("statement", "column", "words"),
    [
        ("UPDATE customer SET balance = 1, notes = 'x' WHERE id = 'qbk_cust1'", "balance",
         "[QuickBooks] Customer `qbk_cust1` cannot set column balance: only QuickBooks does"),
        ("UPDATE customer SET id = 'qbk_cust9' WHERE id = 'qbk_cust1'", "id",
         "[QuickBooks] Customer `qbk_cust1` cannot set column id: only QuickBooks does"),
        ("UPDATE customer SET sync_token = '7' WHERE id = 'qbk_cust1'", "sync_token",
         "[QuickBooks] Customer `qbk_cust1` cannot set column sync_token: only QuickBooks does"),
        ("UPDATE customer SET _sync_read_at = now() WHERE id = 'qbk_cust1'", "_sync_read_at",
         "[QuickBooks] Customer `qbk_cust1` cannot set column _sync_read_at: only QuickBooks does"),
        ("INSERT INTO customer (id, display_name) VALUES ('qbk_cust9', 'x')", "id",
         "[QuickBooks] Customer cannot set column id: only QuickBooks does"),
        ("INSERT INTO customer (display_name, balance) VALUES ('x', 3)", "balance",
         "[QuickBooks] Customer cannot set column balance: only QuickBooks does"),
        ("INSERT INTO customer (id, display_name) VALUES ('qbk_cust1', 'x') ON CONFLICT (id) DO UPDATE SET notes = 'x'",
         "id", "[QuickBooks] Customer cannot set column id: only QuickBooks does"),
    ],
)  # fmt: skip
def test_a_read_only_column_is_refused_by_its_name(
    mode: Asynchronous, statement: str, column: str, words: str
) -> None:
    assert mode.fails(statement) == ("428C9", words, column)
    assert mode.queued() == []


def test_a_column_that_is_set_once_is_refused_later(mode: Asynchronous) -> None:
    with psycopg.connect(mode.database.superuser.url) as admin:
        admin.execute(
            "INSERT INTO quickbooks_load.account (id, name, currency_code, sync_token, _sync_read_at) "
            "VALUES ('qbk_acct1', 'Cash', 'USD', '0', '2026-11-01')"
        )

    refused = mode.fails("UPDATE account SET currency_code = 'EUR'")

    assert refused == (
        "428C9", "[QuickBooks] Account `qbk_acct1` cannot change column currency_code: it is set once, on create",
        "currency_code",
    )  # fmt: skip


def test_null_in_a_read_only_column_of_a_new_row_is_not_given(mode: Asynchronous) -> None:
    mode.does("INSERT INTO customer (id, display_name, balance, extra) VALUES (NULL, 'New', NULL, NULL)")

    assert mode.queued() == [("create", "customer", None, {"display_name": "New"})]


def test_a_version_beside_other_columns_is_the_one_they_are_meant_for(mode: Asynchronous) -> None:
    mode.does("UPDATE customer SET notes = 'x', sync_token = '7' WHERE id = 'qbk_cust1'")

    assert mode.queued() == [("update", "customer", "qbk_cust1", {"notes": "x", "sync_token": "7"})]


def test_what_quickbooks_cannot_do_is_refused_at_once(mode: Asynchronous) -> None:
    assert mode.fails("INSERT INTO company_info (company_name) VALUES ('x')")[:2] == (
        "0A000", "[QuickBooks] CompanyInfo cannot be created through QuickBooks' API",
    )  # fmt: skip


def test_columns_of_the_users_own_are_written_as_before(mode: Asynchronous) -> None:
    mode.admin(
        "ALTER TABLE customer ADD my_colour text, ADD my_length int GENERATED ALWAYS AS (length(notes)) STORED"
    )

    mode.does("UPDATE customer SET my_colour = 'red', notes = 'longer' WHERE id = 'qbk_cust1'")

    assert mode.admin("SELECT my_colour, notes, my_length FROM customer WHERE id = 'qbk_cust1'") == [
        ("red", "old", 3)
    ]
    assert mode.queued() == [("update", "customer", "qbk_cust1", {"notes": "longer"})]


def test_a_column_that_the_role_may_not_write_is_not_queued(mode: Asynchronous) -> None:
    mode.admin("REVOKE ALL ON customer FROM quickbooks_writer")
    mode.admin("GRANT SELECT, UPDATE (notes), INSERT (display_name) ON customer TO test_quickbooks_writer")

    assert mode.fails("UPDATE customer SET title = 'Dr'")[0] == "42501"
    assert mode.fails("UPDATE customer SET notes = 'x', title = 'Dr'")[0] == "42501"
    assert mode.fails("INSERT INTO customer (display_name, notes) VALUES ('New', 'x')")[0] == "42501"
    assert mode.fails("DELETE FROM customer")[0] == "42501"
    mode.does("UPDATE customer SET notes = 'x' WHERE id = 'qbk_cust1'")
    mode.does("INSERT INTO customer (display_name) VALUES ('New')")
    assert [(row[0], row[3]) for row in mode.queued()] == [
        ("update", {"notes": "x"}), ("create", {"display_name": "New"}),
    ]  # fmt: skip


def test_a_role_that_may_only_read_queues_nothing(mode: Asynchronous) -> None:
    reader = mode.database.login("quickbooks_reader")
    mode.admin("SELECT quickbooks_load.set_queue_mode('test_quickbooks_reader', true)")

    for statement in (
        "UPDATE customer SET notes = 'x'", "DELETE FROM customer", "INSERT INTO customer (display_name) VALUES ('x')",
        "SELECT quickbooks_load.take_row('customer', 'update', 'qbk_cust1', '{}')",
        "SELECT quickbooks_load.enqueue('customer', 'create')",
        "SELECT quickbooks_load.set_queue_mode('test_quickbooks_reader', true)",
        "INSERT INTO _sync_queue_mode VALUES ('test_quickbooks_reader')",
    ):  # fmt: skip
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.query(statement)
    assert mode.queued() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE customer SET notes = 'theirs' WHERE id = 'qbk_cust1'",
        "INSERT INTO customer (display_name, notes) VALUES ('New', 'theirs')",
    ],
)
def test_a_row_policy_decides_about_new_values(mode: Asynchronous, statement: str) -> None:
    mode.admin(
        "ALTER TABLE customer ENABLE ROW LEVEL SECURITY; "
        "CREATE POLICY his ON customer TO test_quickbooks_writer "
        "USING (id <> 'qbk_cust3') WITH CHECK (notes <> 'theirs')"
    )

    assert mode.fails(statement)[:2] == (
        "42501", 'new row violates row-level security policy for table "customer"',
    )  # fmt: skip
    assert mode.does("UPDATE customer SET notes = 'ours'") == "UPDATE 2"
    mode.does("DELETE FROM customer")
    assert [(row[0], row[2]) for row in mode.queued()] == [
        ("update", "qbk_cust1"), ("update", "qbk_cust2"), ("delete", "qbk_cust1"), ("delete", "qbk_cust2"),
    ]  # fmt: skip


def test_nobody_talks_the_trial_out_of_its_judgement(mode: Asynchronous) -> None:
    mode.admin(
        "ALTER TABLE customer ENABLE ROW LEVEL SECURITY; "
        "CREATE POLICY his ON customer TO test_quickbooks_writer USING (true) WITH CHECK (notes <> 'theirs'); "
        "CREATE SCHEMA his AUTHORIZATION test_quickbooks_writer"
    )
    disguises = (
        "CREATE FUNCTION his.never(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false'; "
        "CREATE OPERATOR his.= (LEFTARG = text, RIGHTARG = text, FUNCTION = his.never); "
        "CREATE FUNCTION his.always(bigint, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false'; "
        "CREATE OPERATOR his.= (LEFTARG = bigint, RIGHTARG = int, FUNCTION = his.always); "
        "CREATE FUNCTION his.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS 'SELECT 1'; "
        "CREATE FUNCTION his.has_column_privilege(oid, smallint, text) RETURNS boolean LANGUAGE sql AS 'SELECT false'; "
        "CREATE TEMP TABLE customer (LIKE public.customer); "
        "SET search_path = his, public, pg_catalog; "
    )

    refused = mode.fails(disguises + "UPDATE public.customer SET notes = 'theirs'")
    pretended = mode.fails("SET quickbooks.queue_mode = 'trial'; UPDATE customer SET notes = 'theirs'")
    passed_off = mode.fails("SET quickbooks.queue_mode = 'trial'; UPDATE customer SET notes = 'ours'")

    assert refused[0] == pretended[0] == "42501"
    assert passed_off[:2] == ("0A000", "UPDATE on customer did not go through QuickBooks")
    assert mode.queued() == []


def test_constraints_and_triggers_of_the_users_decide_too(mode: Asynchronous) -> None:
    mode.admin(
        "ALTER TABLE customer ADD CHECK (length(notes) < 10); "
        "CREATE TABLE my_log (id text, notes text); GRANT INSERT ON my_log TO quickbooks_writer; "
        "CREATE FUNCTION my_log() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
        "INSERT INTO my_log VALUES (NEW.id, NEW.notes); RETURN NULL; END$$; "
        "CREATE TRIGGER my_log AFTER INSERT OR UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION my_log()"
    )

    refused = mode.fails("UPDATE customer SET notes = 'much too long' WHERE id = 'qbk_cust1'")
    mode.does("UPDATE customer SET notes = 'short' WHERE id = 'qbk_cust1'")

    assert refused[0] == "23514"
    assert mode.admin("SELECT id, notes FROM my_log") == [("qbk_cust1", "old")]


def test_the_fence_holds_for_everybody_else(mode: Asynchronous) -> None:
    mode.admin("SELECT quickbooks_load.set_queue_mode('test_quickbooks_writer', false)")

    words = [
        mode.fails(statement)[1]
        for statement in (
            "UPDATE customer SET notes = 'x' WHERE id = 'qbk_cust1'",
            "DELETE FROM customer WHERE id = 'qbk_cust1'",
            "INSERT INTO customer (id, display_name) VALUES ('qbk_cust9', 'x')",
        )
    ]

    assert words == [
        f"{verb} on customer did not go through QuickBooks" for verb in ("UPDATE", "DELETE", "INSERT")
    ]
    assert mode.queued() == []


def test_a_session_may_leave_the_mode_but_not_enter_it(mode: Asynchronous) -> None:
    left = mode.fails("SET quickbooks.queue_mode = 'off'; UPDATE customer SET notes = 'x'")
    mode.admin("SELECT quickbooks_load.set_queue_mode('test_quickbooks_writer', false)")
    entered = mode.fails("SET quickbooks.queue_mode = 'on'; UPDATE customer SET notes = 'x'")

    assert left[0] == entered[0] == "0A000"
    assert mode.queued() == []


def test_a_statement_that_changes_too_much_is_refused_whole(mode: Asynchronous) -> None:
    setting = "SET quickbooks.max_rows_per_statement = 2"

    refused = mode.fails(f"{setting}; UPDATE customer SET notes = 'x'")

    assert refused[:2] == ("54000", "A statement may change 2 rows of QuickBooks")
    assert mode.queued() == []


def test_a_role_sees_what_it_has_asked_for_and_nobody_elses(mode: Asynchronous) -> None:
    mode.admin("SELECT quickbooks_load.enqueue('customer', 'update', 'qbk_cust2', '{\"notes\": \"secret\"}')")
    mode.does("UPDATE customer SET notes = 'mine' WHERE id = 'qbk_cust1'")

    shown = mode.writer.query("SELECT operation, id, changed, status, asked_by FROM _sync_pending")

    assert shown == [("update", "qbk_cust1", {"notes": "mine"}, "pending", "test_quickbooks_writer")]
    assert mode.writer.query("SELECT queue_id, status, error FROM _sync_queue") == [(2, "pending", None)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        mode.writer.query("SELECT old FROM _sync_queue")


def test_who_asked_and_with_which_statement_is_kept(mode: Asynchronous) -> None:
    mode.does("UPDATE customer SET notes = 'x' WHERE id <> 'qbk_cust3'")

    facts = mode.admin(
        "SELECT asked_by, asked_from, asked_with, count(DISTINCT in_group) FROM _sync_queue GROUP BY 1, 2, 3"
    )

    assert facts == [
        ("test_quickbooks_writer", "queue mode", "UPDATE customer SET notes = 'x' WHERE id <> 'qbk_cust3'", 1)
    ]


def test_the_merge_passes_by_even_if_a_role_in_queue_mode_lands_the_rows(mode: Asynchronous) -> None:
    loader = mode.database.login("quickbooks_loader")
    mode.admin("SELECT quickbooks_load.set_queue_mode('test_quickbooks_loader', true)")
    with psycopg.connect(loader.url) as connection:
        a_run(
            connection, "run2", 2, 3, 4, notes="newer", updated_at="2026-10-02Z", _sync_read_at="2026-11-02"
        )

    assert mode.admin("SELECT id, notes FROM customer ORDER BY id") == [
        (f"qbk_cust{number}", "newer") for number in (2, 3, 4)
    ]
    assert mode.queued() == []


def test_the_command_says_who_is_in_the_mode(mode: Asynchronous) -> None:
    def told(*words: str) -> tuple[int, str, str]:
        outcome = run("quickbooks", "queue", "mode", *words, DATABASE_URL=mode.database.url)
        return outcome.code, outcome.out, outcome.err

    listed = told()[1]
    off = told("test_quickbooks_writer", "off")
    on = told("nobody_at_all", "on")

    assert listed.startswith("test_quickbooks_writer: on since ")
    assert off[0] == 0
    assert "is refused again" in off[1]
    assert on == (1, "", "quickbooks: there is no role nobody_at_all.\n")
    assert told() == (0, "", "")
    assert mode.writer.query("SELECT count(*) FROM _sync_queue_mode") == [(0,)]
