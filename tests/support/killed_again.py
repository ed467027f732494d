"""A job that is killed again and again as it trains, beside one that never was: `python killed_again.py WHOLE TORN`.

Both are runs that were not started yet. Every try is a process of its own on one thread, which kills itself a moment
after a step that was drawn; the next one goes on. Prints, as JSON, the checkpoint that each kill left behind.
"""

import argparse
import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from forking import End, imported, in_a_fork
from torture import PATIENCE, go_on, warm_up

from nerspace.engine.runs import Run, jobs

# Steps between two kills, about.
_APART = 12


def work(run: Run, deadly: int | None = None, late: float = 0.0) -> None:
    """Start a run or go on with it, up to a moment after a step."""
    torch.set_num_threads(1)
    if deadly is not None:
        threading.Thread(target=_die_behind, args=(run, deadly, late), daemon=True).start()
    go_on(run)


def _die_behind(run: Run, step: int, late: float) -> None:
    # The events of a run that this try has not taken up yet, which is dead until then, are soon at an end.
    while not any(event["event"] == "step" and event["step"] >= step for event in jobs.follow(run, poll=0.005)):
        time.sleep(0.005)
    time.sleep(late)
    os.kill(os.getpid(), signal.SIGKILL)


def last_checkpoint(run: Run) -> int:
    """The step of a run's newest checkpoint; 0 before the first."""
    return max((int(path.name[5:]) for path in (run.path / "checkpoints").glob("step-*")), default=0)


def _tried(call: Callable[[], Any], log: Path, *, kills: bool = False) -> End:
    end = in_a_fork(call, log, PATIENCE)
    if end.killed != kills or end.hung or end.error:
        raise SystemExit(f"{end}\n{log.read_text()[-2000:]}")
    return end


def main() -> None:
    """Do both, and print how far each try came."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("whole", type=Path)
    parser.add_argument("torn", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    asked = parser.parse_args()
    whole, torn = Run(asked.whole), Run(asked.torn)
    log = asked.whole.parent / "forks.log"
    warm_up(Path(whole.read_info()["request"]["model"]))
    # What the forks import this process has then, and nothing else of their work.
    imported(_tried(lambda: work(whole) or sorted(sys.modules), log).value)
    reached, draw = [], random.Random()
    for kill in range(asked.kills):
        deadly, late = draw.randrange(kill * _APART, kill * _APART + 20), draw.random() * 0.05
        _tried(lambda deadly=deadly, late=late: work(torn, deadly, late), log, kills=True)  # type: ignore[misc]
        reached.append(last_checkpoint(torn))
    _tried(lambda: work(torn), log)
    print(json.dumps(reached))


if __name__ == "__main__":
    main()
