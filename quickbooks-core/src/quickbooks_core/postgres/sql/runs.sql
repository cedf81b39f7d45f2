-- widen_path: whether triggers of the user's, which run inside a statement on the mirror, find the user's own tables.
-- Only such statements may run wide: all their operators have operands of exactly their types, so that nothing
-- which somebody put into the mirror's schema can pass for one of pg_catalog's.
CREATE OR REPLACE FUNCTION {load}.widen_path(wide boolean) RETURNS void
LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM pg_catalog.set_config('search_path',
        CASE WHEN wide THEN {trigger_path} ELSE 'pg_catalog, pg_temp' END, true);
END
$body$;

-- check_run: refuses a batch that does not belong into this mirror; returns the run id of its mark.
CREATE OR REPLACE FUNCTION {load}.check_run(mark text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    part text[] := string_to_array(mark, ':');
    company record;
BEGIN
    IF cardinality(part) IS DISTINCT FROM 4 OR part[3] = '' THEN
        RAISE EXCEPTION 'A record without a run: _sync_run is %', coalesce(quote_literal(mark), 'empty')
            USING ERRCODE = '22023', HINT = 'Load this schema only with tap-quickbooks.';
    END IF;
    INSERT INTO {mirror}._sync_company (environment, realm_id) VALUES (part[1], part[2]) ON CONFLICT DO NOTHING;
    SELECT * INTO company FROM {mirror}._sync_company;
    IF (company.environment, company.realm_id) IS DISTINCT FROM (part[1], part[2]) THEN
        RAISE EXCEPTION 'This mirror holds company % (%), the tap reads company % (%)',
            company.realm_id, company.environment, part[2], part[1]
            USING ERRCODE = '22023', HINT = 'Give each company a schema of its own (QUICKBOOKS_SCHEMA and '
                '`quickbooks migrate`), or correct realm_id and environment of the tap; `quickbooks check` tells.';
    END IF;
    IF part[4] <> '' AND NOT EXISTS (
        SELECT FROM {mirror}._sync_run WHERE run_id = part[4] AND status = 'finished') THEN
        RAISE EXCEPTION 'This mirror never finished run %, on which the tap''s state builds', part[4]
            USING ERRCODE = '55000', DETAIL = 'The database was dropped, restored or cloned since that run.',
            HINT = 'Read everything again: meltano run --full-refresh tap-quickbooks target-postgres';
    END IF;
    INSERT INTO {mirror}._sync_run (run_id, previous_run_id, environment, realm_id)
        VALUES (part[3], part[4], part[1], part[2]) ON CONFLICT DO NOTHING;
    RETURN part[3];
END
$body$;

-- check_base: refuses a run that goes on from where the mirror is not, or counts on columns that it does not hold.
CREATE OR REPLACE FUNCTION {load}.check_base(word {load}._sync_run) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    missing text;
BEGIN
    SELECT f.key INTO missing FROM jsonb_each_text(word.followed) AS f
        WHERE NOT EXISTS (SELECT FROM {mirror}._sync_cdc AS c WHERE c.table_name = f.key
                          AND c.status <> 'deselected' AND c.bookmark >= f.value::timestamptz)
        ORDER BY f.key LIMIT 1;
    IF missing IS NULL THEN
        SELECT f.key || '.' || d.column_name INTO missing FROM jsonb_each_text(word.followed) AS f
            JOIN {mirror}._sync_deselected AS d ON d.table_name = f.key
            WHERE word.selected -> f.key ? d.column_name AND NOT coalesce(word.added -> f.key ? d.column_name, false)
            ORDER BY f.key, d.column_name LIMIT 1;
    END IF;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'The tap''s state goes on from data that this mirror does not hold: %', missing
            USING ERRCODE = '55000', DETAIL = 'Another run has read less since then, or the state is of another mirror.',
            HINT = 'Read everything again: meltano run --full-refresh tap-quickbooks target-postgres';
    END IF;
END
$body$;

-- advance_run: notes how far a stream has come, and closes the run if that was the last of it.
CREATE OR REPLACE FUNCTION {load}.advance_run(run text, stream text, reached bigint, merged bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    PERFORM {load}.lock_run(run);
    INSERT INTO {mirror}._sync_progress AS p (run_id, table_name, seq, rows) VALUES (run, stream, reached, merged)
    ON CONFLICT (run_id, table_name)
        DO UPDATE SET seq = greatest(p.seq, excluded.seq), rows = p.rows + excluded.rows;
    PERFORM {load}.close_run_if_complete(run);
END
$body$;

-- close_run_if_complete: the loader drains streams in any order and in parallel, so whoever merges the last
-- announced record closes. The lock on the run makes two last ones see each other.
CREATE OR REPLACE FUNCTION {load}.close_run_if_complete(run text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    this {mirror}._sync_run;
    stream text;
BEGIN
    PERFORM {load}.lock_run(run);
    SELECT * INTO this FROM {mirror}._sync_run WHERE run_id = run;
    IF this.status <> 'running' OR this.streams IS NULL THEN
        RETURN false;
    END IF;
    IF EXISTS (
        SELECT FROM jsonb_each_text(this.streams) AS announced
        LEFT JOIN {mirror}._sync_progress AS p ON p.run_id = run AND p.table_name = announced.key
        WHERE coalesce(p.seq, 0) < announced.value::bigint) THEN
        RETURN false;
    END IF;
    PERFORM {load}.apply_selection(this.selected);
    FOR stream IN SELECT key FROM jsonb_object_keys(this.streams) AS key WHERE left(key, 1) <> '_' ORDER BY key LOOP
        PERFORM {load}.merge_parked(stream);
        PERFORM {load}.retry_deletes(stream, run);
        IF NOT coalesce(this.uncertain ? stream, false) THEN
            PERFORM {load}.apply_sweep(run, stream);
        END IF;
    END LOOP;
    INSERT INTO {mirror}._sync_cdc AS c (table_name, bookmark, last_poll_at, rows, calls, batch_items, status, error, run_id)
        SELECT key, (this.bookmarks ->> key)::timestamptz, this.announced_at, (this.counts ->> key)::bigint,
               (this.questions ->> key)::bigint, NULL, CASE WHEN this.uncertain ? key THEN 'incomplete' ELSE 'ok' END,
               this.uncertain ->> key, run
        FROM jsonb_object_keys(this.streams) AS key WHERE left(key, 1) <> '_'
        UNION ALL
        SELECT '*', NULL, this.announced_at, NULL, (SELECT sum(value::bigint) FROM jsonb_each_text(this.together)
               WHERE key <> 'batch_items'), (this.together ->> 'batch_items')::bigint, 'ok', NULL, run
        WHERE this.together <> '{{}}'
    ON CONFLICT (table_name) DO UPDATE SET
        bookmark = coalesce(excluded.bookmark, c.bookmark), last_poll_at = excluded.last_poll_at, rows = excluded.rows,
        calls = excluded.calls, batch_items = excluded.batch_items, status = excluded.status, error = excluded.error,
        run_id = excluded.run_id;
    PERFORM {load}.apply_drop(this.dropped);
    UPDATE {mirror}._sync_run SET status = 'finished', finished_at = now() WHERE run_id = run;
    -- Its own windows, and those of runs that were killed.
    DELETE FROM {mirror}._sync_sweep WHERE run_id = run OR read_at < now() - interval '7 days';
    RETURN true;
END
$body$;

-- merge_parked: tries rows again that clients had locked; whatever is still locked is parked again.
CREATE OR REPLACE FUNCTION {load}.merge_parked(object text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    tried bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM {mirror}._sync_parked WHERE table_name = object) THEN
        RETURN 0;
    END IF;
    EXECUTE format($sql$
        WITH taken AS (DELETE FROM {mirror}._sync_parked WHERE table_name = %L RETURNING id, landing)
        INSERT INTO {load}.%I
        SELECT DISTINCT ON (r.id, r._sync_columns) r.* FROM taken AS t,
            LATERAL jsonb_populate_record(NULL::{load}.%I, t.landing) AS r
        ORDER BY r.id, r._sync_columns, r._sync_read_at DESC$sql$, object, object, object);
    GET DIAGNOSTICS tried = ROW_COUNT;
    RETURN tried;
END
$body$;

-- lock_object: merges take it shared, deletions alone, so that a late page cannot resurrect a deleted row.
CREATE OR REPLACE FUNCTION {load}.lock_object(object text, alone boolean) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $body$
    SELECT CASE WHEN alone
        THEN pg_advisory_xact_lock(hashtext({mirror_name}), hashtext(object))
        ELSE pg_advisory_xact_lock_shared(hashtext({mirror_name}), hashtext(object)) END
$body$;

-- lock_run: one at a time says how far a run has come. Not the run's row: two that hold it for a foreign key and
-- then want it alone would wait for each other.
CREATE OR REPLACE FUNCTION {load}.lock_run(run text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $body$
    SELECT pg_advisory_xact_lock(hashtext({mirror_name} || ' run'), hashtext(run))
$body$;

-- land_run: the first and the last word of a run.
CREATE OR REPLACE FUNCTION {load}.land__sync_run() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    word {load}._sync_run;
BEGIN
    FOR word IN SELECT * FROM landed ORDER BY event DESC LOOP
        PERFORM {load}.check_run(word._sync_run);
        PERFORM {load}.check_base(word);
        IF word.event = 'open' THEN
            UPDATE {mirror}._sync_run SET opened_at = word.at, tap_version = word.tap_version, selected = word.selected,
                followed = word.followed, added = word.added, dropped = word.dropped WHERE run_id = word.run_id;
        ELSE
            UPDATE {mirror}._sync_run SET announced_at = word.at, streams = word.streams, bookmarks = word.bookmarks,
                calls = word.calls, questions = word.questions, together = word.together, counts = word.counts,
                uncertain = word.uncertain, selected = word.selected, followed = word.followed, added = word.added,
                dropped = word.dropped WHERE run_id = word.run_id;
            PERFORM {load}.close_run_if_complete(word.run_id);
        END IF;
    END LOOP;
    DELETE FROM {load}._sync_run WHERE run_id IN (SELECT run_id FROM landed);
    RETURN NULL;
END
$body$;

