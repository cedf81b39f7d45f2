-- queue_list: the newest changes, of one status or all.
SELECT queue_id, enqueued_at, status, operation, table_name, id, attempts, sqlstate, error, fate, fate_reason
FROM {mirror}._sync_queue WHERE %(status)s::text IS NULL OR status = %(status)s
ORDER BY queue_id DESC LIMIT %(limit)s
