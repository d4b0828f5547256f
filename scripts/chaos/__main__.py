"""Real processes under faults, and proof afterwards that nothing was lost or doubled.

A private PostgreSQL, a broker, the generator and a writer of our own as load, two relays of the same connectors (one active,
one standing by), and a proxy in each relay's way to PostgreSQL and to Kafka. Faults are drawn from the seed. In the end
everything is quiet, the relays catch up, and `sluice verify` and a reading of every record judge.

  scripts/chaos --seconds 60 --seed 7
  scripts/chaos --seconds 300 --exactly-once --bootstrap-servers localhost:9092 --broker-kill ./kafka.sh
  scripts/chaos --scenario outage --seconds 240

--broker-kill SCRIPT is called with the word `kill` and later with `start`. Exit codes: 0 proven; 1 a violation; 69 a server
does not start; 130 interrupted. All processes and files go with it, but for the directory of a run with a violation.
"""
import argparse
import ctypes
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import faults
import proof
from load import SETUP, Bank, Writer
from processes import LIBC, ended, started
from proxy import Proxies
from relays import ROOT, SLOTS, Relay, Settings, SmallDisk
from servers import GivenKafka, OwnBroker, Postgres, ServerError, SQLError

RECOVERY_SECONDS_MAX = 180
# What the command line says unless told otherwise.
USUAL = {'rate': 60.0, 'customers': 200, 'large_rows': 1_000_000, 'spill_mebibytes': 64, 'forget': 0}
CLONE_NEWNS, MS_REC_PRIVATE = 0x20000, 0x44000


