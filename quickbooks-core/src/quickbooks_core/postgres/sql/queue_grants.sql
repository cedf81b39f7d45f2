-- queue_grants: the worker sees the queue and changes it through its functions only.
GRANT USAGE ON SCHEMA {mirror} TO quickbooks_worker;
GRANT SELECT ON {mirror}._sync_company, {mirror}._sync_migration, {mirror}._sync_queue, {mirror}._sync_request,
    {mirror}._sync_key, {mirror}._sync_file, {mirror}._sync_deployment TO quickbooks_worker;
GRANT EXECUTE ON FUNCTION
    {load}.enqueue(text, text, text, jsonb, text, jsonb, text, text, text, text), {load}.follow_transactions(),
    {load}.upload_file(jsonb, bytea, text, text, text),
    {load}.take_back(bigint[]), {load}.merge_waiting(), {load}.prune_queue(interval, int),
    {load}.enqueue_records(text, jsonb, text, text), {load}.deployment_state(),
    {load}.bind_deployment(text), {load}.claim_changes(text, text, interval, text[], int, int),
    {load}.renew_leases(text[], interval),
    {load}.note_request(bigint, text, text, text, text, text, jsonb, bytea, timestamptz),
    {load}.end_request(bigint, text, bigint, text, text),
    {load}.finish_change(bigint, text, text, jsonb, timestamptz, text),
    {load}.finish_reading(bigint, text, jsonb, timestamptz),
    {load}.end_change(bigint, text, text, jsonb),
    {load}.postpone_change(bigint, text, timestamptz, boolean, text) TO quickbooks_worker;
