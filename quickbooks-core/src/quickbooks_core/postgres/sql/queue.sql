-- queue: changes on their way to QuickBooks. Row images and bodies are for the worker and the owner only.
CREATE TABLE IF NOT EXISTS {mirror}._sync_deployment (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    deployment_id text NOT NULL,
    system_identifier text,
    database_oid text NOT NULL,
    bound_at timestamptz,
    adopted_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE {mirror}._sync_deployment IS 'Which database the queue belongs to: a clone or a restored one is another.';

CREATE TABLE IF NOT EXISTS {mirror}._sync_queue (
    queue_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deployment_id text NOT NULL,
    environment text NOT NULL,
    realm_id text NOT NULL,
    table_name text NOT NULL,
    operation text NOT NULL CHECK (operation IN ('create', 'update', 'delete', 'void', 'read')),
    id text,
    key text,
    old jsonb,
    changed jsonb NOT NULL,
    own jsonb,
    in_group text,
    client_transaction text,
    client_savepoint text,
    fate text CHECK (fate IN ('open', 'settled', 'rolled_back', 'undone', 'not_undone')),
    fate_reason text,
    undoes bigint,
    status text NOT NULL DEFAULT 'pending',
    attempts int NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT now(),
    worker text,
    lease_until timestamptz,
    lost_at timestamptz,
    row_key text NOT NULL,
    follows bigint,
    assumed text[],
    sqlstate text,
    code text,
    error text,
    detail text,
    hint text,
    error_column text,
    answer jsonb,
    asked_by text NOT NULL DEFAULT session_user,
    application_name text DEFAULT current_setting('application_name'),
    client_address inet DEFAULT inet_client_addr(),
    asked_from text NOT NULL,
    asked_with text,
    enqueued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    CHECK ((operation = 'create') OR id IS NOT NULL)
);
CREATE INDEX IF NOT EXISTS _sync_queue_open ON {mirror}._sync_queue (row_key, queue_id) WHERE status IN ('pending', 'sending');
CREATE INDEX IF NOT EXISTS _sync_queue_next ON {mirror}._sync_queue (queue_id) WHERE status IN ('pending', 'sending');
CREATE INDEX IF NOT EXISTS _sync_queue_group ON {mirror}._sync_queue (in_group, queue_id)
    WHERE status = 'pending' AND in_group IS NOT NULL;
CREATE INDEX IF NOT EXISTS _sync_queue_statement ON {mirror}._sync_queue (in_group, status) WHERE in_group IS NOT NULL;
-- No object is the result of two creates.
CREATE UNIQUE INDEX IF NOT EXISTS _sync_queue_created ON {mirror}._sync_queue (table_name, id)
    WHERE operation = 'create' AND id IS NOT NULL;
CREATE INDEX IF NOT EXISTS _sync_queue_fate ON {mirror}._sync_queue (client_transaction, queue_id)
    WHERE fate IN ('open', 'rolled_back');
CREATE INDEX IF NOT EXISTS _sync_queue_finished ON {mirror}._sync_queue (finished_at) WHERE finished_at IS NOT NULL;
-- Nothing is undone twice.
CREATE UNIQUE INDEX IF NOT EXISTS _sync_queue_undoes ON {mirror}._sync_queue (undoes) WHERE undoes IS NOT NULL;
COMMENT ON TABLE {mirror}._sync_queue IS 'Changes of rows on their way to QuickBooks, and what has become of them.';

CREATE TABLE IF NOT EXISTS {mirror}._sync_request (
    request bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue_id bigint NOT NULL REFERENCES {mirror}._sync_queue ON DELETE CASCADE,
    request_id text NOT NULL,
    b_id text,
    method text NOT NULL,
    path text NOT NULL,
    params jsonb NOT NULL,
    body bytea NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    quickbooks_at timestamptz NOT NULL,
    outcome text CHECK (outcome IN ('done', 'refused', 'lost', 'absent', 'unsent')),
    words text,
    answered_at timestamptz
);
CREATE INDEX IF NOT EXISTS _sync_request_row ON {mirror}._sync_request (queue_id);
COMMENT ON TABLE {mirror}._sync_request IS 'Requests to QuickBooks, each noted before its first byte leaves.';

CREATE TABLE IF NOT EXISTS {mirror}._sync_file (
    queue_id bigint PRIMARY KEY REFERENCES {mirror}._sync_queue ON DELETE CASCADE,
    content bytea NOT NULL
);
COMMENT ON TABLE {mirror}._sync_file IS 'Files of attachments that are on their way to QuickBooks.';

CREATE TABLE IF NOT EXISTS {mirror}._sync_key (
    realm_id text NOT NULL,
    table_name text NOT NULL,
    key text NOT NULL,
    queue_id bigint NOT NULL,
    id text,
    PRIMARY KEY (realm_id, table_name, key)
);
COMMENT ON TABLE {mirror}._sync_key IS 'Keys of creates, kept for good: a key that comes again gets the first answer.';

CREATE TABLE IF NOT EXISTS {mirror}._sync_queue_mode (
    role name PRIMARY KEY,
    set_by text NOT NULL DEFAULT session_user,
    set_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE {mirror}._sync_queue_mode IS 'Roles whose plain changes of the mirror are queued for QuickBooks.';
