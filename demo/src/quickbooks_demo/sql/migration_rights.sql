-- What the migration role needs in one database that it does not own: schemas of its own and the mirror's schema.
grant connect, temporary, create on database {database} to {role} with grant option;
grant usage, create on schema public to {role} with grant option;
