-- known_object: whether a name is that of a mirrored object, and not of some other table.
CREATE OR REPLACE FUNCTION {load}.known_object(name text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $body$
    SELECT left(name, 1) <> '_' AND EXISTS (SELECT FROM pg_class WHERE relname = name AND relkind = 'r'
        AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = {load_name}))
$body$;

-- missing_rows: rows that stand in a window of a sweep which did not name them, by the answer that lacked them: by an
-- earlier one, a page of somebody else's could bring them back. A row that was made through us a moment before stays:
-- an index may lag, and the next run's window holds it too.
CREATE OR REPLACE FUNCTION {load}.missing_rows(run text, object text) RETURNS TABLE (ids text[], read_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    created text := 'NULL::timestamptz';
    newer text := 'true';
    since timestamptz;
BEGIN
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = format('{mirror}.%I', object)::regclass
               AND attname = 'created_at' AND NOT attisdropped) THEN
        created := 'm.created_at';
        -- The usual window is of what is new: an index finds that little.
        SELECT min(s.created_from) INTO since FROM {mirror}._sync_sweep AS s WHERE s.run_id = run AND s.table_name = object
            HAVING bool_and(s.created_from IS NOT NULL);
        IF since IS NOT NULL THEN
            newer := format('m.created_at >= %L', since);
        END IF;
    END IF;
    RETURN QUERY EXECUTE format($sql$
        -- First what no page names, which is little, and only then its windows: every row against every window is
        -- a thousand million comparisons for a million rows.
        WITH found AS MATERIALIZED (
            SELECT jsonb_array_elements_text(ids) AS id FROM {mirror}._sync_sweep
            WHERE run_id = $1 AND table_name = $2),
        missing AS MATERIALIZED (
            SELECT m.id, m._sync_read_at, %s AS created_at FROM {mirror}.%I AS m
            WHERE NOT EXISTS (SELECT FROM found WHERE found.id = m.id) AND %s)
        SELECT array_agg(id), read_at FROM (
            SELECT m.id, max(s.read_at) AS read_at FROM missing AS m
            JOIN {mirror}._sync_sweep AS s ON s.run_id = $1 AND s.table_name = $2 AND m._sync_read_at < s.read_at
                AND (s.created_from IS NULL OR m.created_at >= s.created_from)
                AND (s.created_to IS NULL OR m.created_at < s.created_to)
                AND NOT (m.created_at > s.read_at - interval '20 seconds' AND EXISTS (SELECT FROM {mirror}._sync_queue AS q
                    WHERE q.operation = 'create' AND q.table_name = $2 AND q.id = m.id))
            GROUP BY m.id) AS lacking
        GROUP BY read_at ORDER BY read_at$sql$, created, object, newer)
        USING run, object;
END
$body$;

