-- owed: a transaction that deletes what QuickBooks cannot bring back. The rows go at once in the client's own transaction,
-- QuickBooks is told just before its COMMIT, and nothing is committed of which it has not been told.

-- _sync_delete: rows go, as the merge would let them go; a number for the debt.
CREATE OR REPLACE FUNCTION {mirror}._sync_delete(nonce text, proof bytea, object text, ids text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    owed bigint;
BEGIN
    IF (proof = {load}.proof('delete ' || pg_backend_pid() || ' ' || nonce)) IS NOT TRUE OR NOT {load}.known_object(object) THEN
        RAISE EXCEPTION 'Only quickbooks-proxy may do that' USING ERRCODE = '42501';
    END IF;
    INSERT INTO {load}._owed (pid) VALUES (pg_backend_pid()) RETURNING number INTO owed;
    PERFORM {load}.widen_path(true);
    EXECUTE format('DELETE FROM {mirror}.%I WHERE id = ANY ($1)', object) USING ids;
    PERFORM {load}.widen_path(false);
    RETURN owed;
END
$body$;

-- _sync_owed: what this transaction owes, without what went back to a savepoint. `paid`: QuickBooks has been told.
CREATE OR REPLACE FUNCTION {mirror}._sync_owed(nonce text, proof bytea, paid boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    numbers text;
BEGIN
    IF (proof = {load}.proof('owed ' || pg_backend_pid() || ' ' || nonce)) IS NOT TRUE THEN
        RAISE EXCEPTION 'Only quickbooks-proxy may do that' USING ERRCODE = '42501';
    END IF;
    SELECT string_agg(number::text, ' ' ORDER BY number) INTO numbers FROM {load}._owed WHERE pid = pg_backend_pid();
    IF paid THEN
        DELETE FROM {load}._owed WHERE pid = pg_backend_pid();
    END IF;
    RETURN coalesce(numbers, '');
END
$body$;

-- refuse_owed: whatever form a COMMIT has that the proxy does not know, it commits no debt.
CREATE OR REPLACE FUNCTION {load}.refuse_owed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF EXISTS (SELECT FROM {load}._owed WHERE number = NEW.number) THEN
        RAISE EXCEPTION '[QuickBooks] A transaction that deletes from the mirror can only be ended by COMMIT through the proxy'
            USING ERRCODE = '0A000';
    END IF;
    RETURN NULL;
END
$body$;
DROP TRIGGER IF EXISTS refuse_owed ON {load}._owed;
CREATE CONSTRAINT TRIGGER refuse_owed AFTER INSERT ON {load}._owed DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION {load}.refuse_owed();
