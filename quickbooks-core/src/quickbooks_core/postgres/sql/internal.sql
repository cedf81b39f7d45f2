-- internal: what the pipeline knows about itself. Row images (_sync_deletes, _sync_parked) are the owner's only.
-- This is the whole of the current version. What changes here, other than a new table, also needs a step in migrations/.
CREATE TABLE IF NOT EXISTS {mirror}._sync_migration (
    version int PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE {mirror}._sync_migration IS 'The versions this schema has had; the highest is its own.';

CREATE TABLE IF NOT EXISTS {mirror}._sync_company (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    environment text NOT NULL,
    realm_id text NOT NULL,
    claimed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE {mirror}._sync_company IS 'The one QuickBooks company this mirror holds.';

CREATE TABLE IF NOT EXISTS {mirror}._sync_run (
    run_id text PRIMARY KEY,
    previous_run_id text NOT NULL,
    environment text NOT NULL,
    realm_id text NOT NULL,
    status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'finished')),
    seen_at timestamptz NOT NULL DEFAULT now(),
    opened_at timestamptz,
    announced_at timestamptz,
    finished_at timestamptz,
    streams jsonb,
    bookmarks jsonb,
    calls jsonb,
    questions jsonb,
    together jsonb,
    counts jsonb,
    uncertain jsonb,
    selected jsonb,
    followed jsonb,
    added jsonb,
    dropped jsonb,
    tap_version text
);
COMMENT ON TABLE {mirror}._sync_run IS 'Runs of the tap; finished means that every announced record has been merged.';

CREATE TABLE IF NOT EXISTS {mirror}._sync_progress (
    run_id text NOT NULL REFERENCES {mirror}._sync_run ON DELETE CASCADE,
    table_name text NOT NULL,
    seq bigint NOT NULL,
    rows bigint NOT NULL,
    PRIMARY KEY (run_id, table_name)
);
COMMENT ON TABLE {mirror}._sync_progress IS 'How far each stream of a run has been merged.';

CREATE TABLE IF NOT EXISTS {mirror}._sync_cdc (
    table_name text PRIMARY KEY,
    bookmark timestamptz,
    last_poll_at timestamptz,
    last_webhook_at timestamptz,
    rows bigint,
    calls bigint,
    batch_items bigint,
    status text NOT NULL,
    error text,
    run_id text
);
COMMENT ON TABLE {mirror}._sync_cdc IS 'Where each table stands, never ahead of the data; * is what was asked for all at once.';

CREATE TABLE IF NOT EXISTS {mirror}._sync_deletes (
    deletion_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name text NOT NULL,
    id text NOT NULL,
    source text NOT NULL CHECK (source IN ('cdc', 'webhook', 'write', 'sweep')),
    deleted_at timestamptz NOT NULL,
    run_id text,
    status text NOT NULL CHECK (status IN ('done', 'forbidden', 'superseded', 'waiting')),
    error text,
    image jsonb,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    merged_into text
);
CREATE INDEX IF NOT EXISTS _sync_deletes_row ON {mirror}._sync_deletes (table_name, id);
CREATE INDEX IF NOT EXISTS _sync_deletes_open ON {mirror}._sync_deletes (table_name) WHERE status IN ('forbidden', 'waiting');
COMMENT ON TABLE {mirror}._sync_deletes IS 'Rows that QuickBooks no longer has, with their last image.';

CREATE TABLE IF NOT EXISTS {mirror}._sync_sweep (
    run_id text NOT NULL,
    table_name text NOT NULL,
    page bigint NOT NULL,
    created_from timestamptz,
    created_to timestamptz,
    ids jsonb NOT NULL,
    read_at timestamptz NOT NULL,
    PRIMARY KEY (run_id, table_name, page)
);
COMMENT ON TABLE {mirror}._sync_sweep IS 'Which ids a run found in which window of creation times; emptied when it closes.';

CREATE TABLE IF NOT EXISTS {mirror}._sync_parked (
    parked_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name text NOT NULL,
    id text NOT NULL,
    landing jsonb NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS _sync_parked_row ON {mirror}._sync_parked (table_name, id);
COMMENT ON TABLE {mirror}._sync_parked IS 'Rows that a client had locked when they came; merged as soon as they are free.';

CREATE TABLE IF NOT EXISTS {mirror}._sync_deselected (
    table_name text NOT NULL,
    column_name text NOT NULL,
    pending boolean NOT NULL DEFAULT true,
    PRIMARY KEY (table_name, column_name)
);
COMMENT ON TABLE {mirror}._sync_deselected IS 'Columns the user does not want mirrored; they stay empty.';
