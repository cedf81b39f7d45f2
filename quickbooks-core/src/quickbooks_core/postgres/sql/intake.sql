-- enqueue_records: many changes at once, each as {{"doing", "id", "key", "values", "refused"}}, in their order. Values are
-- given in any form that the column's type reads. What a row has already is not a change, unless another is on its way.
CREATE OR REPLACE FUNCTION {load}.enqueue_records(object text, records jsonb, change_group text, origin text)
RETURNS TABLE (place bigint, number bigint, became text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    record jsonb;
    wanted jsonb;
    newest bigint := 0;
BEGIN
    IF NOT {load}.known_object(object) THEN
        RAISE EXCEPTION 'There is no table %', object USING ERRCODE = '42P01';
    END IF;
    FOR place, record IN SELECT r.ordinality, r.value FROM jsonb_array_elements(records) WITH ORDINALITY AS r LOOP
        wanted := {load}.typed_values(object, record -> 'values');
        number := NULL;
        IF record ->> 'doing' = 'update' AND record -> 'refused' IS NULL THEN
            wanted := {load}.news_in(object, record ->> 'id', wanted);
            IF wanted = '{{}}' THEN
                became := 'unchanged';
                RETURN NEXT;
                CONTINUE;
            END IF;
        END IF;
        number := {load}.enqueue(object, record ->> 'doing', record ->> 'id', wanted, record ->> 'key',
            change_group => change_group, origin => origin);
        became := CASE WHEN number > newest AND EXISTS (SELECT FROM {mirror}._sync_queue AS q
            WHERE q.queue_id = number AND q.asked_from = origin) THEN 'queued' ELSE 'repeated' END;
        newest := greatest(newest, number);
        IF became = 'queued' AND record -> 'refused' IS NOT NULL THEN
            UPDATE {mirror}._sync_queue AS q SET status = 'failed', sqlstate = record #>> '{{refused,sqlstate}}',
                error = record #>> '{{refused,error}}', hint = record #>> '{{refused,hint}}' WHERE q.queue_id = number;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$body$;

-- typed_values: values as their columns' types write them. What no type reads stays as it is and is refused by name later.
CREATE OR REPLACE FUNCTION {load}.typed_values(object text, given jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    typed jsonb;
BEGIN
    EXECUTE format('SELECT to_jsonb(jsonb_populate_record(NULL::{load}.%I, $1))', object) INTO typed USING given;
    RETURN coalesce((SELECT jsonb_object_agg(g.key, coalesce(typed -> g.key, g.value)) FROM jsonb_each(given) AS g), '{{}}');
EXCEPTION WHEN data_exception THEN
    RETURN given;
END
$body$;

-- news_in: those values that the row does not have. While another change of the row is on its way, all are news.
CREATE OR REPLACE FUNCTION {load}.news_in(object text, row_id text, given jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    there jsonb;
BEGIN
    IF EXISTS (SELECT FROM {mirror}._sync_queue AS q
               WHERE q.row_key = object || ':' || row_id AND q.status IN ('pending', 'sending')) THEN
        RETURN given;
    END IF;
    EXECUTE format('SELECT to_jsonb(m) FROM {mirror}.%I AS m WHERE id = $1', object) INTO there USING row_id;
    IF there IS NULL THEN
        RETURN given;
    END IF;
    RETURN coalesce((SELECT jsonb_object_agg(g.key, g.value) FROM jsonb_each(given) AS g
                     WHERE g.value IS DISTINCT FROM there -> g.key), '{{}}');
END
$body$;
