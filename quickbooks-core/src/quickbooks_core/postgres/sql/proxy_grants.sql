-- proxy_grants: clients of any role may be served by the proxy, which proves itself with the secret; the secret, and what
-- it hides, are for nobody else.
REVOKE ALL ON {load}._secret, {load}._bracket, {load}._level, {load}._image, {load}._owed FROM quickbooks_loader, quickbooks_worker;
GRANT USAGE ON SCHEMA {mirror}, {load} TO quickbooks_proxy;
GRANT EXECUTE ON FUNCTION {load}.secret(), {load}.statement_changes(text), {load}.change_results(bigint[]),
    {load}.cancel_change(bigint), {load}.missing_ids(text, text[]), {load}.follow_transactions(), {load}.take_back(bigint[]),
    {load}.enqueue_statement(jsonb, text, text, text, text, inet, text, text) TO quickbooks_proxy;
GRANT SELECT ON {mirror}._sync_company, {mirror}._sync_migration TO quickbooks_proxy;
GRANT EXECUTE ON FUNCTION {mirror}._sync_bracket(text, bytea), {mirror}._sync_level(), {mirror}._sync_images(text, bytea),
    {mirror}._sync_delete(text, bytea, text, text[]), {mirror}._sync_owed(text, bytea, boolean),
    {mirror}._sync_settle(text, bytea, text, text[]), {mirror}._sync_fail(text, text, text, text, text, text), {mirror}._sync_tell(boolean, text, text),
    {mirror}._sync_read(text) TO PUBLIC;
