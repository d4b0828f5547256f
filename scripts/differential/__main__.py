"""Runs Debezium (the oracle) and the relay on the same database changes and compares what they deliver.

  differential case DIR...                    cases written by hand
  differential random [--seconds N] ...       random ones, until the time is over

See docs/conformance.md.
"""
import argparse
import json
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import generator
import quirks
import unsupported
from options import asks_for_partitions, needs_timestamp_mask
from programs import JVM, Oracle, Unavailable
from runner import Lane
from server import Cluster, SQLError
from shrink import shrunk

# A JVM keeps a little of each run.
RUNS_OF_A_JVM = 150


def main():
    parser = argparse.ArgumentParser(prog='differential', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--oracle', required=True, help="the oracle's folder")
    parser.add_argument('--sluice', default='.build/debug/sluice', help='the program to compare (default: %(default)s)')
    parser.add_argument('--port', type=int, default=54391, help='of the throw-away PostgreSQL (default: %(default)s)')
    commands = parser.add_subparsers(dest='command', required=True)
    one = commands.add_parser('case')
    one.add_argument('cases', nargs='+', type=Path)
    many = commands.add_parser('random')
    many.add_argument('--seconds', type=float, default=60)
    many.add_argument('--count', type=int, help='stop after so many cases')
    many.add_argument('--seed', default=time.strftime('%Y%m%d%H%M%S'))
    many.add_argument('--case-seed', action='append', help='only the case of this seed, such as 7-123')
    many.add_argument('--lanes', type=int, default=2, help='cases at a time (default: %(default)s)')
    many.add_argument('--keep', type=Path, default=Path('.build/differential'), help='folder for the cases that differ (default: %(default)s)')
    many.add_argument('--shrink', type=int, default=40, help='tries to make a case that differs smaller (default: %(default)s)')
    options = parser.parse_args()
    try:
        if not Path(options.sluice).exists():
            raise Unavailable('%s does not exist: build it first (swift build)' % options.sluice)
        oracle = Oracle(options.oracle)
        with tempfile.TemporaryDirectory(prefix='differential-') as directory:
            # The server's user has to get in.
            Path(directory).chmod(0o755)
            with Cluster(options.oracle, oracle.home / ('pg-%d' % options.port), options.port) as cluster:
                run = run_cases if options.command == 'case' else run_random
                return run(options, oracle, cluster, Path(directory))
    except (Unavailable, SQLError) as error:
        print('differential: %s' % error, file=sys.stderr)
        return 69


def run_cases(options, oracle, cluster, directory):
    passed = failed = 0
    jvm = JVM(oracle, directory / 'jvm.log')
    lane = Lane(0, cluster, oracle, jvm, options.sluice, directory)
    for case in options.cases:
        missing = [f for f in ('setup.sql', 'changes.sql', 'connector.json') if not (case / f).exists()]
        if missing:
            raise Unavailable('%s has no %s' % (case, ' and no '.join(missing)))
        outcome, _ = lane.apart(case)
        if outcome.passed:
            passed += 1
            print('%s: %d records equal%s' % (case.name, outcome.records, ', then both fail: ' + outcome.debezium_failure if outcome.both_fail else ''))
        else:
            failed += 1
            print('%s: differs\n%s' % (case.name, indented(outcome.differences)))
    jvm.close()
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


class Progress:
    def __init__(self, options):
        self.options, self.lock = options, threading.Lock()
        self.seeds = iter(options.case_seed) if options.case_seed else ('%s-%d' % (options.seed, n) for n in range(1, 10 ** 9))
        self.end = time.monotonic() + options.seconds
        self.given = self.passed = self.failed = self.both_fail = self.records = self.row = 0

    def next(self):
        with self.lock:
            over = time.monotonic() > self.end and not self.options.case_seed
            if over or self.options.count is not None and self.given >= self.options.count:
                return None
            self.given += 1
            return next(self.seeds, None)

    def tell(self, text):
        with self.lock:
            print(text, flush=True)

    def count(self, outcome):
        with self.lock:
            self.records += outcome.records
            if outcome.passed:
                self.passed += 1
                self.row += 1
                self.both_fail += outcome.both_fail
            else:
                self.failed += 1
                self.row = 0


def run_random(options, oracle, cluster, directory):
    progress = Progress(options)
    problems = []
    def work(number):
        try:
            lane_of_cases(number, options, oracle, cluster, directory, progress)
        except BaseException as error:
            problems.append(error)
            raise
    threads = [threading.Thread(target=work, args=(n,)) for n in range(options.lanes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for rule, count in sorted(quirks.skipped.items()):
        print('left out or let pass %d times by rule %s: %s' % (count, rule, quirks.reason(rule)))
    for line in unsupported.summary():
        print(line)
    print('seed %s: %d records equal; in %d of the passed cases both programs stop at the same record; the last %d in a row passed'
          % (options.seed, progress.records, progress.both_fail, progress.row))
    print('%d passed, %d failed' % (progress.passed, progress.failed))
    return 1 if progress.failed or problems else 0


def lane_of_cases(number, options, oracle, cluster, directory, progress):
    jvm = None
    while True:
        seed = progress.next()
        if seed is None:
            break
        if jvm is None or jvm.count >= RUNS_OF_A_JVM:
            if jvm:
                jvm.close()
            jvm = JVM(oracle, directory / ('jvm%d.log' % number))
            lane = Lane(number, cluster, oracle, jvm, options.sluice, directory)
        case = generator.random_case(seed, 'r%d' % number)
        try:
            outcome = run(lane, case)
        except SQLError as error:
            progress.tell('seed %s: setup.sql is wrong, not counted: %s' % (seed, str(error)[:300]))
            continue
        if not outcome.passed:
            # Once more and slower: what differs only now and then is told as that.
            again = run(lane, case, settle=2)
            if again.passed:
                progress.tell('seed %s: differed once and not again:\n%s' % (seed, indented(outcome.differences)))
                keep(options.keep, case, outcome, lane, 'once-')
            else:
                outcome = again
                small = shrunk(case, lambda c: run(lane, c), options.shrink)
                folder = keep(options.keep, small[0], small[1] or outcome, lane)
                progress.tell('seed %s differs, kept in %s\n%s' % (seed, folder, indented((small[1] or outcome).differences)))
        progress.count(outcome)
        for old in directory.glob('lane%d-*' % number):
            shutil.rmtree(old)
    if jvm:
        jvm.close()


def run(lane, case, settle=0.0):
    """Runs the case without the options that this build of the relay says it does not support."""
    while True:
        unsupported.remove_from(case)
        config = case.config()
        mask = ('timestamp',) if needs_timestamp_mask(config, case.tables) else ()
        partitions = 3 if asks_for_partitions(config) else 1
        outcome = lane.together(config, case.setup_sql(), case.changes_sql(), partitions, settle, mask)
        if not unsupported.learn(case, outcome):
            return outcome


def keep(folder, case, outcome, lane, prefix=''):
    """A case folder as `case` takes it, with what each program delivered."""
    target = folder / (prefix + case.seed)
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    (target / 'setup.sql').write_text(case.setup_sql())
    (target / 'changes.sql').write_text(case.changes_sql())
    (target / 'connector.json').write_text(json.dumps({'name': 'random', 'config': case.config()}, indent=2, ensure_ascii=False) + '\n')
    special = {'mask': ['timestamp']} if needs_timestamp_mask(case.config(), case.tables) else {}
    if asks_for_partitions(case.config()):
        special.update({'partitions': 3, 'compare': '--order key'})
    if special:
        (target / 'case.json').write_text(json.dumps(special) + '\n')
    (target / 'README.md').write_text('Seed %s.\n\n%s\n%s\n' % (case.seed, '\n'.join(outcome.differences), outcome.complaints))
    work = sorted(lane.directory.glob('lane%d-*' % lane.number), key=lambda p: p.stat().st_mtime)
    if work:
        for name in ('debezium.jsonl', 'sluice.jsonl', 'sluice.log'):
            if (work[-1] / name).exists():
                shutil.copy(work[-1] / name, target / name)
    return target


def indented(differences):
    return '\n'.join('  ' + line[:1000] for text in differences for line in text.split('\n'))


if __name__ == '__main__':
    sys.exit(main())
