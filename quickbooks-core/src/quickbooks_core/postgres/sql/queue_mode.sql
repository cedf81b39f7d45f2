-- in_queue_mode: whether plain statements of a role are queued. A session in which quickbooks.queue_mode is off is
-- treated like anybody's: then the fence decides.
CREATE OR REPLACE FUNCTION {load}.in_queue_mode(asking name) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
    SELECT coalesce(current_setting('quickbooks.queue_mode', true), '') <> 'off'
        AND EXISTS (SELECT FROM {mirror}._sync_queue_mode WHERE role = asking)
$body$;

-- set_queue_mode: puts a role in queue mode, or out of it; says whether that has changed anything.
CREATE OR REPLACE FUNCTION {load}.set_queue_mode(asking name, is_on boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF is_on AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = asking) THEN
        RAISE EXCEPTION 'There is no role %', asking USING ERRCODE = '42704';
    END IF;
    IF asking = 'quickbooks_owner' THEN
        RAISE EXCEPTION 'What quickbooks_owner writes is the mirror itself' USING ERRCODE = '42501';
    END IF;
    IF is_on THEN
        INSERT INTO {mirror}._sync_queue_mode (role) VALUES (asking) ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM {mirror}._sync_queue_mode WHERE role = asking;
    END IF;
    RETURN FOUND;
END
$body$;

-- try_change: lets Postgres itself judge what is about to be queued, by doing it and taking it back at once: privileges,
-- policies, constraints and triggers of the user's. It runs with the rights of whoever changes the row, so every name in
-- it that is looked up in his search_path is qualified. Whoever sets the word himself gets his row as far as the fence.
CREATE OR REPLACE FUNCTION {load}.try_change() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    his_path pg_catalog.text := pg_catalog.current_setting('search_path');
    statement pg_catalog.text;
    touched pg_catalog.int8;
BEGIN
    IF pg_catalog.current_setting('quickbooks.queue_mode', true) OPERATOR(pg_catalog.=) 'trial' THEN
        IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
            NEW.id := pg_catalog.gen_random_uuid()::pg_catalog.text;
        END IF;
        RETURN NEW;
    END IF;
    BEGIN
        PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
        PERFORM set_config('quickbooks.queue_mode', 'trial', true);
        -- Only what he may set: the rest is made by defaults and triggers, as it was in the statement itself.
        IF TG_OP = 'INSERT' THEN
            SELECT format('INSERT INTO %s ', TG_RELID::regclass)
                || coalesce('(' || string_agg(quote_ident(attname), ', ') || ') SELECT '
                            || string_agg(format('($1).%I', attname), ', '), 'DEFAULT VALUES') INTO statement
                FROM pg_attribute WHERE attrelid = TG_RELID AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
                    AND attidentity <> 'a' AND attname <> 'id' AND has_column_privilege(TG_RELID, attnum, 'INSERT');
            PERFORM set_config('search_path', his_path, true);
            EXECUTE statement USING NEW;
        ELSE
            SELECT format('UPDATE %s AS t SET ', TG_RELID::regclass)
                || string_agg(format('%I = ($1).%I', attname, attname), ', ')
                || ' WHERE t.id OPERATOR(pg_catalog.=) ($2).id' INTO statement
                FROM pg_attribute WHERE attrelid = TG_RELID AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
                    AND to_jsonb(NEW) -> attname IS DISTINCT FROM to_jsonb(OLD) -> attname
                    AND has_column_privilege(TG_RELID, attnum, 'UPDATE');
            IF statement IS NOT NULL THEN
                PERFORM set_config('search_path', his_path, true);
                EXECUTE statement USING NEW, OLD;
                GET DIAGNOSTICS touched = ROW_COUNT;
                IF touched OPERATOR(pg_catalog.=) 0 THEN
                    RAISE EXCEPTION 'A row of % may be changed by this role, but not seen', TG_TABLE_NAME USING ERRCODE = '42501';
                END IF;
            END IF;
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'QBT00';
    EXCEPTION WHEN SQLSTATE 'QBT00' THEN
        NULL;  -- everything is as it was, the settings too
    END;
    RETURN NEW;
END
$body$;

-- take_change: puts a change of a row into the queue and leaves the row as it is, apart from columns of the user's own.
-- Its arguments: QuickBooks' name of the object, what QuickBooks can do with it, all its columns, those that a create and
-- those that an update may set. An UPDATE goes on, with the old values, so that it counts.
CREATE OR REPLACE FUNCTION {load}.take_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    columns text[] := TG_ARGV[2];
    doing text := CASE TG_OP WHEN 'INSERT' THEN 'create' ELSE lower(TG_OP) END;
    before jsonb := '{{"_sync_read_at": "-infinity"}}';
    changed jsonb;
    own jsonb;
