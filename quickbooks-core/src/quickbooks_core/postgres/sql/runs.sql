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
    FOR stream IN SELECT jsonb_object_keys(this.streams) AS name ORDER BY name LOOP
        IF left(stream, 1) <> '_' THEN
            PERFORM {load}.merge_parked(stream);
            IF NOT coalesce(this.uncertain ? stream, false) THEN
                PERFORM {load}.apply_sweep(run, stream);
            END IF;
        END IF;
    END LOOP;
    PERFORM {load}.apply_selection(this.selected);
    INSERT INTO {mirror}._sync_cdc AS c (table_name, bookmark, last_poll_at, rows, calls, status, error, run_id)
        SELECT key, (this.bookmarks ->> key)::timestamptz, this.announced_at, (this.counts ->> key)::bigint,
               (this.questions ->> key)::bigint, CASE WHEN this.uncertain ? key THEN 'incomplete' ELSE 'ok' END,
               this.uncertain ->> key, run
        FROM jsonb_object_keys(this.streams) AS key WHERE left(key, 1) <> '_'
    ON CONFLICT (table_name) DO UPDATE SET
        bookmark = coalesce(excluded.bookmark, c.bookmark), last_poll_at = excluded.last_poll_at,
        rows = excluded.rows, calls = excluded.calls, status = excluded.status, error = excluded.error, run_id = excluded.run_id;
    UPDATE {mirror}._sync_run SET status = 'finished', finished_at = now() WHERE run_id = run;
    DELETE FROM {mirror}._sync_sweep WHERE run_id = run;
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
        SELECT DISTINCT ON (t.id) r.* FROM taken AS t,
            LATERAL jsonb_populate_record(NULL::{load}.%I, t.landing) AS r
        ORDER BY t.id, t.landing ->> '_sync_read_at' DESC$sql$, object, object, object);
    GET DIAGNOSTICS tried = ROW_COUNT;
    RETURN tried;
END
$body$;

-- apply_sweep: what a complete run did not find inside a window it read whole no longer exists.
CREATE OR REPLACE FUNCTION {load}.apply_sweep(run text, object text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    created text := 'NULL::timestamptz';
    gone text[];
    evidence timestamptz;
    removed bigint := 0;
BEGIN
    IF NOT EXISTS (SELECT FROM {mirror}._sync_sweep WHERE run_id = run AND table_name = object) THEN
        RETURN 0;
    END IF;
    PERFORM {load}.lock_object(object, true);
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = format('{mirror}.%I', object)::regclass
               AND attname = 'created_at' AND NOT attisdropped) THEN
        created := 'm.created_at';
    END IF;
    -- Each row with the answer that lacked it: by an earlier one, a page of somebody else's could bring it back.
    FOR gone, evidence IN EXECUTE format($sql$
        -- First what no page names, which is little, and only then its windows: every row against every window is
        -- a thousand million comparisons for a million rows.
        WITH found AS MATERIALIZED (
            SELECT jsonb_array_elements_text(ids) AS id FROM {mirror}._sync_sweep
            WHERE run_id = $1 AND table_name = $2),
        missing AS MATERIALIZED (
            SELECT m.id, m._sync_read_at, %s AS created_at FROM {mirror}.%I AS m
            WHERE NOT EXISTS (SELECT FROM found WHERE found.id = m.id))
        SELECT array_agg(id), read_at FROM (
            SELECT m.id, max(s.read_at) AS read_at FROM missing AS m
            JOIN {mirror}._sync_sweep AS s ON s.run_id = $1 AND s.table_name = $2 AND m._sync_read_at < s.read_at
                AND (s.created_from IS NULL OR m.created_at >= s.created_from)
                AND (s.created_to IS NULL OR m.created_at < s.created_to)
            GROUP BY m.id) AS lacking
        GROUP BY read_at ORDER BY read_at$sql$, created, object)
        USING run, object
    LOOP
        removed := removed + {load}.delete_rows(object, gone, 'sweep', evidence, run);
    END LOOP;
    RETURN removed;
END
$body$;

