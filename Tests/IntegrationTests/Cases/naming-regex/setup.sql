CREATE TABLE shard_1 (id int PRIMARY KEY, v text);
CREATE TABLE shard_2 (id int PRIMARY KEY, v text);
CREATE TABLE nokey (v text);
INSERT INTO shard_1 VALUES (1,'a');
