-- guard_queue: a change goes from state to state as these tables say, whoever writes it: what has become of it, and of
-- the client's transaction in which it was asked for.
CREATE OR REPLACE FUNCTION {load}.guard_queue() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.status <> 'pending' THEN
        RAISE EXCEPTION 'A change begins as pending, not as %', NEW.status USING ERRCODE = '55000';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.status, NEW.status) NOT IN (VALUES
        ('pending', 'pending'), ('pending', 'sending'), ('pending', 'failed'),
        ('sending', 'sending'), ('sending', 'pending'), ('sending', 'done'), ('sending', 'failed'), ('sending', 'unknown'),
        ('failed', 'failed'), ('failed', 'pending'),
        ('unknown', 'unknown'), ('unknown', 'sending'),
        ('done', 'done')) THEN
        RAISE EXCEPTION 'Change % is %, and cannot become %', OLD.queue_id, OLD.status, NEW.status
            USING ERRCODE = '55000';
    END IF;
    IF NEW.client_transaction IS NOT NULL AND NEW.fate IS NULL THEN
        NEW.fate := 'open';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.fate <> NEW.fate AND (OLD.fate, NEW.fate) NOT IN (VALUES
        ('open', 'settled'), ('open', 'rolled_back'), ('open', 'not_undone'),
        ('rolled_back', 'undone'), ('rolled_back', 'not_undone'), ('not_undone', 'rolled_back')) THEN
        RAISE EXCEPTION 'The transaction of change % is %, and cannot become %', OLD.queue_id, OLD.fate, NEW.fate
            USING ERRCODE = '55000';
    END IF;
    NEW.finished_at := CASE WHEN NEW.status IN ('pending', 'sending') THEN NULL
                            ELSE coalesce(NEW.finished_at, clock_timestamp()) END;
    IF TG_OP = 'UPDATE' AND (NEW.status <> OLD.status AND NEW.finished_at IS NOT NULL
                             OR NEW.fate <> OLD.fate AND NEW.fate <> 'rolled_back') THEN
        PERFORM pg_notify('quickbooks_done', {mirror_name} || ':' || NEW.queue_id);
    END IF;
    RETURN NEW;
END
$body$;
CREATE OR REPLACE TRIGGER guard BEFORE INSERT OR UPDATE ON {mirror}._sync_queue
    FOR EACH ROW EXECUTE FUNCTION {load}.guard_queue();

-- tell_queue: a hint to workers; whoever misses it finds the row by looking.
CREATE OR REPLACE FUNCTION {load}.tell_queue() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    PERFORM pg_notify('quickbooks_queue', {mirror_name});
    RETURN NULL;
END
$body$;
CREATE OR REPLACE TRIGGER tell AFTER INSERT ON {mirror}._sync_queue
    FOR EACH STATEMENT EXECUTE FUNCTION {load}.tell_queue();

-- server_identity: which server this is; NULL where nobody may know.
CREATE OR REPLACE FUNCTION {load}.server_identity() RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    RETURN (SELECT system_identifier::text FROM pg_control_system());
EXCEPTION WHEN insufficient_privilege THEN
    RETURN NULL;
END
$body$;

-- deployment: the id of the database that the queue belongs to, given when it is first used.
CREATE OR REPLACE FUNCTION {load}.deployment() RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    found text;
BEGIN
    INSERT INTO {mirror}._sync_deployment (deployment_id, system_identifier, database_oid)
        SELECT gen_random_uuid()::text, {load}.server_identity(), oid::text FROM pg_database
        WHERE datname = current_database() AND NOT EXISTS (SELECT FROM {mirror}._sync_deployment)
        ON CONFLICT DO NOTHING;
    SELECT deployment_id INTO found FROM {mirror}._sync_deployment;
    RETURN found;
END
$body$;

-- deployment_state: the id, whether a worker was ever bound to it, and whether this is still the same database.
CREATE OR REPLACE FUNCTION {load}.deployment_state(OUT deployment_id text, OUT is_bound boolean, OUT is_same boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    PERFORM {load}.deployment();
    SELECT d.deployment_id, d.bound_at IS NOT NULL,
           d.database_oid = (SELECT oid::text FROM pg_database WHERE datname = current_database())
           AND coalesce(d.system_identifier = {load}.server_identity(), true)
        INTO deployment_id, is_bound, is_same FROM {mirror}._sync_deployment AS d;
END
$body$;

-- bind_deployment: from now on a host has a note of it, and one without is a stranger.
CREATE OR REPLACE FUNCTION {load}.bind_deployment(deployment text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
    UPDATE {mirror}._sync_deployment SET bound_at = now() WHERE deployment_id = deployment AND bound_at IS NULL
$body$;

-- adopt_queue: from now on this database writes. Whether the other one has done what was under way, nobody here knows.
CREATE OR REPLACE FUNCTION {load}.adopt_queue(OUT deployment text, OUT doubtful bigint, OUT waiting bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    PERFORM {load}.deployment();
    deployment := gen_random_uuid()::text;
    UPDATE {mirror}._sync_deployment AS d SET deployment_id = deployment, system_identifier = {load}.server_identity(),
        database_oid = (SELECT oid::text FROM pg_database WHERE datname = current_database()),
        bound_at = now(), adopted_at = now();
    UPDATE {mirror}._sync_queue SET status = 'unknown', sqlstate = '08007', lost_at = coalesce(lost_at, now()),
        error = 'It was under way when the queue was adopted: another database may have done it',
        hint = 'Look in QuickBooks; quickbooks queue retry looks too, before anything is sent.',
        worker = NULL, lease_until = NULL WHERE status = 'sending';
    GET DIAGNOSTICS doubtful = ROW_COUNT;
    -- Whether their transactions were committed, only the other database knows.
    UPDATE {mirror}._sync_queue SET fate = 'not_undone',
        fate_reason = 'Its transaction was open when the queue was adopted' WHERE fate IN ('open', 'rolled_back');
    UPDATE {mirror}._sync_queue SET deployment_id = deployment WHERE status = 'pending';
    GET DIAGNOSTICS waiting = ROW_COUNT;
END
$body$;
