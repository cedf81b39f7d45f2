-- queue: the tables of the write engine are new, and the build creates them; what they need of the old ones is nothing.
SELECT
