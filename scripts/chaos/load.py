"""The load: the synthetic bank, and a writer of our own whose rows can be judged one by one."""
import random
import re
import subprocess
import threading
import time

from processes import ended, started
from servers import SQLError

KEYS = 60
# A version that only transactions and savepoints write that are rolled back.
NEVER = -1

SETUP = """
CREATE TABLE counted (key int PRIMARY KEY, version int NOT NULL, padding text);
CREATE TABLE bulk (id bigint PRIMARY KEY, batch int NOT NULL, text text NOT NULL);
CREATE TABLE shaped (key int PRIMARY KEY, version int NOT NULL, c0 text);
INSERT INTO counted SELECT key, 1 FROM generate_series(1, %d) key;
INSERT INTO shaped SELECT key, 1, 'x' FROM generate_series(1, 20) key;
ALTER PUBLICATION fintech_main ADD TABLE counted, bulk, shaped;
GRANT SELECT ON counted, bulk, shaped TO sluice_replication;
""" % KEYS


class Bank:
    """`sluice generate` until it is told to stop."""

    def __init__(self, program, postgres, seed, rate, customers, log):
        self.log = log
        self.process = started(
            [program, 'generate', '--database-url', postgres.uri(), '--rate', rate, '--constant-rate', '--customers', customers, '--seed', seed % (1 << 63),
             '--connections', 2], stdout=open(log, 'ab'), stderr=subprocess.STDOUT)

    def failure(self):
        status = self.process.poll()
        return None if status is None else 'the generator ended with status %d: %s' % (status, self.log.read_text()[-400:].strip())

    def close(self):
        """What it wrote, or why that is not known."""
        status = ended(self.process, 2, 60)
        text = self.log.read_text()
        if status not in (0, 130):
            return None, 'the generator ended with status %d: %s' % (status, text[-400:].strip())
        return re.sub(r'\s+', ' ', text.strip().splitlines()[-1]), None


class Writer:
    """Counts rows up, one version a commit, with rolled-back savepoints and transactions in between; writes large
    transactions; changes a table's shape. Each step is one transaction, and one that is cut off may have come through: what
    the table holds in the end is what counts."""

    def __init__(self, postgres, seed, large_rows):
        self.session, self.random, self.large_rows = postgres.session(), random.Random(seed), large_rows
        self.stops, self.batch, self.columns = False, 0, 1
        self.finished_huge = 0
        self.wanted, self.counts = [], {}
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def ask(self, what):
        """Something that is due now: `large`, `huge`, `shape`, `rewrite`."""
        self.wanted.append(what)

    def run(self):
        while not self.stops:
            what = self.wanted.pop(0) if self.wanted else self.random.choices(
                ['count', 'rolled back', 'savepoint', 'large', 'shape', 'rewrite'], [80, 4, 8, 0.5, 1.5, 0.2])[0]
            try:
                self.session.query('BEGIN', *getattr(self, what.replace(' ', '_'))())
                self.counts[what] = self.counts.get(what, 0) + 1
                self.finished_huge = self.counts.get('huge', 0)
            except SQLError:
                # The server is away, or ended this session.
                time.sleep(0.1)
            time.sleep(0.01)

    def some(self, version='version + 1'):
        keys = sorted(self.random.sample(range(1, KEYS + 1), self.random.randint(1, 5)))
        return ['UPDATE counted SET version = %s, padding = repeat(md5(random()::text), %d) WHERE key IN (%s)' % (
            version, self.random.choice([0, 1, 8, 100]), ', '.join(map(str, keys)))]

    def count(self):
        return self.some() + ['COMMIT']

    def rolled_back(self):
        return self.some(str(NEVER)) + ['ROLLBACK']

    def savepoint(self):
        """Aborted in between: before it, inside it, after it."""
        return [*self.some(), 'SAVEPOINT a', *self.some(str(NEVER)), 'ROLLBACK TO a', 'SAVEPOINT b', *self.some(), 'SAVEPOINT c',
                *self.some(str(NEVER)), 'ROLLBACK TO c', 'RELEASE b', 'COMMIT']

    def fill(self, rows, batch):
        # Ids go on where the table ends: rolled-back ones are used again.
        return ["INSERT INTO bulk SELECT m + g, %d, md5(g::text) FROM (SELECT coalesce(max(id), 0) AS m FROM bulk) x, generate_series(1, %d) g" % (batch, rows)]

    def large(self):
        """Spills: with a savepoint that is rolled back, or as a whole."""
        return self.large_of(self.random.randint(5_000, 20_000))

    def huge(self):
        """Asked for only: so many rows that nothing else is written meanwhile."""
        return self.large_of(self.large_rows)

    def large_of(self, rows):
        self.batch += 1
        aborts = rows <= 20_000 and self.random.random() < 0.2
        return [*self.some(str(NEVER) if aborts else 'version + 1'), *self.fill(rows // 2, NEVER if aborts else self.batch), 'SAVEPOINT a', *self.fill(rows // 3, NEVER), 'ROLLBACK TO a',
                *self.fill(rows // 2, NEVER if aborts else self.batch), 'ROLLBACK' if aborts else 'COMMIT']

    def shape(self):
        """Columns come, change their type and name, and go, in a transaction with rows of each shape."""
        self.columns += 1
        new, touch = 'c%d' % self.columns, 'UPDATE shaped SET version = version + 1 WHERE key %% 5 = %d' % self.random.randrange(5)
        last = self.random.choice([
            'ALTER TABLE shaped DROP COLUMN IF EXISTS ' + new, 'ALTER TABLE shaped RENAME COLUMN %s TO %s_old' % (new, new),
            'ALTER TABLE shaped ALTER COLUMN %s TYPE varchar(40) USING left(%s::text, 40)' % (new, new)])
        bank = self.random.choice(['SELECT 1', 'ALTER TABLE customers ADD COLUMN IF NOT EXISTS extra_%d text' % self.random.randrange(3)])
        return ["SET LOCAL lock_timeout = '2s'", touch, 'ALTER TABLE shaped ADD COLUMN %s %s' % (new, self.random.choice(['int DEFAULT 7', 'text', 'numeric(9,2) NOT NULL DEFAULT 1.5'])),
                touch, last, touch, bank, 'COMMIT']

    def rewrite(self):
        """A table emptied and rewritten, and all of it rolled back: the server cannot decode such rows while they are open."""
        return [*self.some(), 'SAVEPOINT a', 'TRUNCATE shaped', "INSERT INTO shaped SELECT g, %d, repeat('x', 500) FROM generate_series(1, 2000) g" % NEVER,
                'ROLLBACK TO a', *self.some(), 'COMMIT']

    def close(self):
        """The last row of each key has the table's last shape."""
        self.stops = True
        self.thread.join(600)
        for _ in range(100):
            try:
                self.session.query('UPDATE shaped SET version = version + 1')
                self.session.close()
                return
            except SQLError:
                time.sleep(0.2)
