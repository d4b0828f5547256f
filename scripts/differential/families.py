"""PostgreSQL's types by family: how a column is declared, and texts of values, mostly at the edges.

To add a type, write a function that returns a `Type` and add it to FAMILIES. Values are texts as PostgreSQL reads them,
never SQL; `None` in a row is NULL.
"""
import string
from dataclasses import dataclass, field
from pathlib import Path

import quirks


@dataclass
class Type:
    sql: str
    # Texts to choose from, the edges first.
    values: list
    # A text of its own for every number, for keys; None: cannot be a key.
    unique: object = None
    # May stand in a column's DEFAULT.
    default: bool = True
    # Statements that make the type, before the tables.
    setup: tuple = ()
    # PostgreSQL makes arrays of all types; of some Debezium makes nothing, which one case shows as well as many.
    array: bool = True
    # Has an order and an equality that an index can use.
    comparable: bool = True
    family: str = ''

    def pick(self, rng):
        return rng.choice(self.values)


def quote(text):
    """As an SQL literal."""
    return 'NULL' if text is None else "'" + text.replace("'", "''") + "'"


def incompressible(rng, size):
    """Long enough, PostgreSQL keeps such a text out of line (TOAST)."""
    return ''.join(rng.choices(string.ascii_letters + string.digits, k=size))


# Numbers

def boolean(rng):
    return Type('boolean', ['t', 'f'])


def integer(rng):
    bits = rng.choice([16, 32, 64])
    sql = {16: 'smallint', 32: 'integer', 64: 'bigint'}[bits]
    top = 1 << (bits - 1)
    values = ['0', '1', '-1', str(top - 1), str(-top), str(rng.randrange(-top, top))]
    return Type(sql, values, unique=lambda n: str(n + 1))


def serial(rng):
    sql = rng.choice(['smallserial', 'serial', 'bigserial'])
    return Type(sql, ['1', '7', '32767'], unique=lambda n: str(n + 1), default=False, array=False)


def floating(rng):
    if rng.random() < 0.5:
        values = ['0', '-0', '1.5', '0.1', '1e10', '1e7', '9999999', '1e-3', '0.0001', '3.4028235e38', '-1.5e-38', 'NaN',
                  'Infinity', '-Infinity', '%.2f' % rng.uniform(-1000, 1000)]
        return Type('real', values)
    values = ['0', '-0', '1.5', '0.1', '1e10', '1e7', '9999999', '1e-3', '0.0001', '1.7976931348623157e308', '1e22', '123456789.125',
              'NaN', 'Infinity', '-Infinity', '%.3f' % rng.uniform(-1e6, 1e6)]
    return Type('double precision', values)


