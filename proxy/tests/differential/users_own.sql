-- What a user has added to both copies: constraints, defaults, triggers, views, a table.
CREATE UNIQUE INDEX one_resale_num ON customer (resale_num);
CREATE UNIQUE INDEX one_payment_ref ON payment (payment_ref_num);
ALTER TABLE customer ADD CONSTRAINT no_long_title CHECK (length(title) < 16);
ALTER TABLE item ALTER COLUMN sku SET NOT NULL;
ALTER TABLE item ALTER COLUMN sku SET DEFAULT 'none';
ALTER TABLE vendor ALTER COLUMN acct_num SET DEFAULT 'not yet', ALTER COLUMN bill_rate SET DEFAULT 12.50;
ALTER TABLE time_activity ADD CONSTRAINT hours_of_a_day CHECK (hours BETWEEN 0 AND 24);

CREATE FUNCTION in_small_letters() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    NEW.web_addr := lower(NEW.web_addr);
    RETURN NEW;
END
$body$;
CREATE TRIGGER in_small_letters BEFORE INSERT OR UPDATE ON vendor FOR EACH ROW EXECUTE FUNCTION in_small_letters();

CREATE VIEW active_customer AS SELECT id, display_name, notes, phone, active FROM customer WHERE active;
CREATE VIEW "Noted Bill" AS
    SELECT id AS "Key", doc_number AS "Number", private_note AS note, vendor_id, line FROM bill WHERE private_note IS NOT NULL
    WITH CHECK OPTION;
CREATE TABLE region (code text PRIMARY KEY, label text NOT NULL, rank int);
INSERT INTO region VALUES ('N', 'North', 1), ('S', 'South', 2), ('E', 'East', 3), ('W', 'West', NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON active_customer, "Noted Bill", region TO quickbooks_writer;
