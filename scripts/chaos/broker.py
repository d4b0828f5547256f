#!/usr/bin/env python3
"""A Kafka broker for chaos runs: one node that keeps every record in files, so that a kill of it loses nothing, and all of
what a relay's guarantees rest on: sequence numbers of idempotent producers, transactions with markers, fencing by epoch,
time-outs, and readers of committed records only. librdkafka's in-process broker has none of the last, and forgets all but
the newest megabytes.

Not there: groups, replicas, compaction, retention, quotas, TLS, tagged versions. Written after the protocol's guide
(kafka.apache.org/protocol) and KIP-98, KIP-360 and KIP-588; batches are kept as they come, their checksums unchecked.

  broker.py --directory DIR --port 9092 [--partitions 4] [--stats FILE] [--forget 500]
"""
import argparse
import asyncio
import bisect
import json
import os
import struct
import time
from pathlib import Path

from wire import (
    ADD_PARTITIONS, API_VERSIONS, CREATE_TOPICS, END_TRANSACTION, FETCH, FIND_COORDINATOR, INIT_PRODUCER_ID, LIST_OFFSETS, METADATA, PRODUCE,
    Reader, Writer, frame)

VERSIONS = {PRODUCE: (3, 7), FETCH: (4, 11), LIST_OFFSETS: (1, 5), METADATA: (1, 7), FIND_COORDINATOR: (0, 2), API_VERSIONS: (0, 3),
            CREATE_TOPICS: (0, 4), INIT_PRODUCER_ID: (0, 4), ADD_PARTITIONS: (0, 1), END_TRANSACTION: (0, 1)}
OFFSET_OUT_OF_RANGE, UNKNOWN_TOPIC, TOPIC_EXISTS, UNSUPPORTED_VERSION = 1, 3, 36, 35
OUT_OF_ORDER_SEQUENCE, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE, INVALID_PRODUCER_ID = 45, 47, 48, 49
CONCURRENT_TRANSACTIONS, PRODUCER_FENCED = 51, 90
# baseOffset, batchLength, leaderEpoch, magic, crc, attributes, lastOffsetDelta, two times, producer id, epoch, sequence, count
HEADER = struct.Struct('>qiibIhiqqqhii')
TRANSACTIONAL, CONTROL = 0x10, 0x20
# Producers keep at most so many batches in flight.
BATCHES_REMEMBERED = 5
IDLE, OPEN, COMMITTING, ABORTING, COMMITTED, ABORTED = 'idle', 'open', 'committing', 'aborting', 'committed', 'aborted'


def crc32c(data, table=[]):
    if not table:
        for value in range(256):
            for _ in range(8):
                value = 0x82f63b78 ^ (value >> 1) if value & 1 else value >> 1
            table.append(value)
    crc = 0xffffffff
    for byte in data:
        crc = table[(crc ^ byte) & 255] ^ (crc >> 8)
    return crc ^ 0xffffffff


def marker(producer, epoch, commits):
    """A control batch that ends a transaction on a partition."""
    now = int(time.time() * 1000)
    key, value = struct.pack('>hh', 0, 1 if commits else 0), struct.pack('>hi', 0, 0)
    # Attributes, time and offset deltas 0, lengths as zigzag varints, no headers.
    body = b'\0\0\0' + bytes([len(key) * 2]) + key + bytes([len(value) * 2]) + value + b'\0'
    record = bytes([len(body) * 2]) + body
    checked = struct.pack('>hiqqqhii', TRANSACTIONAL | CONTROL, 0, now, now, producer, epoch, -1, 1) + record
    return struct.pack('>qiibI', 0, len(checked) + 9, 0, 2, crc32c(checked)) + checked


class Producer:
    """What a partition knows of one producer id."""

    def __init__(self):
        self.epoch, self.batches = -1, []  # (first sequence, last, base offset)

    def judge(self, epoch, first, count):
        """An error and, where the batch was written before, its offset."""
        if epoch < self.epoch:
            return INVALID_PRODUCER_EPOCH, None
        known = self.batches if epoch == self.epoch else []
        last = (first + count - 1) & 0x7fffffff
        for batch in known:
            if batch[0] == first and batch[1] == last:
                return 0, batch[2]
        expected = (known[-1][1] + 1) & 0x7fffffff if known else 0
        return (0, None) if first == expected else (OUT_OF_ORDER_SEQUENCE, None)

    def take(self, epoch, first, count, offset):
        if epoch != self.epoch:
            self.epoch, self.batches = epoch, []
        self.batches = self.batches[1 - BATCHES_REMEMBERED:] + [(first, (first + count - 1) & 0x7fffffff, offset)]


