-- fence: refuses to commit what did not come through the merge. WHEN is evaluated as the row changes, where the
-- merge runs as the owner: its own rows queue nothing, and nobody else can pass for it.
CREATE OR REPLACE FUNCTION {load}.fence() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    RAISE EXCEPTION '% on % did not go through QuickBooks', TG_OP, TG_TABLE_NAME
        USING ERRCODE = '0A000', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME,
        DETAIL = 'QuickBooks is the only truth: the mirror holds nothing that QuickBooks has not accepted.',
        HINT = 'Write through quickbooks-proxy, by a statement on the table itself: what functions and DO blocks write, it does '
               'not see.';
END
$body$;