class Run:
    def __init__(self, options, directory):
        self.options, self.directory, self.seconds = options, directory, options.seconds
        self.random = random.Random(options.seed)
        self.relays, self.acknowledged, self.rows, self.violations = [], {name: [] for name in SLOTS}, [], []
        self.postgres = self.broker = self.bank = self.writer = self.session = self.proxies = None
        self.began = time.monotonic()
        drawn = random.Random(options.seed)
        exactly_once = drawn.random() < 0.5 if options.exactly_once is None else options.exactly_once
        state, streaming = drawn.choice(['file', 'topic', 'table']), drawn.choice(['parallel', 'parallel', 'on', 'off'])
        prefix = 'chaos-%d-%s' % (options.seed, os.urandom(3).hex()) if options.bootstrap_servers else 'fintech'
        self.settings = Settings(prefix, exactly_once, 'topic' if exactly_once else state, {None: streaming, 'large-off': 'off'}.get(options.scenario, 'parallel'), drawn.random() < 0.5, prefix + '-relays', options.shared_slot)
        self.slots = self.settings.slots
        self.early = drawn.random() < 0.4

    # Setting up

    def start(self):
        self.postgres = Postgres(self.directory / 'postgres')
        if self.options.bootstrap_servers:
            self.broker = GivenKafka(self.options.bootstrap_servers, self.options.broker_kill)
        else:
            self.broker = OwnBroker(self.directory / 'broker', self.options.forget)
        self.can_kill_broker = not self.options.bootstrap_servers or self.options.broker_kill is not None
        self.postgres.session('postgres').query('CREATE DATABASE fintech')
        self.session = self.postgres.session()
        log = open(self.directory / 'migrate.log', 'ab')
        if started([self.options.sluice, 'migrate', 'up', '--directory', ROOT / 'migrations', '--database-url', self.postgres.uri()], stdout=log, stderr=log).wait():
            raise ServerError('sluice migrate: ' + (self.directory / 'migrate.log').read_text())
        self.ask(SETUP.strip().rstrip(';'))
        self.spill = SmallDisk(self.directory / 'spill', self.options.spill_mebibytes)
        self.shared = SmallDisk(self.directory / 'state', 1)
        self.proxies = Proxies(self.note)
        bootstrap = ','.join('%s:%d' % server for server in self.broker.servers)
        for name in 'AB':
            spill = self.spill.path / name
            spill.mkdir(mode=0o700)
            postgres, port = self.proxies.postgres('relay %s to PostgreSQL' % name, ('127.0.0.1', self.postgres.port))
            kafka, servers = self.proxies.kafka('relay %s to Kafka' % name, self.broker.servers)
            files = self.settings.write(self.directory / name, port, servers, self.shared.path, spill)
            self.relays.append(Relay(name, self.options.sluice, files, [postgres, kafka], self.directory / ('relay-%s.log' % name), self.remark))
        self.direct = self.settings.write(self.directory / 'direct', self.postgres.port, bootstrap, self.shared.path, self.spill.path)
        self.bank = Bank(self.options.sluice, self.postgres, self.options.seed, self.options.rate, self.options.customers, self.directory / 'generator.log')
        for relay in self.relays:
            relay.supervise()
        self.writer = Writer(self.postgres, self.options.seed, self.options.large_rows)

    def note(self, subject, moment):
        moments = self.acknowledged.get(self.settings.connector_of(subject))
        if moments is not None:
            moments.append(moment)

    # For faults

    def hold(self, seconds):
        until = time.monotonic() + seconds
        while True:
            for relay in self.relays:
                relay.supervise()
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.02))

    def ask(self, *statements):
        for _ in range(200):
            try:
                return self.session.query(*statements)
            except SQLError as error:
                failure = error
                self.hold(0.1)
        raise ServerError('PostgreSQL: %s' % failure)

    def active(self):
        """The relay that has a slot; both may have some."""
        with_slots = [relay for relay in self.relays if relay.is_alive and relay.gates[0].pairs]
        return self.random.choice(with_slots or self.relays)

    def remark(self, text):
        self.print('', text)

    def print(self, mark, text, figures=''):
        print('%7.1f s %1s %-64s %s' % (time.monotonic() - self.began, mark, text, figures), flush=True)

    # Faults

    def confirmed(self, position):
        """Slots that have not come so far."""
        return self.ask("SELECT %d - count(*) FROM pg_replication_slots WHERE slot_name IN ('%s') AND confirmed_flush_lsn >= '%s'" % (len(self.slots), "','".join(self.slots), position)) == '0'

    def recover(self, seconds=RECOVERY_SECONDS_MAX):
        """Until what is committed now is confirmed by every connector; the seconds, or None."""
        position, began = self.ask('SELECT pg_current_wal_lsn()'), time.monotonic()
        while not self.confirmed(position):
            if time.monotonic() - began > seconds:
                self.violations.append('%s was not confirmed within %d s' % (position, seconds))
                self.remark(self.violations[-1])
                return None
            self.hold(0.05)
        return time.monotonic() - began

    def pause(self, since):
        """The longest time without an acknowledged record of some connector, and which."""
        longest = (0.0, '')
        for name, moments in self.acknowledged.items():
            here = moments[:]
            around = [m for m in here if m < since][-1:] + [m for m in here if m >= since]
            for before, after in zip(around, around[1:]):
                longest = max(longest, (after - before, name))
        return longest

    def strike(self, some):
        since = time.monotonic()
        for index, fault in enumerate(some):
            at = time.monotonic()
            what = fault(self, self.random)
            if failure := self.bank.failure():
                raise ServerError(failure)
            if index < len(some) - 1:
                self.print('+', what, '(with the next)')
                self.rows.append((fault.__name__, None, None))
                self.hold(self.random.uniform(0, 1))
        caught_up = self.recover()
        paused, _ = self.pause(since)
        self.rows.append((fault.__name__, paused, caught_up))
        self.print('', what, 'records paused %5.2f s, caught up after %s' % (paused, 'NEVER' if caught_up is None else '%.2f s' % caught_up))

    def run(self):
        print('seed %d, %d s: %s; %s; %s' % (self.options.seed, self.seconds, self.settings, self.broker.label,
              'small file systems in memory play the full disks' if self.spill.is_mounted else 'limits on the relays\' files play the full disks (no root)'), flush=True)
        if not self.early:
            caught_up = self.recover(60)
            if caught_up is None:
                raise ServerError('nothing streams before any fault; see the relays\' logs')
            self.print('', 'first snapshots taken', 'streaming after %.2f s' % caught_up)
        until = time.monotonic() + self.seconds
        if self.options.scenario:
            for some in faults.SCENARIOS[self.options.scenario](self, self.random):
                self.strike(some)
        while not self.options.scenario and time.monotonic() < until:
            self.hold(self.random.uniform(0.2, 3))
            self.strike(faults.drawn(self, self.random))

    # The end

    def judge(self):
        wrote, failure = self.bank.close()
        self.writer.close()
        if failure:
            self.violations.append(failure)
        for relay in self.relays:
            for gate in relay.gates:
                gate.heal()
        caught_up = self.recover()
        self.print('', 'quiet', '' if caught_up is None else 'caught up after %.2f s' % caught_up)
        verdict = proof.Verdict()
        self.hold(0)
        proof.verify(self.options.sluice, self.direct, self.settings, self.directory, verdict)
        ordered = proof.order(self.options.sluice, self.direct_servers(), self.settings, verdict, self.directory / 'tail.log', [relay.log_file for relay in self.relays])
        for relay in self.relays:
            status = relay.close()
            if status not in (0, None):
                verdict.violations.append('relay %s ended with status %d at SIGTERM' % (relay.name, status))
            self.violations += relay.crashes
        self.violations += verdict.violations
        self.report(wrote, verdict, ordered)

    def direct_servers(self):
        return ','.join('%s:%d' % server for server in self.broker.servers)

    def report(self, wrote, verdict, ordered):
        print('\n%-24s %5s   %-28s %s' % ('fault', 'times', 'records paused, s', 'caught up after, s'))
        for kind in sorted({row[0] for row in self.rows}):
            figures = [[row[n] for row in self.rows if row[0] == kind and row[n] is not None] for n in (1, 2)]
            print('%-24s %5d   %-28s %s' % (kind.replace('_', ' '), sum(row[0] == kind for row in self.rows), *map(spread, figures)))
        print('\n%-30s %9s %9s %9s %9s %9s %10s' % ('connector', 'rows', 'records', 'missing', 'different', 'extra', 'duplicates'))
        for line in verdict.lines:
            print('%-30s %9d %9d %9d %9d %9d %10d' % line)
        print('\nrelays: %s' % ', '.join('%s started %d times, at most %d MiB resident' % (relay.name, relay.starts, relay.peak_kib / 1024) for relay in self.relays))
        print('writer: %s' % ', '.join('%d %s' % (count, what) for what, count in sorted(self.writer.counts.items())))
        for remark in self.broker.remarks() + ['order of %s records checked' % format(ordered.records, ','), 'generator: %s' % wrote]:
            print(remark)
        print('\nagain: %s' % self.again())
        if verdict.stale:
            print('STALE: the last record of %d keys is an older one that came again, sent by a relay that hung after its standby had taken over '
                  '(at least once; see docs/delivery.md): %s' % (len(verdict.stale), ', '.join('%s %s' % one for one in verdict.stale[:2])))
        for violation in self.violations:
            print('VIOLATION: %s' % violation)
        print('%s: missing %d, extra %d, duplicates %d (%s)' % (
            'NOT PROVEN' if self.violations else 'PROVEN', sum(line[3] for line in verdict.lines), sum(line[5] for line in verdict.lines), verdict.duplicates,
            'none allowed, exactly once' if self.settings.exactly_once else 'allowed, at least once'))

    def again(self):
        options = self.options
        words = ['make chaos', 'SECONDS=%d' % options.seconds, 'SEED=%d' % options.seed]
        if options.exactly_once is not None:
            words.append('EXACTLY_ONCE=%d' % options.exactly_once)
        if options.bootstrap_servers:
            words.append('BOOTSTRAP_SERVERS=' + options.bootstrap_servers)
        if options.broker_kill:
            words.append('BROKER_KILL=%s' % options.broker_kill)
        if options.scenario:
            words.append('SCENARIO=' + options.scenario)
        more = ['--%s %g' % (name.replace('_', '-'), getattr(options, name)) for name, usual in USUAL.items() if getattr(options, name) != usual]
        if options.shared_slot:
            more.append('--shared-slot')
        if more:
            words.append("CHAOS='%s'" % ' '.join(more))
        return ' '.join(words)

    def close(self):
        for relay in self.relays:
            relay.is_wanted = False
            relay.kill()
        for process in (self.bank and self.bank.process, self.session and self.session.process):
            if process:
                ended(process, signal.SIGKILL)
        if self.writer:
            self.writer.stops = True
        if self.broker:
            self.broker.close()
        if self.postgres:
            self.postgres.stop()


