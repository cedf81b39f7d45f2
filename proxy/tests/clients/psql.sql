-- What psql sees, for the tests: prints one fact a line.
insert into customer (display_name) values ('psql') returning id, sync_token \gset made_
\echo made|:made_id|:made_sync_token
update customer set notes = 'psql' where id = :'made_id';
\echo updated|:ROW_COUNT

update customer set notes = 'x' where id = 'qbk_cust1234567';
\echo outside|:SQLSTATE|:LAST_ERROR_MESSAGE
begin;
update customer set notes = 'x' where id = 'qbk_cust1234567';
\echo inside|:SQLSTATE|:LAST_ERROR_MESSAGE
select 1;
\echo after it|:SQLSTATE
rollback;
begin;
insert into customer (display_name) values ('psql lost') returning id \gset lost_
rollback;
\echo rolled back|:lost_id

delete from customer where id = :'made_id';
\echo deleted|:ROW_COUNT
