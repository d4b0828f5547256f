CREATE TABLE a (id int PRIMARY KEY, v text);INSERT INTO a SELECT g, 'a'||g FROM generate_series(1,5) g;
CREATE TABLE b (id int PRIMARY KEY, v text);INSERT INTO b VALUES (1,'b1'),(2,'b2');
CREATE TABLE debezium_signal (id varchar(64) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));
