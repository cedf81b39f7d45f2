-- claim_changes: gives a worker the next change that may be sent, for as long as its lease, and with it others of its kind
-- that were never sent, where those may go together: of a group as many as a request takes, of single ones a fair share of
-- what waits, so that none waits for others while a hand is idle. One that another worker left in the middle comes again
-- when its lease has ended; if it had sent something, that answer is lost. One claims at a time, so that a group is not
-- torn into pieces.
CREATE OR REPLACE FUNCTION {load}.claim_changes(
    deployment text, claimant text, lease interval, together text[], most int, hands int)
RETURNS SETOF {mirror}._sync_queue LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET synchronous_commit = off AS $body$  -- what is sent is committed for good later, by note_request
DECLARE
    first {mirror}._sync_queue;
    numbers bigint[];
    share int := most;
BEGIN
    IF NOT EXISTS (SELECT FROM {mirror}._sync_deployment WHERE deployment_id = deployment) THEN
        RAISE EXCEPTION 'The queue was adopted by another host' USING ERRCODE = '55000';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext({mirror_name} || ' claim'), 0);
    SELECT * INTO first FROM {mirror}._sync_queue AS q
        WHERE q.status IN ('pending', 'sending') AND q.deployment_id = deployment AND q.not_before <= now()
          AND (q.status = 'pending' OR q.lease_until <= now())
          AND NOT EXISTS (SELECT FROM {mirror}._sync_queue AS e WHERE e.row_key = q.row_key
                          AND e.queue_id < q.queue_id AND e.status IN ('pending', 'sending'))
        ORDER BY q.queue_id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE {mirror}._sync_queue AS q SET old = q.old || (
            SELECT jsonb_object_agg(c.name, coalesce(f.answer -> c.name, 'null'))
            FROM unnest(q.assumed || ARRAY['sync_token', 'updated_at']) AS c (name))
        FROM {mirror}._sync_queue AS f
        WHERE q.queue_id = first.queue_id AND f.queue_id = q.follows AND f.status = 'done' AND f.answer IS NOT NULL
          AND q.attempts = 0;
    IF first.attempts = 0 AND first.operation || ' ' || first.table_name = ANY (together) THEN
        IF first.in_group IS NULL THEN
            SELECT count(*) / hands INTO share FROM (
                SELECT FROM {mirror}._sync_queue AS q WHERE q.status = 'pending' AND q.in_group IS NULL
                    AND (q.table_name, q.operation) = (first.table_name, first.operation) LIMIT most * hands) AS waiting;
        END IF;
        numbers := ARRAY(
            SELECT q.queue_id FROM {mirror}._sync_queue AS q
            WHERE q.in_group IS NOT DISTINCT FROM first.in_group AND q.status = 'pending' AND q.queue_id > first.queue_id
              AND q.deployment_id = deployment AND q.attempts = 0 AND q.follows IS NULL AND q.not_before <= now()
              AND (q.table_name, q.operation) = (first.table_name, first.operation)
              AND NOT EXISTS (SELECT FROM {mirror}._sync_queue AS e WHERE e.row_key = q.row_key
                              AND e.queue_id < q.queue_id AND e.status IN ('pending', 'sending'))
            ORDER BY q.queue_id LIMIT greatest(share - 1, 0) FOR UPDATE SKIP LOCKED);
    END IF;
    RETURN QUERY UPDATE {mirror}._sync_queue AS q SET status = 'sending', worker = claimant, lease_until = now() + lease,
        attempts = q.attempts + 1,
        lost_at = CASE WHEN EXISTS (SELECT FROM {mirror}._sync_request AS r WHERE r.queue_id = q.queue_id
                                    AND (r.outcome IS NULL OR r.outcome = 'lost')) THEN coalesce(q.lost_at, now()) END
        WHERE q.queue_id = first.queue_id OR q.queue_id = ANY (numbers) RETURNING q.*;
END
$body$;

