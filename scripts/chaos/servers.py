"""The private PostgreSQL, and the broker: ours or a given Kafka."""
import glob
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from processes import ended, free_port, server_account, started

HERE = Path(__file__).resolve().parent
SETTINGS = {
    'listen_addresses': '127.0.0.1', 'wal_level': 'logical', 'max_replication_slots': '20', 'max_wal_senders': '20',
    # A crash of the server loses nothing with these two, only one of the machine would.
    'fsync': 'off', 'full_page_writes': 'off', 'synchronous_commit': 'on', 'timezone': 'UTC', 'log_timezone': 'UTC',
    'shared_buffers': '64MB', 'max_wal_size': '2GB', 'wal_sender_timeout': '6s',
    # Small transactions already are sent while they are open.
    'logical_decoding_work_mem': '256kB'}


class ServerError(Exception):
    pass


class Postgres:
    """A cluster of its own; with `primary`, a hot standby of that one."""

    def __init__(self, directory, settings={}, primary=None):
        self.directory, self.account, self.process = directory, server_account(), None
        self.binaries = self.find()
        self.port = free_port()
        directory.mkdir()
        if self.account:
            os.chown(directory, self.account.pw_uid, self.account.pw_gid)
        if primary:
            # -R with a database: a standby of PostgreSQL 17 reads the primary's slots there.
            self.make('pg_basebackup', '-D', directory / 'data', '-R', '-X', 'stream', '-c', 'fast', '--no-sync', '-d',
                      'host=127.0.0.1 port=%d user=postgres dbname=postgres' % primary.port)
        else:
            self.make('initdb', '-D', directory / 'data', '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions')
        with open(directory / 'data' / 'postgresql.conf', 'a') as file:
            for name, value in {**SETTINGS, **settings, 'port': str(self.port), 'unix_socket_directories': str(directory)}.items():
                file.write("%s = '%s'\n" % (name, value))
        self.start()

    def make(self, program, *words):
        with open(self.directory / 'make.log', 'w+') as log:
            if started([self.binaries / program, *words], account=self.account, cwd='/', stdout=log, stderr=log).wait():
                log.seek(0)
                raise ServerError('%s: %s' % (program, log.read()))

    @property
    def version(self):
        return int((self.directory / 'data' / 'PG_VERSION').read_text())

    @staticmethod
    def find():
        folders = [os.environ['PG_BIN']] if os.environ.get('PG_BIN') else sorted(glob.glob('/usr/lib/postgresql/*/bin'), key=lambda p: float(p.split('/')[-2]))[::-1]
        for folder in folders + os.environ['PATH'].split(':'):
            if os.access(folder + '/postgres', os.X_OK) and os.access(folder + '/initdb', os.X_OK):
                return Path(folder)
        raise ServerError('no PostgreSQL server found; set PG_BIN to the folder that holds postgres and initdb')

    def start(self):
        log = open(self.directory / 'log', 'ab')
        pid_file = self.directory / 'data' / 'postmaster.pid'
        until = time.monotonic() + 60
        while time.monotonic() < until:
            # At our own death it stops as fast as it can.
            self.process = started([self.binaries / 'postgres', '-D', self.directory / 'data'], death_signal=signal.SIGQUIT, account=self.account,
                                   cwd='/', stdout=log, stderr=log)
            while self.process.poll() is None and time.monotonic() < until:
                try:
                    lines = pid_file.read_text().split('\n')
                except OSError:
                    lines = []
                if lines and lines[0] == str(self.process.pid) and len(lines) > 7 and lines[7].startswith('ready'):
                    return
                time.sleep(0.01)
            # Children of a killed server take a moment to notice.
            time.sleep(0.05)
        raise ServerError('PostgreSQL does not start, see %s' % (self.directory / 'log'))

    def stop(self, number=signal.SIGQUIT):
        if self.process:
            ended(self.process, number)

    def session(self, database='fintech'):
        return Session(self, database)

    def uri(self, database='fintech', user='postgres'):
        return 'postgresql://%s@127.0.0.1:%d/%s' % (user, self.port, database)


