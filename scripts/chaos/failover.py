"""What a relay does after a failover of its database: real servers, a standby made by pg_basebackup and promoted.

  python3 scripts/chaos/failover.py            the newest PostgreSQL that is found, or PG_BIN=/path/to/bin

- `promoted`: commits are on the standby that Kafka does not have. Before PostgreSQL 17 a standby has no logical slots: the
  relay must stop and name the range of the log that is missing, and snapshot.mode=when_needed must mend it. From 17 on the
  slot is there (slot.failover, sync_replication_slots), and the stream must go on with no snapshot.
- `branches`: two standbys of one primary are promoted, to timelines of the same number. A relay that has followed one must
  refuse the other.

In both `sluice verify` judges. Exit codes: 0 as it should be; 1 not; 69 a server does not start.
"""
import argparse
import json
import re
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from processes import ended, started
from relays import CONFIGURATION, ROOT
from servers import OwnBroker, Postgres, ServerError

SECONDS_MAX = 60
FAILOVER_SLOTS = 17


class Failure(Exception):
    pass


def lsn(text):
    high, low = text.split('/')
    return int(high, 16) << 32 | int(low, 16)


class Trial:
    def __init__(self, sluice, directory):
        self.sluice, self.directory, self.servers, self.relay, self.starts = sluice, directory, [], None, 0
        self.broker = OwnBroker(directory / 'broker', 0)
        self.primary = self.server('primary')
        self.has_failover_slots = self.primary.version >= FAILOVER_SLOTS
        self.ask(self.primary, 'CREATE TABLE t (id int PRIMARY KEY, v int)')

    def server(self, name, settings={}, primary=None):
        server = Postgres(self.directory / name, settings, primary)
        server.sql = server.session('postgres')
        self.servers.append(server)
        return server

    def standby(self, name):
        settings = {}
        if self.has_failover_slots:
            self.ask(self.primary, "SELECT pg_create_physical_replication_slot('%s')" % name)
            settings = {'primary_slot_name': name, 'hot_standby_feedback': 'on', 'sync_replication_slots': 'on'}
        return self.server(name, settings, self.primary)

    def ask(self, server, *statements):
        return server.sql.query(*statements)

    def insert(self, server, first, last):
        self.ask(server, 'INSERT INTO t SELECT g, g FROM generate_series(%d, %d) g' % (first, last))

    def end(self, server):
        return self.ask(server, 'SELECT pg_current_wal_lsn()')

    def wait(self, what, condition):
        until = time.monotonic() + SECONDS_MAX
        while not condition():
            if time.monotonic() > until:
                raise Failure('not within %d s: %s' % (SECONDS_MAX, what))
            if self.relay and self.relay.poll() is not None:
                raise Failure('the relay ended with status %d: %s' % (self.relay.returncode, self.log()))
            time.sleep(0.05)

    def wait_replayed(self, standby):
        end = self.end(self.primary)
        self.wait('%s is replayed' % end, lambda: self.ask(standby, "SELECT pg_last_wal_replay_lsn() >= '%s'" % end) == 't')

    def wait_confirmed(self, server):
        # A slot begins at a confirmed position, before the snapshot that it exports.
        self.wait('the relay streams', lambda: 'streaming from slot' in self.log())
        end = self.end(server)
        self.wait('%s is confirmed' % end, lambda: self.ask(
            server, "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'trial' AND confirmed_flush_lsn >= '%s'" % end) == '1')

    def has_slot(self, standby):
        # A slot is taken over once it has left behind what the standby lacks: it must move, and be looked at again.
        self.ask(self.primary, 'SELECT pg_log_standby_snapshot()')
        return self.ask(standby, "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'trial' AND synced AND NOT temporary") == '1'

    def promote(self, standby):
        self.ask(standby, 'SELECT pg_promote()')
        return int(self.ask(standby, 'SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)'), 16)

    # The relay

    def files(self, server, mode):
        worker, connector = self.directory / 'worker.properties', self.directory / 'connector.json'
        worker.write_text('bootstrap.servers=127.0.0.1:%d\noffset.storage.file.filename=%s\n' % (self.broker.port, self.directory / 'offsets'))
        connector.write_text(json.dumps({'name': 'trial', 'config': {
            'connector.class': 'io.debezium.connector.postgresql.PostgresConnector', 'plugin.name': 'pgoutput', 'topic.prefix': 'trial',
            'database.hostname': '127.0.0.1', 'database.port': str(server.port), 'database.user': 'postgres', 'database.password': 'unused',
            'database.dbname': 'postgres', 'slot.name': 'trial', 'slot.failover': 'true' if self.has_failover_slots else 'false',
            'publication.name': 'trial', 'publication.autocreate.mode': 'filtered', 'table.include.list': 'public.t', 'snapshot.mode': mode}}))
        return [worker, connector]

    def start(self, server, mode='initial'):
        self.starts += 1
        self.log_file = self.directory / ('relay-%d.log' % self.starts)
        log = open(self.log_file, 'wb')
        self.relay = started([self.sluice, 'run', *self.files(server, mode)], stdout=log, stderr=log)

    def log(self):
        return self.log_file.read_text(errors='replace')

    def stop(self):
        status, self.relay = ended(self.relay), None
        if status:
            raise Failure('the relay ended with status %d at SIGTERM: %s' % (status, self.log()))

    def kill(self):
        ended(self.relay, signal.SIGKILL)
        self.relay = None

    def refusal(self, server, mode, pattern):
        """What it says when it must not start: its match."""
        self.start(server, mode)
        try:
            status = self.relay.wait(SECONDS_MAX)
        except Exception:
            raise Failure('the relay should stop, and goes on: %s' % self.log())
        self.relay = None
        found = re.search(pattern, self.log())
        if status != CONFIGURATION or not found:
            raise Failure('the relay should end with %d and say %s; it ended with %d: %s' % (CONFIGURATION, pattern, status, self.log()))
        return found

    def verify(self, server, mode):
        with open(self.directory / 'verify.txt', 'w+') as output:
            status = started([self.sluice, 'verify', *self.files(server, mode)], stdout=output, stderr=output).wait()
            output.seek(0)
            if status:
                raise Failure('sluice verify ended with status %d: %s' % (status, output.read()))

    def close(self):
        if self.relay:
            ended(self.relay, signal.SIGKILL)
        for server in self.servers:
            server.sql.close()
            server.stop()
        self.broker.close()


