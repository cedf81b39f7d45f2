-- forget: what was noted while a table was compared.
DELETE FROM {mirror}._sync_sweep WHERE run_id = %s
