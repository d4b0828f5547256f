"""The two programs: Debezium in a JVM that serves many runs, and the relay as it is shipped."""
import hashlib
import json
import os
import queue
import shutil
import signal
import subprocess
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
# A quick start and little memory count here, not throughput.
JVM_OPTIONS = ['-Xms64M', '-Xmx1G', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto', '-Djava.awt.headless=true',
               '-Duser.timezone=UTC', '-Doracle.log=off']


class Unavailable(Exception):
    """What is needed for a comparison is not there; the text says what to do."""


class Oracle:
    """The oracle's folder and its home, where jars and compiled classes are."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.home = Path(os.environ.get('ORACLE_HOME', '/tmp/debezium-oracle'))
        if not (self.folder / 'run').exists():
            raise Unavailable('no oracle in %s: set ORACLE to the folder that holds its run, case and compare' % self.folder)
        for program, package in [('java', 'openjdk-17-jdk-headless'), ('javac', 'openjdk-17-jdk-headless'),
                                 ('psql', 'postgresql-client'), ('cc', 'gcc')]:
            if not shutil.which(program):
                raise Unavailable('%s is not installed (Debian and Ubuntu: apt-get install %s)' % (program, package))
        # Without a connector it fetches the jars, compiles its harness, says how it is used, and ends with 64.
        done = subprocess.run([self.folder / 'run'], capture_output=True, text=True)
        if done.returncode != 64:
            raise Unavailable('the oracle does not start: ' + done.stderr.strip()[-2000:])
        self.classes = self._compiled()
        self.compare = self.folder / 'compare'

    def _compiled(self):
        """The oracle's classes and those of harness/ in one folder: they share a package."""
        mine = HERE / 'harness' / 'Connectors.java'
        sources = sorted((self.folder / 'harness').glob('*.java')) + [mine]
        stamp = hashlib.sha256(b''.join(path.read_bytes() for path in sources)).hexdigest()[:16]
        classes = self.home / ('differential-' + stamp)
        if not classes.exists():
            new = self.home / ('differential-new-%d' % os.getpid())
            subprocess.run(['javac', '-nowarn', '-Xlint:-deprecation', '-d', str(new), '-cp', '%s/jars/*' % self.home,
                            *map(str, sources)], check=True)
            new.rename(classes)
        return classes

    def sinkbroker(self):
        program, source = self.home / 'sinkbroker', self.folder / 'sinkbroker.c'
        if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(['cc', '-O2', '-o', str(program), str(source)], check=True)
        return program


class JVM:
    """Serves one run after another, or some at a time."""

    def __init__(self, oracle, log):
        self.runs, self.count = {}, 0
        self.process = subprocess.Popen(
            ['java', *JVM_OPTIONS, '-Dlog4j2.configurationFile=%s' % (oracle.folder / 'harness' / 'log4j2.properties'),
             '-cp', '%s:%s/jars/*' % (oracle.classes, oracle.home), 'Connectors'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(log, 'ab'), text=True, bufsize=1)
        self.lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            event = json.loads(line)
            # One that has been stopped may still have something to say.
            run = self.runs.get(event['run'])
            if run:
                run.events.put(event)
        for run in list(self.runs.values()):
            run.events.put({'event': 'failed', 'text': 'the JVM ended'})
            run.events.put({'event': 'ended', 'text': None})

    def tell(self, command):
        with self.lock:
            self.process.stdin.write(json.dumps(command) + '\n')
            self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Debezium:
    name = 'debezium'

    def __init__(self, jvm):
        self.jvm = jvm

    def start(self, config, directory, partitions=1):
        with self.jvm.lock:
            self.jvm.count += 1
            self.run = 'r%d' % self.jvm.count
        self.events, self.markers, self.failure, self.ended = queue.Queue(), set(), None, False
        self.started = False
        self.out = directory / 'debezium.jsonl'
        self.out.touch()
        self.jvm.runs[self.run] = self
        self.jvm.tell({'start': self.run, 'config': str(config), 'out': str(self.out),
                       'offsets': str(directory / 'debezium-offsets.json')})

    def _take(self, event):
        kind = event['event']
        if kind == 'marker':
            self.markers.add(event['text'])
        elif kind == 'started':
            self.started = True
        elif kind == 'failed':
            self.failure = event['text']
        elif kind == 'ended':
            self.ended = True

    def poll(self):
        """Takes what is told; whether the program still runs."""
        while True:
            try:
                self._take(self.events.get_nowait())
            except queue.Empty:
                return not self.ended and self.failure is None

    def has(self, marker):
        self.poll()
        return marker in self.markers

    def stop(self, seconds=30):
        if self.poll():
            self.jvm.tell({'stop': self.run})
        while not self.ended:
            try:
                self._take(self.events.get(timeout=seconds))
            except queue.Empty:
                self.failure = self.failure or 'does not stop'
                break
        self.jvm.runs.pop(self.run, None)


class Sluice:
    name = 'sluice'

    def __init__(self, program, oracle):
        self.program, self.oracle = program, oracle

    def start(self, config, directory, partitions=1):
        self.failure, self.started = None, True
        self.out, self.log = directory / 'sluice.jsonl', directory / 'sluice.log'
        self.out.touch()
        self.broker = subprocess.Popen(
            [self.oracle.sinkbroker(), '--out', str(self.out), '--partitions', str(partitions)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        address = self.broker.stdout.readline().strip()
        worker = directory / 'worker.properties'
        worker.write_text('bootstrap.servers=%s\noffset.storage.file.filename=%s\n' % (address, directory / 'sluice-offsets'))
        self.seen, self.tail = 0, b''
        self.process = subprocess.Popen([self.program, 'run', str(worker), str(config)],
                                        stdout=open(self.log, 'ab'), stderr=subprocess.STDOUT)

    def poll(self):
        status = self.process.poll()
        if status is None:
            return True
        if status not in (0, -signal.SIGTERM) and self.failure is None:
            self.failure = 'status %d: %s' % (status, self._complaint())
        return False

    def has(self, marker):
        """A record of the broker's holds the marker. Transforms may drop it, so that it never comes."""
        with open(self.out, 'rb') as file:
            file.seek(self.seen)
            text = self.tail + file.read()
            self.seen = file.tell()
        self.tail = text[-100:]
        return marker.encode() in text

    def _complaint(self):
        lines = self.log.read_text(errors='replace').splitlines()
        telling = [line for line in lines if 'error' in line or 'FAILED' in line or 'critical' in line]
        return ' | '.join((telling or lines)[-3:])

    def stop(self, seconds=30):
        if self.poll():
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            self.failure = 'does not stop'
        self.poll()
        self.broker.terminate()
        self.broker.wait()
