"""Random chains of transforms and predicates, for change records."""


def random_chain(rng, case):
    """Groups of properties, one for each transform."""
    groups = []
    for number in range(rng.choice([1, 1, 2])):
        alias = 't%d' % number
        make = rng.choices([m for _, m in TRANSFORMS], [w for w, _ in TRANSFORMS])[0]
        group = {'transforms': alias}
        group.update({('transforms.%s.' % alias) + name: value for name, value in make(rng, case).items()})
        if rng.random() < 0.3:
            group.update(predicate(rng, case, alias))
        groups.append(group)
    return groups


def predicate(rng, case, alias):
    name = 'p' + alias
    kind = rng.choice(['TopicNameMatches', 'HasHeaderKey', 'RecordIsTombstone'])
    group = {'predicates': name, 'predicates.%s.type' % name: 'org.apache.kafka.connect.transforms.predicates.' + kind,
             'transforms.%s.predicate' % alias: name}
    if kind == 'TopicNameMatches':
        group['predicates.%s.pattern' % name] = rng.choice(['.*t0', '.*', 'none', r'\w+\.public\..*'])
    if kind == 'HasHeaderKey':
        group['predicates.%s.name' % name] = rng.choice(['__debezium.newkey', '__debezium.context.taskId', 'none'])
    if rng.random() < 0.4:
        group['transforms.%s.negate' % alias] = 'true'
    return group


def regex_router(rng, case):
    pattern, replacement = rng.choice([('(.*)', 'x.$1'), (r'([^.]+)\.([^.]+)\.(.*)', '$3-$2'), ('.*', 'all'), ('(.*)t0(.*)', '$1zero$2'),
                                       ('nothing', 'y')])
    return {'type': 'org.apache.kafka.connect.transforms.RegexRouter', 'regex': pattern, 'replacement': replacement}


# Weight and maker of each.
TRANSFORMS = [
    (1, regex_router),
]
