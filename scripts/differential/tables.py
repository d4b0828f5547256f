"""Random tables: names, columns, keys, replica identities, partitions."""
import families
import quirks
from case import Column, Table, identifier
from families import quote

WEIRD = ['Mixed Case', 'ünïcode', 'dash-ed', 'dollar$', '漢字', 'select', 'UPPER', 'a.b', 'trailing_', '_leading', '1digit', 'sl/ash',
         'per%cent', 'sp  ace', 'semi;colon', 'hash#', 'ampersand&', 'id', 'op', 'before', 'source', 'payload']


def name(rng, plain, taken):
    """A name that no other in `taken` has; seldom a weird one."""
    for _ in range(100):
        new = rng.choice(quirks.mild(WEIRD, ["apo'strophe", 'back\\slash'], 'name-quoting', rng)) if rng.random() < 0.12 else plain
        if new not in taken:
            break
        plain = plain + str(rng.randrange(10))
    taken.add(new)
    return new


def column(rng, taken, number):
    made = families.random_type(rng)
    new = Column(name(rng, 'c%d' % number, taken), made)
    if rng.random() < 0.25:
        new.not_null = True
    if made.default and rng.random() < 0.25 and not made.sql.endswith('serial'):
        new.default = default(rng, made)
    if rng.random() < 0.05:
        new.comment = rng.choice(['a comment', "it's é", 'two\nlines'])
    return new


def default(rng, made):
    """A constant; for some types also a call, of which Debezium knows no value."""
    calls = {'timestamp': 'now()', 'date': 'CURRENT_DATE', 'uuid': 'gen_random_uuid()', 'text': "upper('x')", 'integer': '1 + 1'}
    fixed = [t for t in made.values if len(t) < 100]
    if made.family in calls and rng.random() < 0.25 and 'CHECK' not in made.sql:
        # Rows must not depend on when they were written: the changes always give such a column a value.
        return calls[made.family]
    return quote(rng.choice(fixed)) + rng.choice(['', '', '::' + made.sql])


def random_table(rng, schema, taken, number):
    columns_taken = set()
    columns, key, unique = [], [], []
    kind = rng.choices(['single', 'composite', 'none', 'unique', 'unique nullable'], [10, 4, 3, 3, 1])[0]
    count = {'single': 1, 'composite': rng.choice([2, 2, 3]), 'none': 0, 'unique': rng.choice([1, 2]), 'unique nullable': 1}[kind]
    keys = [Column(name(rng, 'k%d' % i, columns_taken), families.key_type(rng)) for i in range(count)]
    if kind == 'single' and rng.random() < 0.15 and keys[0].type.sql in ('integer', 'bigint'):
        keys[0].identity = rng.choice(['BY DEFAULT', 'ALWAYS'])
    columns = keys + [column(rng, columns_taken, i) for i in range(rng.choice([0, 1, 2, 3, 4, 6, 9]))]
    names = [c.name for c in keys]
    if kind in ('single', 'composite'):
        key = rng.sample(names, len(names))
        # A key need not come first.
        if rng.random() < 0.3:
            rng.shuffle(columns)
    elif kind == 'unique':
        for c in keys:
            c.not_null = True
        unique.append(rng.sample(names, len(names)))
    elif kind == 'unique nullable':
        unique.append(names)
    if not columns:
        columns = [column(rng, columns_taken, 0)]
    table = Table(schema, name(rng, 't%d' % number, taken), columns, key, unique)
    generated(rng, table, columns_taken)
    table.identity = replica_identity(rng, table, kind)
    if rng.random() < 0.08:
        table.comment = rng.choice(['a table', "it's é"])
    if rng.random() < 0.1 and key:
        partition(rng, table)
    return table


def generated(rng, table, taken):
    sources = [c for c in table.columns if c.type.sql in ('integer', 'bigint', 'text') and not c.identity]
    if sources and rng.random() < 0.12:
        source = rng.choice(sources)
        expression = '%s || %s' % (identifier(source.name), quote('!')) if source.type.sql == 'text' else '%s %% 7' % identifier(source.name)
        made = families.Type(source.type.sql, source.type.values)
        table.columns.append(Column(name(rng, 'gen', taken), made, generated=expression))


def replica_identity(rng, table, kind):
    if kind in ('none', 'unique nullable'):
        return rng.choice(['FULL', 'FULL', 'FULL', '', 'NOTHING'])
    if kind == 'unique':
        return rng.choice(['FULL', 'USING INDEX %s' % identifier('%s_u0' % table.name[:40]), 'USING INDEX %s' % identifier('%s_u0' % table.name[:40])])
    return rng.choice(['', '', '', 'FULL', 'FULL', 'DEFAULT', 'NOTHING' if rng.random() < 0.2 else ''])


def partition(rng, table):
    """By hash of the key's first column, so that every value finds its place."""
    by = table.key[0]
    table.partition_by = 'PARTITION BY HASH (%s)' % identifier(by)
    if any(c.identity for c in table.columns) or not table.column(by).type.comparable or table.column(by).type.sql == 'ltree':
        table.partition_by = ''
        return
    for remainder in range(2):
        part = identifier(table.schema) + '.' + identifier('%s_p%d' % (table.name[:40], remainder))
        table.partitions.append('CREATE TABLE %s PARTITION OF %s FOR VALUES WITH (MODULUS 2, REMAINDER %d)' % (part, table.sql, remainder))
        if table.identity.startswith('FULL'):
            table.partitions.append('ALTER TABLE %s REPLICA IDENTITY FULL' % part)
