-- incremental: deletions that wait for a client's lock, and the row into which a deleted one was merged.
ALTER TABLE {mirror}._sync_deletes
    ADD COLUMN merged_into text,
    DROP CONSTRAINT _sync_deletes_status_check,
    ADD CONSTRAINT _sync_deletes_status_check CHECK (status IN ('done', 'forbidden', 'superseded', 'waiting'));
