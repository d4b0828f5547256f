ALTER TYPE mood ADD VALUE 'c' BEFORE 'b';
CREATE TYPE later AS ENUM ('z');
ALTER TABLE t ADD COLUMN l later DEFAULT 'z', ADD COLUMN ls later[];
INSERT INTO t VALUES (1, 'c', '{c,a}', 'z', '{z}');
