"""Two relays of the same connectors, each behind gates of its own, supervised as a service manager would."""
import json
import os
import re
import resource
import signal
import subprocess
import threading
import time
from pathlib import Path

from processes import ended, started

ROOT = Path(__file__).resolve().parent.parent.parent
CONNECTORS = ['fintech-main-connector', 'fintech-outbox-connector', 'fintech-analytics-connector']
SLOTS = {'fintech-main-connector': 'fintech_main', 'fintech-outbox-connector': 'fintech_outbox', 'fintech-analytics-connector': 'fintech_analytics'}
SHARED_SLOT = 'fintech_shared'
# Tables of the run's own writer, beside the bank's.
OWN_TABLES = ['counted', 'bulk', 'shaped']
# The service manager's pause before a start.
RESTART_SECONDS = 0.5
CONFIGURATION, INTERRUPTED = 78, 130


class Settings:
    """What a run's relays are told; `prefix` begins every topic's name."""

    def __init__(self, prefix, exactly_once, state, streaming, resumes, group, shares_slot):
        self.prefix, self.exactly_once, self.state, self.streaming, self.resumes, self.group = prefix, exactly_once, state, streaming, resumes, group
        self.shares_slot = shares_slot

    def __str__(self):
        return '%s, state in a %s, sluice.streaming=%s%s%s' % (
            'exactly once' if self.exactly_once else 'at least once', self.state, self.streaming,
            ', sluice.snapshot.resume=true' if self.resumes else '', ', sluice.slot.shared=true' if self.shares_slot else '')

    @property
    def slots(self):
        return [SHARED_SLOT] if self.shares_slot else list(SLOTS.values())

    def connector_of(self, subject):
        """Of a topic or a transactional id."""
        if subject.startswith(self.group + '-'):
            return subject[len(self.group) + 1:-2]
        rest = subject[len(self.prefix) + 1:]
        return 'fintech-outbox-connector' if rest.startswith('events.') else 'fintech-analytics-connector' if rest.startswith('analytics.') else 'fintech-main-connector'

    def write(self, directory, postgres_port, bootstrap, shared, spill):
        """The worker file and the connector files in `directory`; returned in the order of the command line."""
        directory.mkdir(exist_ok=True)
        worker = ['bootstrap.servers=' + bootstrap, 'group.id=' + self.group, 'task.shutdown.graceful.timeout.ms=10000',
                  # Short enough for a stalled connection to be given up within a run.
                  'producer.request.timeout.ms=6000', 'producer.reconnect.backoff.max.ms=1000']
        if self.exactly_once:
            worker += ['exactly.once.source.support=enabled', 'producer.transaction.timeout.ms=10000']
        if self.shares_slot:
            worker += ['sluice.slot.shared=true', 'sluice.slot.name=' + SHARED_SLOT]
        if self.state == 'topic':
            worker += ['offset.storage.topic=%s.offsets' % self.prefix, 'offset.storage.replication.factor=-1']
        if self.state == 'file':
            worker += ['offset.storage.file.filename=%s' % (shared / 'offsets')]
        files = [directory / 'worker.properties']
        files[0].write_text('\n'.join(worker) + '\n')
        for name in CONNECTORS:
            connector = json.loads((ROOT / 'connectors' / (name + '.json')).read_text())
            config = connector['config']
            for key in ('topic.prefix', 'transforms.route.regex', 'transforms.route.replacement', 'transforms.outbox.route.topic.replacement'):
                if key in config:
                    config[key] = re.sub(r'^fintech\b', lambda _: self.prefix, config[key])
            config.update({'database.hostname': '127.0.0.1', 'database.port': str(postgres_port), 'database.user': 'sluice_replication', 'database.password': 'unused',
                           'sluice.streaming': self.streaming, 'sluice.spill.directory': str(spill), 'sluice.spill.memory.bytes': '262144',
                           'sluice.snapshot.resume': 'true' if self.resumes else 'false', 'incremental.snapshot.chunk.size': '256'})
            if name == CONNECTORS[0]:
                config['table.include.list'] += ''.join(',public.' + table for table in OWN_TABLES)
            files.append(directory / (name + '.json'))
            files[-1].write_text(json.dumps(connector, indent=1) + '\n')
        return files