-- renew_leases: workers that live keep what they hold; what has been lost is not taken back.
CREATE OR REPLACE FUNCTION {load}.renew_leases(claimants text[], lease interval) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    renewed bigint;
BEGIN
    UPDATE {mirror}._sync_queue SET lease_until = now() + lease
        WHERE status = 'sending' AND worker = ANY (claimants) AND lease_until > now();
    GET DIAGNOSTICS renewed = ROW_COUNT;
    RETURN renewed;
END
$body$;

-- hold_change: refuses whoever no longer has the lease of a change.
CREATE OR REPLACE FUNCTION {load}.hold_change(number bigint, claimant text) RETURNS {mirror}._sync_queue
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    held {mirror}._sync_queue;
BEGIN
    SELECT * INTO held FROM {mirror}._sync_queue AS q
        WHERE q.queue_id = number AND q.status = 'sending' AND q.worker = claimant FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Change % is no longer held by this worker', number USING ERRCODE = '55006';
    END IF;
    RETURN held;
END
$body$;

-- note_request: what is about to be sent.
CREATE OR REPLACE FUNCTION {load}.note_request(
    number bigint, claimant text, sent_as text, part text, verb text, address text, options jsonb, content bytea,
    at timestamptz)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    noted bigint;
BEGIN
    PERFORM {load}.hold_change(number, claimant);
    INSERT INTO {mirror}._sync_request (queue_id, request_id, b_id, method, path, params, body, quickbooks_at)
        VALUES (number, sent_as, part, verb, address, options, content, at) RETURNING request INTO noted;
    UPDATE {mirror}._sync_queue SET lost_at = NULL WHERE queue_id = number AND lost_at IS NOT NULL;
    RETURN noted;
END
$body$;

