-- under_way: what the caller's role has on its way for a row: the columns as they will be, the last change and the columns
-- that it counts on, and whether the row is going.
CREATE OR REPLACE FUNCTION {load}.under_way(
    ordered text, OUT image jsonb, OUT follows bigint, OUT assumed text[], OUT is_going boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    earlier record;
BEGIN
    image := '{{}}';
    is_going := false;
    FOR earlier IN SELECT q.queue_id, q.operation, q.changed - 'sync_token' AS changed FROM {mirror}._sync_queue AS q
                   WHERE q.row_key = ordered AND q.status IN ('pending', 'sending') AND q.asked_by = session_user
                   ORDER BY q.queue_id LOOP
        image := image || earlier.changed;
        assumed := assumed || ARRAY(SELECT jsonb_object_keys(earlier.changed));
        follows := earlier.queue_id;
        is_going := earlier.operation = 'delete';
    END LOOP;
END
$body$;

-- enqueue: asks for one change; returns its number. A create with a key that was used before returns the first one's,
-- unless that has failed. The base of an update is the row as the mirror has it, with what the same role has under way.
-- A transaction is that of a client for whom somebody else asks, on another connection: pg_current_xact_id() there.
CREATE OR REPLACE FUNCTION {load}.enqueue(
    object text, doing text, row_id text DEFAULT NULL, new_values jsonb DEFAULT '{{}}', sync_key text DEFAULT NULL,
    base jsonb DEFAULT NULL, change_group text DEFAULT NULL, statement text DEFAULT NULL, origin text DEFAULT 'sql',
    in_transaction text DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    company {mirror}._sync_company;
    ordered text := object || CASE WHEN doing = 'create' THEN '+' || md5(new_values::text) ELSE ':' || row_id END;
    number bigint;
    follows bigint;
    assumed text[];
BEGIN
    IF NOT {load}.known_object(object) THEN
        RAISE EXCEPTION 'There is no table %', object USING ERRCODE = '42P01';
    END IF;
    SELECT * INTO company FROM {mirror}._sync_company;
    IF company IS NULL THEN
        RAISE EXCEPTION 'This mirror holds no company yet' USING ERRCODE = '55000', HINT = 'Run a sync first.';
    END IF;
    -- Changes of one row queue up in the order of their transactions.
    PERFORM pg_advisory_xact_lock(hashtext({mirror_name} || ' queue'), hashtext(ordered));
    IF sync_key IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext({mirror_name} || ' key'), hashtext(object || ' ' || sync_key));
        SELECT k.queue_id INTO number FROM {mirror}._sync_key AS k
            WHERE (k.realm_id, k.table_name, k.key) = (company.realm_id, object, sync_key)
            AND NOT EXISTS (SELECT FROM {mirror}._sync_queue AS q WHERE q.queue_id = k.queue_id AND q.status = 'failed');
        IF FOUND THEN
            RETURN number;
        END IF;
    END IF;
    IF doing <> 'create' AND base IS NULL THEN
        EXECUTE format('SELECT to_jsonb(m) FROM {mirror}.%I AS m WHERE id = $1', object) INTO base USING row_id;
        SELECT base || u.image, u.follows, u.assumed INTO base, follows, assumed FROM {load}.under_way(ordered) AS u;
    END IF;
    INSERT INTO {mirror}._sync_queue (deployment_id, environment, realm_id, table_name, operation, id, key, old, changed,
            in_group, client_transaction, row_key, follows, assumed, asked_from, asked_with)
        VALUES ({load}.deployment(), company.environment, company.realm_id, object, doing,
            CASE WHEN doing <> 'create' THEN row_id END, sync_key, base, new_values, change_group, in_transaction, ordered, follows, assumed,
            origin, statement)
        RETURNING queue_id INTO number;
    IF sync_key IS NOT NULL THEN
        INSERT INTO {mirror}._sync_key (realm_id, table_name, key, queue_id)
            VALUES (company.realm_id, object, sync_key, number)
            ON CONFLICT (realm_id, table_name, key) DO UPDATE SET queue_id = number;
    END IF;
    RETURN number;
END
$body$;
