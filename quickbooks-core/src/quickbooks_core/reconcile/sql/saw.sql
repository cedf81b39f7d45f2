-- saw: a window of creation times and all ids in it.
INSERT INTO {mirror}._sync_sweep (run_id, table_name, page, created_from, created_to, ids, read_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
