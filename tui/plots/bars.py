"""Bars and crossings as text: one line a value, with its interval and n, and counts of one kind against another."""

from collections.abc import Hashable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from nerspace.tui.literal import fit, literal
from nerspace.tui.numbers import interval

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 40


class Bars(NamedTuple):
    """Which columns of a table a bar chart shows.

    Attributes:
        groups: those that stand above a group of bars.
        label: the one that stands beside a bar.
        value: the one that stands for its length.
    """

    groups: Sequence[str]
    label: str
    value: str


BARS = {
    "scores": Bars(("donor", "seed", "type"), "language", "f1"),
    "tokenization": Bars(("model", "measure"), "language", "value"),
    "factor_shares": Bars((), "group", "share"),
    "parity": Bars(("model", "against"), "language", "parity"),
    "buckets": Bars(("donor", "seed", "language", "bucket"), "bin", "recall"),
}


def bars(frame: "pd.DataFrame", shape: Bars) -> str:
    """The bars of a table, group by group; a floor is marked by a line through its bar."""
    groups = [name for name in shape.groups if name in frame]
    parts = frame.groupby(groups, sort=False) if groups else [((), frame)]
    shown = []
    for key, part in parts:
        names = key if isinstance(key, tuple) else (key,)
        title = ", ".join(f"{name} {literal(value)}" for name, value in zip(groups, names, strict=True))
        top = max([1.0, *part[shape.value].dropna().astype(float)])
        width = max(4, *(len(str(label)) for label in part[shape.label]))
        lines = [_line(row, shape, width, top) for row in part.to_dict("records")]
        shown.append("\n".join([f"{shape.value}: {title}".rstrip(": "), *lines]))
    return "\n\n".join(shown)


def _line(row: Mapping[Hashable, Any], shape: Bars, width: int, top: float) -> str:
    value = row[shape.value]
    label = fit(literal(row[shape.label]), width)
    if value is None or value != value:
        return f"{label}  –"
    cells = list("█" * round(WIDTH * float(value) / top) + " " * WIDTH)[:WIDTH]
    floor = row.get("floor")
    if floor is not None and floor == floor:
        cells[min(WIDTH - 1, max(0, round(WIDTH * float(floor) / top)))] = "│"
    text = f"{label}  {''.join(cells)} {float(value):.3f}"
    if ends := interval(row.get("low"), row.get("high"), "z.2f"):
        text += f" [{ends}]"
    count = row.get("n", row.get("entities"))
    return f"{text}  n {int(count):,}" if count is not None and count == count else text


def crossing(frame: "pd.DataFrame") -> str:
    """The table `confusion`: gold types down, predicted ones across, per donor, seed and language."""
    shown = []
    for (donor, seed, language), part in frame.groupby(["donor", "seed", "language"], sort=False):
        down, across = (list(dict.fromkeys(part[name])) for name in ("gold", "predicted"))
        down = [*(kind for kind in down if kind != "spurious"), *(["spurious"] if "spurious" in down else [])]
        types = sorted(set(across) - {"missed"}, key=lambda kind: (down.index(kind) if kind in down else 99, kind))
        across = [*types, *(["missed"] if "missed" in across else [])]
        counts = {(row["gold"], row["predicted"]): row["n"] for row in part.to_dict("records")}
        width = max(8, *(len(kind) + 1 for kind in (*down, *across)))
        lines = [" " * width + "".join(f"{literal(kind):>{width}}" for kind in across)]
        for kind in down:
            cells = (counts.get((kind, other)) for other in across)
            lines.append(f"{literal(kind):<{width}}" + "".join(f"{n or '·':>{width}}" for n in cells))
        shown.append(
            f"donor {donor}, seed {seed}, language {language}: gold down, predicted across\n" + "\n".join(lines)
        )
    return "\n\n".join(shown)


_SWAP_SIGNS = {"as_name": "█", "as_context": "░", "as_neither": "·"}


def swap_bars(frame: "pd.DataFrame") -> str:
    """One bar per type of name in another type of context, for every language and subset; kind "context" alone."""
    chosen = frame[(frame["kind"] == "context") & (frame["name_type"] != frame["context_type"])]
    if chosen.empty:
        return "There is no name in a context of another type."
    parts = ["█ as the name's type   ░ as the context's   · as neither"]
    for (language, subset), rows in chosen.groupby(["language", "subset"], sort=False):
        parts.append(f"{literal(language)}, {literal(subset)} names")
        parts += [
            f"  {row['name_type']:>3} in {row['context_type']:<5} {_swap_bar(row)}" for row in rows.to_dict("records")
        ]
    return "\n".join(parts)


def _swap_bar(row: Mapping[Hashable, Any]) -> str:
    shares = {sign: float(row[name]) for name, sign in _SWAP_SIGNS.items()}
    ends = [round(WIDTH * min(total, 1.0)) for total in accumulate(shares.values(), initial=0.0)]
    drawn = "".join(sign * (end - start) for sign, (start, end) in zip(shares, pairwise(ends), strict=True))
    percents = " ".join(f"{100 * share:3.0f}" for share in shares.values())
    return f"{drawn:<{WIDTH}} {percents} %  n = {row['n']}"
