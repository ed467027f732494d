"""Round numbers for axes."""

import math
from collections.abc import Iterable


def nice_ticks(low: float, high: float, at_most: int) -> list[float]:
    """Up to `at_most` round numbers (1, 2 or 5 times a power of ten apart) between low and high."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low or at_most < 1:
        return [low] if math.isfinite(low) else []
    rough = (high - low) / at_most
    power = 10.0 ** math.floor(math.log10(rough))
    for factor in (1, 2, 5, 10, 20, 50):
        step = factor * power
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 <= at_most:
            return [index * step for index in range(first, last + 1)]
    return [low]


def tick_label(value: float, step: float) -> str:
    """A tick as text, with as many decimals as the step between ticks needs."""
    if abs(value) >= 1_000_000:
        return f"{value / 1_000_000:g}M"
    if abs(value) >= 10_000:
        return f"{value / 1000:g}k"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    return f"{value:.{decimals}f}"


def labelled_ticks(low: float, high: float, at_most: int) -> list[tuple[float, str]]:
    """Up to `at_most` round numbers between low and high, each with its text."""
    ticks = nice_ticks(low, high, at_most)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    return [(tick, tick_label(tick, step)) for tick in ticks]


def axis_line(left: int, columns: int, labels: Iterable[tuple[int, str]]) -> str:
    """The line under a plot that begins behind `left` cells, with each label around its column."""
    line = [*" " * (left - 1), "└", *"─" * columns]
    for column, text in labels:
        start = max(left, min(left + column - len(text) // 2, left + columns - len(text)))
        line[start : start + len(text)] = text
    return "".join(line)
