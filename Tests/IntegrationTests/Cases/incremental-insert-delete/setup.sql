CREATE TABLE a (id int PRIMARY KEY, v text);INSERT INTO a SELECT g, 'a'||g FROM generate_series(1,5) g;
CREATE TABLE debezium_signal (id varchar(64) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));
