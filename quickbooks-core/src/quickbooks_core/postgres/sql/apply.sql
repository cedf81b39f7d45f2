-- apply_<object>: an answer of QuickBooks that waits because a client has locked the row, put into the row by that client's
-- own transaction. As in the merge only a newer and different answer counts; nobody is waited for.
CREATE OR REPLACE FUNCTION {load}.{apply}(landing jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    _forced boolean := false;
    _there text;
BEGIN
    SELECT id INTO _there FROM {mirror}.{table} WHERE id = landing ->> 'id' FOR NO KEY UPDATE SKIP LOCKED;
    IF _there IS NOT NULL THEN
        PERFORM {load}.widen_path(true);
        UPDATE {mirror}.{table} AS m SET {assignments}
            FROM (SELECT r.* FROM jsonb_populate_record(NULL::{load}.{table}, landing) AS r) AS l
            WHERE m.id = _there AND l.id = m.id AND {newer} AND {different};
        PERFORM {load}.widen_path(false);
    END IF;
END
$body$;
