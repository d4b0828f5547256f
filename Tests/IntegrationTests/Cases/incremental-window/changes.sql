INSERT INTO debezium_signal VALUES ('sig-1', 'execute-snapshot', '{"data-collections": ["public.a", "public.nokey", "public.b"], "additional-conditions": [{"data-collection": "public.b", "filter": "v > 4 OR v < 4"}]}');
SELECT pg_sleep(6);
INSERT INTO a VALUES (20, 'after');
