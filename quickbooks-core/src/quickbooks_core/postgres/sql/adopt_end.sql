-- adopt_end: removes what adopt.sql has made.
DROP FUNCTION {load}.adopt_left(jsonb, text, text[]), {load}.adopt_timestamp(jsonb), {load}.adopt_in_utc(text),
    {load}.adopt_date(jsonb), {load}.adopt_is_day(text), {load}.adopt_integer(jsonb), {load}.adopt_money(jsonb, boolean),
    {load}.adopt_number(jsonb, boolean), {load}.adopt_boolean(jsonb, boolean), {load}.adopt_json(jsonb),
    {load}.adopt_mark(text), {load}.adopt_ref(jsonb, text), {load}.adopt_text(jsonb);
