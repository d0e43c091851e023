"""Two kinds of plot as SVG, legible on light and dark pages: lines over time with a logarithmic
axis, and bars made of parts. A page's own colour scheme chooses the colours."""

import html
import math

WIDTH = 720
STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.faint { fill: #59636e } .grid { stroke: #d1d9e0 } .line { fill: none; stroke-width: 2 }
.c0 { --c: #0969da } .c1 { --c: #bc4c00 } .c2 { --c: #1a7f37 } .c3 { --c: #8250df }
.c4 { --c: #6e7781 }
.line { stroke: var(--c) } .bar { fill: var(--c) } text.label { fill: var(--c); font-weight: 600 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .faint { fill: #9198a1 } .grid { stroke: #3d444d }
.c0 { --c: #58a6ff } .c1 { --c: #f0883e } .c2 { --c: #3fb950 } .c3 { --c: #bc8cff }
.c4 { --c: #8b949e }
}
</style>"""


def text(x, y, words, anchor="start", kind=""):
    kind = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind}>{html.escape(words)}</text>'


def picture(height, title, parts):
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
                      f'role="img" aria-label="{html.escape(title)}">', STYLE,
                      text(0, 16, title, kind="title"), *parts, "</svg>", ""])


def number(value):
    return f"{value:g}"


def decades(least, most):
    """1, 2, 5, 10, … so that all between the two has a line above and below."""
    steps = [base * 10.0 ** power for power in range(-3, 5) for base in (1, 2, 5)]
    low = max([step for step in steps if step <= least], default=steps[0])
    high = min([step for step in steps if step >= most], default=steps[-1])
    return [step for step in steps if low <= step <= high]


def spread(places, apart):
    """Heights of labels, moved down until none covers another."""
    order = sorted(range(len(places)), key=places.__getitem__)
    moved = list(places)
    for upper, lower in zip(order, order[1:]):
        moved[lower] = max(moved[lower], moved[upper] + apart)
    return moved


def lines(title, across, up, series):
    """`series` is {label: [(x, y)]}; x begins at 0."""
    left, right, top, height = 46, WIDTH - 150, 58, 356
    bottom = height - 44
    grid = decades(min(y for points in series.values() for _, y in points),
                   max(y for points in series.values() for _, y in points))
    furthest = max(x for points in series.values() for x, _ in points)

    def place_x(x):
        return left + (right - left) * x / furthest

    def place_y(y):
        return bottom - (bottom - top) * math.log(y / grid[0]) / math.log(grid[-1] / grid[0])

    parts = []
    for value in grid:
        y = place_y(value)
        parts.append(f'<path class="grid" d="M{left} {y:.1f}H{right}"/>')
        parts.append(text(left - 8, y + 4, number(value), "end", "faint"))
    for x in range(0, math.floor(furthest) + 1, 10):
        parts.append(text(place_x(x), bottom + 18, str(x), "middle", "faint"))
    parts.append(text(right, bottom + 36, across, "end", "faint"))
    parts.append(text(0, top - 18, up, kind="faint"))
    ends = spread([place_y(points[-1][1]) + 4 for points in series.values()], 17)
    for index, (label, points) in enumerate(series.items()):
        path = "L".join(f"{place_x(x):.1f} {place_y(y):.1f}" for x, y in points)
        parts.append(f'<path class="line c{index}" d="M{path}"/>')
        parts.append(text(right + 8, ends[index], label, kind=f"label c{index}"))
    return picture(height, title, parts)


def bars(title, unit, rows):
    """`rows` is {label: {part: value}}; every row has the same parts."""
    left, right, top, step = 150, WIDTH - 70, 64, 40
    names = list(next(iter(rows.values())))
    most = max(sum(parts.values()) for parts in rows.values())
    drawn, x = [], 0
    for index, name in enumerate(names):
        drawn.append(f'<rect class="bar c{index}" x="{x}" y="32" width="12" height="12"/>')
        drawn.append(text(x + 18, 43, name))
        x += 34 + 7.2 * len(name)
    for row, (label, parts) in enumerate(rows.items()):
        y, x = top + row * step, left
        drawn.append(text(left - 10, y + 18, label, "end"))
        for index, name in enumerate(names):
            width = (right - left) * parts[name] / most
            hint = f"<title>{html.escape(name)}: {parts[name]:.2f}</title>"
            drawn.append(f'<rect class="bar c{index}" x="{x:.1f}" y="{y}" width="{width:.1f}" '
                         f'height="26">{hint}</rect>')
            x += width
        drawn.append(text(x + 8, y + 18, f"{unit}{sum(parts.values()):.2f}"))
    return picture(top + step * len(rows) + 4, title, drawn)
