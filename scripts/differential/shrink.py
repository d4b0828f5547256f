"""Finds a smaller case that still differs."""
import itertools

from server import SQLError


def shrunk(case, run, tries):
    """The smallest case found within so many tries, and its outcome; `None` for the outcome if nothing smaller differs."""
    best, outcome, begin = case, None, 0
    while tries > 0:
        # Goes on where the last success was: what was needed before is most likely still needed.
        for index, smaller in enumerate(itertools.islice(best.reductions(), begin, None)):
            tries -= 1
            try:
                result = run(smaller)
            except SQLError:
                result = None
            # Leaving parts out can make a connector file that is wrong in itself.
            if result is not None and not result.passed and 'status 78' not in str(result.sluice_failure):
                best, outcome, begin = smaller, result, begin + index
                break
            if tries <= 0:
                break
        else:
            break
    return best, outcome
