-- A person or program that logs in with the rights of one group.
do $$
begin
    create role {login} login;
exception when duplicate_object then
    null;
end
$$;
alter role {login} password {password};
grant {group} to {login};