class Partition:
    def __init__(self, path):
        self.file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        self.bases, self.places, self.times = [], [], []
        self.size, self.end = 0, 0
        self.producers, self.open, self.aborted = {}, {}, []  # open: producer id -> first offset; aborted: (id, first, marker)
        total = os.fstat(self.file).st_size
        while self.size < total:
            header = os.pread(self.file, HEADER.size, self.size)
            length = HEADER.unpack(header)[1] + 12 if len(header) == HEADER.size else total + 1
            if self.size + length > total:
                # Cut off inside a write: never acknowledged.
                os.ftruncate(self.file, self.size)
                break
            is_commit = os.pread(self.file, length, self.size)[-9] == 1 if HEADER.unpack(header)[5] & CONTROL else None
            self.note(HEADER.unpack(header), length, is_commit)

    def note(self, fields, length, is_commit):
        _, _, _, _, _, attributes, delta, _, newest, producer, epoch, sequence, count = fields
        base = self.end
        self.bases.append(base)
        self.places.append(self.size)
        self.times.append(newest)
        self.size += length
        self.end += delta + 1
        if attributes & CONTROL:
            state = self.producers.setdefault(producer, Producer())
            if epoch > state.epoch:
                state.epoch, state.batches = epoch, []
            first = self.open.pop(producer, None)
            if not is_commit and first is not None:
                self.aborted.append((producer, first, base))
        elif producer >= 0:
            self.producers.setdefault(producer, Producer()).take(epoch, sequence, count, base)
            if attributes & TRANSACTIONAL:
                self.open.setdefault(producer, base)

    def append(self, batch, is_commit=None):
        fields = HEADER.unpack_from(batch)
        base = self.end
        data = struct.pack('>q', base) + batch[8:12] + b'\0\0\0\0' + batch[16:]
        os.pwrite(self.file, data, self.size)
        self.note(fields, len(data), is_commit)
        return base

    def stable(self):
        return min(self.open.values(), default=self.end)

    def read(self, offset, bytes_max, limit):
        """Whole batches from the one with `offset` up to `limit`; at least one where there is one."""
        if offset >= limit:
            return b''
        index = bisect.bisect_right(self.bases, offset) - 1
        stop = bisect.bisect_left(self.bases, limit)
        if index < 0 or index >= stop:
            return b''
        place = self.places[index]
        while stop - 1 > index and (self.places[stop] if stop < len(self.places) else self.size) - place > bytes_max:
            # Halving is near enough: the reader comes back for the rest.
            stop = index + max((stop - index) // 2, 1)
        return os.pread(self.file, (self.places[stop] if stop < len(self.places) else self.size) - place, place)


class Broker:
    def __init__(self, directory, port, partitions, forget=0):
        self.directory, self.port, self.partitions, self.forget = Path(directory), port, partitions, forget
        self.topics, self.transactions, self.next_producer = {}, {}, 1000
        self.counts = dict.fromkeys(['records', 'batches', 'repeats', 'out_of_order', 'committed', 'aborted', 'timed_out', 'fenced'], 0)
        self.appended = None
        for path in sorted(self.directory.glob('*/')):
            self.topics[path.name] = [Partition(path / str(n)) for n in range(len(list(path.iterdir())))]
        self.journal = os.open(self.directory / 'journal', os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        written = os.pread(self.journal, os.fstat(self.journal).st_size, 0)
        whole = written.rfind(b'\n') + 1
        os.ftruncate(self.journal, whole)  # What a kill cut off was never answered.
        for line in written[:whole].splitlines():
            entry = json.loads(line)
            if 'next' in entry:
                self.next_producer = entry['next']
            else:
                self.transactions[entry['id']] = entry
        for entry in self.transactions.values():
            if entry['state'] in (COMMITTING, ABORTING):
                self.end(entry, entry['state'] == COMMITTING)

    # Topics

    def create(self, name, count=None):
        (self.directory / name).mkdir()
        self.topics[name] = [Partition(self.directory / name / str(n)) for n in range(count or self.partitions)]

    def partition(self, topic, index):
        known = self.topics.get(topic, [])
        return known[index] if 0 <= index < len(known) else None

    def wake(self):
        if self.appended and not self.appended.done():
            self.appended.set_result(None)
        self.appended = None

    # Transactions

    def write(self, entry):
        os.write(self.journal, json.dumps(entry).encode() + b'\n')

    def new_producer(self):
        self.next_producer += 1
        self.write({'next': self.next_producer})
        return self.next_producer

    def end(self, entry, commits):
        entry['state'] = COMMITTING if commits else ABORTING
        self.write(entry)
        for topic, index in entry['partitions']:
            partition = self.partition(topic, index)
            # After a kill in between, some have theirs.
            if partition and entry['producer'] in partition.open:
                partition.append(marker(entry['producer'], entry['epoch'], commits), commits)
        entry['state'], entry['partitions'] = COMMITTED if commits else ABORTED, []
        self.write(entry)
        self.counts['committed' if commits else 'aborted'] += 1
        self.wake()

    def fence(self, entry):
        entry['before'], entry['epoch'] = entry['epoch'], entry['epoch'] + 1
        self.end(entry, False)

    def expire(self):
        for entry in self.transactions.values():
            if entry['state'] == OPEN and time.time() - entry['began'] > entry['timeout'] / 1000:
                self.counts['timed_out'] += 1
                self.fence(entry)

    def init_producer(self, name, timeout, producer, epoch):
        """Error, id, epoch."""
        if name is None:
            return (0, self.new_producer(), 0) if producer < 0 else (0, producer, epoch + 1)
        entry = self.transactions.get(name)
        if entry is None:
            entry = {'id': name, 'producer': self.new_producer(), 'epoch': -1, 'before': -1, 'state': IDLE, 'partitions': [], 'began': 0}
            self.transactions[name] = entry
        elif producer >= 0 and (producer != entry['producer'] or epoch not in (entry['epoch'], entry['before'])):
            self.counts['fenced'] += 1
            return PRODUCER_FENCED, -1, -1
        if entry['state'] == OPEN:
            self.fence(entry)
            return CONCURRENT_TRANSACTIONS, -1, -1
        if entry['epoch'] > 32000:
            entry['producer'], entry['epoch'] = self.new_producer(), -1
        entry.update(epoch=entry['epoch'] + 1, before=epoch if producer >= 0 else -1, timeout=timeout, state=IDLE, partitions=[])
        self.write(entry)
        return 0, entry['producer'], entry['epoch']

    def check(self, name, producer, epoch):
        entry = self.transactions.get(name)
        if entry is None or entry['producer'] != producer:
            return entry, INVALID_PRODUCER_ID
        if entry['epoch'] != epoch:
            self.counts['fenced'] += 1
            return entry, INVALID_PRODUCER_EPOCH
        return entry, 0

    def add_partitions(self, name, producer, epoch, partitions):
        entry, error = self.check(name, producer, epoch)
        if error:
            return error
        if entry['state'] != OPEN:
            entry.update(state=OPEN, partitions=[], began=time.time())
        entry['partitions'] += [p for p in partitions if p not in entry['partitions']]
        self.write(entry)
        return 0

    def end_transaction(self, name, producer, epoch, commits):
        entry, error = self.check(name, producer, epoch)
        if error:
            return error
        if entry['state'] == OPEN:
            self.end(entry, commits)
        elif entry['state'] != (COMMITTED if commits else ABORTED):
            return INVALID_TXN_STATE
        return 0

    def append(self, transaction, topic, index, batch):
        """Error, base offset."""
        partition = self.partition(topic, index)
        if partition is None:
            return UNKNOWN_TOPIC, -1
        fields = HEADER.unpack_from(batch)
        attributes, producer, epoch, sequence, count = fields[5], *fields[9:]
        if attributes & TRANSACTIONAL:
            entry, error = self.check(transaction, producer, epoch)
            if error:
                return error, -1
            if entry['state'] != OPEN or [topic, index] not in entry['partitions']:
                return INVALID_TXN_STATE, -1
        if producer >= 0:
            error, before = partition.producers.setdefault(producer, Producer()).judge(epoch, sequence, count)
            if error or before is not None:
                self.counts['out_of_order' if error else 'repeats'] += 1
                return error, -1 if error else before
        self.counts['batches'] += 1
        if self.forget and self.counts['batches'] % self.forget == 0:
            partition.producers[producer].take(epoch, sequence, count, partition.end)
            return 0, partition.end
        offset = partition.append(bytes(batch))
        self.counts['records'] += count
        return 0, offset

    # Requests

    async def answer(self, api, version, reader, out):
        if api == API_VERSIONS:
            return self.api_versions(version, out)
        if api == PRODUCE:
            return self.produce(reader, out)
        if api == FETCH:
            return await self.fetch(version, reader, out)
        return {LIST_OFFSETS: self.list_offsets, METADATA: self.metadata, FIND_COORDINATOR: self.find_coordinator,
                CREATE_TOPICS: self.create_topics, INIT_PRODUCER_ID: self.init_producer_id, ADD_PARTITIONS: self.add_partitions_to,
                END_TRANSACTION: self.end_transaction_of}[api](version, reader, out)

    def api_versions(self, version, out):
        is_known = version <= VERSIONS[API_VERSIONS][1]
        out.int16(0 if is_known else UNSUPPORTED_VERSION)
        if version == 3:
            out.raw(bytes([len(VERSIONS) + 1]))
            for api, (low, high) in VERSIONS.items():
                out.int16(api).int16(low).int16(high).raw(b'\0')
            return out.int32(0).raw(b'\0')
        out.array(list(VERSIONS.items()), lambda item: out.int16(item[0]).int16(item[1][0]).int16(item[1][1]))
        return out.int32(0) if version in (1, 2) else out

    def metadata(self, version, reader, out):
        count = reader.int32()
        names = sorted(self.topics) if count < 0 else [reader.string() for _ in range(count)]
        creates = version < 4 or count < 0 or reader.int8() != 0
        if version >= 3:
            out.int32(0)
        out.int32(1).int32(1).string('127.0.0.1').int32(self.port).string(None)
        if version >= 2:
            out.string('chaos')
        out.int32(1)

        def topic(name):
            if name not in self.topics and creates:
                self.create(name)
            known = self.topics.get(name, [])
            out.int16(0 if known else UNKNOWN_TOPIC).string(name).int8(0).int32(len(known))
            for index in range(len(known)):
                out.int16(0).int32(index).int32(1)
                if version >= 7:
                    out.int32(0)
                out.int32(1).int32(1).int32(1).int32(1)
                if version >= 5:
                    out.int32(0)
        return out.array(names, topic)

    def find_coordinator(self, version, reader, out):
        if version >= 1:
            out.int32(0)
        out.int16(0)
        if version >= 1:
            out.string(None)
        return out.int32(1).string('127.0.0.1').int32(self.port)

    def create_topics(self, version, reader, out):
        def topic():
            name, count = reader.string(), reader.int32()
            reader.int16()
            reader.array(lambda: (reader.int32(), reader.array(reader.int32)))
            reader.array(lambda: (reader.string(), reader.string()))
            exists = name in self.topics
            if not exists:
                self.create(name, count if count > 0 else None)
            return name, exists
        made = reader.array(topic)
        if version >= 2:
            out.int32(0)

        def result(item):
            out.string(item[0]).int16(TOPIC_EXISTS if item[1] else 0)
            if version >= 1:
                out.string(None)
        return out.array(made, result)

    def init_producer_id(self, version, reader, out):
        if version >= 2:
            name, timeout = reader.compact_string(), reader.int32()
        else:
            name, timeout = reader.string(), reader.int32()
        producer, epoch = (reader.int64(), reader.int16()) if version >= 3 else (-1, -1)
        error, producer, epoch = self.init_producer(name, timeout, producer, epoch)
        if error == PRODUCER_FENCED and version < 4:
            error = INVALID_PRODUCER_EPOCH
        out.int32(0).int16(error).int64(producer).int16(epoch)
        return out.raw(b'\0') if version >= 2 else out

    def add_partitions_to(self, version, reader, out):
        name, producer, epoch = reader.string(), reader.int64(), reader.int16()
        topics = reader.array(lambda: (reader.string(), reader.array(reader.int32)))
        error = self.add_partitions(name, producer, epoch, [[topic, index] for topic, indexes in topics for index in indexes])
        out.int32(0)
        return out.array(topics, lambda topic: out.string(topic[0]).array(topic[1], lambda index: out.int32(index).int16(error)))

    def end_transaction_of(self, version, reader, out):
        error = self.end_transaction(reader.string(), reader.int64(), reader.int16(), reader.int8() != 0)
        return out.int32(0).int16(error)

    def produce(self, reader, out):
        transaction, _, _ = reader.string(), reader.int16(), reader.int32()
        topics = reader.array(lambda: (reader.string(), reader.array(lambda: (reader.int32(), reader.bytes()))))
        out.int32(len(topics))
        for topic, partitions in topics:
            out.string(topic).int32(len(partitions))
            for index, batch in partitions:
                error, offset = self.append(transaction, topic, index, batch)
                out.int32(index).int16(error).int64(offset).int64(-1).int64(0)
        self.wake()
        return out.int32(0)

    def list_offsets(self, version, reader, out):
        reader.int32()
        committed = version >= 2 and reader.int8() == 1

        def partition():
            index = reader.int32()
            if version >= 4:
                reader.int32()
            return index, reader.int64()
        topics = reader.array(lambda: (reader.string(), reader.array(partition)))
        if version >= 2:
            out.int32(0)
        out.int32(len(topics))
        for topic, partitions in topics:
            out.string(topic).int32(len(partitions))
            for index, moment in partitions:
                known = self.partition(topic, index)
                offset, found = 0, -1
                if known and moment == -1:
                    offset = known.stable() if committed else known.end
                elif known and moment >= 0:
                    at = next((n for n, newest in enumerate(known.times) if newest >= moment), None)
                    offset, found = (-1, -1) if at is None else (known.bases[at], known.times[at])
                out.int32(index).int16(0 if known else UNKNOWN_TOPIC).int64(found).int64(offset)
                if version >= 4:
                    out.int32(0)
        return out

    async def fetch(self, version, reader, out):
        reader.int32()
        wait, least, most, committed = reader.int32(), reader.int32(), reader.int32(), reader.int8() == 1
        if version >= 7:
            reader.int32(), reader.int32()

        def partition():
            index = reader.int32()
            if version >= 9:
                reader.int32()
            offset = reader.int64()
            if version >= 5:
                reader.int64()
            return index, offset, reader.int32()
        topics = reader.array(lambda: (reader.string(), reader.array(partition)))
        until = time.monotonic() + wait / 1000
        while True:
            size, answers = 0, []
            for topic, partitions in topics:
                for index, offset, bytes_max in partitions:
                    known = self.partition(topic, index)
                    if known is None or not 0 <= offset <= known.end:
                        answers.append((UNKNOWN_TOPIC if known is None else OFFSET_OUT_OF_RANGE, known, b'', []))
                        size += least
                        continue
                    limit = known.stable() if committed else known.end
                    data = known.read(offset, min(bytes_max, most), limit) if size < most else b''
                    size += len(data)
                    aborted = [(p, first) for p, first, last in known.aborted if last >= offset and first < limit] if committed and data else []
                    answers.append((0, known, data, aborted))
            left = until - time.monotonic()
            if size >= least or left <= 0:
                break
            self.appended = self.appended or asyncio.get_running_loop().create_future()
            await asyncio.wait([self.appended], timeout=left)
        out.int32(0)
        if version >= 7:
            out.int16(0).int32(0)
        answers = iter(answers)
        out.int32(len(topics))
        for topic, partitions in topics:
            out.string(topic).int32(len(partitions))
            for index, _, _ in partitions:
                error, known, data, aborted = next(answers)
                out.int32(index).int16(error).int64(known.end if known else -1).int64(known.stable() if known else -1)
                if version >= 5:
                    out.int64(0)
                out.array(aborted, lambda one: out.int64(one[0]).int64(one[1]))
                if version >= 11:
                    out.int32(-1)
                out.bytes(data)
        return out

    async def serve(self, reader, writer):
        try:
            while True:
                size = int.from_bytes(await reader.readexactly(4), 'big')
                request = Reader(memoryview(await reader.readexactly(size)))
                api, version, correlation = request.int16(), request.int16(), request.int32()
                request.string()
                # Versions with tagged fields have them in the request's head too.
                if (api == INIT_PRODUCER_ID and version >= 2) or (api == API_VERSIONS and version >= 3):
                    request.tags()
                out = Writer().int32(correlation)
                if api == INIT_PRODUCER_ID and version >= 2:
                    out.raw(b'\0')
                if api != API_VERSIONS and not VERSIONS.get(api, (1, 0))[0] <= version <= VERSIONS.get(api, (1, 0))[1]:
                    raise ValueError('request %d in version %d' % (api, version))
                await self.answer(api, version, request, out)
                writer.write(frame(out.data()))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def run(self, stats):
        server = await asyncio.start_server(self.serve, '127.0.0.1', self.port, limit=1 << 22)
        print('127.0.0.1:%d' % self.port, flush=True)
        async with server:
            while True:
                self.expire()
                if stats:
                    stats.write_text(json.dumps(self.counts))
                await asyncio.sleep(0.25)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--directory', required=True)
    parser.add_argument('--port', type=int, required=True)
    parser.add_argument('--partitions', type=int, default=4, help='of topics nobody created')
    parser.add_argument('--stats', type=Path)
    parser.add_argument('--forget', type=int, default=0, help='acknowledge every so many batches without keeping them: whoever judges must find out')
    options = parser.parse_args()
    asyncio.run(Broker(options.directory, options.port, options.partitions, options.forget).run(options.stats))
