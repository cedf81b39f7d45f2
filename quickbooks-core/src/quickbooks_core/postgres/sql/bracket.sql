-- bracket: what a client's statement does to the mirror inside a savepoint that the proxy rolls back, row by row. No client
-- can read or write these tables; they are empty but for transactions under way, and rolled back with them.
CREATE TABLE IF NOT EXISTS {load}._secret (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    key bytea NOT NULL,
    inner_key bytea NOT NULL,
    outer_key bytea NOT NULL
);
COMMENT ON TABLE {load}._secret IS 'What the proxy proves itself with, and the database to the proxy.';

CREATE UNLOGGED TABLE IF NOT EXISTS {load}._bracket (
    pid int PRIMARY KEY,
    transaction xid8 NOT NULL,
    elsewhere text[] NOT NULL
);
COMMENT ON TABLE {load}._bracket IS 'Statements that are tried out right now.';

CREATE UNLOGGED TABLE IF NOT EXISTS {load}._level (
    pid int NOT NULL
);
COMMENT ON TABLE {load}._level IS 'Always empty: a row that is made tells by its xmin between which savepoints a client is.';

CREATE UNLOGGED TABLE IF NOT EXISTS {load}._image (
    number bigint GENERATED ALWAYS AS IDENTITY,
    pid int NOT NULL,
    transaction xid8 NOT NULL,
    table_name text NOT NULL,
    operation text NOT NULL,
    old jsonb,
    new jsonb
);
CREATE INDEX IF NOT EXISTS _image_of ON {load}._image (pid, transaction);
COMMENT ON TABLE {load}._image IS 'Rows as a statement that is tried out has found and left them.';

CREATE UNLOGGED TABLE IF NOT EXISTS {load}._owed (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pid int NOT NULL
);
COMMENT ON TABLE {load}._owed IS 'Deletions in transactions that are open, of which QuickBooks is told before the commit.';
