-- status_tables: one row a table: where it stands, how many rows wait for a lock, how many deletions wait or are held;
-- the one named * is what was asked for all tables at once.
SELECT c.table_name, c.status, c.rows, c.calls, c.batch_items, c.last_poll_at, c.error,
    (SELECT count(p.table_name) FROM {mirror}._sync_parked AS p WHERE p.table_name = c.table_name)
    + (SELECT count(d.table_name) FROM {mirror}._sync_deletes AS d
       WHERE d.table_name = c.table_name AND d.status = 'waiting') AS parked,
    (SELECT count(d.table_name) FROM {mirror}._sync_deletes AS d
     WHERE d.table_name = c.table_name AND d.status = 'forbidden') AS forbidden
FROM {mirror}._sync_cdc AS c ORDER BY c.table_name
