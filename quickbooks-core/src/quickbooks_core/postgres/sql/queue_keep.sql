-- prune_queue: forgets changes, and what was sent for them, that have been at their end for long; says how many. Keys of
-- what was made stay for good; of what has failed, a key is free again anyway. What somebody has to look at stays.
CREATE OR REPLACE FUNCTION {load}.prune_queue(keep interval, most int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    pruned bigint;
BEGIN
    WITH old AS (
        SELECT q.queue_id FROM {mirror}._sync_queue AS q
        WHERE q.status IN ('done', 'failed') AND q.finished_at < now() - keep
          AND coalesce(q.fate, 'settled') NOT IN ('open', 'rolled_back')
          AND NOT EXISTS (SELECT FROM {mirror}._sync_queue AS n WHERE n.row_key = q.row_key AND n.status IN ('pending', 'sending'))
          AND NOT EXISTS (SELECT FROM {mirror}._sync_queue AS u WHERE u.queue_id = q.undoes AND u.fate = 'rolled_back')
        ORDER BY q.finished_at LIMIT most FOR UPDATE SKIP LOCKED),
    freed AS (
        DELETE FROM {mirror}._sync_key AS k USING old, {mirror}._sync_queue AS q
            WHERE k.queue_id = old.queue_id AND q.queue_id = old.queue_id AND q.status = 'failed'),
    gone AS (
        DELETE FROM {mirror}._sync_queue AS q USING old WHERE q.queue_id = old.queue_id RETURNING q.queue_id)
    SELECT count(*) INTO pruned FROM gone;
    RETURN pruned;
END
$body$;

-- _sync_waiting: how much of the queue is not at its end, for whoever may read the mirror: numbers and one time.
CREATE OR REPLACE FUNCTION {mirror}._sync_waiting(
    OUT pending bigint, OUT sending bigint, OUT unknown bigint, OUT failed bigint, OUT not_undone bigint,
    OUT oldest timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
    SELECT count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'sending'),
        count(*) FILTER (WHERE status = 'unknown'),
        count(*) FILTER (WHERE status = 'failed' AND sqlstate IS DISTINCT FROM '57014'),
        count(*) FILTER (WHERE fate = 'not_undone'),
        min(enqueued_at) FILTER (WHERE status IN ('pending', 'sending'))
    FROM {mirror}._sync_queue
    WHERE status IN ('pending', 'sending', 'unknown') OR finished_at > now() - interval '1 day'
$body$;
REVOKE ALL ON FUNCTION {mirror}._sync_waiting() FROM PUBLIC;