-- end_request: what has become of a request, or of all of a change whose end is not known yet.
CREATE OR REPLACE FUNCTION {load}.end_request(number bigint, claimant text, which bigint, ended text, told text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    PERFORM {load}.hold_change(number, claimant);
    UPDATE {mirror}._sync_request SET outcome = ended, words = told, answered_at = clock_timestamp()
        WHERE queue_id = number AND (outcome IS NULL OR outcome = 'lost') AND (which IS NULL OR request = which);
END
$body$;

-- finish_change: QuickBooks has done it. The answer is merged in the same transaction; a row that is gone is deleted.
CREATE OR REPLACE FUNCTION {load}.finish_change(
    number bigint, claimant text, row_id text, image jsonb, read_at timestamptz, told text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    held {mirror}._sync_queue := {load}.hold_change(number, claimant);
BEGIN
    PERFORM {load}.end_request(number, claimant, NULL, 'done', told);
    UPDATE {mirror}._sync_queue SET status = 'done', id = row_id, answer = image, lost_at = NULL, worker = NULL,
        lease_until = NULL, sqlstate = NULL, code = NULL, error = NULL, detail = NULL, hint = NULL, error_column = NULL
        WHERE queue_id = number;
    UPDATE {mirror}._sync_key SET id = row_id WHERE queue_id = number AND table_name = held.table_name;
    IF held.table_name = 'attachable' THEN
        -- QuickBooks has the file now.
        DELETE FROM {mirror}._sync_file WHERE queue_id = number;
        UPDATE {mirror}._sync_request SET body = '' WHERE queue_id = number AND path = 'upload';
    END IF;
    BEGIN
        IF image IS NULL THEN
            PERFORM {load}.delete_rows(held.table_name, ARRAY[row_id], 'write', read_at, NULL);
        ELSE
            EXECUTE format('INSERT INTO {load}.%1$I SELECT * FROM jsonb_populate_record(NULL::{load}.%1$I, $1)',
                           held.table_name) USING image || jsonb_build_object('_sync_read_at', read_at);
        END IF;
        SET CONSTRAINTS ALL IMMEDIATE;
    EXCEPTION WHEN OTHERS THEN
        -- QuickBooks has it all the same. What a trigger or constraint of the user's refuses comes with the next sync.
        UPDATE {mirror}._sync_queue SET error = 'Done in QuickBooks, but not merged: ' || SQLERRM WHERE queue_id = number;
    END;
    PERFORM {load}.set_own(held, row_id);
    PERFORM {load}.go_on_undoing(held);
END
$body$;

-- finish_reading: rows that somebody has asked for, merged.
CREATE OR REPLACE FUNCTION {load}.finish_reading(number bigint, claimant text, images jsonb, read_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    held {mirror}._sync_queue := {load}.hold_change(number, claimant);
BEGIN
    UPDATE {mirror}._sync_queue SET status = 'done', worker = NULL, lease_until = NULL, error = NULL WHERE queue_id = number;
    EXECUTE format('INSERT INTO {load}.%1$I SELECT r.* FROM jsonb_array_elements($1) AS i (image), '
                   'LATERAL jsonb_populate_record(NULL::{load}.%1$I, i.image || $2) AS r', held.table_name)
        USING images, jsonb_build_object('_sync_read_at', read_at);
END
$body$;

-- end_change: it is known not to have been done (failed), or nobody can know (unknown).
CREATE OR REPLACE FUNCTION {load}.end_change(number bigint, claimant text, ended text, told jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    held {mirror}._sync_queue := {load}.hold_change(number, claimant);
BEGIN
    UPDATE {mirror}._sync_queue SET status = ended, worker = NULL, lease_until = NULL,
        lost_at = CASE WHEN ended = 'unknown' THEN coalesce(lost_at, now()) END,
        sqlstate = told ->> 'sqlstate', code = told ->> 'code', error = told ->> 'error', detail = told ->> 'detail',
        hint = told ->> 'hint', error_column = told ->> 'error_column' WHERE queue_id = number;
    PERFORM {load}.go_on_undoing(held);
END
$body$;

-- postpone_change: to be tried again later. One whose answer is lost stays what it is until that is settled.
CREATE OR REPLACE FUNCTION {load}.postpone_change(number bigint, claimant text, at timestamptz, lost boolean, told text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    PERFORM {load}.hold_change(number, claimant);
    UPDATE {mirror}._sync_queue SET status = CASE WHEN lost THEN 'sending' ELSE 'pending' END, worker = NULL,
        lease_until = CASE WHEN lost THEN now() END, lost_at = CASE WHEN lost THEN coalesce(lost_at, now()) END,
        not_before = at, error = told WHERE queue_id = number;
END
$body$;

-- retry_change: a person wants it tried again. What may have been done is looked for first; a change whose base is gone
-- is made of the row as it is then.
CREATE OR REPLACE FUNCTION {load}.retry_change(number bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    found text;
BEGIN
    SELECT status INTO found FROM {mirror}._sync_queue WHERE queue_id = number FOR UPDATE;
    IF found IN ('failed', 'unknown') THEN
        UPDATE {mirror}._sync_queue SET status = CASE found WHEN 'failed' THEN 'pending' ELSE 'sending' END,
            old = CASE WHEN sqlstate = '40001' THEN NULL ELSE old END, lease_until = now(), worker = NULL,
            not_before = now(), deployment_id = {load}.deployment() WHERE queue_id = number;
        -- Whose rollback had to end without knowing goes on with it.
        UPDATE {mirror}._sync_queue AS q SET fate = 'rolled_back', fate_reason = NULL
            FROM {mirror}._sync_queue AS t WHERE t.queue_id = number AND q.fate = 'not_undone'
              AND (q.queue_id = t.undoes OR q.queue_id = number AND found = 'unknown');
        PERFORM pg_notify('quickbooks_queue', {mirror_name});
    END IF;
    RETURN found;
END
$body$;

-- cancel_change: one that was not yet sent is not sent.
CREATE OR REPLACE FUNCTION {load}.cancel_change(number bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    found {mirror}._sync_queue;
BEGIN
    SELECT * INTO found FROM {mirror}._sync_queue WHERE queue_id = number FOR UPDATE;
    IF found.status = 'pending' THEN
        UPDATE {mirror}._sync_queue SET status = 'failed', sqlstate = '57014', error = 'It was cancelled before it was sent'
            WHERE queue_id = number;
        PERFORM {load}.end_statement(found);
    END IF;
    RETURN found.status;
END
$body$;
