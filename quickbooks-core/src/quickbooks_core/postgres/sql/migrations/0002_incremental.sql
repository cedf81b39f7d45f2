-- incremental: runs that go on from a bookmark; deletions that wait for a client's lock, and the row into which a
-- deleted one was merged; columns that are to be emptied as long as rows of them are held.
ALTER TABLE {mirror}._sync_deletes
    ADD COLUMN merged_into text,
    DROP CONSTRAINT _sync_deletes_status_check,
    ADD CONSTRAINT _sync_deletes_status_check CHECK (status IN ('done', 'forbidden', 'superseded', 'waiting'));

ALTER TABLE {mirror}._sync_run
    ADD COLUMN together jsonb, ADD COLUMN followed jsonb, ADD COLUMN added jsonb, ADD COLUMN dropped jsonb;
ALTER TABLE {mirror}._sync_cdc ADD COLUMN batch_items bigint;
ALTER TABLE {mirror}._sync_deselected ADD COLUMN pending boolean NOT NULL DEFAULT true;
-- It gives nothing back any more.
DROP FUNCTION {load}.apply_sweep(text, text);
