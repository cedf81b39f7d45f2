-- catalogs: everything that Postgres' catalogs say of our two schemas, one row each, apart from what users call my_...
WITH relations AS (
    SELECT c.oid::regclass::text AS name, c.oid, c.relacl, c.relkind, c.relpersistence, c.relowner, c.reloptions, c.relrowsecurity
    FROM pg_class AS c WHERE c.relnamespace::regnamespace::text IN ('public', 'quickbooks_load')
        AND c.relname NOT LIKE 'my\_%' AND c.relkind IN ('r', 'v', 'S')
)
SELECT 'relation' AS what, name, ARRAY[relkind::text, relpersistence::text, relowner::regrole::text, reloptions::text,
    relrowsecurity::text, obj_description(oid, 'pg_class')] AS facts FROM relations
UNION ALL
SELECT 'column', r.name || '.' || a.attname, ARRAY[format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
    a.attidentity::text, pg_get_expr(d.adbin, d.adrelid), col_description(r.oid, a.attnum)]
FROM relations AS r JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attname NOT LIKE 'my\_%'
LEFT JOIN pg_attrdef AS d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
UNION ALL
SELECT 'constraint', r.name || '.' || o.conname, ARRAY[pg_get_constraintdef(o.oid)]
FROM relations AS r JOIN pg_constraint AS o ON o.conrelid = r.oid
UNION ALL
SELECT 'index', i.indexrelid::regclass::text, ARRAY[pg_get_indexdef(i.indexrelid)]
FROM relations AS r JOIN pg_index AS i ON i.indrelid = r.oid WHERE i.indexrelid::regclass::text NOT LIKE 'my\_%'
UNION ALL
SELECT 'trigger', r.name || '.' || t.tgname, ARRAY[pg_get_triggerdef(t.oid), t.tgenabled::text]
FROM relations AS r JOIN pg_trigger AS t ON t.tgrelid = r.oid AND NOT t.tgisinternal
UNION ALL
SELECT 'view', name, ARRAY[pg_get_viewdef(oid)] FROM relations WHERE relkind = 'v'
UNION ALL
SELECT 'function', p.oid::regprocedure::text, ARRAY[pg_get_functiondef(p.oid), p.proowner::regrole::text]
FROM pg_proc AS p WHERE p.pronamespace::regnamespace::text IN ('public', 'quickbooks_load')
UNION ALL
SELECT 'grant', place, array_agg(DISTINCT concat_ws(' ', a.grantor::regrole, 'grants', a.privilege_type, 'to',
    CASE a.grantee WHEN 0 THEN 'public' ELSE a.grantee::regrole::text END, a.is_grantable))
FROM (
    SELECT name, relacl FROM relations
    UNION ALL SELECT oid::regprocedure::text, proacl FROM pg_proc
        WHERE pronamespace::regnamespace::text IN ('public', 'quickbooks_load')
    UNION ALL SELECT nspname, nspacl FROM pg_namespace WHERE nspname IN ('public', 'quickbooks_load')
    UNION ALL SELECT r.name || '.' || a.attname, a.attacl FROM relations AS r JOIN pg_attribute AS a ON a.attrelid = r.oid
) AS granted (place, acl), aclexplode(acl) AS a
GROUP BY place
ORDER BY 1, 2
