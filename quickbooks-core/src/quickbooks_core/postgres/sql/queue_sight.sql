-- queue_sight: everybody who may write sees what he himself has asked for, and nothing of it but his own words.
GRANT SELECT ON {mirror}._sync_queue_mode TO quickbooks_reader, quickbooks_writer;
GRANT SELECT (queue_id, table_name, operation, id, changed, status, attempts, not_before, sqlstate, code, error, detail, hint,
    error_column, asked_by, application_name, asked_from, enqueued_at, finished_at)
    ON {mirror}._sync_queue TO quickbooks_writer;
ALTER TABLE {mirror}._sync_queue ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_changes ON {mirror}._sync_queue;
CREATE POLICY own_changes ON {mirror}._sync_queue FOR SELECT TO quickbooks_writer USING (asked_by = session_user);
DROP POLICY IF EXISTS all_changes ON {mirror}._sync_queue;
CREATE POLICY all_changes ON {mirror}._sync_queue FOR SELECT TO quickbooks_worker USING (true);

CREATE OR REPLACE VIEW {mirror}._sync_pending WITH (security_invoker = true) AS
    SELECT queue_id, table_name, operation, id, changed, status, attempts, not_before AS next_try_at, error, asked_by,
        application_name, enqueued_at
    FROM {mirror}._sync_queue WHERE status IN ('pending', 'sending', 'unknown');
COMMENT ON VIEW {mirror}._sync_pending IS 'Changes on their way to QuickBooks; unknown ones wait for a person.';
GRANT SELECT ON {mirror}._sync_pending TO quickbooks_writer, quickbooks_worker;
-- Asked whenever a row of the mirror changes, by whoever changes it.
GRANT EXECUTE ON FUNCTION {load}.in_queue_mode(name) TO PUBLIC;
GRANT EXECUTE ON FUNCTION {mirror}._sync_waiting() TO quickbooks_reader, quickbooks_writer;
