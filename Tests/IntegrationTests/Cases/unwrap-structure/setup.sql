CREATE TABLE t (id int PRIMARY KEY, a text, b numeric(6,2), c bytea);