def promoted(trial):
    standby = trial.standby('standby')
    trial.start(trial.primary)
    trial.insert(trial.primary, 1, 100)
    trial.wait_confirmed(trial.primary)
    if trial.has_failover_slots:
        trial.wait('the slot is on the standby', lambda: trial.has_slot(standby))
    trial.kill()
    sent = trial.end(trial.primary)
    trial.insert(trial.primary, 101, 200)
    trial.wait_replayed(standby)
    lost = trial.end(trial.primary)
    trial.primary.stop()
    timeline = trial.promote(standby)
    trial.insert(standby, 201, 300)
    if trial.has_failover_slots:
        trial.start(standby)
        trial.wait_confirmed(standby)
        if 'snapshot of' in trial.log():
            raise Failure('a snapshot was taken, though the slot was there: %s' % trial.log())
        trial.verify(standby, 'initial')
        trial.stop()
        return 'timeline %d: the slot was there, the stream went on' % timeline
    gap = trial.refusal(standby, 'initial', r'slot trial is gone: changes from LSN (\S+) to (\S+)')
    if not lsn(gap.group(1)) <= lsn(sent) < lsn(lost) <= lsn(gap.group(2)):
        raise Failure('the gap should hold %s to %s: %s' % (sent, lost, gap.group(0)))
    trial.start(standby, 'when_needed')
    trial.wait_confirmed(standby)
    trial.verify(standby, 'when_needed')
    trial.stop()
    return 'timeline %d: %s, mended by a snapshot' % (timeline, gap.group(0))


def branches(trial):
    one, other = trial.standby('one'), trial.standby('other')
    trial.start(trial.primary)
    trial.insert(trial.primary, 1, 100)
    trial.wait_confirmed(trial.primary)
    trial.wait_replayed(one)
    trial.kill()
    one.sql.close()
    one.stop(signal.SIGINT)
    trial.insert(trial.primary, 101, 200)
    trial.wait_replayed(other)
    trial.primary.stop()
    one.start()
    timelines = trial.promote(one), trial.promote(other)
    if timelines[0] != timelines[1]:
        raise Failure('the trial wants two timelines of one number, not %s' % (timelines,))
    trial.insert(one, 301, 400)
    trial.start(one, 'when_needed')
    trial.wait_confirmed(one)
    trial.verify(one, 'when_needed')
    trial.stop()
    # The other branch is as far as the first: no position tells them apart.
    for _ in range(3):
        trial.insert(other, *((first := int(trial.ask(other, 'SELECT max(id) + 1 FROM t'))), first + 9))
        trial.ask(other, 'SELECT pg_switch_wal()')
    trial.refusal(other, 'when_needed', r'is of a timeline %d that is no part of the history' % timelines[0])
    return 'the other timeline %d was refused' % timelines[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--sluice', type=lambda text: Path(text).resolve(), default=ROOT / '.build/debug/sluice')
    parser.add_argument('trials', nargs='*', default=['promoted', 'branches'], metavar='promoted|branches')
    options = parser.parse_args()
    for name in options.trials:
        directory = Path(tempfile.mkdtemp(prefix='sluice-failover-'))
        directory.chmod(0o755)
        trial = None
        try:
            trial = Trial(options.sluice, directory)
            print('%s, PostgreSQL %d: %s' % (name, trial.primary.version, {'promoted': promoted, 'branches': branches}[name](trial)), flush=True)
        except Failure as failure:
            print('%s: NOT AS IT SHOULD BE: %s (files: %s)' % (name, failure, directory))
            return 1
        except ServerError as error:
            print('%s: %s (files: %s)' % (name, error, directory), file=sys.stderr)
            return 69
        finally:
            if trial:
                trial.close()
        shutil.rmtree(directory)
    return 0


if __name__ == '__main__':
    sys.exit(main())
