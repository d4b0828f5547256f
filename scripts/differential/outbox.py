"""Random outbox tables, events and options of the EventRouter."""
import families
import options
from case import Case, Column, Delete, Insert, Raw, Table, Update
from families import Type, quote

BINARY = 'io.debezium.converters.BinaryDataConverter'
STRING = 'org.apache.kafka.connect.storage.StringConverter'
BYTES = 'org.apache.kafka.connect.converters.ByteArrayConverter'

PAYLOADS = ['{}', '{"a": 1}', '{"id": "x", "amount": 12.50, "tags": ["a", "b"], "nested": {"k": null, "l": [1, 2]}}', '[1, 2, 3]', '"text"', 'null', '1',
            '', ' ', 'plain text', '{"a": 1} trailing', '{"a": 9223372036854775807, "b": 2147483648, "c": 1e3}', '{"é": "😀\\u00e9\\n"}',
            '{"a": [], "b": {}, "c": null}', '{"a": {"b": {"c": [true, false]}}}', '{bad json', '{"a": [{"x": 1}, {"x": 2}]}', '{"a": [1, 2.5]}',
            '{"A-b c": 1, "a.b": 2}']
# What kills Debezium's task: seldom, as nothing comes after it.
DEADLY = ['[{"a": 1}]', '{"a": 123456789012345678901234567890}', '{"n": [[1], [2]]}', '{"a": [{"x": 1}, null]}']


def payload(rng):
    values = PAYLOADS + ([rng.choice(DEADLY)] if rng.random() < 0.15 else [])
    sql = rng.choice(['jsonb', 'jsonb', 'json', 'text', 'text', 'bytea', 'varchar(2000)'])
    if sql in ('json', 'jsonb'):
        values = [v for v in values if v.strip() and 'bad' not in v and 'plain' not in v and 'trailing' not in v]
    if sql == 'bytea':
        values = ['\\x' + v.encode().hex() for v in values] + ['\\xff00']
    return Type(sql, values, default=False)


def key(rng):
    return rng.choice([
        Type('text', ['k1', 'k2', 'é "q"', '']), Type('varchar(255)', ['agg-1', 'agg-2']), Type('uuid', ['00000000-0000-4000-8000-000000000001']),
        Type('bigint', ['1', '9007199254740993', '-1']), Type('integer', ['1', '2']), families.numeric(rng), families.timestamp(rng), families.json(rng)])


def event_time(rng):
    kinds = ['timestamp', 'timestamp(3)', 'timestamp(0)', 'timestamp(6)'] + (['timestamptz'] if rng.random() < 0.1 else [])
    return Type(rng.choice(kinds), ['2024-01-01 00:00:00', '2024-02-29 12:34:56.789123', '1970-01-01 00:00:01', '2038-01-19 03:14:08.9'])


def table(rng):
    columns = [Column('id', Type(rng.choice(['uuid', 'uuid', 'bigint', 'text']), [], None), True)]
    unique = {'uuid': lambda n: '00000000-0000-4000-8000-%012x' % n, 'bigint': str, 'text': lambda n: 'event %d é' % n}[columns[0].type.sql]
    columns[0].type.unique = unique
    names = rng.choice([('aggregatetype', 'aggregateid', 'type', 'payload'), ('aggregate_type', 'aggregate_id', 'event_type', 'data')])
    columns.append(Column(names[0], Type(rng.choice(['text', 'varchar(255)']), ['order', 'User', 'a b/c', 'x.y', 'order', 'ünï']), rng.random() < 0.9))
    columns.append(Column(names[1], key(rng), rng.random() < 0.6))
    columns.append(Column(names[2], Type('text', ['Created', 'Changed', '']), rng.random() < 0.6))
    columns.append(Column(names[3], payload(rng), rng.random() < 0.4))
    columns.append(Column('at', event_time(rng), rng.random() < 0.7))
    columns.append(Column('version', Type('integer', ['1', '2']), rng.random() < 0.8))
    columns.append(Column('part', Type('integer', ['0', '1', '2']), rng.random() < 0.8))
    for index in range(rng.choice([0, 1, 2])):
        made = families.random_type(rng)
        # Debezium's task fails on such a number in a required column, the router's stream passes over what it does not use.
        made.values = [v for v in made.values if v not in ('NaN', 'Infinity', '-Infinity')]
        columns.append(Column('extra%d' % index, made, rng.random() < 0.3))
    return Table('public', 'outbox', columns, ['id'], identity=rng.choice(['', '', 'FULL'])), names


