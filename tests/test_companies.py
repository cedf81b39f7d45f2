"""Several companies in one database: each has a schema of its own, and they do not know of each other."""

from __future__ import annotations

from dataclasses import replace

import psycopg
from quickbooks_demo.pipeline import Pipeline
from quickbooks_demo.sandbox import Sandbox
from quickbooks_demo.testing import Database, run

# A name that has to be quoted wherever it stands.
SCHEMA = 'Acme & "Sons"'


def test_a_second_company_has_a_schema_of_its_own(
    pipeline: Pipeline, migrated: Database, sandbox: Sandbox
) -> None:
    # A part of the tables shows as much as all of them.
    chosen = '["customer.*", "invoice.*", "item.*", "term.*"]'
    pipeline = replace(pipeline, environment={**pipeline.environment, "TAP_QUICKBOOKS__SELECT": chosen})
    second = replace(
        pipeline,
        environment={
            **pipeline.environment,
            "QUICKBOOKS_SCHEMA": SCHEMA,
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": f"{SCHEMA}_load",
        },
    )
    outcome = run("quickbooks", "migrate", DATABASE_URL=migrated.url, QUICKBOOKS_SCHEMA=SCHEMA)
    assert outcome.code == 0, outcome

    first_code, first_words = pipeline.run("run", "sync")
    sandbox.control("person", action="merge", object="Customer", id="2", into="1")
    code, words = second.run("run", "--state-id-suffix=acme", "sync")

    assert (first_code, code) == (0, 0), first_words + words
    with psycopg.connect(migrated.superuser.url) as admin:
        counts = admin.execute(
            'select (select count(*) from public.customer), (select count(*) from "Acme & ""Sons""".customer),'
            ' (select count(*) from "Acme & ""Sons""".invoice_line l'
            ' join "Acme & ""Sons""".item i on i.id = l.item_id)'
        ).fetchone()
    assert counts is not None
    assert counts[:2] == (29, 28)
    assert counts[2] > 31

    sandbox.control("person", action="merge", object="Customer", id="3", into="1")
    assert second.run("run", "--state-id-suffix=acme", "sync")[0] == 0
    with psycopg.connect(migrated.superuser.url) as admin:
        gone = admin.execute('select id, source, status from "Acme & ""Sons"""._sync_deletes').fetchall()
    assert gone == [("qbk_cust3", "sweep", "done")]
    status = run("quickbooks", "status", DATABASE_URL=migrated.url, QUICKBOOKS_SCHEMA=SCHEMA)
    lines = {line.split()[0]: line.split() for line in status.out.splitlines()}
    assert (status.code, lines["term"][1], lines["customer"][-1]) == (0, "0", "ok"), status.out
