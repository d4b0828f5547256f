BEGIN; INSERT INTO a VALUES (1,'x'); UPDATE a SET v='y'; COMMIT; DELETE FROM a; SELECT pg_logical_emit_message(false,'q','raw');
