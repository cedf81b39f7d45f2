-- status_run: the newest run.
SELECT run_id, status, coalesce(finished_at, seen_at) AS at, calls FROM {mirror}._sync_run ORDER BY seen_at DESC LIMIT 1