def spread(figures):
    if not figures:
        return ''
    figures = sorted(figures)
    return 'median %.2f, most %.2f' % (figures[len(figures) // 2], figures[-1])


def arguments():
    parser = argparse.ArgumentParser(prog='scripts/chaos', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seconds', type=int, default=60, help='of faults; the proof comes on top')
    parser.add_argument('--seed', type=int, default=int(time.time()))
    parser.add_argument('--exactly-once', type=lambda text: {'0': False, '1': True}.get(text), help='1 or 0; drawn from the seed unless given')
    parser.add_argument('--shared-slot', action='store_true', help='one slot for the three connectors: sluice.slot.shared')
    parser.add_argument('--bootstrap-servers', help='a Kafka that runs')
    parser.add_argument('--broker-kill', type=lambda text: Path(text).resolve(), help='script that takes the words kill and start')
    parser.add_argument('--scenario', choices=list(faults.SCENARIOS), help='a scripted run in place of the drawn one')
    parser.add_argument('--sluice', type=lambda text: Path(text).resolve(), default=ROOT / '.build/release/sluice')
    parser.add_argument('--rate', type=float, default=USUAL['rate'], help='bank transactions a second')
    parser.add_argument('--customers', type=int, default=USUAL['customers'])
    parser.add_argument('--large-rows', type=int, default=USUAL['large_rows'], help='of a transaction of the scenarios large and large-off')
    parser.add_argument('--spill-mebibytes', type=int, default=USUAL['spill_mebibytes'], help='size of the small disk of the spill')
    parser.add_argument('--forget', type=int, default=USUAL['forget'], help='our broker loses every so many batches that it acknowledged: the run must fail')
    parser.add_argument('--keep', type=Path, default=ROOT / '.build/chaos', help='where the files of a run with a violation are left')
    return parser.parse_args()


def interrupt(*_):
    raise KeyboardInterrupt


def main():
    options = arguments()
    if not options.sluice.exists():
        sys.exit('scripts/chaos: %s is missing; make build' % options.sluice)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    if os.geteuid() == 0 and LIBC.unshare(CLONE_NEWNS) == 0:
        # What is mounted goes with the last process.
        LIBC.mount(b'none', b'/', None, ctypes.c_ulong(MS_REC_PRIVATE), None)
    directory = Path(tempfile.mkdtemp(prefix='sluice-chaos-'))
    directory.chmod(0o755)
    run, status = Run(options, directory), 1
    try:
        run.start()
        run.run()
        run.judge()
        status = 1 if run.violations else 0
    except KeyboardInterrupt:
        print('\ninterrupted; again: %s' % run.again(), flush=True)
        status = 130
    except ServerError as error:
        print('scripts/chaos: %s' % error, file=sys.stderr)
        status = 69
    finally:
        # A second Ctrl-C must not leave anything behind.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        run.close()
        if status in (1, 69):
            kept = options.keep / ('seed-%d' % options.seed)
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(directory, kept, ignore=shutil.ignore_patterns('data', 'ballast', '.s.PGSQL*'))
            print('kept: %s' % kept, flush=True)
        for disk in ('spill', 'state'):
            LIBC.umount2(str(directory / disk).encode(), 2)
        shutil.rmtree(directory, ignore_errors=True)
    return status


if __name__ == '__main__':
    sys.exit(main())
