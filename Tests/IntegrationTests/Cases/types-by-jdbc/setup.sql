CREATE EXTENSION citext; CREATE EXTENSION isn;
CREATE TABLE t (id int PRIMARY KEY, d date, ds date[], ts timestamp[], tz timestamptz[], ti time[], n name, v int2vector, i interval, c citext[], b isbn[]);
INSERT INTO t VALUES
  (1, 'infinity', '{infinity,-infinity,NULL}', '{infinity,-infinity}', '{infinity,-infinity}', '{24:00:00,23:59:59.999999}', 'a', '1 2', '1 day 00:00:01.235', '{{a}}', '{978-0-393-04002-9,NULL}'),
  (2, '-infinity', '{0044-03-15 BC}', '{"0044-03-15 00:00:00 BC","1500-01-01 12:00"}', '{"0044-03-15 00:00:00+00 BC","1582-10-10 12:00+00"}', '{12:34:56.789012,NULL}', 'b', '', '-00:00:00.000001', '{a,NULL}', '{978-0-393-04002-9}'),
  (3, '0044-03-15 BC', '{0001-01-01,1582-10-10}', '{"1582-10-10 00:00","1582-10-15 00:00"}', '{"10000-01-01 00:00+00"}', '{00:00:00.0005}', '', '3', '1 mon -1 day', '{}', '{}'),
  (4, '1582-10-10', '{0001-02-29 BC}', '{"0001-02-29 00:00 BC"}', '{"0001-02-29 00:00+00 BC"}', '{}', NULL, NULL, NULL, NULL, NULL);
