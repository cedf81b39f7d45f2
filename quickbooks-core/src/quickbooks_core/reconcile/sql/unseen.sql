-- unseen: rows that stand in a window which did not name them.
SELECT ids, read_at FROM {load}.missing_rows(%s, %s)