class Relay:
    def __init__(self, name, program, files, gates, log_file, on_remark):
        self.name, self.program, self.files, self.gates, self.on_remark = name, program, files, gates, on_remark
        self.log_file, self.process, self.resident_kib = log_file, None, 0
        self.due, self.is_wanted, self.is_stopped = 0.0, True, False
        self.starts, self.peak_kib, self.failures, self.crashes = 0, 0, [], []
        self.has_failed_connector = threading.Event()

    def start(self):
        self.has_failed_connector.clear()
        self.process = started([self.program, 'run', *self.files], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.starts += 1
        threading.Thread(target=self.listen, args=(self.process.stdout,), daemon=True).start()

    def listen(self, output):
        """Its log, through a pipe: a full disk or a limit on files does not reach it."""
        with open(self.log_file, 'ab') as file:
            for line in output:
                file.write(line)
                file.flush()
                if b'FAILED' in line:
                    self.failures.append(line.decode(errors='replace').strip())
                    self.has_failed_connector.set()

    @property
    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        if self.is_alive:
            self.process.send_signal(number)
        self.is_stopped = number == signal.SIGSTOP

    def kill(self, again_in=RESTART_SECONDS):
        if self.process:
            ended(self.process, signal.SIGKILL)
        self.process, self.due, self.is_stopped = None, time.monotonic() + again_in, False

    def supervise(self):
        """Starts it where it is due, measures it, and notes an end that nobody asked for."""
        now = time.monotonic()
        if self.process is not None:
            status = self.process.poll()
            if status is None:
                self.measure()
                if self.has_failed_connector.is_set() and not self.is_stopped:
                    # A connector that fails while others run stays failed: the operator's hand.
                    self.has_failed_connector.clear()
                    self.on_remark('relay %s: %s; restarted' % (self.name, self.failures[-1]))
                    self.process.send_signal(signal.SIGTERM)
                return
            if status < 0 or status == CONFIGURATION:
                self.crashes.append('relay %s ended with %s' % (self.name, 'signal %d' % -status if status < 0 else 'status %d: %s' % (status, (self.failures or ['?'])[-1])))
                self.on_remark(self.crashes[-1])
            elif self.is_wanted and status != 0:
                self.on_remark('relay %s ended with status %d; started again' % (self.name, status))
            self.process, self.due = None, now + RESTART_SECONDS
        elif self.is_wanted and now >= self.due:
            self.start()

    def measure(self):
        try:
            status = Path('/proc/%d/status' % self.process.pid).read_text()
        except OSError:
            return
        found = re.search(r'VmRSS:\s+(\d+)', status)
        if found:
            self.resident_kib = int(found.group(1))
            self.peak_kib = max(self.peak_kib, self.resident_kib)

    def limit_files(self, limited):
        """Where no small file system can be mounted, a limit on the size of files plays the full disk."""
        if self.is_alive:
            hard = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (0 if limited else hard, hard))

    def close(self):
        self.is_wanted = False
        return ended(self.process) if self.process else 0


class SmallDisk:
    """A directory that can be full: a file system in memory where this process may mount one, else a plain directory and
    limits on the relays' files."""

    def __init__(self, path, mebibytes):
        self.path, self.ballast = path, path / 'ballast'
        path.mkdir(mode=0o700)
        self.is_mounted = os.geteuid() == 0 and subprocess.run(
            ['mount', '-t', 'tmpfs', '-o', 'size=%dm,mode=0700' % mebibytes, 'chaos', path], capture_output=True).returncode == 0

    def fill(self, relays):
        if not self.is_mounted:
            return [relay.limit_files(True) for relay in relays]
        with open(self.ballast, 'wb', buffering=0) as file:
            try:
                while file.write(bytes(65536)) == 65536:
                    pass
            except OSError:
                pass

    def empty(self, relays):
        if not self.is_mounted:
            return [relay.limit_files(False) for relay in relays]
        self.ballast.unlink(missing_ok=True)
