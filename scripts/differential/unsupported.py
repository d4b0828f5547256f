"""Options that the relay refuses as not supported by its version. They are left out of the cases and told at the end."""
import re
import threading
from collections import Counter

# Property and value, or property and None when all its values are refused.
refused = set()
left_out = Counter()
lock = threading.Lock()


def learn(case, outcome):
    """Whether the relay refused an option of the case that it has not refused before."""
    text = outcome.sluice_failure or ''
    if 'status 78' not in text or 'not supported by this version' not in text:
        return False
    config = case.config()
    # Secrets in a name come out as stars.
    told = re.findall(r'json:\d+: ([^\s:]+):', text)
    found = {(name, config[name]) for t in told for name in config if re.fullmatch(re.escape(t).replace(r'\*\*\*', '.*'), name)}
    with lock:
        new = found - refused
        refused.update(found)
    return bool(new)


def remove_from(case):
    def is_refused(group):
        return next((pair for pair in group.items() if pair in refused), None)
    with lock:
        for group in case.options:
            pair = is_refused(group)
            if pair:
                left_out['%s=%s' % pair] += 1
        gone = {group['transforms'] for group in case.options if is_refused(group) and 'transforms' in group}
        case.options = [g for g in case.options if not is_refused(g)
                        and not any(name.startswith('transforms.%s.' % alias) for alias in gone for name in g)]


def summary():
    return ['left out %d times, not supported by this build: %s' % (count, name) for name, count in sorted(left_out.items())]
