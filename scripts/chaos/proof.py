"""What is judged at the end: `sluice verify`, and every record's place in its key's order."""
import json
import subprocess
from datetime import datetime

from load import NEVER
from processes import ended, started
from relays import CONNECTORS

# Topics of more records than this are left to `sluice verify` alone.
ORDERED_RECORDS_MAX = 1_500_000


class Verdict:
    def __init__(self):
        self.violations, self.lines, self.duplicates, self.records, self.different, self.stale = [], [], 0, {}, [], []


def verify(program, files, settings, directory, verdict):
    worker, connectors = files[0], files[1:]
    for name, file in zip(CONNECTORS, connectors):
        report = directory / ('verify-%s.json' % name)
        command = [program, 'verify', '--outbox-is-kept', '--wait', '180', '--differences', '5000', '--report', report, '--temporary-directory', directory]
        if settings.exactly_once:
            command.append('--no-duplicates')
        if name == CONNECTORS[0]:
            command.append('--money')
        with open(directory / ('verify-%s.txt' % name), 'w+') as output:
            process = started([*command, worker, file], stdout=output, stderr=output)
            try:
                status = process.wait(600)
            finally:
                ended(process)
            output.seek(0)
            text = output.read()
        if status not in (0, 1) or not report.exists():
            verdict.violations.append('sluice verify of %s ended with status %d: %s' % (name, status, text[-500:]))
            continue
        found = json.loads(report.read_text().splitlines()[0])
        rows = sum(line['rows'] for line in found['lines'])
        verdict.lines.append((name, rows, sum(topic['records'] for topic in found['topics']), found['missing'], found['different'], found['extra'], found['duplicates']))
        verdict.duplicates += found['duplicates']
        verdict.records.update({topic['topic']: topic['records'] for topic in found['topics']})
        money = [line for line in text.splitlines() if line.startswith('money') and ': ok:' not in line]
        verdict.different += [(one['topic'], one['key']) for one in found['differences'] if one['kind'] == 'different']
        # What only differs is judged below, when each record's place is known.
        if money or found['missing'] or found['extra'] or not found['caughtUp'] or (settings.exactly_once and status):
            verdict.violations.append('%s is not proven: missing %d, different %d, extra %d, duplicates %d%s %s %s' % (
                name, found['missing'], found['different'], found['extra'], found['duplicates'], '' if found['caughtUp'] else ', not caught up', ' '.join(money),
                '; '.join('%s %s %s %s' % (d['kind'], d['topic'], d['key'], ','.join(d['columns'])) for d in found['differences'][:3])))


class Order:
    """Each key's records in the order in which they stand. Snapshots' reads are let pass: they may come again."""

    def __init__(self, exactly_once, read_until=0):
        self.exactly_once, self.read_until = exactly_once, read_until
        self.newest, self.last, self.seen, self.versions = {}, {}, set(), {}
        self.violations, self.records = [], 0

    def complain(self, record, what):
        self.violations.append('%s partition %d offset %d, key %s: %s' % (record['topic'], record['partition'], record['offset'], json.dumps(record['key'])[:80], what))

    def take(self, record):
        self.records += 1
        value, key = record['value'], (record['topic'], json.dumps(record['key']))
        if not isinstance(value, dict):
            return
        if 'source' not in value or 'op' not in value:
            return self.take_event(record, key)
        is_read = value['op'] == 'r'
        after = value.get('after') or {}
        if 'version' in after or 'batch' in after:
            self.take_version(record, key, after.get('version', after.get('batch')), 'version' in after, is_read)
        if not is_read:
            self.last[key] = value['source']['lsn']
            self.take_position(record, key, value['source']['lsn'], (value['op'], value['source']['lsn']))

    def take_event(self, record, key):
        event = next((text for name, text in pairs(record['headers']) if name == 'id'), None)
        if event:
            # Ids are of version 7, whose first 48 bits are the millisecond: those of one aggregate and type grow with time.
            # Those that a snapshot may have read came in the order of the table's pages.
            self.take_position(record, key, event[:13], event, is_ordered=int(event[:13].replace('-', ''), 16) > self.read_until)

    def take_position(self, record, key, position, mark, is_ordered=True):
        if (key, mark) in self.seen:
            if self.exactly_once:
                self.complain(record, 'comes again at %s' % position)
            return
        self.seen.add((key, mark))
        if key in self.newest and position < self.newest[key]:
            if is_ordered:
                self.complain(record, '%s after %s' % (position, self.newest[key]))
        else:
            self.newest[key] = position

    def stale(self):
        """Keys whose last record is an older one that came again: sent by a relay that hung, after its standby's."""
        return {key for key, position in self.last.items() if position < self.newest[key]}

    def take_version(self, record, key, version, counts, is_read):
        if version == NEVER:
            return self.complain(record, 'a change that was rolled back')
        if not counts:
            return
        before = self.versions.get(key)
        if before is not None and not is_read and (version != before + 1 if self.exactly_once else version > before + 1):
            self.complain(record, 'version %d after %d' % (version, before))
        self.versions[key] = version if self.exactly_once else max(version, before or 0)


def pairs(headers):
    return headers.items() if isinstance(headers, dict) else [(one.get('name', one.get('key')), one.get('value')) for one in headers or []]


def read_until(logs):
    """When the relays last told of a snapshot of the outbox, in milliseconds of the clock."""
    moments = [line.split()[0] for log in logs if log.exists() for line in log.read_text(errors='replace').splitlines()
               if 'fintech-outbox-connector' in line and 'snapshot' in line]
    latest = max(moments, default=None)
    return 0 if latest is None else int(datetime.fromisoformat(latest.replace('Z', '+00:00')).timestamp() * 1000)


def order(program, bootstrap, settings, verdict, log, relay_logs=()):
    """Reads every topic once more, as committed."""
    topics = {topic: count for topic, count in verdict.records.items() if 0 < count <= ORDERED_RECORDS_MAX}
    judge, total = Order(settings.exactly_once, read_until(relay_logs)), sum(topics.values())
    if not total:
        return judge
    process = started([program, 'tail', '--json', '--from', 'beginning', '--bootstrap-servers', bootstrap, '--count', total, *topics],
                      stdout=subprocess.PIPE, stderr=open(log, 'ab'))
    try:
        for line in process.stdout:
            judge.take(json.loads(line))
    finally:
        ended(process)
    if judge.records < total:
        verdict.violations.append('sluice tail ended after %d of %d records, see %s' % (judge.records, total, log))
    # At least once, nothing can hold back what a relay that hangs has handed to its producer.
    stale = set() if settings.exactly_once else judge.stale()
    verdict.stale = [one for one in verdict.different if (one[0], json.dumps(json.loads(one[1]))) in stale]
    unexplained = [one for one in verdict.different if one not in verdict.stale]
    if unexplained:
        verdict.violations.append('%d keys differ, and not by records that came again late: %s' % (len(unexplained), unexplained[:3]))
    if judge.violations:
        verdict.violations.append('%d records out of order: %s' % (len(judge.violations), '; '.join(judge.violations[:3])))
    return judge
