"""Runs the two programs on a case and compares what they delivered."""
import json
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import normalise
import quirks
from programs import Debezium, Sluice

# Separates parts of changes.sql: both programs have read everything before it when what follows is run. As SQL it is a
# pause, since Debezium asks the catalogue when it gets to a change, not the log.
PAUSE = 'SELECT pg_sleep(2);\n'
LAST = 'sluice-end'


@dataclass
class Outcome:
    """What became of a case. Without differences it passed."""
    differences: list = field(default_factory=list)
    records: int = 0
    # Why a program did not get to the end.
    debezium_failure: str = None
    sluice_failure: str = None
    # The rule of quirks.py by which a difference is decided.
    quirk: str = None
    # What psql said of the statements.
    complaints: str = ''

    @property
    def passed(self):
        return not self.differences

    @property
    def both_fail(self):
        return self.passed and self.debezium_failure is not None


class TimedOut(Exception):
    pass


def wait(condition, seconds, what, pause=0.02):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimedOut('timed out: ' + what)
        time.sleep(pause)


class Lane:
    """One case after another."""

    def __init__(self, number, cluster, oracle, jvm, program, directory, timeout=40):
        self.number, self.cluster, self.oracle, self.jvm, self.program = number, cluster, oracle, jvm, program
        self.directory, self.timeout, self.count = Path(directory), timeout, 0

    # Both at once: one database, a slot and a publication for each, changes run once.

    def together(self, config, setup, changes, partitions=1, settle=0.0, masks=()):
        """`config` is the connector's, without address, slot and publication."""
        self.count += 1
        # A name that no earlier run had: what of it ends late does no harm.
        database = config['database.dbname']
        work = self.directory / ('lane%d-%d' % (self.number, self.count))
        work.mkdir(parents=True)
        first = lsn_number(self.cluster.end())
        self.cluster.create(database)
        self._sql(work / 'setup.sql', setup, database, stop_on_error=True)
        programs = {Debezium(self.jvm): 'a', Sluice(self.program, self.oracle): 'b'}
        slots = {}
        complaints = []
        try:
            for program, letter in programs.items():
                slots[program] = 'lane%d_%s' % (self.number, letter)
                own = dict(config)
                own.update(self._address())
                own.update({'slot.name': slots[program], 'publication.name': '%s_%s' % (
                    config.get('publication.name', 'dbz_publication'), letter)})
                if program.name == 'debezium':
                    own['poll.interval.ms'] = '5'
                file = work / ('%s.json' % program.name)
                file.write_text(json.dumps({'name': 'random', 'config': own}))
                program.start(file, work, partitions)
            # Later statements concern both, so they wait for the slower one.
            for program in programs:
                wait(lambda: not program.poll() or self.cluster.streams(slots[program]), self.timeout, program.name + ' streams')
            parts = changes.split(PAUSE)
            for index, part in enumerate(parts):
                marker = LAST if index == len(parts) - 1 else 'sluice-%d' % (index + 1)
                part += "\nROLLBACK;\nSELECT pg_logical_emit_message(false, '%s', '');\n" % marker
                complaints.append(self._sql(work / ('changes%d.sql' % index), part, database, stop_on_error=False))
                end = self.cluster.end()
                for program in programs:
                    wait(lambda: self._arrived(program, slots[program], marker, end), self.timeout,
                         '%s reads all changes' % program.name)
            if settle:
                time.sleep(settle)
        except TimedOut as error:
            return self._ended(programs, database, lambda: Outcome([str(error)]))
        except BaseException:
            self._ended(programs, database, lambda: None)
            raise
        return self._ended(programs, database, lambda: self._compare(programs, work, '\n'.join(filter(None, complaints)), None, masks, partitions,
                                                                         range(first, lsn_number(end) + 1)))

    def _arrived(self, program, slot, marker, end):
        if not program.poll():
            return True
        return program.has(marker) or program.name == 'sluice' and self.cluster.confirmed(slot, end)

    def _ended(self, programs, database, result):
        for program in programs:
            program.stop()
        outcome = result()
        self.cluster.drop_slots(database)
        self.cluster.drop(database)
        return outcome

    # One program after the other, each on a fresh database, as cases are recorded.

    def apart(self, case, settle=2.5):
        """`case` is a folder with setup.sql, changes.sql, connector.json, maybe case.json and changes2.sql."""
        specification = json.loads((case / 'case.json').read_text()) if (case / 'case.json').exists() else {}
        file = json.loads((case / 'connector.json').read_text())
        file['config'].update(self._address())
        database, slot = file['config'].get('database.dbname', 'postgres'), file['config'].get('slot.name', 'debezium')
        mode = specification.get('mode', 'live')
        self.count += 1
        work = self.directory / ('lane%d-%d' % (self.number, self.count))
        work.mkdir(parents=True)
        config = work / 'connector.json'
        config.write_text(json.dumps(file))
        programs = [Debezium(self.jvm), Sluice(self.program, self.oracle)]
        for program in programs:
            self.cluster.drop_slots('')
            self.cluster.create(database)
            self.cluster.run_file((case / 'setup.sql').resolve(), database)
            if mode == 'preload':
                self.cluster.run_file((case / 'changes.sql').resolve(), database)
            phases = [None if mode == 'preload' else case / 'changes.sql']
            if mode == 'restart':
                phases.append(case / 'changes2.sql')
            records = b''
            for index, changes in enumerate(phases):
                if index:
                    self.cluster.run_file(changes.resolve(), database)
                    changes = None
                self._phase(program, config, work, slot, changes, database, specification.get('partitions', 1), settle)
                records += program.out.read_bytes()
                program.out.unlink()
                if program.failure:
                    break
            (work / (program.name + '.jsonl')).write_bytes(records)
        self.cluster.drop_slots('')
        self.cluster.drop(database)
        return self._compare(programs, work, '', case), work

    def _phase(self, program, config, work, slot, changes, database, partitions, settle):
        program.start(config, work, partitions)
        try:
            wait(lambda: not program.poll() or self.cluster.streams(slot), self.timeout, '%s streams' % program.name)
            time.sleep(settle / 2)
            if changes:
                self.cluster.run_file(changes.resolve(), database)
            end = self.cluster.end()
            wait(lambda: not program.poll() or self.cluster.sent(slot, end), self.timeout, '%s reads all changes' % program.name)
            size, since, last = -1, time.monotonic(), time.monotonic() + settle * 4
            while program.poll() and time.monotonic() < last and time.monotonic() - since < settle:
                if program.out.stat().st_size != size:
                    size, since = program.out.stat().st_size, time.monotonic()
                time.sleep(0.05)
        finally:
            program.stop()

    def _address(self):
        return {'database.hostname': '127.0.0.1', 'database.port': str(self.cluster.port), 'database.user': 'postgres',
                'database.password': 'unused'}

    def _sql(self, path, text, database, stop_on_error):
        path.write_text(text)
        return self.cluster.run_file(path, database, stop_on_error)

    def _compare(self, programs, work, complaints, case=None, masks=(), partitions=1, positions=range(0)):
        """`positions` are the LSNs of the case: each program's snapshot has its own."""
        debezium, sluice = programs
        expected, actual = work / 'debezium.jsonl', work / 'sluice.jsonl'
        options = [word for mask in masks for word in ('--mask', mask)] + (['--order', 'key'] if partitions > 1 else [])
        if case:
            special = case / 'case.json'
            extra = json.loads(special.read_text()).get('compare', '') if special.exists() else ''
            options = ['--case', str(case), *extra.split()]
        def compare():
            return subprocess.run([self.oracle.compare, expected, actual, '--max-diffs', '6', *options],
                                  capture_output=True, text=True)
        def rewrite(change):
            for file in (expected, actual):
                file.write_text(change(file.read_text()))
            return compare()
        config = (work / 'sluice.json').read_text() if not case else ''
        done = rewrite(lambda text: normalise.by_partition(text, partitions)) if partitions > 1 and not case else compare()
        if done.returncode and '"transforms"' in config:
            # A transform may have put a time or position of the run where the comparer does not look for one.
            done = rewrite(lambda text: normalise.positions(normalise.moments(text), positions))
        if done.returncode and not case and '[B@' in expected.read_text():
            done = rewrite(normalise.bytes_in_structures)
        if done.returncode and '"snapshot.max.threads"' in config:
            # Threads of a snapshot end in another order each time.
            options += ['--order', 'key']
            done = compare()
            if done.returncode:
                done = rewrite(normalise.ends_of_snapshot)
                if not done.returncode:
                    quirks.count('end-of-threads')
        if done.returncode and '"decimal.handling.mode": "double"' in config:
            done = rewrite(normalise.floats)
            if not done.returncode:
                quirks.count('java-17-digits')
        lines = done.stdout.strip().split('\n')
        outcome = Outcome(records=int(re.match(r'(\d+) passed', lines[-1]).group(1)), complaints=complaints,
                          debezium_failure=debezium.failure, sluice_failure=sluice.failure)
        if done.returncode and not (sluice.failure and lost_in_queue(debezium.failure, lines)):
            outcome.differences.append('\n'.join(lines))
        # A connector file that Debezium refuses as well must be refused at the start.
        refused = 'status 78' in str(sluice.failure)
        if bool(debezium.failure) != bool(sluice.failure) or refused and not refused_at_start(debezium.failure):
            for program in programs:
                outcome.differences.append('%s %s' % (
                    program.name, 'fails: ' + program.failure if program.failure else 'goes on'))
        outcome.quirk = quirks.decided(outcome)
        if outcome.quirk:
            outcome.differences = []
        return outcome


def lsn_number(text):
    high, low = text.split('/')
    return int(high, 16) << 32 | int(low, 16)


def refused_at_start(failure):
    # The second is what becomes of a refusal before Debezium has logged anything.
    return any(text in failure for text in (
        'Error configuring', 'this.cdcSourceTaskContext" is null', 'No table filters found for filtered publication'))


def lost_in_queue(failure, lines):
    """Where the thread that reads the database fails, Debezium's task ends with records still in its queue, now more and
    now fewer. Then what it did deliver counts, and nothing in it may differ."""
    return failure and 'change event producer' in failure and all(
        line.startswith(('unexpected record', '...')) or re.match(r'\d+ passed', line) for line in lines)
