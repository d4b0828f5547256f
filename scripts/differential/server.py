"""The throw-away PostgreSQL cluster that both programs read."""
import subprocess
import threading
from pathlib import Path

# The changes of a case are flushed at once, so that nobody waits for the WAL writer's round.
SETTINGS = {'synchronous_commit': 'on', 'wal_writer_delay': '10ms', 'autovacuum': 'off', 'max_connections': '200',
            'client_min_messages': 'error'}


class SQLError(Exception):
    pass


class Session:
    """One psql that stays open: asking the server costs no process."""

    END = '--differential-end--'

    def __init__(self, port, database='postgres'):
        self.lock = threading.Lock()
        self.process = subprocess.Popen(
            ['psql', '-X', '-q', '-A', '-t', '-h', '127.0.0.1', '-p', str(port), '-U', 'postgres', '-d', database],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)

    def query(self, sql):
        """The output of one statement, or SQLError."""
        with self.lock:
            self.process.stdin.write('%s;\n\\echo %s\n' % (sql, self.END))
            self.process.stdin.flush()
            lines = []
            for line in self.process.stdout:
                if line.rstrip('\n') == self.END:
                    break
                lines.append(line)
            else:
                raise SQLError('psql ended: ' + ''.join(lines))
        text = ''.join(lines).strip()
        if text.startswith(('ERROR:', 'FATAL:')):
            raise SQLError('%s: %s' % (sql, text))
        return text

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Cluster:
    def __init__(self, oracle, directory, port):
        self.oracle, self.directory, self.port = Path(oracle), Path(directory), port

    def __enter__(self):
        done = subprocess.run([self.oracle / 'cluster', 'start', self.directory, str(self.port)],
                              capture_output=True, text=True)
        if done.returncode and 'another server might be running' not in done.stderr + done.stdout:
            log = self.directory / 'log'
            raise SQLError('PostgreSQL does not start on port %d: %s\n%s' % (
                self.port, done.stderr.strip(), log.read_text()[-1000:] if log.exists() else ''))
        self.session = Session(self.port)
        if any(self.session.query('SHOW ' + name) != value for name, value in SETTINGS.items()):
            for name, value in SETTINGS.items():
                self.session.query("ALTER SYSTEM SET %s = '%s'" % (name, value))
            self.session.close()
            subprocess.run([self.oracle / 'cluster', 'stop', self.directory], capture_output=True)
            subprocess.run([self.oracle / 'cluster', 'start', self.directory, str(self.port)], capture_output=True, check=True)
            self.session = Session(self.port)
        self.drop_slots('')
        return self

    def __exit__(self, *_):
        self.session.close()
        subprocess.run([self.oracle / 'cluster', 'stop', self.directory], capture_output=True)

    def query(self, sql):
        return self.session.query(sql)

    def run_file(self, path, database, stop_on_error=True):
        """Runs a script as psql does; returns what it complained about. Raises SQLError if an error is to stop it."""
        done = subprocess.run(
            ['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=%d' % stop_on_error, '-h', '127.0.0.1', '-p', str(self.port),
             '-U', 'postgres', '-d', database, '-f', str(path)], capture_output=True, text=True)
        if done.returncode:
            raise SQLError(done.stderr.strip())
        return done.stderr.strip()

    def create(self, database):
        self.query('DROP DATABASE IF EXISTS "%s" WITH (FORCE)' % database)
        self.query('CREATE DATABASE "%s"' % database)

    def drop(self, database):
        self.query('DROP DATABASE IF EXISTS "%s" WITH (FORCE)' % database)

    def drop_slots(self, database):
        """The slots of one database, or with no name all of them."""
        of = "WHERE database = '%s'" % database if database else ''
        self.query('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots %s' % of)
        for slot in self.query('SELECT slot_name FROM pg_replication_slots %s' % of).split():
            for _ in range(100):
                try:
                    self.query("SELECT pg_drop_replication_slot('%s')" % slot)
                    break
                except SQLError:
                    self.query('SELECT pg_sleep(0.05)')

    def streams(self, slot):
        return self.query("SELECT 1 FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid "
                          "WHERE s.slot_name = '%s' AND r.state IN ('streaming', 'catchup')" % slot) == '1'

    def sent(self, slot, lsn):
        """The walsender has sent all up to here."""
        return self.query("SELECT 1 FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid "
                          "WHERE s.slot_name = '%s' AND r.sent_lsn >= '%s'" % (slot, lsn)) == '1'

    def confirmed(self, slot, lsn):
        return self.query("SELECT 1 FROM pg_replication_slots WHERE slot_name = '%s' AND confirmed_flush_lsn >= '%s'"
                          % (slot, lsn)) == '1'

    def end(self):
        """The end of what is written, all of it flushed: a commit elsewhere flushes what was rolled back too."""
        self.query("COMMENT ON DATABASE postgres IS 'all changes are before this'")
        return self.query('SELECT pg_current_wal_flush_lsn()')
