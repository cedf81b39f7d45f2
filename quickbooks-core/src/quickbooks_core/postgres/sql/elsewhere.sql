-- elsewhere: tables that are not the mirror's, and what a statement in a bracket writes in them: it would be lost with the
-- bracket, and nobody would know.

-- elsewhere: those that this transaction may have written, since it has more than a reader's lock on them; each with the
-- lock and with how many rows were written. Costs the same however many tables there are.
CREATE OR REPLACE FUNCTION {load}.elsewhere() RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    -- In plpgsql, which plans it once a session: planning it takes longer than doing it.
    RETURN (SELECT coalesce(array_agg(concat_ws(' ', c.oid, l.mode, pg_stat_get_xact_tuples_inserted(c.oid)
                + pg_stat_get_xact_tuples_updated(c.oid) + pg_stat_get_xact_tuples_deleted(c.oid))), '{{}}')
            FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation
            WHERE l.pid = pg_backend_pid() AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
              AND c.relkind IN ('r', 'p', 'f', 'm') AND c.relowner <> 'quickbooks_owner'::regrole);
END
$body$;

-- written_elsewhere: one that has been written since they were as in `before`; NULL where none has.
CREATE OR REPLACE FUNCTION {load}.written_elsewhere(before text[]) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    RETURN (SELECT c.relname FROM unnest({load}.elsewhere()) AS e (one) JOIN pg_class AS c ON c.oid = split_part(one, ' ', 1)::oid
            WHERE one <> ALL (before) LIMIT 1);
END
$body$;

-- sets_off_more: whether changes of these kinds (table and operation) set off triggers or foreign keys of the user's. What
-- those write elsewhere is not lost: they write it when QuickBooks' answer is merged.
CREATE OR REPLACE FUNCTION {load}.sets_off_more(touched text[]) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    RETURN EXISTS (
        SELECT FROM unnest(touched) AS k (kind)
        JOIN pg_class AS c ON c.relname = split_part(kind, ' ', 1)
            AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = {mirror_name})
        JOIN pg_trigger AS t ON t.tgrelid = c.oid AND t.tgenabled <> 'D'
            -- tgtype has a bit for each operation.
            AND t.tgtype & CASE split_part(kind, ' ', 2) WHEN 'INSERT' THEN 4 WHEN 'DELETE' THEN 8 ELSE 16 END <> 0
        JOIN pg_proc AS p ON p.oid = t.tgfoid AND p.proowner <> 'quickbooks_owner'::regrole
        WHERE p.proname !~ '^RI_FKey_(check|noaction|restrict)_');
END
$body$;
