CREATE TABLE "ta_b.c" (id serial PRIMARY KEY, "_u" numeric, "9a" text, "z😀ż" int, ab bigint);
INSERT INTO "ta_b.c" DEFAULT VALUES;
CREATE TABLE t2 (id int PRIMARY KEY, n numeric(5,2)); INSERT INTO t2 VALUES (1,1);
