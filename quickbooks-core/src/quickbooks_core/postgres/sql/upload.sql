-- upload_file: asks for a new attachment with its file; returns its number. The columns are those of attachable; a key that
-- was used before returns the first one's, with the file that came then.
CREATE OR REPLACE FUNCTION {load}.upload_file(
    new_values jsonb, content bytea, sync_key text DEFAULT NULL, origin text DEFAULT 'sql', in_transaction text DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    number bigint;
BEGIN
    IF coalesce(new_values ->> 'file_name', '') = '' OR content IS NULL THEN
        RAISE EXCEPTION '[QuickBooks] Attachable needs a value in column file_name, and a file' USING ERRCODE = '23502',
            COLUMN = 'file_name', TABLE = 'attachable';
    END IF;
    number := {load}.enqueue('attachable', 'create', NULL, new_values, sync_key, origin => origin, in_transaction => in_transaction);
    INSERT INTO {mirror}._sync_file (queue_id, content)
        SELECT q.queue_id, upload_file.content FROM {mirror}._sync_queue AS q
        WHERE q.queue_id = number AND q.status = 'pending' AND q.attempts = 0 ON CONFLICT DO NOTHING;
    RETURN number;
END
$body$;
