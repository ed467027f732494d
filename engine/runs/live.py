"""What is seen of a run while it goes on: its speed and its memory."""

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nerspace.engine.runs import Run
from nerspace.engine.runs.process import Process

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
        process = Process.read(run.path / "process.json")
        if process is None or not process.lives:
            return None
        for line in Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None
