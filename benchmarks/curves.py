"""Latency by percentile as SVG: a curve a rate, both axes logarithmic, the percentiles by their distance from 100."""
import math

WIDTH, HEIGHT = 820, 460
LEFT, RIGHT, TOP, BOTTOM = 72, 190, 54, 62
# From the slowest rate to the fastest; on white, and on black.
COLOURS = [('#2b6cb0', '#63b3ed'), ('#2f855a', '#68d391'), ('#b7791f', '#f6e05e'), ('#c05621', '#fbb36b'), ('#b83280', '#f687b3'), ('#553c9a', '#b794f4')]
PERCENTILES = [0, 50, 90, 99, 99.9, 99.99, 99.999]


def svg(runs):
    values = [value for run in runs for _, value in run['percentiles_ms']]
    low, high = (10.0 ** step for step in (math.floor(math.log10(max(min(values), 0.01))), math.ceil(math.log10(max(values)))))
    # The last step that some curve reaches.
    farthest = max(place for run in runs for place, _ in run['percentiles_ms'] if place < 100)
    last = next((p for p in PERCENTILES if p >= farthest), PERCENTILES[-1])

    def x(percentile):
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log10(100 / (100 - min(percentile, last))) / math.log10(100 / (100 - last))

    def y(milliseconds):
        return TOP + (HEIGHT - TOP - BOTTOM) * math.log10(high / max(milliseconds, low)) / math.log10(high / low)
    styles = ['.c%d{stroke:%s}.l%d{fill:%s}' % (i, light, i, light) for i, (light, _) in enumerate(COLOURS)]
    dark = ['.c%d{stroke:%s}.l%d{fill:%s}' % (i, colour, i, colour) for i, (_, colour) in enumerate(COLOURS)]
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" font-family="system-ui, sans-serif" font-size="13">' % (
            WIDTH, HEIGHT, WIDTH, HEIGHT),
        '<title>Commit to acknowledged by percentile, a curve a rate of transactions</title>',
        '<style>.page{fill:#fff}text{fill:#1a202c}.quiet{fill:#4a5568}.grid{stroke:#d5dbe3}.fine{stroke:#edf0f4}.curve{fill:none;stroke-width:2.2;stroke-linejoin:round}%s'
        '@media (prefers-color-scheme:dark){.page{fill:#14181f}text{fill:#edf2f7}.quiet{fill:#a0aec0}.grid{stroke:#3a4353}.fine{stroke:#242b36}%s}</style>' % (
            ''.join(styles), ''.join(dark)),
        '<rect class="page" width="100%" height="100%" rx="6"/>',
        '<text x="%d" y="28" font-size="16" font-weight="600">Commit to acknowledged, by transactions a second</text>' % LEFT]
    decade = low
    while decade <= high * 1.001:
        for step in range(1, 10 if decade < high else 2):
            parts.append('<line class="%s" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>' % ('grid' if step == 1 else 'fine', LEFT, WIDTH - RIGHT, y(decade * step), y(decade * step)))
        parts.append('<text class="quiet" x="%d" y="%.1f" text-anchor="end">%g ms</text>' % (LEFT - 8, y(decade) + 4, decade))
        decade *= 10
    for percentile in PERCENTILES[:PERCENTILES.index(last) + 1]:
        parts.append('<line class="grid" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>' % (x(percentile), x(percentile), TOP, HEIGHT - BOTTOM))
        if percentile:
            parts.append('<text class="quiet" x="%.1f" y="%d" text-anchor="middle">%g %%</text>' % (x(percentile), HEIGHT - BOTTOM + 20, percentile))
    parts.append('<text class="quiet" x="%.1f" y="%d" text-anchor="middle">share of transactions that are no slower</text>' % ((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 16))
    ends = []
    for index, run in enumerate(runs):
        points = [(x(place), y(value)) for place, value in run['percentiles_ms'] if place < last] or [(x(0), y(run['percentiles_ms'][0][1]))]
        parts.append('<polyline class="curve c%d" points="%s"/>' % (index, ' '.join('%.1f,%.1f' % point for point in points)))
        ends.append([points[-1][1], index, points[-1][0]])
    # Names stand beside the ends of their curves, and apart from each other.
    placed = []
    for end, index, at in sorted(ends):
        place = max(end, placed[-1] + 34 if placed else TOP + 6)
        placed.append(place)
        run = runs[index]
        parts.append('<line class="c%d" stroke-dasharray="2 3" x1="%.1f" x2="%d" y1="%.1f" y2="%.1f"/>' % (index, at, WIDTH - RIGHT + 10, end, place))
        parts.append('<text class="l%d" font-weight="600" x="%d" y="%.1f">%s</text>' % (index, WIDTH - RIGHT + 14, place + 1, name(run)))
        p50, p99 = (next(value for where, value in run['percentiles_ms'] if where >= wanted) for wanted in (50, 99))
        parts.append('<text class="quiet" font-size="11" x="%d" y="%.1f">p50 %.1f ms, p99 %.1f ms</text>' % (WIDTH - RIGHT + 14, place + 15, p50, p99))
    return '\n'.join(parts + ['</svg>']) + '\n'


def name(run):
    """A rate that the server could not take is said as what it took."""
    if run['reached'] < 0.95 * run['rate']:
        return '%s/s (saturated)' % format(round(run['reached'], -2), ',.0f')
    return '%s/s' % format(run['rate'], ',')
