-- adopt: how a value in `extra` becomes one of a column. As `mapping` does it for a document: NULL for what the column
-- cannot hold reversibly, which stays where it is. These functions live as long as the migration that needs them.
CREATE FUNCTION {load}.adopt_text(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN jsonb_typeof(value) = 'string' THEN value #>> '{{}}' END;

CREATE FUNCTION {load}.adopt_ref(value jsonb, mark text) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN mark || nullif({load}.adopt_text(value), '');

-- adopt_mark: what the ids of an object begin with, by the name that a reference of any type gives.
CREATE FUNCTION {load}.adopt_mark(name text) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN {marks}::jsonb ->> name;

CREATE FUNCTION {load}.adopt_json(value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN jsonb_typeof(value) IN ('object', 'array') THEN value END;

CREATE FUNCTION {load}.adopt_boolean(value jsonb, quoted boolean) RETURNS boolean LANGUAGE sql IMMUTABLE
    RETURN CASE
        WHEN jsonb_typeof(value) = 'boolean' THEN value::boolean
        WHEN quoted AND {load}.adopt_text(value) IN ('true', 'false') THEN {load}.adopt_text(value)::boolean
    END;

-- adopt_number: a text of more digits than any amount has is not worth an error.
CREATE FUNCTION {load}.adopt_number(value jsonb, quoted boolean) RETURNS numeric LANGUAGE sql IMMUTABLE
    RETURN CASE
        WHEN jsonb_typeof(value) = 'number' THEN value::numeric
        WHEN quoted AND {load}.adopt_text(value) ~ '^-?(0|[1-9][0-9]{{0,99}})(\.[0-9]{{1,99}})?$'
            THEN {load}.adopt_text(value)::numeric
    END;

CREATE FUNCTION {load}.adopt_money(value jsonb, quoted boolean) RETURNS numeric LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN scale({load}.adopt_number(value, quoted)) < 2 THEN round({load}.adopt_number(value, quoted), 2)
                ELSE {load}.adopt_number(value, quoted) END;

CREATE FUNCTION {load}.adopt_integer(value jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN jsonb_typeof(value) = 'number' THEN
        CASE WHEN scale(value::numeric) = 0 AND value::numeric BETWEEN -9223372036854775808 AND 9223372036854775807
             THEN value::bigint END END;

-- adopt_is_day: whether text is a day that there is, such as 2026-02-28; without trying, which could fail.
CREATE FUNCTION {load}.adopt_is_day(word text) RETURNS boolean LANGUAGE sql IMMUTABLE
    RETURN left(word, 4) <> '0000' AND word ~
        ('^([0-9]{{4}}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))'
         '|([0-9]{{2}}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)$');

CREATE FUNCTION {load}.adopt_date(value jsonb) RETURNS date LANGUAGE sql STABLE
    RETURN CASE WHEN {load}.adopt_is_day({load}.adopt_text(value)) THEN {load}.adopt_text(value)::date END;

-- adopt_in_utc: what an instant with its offset is in UTC. By its digits: Postgres itself knows no offset of 16 hours.
CREATE FUNCTION {load}.adopt_in_utc(word text) RETURNS timestamp LANGUAGE sql IMMUTABLE
    RETURN make_timestamp(left(word, 4)::int, substr(word, 6, 2)::int, substr(word, 9, 2)::int, substr(word, 12, 2)::int,
                          substr(word, 15, 2)::int, substring(word FROM '^.{{17}}([0-9.]+)')::float8)
        - CASE WHEN right(word, 1) = 'Z' THEN interval '0' ELSE
            make_interval(mins => (substr(right(word, 6), 2, 2)::int * 60 + right(word, 2)::int)
                                  * CASE left(right(word, 6), 1) WHEN '-' THEN -1 ELSE 1 END) END;

CREATE FUNCTION {load}.adopt_timestamp(value jsonb) RETURNS timestamptz LANGUAGE sql IMMUTABLE
    RETURN CASE
        WHEN {load}.adopt_is_day(left({load}.adopt_text(value), 10)) AND substr({load}.adopt_text(value), 11) ~
            '^T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{{3}}|\.[0-9]{{6}})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$'
        THEN CASE WHEN date_part('year', {load}.adopt_in_utc({load}.adopt_text(value))) BETWEEN 1 AND 9999
            THEN {load}.adopt_in_utc({load}.adopt_text(value)) AT TIME ZONE 'UTC' END END;

-- adopt_left: what remains of `extra` when these keys of one object in it have been taken (NULL: one that has not).
CREATE FUNCTION {load}.adopt_left(extra jsonb, head text, taken text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE
    RETURN CASE
        WHEN array_remove(taken, NULL) = '{{}}' THEN extra
        WHEN (extra -> head) - taken = '{{}}' THEN extra - head
        ELSE jsonb_set(extra, ARRAY[head], (extra -> head) - taken)
    END;
