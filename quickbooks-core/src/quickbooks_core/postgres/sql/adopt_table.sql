-- adopt_table: rows that hold values of new columns in `extra` get them there, in one statement. What had waited is
-- merged first: nobody holds a lock while the migration does. As a function, because the user's triggers run in it and
-- must find no way back to the role that migrates; those that were deferred run here too.
CREATE FUNCTION {load}.adopt() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    PERFORM {load}.merge_parked({object});
    PERFORM {load}.widen_path(true);
    UPDATE {mirror}.{table} AS m SET {assignments}, extra = nullif({rest}, '{{}}'::jsonb)
        WHERE m.extra ?| {heads} AND ({fitting});
    SET CONSTRAINTS ALL IMMEDIATE;
    PERFORM {load}.widen_path(false);
END
$body$;
SELECT {load}.adopt();
DROP FUNCTION {load}.adopt();
