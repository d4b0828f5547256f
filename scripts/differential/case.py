"""A random case as parts that can be left out one by one, and its rendering as the files of a case folder."""
import copy
from dataclasses import dataclass, field

from families import Type, quote
from runner import PAUSE


def identifier(name):
    return '"' + name.replace('"', '""') + '"'


@dataclass
class Column:
    name: str
    type: Type
    not_null: bool = False
    # SQL of the default, without DEFAULT.
    default: str = None
    generated: str = None
    identity: str = None
    comment: str = None

    @property
    def writable(self):
        return not self.generated and self.identity != 'ALWAYS'

    def declaration(self):
        parts = [identifier(self.name), self.type.sql]
        if self.generated:
            parts.append('GENERATED ALWAYS AS (%s) STORED' % self.generated)
        elif self.identity:
            parts.append('GENERATED %s AS IDENTITY' % self.identity)
        elif self.default:
            parts.append('DEFAULT ' + self.default)
        if self.not_null:
            parts.append('NOT NULL')
        return ' '.join(parts)


@dataclass
class Table:
    schema: str
    name: str
    columns: list
    key: list = field(default_factory=list)
    # Of each: (columns, whether it is a constraint).
    unique: list = field(default_factory=list)
    identity: str = ''
    # SQL after the closing parenthesis, and statements that make the partitions.
    partition_by: str = ''
    partitions: list = field(default_factory=list)
    comment: str = None
    # Written into by the generator.
    rows: bool = True

    @property
    def sql(self):
        return identifier(self.schema) + '.' + identifier(self.name)

    def column(self, name):
        return next(c for c in self.columns if c.name == name)

    def creation(self):
        items = [c.declaration() for c in self.columns]
        if self.key:
            items.append('PRIMARY KEY (%s)' % ', '.join(map(identifier, self.key)))
        statements = ['CREATE TABLE %s (\n  %s\n)%s' % (self.sql, ',\n  '.join(items), ' ' + self.partition_by if self.partition_by else '')]
        statements += self.partitions
        for index, names in enumerate(self.unique):
            statements.append('CREATE UNIQUE INDEX %s ON %s (%s)' % (
                identifier('%s_u%d' % (self.name[:40], index)), self.sql, ', '.join(map(identifier, names))))
        if self.identity:
            statements.append('ALTER TABLE %s REPLICA IDENTITY %s' % (self.sql, self.identity))
        if self.comment:
            statements.append('COMMENT ON TABLE %s IS %s' % (self.sql, quote(self.comment)))
        statements += ['COMMENT ON COLUMN %s.%s IS %s' % (self.sql, identifier(c.name), quote(c.comment)) for c in self.columns if c.comment]
        return statements


@dataclass
class Insert:
    table: Table
    rows: list

    def sql(self):
        names = [c for c in self.rows[0]]
        if not names:
            return 'INSERT INTO %s DEFAULT VALUES' % self.table.sql
        rows = ',\n  '.join('(%s)' % ', '.join(value(row.get(n)) for n in names) for row in self.rows)
        return 'INSERT INTO %s (%s) VALUES\n  %s' % (self.table.sql, ', '.join(map(identifier, names)), rows)

    def without(self, name):
        return Insert(self.table, [{k: v for k, v in row.items() if k != name} for row in self.rows])


@dataclass
class Update:
    table: Table
    set: dict
    # Which row, counted from 0; -1: all.
    row: int

    def sql(self):
        return 'UPDATE %s SET %s%s' % (self.table.sql, ', '.join('%s = %s' % (identifier(k), value(v)) for k, v in self.set.items()),
                                       where(self.table, self.row))

    def without(self, name):
        rest = {k: v for k, v in self.set.items() if k != name}
        return Update(self.table, rest, self.row) if rest else None


@dataclass
class Delete:
    table: Table
    row: int

    def sql(self):
        return 'DELETE FROM %s%s' % (self.table.sql, where(self.table, self.row))

    def without(self, name):
        return self


@dataclass
class Raw:
    """Any other statement, and the table and column without which it makes no sense."""
    text: str
    table: Table = None
    column: str = None

    def sql(self):
        return self.text

    def without(self, name):
        return None if name == self.column else self


