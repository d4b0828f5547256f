INSERT INTO a VALUES (20,'before');
INSERT INTO debezium_signal VALUES ('s1','execute-snapshot',$j${"data-collections": ["public.A", "public.b"], "type": "blocking", "additional-conditions": [{"data-collection": "public.a", "filter": "SELECT * FROM public.a WHERE id > 3 ORDER BY id"}]}$j$);
SELECT pg_sleep(4);INSERT INTO a VALUES (21,'after');
