-- missing_grants: what a group should be able to do and cannot: group, privilege, place.
WITH expected (role, schema, privilege) AS (VALUES
    ('quickbooks_loader', %(load)s, 'SELECT'), ('quickbooks_loader', %(load)s, 'INSERT'),
    ('quickbooks_loader', %(load)s, 'UPDATE'), ('quickbooks_loader', %(load)s, 'DELETE'),
    ('quickbooks_reader', %(mirror)s, 'SELECT'), ('quickbooks_writer', %(mirror)s, 'SELECT'),
    ('quickbooks_writer', %(mirror)s, 'INSERT'), ('quickbooks_writer', %(mirror)s, 'UPDATE'),
    ('quickbooks_writer', %(mirror)s, 'DELETE')),
-- The mirrored objects are those that have a landing table of the same name.
landing AS (SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = to_regnamespace(quote_ident(%(load)s))
    AND c.relkind = 'r' AND c.relname NOT LIKE '\_%%')
SELECT role, privilege, format('%%I.%%I', n.nspname, c.relname)
FROM expected JOIN pg_namespace AS n ON n.nspname = expected.schema
    JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relkind = 'r' JOIN landing ON landing.relname = c.relname
WHERE NOT has_table_privilege(role, c.oid, privilege)
UNION ALL
SELECT DISTINCT role, 'USAGE', format('schema %%I', schema) FROM expected
WHERE NOT has_schema_privilege(role, to_regnamespace(quote_ident(schema))::oid, 'USAGE')
ORDER BY 1, 3, 2
