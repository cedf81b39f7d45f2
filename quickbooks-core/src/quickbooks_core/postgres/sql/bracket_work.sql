-- secret: the key that the proxy and the database share, made when it is first asked for.
CREATE OR REPLACE FUNCTION {load}.secret() RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    held bytea;
    made bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
    padded bytea := made || decode(repeat('00', 32), 'hex');
    inner_key bytea := padded;
    outer_key bytea := padded;
BEGIN
    SELECT key INTO held FROM {load}._secret;
    IF FOUND THEN
        RETURN held;
    END IF;
    FOR place IN 0..63 LOOP
        inner_key := set_byte(inner_key, place, get_byte(padded, place) # 54);
        outer_key := set_byte(outer_key, place, get_byte(padded, place) # 92);
    END LOOP;
    INSERT INTO {load}._secret (key, inner_key, outer_key) VALUES (made, inner_key, outer_key) ON CONFLICT DO NOTHING;
    SELECT key INTO held FROM {load}._secret;
    RETURN held;
END
$body$;

-- proof: HMAC-SHA256 of some words; NULL where a word is, or where there is no secret yet. What proves nothing must not
-- pass for it: whoever compares asks whether it IS TRUE that both are equal.
CREATE OR REPLACE FUNCTION {load}.proof(words text) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
    SELECT sha256(outer_key || sha256(inner_key || convert_to(words, 'UTF8'))) FROM {load}._secret
$body$;

-- most_rows: how many rows a statement of this session may change.
CREATE OR REPLACE FUNCTION {load}.most_rows() RETURNS int
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $body$
    SELECT coalesce(nullif(current_setting('quickbooks.max_rows_per_statement', true), ''), '1000')::int
$body$;

-- _sync_bracket: from here to the rollback the rows that the transaction changes are noted. Only who knows the secret can
-- say so; the nonce is not used twice. Says what the proxy has to know of the session. A read-only transaction is not
-- disturbed: Postgres itself refuses what it writes.
CREATE OR REPLACE FUNCTION {mirror}._sync_bracket(nonce text, proof bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF (proof = {load}.proof('bracket ' || pg_backend_pid() || ' ' || nonce)) IS NOT TRUE THEN
        RAISE EXCEPTION 'Only quickbooks-proxy tries statements out' USING ERRCODE = '42501';
    END IF;
    IF current_setting('transaction_read_only') = 'off' THEN
        PERFORM set_config('quickbooks.queue_mode', 'off', true);
        -- One that somebody has contrived to commit would be in the way for good.
        DELETE FROM {load}._bracket WHERE pid = pg_backend_pid();
        INSERT INTO {load}._bracket (pid, transaction, elsewhere)
            VALUES (pg_backend_pid(), pg_current_xact_id(), {load}.elsewhere());
    END IF;
    RETURN json_build_object('transaction', pg_current_xact_id_if_assigned()::text, 'role', session_user,
        'isolation', current_setting('transaction_isolation'), 'timeout', extract(epoch FROM current_setting('statement_timeout')::interval),
        'most', {load}.most_rows());
END
$body$;

-- _sync_level: the number of the innermost savepoint that a client has set, or of its transaction: what is rolled back with
-- it is what was asked for since.
CREATE OR REPLACE FUNCTION {mirror}._sync_level() RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    whole numeric;
    level numeric;
BEGIN
    IF current_setting('transaction_read_only') = 'on' THEN
        RETURN NULL;
    END IF;
    INSERT INTO {load}._level (pid) VALUES (pg_backend_pid()) RETURNING xmin::text::numeric INTO level;
    DELETE FROM {load}._level WHERE pid = pg_backend_pid();
    whole := pg_current_xact_id()::text::numeric;
    -- The row has the lower half of the number; a savepoint's is higher than its transaction's.
    level := level + div(whole, 4294967296) * 4294967296;
    RETURN CASE WHEN level < whole THEN level + 4294967296 ELSE level END::text;
END
$body$;

-- capture: notes a row that a statement in a bracket has changed. A statement outside of one leaves nothing behind. Values
-- of the user's own columns are written so that another session reads them as they are.
CREATE OR REPLACE FUNCTION {load}.capture() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO' SET intervalstyle = 'postgres' SET extra_float_digits = 1 AS $body$
BEGIN
    IF EXISTS (SELECT FROM {load}._bracket AS b WHERE b.pid = pg_backend_pid() AND b.transaction = pg_current_xact_id()) THEN
        INSERT INTO {load}._image (pid, transaction, table_name, operation, old, new)
            VALUES (pg_backend_pid(), pg_current_xact_id(), TG_TABLE_NAME, TG_OP,
                CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END);
    END IF;
    RETURN NULL;
END
$body$;

-- give_pending_id: a new row is called something until QuickBooks has named it, also where NULL is given for its id.
CREATE OR REPLACE FUNCTION {load}.give_pending_id() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    NEW.id := 'qbk_pending_' || gen_random_uuid();
    RETURN NEW;
END
$body$;

-- _sync_images: what a bracket has noted, for who knows the secret, with a proof that it comes from here; the bracket is
-- shut. What was tried out can only be rolled back now, or is nothing that QuickBooks is told of. `elsewhere` is a table
-- that is not the mirror's, and would lose what the statement has written in it. `many` is how many rows come or go, where
-- that is more than a statement may change: then the rows themselves stay here.
CREATE OR REPLACE FUNCTION {mirror}._sync_images(nonce text, proof bytea, OUT images bytea, OUT seal bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    told text;
    noted json;
    touched text[];
    before text[];
    written text;
    many bigint;
    here text := pg_backend_pid() || ' ' || coalesce(pg_current_xact_id_if_assigned()::text, '');
BEGIN
    IF (proof = {load}.proof('images ' || here || ' ' || nonce)) IS NOT TRUE THEN
        RAISE EXCEPTION 'Only quickbooks-proxy tries statements out' USING ERRCODE = '42501';
    END IF;
    IF current_setting('transaction_read_only') = 'off' THEN
        SELECT count(*) INTO many FROM {load}._image AS i
            WHERE i.pid = pg_backend_pid() AND i.transaction = pg_current_xact_id() AND i.operation <> 'UPDATE';
        many := nullif(many, least(many, {load}.most_rows()));
        WITH gone AS (
            DELETE FROM {load}._image AS i WHERE i.pid = pg_backend_pid() AND i.transaction = pg_current_xact_id() RETURNING i.*)
        SELECT json_agg(json_build_object('table', table_name, 'operation', operation, 'old', old, 'new', new) ORDER BY number)
                FILTER (WHERE many IS NULL), array_agg(DISTINCT table_name || ' ' || operation) INTO noted, touched FROM gone;
        DELETE FROM {load}._bracket AS b WHERE b.pid = pg_backend_pid() RETURNING b.elsewhere INTO before;
        -- In this order: looking at triggers takes longer, and hardly any statement writes elsewhere.
        written := {load}.written_elsewhere(before);
        IF written IS NOT NULL AND {load}.sets_off_more(touched) THEN
            written := NULL;
        END IF;
    END IF;
    told := json_build_object('rows', coalesce(noted, '[]'), 'elsewhere', written, 'many', many)::text;
    images := convert_to(told, 'UTF8');  -- whatever encoding the client has
    seal := {load}.proof('seal ' || here || ' ' || nonce || ' ' || told);
END
$body$;

-- _sync_settle: answers to what this client has written, which wait because it has itself locked the rows, are put into
-- them by its own transaction; where that is rolled back, they wait again.
CREATE OR REPLACE FUNCTION {mirror}._sync_settle(nonce text, proof bytea, object text, ids text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    parked jsonb;
BEGIN
    IF (proof = {load}.proof('settle ' || pg_backend_pid() || ' ' || nonce)) IS NOT TRUE OR NOT {load}.known_object(object) THEN
        RAISE EXCEPTION 'Only quickbooks-proxy may do that' USING ERRCODE = '42501';
    END IF;
    FOR parked IN SELECT DISTINCT ON (p.id) p.landing FROM {mirror}._sync_parked AS p
                  WHERE p.table_name = object AND p.id = ANY (ids) AND p.landing ->> '_sync_columns' IS NULL
                  ORDER BY p.id, p.landing ->> '_sync_read_at' DESC LOOP
        EXECUTE format('SELECT {load}.%I($1)', 'apply_' || object) USING parked;
    END LOOP;
END
$body$;

-- is_free: whether any of these rows is locked by nobody, or gone.
CREATE OR REPLACE FUNCTION {load}.is_free(object text, ids text[]) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    free boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM (SELECT FROM {mirror}.%1$I WHERE id = ANY ($1) FOR NO KEY UPDATE SKIP LOCKED) AS f) '
                   'OR EXISTS (SELECT FROM unnest($1) AS w (id) WHERE NOT EXISTS (SELECT FROM {mirror}.%1$I AS m WHERE m.id = w.id))',
                   object) INTO free USING ids;
    RETURN free;
END
$body$;

-- merge_waiting: rows that clients had locked are merged, or go, as soon as they are free.
CREATE OR REPLACE FUNCTION {load}.merge_waiting() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    waiting record;
BEGIN
    FOR waiting IN SELECT p.table_name AS object, array_agg(p.id) AS ids FROM {mirror}._sync_parked AS p GROUP BY 1 ORDER BY 1 LOOP
        IF {load}.is_free(waiting.object, waiting.ids) THEN
            PERFORM {load}.merge_parked(waiting.object);
        END IF;
    END LOOP;
    FOR waiting IN SELECT d.table_name AS object, d.deleted_at, array_agg(d.id) AS ids FROM {mirror}._sync_deletes AS d
                   WHERE d.status = 'waiting' AND d.source = 'write' GROUP BY 1, 2 ORDER BY 1, 2 LOOP
        IF {load}.is_free(waiting.object, waiting.ids) THEN
            PERFORM {load}.delete_rows(waiting.object, waiting.ids, 'write', waiting.deleted_at, NULL);
        END IF;
    END LOOP;
END
$body$;

-- _sync_fail: raises what QuickBooks has said, so that the error and the state of the transaction are Postgres's own.
CREATE OR REPLACE FUNCTION {mirror}._sync_fail(
    code text, message text, detail text, hint text, table_name text, column_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    RAISE EXCEPTION USING ERRCODE = code, MESSAGE = message, DETAIL = detail, HINT = hint,
        SCHEMA = {mirror_name}, TABLE = table_name, COLUMN = column_name;
END
$body$;

-- _sync_tell: the same for what is no error.
CREATE OR REPLACE FUNCTION {mirror}._sync_tell(is_warning boolean, message text, detail text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF is_warning THEN
        RAISE WARNING USING MESSAGE = message, DETAIL = detail;
    ELSE
        RAISE NOTICE USING MESSAGE = message, DETAIL = detail;
    END IF;
END
$body$;

-- _sync_read: raises what Postgres raises where a text is no SQL. Nothing of the text is run: Postgres reads all of it, and
-- then fails at what stands before it.
CREATE OR REPLACE FUNCTION {mirror}._sync_read(script text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    EXECUTE 'SELECT 1/0;' || script;
EXCEPTION
    WHEN division_by_zero THEN
        RETURN;
END
$body$;

-- enqueue_statement: the changes of one statement of a client, for which the proxy answers.
CREATE OR REPLACE FUNCTION {load}.enqueue_statement(
    changes jsonb, statement_group text, statement text, role text, application text, address inet, in_transaction text,
    in_savepoint text)
RETURNS bigint[] LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    one jsonb;
    numbers bigint[] := '{{}}';
BEGIN
    FOR one IN SELECT c.value FROM jsonb_array_elements(changes) WITH ORDINALITY AS c (value, place) ORDER BY c.place LOOP
        PERFORM {load}.check_own(one ->> 'table', nullif(one -> 'own', 'null'));
        numbers := numbers || {load}.enqueue(one ->> 'table', one ->> 'operation', one ->> 'id', one -> 'values',
            base => nullif(one -> 'base', 'null'), change_group => statement_group, statement => statement, origin => 'proxy',
            in_transaction => in_transaction);
        UPDATE {mirror}._sync_queue SET own = nullif(one -> 'own', 'null')
            WHERE queue_id = numbers[cardinality(numbers)] AND one ->> 'own' IS NOT NULL;
    END LOOP;
    UPDATE {mirror}._sync_queue SET asked_by = role, application_name = application, client_address = address,
        client_savepoint = in_savepoint WHERE queue_id = ANY (numbers);
    RETURN numbers;
END
$body$;

-- statement_changes: those of a statement, for a proxy that has lost its connection before it was told.
CREATE OR REPLACE FUNCTION {load}.statement_changes(statement_group text) RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
    SELECT array_agg(queue_id ORDER BY queue_id) FROM {mirror}._sync_queue WHERE in_group = statement_group
$body$;

-- end_statement: a statement of a client counts as a whole or not at all. Whoever ends the last of its changes sees to it that
-- what was done is undone where others were not, so that it does not matter whether the proxy still lives. One that was a
-- transaction of its own gets its group as the name of that.
CREATE OR REPLACE FUNCTION {load}.end_statement(ended {mirror}._sync_queue) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF ended.asked_from <> 'proxy' OR ended.in_group IS NULL THEN
        RETURN;
    END IF;
    -- Two that end at once would not see each other.
    PERFORM pg_advisory_xact_lock(hashtext({mirror_name} || ' statement'), hashtext(ended.in_group));
    IF EXISTS (SELECT FROM {mirror}._sync_queue WHERE in_group = ended.in_group AND status = 'pending')
       OR EXISTS (SELECT FROM {mirror}._sync_queue WHERE in_group = ended.in_group AND status = 'sending')
       OR NOT EXISTS (SELECT FROM {mirror}._sync_queue WHERE in_group = ended.in_group AND status = 'failed')
       OR NOT EXISTS (SELECT FROM {mirror}._sync_queue WHERE in_group = ended.in_group AND status = 'done') THEN
        RETURN;
    END IF;
    UPDATE {mirror}._sync_queue SET client_transaction = in_group, fate = 'open'
        WHERE in_group = ended.in_group AND client_transaction IS NULL;
    PERFORM {load}.take_back(ARRAY(SELECT queue_id FROM {mirror}._sync_queue WHERE in_group = ended.in_group));
END
$body$;

-- change_results: what has become of changes, with the row as the mirror has it now, or while that waits for a client's
-- lock as QuickBooks has answered it.
CREATE OR REPLACE FUNCTION {load}.change_results(numbers bigint[])
RETURNS TABLE (queue_id bigint, status text, id text, answer jsonb, sqlstate text, error text, detail text, hint text,
               error_column text, is_parked boolean, fate text, fate_reason text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    one {mirror}._sync_queue;
BEGIN
    FOR one IN SELECT * FROM {mirror}._sync_queue AS q WHERE q.queue_id = ANY (numbers) LOOP
        queue_id := one.queue_id; status := one.status; id := one.id; answer := one.answer; sqlstate := one.sqlstate;
        fate := one.fate; fate_reason := one.fate_reason; error := one.error; detail := one.detail; hint := one.hint;
        error_column := one.error_column;
        is_parked := EXISTS (SELECT FROM {mirror}._sync_parked AS p WHERE (p.table_name, p.id) = (one.table_name, one.id));
        IF one.status = 'done' AND one.answer IS NOT NULL AND NOT is_parked THEN
            EXECUTE format('SELECT coalesce((SELECT to_jsonb(m) FROM {mirror}.%I AS m WHERE m.id = $1), $2)', one.table_name)
                INTO answer USING one.id, one.answer;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$body$;

-- missing_ids: which of these ids the mirror does not have.
CREATE OR REPLACE FUNCTION {load}.missing_ids(object text, ids text[]) RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    missing text[];
BEGIN
    IF NOT {load}.known_object(object) THEN
        RAISE EXCEPTION 'There is no table %', object USING ERRCODE = '42P01';
    END IF;
    EXECUTE format('SELECT array_agg(w.id ORDER BY w.place) FROM unnest($1) WITH ORDINALITY AS w (id, place) '
                   'WHERE NOT EXISTS (SELECT FROM {mirror}.%I AS m WHERE m.id = w.id)', object) INTO missing USING ids;
    RETURN coalesce(missing, '{{}}');
END
$body$;