@dataclass
class SQL:
    """An expression in place of a value's text."""
    text: str


class Pause:
    """Both programs have read everything before it."""
    table = None

    def without(self, name):
        return self


def value(item):
    return item.text if isinstance(item, SQL) else quote(item)


def where(table, row):
    """The row of that number in the order of storage."""
    if row < 0:
        return ''
    return '\n  WHERE (tableoid, ctid) = (SELECT tableoid, ctid FROM %s ORDER BY tableoid, ctid LIMIT 1 OFFSET %d)' % (table.sql, row)


@dataclass
class Case:
    seed: str
    setup: list
    tables: list
    # Rows that are there before the snapshot.
    before: list
    # Groups of statements: (opening or '', statements, closing or '').
    changes: list
    # Groups of properties that only make sense together.
    options: list

    def config(self):
        merged = {}
        for group in self.options:
            for name, value in group.items():
                if name in ('transforms', 'predicates') and name in merged:
                    value = merged[name] + ',' + value
                merged[name] = value
        return merged

    def setup_sql(self):
        statements = list(self.setup)
        seen = set()
        extra = []
        for table in self.tables:
            for column in table.columns:
                for statement in column.type.setup:
                    if statement not in seen:
                        seen.add(statement)
                        extra.append(statement)
        statements += extra
        for table in self.tables:
            statements += table.creation()
        rows = ['\\set ON_ERROR_STOP off\n'] + [s.sql() + ';\n' for s in self.before] if self.before else []
        return '-- seed %s\n' % self.seed + ''.join(s + ';\n' for s in statements) + ''.join(rows)

    def changes_sql(self):
        out = ['\\set ON_ERROR_STOP off\n']
        for opening, statements, closing in self.changes:
            if isinstance(opening, Pause):
                out.append(PAUSE)
                continue
            if not statements:
                continue
            if opening:
                out.append(opening + ';\n')
            out += [s.sql() + ';\n' for s in statements]
            if closing:
                out.append(closing + ';\n')
        return ''.join(out)

    # What can be left out, for finding the smallest case that still differs.

    def reductions(self):
        """Cases with one part less, the larger parts first."""
        for index, table in enumerate(self.tables):
            if len(self.tables) > 1:
                yield self._without_table(index)
        for index in range(len(self.changes)):
            yield self._changed(changes=self.changes[:index] + self.changes[index + 1:])
        if self.before:
            yield self._changed(before=[])
        for index in range(len(self.options)):
            if not self.options[index].get('database.dbname'):
                yield self._changed(options=self.options[:index] + self.options[index + 1:])
        for t, table in enumerate(self.tables):
            for column in table.columns:
                if column.name not in table.key and len(table.columns) > 1:
                    yield self._without_column(t, column.name)
        for g, (opening, statements, closing) in enumerate(self.changes):
            if len(statements) > 1:
                for index in range(len(statements)):
                    rest = statements[:index] + statements[index + 1:]
                    yield self._changed(changes=self.changes[:g] + [(opening, rest, closing)] + self.changes[g + 1:])

    def _changed(self, **parts):
        new = copy.copy(self)
        for name, part in parts.items():
            setattr(new, name, part)
        return new

    def _statements(self, keep):
        """With every statement replaced by what `keep` makes of it; None drops it."""
        return dict(before=[k for k in map(keep, self.before) if k],
                    changes=[(o, [k for k in map(keep, s) if k], c) for o, s, c in self.changes])

    def _without_table(self, index):
        gone = self.tables[index]
        return self._changed(tables=[t for t in self.tables if t is not gone],
                             **self._statements(lambda s: None if s.table is gone else s))

    def _without_column(self, index, name):
        old = self.tables[index]
        new = copy.copy(old)
        new.columns = [c for c in old.columns if c.name != name and not (c.generated and identifier(name) in c.generated)]
        new.unique = [u for u in old.unique if name not in u]
        def keep(statement):
            if statement.table is not old:
                return statement
            rest = statement.without(name)
            if rest is not None:
                rest = copy.copy(rest)
                rest.table = new
            return rest
        return self._changed(tables=[new if t is old else t for t in self.tables], **self._statements(keep))
