"""What the generator leaves out on purpose, with the reason. Each time is counted, and the counts are told at the end.

A rule stands for a difference that is decided (docs/compatibility.md, "Decided differences") or for what Debezium itself
does differently from run to run. Remove a rule to see what it hides.
"""
import re
import threading
from collections import Counter

RULES = {
    'int2vector-type': 'Debezium has no usable elements of it',
    'oidvector-type': 'Debezium has no usable elements of it',
    'name-quoting': 'Debezium\'s look into the catalogue misreads names with an apostrophe or backslash and its task fails',
    'message-in-metadata': 'END lists each transactional message by the identity of a Java object, in the order of its hash',
    'excluded-key': 'a key column that a column list leaves out: a snapshot of Debezium makes its values up',
    'nullable-chunk-key': 'snapshot.max.threads above 1 with a key that may be NULL: Debezium loses rows',
    'no-postgis': 'the server has no PostGIS',
    'no-pgvector': 'the server has no pgvector',
    'end-of-threads': 'snapshot.max.threads above 1: which record is marked as the last differs from run to run of Debezium, and two can be',
    'java-17-digits': 'floating-point numbers that Java 17 writes with a digit too many, equal as numbers',
    'array-multidim': 'inner arrays of text are the identity of a Java object (quirk-array-multidim)',
}
# By what became of a case: the text of Debezium's failure, where the relay goes on.
DECIDED_FAILURES = {
    'nanoseconds-before': (
        re.compile(r'messageType=(DELETE|UPDATE).*null used for required field: "[^"]*", schema type: (INT64|STRUCT)'),
        'times under time.precision.mode=nanoseconds, sparsevec: Debezium has no value for a required one that a delete does not bring, and its task fails'),
    'filtered-publish': (
        re.compile(r'Unable to update filtered publication.*syntax error at or near "WITH"', re.S),
        'publication.autocreate.mode=filtered with skipped.operations: Debezium alters its own publication by a statement that is none'),
    'unordered-key': (
        re.compile(r'Snapshotting of table .* chunk .* failed.*operator'),
        'snapshot.max.threads above 1: Debezium cuts a table by its key, and fails where the key has no order'),
}
# The text of the relay's failure, where Debezium goes on.
DECIDED_REFUSALS = {
    'topic-name': (
        re.compile(r', topic [^ ].{250}', re.S), 'a topic of more than 249 characters: Kafka takes none, and the comparison has no Kafka on the other side'),
    'partition-hash': (
        re.compile(r'PartitionRouting: .* is a structure or a bit string'),
        'PartitionRouting by a structure or a bit string: the partition differs from run to run of Debezium'),
}
skipped = Counter()
lock = threading.Lock()


def count(rule):
    with lock:
        skipped[rule] += 1


def allowed(rule, rng):
    """Whether the generator may make what the rule names."""
    if rule not in RULES:
        return True
    count(rule)
    return False


def mild(values, extremes, rule, rng):
    """The values, with those that the rule leaves out unless it is gone."""
    return values + extremes if allowed(rule, rng) else values


def decided(outcome):
    """The rule by which an outcome is no difference, or None. What was delivered before must be equal all the same."""
    if outcome.sluice_failure and not outcome.debezium_failure:
        for rule, (pattern, _) in DECIDED_REFUSALS.items():
            if pattern.search(outcome.sluice_failure) and not re.search('differs at|unexpected', '\n'.join(outcome.differences)):
                count(rule)
                return rule
    if not outcome.debezium_failure or outcome.sluice_failure:
        return None
    for rule, (pattern, _) in DECIDED_FAILURES.items():
        if pattern.search(outcome.debezium_failure) and 'differs at' not in '\n'.join(outcome.differences):
            count(rule)
            return rule
    return None


def reason(rule):
    return RULES.get(rule) or (DECIDED_FAILURES.get(rule) or DECIDED_REFUSALS[rule])[1]
