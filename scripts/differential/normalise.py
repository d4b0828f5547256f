"""Makes equal what no two runs have in common, where the comparer does not know of it. Each takes the lines of a record
file and gives lines back."""
import base64
import json
import re
import time

# In milliseconds, microseconds or nanoseconds; no generated value is one.
TIME_OF_THE_RUN = re.compile(r'(?<![0-9])%s[0-9]{8}(?:[0-9]{3}){0,2}(?![0-9])' % str(int(time.time() * 1000))[:5])
TEXT_OF_THE_RUN = re.compile(time.strftime('%Y-%m-%d', time.gmtime()) + r'T[0-9:.]*[0-9]')
# A snapshot has its own.
TRANSACTION = re.compile(r'(?<="txId":)[0-9]+|(?<=\\"txId\\":)[0-9]+')
NUMBER = re.compile(r'(?<![0-9.])[0-9]{7,}(?![0-9.])')
# Bytes in the text of a structure: Java writes which object they are, the relay what they hold (docs/compatibility.md).
BYTES_IN_STRUCTURE = re.compile(r'(?<==)(\[B@[0-9a-f]{1,8}|[A-Za-z0-9+/]+={0,2})(?=[,}])')
END_OF_SNAPSHOT = re.compile(r'(?<="snapshot\\":\\")last(?=\\")')
LONG_FLOAT = re.compile(r'-?[0-9]\.[0-9]{8,}E-?[0-9]+|-?[0-9]+\.[0-9]{10,}(?![0-9E])')


def moments(text):
    text = TIME_OF_THE_RUN.sub(lambda m: '1' * len(m.group()), text)
    return TEXT_OF_THE_RUN.sub('1', TRANSACTION.sub('1', text))


def positions(text, lsns):
    """`lsns` are those of the case: a snapshot has its own in each run."""
    return NUMBER.sub(lambda m: '2' * len(m.group()) if int(m.group()) in lsns else m.group(), text)


def bytes_in_structures(text):
    return BYTES_IN_STRUCTURE.sub('?', text)


def ends_of_snapshot(text):
    """Which record is marked as the last: where threads read whole tables, Debezium marks the last table's and the one that came last."""
    return END_OF_SNAPSHOT.sub('last_in_data_collection', text)


def floats(text):
    """Java 17 writes some floating-point numbers with a digit too many (docs/compatibility.md)."""
    return LONG_FLOAT.sub(lambda m: repr(float(m.group())), text)


def by_partition(text, count):
    """In the order of partitions, since between them there is none. Where a record asks for no partition, its key tells."""
    records = [json.loads(line) for line in text.split('\n') if line]
    for record in records:
        key = base64.b64decode(record['key_b64']) if 'key_b64' in record else (record.get('key') or '').encode()
        if record.get('partition') is None and key:
            record['partition'] = (murmur2(key) & 0x7fffffff) % count
        elif not key and record.get('partition') is not None:
            # Of these each producer has its own choice.
            record['partition'] = None
    records.sort(key=lambda record: -1 if record['partition'] is None else record['partition'])
    return ''.join(json.dumps(record, ensure_ascii=False) + '\n' for record in records)


def murmur2(data):
    """The hash of Kafka's default partitioner."""
    m, h = 0x5bd1e995, 0x9747b28c ^ len(data)
    for i in range(0, len(data) - 3, 4):
        k = int.from_bytes(data[i:i + 4], 'little') * m & 0xffffffff
        k = (k ^ k >> 24) * m & 0xffffffff
        h = (h * m & 0xffffffff) ^ k
    rest = data[len(data) & ~3:]
    if rest:
        h = (h ^ int.from_bytes(rest, 'little')) * m & 0xffffffff
    h = (h ^ h >> 13) * m & 0xffffffff
    return h ^ h >> 15
