-- visible: what a client's own session says about what he writes, with his own rights.

-- _sync_visible: rows of a table or view as the caller may see them, without the columns that he may not read. It runs
-- with his own rights; whoever calls it gets no more than he has given.
CREATE OR REPLACE FUNCTION {mirror}._sync_visible(relation oid, images jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    hidden text[] := ARRAY(SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attnum > 0
                           AND NOT a.attisdropped AND NOT has_column_privilege(relation, a.attnum, 'SELECT'));
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(i.image - hidden ORDER BY i.place), '[]')
            FROM jsonb_array_elements(images) WITH ORDINALITY AS i (image, place));
END
$body$;

-- _sync_touches: whether this transaction has locked a mirrored table for writing: what a name in a statement means, only
-- Postgres knows.
CREATE OR REPLACE FUNCTION {mirror}._sync_touches(object text) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $body$
    SELECT EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND mode = 'RowExclusiveLock' AND granted
                   AND relation = to_regclass(format('%I.%I', {mirror_name}, object)))
$body$;