class SQLError(Exception):
    pass


class Session:
    """One psql that stays open; after the server was away the next statement begins another."""

    END = '--end-of-answer--'

    def __init__(self, postgres, database):
        self.postgres, self.database, self.process = postgres, database, None

    def query(self, *statements):
        """What they put out, or SQLError. Whether a commit that was cut off came through is then unknown."""
        if self.process is None:
            beside = self.postgres.binaries / 'psql'
            self.process = started([beside if beside.exists() else 'psql', '-X', '-q', '-A', '-t', '-d', self.postgres.uri(self.database)],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
        lines = []
        try:
            self.process.stdin.write(';\n'.join(statements) + ';\n\\echo %s\n' % self.END)
            self.process.stdin.flush()
            for line in self.process.stdout:
                if line.rstrip('\n') == self.END:
                    break
                lines.append(line.rstrip('\n'))
            else:
                raise OSError('the connection is lost')
        except OSError as error:
            self.close()
            raise SQLError('%s %s' % (error, ' '.join(lines)))
        bad = [line for line in lines if line.startswith(('ERROR:', 'FATAL:', 'psql:'))]
        if bad:
            raise SQLError(' '.join(bad))
        return '\n'.join(lines)

    def close(self):
        if self.process:
            ended(self.process, signal.SIGKILL)
            self.process = None


class OwnBroker:
    """broker.py: whole, transactions included, and every record stays."""

    label = "scripts/chaos/broker.py, a broker for tests: every record is kept, transactions are isolated"

    def __init__(self, directory, forget):
        self.directory, self.port, self.process, self.forget = directory, free_port(), None, forget
        (directory / 'records').mkdir(parents=True)
        self.servers = [('127.0.0.1', self.port)]
        self.past = {}
        self.start()

    def start(self):
        log = open(self.directory / 'log', 'ab')
        self.process = started([sys.executable, HERE / 'broker.py', '--directory', self.directory / 'records', '--port', self.port,
                                '--stats', self.directory / 'stats', '--forget', self.forget], stdout=subprocess.PIPE, stderr=log)
        if not select.select([self.process.stdout], [], [], 60)[0] or not self.process.stdout.readline():
            raise ServerError('the broker does not start, see %s' % (self.directory / 'log'))

    def kill(self):
        ended(self.process, signal.SIGKILL)
        for name, count in self.counts().items():
            self.past[name] = self.past.get(name, 0) + count
        (self.directory / 'stats').unlink(missing_ok=True)

    def counts(self):
        try:
            return json.loads((self.directory / 'stats').read_text())
        except (OSError, ValueError):
            return {}

    def remarks(self):
        total = {name: self.past.get(name, 0) + count for name, count in self.counts().items()}
        return ['the broker took %s' % ', '.join('%s %s' % (format(count, ','), name.replace('_', ' ')) for name, count in total.items())]

    def close(self):
        ended(self.process, signal.SIGKILL)


class GivenKafka:
    def __init__(self, bootstrap, script):
        self.servers = [(host.strip('[]'), int(port)) for host, _, port in (one.strip().rpartition(':') for one in bootstrap.split(','))]
        self.script = script
        self.label = 'Kafka at %s%s' % (bootstrap, '' if script else ', whose brokers stay up (no BROKER_KILL)')
        self.is_down = False

    def run(self, word):
        done = subprocess.run([self.script, word], capture_output=True, text=True, timeout=180)
        if done.returncode:
            raise ServerError('%s %s: status %d: %s' % (self.script, word, done.returncode, (done.stderr or done.stdout).strip()[-500:]))

    def kill(self):
        self.run('kill')
        self.is_down = True

    def start(self):
        self.run('start')
        self.is_down = False
        until = time.monotonic() + 120
        while time.monotonic() < until:
            for server in self.servers:
                try:
                    socket.create_connection(server, 2).close()
                    return
                except OSError:
                    time.sleep(0.2)
        raise ServerError('no broker of %s answers after %s start' % (self.servers, self.script))

    def remarks(self):
        return []

    def close(self):
        """It is left as it was found."""
        if self.is_down:
            self.start()
