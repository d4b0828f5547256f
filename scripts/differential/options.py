"""Random properties of a connector.

Each entry of OPTIONS gives groups of properties that make sense together, or nothing. To add an option, add an entry with
its weight: how often, of 1, a case has it. Only what the relay supports belongs here.
"""
import re

import quirks
import transforms
from case import identifier

JSON = 'org.apache.kafka.connect.json.JsonConverter'


def choice(name, *values):
    return lambda rng, case: {name: rng.choice(values)}


def column_regex(rng, case):
    """Expressions for some columns, as column lists want them."""
    picked = []
    for table in rng.sample(case.tables, min(len(case.tables), 2)):
        keys = set(table.key).union(*table.unique)
        columns = quirks.mild([c for c in table.columns if c.name not in keys], [c for c in table.columns if c.name in keys],
                              'excluded-key', rng)
        for column in rng.sample(columns, min(len(columns), rng.choice([1, 2]))):
            picked.append(column_pattern(table, column.name))
    return picked


def column_pattern(table, name):
    """Of the table's partitions, too."""
    return '%s.%s%s.%s' % (java_quoted(table.schema), java_quoted(table.name), '(_p.)?' if table.partitions else '', java_quoted(name))


def java_quoted(name):
    """A name as a Java regular expression in a list: a comma would end it."""
    return ''.join(c if c.isalnum() or c == '_' else '.' if c in ',' else '\\' + c if ord(c) < 128 else c for c in name)


def column_list(name):
    def make(rng, case):
        chosen = column_regex(rng, case)
        if not chosen:
            return {}
        if name.endswith('include.list'):
            # A table without any column left is no table; keys stay.
            chosen += [column_pattern(t, c) for t in case.tables
                       for c in (t.key + sum(t.unique, []) or [t.columns[0].name])]
        return {name: ','.join(chosen)}
    return make


def table_list(rng, case):
    chosen = rng.sample(case.tables, max(1, len(case.tables) - 1))
    name = rng.choice(['table.include.list', 'table.include.list', 'table.exclude.list'])
    return {name: ','.join('%s.%s' % (java_quoted(t.schema), java_quoted(t.name)) for t in chosen)}


def json_converter(side):
    def make(rng, case):
        group = {side + '.converter': JSON, side + '.converter.schemas.enable': rng.choice(['true', 'false', 'false'])}
        if rng.random() < 0.15:
            group[side + '.converter.decimal.format'] = rng.choice(['NUMERIC', 'BASE64'])
        if rng.random() < 0.1:
            group[side + '.converter.replace.null.with.default'] = rng.choice(['false', 'true'])
        return group
    return make


def masked_columns(rng, case):
    chosen = ','.join(column_regex(rng, case))
    name = rng.choice(['column.mask.with.%d.chars' % rng.choice([0, 3, 12]), 'column.truncate.to.%d.chars' % rng.choice([1, 5, 20]),
                       'column.mask.hash.%s.with.salt.s4lt' % rng.choice(['SHA-256', 'MD5']), 'column.mask.hash.v2.SHA-256.with.salt.s4lt'])
    return {name: chosen} if chosen else {}


def message_keys(rng, case):
    table = rng.choice(case.tables)
    names = [c.name for c in table.columns if not c.generated and not set(c.name) & set(',:;')]
    if not names or set(table.name + table.schema) & set(',:;'):
        return {}
    picked = rng.sample(names, min(len(names), rng.choice([1, 1, 2])))
    return {'message.key.columns': '%s.%s:%s' % (java_quoted(table.schema), java_quoted(table.name), ','.join(picked))}


def skipped_operations(rng, case):
    values = quirks.mild(['none', 't', 'r,t'], ['u', 'd', 'c,d', 'u,t'], 'skipped-publish', rng)
    return {'skipped.operations': rng.choice(values)}


def header_converter(rng, case):
    return {'header.converter': rng.choice(['org.apache.kafka.connect.storage.SimpleHeaderConverter', JSON,
                                            'org.apache.kafka.connect.storage.StringConverter'])}


