-- land_<object>: merges a batch of landed rows into the mirror, then empties the landing table.
-- newer: (updated_at, sync_token, _sync_read_at), or by the answer's time alone where everything is read anew, so that
-- a company which was set back is followed; different: any column by value. Nothing else is written.
-- Each landed row looks its own row up by id: OFFSET 0 and enable_seqscan keep the planner, which knows nothing of a
-- table that has just begun to grow, from reading the whole mirror for every batch.
CREATE OR REPLACE FUNCTION {load}.{land}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '10s' SET enable_seqscan = off AS $body$
DECLARE
    batch record;
    -- Their names begin with _ because a column of an object may be called anything else (TaxCode has one called hidden).
    _new text[];
    _changed text[];
    _free text[];
    _forced boolean := coalesce(current_setting('quickbooks.force', true) = 'on', false)
        OR coalesce((SELECT bool_and(right(_sync_run, 1) = ':') FROM landed), false);
    _deselected_columns text[] := (SELECT array_agg(column_name) FROM {mirror}._sync_deselected WHERE table_name = {object});
BEGIN
    -- A run brings what it has selected, also where it was parked; any other writer does not know the selection, and lands
    -- again without the rest.
    IF EXISTS (SELECT FROM landed AS l WHERE l._sync_run IS NULL AND l._sync_seq IS NULL AND l._sync_columns IS NULL
               AND jsonb_strip_nulls(to_jsonb(l)) ?| _deselected_columns) THEN
        DELETE FROM {load}.{table} AS t USING landed AS l WHERE t.id = l.id;
        INSERT INTO {load}.{table} SELECT r.* FROM landed AS l, LATERAL jsonb_populate_record(NULL::{load}.{table},
            to_jsonb(l) - CASE WHEN l._sync_columns IS NULL THEN _deselected_columns ELSE '{{}}' END) AS r;
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT FROM landed WHERE _sync_run IS NULL)
       AND EXISTS (SELECT FROM {mirror}._sync_cdc WHERE table_name = {object} AND status = 'deselected') THEN
        DELETE FROM {load}.{table} AS t USING landed AS l WHERE t.id = l.id;
        RETURN NULL;
    END IF;
    FOR batch IN SELECT DISTINCT _sync_run AS mark FROM landed WHERE _sync_run IS NOT NULL LOOP
        PERFORM {load}.check_run(batch.mark);
    END LOOP;
    PERFORM {load}.lock_object({object}, false);
    -- First what has waited: it is older.
    IF pg_trigger_depth() = 1 THEN
        PERFORM {load}.merge_parked({object});
    END IF;

    -- Which rows there are and which are new is found out at one moment: a row that somebody else makes a moment later
    -- would be neither. Of rows that exist only the changed ones are touched, and one that a client has locked is parked.
    SELECT array_agg(l.id) FILTER (WHERE m.id IS NULL),
           array_agg(l.id) FILTER (WHERE m.id IS NOT NULL AND {newer} AND {different}) INTO _new, _changed
        FROM landed AS l LEFT JOIN LATERAL (SELECT * FROM {mirror}.{table} AS m WHERE m.id = l.id OFFSET 0) AS m ON true
        WHERE l._sync_columns IS NULL;
    SELECT array_agg(id) INTO _free FROM (
        SELECT id FROM {mirror}.{table} WHERE id = ANY (_changed) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) AS f;
    INSERT INTO {mirror}._sync_parked (table_name, id, landing)
        SELECT {object}, l.id, to_jsonb(l) - '_sync_run' FROM landed AS l
        WHERE l._sync_columns IS NULL AND l.id = ANY (_changed) AND l.id <> ALL (coalesce(_free, '{{}}'));
    PERFORM {load}.widen_path(true);
    UPDATE {mirror}.{table} AS m SET {assignments}
        FROM landed AS l WHERE m.id = l.id AND m.id = ANY (_free) AND l._sync_columns IS NULL AND {newer} AND {different};

    -- New rows, in id order so that two merges never wait for each other crosswise. A tombstone blocks older answers.
    BEGIN
        INSERT INTO {mirror}.{table} AS m ({columns})
            SELECT {values} FROM unnest(_new) AS n (id) JOIN landed AS l ON l.id = n.id
            WHERE l._sync_columns IS NULL AND NOT EXISTS (SELECT FROM {mirror}._sync_deletes AS d WHERE d.table_name = {object}
                              AND d.id = l.id AND d.status = 'done' AND d.deleted_at > l._sync_read_at OFFSET 0)
            ORDER BY l.id
        ON CONFLICT (id) DO UPDATE SET {excluded} WHERE {newer_excluded} AND {different_excluded};
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
        INSERT INTO {mirror}._sync_parked (table_name, id, landing)
            SELECT {object}, l.id, to_jsonb(l) - '_sync_run' FROM unnest(_new) AS n (id) JOIN landed AS l ON l.id = n.id
            WHERE l._sync_columns IS NULL;
    END;
    PERFORM {load}.widen_path(false);
    UPDATE {mirror}._sync_deletes AS d SET status = 'superseded' FROM landed AS l
        WHERE d.table_name = {object} AND d.id = l.id AND d.status <> 'superseded' AND l._sync_columns IS NULL
          AND d.deleted_at <= l._sync_read_at;

    -- Rows that bring some columns only, for those that have all others already and are no newer.
    IF EXISTS (SELECT FROM landed WHERE _sync_columns IS NOT NULL) THEN
        SELECT array_agg(l.id) INTO _changed FROM landed AS l JOIN {mirror}.{table} AS m ON m.id = l.id
            WHERE l._sync_columns IS NOT NULL AND {not_older} AND {different_in_part};
        SELECT array_agg(id) INTO _free FROM (
            SELECT id FROM {mirror}.{table} WHERE id = ANY (_changed) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) AS f;
        INSERT INTO {mirror}._sync_parked (table_name, id, landing)
            SELECT {object}, l.id, to_jsonb(l) - '_sync_run' FROM landed AS l WHERE l._sync_columns IS NOT NULL
              AND l.id = ANY (_changed) AND l.id <> ALL (coalesce(_free, '{{}}'));
        PERFORM {load}.widen_path(true);
        UPDATE {mirror}.{table} AS m SET {assignments_in_part}
            FROM landed AS l WHERE m.id = l.id AND m.id = ANY (_free) AND l._sync_columns IS NOT NULL AND {not_older};
        PERFORM {load}.widen_path(false);
    END IF;

    DELETE FROM {load}.{table} AS t USING landed AS l WHERE t.id = l.id;
    FOR batch IN SELECT _sync_run AS mark, max(_sync_seq) AS seq, count(*) AS rows FROM landed
                 WHERE _sync_run IS NOT NULL GROUP BY _sync_run LOOP
        PERFORM {load}.advance_run(split_part(batch.mark, ':', 3), {object}, batch.seq, batch.rows);
    END LOOP;
    RETURN NULL;
END
$body$;