-- apply_sweep: what a complete run did not find inside a window it read whole no longer exists.
CREATE OR REPLACE FUNCTION {load}.apply_sweep(run text, object text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    lacking record;
BEGIN
    IF NOT EXISTS (SELECT FROM {mirror}._sync_sweep WHERE run_id = run AND table_name = object) THEN
        RETURN;
    END IF;
    PERFORM {load}.lock_object(object, true);
    FOR lacking IN SELECT * FROM {load}.missing_rows(run, object) LOOP
        PERFORM {load}.delete_rows(object, lacking.ids, 'sweep', lacking.read_at, run);
    END LOOP;
END
$body$;

-- delete_rows: removes rows QuickBooks no longer has; keeps their image, and reports those that cannot go yet. A row
-- of a later answer stays. What is not in the mirror leaves a tombstone too, or a page that is on its way would bring it.
CREATE OR REPLACE FUNCTION {load}.delete_rows(object text, gone text[], origin text, at timestamptz, run text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    one text;
    present text[];
    free text[];
    removed bigint := 0;
    patience text := current_setting('lock_timeout');
    remove text := format('DELETE FROM {mirror}.%I WHERE id = ANY ($1)', object);
BEGIN
    PERFORM {load}.lock_object(object, true);
    EXECUTE format('SELECT array_agg(id), array_agg(id) FILTER (WHERE _sync_read_at <= $2) FROM {mirror}.%I '
                   'WHERE id = ANY ($1)', object) INTO present, free USING gone, at;
    PERFORM {load}.note_deletes(object, ARRAY(SELECT unnest(gone) EXCEPT SELECT unnest(present)), origin, at, run, 'done', NULL);
    IF free IS NULL THEN
        RETURN 0;
    END IF;
    -- Nobody waits for a client: a row that one has locked goes with a later run.
    present := free;
    EXECUTE format('SELECT coalesce(array_agg(id), ''{{}}'') FROM (SELECT id FROM {mirror}.%I WHERE id = ANY ($1) '
                   'ORDER BY id FOR UPDATE SKIP LOCKED) AS free', object) INTO free USING present;
    PERFORM {load}.note_deletes(object, ARRAY(SELECT unnest(present) EXCEPT SELECT unnest(free)), origin, at, run, 'waiting', NULL);
    -- Rows of the user's that refer to ours may be locked too.
    PERFORM set_config('lock_timeout', '1s', true);
    BEGIN
        SET CONSTRAINTS ALL IMMEDIATE;
        PERFORM {load}.note_deletes(object, free, origin, at, run, 'done', NULL);
        PERFORM {load}.widen_path(true);
        EXECUTE remove USING free;
        PERFORM {load}.widen_path(false);
        PERFORM set_config('lock_timeout', patience, true);
        RETURN cardinality(free);
    EXCEPTION WHEN foreign_key_violation OR restrict_violation OR lock_not_available THEN
        NULL;  -- one at a time, to find the ones that are held
    END;
    FOREACH one IN ARRAY free LOOP
        BEGIN
            PERFORM {load}.note_deletes(object, ARRAY[one], origin, at, run, 'done', NULL);
            PERFORM {load}.widen_path(true);
            EXECUTE remove USING ARRAY[one];
            PERFORM {load}.widen_path(false);
            removed := removed + 1;
        EXCEPTION WHEN foreign_key_violation OR restrict_violation OR lock_not_available THEN
            PERFORM {load}.note_deletes(object, ARRAY[one], origin, at, run, 'forbidden', SQLERRM);
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', patience, true);
    RETURN removed;
END
$body$;

-- note_deletes: what has become of deletions. A row that could not go has one entry, however often it is tried.
CREATE OR REPLACE FUNCTION {load}.note_deletes(
    object text, ids text[], origin text, at timestamptz, run text, outcome text, reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    EXECUTE format($sql$
        WITH image AS (
            SELECT g.id, to_jsonb(m) AS image FROM unnest($1) AS g (id) LEFT JOIN {mirror}.%I AS m ON m.id = g.id),
        open AS (
            UPDATE {mirror}._sync_deletes AS d SET status = $5, error = $6, run_id = $4, recorded_at = now(),
                image = coalesce(i.image, d.image)
            FROM image AS i WHERE d.table_name = %L AND d.id = i.id AND d.status IN ('forbidden', 'waiting')
            RETURNING d.id)
        INSERT INTO {mirror}._sync_deletes (table_name, id, source, deleted_at, run_id, status, error, image)
        SELECT %L, i.id, $2, $3, $4, $5, $6, i.image FROM image AS i
        WHERE i.id NOT IN (SELECT id FROM open)
          AND (i.image IS NOT NULL OR NOT EXISTS (SELECT FROM {mirror}._sync_deletes AS d
               WHERE d.table_name = %L AND d.id = i.id AND d.status = 'done'))
        ORDER BY i.id$sql$, object, object, object, object)
        USING ids, origin, at, run, outcome, reason;
END
$body$;

-- retry_deletes: what a client had locked, or a foreign key of the user's held.
CREATE OR REPLACE FUNCTION {load}.retry_deletes(object text, run text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    batch record;
BEGIN
    FOR batch IN SELECT source, deleted_at, array_agg(id ORDER BY id) AS ids FROM {mirror}._sync_deletes
                 WHERE table_name = object AND status IN ('forbidden', 'waiting') GROUP BY source, deleted_at LOOP
        PERFORM {load}.delete_rows(object, batch.ids, batch.source, batch.deleted_at, run);
    END LOOP;
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

-- land_deletes: what QuickBooks has told as deleted goes at once.
CREATE OR REPLACE FUNCTION {load}.land__sync_deletes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    batch record;
BEGIN
    FOR batch IN SELECT {load}.check_run(_sync_run) AS run, table_name, read_at, array_agg(id ORDER BY id) AS ids
                 FROM landed WHERE {load}.known_object(table_name) GROUP BY _sync_run, table_name, read_at
                 ORDER BY table_name, read_at LOOP
        PERFORM {load}.delete_rows(batch.table_name, batch.ids, 'cdc', batch.read_at, batch.run);
    END LOOP;
    DELETE FROM {load}._sync_deletes AS l USING landed WHERE (l.table_name, l.id) = (landed.table_name, landed.id);
    FOR batch IN SELECT {load}.check_run(_sync_run) AS run, max(_sync_seq) AS seq, count(*) AS rows
                 FROM landed GROUP BY _sync_run LOOP
        PERFORM {load}.advance_run(batch.run, '_sync_deletes', batch.seq, batch.rows);
    END LOOP;
    RETURN NULL;
END
$body$;
