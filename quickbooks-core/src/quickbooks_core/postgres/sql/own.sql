-- own: columns that users have added to a mirrored table. What a client gives them in a row that it creates waits in the
-- queue, as JSON, until QuickBooks has named the row.

-- check_own: refuses what would not come back from JSON, before anything is asked.
CREATE OR REPLACE FUNCTION {load}.check_own(object text, own jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF own IS NOT NULL THEN
        EXECUTE format('SELECT jsonb_populate_record(NULL::{mirror}.%I, $1)', object) USING own;
    END IF;
EXCEPTION WHEN OTHERS THEN
    RAISE EXCEPTION 'A value of a column of your own cannot be kept until % has its id: %', object, SQLERRM
        USING ERRCODE = '0A000', HINT = 'Leave it out, and set it afterwards by an UPDATE of its own.';
END
$body$;

-- set_own: puts them into the row. NULL is as good as not given, but where a column has a default. What the row already has
-- is not written again, nor what only Postgres sets.
CREATE OR REPLACE FUNCTION {load}.set_own(done {mirror}._sync_queue, row_id text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $body$
DECLARE
    here jsonb;
    assignments text;
BEGIN
    IF done.own IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format('SELECT to_jsonb(m) FROM {mirror}.%I AS m WHERE id = $1', done.table_name) INTO here USING row_id;
    SELECT string_agg(format('%1$I = v.%1$I', attname), ', ') INTO assignments FROM pg_attribute
        WHERE attrelid = format('{mirror}.%I', done.table_name)::regclass AND attnum > 0 AND NOT attisdropped
          AND attgenerated = '' AND attidentity <> 'a' AND done.own ? attname
          AND here -> attname <> done.own -> attname AND (done.own -> attname <> 'null' OR atthasdef);
    IF assignments IS NOT NULL THEN
        PERFORM {load}.widen_path(true);
        EXECUTE format('UPDATE {mirror}.%1$I AS m SET %2$s FROM jsonb_populate_record(NULL::{mirror}.%1$I, $1) AS v '
                       'WHERE m.id = $2', done.table_name, assignments) USING done.own, row_id;
        PERFORM {load}.widen_path(false);
    END IF;
EXCEPTION WHEN OTHERS THEN
    -- What a trigger or constraint of the user's refuses undoes nothing else.
    UPDATE {mirror}._sync_queue SET error = 'Done in QuickBooks, but columns of your own are not set: ' || SQLERRM
        WHERE queue_id = done.queue_id;
END
$body$;
