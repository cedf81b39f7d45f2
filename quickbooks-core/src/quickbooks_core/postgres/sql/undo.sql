-- follow_transactions: looks at the clients' transactions in which changes were asked for. Of committed ones nothing more
-- is to be done; what was done for those that were rolled back is undone. All of it stands in the database, so that it
-- does not matter who of proxy, client and worker has died. Says how many changes are not at their end yet.
CREATE OR REPLACE FUNCTION {load}.follow_transactions() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    one record;
BEGIN
    IF NOT EXISTS (SELECT FROM {mirror}._sync_queue WHERE fate IN ('open', 'rolled_back')) THEN
        RETURN 0;
    END IF;
    IF pg_try_advisory_xact_lock(hashtext({mirror_name} || ' follow'), 0) AND (SELECT is_same FROM {load}.deployment_state()) THEN
        FOR one IN SELECT t.client_transaction AS number, {load}.transaction_state(t.client_transaction) AS state
                   FROM (SELECT DISTINCT client_transaction FROM {mirror}._sync_queue WHERE fate = 'open') AS t LOOP
            -- What went back to a savepoint is not committed with the rest.
            UPDATE {mirror}._sync_queue SET
                fate = CASE WHEN one.state = 'aborted' THEN 'rolled_back' WHEN one.state <> 'committed' THEN 'not_undone'
                            WHEN {load}.transaction_state(client_savepoint) = 'aborted' THEN 'rolled_back' ELSE 'settled' END,
                fate_reason = CASE one.state WHEN 'forgotten' THEN 'Postgres no longer knows what became of its transaction' END
                WHERE client_transaction = one.number AND fate = 'open' AND one.state <> 'in progress';
        END LOOP;
        -- The client may have gone back to a savepoint, in a transaction that goes on.
        UPDATE {mirror}._sync_queue SET fate = 'rolled_back'
            WHERE fate = 'open' AND client_savepoint IS NOT NULL AND {load}.transaction_state(client_savepoint) = 'aborted';
        FOR one IN SELECT DISTINCT client_transaction AS number FROM {mirror}._sync_queue WHERE fate = 'rolled_back' LOOP
            PERFORM {load}.try_to_undo(one.number);
        END LOOP;
    END IF;
    RETURN (SELECT count(*) FROM {mirror}._sync_queue WHERE fate IN ('open', 'rolled_back'));
END
$body$;

