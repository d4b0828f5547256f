"""Random chains of transforms and predicates, for change records.

To add a transform, write a function that returns its properties without their prefix and add it to FLAT, ENVELOPE or ANY:
to what it makes sense for. Where a transform cannot take a record, both programs must stop there.
"""
KAFKA = 'org.apache.kafka.connect.transforms.'
DEBEZIUM = 'io.debezium.transforms.'


def random_chain(rng, case):
    """Groups of properties, one for each transform."""
    groups = []
    flat = rng.random() < 0.45
    if flat:
        groups.append(prefixed('flat', unwrap(rng, case)))
        # Else records that are no change, and tombstones, meet transforms that want fields.
        if rng.random() < 0.5:
            groups[0].update(predicate(rng, case, 'flat'))
    choices = ANY + (FLAT if flat else ENVELOPE)
    for number in range(rng.choice([0, 1, 1, 2]) if flat else rng.choice([1, 1, 2])):
        alias = 't%d' % number
        make = rng.choices([m for _, m in choices], [w for w, _ in choices])[0]
        group = prefixed(alias, make(rng, case))
        if make is filter_out or rng.random() < 0.4:
            group.update(predicate(rng, case, alias))
        groups.append(group)
    return groups


def prefixed(alias, properties):
    group = {'transforms': alias}
    group.update({'transforms.%s.%s' % (alias, name): value for name, value in properties.items()})
    return group


def predicate(rng, case, alias):
    name = 'p' + alias
    kind = rng.choice(['TopicNameMatches', 'TopicNameMatches', 'HasHeaderKey', 'RecordIsTombstone'])
    group = {'predicates': name, 'predicates.%s.type' % name: KAFKA + 'predicates.' + kind,
             'transforms.%s.predicate' % alias: name}
    if kind == 'TopicNameMatches':
        group['predicates.%s.pattern' % name] = rng.choice(['.*t0', '.*', 'none', r'\w+\.public\..*', r'\w+\.public\..*'])
    if kind == 'HasHeaderKey':
        group['predicates.%s.name' % name] = rng.choice(['__debezium.newkey', '__debezium.context.taskId', 'none'])
    if kind == 'RecordIsTombstone' or rng.random() < 0.2:
        group['transforms.%s.negate' % alias] = 'true'
    return group


def columns(rng, case, most=2):
    """Names of some columns; a list takes none with a comma or colon."""
    names = sorted({c.name for t in case.tables for c in t.columns if not set(c.name) & set(',:; ')})
    return rng.sample(names, min(len(names), rng.randint(1, most))) or ['none']


def side(rng):
    return rng.choice(['$Value', '$Value', '$Key'])


# Debezium's

def unwrap(rng, case):
    out = {'type': DEBEZIUM + 'ExtractNewRecordState'}
    def maybe(weight, name, *values):
        if rng.random() < weight:
            out[name] = rng.choice(values)
    maybe(0.7, 'delete.tombstone.handling.mode', 'drop', 'tombstone', 'rewrite', 'rewrite-with-tombstone', 'delete-to-tombstone')
    maybe(0.4, 'add.fields', 'op', 'op,table', 'op,source.ts_ms,lsn', 'source.schema:schema,source.table:tbl', 'transaction.id,op', 'source.snapshot',
          'ts_ms', 'source.db,source.version,source.sequence')
    maybe(0.3, 'add.headers', 'op', 'db,table', 'source.lsn:pos', 'op:operation,source.schema')
    maybe(0.1, 'add.fields.prefix', '', 'm_', '__x.')
    maybe(0.1, 'add.headers.prefix', '', 'h.')
    maybe(0.1, 'route.by.field', *columns(rng, case, 1))
    maybe(0.1, 'replace.null.with.default', 'false', 'true')
    maybe(0.05, 'drop.fields.from.key', 'true')
    maybe(0.05, 'drop.fields.keep.schema.compatible', 'false')
    return out


def changed_state(rng, case):
    out = {'type': DEBEZIUM + 'ExtractChangedRecordState', 'header.changed.name': 'Changed', 'header.unchanged.name': 'Unchanged'}
    if rng.random() < 0.3:
        del out[rng.choice(['header.changed.name', 'header.unchanged.name'])]
    return out


def logical_table_router(rng, case):
    pattern, replacement = rng.choice([(r'(.*)\.public\.(.*)', '$1.all'), (r'(.*)t(\d)(.*)', '$1T'), ('nothing(.*)', 'x$1')])
    out = {'type': DEBEZIUM + 'ByLogicalTableRouter', 'topic.regex': pattern, 'topic.replacement': replacement}
    if rng.random() < 0.3:
        out['key.enforce.uniqueness'] = 'false'
    elif rng.random() < 0.3:
        out['key.field.name'] = 'origin_of_key'
    elif rng.random() < 0.3:
        out.update({'key.field.regex': r'(.*)\.(.*)', 'key.field.replacement': '$2'})
    return out


def partition_routing(rng, case):
    if not all(t.key for t in case.tables):
        # Without a key records of several partitions have no order to compare.
        return regex_router(rng, case)
    return {'type': DEBEZIUM + 'partitions.PartitionRouting', 'partition.payload.fields': rng.choice(
        ['source.table', 'op', 'change.' + columns(rng, case, 1)[0]]), 'partition.topic.num': rng.choice(['1', '3']),
        'partition.hash.function': rng.choice(['java', 'murmur'])}


