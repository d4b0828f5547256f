INSERT INTO "s_ä x"."t_ab c😀" VALUES (1,'x');
INSERT INTO plain_t VALUES (2,'b');
INSERT INTO nokey VALUES ('n');
SELECT pg_logical_emit_message(false, 'p', 'x');
