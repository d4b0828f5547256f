SELECT pg_create_logical_replication_slot('debezium','pgoutput'); CREATE PUBLICATION dbz_publication FOR ALL TABLES;
CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL DEFAULT 'a', n int DEFAULT 3);CREATE TABLE r (id int PRIMARY KEY, v text NOT NULL DEFAULT 'a');CREATE TABLE z (id int PRIMARY KEY, v int);
