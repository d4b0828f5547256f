CREATE SCHEMA "s_ä x";
CREATE TABLE "s_ä x"."t_ab c😀" (id int PRIMARY KEY, v text);
CREATE TABLE plain_t (id int PRIMARY KEY, v text);
CREATE TABLE nokey (v text);
INSERT INTO plain_t VALUES (1,'a');
