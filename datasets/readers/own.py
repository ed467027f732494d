"""What nerspace itself has written into a folder of data: runs, and tables with what they are of beside them."""

import json
from collections.abc import Collection
from pathlib import Path

from nerspace.datasets.errors import DataError
from nerspace.datasets.lines import first_bytes

RUN = "a run of nerspace"
TABLE = "a table that nerspace wrote"
BESIDE = "what nerspace says of a table that it wrote"
# Bytes of the longest text about a table.
_LONGEST = 1_000_000


def is_run(names: Collection[str]) -> bool:
    """Whether a folder with files of such names holds a run."""
    return {"run.json", "events.jsonl"} <= set(names)


def what(path: Path) -> str:
    """What a file or folder is where nerspace wrote it; empty where it is data or anybody else's."""
    if path.is_dir():
        return RUN
    if path.suffix == ".json" and _tells_of_a_table(path):
        return BESIDE
    return TABLE if _tells_of_a_table(path.with_name(f"{path.name}.json")) else ""


def _tells_of_a_table(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        told = json.loads(first_bytes(path, _LONGEST))
    except (DataError, ValueError, RecursionError):
        return False
    return isinstance(told, dict) and isinstance(told.get("table"), str) and isinstance(told.get("columns"), dict)
