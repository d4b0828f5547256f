INSERT INTO debezium_signal VALUES ('s1','execute-snapshot','{"data-collections": ["public.a","public.b","public.c"]}');
SELECT pg_sleep(3);
INSERT INTO a VALUES (30,'while paused');
SELECT pg_sleep(1);
INSERT INTO debezium_signal VALUES ('r','resume-snapshot','{}');
SELECT pg_sleep(4);
INSERT INTO debezium_signal VALUES ('st2','stop-snapshot','{}');
INSERT INTO a VALUES (31,'after');
