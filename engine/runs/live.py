"""What is told of a run while it goes on: its speed, its memory, and how its languages change together so far."""

import json
from collections import deque
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nerspace.engine.runs import Run, process_started
from nerspace.engine.statistics.correlation import pearson

if TYPE_CHECKING:
    import pandas as pd

# Steps that the speed is taken over: enough to even out batches of long and of short sentences.
_WINDOW = 30


@dataclass(slots=True)
class Throughput:
    """Training sentences a second over the last steps, probes not counted, from the events of a run."""

    _last: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=_WINDOW + 1))

    def see(self, event: dict[str, Any]) -> None:
        """Take in one event of the run."""
        if event["event"] == "stage":
            self._last.clear()
        elif event["event"] == "step":
            self._last.append((event["sentences"], event["seconds"]))

    def per_second(self) -> float | None:
        """Sentences a second, or None while nothing is known."""
        if len(self._last) < 2:
            return None
        (first, start), (last, end) = self._last[0], self._last[-1]
        return (last - first) / (end - start) if end > start else None


def resident_memory(run: Run) -> int | None:
    """Bytes of memory that the run's process holds on this machine; None where there is no such process."""
    try:
        process = json.loads((run.path / "process.json").read_text(encoding="utf-8"))
        if process_started(process["pid"]) != process["started"]:
            return None
        for line in Path(f"/proc/{process['pid']}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        pass
    return None


def delta_correlations_so_far(deltas: "pd.DataFrame") -> "pd.DataFrame":
    """The table `delta_correlations` without its intervals, quick enough to be drawn anew while a run goes on.

    deltas: the table of that name, of one model. r is NaN for a pair with fewer than two common intervals.
    """
    import pandas as pd

    rows = []
    for layer, group in deltas.groupby("layer"):
        series = group.pivot(index="step", columns="language", values="delta").dropna()
        for a, b in combinations(sorted(series.columns), 2):
            x, y = (series[name].to_numpy(dtype=np.float64) for name in (a, b))
            rows.append((layer, a, b, len(series), pearson(x, y)))
    return pd.DataFrame(rows, columns=["layer", "a", "b", "n", "r"])
