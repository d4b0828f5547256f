"""A whole random case from its seed."""
import random

import changes
import options
import outbox
import quirks
import transforms
from case import Case, Raw
from tables import name, random_table


def random_case(seed, prefix):
    """The same seed gives the same case; `prefix` is the topic prefix."""
    rng = random.Random(seed)
    if rng.random() < 0.25:
        case = outbox.random_case(rng, seed)
    else:
        case = table_case(rng, seed)
    case.options = [{
        'connector.class': 'io.debezium.connector.postgresql.PostgresConnector', 'plugin.name': 'pgoutput',
        'database.dbname': 'random_%s' % seed.replace('-', '_').lower(), 'topic.prefix': prefix}] + case.options
    return case


def table_case(rng, seed):
    schemas = ['public']
    setup = []
    if rng.random() < 0.12:
        schemas.append(name(rng, 'other', set(schemas)))
        setup.append('CREATE SCHEMA "%s"' % schemas[1])
    taken = set()
    tables = [random_table(rng, rng.choice(schemas), taken, i) for i in range(rng.choice([1, 1, 2, 3]))]
    before, groups = changes.random_changes(rng, tables, rng.choice([0, 0, 0, 1, 2]))
    case = Case(seed, setup, tables, before, groups, [])
    case.options = options.random_options(rng, case)
    if any(value.startswith((transforms.KAFKA + 'Hoist', transforms.KAFKA + 'Flatten')) for group in case.options for value in group.values()):
        # They move the source block to where the comparer does not look for positions, and those of two snapshots differ.
        case.before = []
    if any('provide.transaction.metadata' in group for group in case.options):
        without_messages(case, rng)
    return case


def without_messages(case, rng):
    def is_message(statement):
        return isinstance(statement, Raw) and 'pg_logical_emit_message(true' in statement.text
    if any(is_message(s) for _, statements, _ in case.changes for s in statements) and not quirks.allowed('message-in-metadata', rng):
        case.changes = [(o, [s for s in statements if not is_message(s)], c) for o, statements, c in case.changes]
