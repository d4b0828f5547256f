CREATE TABLE a (id int PRIMARY KEY, v text);
INSERT INTO a SELECT g, 'a' || g FROM generate_series(1, 6) g;
CREATE TABLE b (k2 int, k1 text, v numeric, PRIMARY KEY (k1, k2));
INSERT INTO b SELECT g % 3, 'k' || (g / 3), g FROM generate_series(1, 5) g;
CREATE TABLE nokey (v text);
INSERT INTO nokey VALUES ('x');
CREATE TABLE debezium_signal (id varchar(64) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));
CREATE TABLE steps (n int);
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE step int;
BEGIN
  IF NEW.type = 'snapshot-window-close' THEN
    INSERT INTO steps VALUES (1);
    SELECT count(*) INTO step FROM steps;
    IF step = 1 THEN
      UPDATE a SET v = 'changed' WHERE id = 2;
      UPDATE a SET id = 10 WHERE id = 1;
      UPDATE a SET v = 'not in this chunk' WHERE id = 6;
    ELSIF step = 2 THEN
      DELETE FROM a WHERE id = 3;
      INSERT INTO a VALUES (3, 'again');
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER meddle BEFORE INSERT ON debezium_signal FOR EACH ROW EXECUTE FUNCTION meddle();
