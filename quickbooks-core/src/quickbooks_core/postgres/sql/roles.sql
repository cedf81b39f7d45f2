-- roles: the groups of the mirror; people and programs are granted into them.
DO $roles$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['quickbooks_owner', 'quickbooks_admin', 'quickbooks_loader',
                                'quickbooks_worker', 'quickbooks_proxy', 'quickbooks_reader', 'quickbooks_writer']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- another database of this cluster was migrated at the same moment
            END;
        END IF;
    END LOOP;
END
$roles$;
