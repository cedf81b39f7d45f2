-- The role that runs migrations: no superuser, it may create roles and what is granted to it per database.
do $$
begin
    create role {role} login createrole nosuperuser;
exception when duplicate_object then
    null;
end
$$;
alter role {role} password {password};
