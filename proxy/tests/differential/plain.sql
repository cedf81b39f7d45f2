-- A plain table with the columns of a mirrored one. It gives new rows their ids, and tells of them: the player gives equal
-- rows the same ones.
CREATE SEQUENCE {ids} START 5000;
CREATE TABLE {table} (id text PRIMARY KEY DEFAULT {prefix} || nextval({sequence}), {columns});
ALTER TABLE {table} ALTER COLUMN _sync_read_at SET DEFAULT '-infinity', ALTER COLUMN _sync_read_at SET NOT NULL;
CREATE OR REPLACE FUNCTION tell_of_new() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE INFO 'new' USING TABLE = TG_TABLE_NAME, DETAIL = to_jsonb(NEW);
    RETURN NULL;
END
$body$;
CREATE TRIGGER zzz_tell AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION tell_of_new();
GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO quickbooks_writer;
GRANT USAGE ON SEQUENCE {ids} TO quickbooks_writer;
