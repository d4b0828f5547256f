"""What the benchmarks share: a private PostgreSQL with a backlog, a broker in another process, a relay that is watched, and
the places where figures are kept."""
import argparse
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
JSON = 'org.apache.kafka.connect.json.JsonConverter'
STRING = 'org.apache.kafka.connect.storage.StringConverter'
TIMEOUT_SECONDS = 900


class Failure(Exception):
    pass


def log(text):
    print(text, file=sys.stderr, flush=True)


class Server:
    """A private PostgreSQL with one backlog."""

    def __init__(self, oracle, directory, port):
        self.oracle, self.directory, self.port = oracle, directory, port
        self.session = None
        self.run('start')

    def run(self, command):
        done = subprocess.run([self.oracle / 'cluster', command, self.directory, str(self.port)], capture_output=True, text=True)
        if done.returncode:
            raise Failure('PostgreSQL does not %s: %s' % (command, done.stderr.strip()))

    def psql(self, database='bench'):
        return ['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-h', str(self.directory), '-p', str(self.port), '-U', 'postgres', '-d', database]

    def sql(self, statements, database='bench'):
        done = subprocess.run(self.psql(database), input=statements, capture_output=True, text=True)
        if done.returncode:
            raise Failure('psql: ' + done.stderr.strip())
        return done.stdout.strip()

    def ask(self, query):
        """One row, by a psql that stays: one for each question would take a third of a core from what is measured."""
        if not self.session:
            self.session = subprocess.Popen(self.psql(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.session.stdin.write(query + ';\n')
        self.session.stdin.flush()
        row = self.session.stdout.readline()
        if not row:
            raise Failure('psql has no answer to: ' + query)
        return row.strip()

    def stop(self):
        if self.session:
            self.session.communicate()
        self.run('stop')

    def load(self, backlog, rows):
        """Returns how many records the backlog gives."""
        self.sql('CREATE DATABASE bench', 'postgres')
        self.sql((HERE / 'backlogs' / (backlog + '.sql')).read_text())
        began = time.monotonic()
        records = int(self.sql('CALL load(%d); SELECT n FROM records' % rows))
        self.end = self.sql('SELECT pg_current_wal_lsn()')
        self.sql('CHECKPOINT')
        log('%s: %d records loaded in %.0f s, %s of log' % (
            backlog, records, time.monotonic() - began,
            self.sql("SELECT pg_size_pretty(pg_wal_lsn_diff('%s', restart_lsn)) FROM pg_replication_slots" % self.end)))
        return records

    def host(self, transport):
        return str(self.directory) if transport == 'unix' else '127.0.0.1'

    def has_confirmed(self, slot):
        """Whether the slot has come to the end of the backlog."""
        return self.ask("SELECT confirmed_flush_lsn >= '%s' FROM pg_replication_slots WHERE slot_name = '%s'" % (self.end, slot)) == 't'

    def drop(self, slot):
        for _ in range(100):
            if not self.sql("SELECT active_pid FROM pg_replication_slots WHERE slot_name = '%s'" % slot):
                break
            time.sleep(0.1)
        self.sql("SELECT pg_drop_replication_slot('%s')" % slot)


class Broker:
    """The oracle's: takes everything in and counts."""

    def __init__(self, oracle, directory, partitions=6, options=()):
        program = directory / 'sinkbroker'
        if not program.exists():
            # Room for a topic of each of 5,000 tables.
            source = (oracle / 'sinkbroker.c').read_text().replace('#define MAX_TOPIC 4096', '#define MAX_TOPIC 8192')
            subprocess.run(['cc', '-O2', '-w', '-x', 'c', '-o', program, '-'], input=source, text=True, check=True)
        self.stats = directory / 'broker.json'
        self.stats.unlink(missing_ok=True)
        self.process = subprocess.Popen([program, '--partitions', str(partitions), '--stats', self.stats, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()

    def records(self):
        """Told five times a second."""
        try:
            return json.loads(self.stats.read_text())['records']
        except (OSError, ValueError):
            return 0

    def close(self):
        """Its figures: records, and the seconds from the first batch to the last."""
        self.process.terminate()
        told = self.process.communicate()[1]
        return json.loads(told[told.index('{'):])


def connector(server, transport, slot, **more):
    config = {
        'connector.class': 'io.debezium.connector.postgresql.PostgresConnector', 'plugin.name': 'pgoutput', 'topic.prefix': 'bench',
        'database.hostname': server.host(transport), 'database.port': str(server.port), 'database.user': 'postgres', 'database.password': 'unused',
        'database.dbname': 'bench', 'snapshot.mode': 'no_data', 'slot.name': slot, 'publication.name': 'bench', 'publication.autocreate.mode': 'disabled',
        'key.converter': JSON, 'key.converter.schemas.enable': 'false', 'value.converter': JSON, 'value.converter.schemas.enable': 'false'}
    return {'name': 'bench', 'config': {**config, **more}}


def cpu_seconds(pid):
    """Of a process so far."""
    fields = Path('/proc/%d/stat' % pid).read_text().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


class Relay:
    """`sluice run` with one connector, or a list of several, in a process of its own and without a stored position."""

    def __init__(self, program, directory, bootstrap, connector, worker=(), options=()):
        self.log = directory / 'sluice.log'
        state, worker_file = directory / 'state', directory / 'worker.properties'
        state.unlink(missing_ok=True)
        lines = ['bootstrap.servers=' + bootstrap, *worker]
        if not any(line.startswith('offset.storage.topic=') for line in worker):
            lines.append('offset.storage.file.filename=%s' % state)
        worker_file.write_text('\n'.join(lines) + '\n')
        files = []
        for number, one in enumerate(connector if isinstance(connector, list) else [connector]):
            files.append(directory / ('connector-%d.json' % number))
            files[-1].write_text(json.dumps(one, indent=1))
        with open(self.log, 'w') as out:
            self.process = subprocess.Popen([program, 'run', *options, worker_file, *files], stdout=out, stderr=out)

    def wait(self, is_done, what, seconds=TIMEOUT_SECONDS, pause=0.02, each=lambda: None):
        until = time.monotonic() + seconds
        while not is_done():
            if self.process.poll() is not None or time.monotonic() > until:
                raise Failure('sluice ended or hangs before %s: %s' % (what, self.log.read_text()[-2000:]))
            each()
            time.sleep(pause)

    def usage(self):
        """CPU seconds so far, and peak memory in MiB."""
        return cpu_seconds(self.process.pid), self.memory('VmHWM')

    def memory(self, figure='VmRSS'):
        """MiB."""
        return int(re.search(figure + r':\s+(\d+)', Path('/proc/%d/status' % self.process.pid).read_text()).group(1)) / 1024

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def machine():
    """Processor, cores, memory and kernel."""
    model = re.search(r'model name\s*:\s*(.*)', Path('/proc/cpuinfo').read_text())
    memory = re.search(r'MemTotal:\s+(\d+)', Path('/proc/meminfo').read_text())
    return '%s, %d cores, %.0f GiB, Linux %s' % (
        model.group(1).strip() if model else platform.machine(), os.cpu_count(), int(memory.group(1)) / 1048576, platform.release().split('-')[0])


def arguments(doc, port):
    """The options that all have."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--oracle', type=lambda text: Path(text).resolve(), default=(ROOT / '../shared/oracle').resolve())
    parser.add_argument('--port', type=int, default=port, help='of the private PostgreSQL')
    parser.add_argument('--result', type=Path, help='file that gets the figures, JSON; those of other benchmarks in it stay')
    parser.add_argument('--document', type=Path, help='file whose table of this name is replaced, such as docs/performance.md')
    return parser


@contextmanager
def private_server(options):
    """A server and a directory, both gone afterwards."""
    if not (options.oracle / 'cluster').exists():
        raise Failure('%s is missing; --oracle DIR' % (options.oracle / 'cluster'))
    with tempfile.TemporaryDirectory(prefix='sluice-bench-') as name:
        directory = Path(name)
        directory.chmod(0o755)
        server = Server(options.oracle, directory / 'pg', options.port)
        try:
            yield server, directory
        finally:
            server.stop()


def table(head, rows):
    return '\n'.join('| %s |' % ' | '.join(cells) for cells in [head, ['---'] * len(head), *rows])


def keep(options, name, about, text, runs):
    """Prints the table, and keeps it where the options say."""
    told = about + '\n\n' + text + '\n'
    print(told, flush=True)
    if options.result:
        results = json.loads(options.result.read_text()) if options.result.exists() else {}
        results[name] = {'about': about, 'date': time.strftime('%Y-%m-%d'), 'runs': runs}
        options.result.write_text(json.dumps(results, indent=1) + '\n')
    if options.document:
        insert(options.document, name, told)


def insert(document, name, text):
    """Replaces what stands between the two lines that name the table."""
    begin, end = '<!-- benchmarks: %s -->\n' % name, '<!-- end -->'
    before, found, rest = document.read_text().partition(begin)
    if not found:
        raise Failure('%s has no line %s' % (document, begin.strip()))
    document.write_text(before + begin + '\n' + text + '\n' + end + rest.partition(end)[2])


def main(body):
    try:
        sys.exit(body())
    except Failure as failure:
        sys.exit('%s: %s' % (Path(sys.argv[0]).name, failure))
