CREATE TABLE a (id int PRIMARY KEY, v text);INSERT INTO a SELECT g, 'a'||g FROM generate_series(1,5) g;
CREATE TABLE b (id int PRIMARY KEY, v text);INSERT INTO b SELECT g, 'b'||g FROM generate_series(1,3) g;
CREATE TABLE c (id int PRIMARY KEY, v text);INSERT INTO c VALUES (1,'c');
CREATE TABLE debezium_signal (id varchar(64) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));
CREATE TABLE steps (n int);
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE step int;
BEGIN
  IF NEW.type = 'snapshot-window-close' THEN
    INSERT INTO steps VALUES (1);
    SELECT count(*) INTO step FROM steps;
    IF step = 1 THEN
      INSERT INTO debezium_signal VALUES ('p', 'pause-snapshot', '{}');
    ELSIF step = 2 THEN
      INSERT INTO debezium_signal VALUES ('st', 'stop-snapshot', '{"data-collections": ["public.a","public.c"], "type": "incremental"}');
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER meddle BEFORE INSERT ON debezium_signal FOR EACH ROW EXECUTE FUNCTION meddle();