OPTIONS = [
    (0.9, json_converter('key')),
    (0.9, json_converter('value')),
    (0.1, header_converter),
    (0.55, choice('decimal.handling.mode', 'precise', 'double', 'string')),
    (0.5, choice('time.precision.mode', 'adaptive', 'adaptive_time_microseconds', 'connect', 'isostring', 'microseconds', 'nanoseconds')),
    (0.4, choice('binary.handling.mode', 'bytes', 'base64', 'base64-url-safe', 'hex')),
    (0.3, choice('hstore.handling.mode', 'json', 'map')),
    (0.4, choice('interval.handling.mode', 'numeric', 'string')),
    (0.3, choice('include.unknown.datatypes', 'true')),
    (0.1, choice('money.fraction.digits', '0', '1', '2', '4')),
    (0.25, choice('tombstones.on.delete', 'false')),
    (0.3, choice('provide.transaction.metadata', 'true')),
    (0.25, skipped_operations),
    (0.5, choice('skipped.operations', 'none')),
    (0.15, choice('extended.headers.enabled', 'false')),
    (0.2, choice('snapshot.mode', 'no_data', 'initial')),
    # Not initial_only: nothing streams after it, which is how the runner knows that a program is ready.
    (0.1, choice('snapshot.mode', 'always', 'when_needed')),
    (0.05, choice('snapshot.max.threads', '2')),
    (0.08, choice('message.prefix.include.list', 'app,sluice-.*', '.*')),
    (0.08, choice('message.prefix.exclude.list', 'app', 'other')),
    (0.12, message_keys),
    (0.1, choice('skip.messages.without.change', 'true')),
    (0.1, choice('schema.name.adjustment.mode', 'avro', 'avro_unicode', 'none')),
    (0.1, choice('field.name.adjustment.mode', 'avro', 'avro_unicode', 'none')),
    (0.1, choice('column.propagate.source.type', '.*')),
    (0.06, choice('datatype.propagate.source.type', '.*NUMERIC.*,.*varchar.*', '.*')),
    (0.1, choice('include.schema.comments', 'true')),
    (0.06, choice('publish.via.partition.root', 'true')),
    (0.06, choice('topic.naming.strategy', 'io.debezium.schema.DefaultTopicNamingStrategy', 'io.debezium.schema.SchemaTopicNamingStrategy',
                  'io.debezium.schema.DefaultUnicodeTopicNamingStrategy', 'io.debezium.schema.SchemaUnicodeTopicNamingStrategy')),
    (0.03, lambda rng, case: {'topic.naming.strategy': 'io.debezium.schema.DefaultRegexTopicNamingStrategy', 'topic.regex': r'(.*)\.public\.(.*)',
                              'topic.replacement': '$1.moved.$2'}),
    (0.1, masked_columns),
    (0.06, choice('table.ignore.builtin', 'false')),
    (0.04, choice('publication.autocreate.mode', 'no_tables')),
    (0.05, choice('event.processing.failure.handling.mode', 'warn', 'skip', 'fail')),
    (0.1, choice('unavailable.value.placeholder', 'gone', '', 'é', 'hex:67')),
    (0.1, choice('topic.delimiter', '_', '-')),
    (0.1, choice('topic.transaction', 'tx')),
    (0.18, lambda rng, case: column_list(rng.choice(['column.exclude.list', 'column.exclude.list', 'column.include.list']))(rng, case)),
    (0.12, table_list),
    (0.08, choice('event.converting.failure.handling.mode', 'warn', 'fail', 'skip')),
    (0.06, choice('publication.autocreate.mode', 'filtered', 'all_tables')),
    (0.5, transforms.random_chain),
]


def random_options(rng, case):
    groups = []
    for weight, make in OPTIONS:
        if rng.random() < weight:
            made = make(rng, case)
            for group in made if isinstance(made, list) else [made]:
                if group:
                    groups.append(group)
    if names_excluded_key(groups) and not quirks.allowed('excluded-key', rng):
        groups = [group for group in groups if 'message.key.columns' not in group]
    if cuts_by_nullable_key(groups, case) and not quirks.allowed('nullable-chunk-key', rng):
        groups = [group for group in groups if 'snapshot.max.threads' not in group]
    return groups


def cuts_by_nullable_key(groups, case):
    config = {name: value for group in groups for name, value in group.items()}
    ruled = config.get('message.key.columns', '').rpartition(':')[2].split(',')
    return 'snapshot.max.threads' in config and any(
        not column.not_null and (column.name in ruled or not table.key and column.name in sum(table.unique, []))
        for table in case.tables for column in table.columns)


def names_excluded_key(groups):
    """Whether a column of message.key.columns is one that a column list leaves out."""
    config = {name: value for group in groups for name, value in group.items()}
    table, _, columns = config.get('message.key.columns', '').rpartition(':')
    for name in filter(None, columns.split(',')):
        pattern = '.%s' % java_quoted(name)
        listed = [p for p in config.get('column.exclude.list', config.get('column.include.list', '')).split(',')
                  if p.startswith(table) and p.endswith(pattern)]
        if bool(listed) == ('column.exclude.list' in config) and ('column.exclude.list' in config or 'column.include.list' in config):
            return True
    return False


def needs_timestamp_mask(config, tables):
    """The router sends the time of processing, where no column has the event's or it is NULL."""
    for name, value in config.items():
        match = re.fullmatch(r'transforms\.(.+)\.type', name)
        if match and value.endswith('EventRouter'):
            column = config.get('transforms.%s.table.field.event.timestamp' % match.group(1))
            return not any(c.name == column and c.not_null for t in tables for c in t.columns)
    return False


def asks_for_partitions(config):
    """Then topics have several, and records have an order of their key only."""
    return any('PartitionRouting' in value or 'fields.additional.placement' in name and ':partition' in value for name, value in config.items())
