-- apply_selection: a column that the user deselected is emptied and marked, also in rows that wait and in images of
-- deleted ones. A row that a client has locked follows when a later run closes; nobody waits for a client.
CREATE OR REPLACE FUNCTION {load}.apply_selection(selected jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    one record;
    emptied bigint;
BEGIN
    DELETE FROM {mirror}._sync_deselected AS d WHERE selected -> d.table_name ? d.column_name;
    INSERT INTO {mirror}._sync_deselected (table_name, column_name)
        SELECT t.key, a.attname FROM jsonb_each(selected) AS t
        JOIN pg_attribute AS a ON a.attrelid = format('{load}.%I', t.key)::regclass
            AND a.attnum > 0 AND NOT a.attisdropped AND a.attname NOT LIKE '\_sync\_%'
        WHERE NOT t.value ? a.attname
        ON CONFLICT DO NOTHING;
    FOR one IN SELECT table_name, array_agg(column_name) AS columns FROM {mirror}._sync_deselected
               WHERE pending AND selected ? table_name GROUP BY table_name ORDER BY table_name LOOP
        UPDATE {mirror}._sync_parked AS p SET landing = p.landing - one.columns
            WHERE p.table_name = one.table_name AND p.landing ?| one.columns;
        UPDATE {mirror}._sync_deletes AS p SET image = p.image - one.columns
            WHERE p.table_name = one.table_name AND p.image ?| one.columns;
    END LOOP;
    FOR one IN SELECT table_name, column_name FROM {mirror}._sync_deselected
               WHERE pending AND selected ? table_name ORDER BY table_name, column_name LOOP
        PERFORM {load}.widen_path(true);
        EXECUTE format('UPDATE {mirror}.%1$I SET %2$I = NULL WHERE id IN (SELECT id FROM {mirror}.%1$I '
                       'WHERE %2$I IS NOT NULL ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)', one.table_name, one.column_name);
        GET DIAGNOSTICS emptied = ROW_COUNT;
        PERFORM {load}.widen_path(false);
        -- Looked at again until a run finds nothing: a client may have held a row, or a writer not yet have known.
        IF emptied = 0 AND NOT {load}.holds(one.table_name, one.column_name) THEN
            UPDATE {mirror}._sync_deselected AS d SET pending = false
                WHERE d.table_name = one.table_name AND d.column_name = one.column_name;
        END IF;
    END LOOP;
END
$body$;

-- holds: whether any row has a value in a column.
CREATE OR REPLACE FUNCTION {load}.holds(object text, column_name text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    found boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM {mirror}.%I WHERE %I IS NOT NULL)', object, column_name) INTO found;
    RETURN found;
END
$body$;

-- apply_drop: an object that the user deselected is emptied and marked; what is known of its deleted rows goes too.
-- What a client or a foreign key of the user's holds is tried again by every run.
CREATE OR REPLACE FUNCTION {load}.apply_drop(dropped jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    object text;
BEGIN
    UPDATE {mirror}._sync_cdc SET status = 'deselected', bookmark = NULL, rows = 0, calls = 0, error = 'not yet empty'
        WHERE dropped ? table_name AND {load}.known_object(table_name);
    FOR object IN SELECT table_name FROM {mirror}._sync_cdc
                  WHERE status = 'deselected' AND error IS NOT NULL ORDER BY table_name LOOP
        PERFORM {load}.lock_object(object, true);
        DELETE FROM {mirror}._sync_parked WHERE table_name = object;
        DELETE FROM {mirror}._sync_deletes WHERE table_name = object;
        BEGIN
            SET CONSTRAINTS ALL IMMEDIATE;
            PERFORM {load}.widen_path(true);
            EXECUTE format('DELETE FROM {mirror}.%1$I WHERE id IN (SELECT id FROM {mirror}.%1$I FOR UPDATE SKIP LOCKED)', object);
            PERFORM {load}.widen_path(false);
            UPDATE {mirror}._sync_cdc SET error = CASE WHEN {load}.holds(object, 'id') THEN 'clients hold rows of it' END
                WHERE table_name = object;
        EXCEPTION WHEN foreign_key_violation OR restrict_violation OR lock_not_available THEN
            UPDATE {mirror}._sync_cdc SET error = SQLERRM WHERE table_name = object;
        END;
    END LOOP;
END
$body$;
