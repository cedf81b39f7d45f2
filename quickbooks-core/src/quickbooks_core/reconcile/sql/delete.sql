-- delete: rows that QuickBooks does not have, not even when asked for by their Ids.
SELECT {load}.delete_rows(%s, %s, 'sweep', %s, NULL)
