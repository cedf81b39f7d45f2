-- tables: those that the mirror holds.
SELECT table_name FROM {mirror}._sync_cdc WHERE status <> 'deselected' AND table_name <> '*' ORDER BY table_name