def router(rng, made, names):
    t = 'transforms.outbox.'
    groups = [{'transforms': 'outbox', t + 'type': 'io.debezium.transforms.outbox.EventRouter'}]
    if names[0] != 'aggregatetype':
        groups[0].update({t + 'route.by.field': names[0], t + 'table.field.event.key': names[1], t + 'table.field.event.type': names[2],
                          t + 'table.field.event.payload': names[3]})
    def maybe(weight, name, *values):
        if rng.random() < weight:
            groups.append({t + name: rng.choice(values)})
    maybe(0.4, 'table.field.event.timestamp', 'at')
    maybe(0.12, 'table.field.event.schema.version', 'version')
    maybe(0.4, 'table.expand.json.payload', 'true')
    maybe(0.2, 'table.json.payload.null.behavior', 'optional_bytes', 'ignore')
    maybe(0.3, 'route.tombstone.on.empty.payload', 'true')
    maybe(0.2, 'table.op.invalid.behavior', 'warn', 'error', 'fatal')
    maybe(0.4, 'route.topic.replacement', 'events.${routedByValue}', 'all', 'fin-${routedByValue}.v1')
    maybe(0.1, 'route.topic.regex', '(?<routedByValue>[a-z]+)', '(?<routedByValue>.*)')
    if rng.random() < 0.08:
        groups.append({t + 'route.by.field': names[2]})
    placements = []
    for column in rng.sample(made.columns, rng.choice([0, 0, 1, 2, 3])):
        where = rng.choice(['header', 'envelope', 'header', 'envelope', 'partition' if column.name == 'part' else 'header'])
        placements.append('%s:%s%s' % (column.name, where, rng.choice(['', ':alias%d' % len(placements)])))
    if rng.random() < 0.05:
        placements.append('missing:header')
        maybe(1, 'table.field.additional.missing', 'ignore', 'ignore', 'error')
    if placements:
        groups.append({t + 'table.fields.additional.placement': ','.join(placements)})
    return groups


def converters(rng):
    groups = []
    kind = rng.choices(['json', 'json schemas', 'string', 'bytes', 'binary', 'default'], [5, 3, 3, 0.7, 1.5, 1])[0]
    value = {'json': {'value.converter': options.JSON, 'value.converter.schemas.enable': 'false'},
             'json schemas': {'value.converter': options.JSON, 'value.converter.schemas.enable': 'true'},
             'string': {'value.converter': STRING}, 'bytes': {'value.converter': BYTES},
             'binary': {'value.converter': BINARY, 'value.converter.delegate.converter.type': options.JSON,
                        'value.converter.delegate.converter.type.schemas.enable': rng.choice(['true', 'false'])}, 'default': {}}[kind]
    groups.append(value)
    groups.append(rng.choice([{'key.converter': STRING}, {'key.converter': options.JSON, 'key.converter.schemas.enable': 'false'}, {}]))
    return groups




def random_case(rng, seed):
    made, names = table(rng)
    count = 0
    def row():
        nonlocal count
        count += 1
        out = {}
        for c in made.columns:
            if not c.writable:
                continue
            nullable = not c.not_null and rng.random() < 0.15
            out[c.name] = None if nullable else c.type.unique(count) if c.name == 'id' else c.type.pick(rng)
        return out
    def insert():
        return Insert(made, [row() for _ in range(rng.choice([1, 1, 2]))])
    groups = []
    for _ in range(rng.choice([4, 8, 12])):
        if rng.random() < 0.5:
            groups.append(('', [insert()], ''))
        else:
            statements = [insert()]
            if rng.random() < 0.5:
                statements.append(Delete(made, rng.choice([0, -1])))
            if rng.random() < 0.15:
                changed = rng.choice(made.columns[1:5])
                statements.append(Update(made, {changed.name: changed.type.pick(rng)}, 0))
            if rng.random() < 0.08:
                statements.append(Update(made, {'id': made.columns[0].type.unique(10_000 + count)}, 0))
            groups.append(('BEGIN', statements, rng.choice(['COMMIT'] * 6 + ['ROLLBACK'])))
    before = [insert() for _ in range(rng.choice([0, 1]))]
    case = Case(seed, [], [made], before, groups, [])
    case.options = router(rng, made, names) + [g for g in converters(rng) if g] + common(rng, case)
    return case


# Options of the connector that also matter here, each with its weight.
COMMON = [
    (0.2, options.choice('decimal.handling.mode', 'double', 'string')),
    (0.25, options.choice('time.precision.mode', 'adaptive_time_microseconds', 'connect', 'isostring', 'microseconds', 'nanoseconds')),
    (0.3, options.choice('binary.handling.mode', 'base64', 'base64-url-safe', 'hex')),
    (0.3, options.choice('tombstones.on.delete', 'false')),
    (0.1, options.choice('extended.headers.enabled', 'false')),
    (0.5, options.choice('snapshot.mode', 'no_data')),
    (0.1, options.header_converter),
]


def common(rng, case):
    return [make(rng, case) for weight, make in COMMON if rng.random() < weight]