-- transaction_state: what has become of a transaction; `forgotten` where Postgres cannot say.
CREATE OR REPLACE FUNCTION {load}.transaction_state(number text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    RETURN coalesce(pg_xact_status(number::xid8), 'forgotten');
EXCEPTION WHEN invalid_parameter_value OR invalid_text_representation THEN
    RETURN 'forgotten';  -- it never was one of this server's
END
$body$;

-- take_back: the client has rolled back to a savepoint before these changes, in a transaction that goes on.
CREATE OR REPLACE FUNCTION {load}.take_back(numbers bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    one record;
BEGIN
    UPDATE {mirror}._sync_queue SET fate = 'rolled_back' WHERE queue_id = ANY (numbers) AND fate = 'open';
    FOR one IN SELECT DISTINCT client_transaction AS number FROM {mirror}._sync_queue WHERE queue_id = ANY (numbers) LOOP
        PERFORM {load}.try_to_undo(one.number);
    END LOOP;
END
$body$;

-- go_on_undoing: a change has ended that undoes another, or that is to be undone itself, or the rest of its statement with it.
CREATE OR REPLACE FUNCTION {load}.go_on_undoing(ended {mirror}._sync_queue) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    PERFORM {load}.end_statement(ended);
    IF ended.fate = 'rolled_back' THEN
        PERFORM {load}.try_to_undo(ended.client_transaction);
    ELSIF ended.undoes IS NOT NULL THEN
        PERFORM {load}.try_to_undo((SELECT client_transaction FROM {mirror}._sync_queue WHERE queue_id = ended.undoes));
    END IF;
END
$body$;

-- try_to_undo: nobody waits for a client who holds a row of the queue; a worker comes by again.
CREATE OR REPLACE FUNCTION {load}.try_to_undo(number text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $body$
BEGIN
    PERFORM {load}.undo_transaction(number);
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    NULL;
END
$body$;

-- undo_transaction: undoes changes in reverse order, one statement after the other: a statement is undone when those
-- after it are at their end. What was not sent yet never is.
CREATE OR REPLACE FUNCTION {load}.undo_transaction(number text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    last {mirror}._sync_queue;
    one {mirror}._sync_queue;
    ends boolean := true;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext({mirror_name} || ' undo'), hashtext(number));
    UPDATE {mirror}._sync_queue SET status = 'failed', sqlstate = '57014', fate = 'undone',
        error = 'Its transaction was rolled back before it was sent'
        WHERE client_transaction = number AND fate = 'rolled_back' AND status = 'pending';
    WHILE ends LOOP
        SELECT * INTO last FROM {mirror}._sync_queue AS q
            WHERE q.client_transaction = number AND q.fate = 'rolled_back' ORDER BY q.queue_id DESC LIMIT 1;
        EXIT WHEN NOT FOUND;
        FOR one IN SELECT * FROM {mirror}._sync_queue AS q WHERE q.client_transaction = number AND q.fate = 'rolled_back'
                   AND (q.queue_id = last.queue_id OR q.in_group = last.in_group) ORDER BY q.queue_id DESC LOOP
            ends := {load}.undo_change(one) AND ends;
        END LOOP;
    END LOOP;
END
$body$;

-- undo_change: asks for the change that undoes one, or notes how that has ended; says whether there is an end.
CREATE OR REPLACE FUNCTION {load}.undo_change(one {mirror}._sync_queue) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    undoing {mirror}._sync_queue;
    reason text;
    why_not text := CASE
        WHEN one.status = 'unknown' THEN 'Nobody knows whether it was done'
        WHEN one.operation = 'void' THEN 'A void cannot be undone'
        WHEN one.operation = 'delete' AND one.answer IS NULL THEN 'QuickBooks has deleted it for good'
        WHEN one.operation = 'update' AND NOT coalesce(one.old ?& ARRAY(SELECT jsonb_object_keys(one.changed - 'sync_token')), false)
            THEN 'Its old values are not known' END;
BEGIN
    SELECT * INTO undoing FROM {mirror}._sync_queue WHERE undoes = one.queue_id;
    IF one.status = 'sending' OR undoing.status IN ('pending', 'sending') THEN
        RETURN false;
    ELSIF undoing.queue_id IS NOT NULL THEN
        -- What was to be deleted and is not there has gone.
        reason := CASE WHEN undoing.status <> 'done' AND NOT (undoing.operation = 'delete' AND undoing.sqlstate = 'P0002'
                       AND undoing.status = 'failed') THEN coalesce(undoing.error, undoing.status) END;
    ELSIF one.status <> 'failed' AND why_not IS NOT NULL THEN
        reason := why_not;
    ELSIF one.status = 'done' AND NOT (one.operation = 'delete' AND one.old ->> 'active' = 'false') THEN
        PERFORM {load}.enqueue_undoing(one);
        RETURN false;
    END IF;
    UPDATE {mirror}._sync_queue SET fate = CASE WHEN reason IS NULL THEN 'undone' ELSE 'not_undone' END, fate_reason = reason
        WHERE queue_id = one.queue_id;
    RETURN true;
END
$body$;

-- enqueue_undoing: what was created is deleted or made inactive, what was made inactive is active again, what was changed
-- gets its old values, where QuickBooks still has ours: the base is its answer, and any other value there is a conflict.
CREATE OR REPLACE FUNCTION {load}.enqueue_undoing(one {mirror}._sync_queue) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    number bigint;
    wanted jsonb := CASE one.operation WHEN 'create' THEN '{{}}' WHEN 'delete' THEN '{{"active": true}}' ELSE (
        SELECT jsonb_object_agg(key, one.old -> key) FROM jsonb_object_keys(one.changed - 'sync_token') AS key) END;
BEGIN
    number := {load}.enqueue(one.table_name, CASE one.operation WHEN 'create' THEN 'delete' ELSE 'update' END, one.id, wanted,
        base => one.answer, change_group => 'undo ' || coalesce(one.in_group, one.queue_id::text), origin => 'rollback');
    UPDATE {mirror}._sync_queue SET undoes = one.queue_id, asked_by = one.asked_by, application_name = one.application_name,
        client_address = one.client_address WHERE queue_id = number;
END
$body$;