def header_to_value(rng, case):
    return {'type': DEBEZIUM + 'HeaderToValue', 'headers': '__debezium.context.taskId,__debezium.context.connectorName', 'fields': 'task,connector',
            'operation': rng.choice(['copy', 'move'])}


def timezone_converter(rng, case):
    out = {'type': DEBEZIUM + 'TimezoneConverter', 'converted.timezone': rng.choice(['+05:30', 'Europe/Berlin', 'UTC', 'America/New_York'])}
    if rng.random() < 0.3:
        out[rng.choice(['include.list', 'exclude.list'])] = 'source:t0:c0'
    return out


def message_decoder(rng, case):
    out = {'type': 'io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent'}
    if rng.random() < 0.3:
        out['fields.null.include'] = 'true'
    return out


# Kafka Connect's

def regex_router(rng, case):
    pattern, replacement = rng.choice([('(.*)', 'x.$1'), (r'([^.]+)\.([^.]+)\.(.*)', '$3-$2'), ('.*', 'all'), ('(.*)t0(.*)', '$1zero$2'),
                                       ('nothing', 'y')])
    return {'type': KAFKA + 'RegexRouter', 'regex': pattern, 'replacement': replacement}


def replace_field(rng, case):
    out = {'type': KAFKA + 'ReplaceField' + side(rng)}
    kind = rng.choice(['exclude', 'include', 'renames'])
    names = columns(rng, case)
    out[kind] = ','.join(n + ':new_' + n for n in names) if kind == 'renames' else ','.join(names)
    return out


def mask_field(rng, case):
    out = {'type': KAFKA + 'MaskField$Value', 'fields': columns(rng, case, 1)[0]}
    if rng.random() < 0.3:
        out['replacement'] = rng.choice(['7', 'xxx'])
    return out


def cast(rng, case):
    kinds = ['string', 'string', 'int8', 'int16', 'int32', 'int64', 'float32', 'float64', 'boolean']
    return {'type': KAFKA + 'Cast' + side(rng), 'spec': ','.join('%s:%s' % (n, rng.choice(kinds)) for n in columns(rng, case, 1))}


def flatten(rng, case):
    out = {'type': KAFKA + 'Flatten$Value'}
    if rng.random() < 0.5:
        out['delimiter'] = rng.choice(['_', '.', '-'])
    return out


def insert_field(rng, case):
    out = {'type': KAFKA + 'InsertField' + rng.choice(['$Value', '$Value', '$Key']), 'static.field': 'added', 'static.value': 'é "x"'}
    if rng.random() < 0.4:
        out[rng.choice(['topic.field', 'partition.field'])] = rng.choice(['origin', 'origin?'])
    return out


def hoist_field(rng, case):
    return {'type': KAFKA + 'HoistField' + side(rng), 'field': 'line'}


def extract_field(rng, case):
    return {'type': KAFKA + 'ExtractField' + side(rng), 'field': columns(rng, case, 1)[0]}


def extract_from_envelope(rng, case):
    return {'type': KAFKA + 'ExtractField$Value', 'field': rng.choice(['after', 'source', 'op', 'before'])}


def value_to_key(rng, case):
    return {'type': KAFKA + 'ValueToKey', 'fields': ','.join(columns(rng, case))}


def schema_metadata(rng, case):
    out = {'type': KAFKA + 'SetSchemaMetadata' + side(rng), 'schema.name': 'my.Name'}
    if rng.random() < 0.5:
        out['schema.version'] = '7'
    return out


def timestamp_converter(rng, case):
    out = {'type': KAFKA + 'TimestampConverter$Value', 'field': rng.choice(columns(rng, case, 1) + ['ts_ms']),
           'target.type': rng.choice(['string', 'unix', 'Date', 'Time', 'Timestamp']), 'format': rng.choice(["yyyy-MM-dd'T'HH:mm:ss.SSS", 'yyyy-MM-dd'])}
    if rng.random() < 0.3:
        out['unix.precision'] = rng.choice(['seconds', 'milliseconds', 'microseconds', 'nanoseconds'])
    return out


def header_from(rng, case):
    names = columns(rng, case)
    return {'type': KAFKA + 'HeaderFrom' + side(rng), 'fields': ','.join(names), 'headers': ','.join('h_' + n for n in names),
            'operation': rng.choice(['copy', 'move'])}


def insert_header(rng, case):
    return {'type': KAFKA + 'InsertHeader', 'header': 'added', 'value.literal': rng.choice(['x', '7', 'true', '[1,2]', '[1,300,2.5]', '{"a":1}', '{"a":[1],"b":[2]}', '["x","y z"]', '[1,null]', '2024-01-01'])}


def drop_headers(rng, case):
    return {'type': KAFKA + 'DropHeaders', 'headers': rng.choice(['__debezium.context.runId', '__debezium.context.taskId,added', 'none'])}


def filter_out(rng, case):
    return {'type': KAFKA + 'Filter'}


# Weight and maker of each.
ANY = [(4, regex_router), (1, schema_metadata), (1, insert_header), (1, drop_headers), (1, filter_out), (1, hoist_field), (1, flatten), (1, insert_field),
       (0.5, message_decoder), (0.5, timezone_converter)]
FLAT = [(2, replace_field), (2, mask_field), (2, cast), (1, extract_field), (2, value_to_key), (2, timestamp_converter), (2, header_from), (1, header_to_value)]
ENVELOPE = [(3, logical_table_router), (1, partition_routing), (1, header_to_value), (1, timezone_converter), (1, changed_state), (1, extract_from_envelope)]
