-- queue_show: one change with the requests that were sent for it, their bodies left out.
SELECT to_jsonb(q) AS change, (
    SELECT jsonb_agg(to_jsonb(r) - 'body' - 'queue_id' ORDER BY r.request) FROM {mirror}._sync_request AS r
    WHERE r.queue_id = q.queue_id) AS requests
FROM {mirror}._sync_queue AS q WHERE queue_id = %s