-- delete_rows: removes rows QuickBooks no longer has, keeps their image, reports those a foreign key holds.
CREATE OR REPLACE FUNCTION {load}.delete_rows(object text, gone text[], origin text, at timestamptz, run text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    one text;
    removed bigint := 0;
    patience text := current_setting('lock_timeout');
    remove text := format('DELETE FROM {mirror}.%I WHERE id = ANY ($1)', object);
    note text := format($sql$
        INSERT INTO {mirror}._sync_deletes (table_name, id, source, deleted_at, run_id, status, error, image)
        SELECT %L, m.id, $2, $3, $4, $5, $6, to_jsonb(m) FROM {mirror}.%I AS m WHERE m.id = ANY ($1)
        ORDER BY m.id$sql$, object, object);
BEGIN
    PERFORM {load}.lock_object(object, true);
    -- A row that a client has locked stays until the next run; nobody waits for a client.
    EXECUTE format('SELECT array_agg(id) FROM (SELECT id FROM {mirror}.%I WHERE id = ANY ($1) ORDER BY id '
                   'FOR UPDATE SKIP LOCKED) AS free', object) INTO gone USING gone;
    IF gone IS NULL THEN
        RETURN 0;
    END IF;
    -- What was forbidden before is tried again, and then said again or done.
    UPDATE {mirror}._sync_deletes AS d SET status = 'superseded'
        WHERE d.table_name = object AND d.id = ANY (gone) AND d.status = 'forbidden';
    -- Rows of the user's that refer to ours may be locked too.
    PERFORM set_config('lock_timeout', '1s', true);
    BEGIN
        SET CONSTRAINTS ALL IMMEDIATE;
        EXECUTE note USING gone, origin, at, run, 'done', NULL::text;
        PERFORM {load}.widen_path(true);
        EXECUTE remove USING gone;
        PERFORM {load}.widen_path(false);
        PERFORM set_config('lock_timeout', patience, true);
        RETURN cardinality(gone);
    EXCEPTION WHEN foreign_key_violation OR restrict_violation OR lock_not_available THEN
        NULL;  -- one at a time, to find the ones that are held
    END;
    FOREACH one IN ARRAY gone LOOP
        BEGIN
            EXECUTE note USING ARRAY[one], origin, at, run, 'done', NULL::text;
            PERFORM {load}.widen_path(true);
            EXECUTE remove USING ARRAY[one];
            PERFORM {load}.widen_path(false);
            removed := removed + 1;
        EXCEPTION WHEN foreign_key_violation OR restrict_violation OR lock_not_available THEN
            EXECUTE note USING ARRAY[one], origin, at, run, 'forbidden', SQLERRM;
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', patience, true);
    RETURN removed;
END
$body$;

-- apply_selection: a column that the user deselected is emptied and marked, also in rows that wait and in images of
-- deleted ones. A row that a client has locked follows when the next run closes; nobody waits for a client.
CREATE OR REPLACE FUNCTION {load}.apply_selection(selected jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    statement text;
BEGIN
    DELETE FROM {mirror}._sync_deselected WHERE selected ? table_name;
    INSERT INTO {mirror}._sync_deselected (table_name, column_name)
        SELECT t.key, a.attname FROM jsonb_each(selected) AS t
        JOIN pg_attribute AS a ON a.attrelid = format('{load}.%I', t.key)::regclass
            AND a.attnum > 0 AND NOT a.attisdropped AND a.attname NOT LIKE '\_sync\_%'
        WHERE NOT t.value ? a.attname;
    UPDATE {mirror}._sync_parked AS p SET landing = p.landing - d.columns FROM (
        SELECT table_name, array_agg(column_name) AS columns FROM {mirror}._sync_deselected GROUP BY table_name) AS d
        WHERE selected ? p.table_name AND p.table_name = d.table_name AND p.landing ?| d.columns;
    UPDATE {mirror}._sync_deletes AS p SET image = p.image - d.columns FROM (
        SELECT table_name, array_agg(column_name) AS columns FROM {mirror}._sync_deselected GROUP BY table_name) AS d
        WHERE selected ? p.table_name AND p.table_name = d.table_name AND p.image ?| d.columns;
    FOR statement IN SELECT format('UPDATE {mirror}.%1$I SET %2$I = NULL WHERE id IN (SELECT id FROM {mirror}.%1$I '
                                   'WHERE %2$I IS NOT NULL ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)',
                                   table_name, column_name)
                     FROM {mirror}._sync_deselected WHERE selected ? table_name LOOP
        PERFORM {load}.widen_path(true);
        EXECUTE statement;
        PERFORM {load}.widen_path(false);
    END LOOP;
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
        IF word.event = 'open' THEN
            UPDATE {mirror}._sync_run SET opened_at = word.at, tap_version = word.tap_version,
                selected = word.selected WHERE run_id = word.run_id;
        ELSE
            UPDATE {mirror}._sync_run SET announced_at = word.at, streams = word.streams,
                bookmarks = word.bookmarks, calls = word.calls, questions = word.questions,
                counts = word.counts, uncertain = word.uncertain, selected = word.selected
                WHERE run_id = word.run_id;
            PERFORM {load}.close_run_if_complete(word.run_id);
        END IF;
    END LOOP;
    DELETE FROM {load}._sync_run WHERE run_id IN (SELECT run_id FROM landed);
    RETURN NULL;
END
$body$;

-- land_sweep: keeps the windows of a run until it is complete.
CREATE OR REPLACE FUNCTION {load}.land__sync_sweep() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    batch record;
BEGIN
    FOR batch IN SELECT {load}.check_run(_sync_run) AS run, max(_sync_seq) AS seq, count(*) AS rows
                 FROM landed GROUP BY _sync_run LOOP
        INSERT INTO {mirror}._sync_sweep (run_id, table_name, page, created_from, created_to, ids, read_at)
            SELECT batch.run, table_name, page, created_from, created_to, ids, read_at FROM landed
            WHERE split_part(_sync_run, ':', 3) = batch.run
            ON CONFLICT DO NOTHING;
        PERFORM {load}.advance_run(batch.run, '_sync_sweep', batch.seq, batch.rows);
    END LOOP;
    DELETE FROM {load}._sync_sweep AS l USING landed WHERE (l.table_name, l.page) = (landed.table_name, landed.page);
    RETURN NULL;
END
$body$;