BEGIN
    IF current_setting('quickbooks.queue_mode', true) = 'trial' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        before := to_jsonb(OLD);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        SELECT jsonb_object_agg(key, value) INTO changed FROM jsonb_each(to_jsonb(NEW)) AS n
            WHERE key = ANY (columns) AND value <> coalesce(before -> key, 'null')
              -- A default that somebody gives new rows is no id.
              AND NOT (TG_OP = 'INSERT' AND key = 'id' AND starts_with(value #>> '{{}}', 'qbk_pending_'));
    END IF;
    IF TG_OP = 'UPDATE' AND changed IS NULL THEN
        RETURN NEW;  -- nothing of QuickBooks'
    END IF;
    IF TG_ARGV[1]::text[] @> ARRAY[doing] IS NOT TRUE THEN
        RAISE EXCEPTION '[QuickBooks] % cannot be %d through QuickBooks'' API', TG_ARGV[0], doing USING ERRCODE = '0A000',
            SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, HINT = 'Do it in QuickBooks itself; the mirror follows.';
    END IF;
    PERFORM {load}.check_columns(TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV[0], doing, before ->> 'id', changed,
                                 columns, TG_ARGV[3]::text[], TG_ARGV[4]::text[]);
    IF TG_OP = 'INSERT' THEN  -- there is no row yet that could keep them
        SELECT jsonb_object_agg(key, value) INTO own FROM jsonb_each(to_jsonb(NEW))
            WHERE key <> ALL (columns) AND strpos(coalesce(value #>> '{{}}', ''), 'qbk_pending_') = 0;
    END IF;
    PERFORM {load}.take_row(TG_TABLE_NAME, doing, before ->> 'id', coalesce(changed, '{{}}'), own);
    IF TG_OP <> 'UPDATE' THEN
        RETURN NULL;
    END IF;
    RETURN jsonb_populate_record(NEW, (SELECT jsonb_object_agg(key, value) FROM jsonb_each(before) WHERE key = ANY (columns)));
END
$body$;

-- check_columns: refuses, by its name, the first column that a change may not set. The version goes with other columns:
-- it says for which one they are meant.
CREATE OR REPLACE FUNCTION {load}.check_columns(
    schema_name text, object text, named text, doing text, row_id text, changed jsonb, columns text[], at_create text[],
    at_update text[]) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    allowed text[] := CASE WHEN doing = 'create' THEN at_create ELSE at_update END;
    one text;
BEGIN
    SELECT key INTO one FROM jsonb_object_keys(changed) AS key
        WHERE key <> ALL (allowed)
          AND NOT (doing = 'update' AND key = 'sync_token' AND changed - 'sync_token' <> '{{}}')
        ORDER BY array_position(columns, key) LIMIT 1;
    IF one IS NULL THEN
        RETURN;
    END IF;
    RAISE EXCEPTION USING ERRCODE = '428C9', SCHEMA = schema_name, TABLE = object, COLUMN = one,
        MESSAGE = format('[QuickBooks] %s %scannot ', named, '`' || row_id || '` ') || CASE
            WHEN doing = 'update' AND one = ANY (at_create) THEN format('change column %s: it is set once, on create', one)
            ELSE format('set column %s: only QuickBooks does', one) END,
        HINT = CASE WHEN one = 'id' THEN 'Leave it out: QuickBooks gives it.'
                    ELSE 'Leave it as it is: QuickBooks works it out by itself.' END;
END
$body$;

-- take_row: one change into the queue, in the transaction of whoever asks for it. What the same role has already under
-- way for the row counts as done.
CREATE OR REPLACE FUNCTION {load}.take_row(object text, doing text, row_id text, new_values jsonb, new_own jsonb)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    under_way record;
    wanted jsonb := new_values;
    number bigint;
BEGIN
    IF doing <> 'create' THEN
        SELECT * INTO under_way FROM {load}.under_way(object || ':' || row_id);
        IF doing = 'delete' AND under_way.is_going THEN
            RETURN;
        END IF;
        SELECT coalesce(jsonb_object_agg(key, value), '{{}}') INTO wanted FROM jsonb_each(new_values)
            WHERE NOT coalesce(under_way.image -> key = value, false);
        IF doing = 'update' AND wanted - 'sync_token' = '{{}}' THEN
            RETURN;
        END IF;
    END IF;
    PERFORM {load}.count_row();
    PERFORM {load}.check_own(object, new_own);
    number := {load}.enqueue(object, doing, row_id, wanted, change_group => 'transaction ' || pg_current_xact_id(),
                             statement => left(current_query(), 2000), origin => 'queue mode');
    IF new_own IS NOT NULL THEN
        UPDATE {mirror}._sync_queue SET own = new_own WHERE queue_id = number;
    END IF;
END
$body$;

-- count_row: refuses a statement that asks for more than a person can have meant, and than Postgres has locks for.
CREATE OR REPLACE FUNCTION {load}.count_row() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    most int := coalesce(nullif(current_setting('quickbooks.max_rows_per_statement', true), ''), '1000')::int;
    asked text := extract(epoch FROM statement_timestamp());
    counted text[] := string_to_array(current_setting('quickbooks.queued_rows', true), ' ');
    number int := CASE WHEN counted[1] = asked THEN counted[2]::int ELSE 0 END + 1;
BEGIN
    IF number > most THEN
        RAISE EXCEPTION 'A statement may change % rows of QuickBooks', most USING ERRCODE = '54000',
            HINT = 'Change fewer at once, or raise quickbooks.max_rows_per_statement.';
    END IF;
    PERFORM set_config('quickbooks.queued_rows', asked || ' ' || number, true);
END
$body$;
