"""What the generator leaves out on purpose, with the reason. Each time is counted, and the counts are told at the end.

A rule stands for a difference that is decided (docs/compatibility.md, "Decided differences") or for what Debezium itself
does differently from run to run. Remove a rule to see what it hides.
"""
import threading
from collections import Counter

RULES = {
    'date-extremes': 'dates infinite, BC or before 1582: a snapshot and the stream of Debezium disagree (quirk-date-extremes)',
    'timestamp-extremes': 'as for dates',
    'name-type': 'a column of type name is null in Debezium\'s stream (quirk-name-type)',
    'int2vector-type': 'Debezium has no usable elements of it',
    'oidvector-type': 'Debezium has no usable elements of it',
    'name-quoting': 'Debezium\'s look into the catalogue misreads names with an apostrophe or backslash and its task fails',
    'message-in-metadata': 'END lists each transactional message by the identity of a Java object, in the order of its hash',
    'array-multidim': 'inner arrays of text are the identity of a Java object (quirk-array-multidim)',
}
skipped = Counter()
lock = threading.Lock()


def allowed(rule, rng):
    """Whether the generator may make what the rule names."""
    if rule not in RULES:
        return True
    with lock:
        skipped[rule] += 1
    return False


def mild(values, extremes, rule, rng):
    """The values, with those that the rule leaves out unless it is gone."""
    return values + extremes if allowed(rule, rng) else values