def numeric(rng):
    if rng.random() < 0.35:
        values = ['0', '0.00', '-0.5', '1.10', '100', '1e20', '-123456789012345678901234567890.123456789', '1e-20', '12.5', 'NaN',
                  'Infinity', '-Infinity', '9' * 40, '0.%s1' % ('0' * 30)]
        return Type('numeric', values, unique=lambda n: '%d.5' % n)
    precision = rng.choice([1, 2, 5, 9, 10, 18, 19, 20, 38, 60])
    scale = rng.choice([0, 0, 1, 2, precision // 2, precision])
    scale = min(scale, precision)
    whole = precision - scale
    def number(digits, sign=''):
        return sign + (digits[:whole] or '0') + ('.' + digits[whole:] if scale else '')
    nines = number('9' * precision)
    values = ['0', nines, '-' + nines, number(('0' * precision + '1')[-precision:]), number('1' + '0' * (precision - 1)),
              number(''.join(rng.choices('0123456789', k=precision)), rng.choice(['', '-'])), 'NaN']
    sql = 'numeric(%d,%d)' % (precision, scale) if scale or rng.random() < 0.7 else 'numeric(%d)' % precision
    return Type(sql, values, unique=(lambda n: str(n + 1)) if whole >= 4 else None)


def money(rng):
    return Type('money', ['0', '1.23', '-1.23', '92233720368547758.07', '-92233720368547758.08', '1234567.89', '0.05'])


def oid(rng):
    return Type('oid', ['0', '1', '2147483647', '2147483648', '4294967295'], unique=lambda n: str(n + 1))


# Text

TEXTS = ['', ' ', 'a', "it's", 'ä€漢字', '😀🎉', 'say "hi" \\ back', 'tab\tline\nreturn\r', '\x01\x1b\x7f', '\u2028\u2029\ufeff', 'null', '{}',
         '[]', '{"a":1}', '0', '  padded  ', 'NULL', '/*x*/', '__debezium_unavailable_value', '<&>', 'e\u0301']


def text(rng):
    kind = rng.choice(['text', 'varchar', 'varchar(n)', 'char', 'char(n)', 'citext', 'bpchar'])
    if kind == 'varchar(n)':
        length = rng.choice([1, 5, 40, 255, 10485760])
        return Type('varchar(%d)' % length, [t[:length] for t in TEXTS], unique=(lambda n: 'k%d' % n) if length >= 5 else None)
    if kind == 'char(n)':
        length = rng.choice([2, 5, 40])
        return Type('char(%d)' % length, [t[:length] for t in TEXTS], unique=(lambda n: 'k%d' % n) if length >= 5 else None)
    if kind == 'char':
        return Type('char', [t[:1] for t in TEXTS])
    if kind == 'citext':
        return Type('citext', TEXTS, unique=lambda n: 'Key%d' % n, setup=('CREATE EXTENSION IF NOT EXISTS citext',))
    return Type(kind, TEXTS + [incompressible(rng, 20)], unique=lambda n: 'k%d é' % n)


def long_text(rng):
    """Out of line; an update that leaves it alone says so instead of its value."""
    return Type(rng.choice(['text', 'varchar', 'bytea', 'jsonb', 'text[]', 'json']),
                [], default=False, array=False, family='long')


def bytea(rng):
    return Type('bytea', ['\\x', '\\x00', '\\xff', '\\x00ff10', '\\x' + '%030x' % rng.getrandbits(120), 'plain'],
                unique=lambda n: '\\x%06x' % n)


def bits(rng):
    if rng.random() < 0.6:
        n = rng.choice([1, 1, 2, 8, 9, 31, 64, 65])
        return Type('bit(%d)' % n, ['0' * n, '1' * n, '1' + '0' * (n - 1), '0' * (n - 1) + '1', format(rng.getrandbits(n), '0%db' % n)])
    n = rng.choice([1, 5, 16, 70])
    sql = rng.choice(['bit varying(%d)' % n, 'bit varying'])
    return Type(sql, ['', '0', '1', '1' * n, '0' * n, format(rng.getrandbits(n), 'b')])


def uuid(rng):
    return Type('uuid', ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff',
                         '%08x-1234-4abc-8def-0123456789ab' % rng.getrandbits(32)],
                unique=lambda n: '00000000-0000-4000-8000-%012x' % n)


def json(rng):
    sql = rng.choice(['json', 'jsonb'])
    values = ['{}', '[]', 'null', '1', '"a"', 'true', '{"a": 1, "b": [1, 2.50, null], "c": {"d": "é"}}', '{"b":1,"a":2,"b":3}',
              '[1, [2, {"x": "\\u00e9\\n"}]]', '{"n": 12345678901234567890.123456789}', '{"": ""}', '""', ' { "x" : 1 } ',
              '{"e": 1e400, "f": 1.0, "g": -0.0}']
    return Type(sql, values, comparable=sql == 'jsonb')


def xml(rng):
    return Type('xml', ['<a/>', '<a b="1">x &amp; y</a>', 'plain', '<ü>é</ü>', '<?xml version="1.0"?><a/>'], comparable=False)


def enum(rng):
    name = 'mood%d' % rng.randrange(1000)
    labels = rng.choice([['sad', 'ok', 'happy'], ['A'], ['with space', "it's", 'é,comma', 'q"uote'], ['a', 'b', '']])
    return Type(name, labels, setup=('CREATE TYPE %s AS ENUM (%s)' % (name, ', '.join(map(quote, labels))),), family='enum')


def domain(rng):
    base = rng.choice([integer, numeric, text, timestamp, uuid, boolean, date, floating, json])(rng)
    name = 'dom%d' % rng.randrange(1000)
    extra = rng.choice(['', '', ' NOT NULL' if False else '', ' CHECK (true)'])
    setup = list(base.setup) + ['CREATE DOMAIN %s AS %s%s' % (name, base.sql, extra)]
    if rng.random() < 0.25:
        setup.append('CREATE DOMAIN %s_outer AS %s' % (name, name))
        name += '_outer'
    return Type(name, base.values, base.unique, setup=tuple(setup), comparable=base.comparable, family='domain')


# Times

def date(rng):
    values = ['1970-01-01', '1969-12-31', '2024-02-29', '9999-12-31', '1900-01-01', '12345-06-07']
    return Type('date', quirks.mild(values, ['infinity', '-infinity', '0044-03-15 BC', '0001-01-01', '1582-10-04'], 'date-extremes', rng),
                unique=lambda n: '20%02d-%02d-%02d' % (n // 336 % 100, n // 28 % 12 + 1, n % 28 + 1))


def fraction(rng):
    return rng.choice(['', '(0)', '(1)', '(2)', '(3)', '(4)', '(5)', '(6)'])


def time(rng):
    if rng.random() < 0.5:
        return Type('time' + fraction(rng), ['00:00', '23:59:59.999999', '24:00:00', '12:34:56.789', '01:02:03.000001', '10:00:00.5'],
                    unique=lambda n: '%02d:%02d:%02d' % (n // 3600 % 24, n // 60 % 60, n % 60))
    return Type('time%s with time zone' % fraction(rng), ['00:00+00', '23:59:59.999999-12', '12:34:56.789+05:30', '24:00:00+00',
                                                            '01:02:03.000001+14', '10:00:00.5-03'])


STAMPS = ['1970-01-01 00:00:00', '1969-12-31 23:59:59.999999', '2024-02-29 12:34:56.789123', '2000-01-01 00:00:00.5',
          '1900-01-01 00:00:00.000001', '9999-12-31 23:59:59', '2024-06-30 23:59:59.9999994']


def timestamp(rng):
    unique = lambda n: '2020-01-01 00:%02d:%02d' % (n // 60 % 60, n % 60)
    extremes = ['infinity', '-infinity', '12345-01-01 00:00:00', '0044-03-15 12:00:00 BC', '0001-01-01 00:00:00']
    if rng.random() < 0.5:
        return Type('timestamp' + fraction(rng), quirks.mild(STAMPS, extremes, 'timestamp-extremes', rng), unique=unique)
    zones = ['+00', '-12', '+05:30', '+14', '-03']
    values = [stamp + rng.choice(zones) for stamp in STAMPS]
    extremes = [e + ('' if 'inf' in e else '+00' if 'BC' not in e else '') for e in extremes]
    return Type('timestamp%s with time zone' % fraction(rng), quirks.mild(values, extremes, 'timestamp-extremes', rng),
                unique=lambda n: unique(n) + '+00')


def interval(rng):
    sql = rng.choice(['interval', 'interval', 'interval(3)', 'interval day to second', 'interval year to month', 'interval hour'])
    return Type(sql, ['0', '1 year 2 mons 3 days 04:05:06.789012', '-1 year -2 mons +3 days -04:05:06.7', '178000000 years', '-178000000 years',
                      '00:00:00.000001', '1 mon', '-00:00:01', '36 hours', '1 day -00:00:01'])


# Network, geometry, ranges, search, others

def network(rng):
    sql = rng.choice(['inet', 'cidr', 'macaddr', 'macaddr8'])
    values = {'inet': ['192.168.0.1', '10.1.2.3/8', '::1', '2001:db8::ff00:42:8329/64', '0.0.0.0/0', '::ffff:1.2.3.4'],
              'cidr': ['10.0.0.0/8', '192.168.100.128/25', '2001:db8::/32', '0.0.0.0/0'],
              'macaddr': ['08:00:2b:01:02:03', 'ff-ff-ff-ff-ff-ff', '000000000000'],
              'macaddr8': ['08:00:2b:01:02:03:04:05', '08:00:2b:01:02:03']}[sql]
    unique = {'inet': lambda n: '10.0.%d.%d' % (n // 250, n % 250), 'macaddr': lambda n: '08:00:2b:01:%02x:%02x' % (n // 256, n % 256)}
    return Type(sql, values, unique=unique.get(sql))


def geometric(rng):
    sql = rng.choice(['point', 'line', 'lseg', 'box', 'path', 'polygon', 'circle'])
    values = {'point': ['(0,0)', '(1.5,-2.25)', '(1e10,1e-5)', '(-0,0)'], 'line': ['{1,2,3}'], 'lseg': ['[(0,0),(1,1)]'], 'box': ['(1,1),(0,0)'],
              'path': ['[(0,0),(1,1)]', '((0,0),(1,1),(2,0))'], 'polygon': ['((0,0),(1,1),(2,0))'], 'circle': ['<(0,0),5>']}[sql]
    return Type(sql, values, comparable=False, default=False)


def ranges(rng):
    multi = rng.random() < 0.3
    sub = rng.choice(['int4', 'int8', 'num', 'ts', 'tstz', 'date'])
    bounds = {'int4': ['1,10', '-5,5', ',7', '3,'], 'int8': ['1,10', ',', '9223372036854775800,9223372036854775806'],
              'num': ['1.5,2.50', ',0', '-1e10,'], 'ts': ['2024-01-01 00:00:00,2024-01-02 12:34:56.789', ',2020-01-01', '-infinity,infinity'],
              'tstz': ['2024-01-01 00:00:00+02,2024-01-02 12:34:56.789+00', ',2020-01-01'], 'date': ['2024-01-01,2024-02-01', ',2020-01-01']}[sub]
    values = ['empty'] + [rng.choice('[(') + b + rng.choice(')]') for b in bounds]
    if multi:
        return Type(sub + 'multirange', ['{}'] + ['{%s}' % v for v in values[1:]])
    return Type(sub + 'range', values)


def search(rng):
    if rng.random() < 0.5:
        return Type('tsvector', ['', 'a b c', "'fat':2,4 'cat':3", "'it''s':1A"])
    return Type('tsquery', ['fat & cat', "!'a b' | c"])


def hstore(rng):
    values = ['', '"a"=>"1"', '"b"=>"2","a"=>NULL', '"k\\"q"=>"v\\\\","é"=>"😀"', 'x=>y,long_key=>"long value",z=>""']
    return Type('hstore', values, setup=('CREATE EXTENSION IF NOT EXISTS hstore',))


def ltree(rng):
    return Type('ltree', ['a', 'Top.Science.Astronomy', 'x_1.y'], unique=lambda n: 'k%d.x' % n, setup=('CREATE EXTENSION IF NOT EXISTS ltree',))


def others(rng):
    sql = rng.choice(['pg_lsn', 'xid', 'regclass', 'jsonpath', 'cid', 'tid', 'txid_snapshot', 'name', '"char"', 'xid8', 'regtype', 'int2vector',
                      'oidvector'])
    values = {'pg_lsn': ['0/0', '16/B374D848', 'FFFFFFFF/FFFFFFFF'], 'xid': ['0', '4294967295'], 'regclass': ['pg_class', '0'], 'jsonpath': ['$.a'],
              'cid': ['1'], 'tid': ['(0,1)'], 'txid_snapshot': ['10:20:10,14,15'], 'name': ['a', 'Name é'], '"char"': ['a', '\\'], 'xid8': ['1'],
              'regtype': ['integer', 'text'], 'int2vector': ['', '1 2'], 'oidvector': ['1 2']}[sql]
    if sql in ('name', 'int2vector', 'oidvector') and not quirks.allowed(sql + '-type', rng):
        return text(rng)
    return Type(sql, values, comparable=False, default=False, array=sql in ('xid', 'pg_lsn'))


def composite(rng):
    name = 'comp%d' % rng.randrange(1000)
    return Type(name, ['(1,a)', '(,)', '(7,"x y")'], setup=('CREATE TYPE %s AS (n integer, t text)' % name,), default=False, array=False)


# Of the server that the oracle's cluster starts.
EXTENSIONS = {file.stem for file in Path('/usr/share/postgresql/15/extension').glob('*.control')}


def pgvector(rng):
    if 'vector' not in EXTENSIONS and not quirks.allowed('no-pgvector', rng):
        return geometric(rng)
    sql, values = rng.choice([
        ('vector(3)', ['[1,2,3]', '[0,-0.5,1e-7]', '[1e10,3.1415927,-1]']), ('vector', ['[1]', '[1.5,2]']),
        ('halfvec(2)', ['[1,2]', '[0.1,-65504]']), ('halfvec', ['[1,0.333]']),
        ('sparsevec(5)', ['{1:1,3:2.5}/5', '{}/5', '{5:-1}/5'])])
    return Type(sql, values, setup=('CREATE EXTENSION IF NOT EXISTS vector',), default=False, array=False, comparable=False)


def postgis(rng):
    if 'postgis' not in EXTENSIONS and not quirks.allowed('no-postgis', rng):
        return geometric(rng)
    sql = rng.choice(['geometry', 'geometry(Point,4326)', 'geography', 'geography(Point,4326)'])
    values = ['SRID=4326;POINT(1 2)', 'POINT(1.5 -2.25)'] if 'Point' in sql and 'geog' in sql or sql == 'geometry' else ['SRID=4326;POINT(1 2)']
    if sql == 'geometry':
        values += ['POLYGON((0 0,1 0,1 1,0 0))', 'POINT EMPTY', 'GEOMETRYCOLLECTION(POINT(1 2))', 'POINT Z (1 2 3)']
    return Type(sql, values, setup=('CREATE EXTENSION IF NOT EXISTS postgis',), default=False, comparable=False)


# Arrays

def array_text(elements):
    """PostgreSQL's text of an array of such element texts; a list in it is an inner array."""
    def one(element):
        if element is None:
            return 'NULL'
        if isinstance(element, list):
            return array_text(element)
        return '"' + element.replace('\\', '\\\\').replace('"', '\\"') + '"'
    return '{' + ','.join(map(one, elements)) + '}'


def array(rng):
    for _ in range(20):
        make = rng.choice([boolean, integer, floating, numeric, text, bytea, uuid, json, enum, domain, date, time, timestamp, interval, network,
                           ranges, hstore, ltree, oid, money, bits, xml, search, others])
        element = make(rng)
        if not element.array:
            continue
        if element.family == 'domain' and not quirks.allowed('domain-array', rng):
            continue
        if element.sql.startswith('time') and '24:00:00' in element.values and not quirks.allowed('time-array-24', rng):
            element.values = [v for v in element.values if '24:00' not in v]
        values = ['{}', array_text([element.pick(rng)]), array_text([element.pick(rng) for _ in range(3)])]
        values = quirks.mild(values, [array_text([element.pick(rng), None]), array_text([None])], 'array-null-element', rng)
        values = quirks.mild(values, [array_text([[element.pick(rng)], [element.pick(rng)]])], 'array-multidim', rng)
        return Type(element.sql + '[]', values, setup=element.setup, default=element.default, family='array')
    return Type('integer[]', ['{}', '{1,2}'], family='array')


# Each with its weight.
FAMILIES = [(boolean, 3), (integer, 8), (serial, 1), (floating, 4), (numeric, 8), (money, 2), (oid, 1), (text, 10), (long_text, 3), (bytea, 4), (bits, 3),
            (uuid, 3), (json, 4), (xml, 1), (enum, 3), (domain, 4), (date, 3), (time, 3), (timestamp, 6), (interval, 3), (network, 3), (geometric, 2),
            (ranges, 3), (search, 1), (hstore, 2), (ltree, 1), (others, 1), (composite, 1), (postgis, 0.5), (pgvector, 0.5), (array, 6)]


def random_type(rng):
    make = rng.choices([f for f, _ in FAMILIES], [w for _, w in FAMILIES])[0]
    made = make(rng)
    made.family = made.family or make.__name__
    if made.family == 'long':
        long = incompressible(rng, 4000)
        values = {'text': [long, 'short'], 'varchar': [long, 'short'], 'bytea': [long, '\\x00'], 'jsonb': ['{"a": "%s"}' % long, '{}'],
                  'json': ['{"a": "%s"}' % long, '{}'], 'text[]': ['{%s}' % long, '{a}']}[made.sql]
        made.values = values
        made.comparable = False
    return made


def key_type(rng):
    """A type that can be a key on its own."""
    while True:
        made = rng.choices([integer, text, uuid, numeric, timestamp, date, bytea, domain, oid, serial, ltree, network],
                           [8, 5, 3, 2, 2, 1, 1, 2, 0.5, 2, 0.5, 1])[0](rng)
        if made.unique and made.comparable:
            return made
