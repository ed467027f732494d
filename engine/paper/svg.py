"""Charts as SVG text, by nothing but the standard library, so that a report has its pictures on every machine."""

import math
from collections.abc import Callable, Iterator
from html import escape

from nerspace.engine.paper.charts import COLOURS, Chart, Matrix, Panel, Series, legend_of, panel_limits

_WIDTH, _HEIGHT = 430, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 30, 44
_LINE = 20


def draw(chart: Chart) -> str:
    """The chart as one SVG element that stands alone."""
    columns = min(chart.columns, len(chart.panels))
    rows = math.ceil(len(chart.panels) / columns)
    width = columns * _WIDTH if columns > 1 else int(_WIDTH * 1.6)
    each = width / columns
    names = legend_of(chart)
    per_line = max(1, int(width // 130))
    height = rows * _HEIGHT + _LINE * math.ceil(len(names) / per_line) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="system-ui, sans-serif" font-size="12" role="img"><title>{escape(chart.title)}</title>'
    ]
    for number, panel in enumerate(chart.panels):
        x, y = (number % columns) * each, (number // columns) * _HEIGHT
        drawn = _matrix(panel, each) if isinstance(panel, Matrix) else _panel(panel, each)
        parts.append(f'<g transform="translate({x:g} {y:g})">{"".join(drawn)}</g>')
    for number, (name, colour, mark) in enumerate(names):
        x, y = 20 + (number % per_line) * 130, rows * _HEIGHT + 14 + (number // per_line) * _LINE
        parts.append(_mark(x, y - 4, COLOURS[colour % len(COLOURS)], mark, 4.5) + _text(x + 10, y, name))
    return "".join([*parts, "</svg>"])


def _text(x: float, y: float, text: str, anchor: str = "start", extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor" {extra}>{escape(text)}</text>'


def _mark(x: float, y: float, colour: str, mark: int, size: float = 2.8) -> str:
    if mark == 1:
        points = f"{x:.1f},{y - size:.1f} {x + size:.1f},{y + size:.1f} {x - size:.1f},{y + size:.1f}"
        return f'<polygon points="{points}" fill="{colour}" fill-opacity=".75"/>'
    if mark == 2:
        return (
            f'<rect x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size:.1f}" height="{2 * size:.1f}" '
            f'fill="{colour}" fill-opacity=".75"/>'
        )
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill="{colour}" fill-opacity=".75"/>'


def _panel(panel: Panel, width: float) -> Iterator[str]:
    (x_low, x_high), (y_low, y_high) = panel_limits(panel)
    right, bottom = width - _RIGHT, _HEIGHT - _BOTTOM

    def at(x: float, y: float) -> tuple[float, float]:
        return (
            _LEFT + (x - x_low) / (x_high - x_low) * (right - _LEFT),
            bottom - (y - y_low) / (y_high - y_low) * (bottom - _TOP),
        )

    yield _text((_LEFT + right) / 2, 18, panel.title, "middle", 'font-weight="600"')
    yield (
        f'<rect x="{_LEFT}" y="{_TOP}" width="{right - _LEFT:.1f}" height="{bottom - _TOP:.1f}" fill="none" '
        'stroke="currentColor" stroke-opacity=".35"/>'
    )
    if not panel.is_map:
        named = [(float(place), name) for place, name in enumerate(panel.x_names)]
        named = named or [(tick, f"{tick:g}") for tick in ticks(x_low, x_high)]
        for x, name in named:
            yield _text(at(x, y_low)[0], bottom + 16, name, "middle", 'font-size="11"')
        for tick in ticks(y_low, y_high):
            _, y = at(x_low, tick)
            yield (
                f'<line x1="{_LEFT}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" '
                'stroke-opacity=".12"/>' + _text(_LEFT - 6, y + 4, f"{tick:g}", "end", 'font-size="11"')
            )
        yield _text((_LEFT + right) / 2, _HEIGHT - 8, panel.x_label, "middle")
        middle = (_TOP + bottom) / 2
        yield _text(13, middle, panel.y_label, "middle", f'transform="rotate(-90 13 {middle:.1f})"')
    for one in panel.series:
        colour = COLOURS[one.colour % len(COLOURS)]
        points = [at(x, y) for x, y in zip(one.x, one.y, strict=True) if x == x and y == y]
        if one.line:
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
        yield from _bars(one, at, colour)
        yield "".join(_mark(x, y, colour, one.mark) for x, y in points)


def _bars(one: Series, at: Callable[[float, float], tuple[float, float]], colour: str) -> Iterator[str]:
    for x, y, bar in zip(one.x, one.y, one.spread, strict=False):
        if bar > 0:
            (left, top), (_, foot) = at(x, y + bar), at(x, y - bar)
            yield (
                f'<line x1="{left:.1f}" x2="{left:.1f}" y1="{top:.1f}" y2="{foot:.1f}" stroke="{colour}" '
                'stroke-opacity=".45"/>'
            )


def _matrix(matrix: Matrix, width: float) -> Iterator[str]:
    count = len(matrix.names)
    side = min((width - _LEFT - _RIGHT) / count, (_HEIGHT - _TOP - _BOTTOM) / count)
    yield _text(_LEFT + side * count / 2, 18, matrix.title, "middle", 'font-weight="600"')
    for row, a in enumerate(matrix.names):
        yield _text(_LEFT - 6, _TOP + side * (row + 0.5) + 4, a, "end")
        yield _text(_LEFT + side * (row + 0.5), _TOP + side * count + 16, a, "middle")
        for column, b in enumerate(matrix.names):
            value = matrix.values.get((a, b), matrix.values.get((b, a), math.nan))
            if value != value:
                continue
            x, y = _LEFT + side * column, _TOP + side * row
            yield (
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{side - 1:.1f}" height="{side - 1:.1f}" '
                f'fill="{heat(value, matrix.low, matrix.high)}"/>'
                f'<text x="{x + side / 2:.1f}" y="{y + side / 2 + 4:.1f}" text-anchor="middle" font-size="11" '
                f'fill="#111">{value:.2f}</text>'
            )


def heat(value: float, low: float, high: float) -> str:
    """A colour from blue (low) through near white to orange (high), light enough for dark letters."""
    place = min(1.0, max(0.0, (value - low) / ((high - low) or 1.0)))
    ends = ((110, 165, 214), (246, 246, 243), (240, 160, 95))
    first, second, part = (*ends[:2], 2 * place) if place < 0.5 else (*ends[1:], 2 * place - 1)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(first, second, strict=True))


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between two ends, about as many as asked for."""
    raw = (high - low) / about
    if raw <= 0 or not math.isfinite(raw):
        return []
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 12) for number in range(first, math.floor(high / step + 1e-9) + 1)]
