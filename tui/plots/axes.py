"""Round numbers for axes."""

import math


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
