INSERT INTO debezium_signal VALUES ('s1','execute-snapshot',$j${"data-collections": ["public.a"]}$j$);
SELECT pg_sleep(4);INSERT INTO a VALUES (21,'after');
