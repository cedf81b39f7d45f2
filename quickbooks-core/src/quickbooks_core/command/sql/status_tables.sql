-- status_tables: one row a table: where it stands, how many rows wait for a lock, how many deletions wait or are held;
-- the one named * is what was asked for all tables at once. Tables that have only rows of runs which have not ended are
-- unfinished.
SELECT c.table_name, c.status, c.rows, c.calls, c.batch_items, c.last_poll_at, c.error,
    (SELECT count(p.table_name) FROM {mirror}._sync_parked AS p WHERE p.table_name = c.table_name)
    + (SELECT count(d.table_name) FROM {mirror}._sync_deletes AS d
       WHERE d.table_name = c.table_name AND d.status = 'waiting') AS parked,
    (SELECT count(d.table_name) FROM {mirror}._sync_deletes AS d
     WHERE d.table_name = c.table_name AND d.status = 'forbidden') AS forbidden
FROM {mirror}._sync_cdc AS c
UNION ALL
SELECT p.table_name, 'unfinished', sum(p.rows)::bigint, NULL, NULL, NULL, NULL, 0, 0
FROM {mirror}._sync_progress AS p JOIN {mirror}._sync_run AS r USING (run_id)
WHERE r.status = 'running' AND left(p.table_name, 1) <> '_' AND p.rows > 0
    AND NOT EXISTS (SELECT FROM {mirror}._sync_cdc AS c WHERE c.table_name = p.table_name)
GROUP BY p.table_name
ORDER BY table_name
