"""Random rows and statements."""
import copy

import families
from case import SQL, Column, Delete, Insert, Pause, Raw, Update, identifier
from families import quote
from tables import column, random_table


class Writer:
    """Makes statements for tables as they stand at that point."""

    def __init__(self, rng, tables):
        self.rng, self.tables, self.count = rng, tables, 0
        # How a table's columns stand now; the case keeps those of the beginning.
        self.now = {id(t): list(t.columns) for t in tables}

    def row(self, table, names=None):
        rng = self.rng
        self.count += 1
        row = {}
        for c in self.now[id(table)]:
            if not c.writable:
                continue
            in_key = c.name in table.key or any(c.name in u for u in table.unique)
            if in_key and c.type.unique:
                row[c.name] = c.type.unique(self.count)
                if not c.not_null and c.name not in table.key and rng.random() < 0.3:
                    row[c.name] = None
            else:
                row[c.name] = self.content(c)
        return row

    def content(self, c):
        rng = self.rng
        if not c.not_null and rng.random() < 0.2:
            return None
        if c.default and '(' not in c.default.split("'")[0] and 'CURRENT' not in c.default and rng.random() < 0.15:
            return SQL('DEFAULT')
        picked = c.type.pick(rng)
        # Among exact decimals there is no such number: in a column that must not be null it ends both programs.
        if c.not_null and picked in ('NaN', 'Infinity', '-Infinity') and rng.random() < 0.95:
            return next((v for v in c.type.values if v not in ('NaN', 'Infinity', '-Infinity')), picked)
        return picked

    def insert(self, table):
        row = self.row(table)
        rows = [row]
        for _ in range(self.rng.choice([0, 0, 0, 1, 3])):
            rows.append(self.row(table))
        return Insert(table, rows)

    def update(self, table):
        rng = self.rng
        candidates = [c for c in self.now[id(table)] if c.writable]
        others = [c for c in candidates if c.name not in table.key]
        if not candidates:
            return self.delete(table)
        chosen = rng.sample(others, min(len(others), rng.choice([1, 1, 2, 3]))) if others else []
        keys = [c for c in candidates if c.name in table.key or any(c.name in u for u in table.unique)]
        if keys and (rng.random() < 0.25 or not chosen):
            chosen = [c for c in chosen if c not in keys] + [rng.choice(keys)]
        changed = {}
        for c in chosen or candidates[:1]:
            if c in keys and c.type.unique:
                self.count += 1
                changed[c.name] = c.type.unique(self.count)
            elif rng.random() < 0.1:
                changed[c.name] = SQL(identifier(c.name))
            else:
                changed[c.name] = self.content(c)
        whole = rng.random() < 0.08 and not any(c in keys for c in chosen)
        return Update(table, changed, -1 if whole else rng.randrange(4))

    def delete(self, table):
        return Delete(table, -1 if self.rng.random() < 0.05 else self.rng.randrange(4))

    def statement(self):
        rng = self.rng
        tables = [t for t in self.tables if t.rows]
        table = rng.choice(tables)
        kind = rng.choices(['insert', 'update', 'delete', 'truncate', 'message'], [10, 8, 4, 0.4, 0.8])[0]
        if kind == 'truncate':
            also = [t for t in rng.sample(tables, min(len(tables), rng.choice([0, 0, 1]))) if t is not table]
            return Raw('TRUNCATE ' + ', '.join(t.sql for t in [table] + also), table)
        if kind == 'message':
            content = rng.choice(["'text é'", "''", "'\\x00ff10'::bytea", "'{\"a\": 1}'"])
            return Raw('SELECT pg_logical_emit_message(%s, %s, %s)' % (
                rng.choice(['true', 'true', 'false']), quote(rng.choice(['app', 'other', 'é p'])), content))
        return getattr(self, kind)(table)

    def groups(self):
        """Transactions of one statement or of some, now and then rolled back in part or whole."""
        rng, out = self.rng, []
        for _ in range(rng.choice([3, 6, 10, 15])):
            if rng.random() < 0.55:
                out.append(('', [self.statement()], ''))
                continue
            statements = [self.statement() for _ in range(rng.choice([2, 3, 5]))]
            if rng.random() < 0.25:
                statements.insert(1, Raw('SAVEPOINT s'))
                statements.append(Raw(rng.choice(['ROLLBACK TO s', 'ROLLBACK TO s', 'RELEASE s'])))
                statements.append(self.statement())
            out.append(('BEGIN', statements, rng.choice(['COMMIT'] * 6 + ['ROLLBACK'])))
        return out

    # Schema changes: between two pauses, and rows after it.

    def schema_change(self, number):
        rng = self.rng
        table = rng.choice([t for t in self.tables if t.rows])
        columns = self.now[id(table)]
        in_keys = set(table.key).union(*table.unique) if table.unique else set(table.key)
        free = [c for c in columns if c.name not in in_keys and not c.generated and not any(
            g.generated and identifier(c.name) in g.generated for g in columns)]
        alter = 'ALTER TABLE %s ' % table.sql
        kind = rng.choice(['add', 'add', 'drop', 'rename', 'retype', 'not null', 'default', 'identity', 'create'])
        if kind == 'add' or (kind in ('drop', 'rename', 'retype', 'not null', 'default') and not free):
            new = column(rng, {c.name for c in columns}, 100 + number)
            new.comment = None
            if new.type.sql.endswith('serial'):
                return []
            if not new.default:
                new.not_null = False
            self.now[id(table)] = columns + [new]
            return [Raw(s, table) for s in new.type.setup] + [Raw(alter + 'ADD COLUMN ' + new.declaration(), table)]
        if kind == 'create':
            new = random_table(rng, table.schema, {t.name for t in self.tables}, 50 + number)
            self.tables = self.tables + [new]
            self.now[id(new)] = list(new.columns)
            setup = {s for c in new.columns for s in c.type.setup}
            return [Raw(s, new) for s in sorted(setup)] + [Raw(s, new) for s in new.creation()]
        if kind == 'identity':
            return [Raw(alter + 'REPLICA IDENTITY ' + rng.choice(['FULL', 'DEFAULT'] if table.key else ['FULL']), table)]
        chosen = rng.choice(free)
        name = identifier(chosen.name)
        changed = copy.copy(chosen)
        if kind == 'drop':
            self.now[id(table)] = [c for c in columns if c is not chosen]
            return [Raw(alter + 'DROP COLUMN ' + name, table, chosen.name)]
        if kind == 'rename':
            changed.name = 'renamed%d' % number
            sql = 'RENAME COLUMN %s TO %s' % (name, identifier(changed.name))
        elif kind == 'retype':
            if chosen.default or chosen.identity:
                return []
            changed.type = families.Type('text', families.TEXTS, lambda n: 'k%d' % n)
            sql = 'ALTER COLUMN %s TYPE text USING %s::text' % (name, name)
        elif kind == 'not null':
            changed.not_null = not chosen.not_null
            self.now[id(table)] = [changed if c is chosen else c for c in columns]
            if not changed.not_null:
                return [Raw(alter + 'ALTER COLUMN %s DROP NOT NULL' % name, table, chosen.name)]
            # Fails where a row has NULL there; a filling UPDATE would be read now before and now after this.
            return [Raw(alter + 'ALTER COLUMN %s SET NOT NULL' % name, table, chosen.name)]
        else:
            if not chosen.type.default or chosen.identity or chosen.type.sql.endswith('serial'):
                return []
            changed.default = None if chosen.default else quote(chosen.type.pick(rng))
            sql = 'ALTER COLUMN %s %s' % (name, 'SET DEFAULT ' + changed.default if changed.default else 'DROP DEFAULT')
        self.now[id(table)] = [changed if c is chosen else c for c in columns]
        return [Raw(alter + sql, table, chosen.name)]


def random_changes(rng, tables, alters):
    """The rows before the snapshot, and the groups of changes after it."""
    writer = Writer(rng, tables)
    before = [writer.insert(rng.choice(tables)) for _ in range(rng.choice([0, 1, 2, 4]))]
    groups = writer.groups()
    for number in range(alters):
        change = writer.schema_change(number)
        groups += [(Pause(), [], ''), ('', change, ''), *writer.groups()[:6]]
    return before, groups
