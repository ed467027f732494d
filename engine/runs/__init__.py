"""Runs: folders of plain files that hold everything that was requested, done and found, and the jobs that write them.

run.py      a run folder: what was requested, events, tables, vectors
workspace.py the folder of the runs: made, listed, found, removed
records.py  what a job emits while it goes on
jobs.py     a job as a process of its own: started, followed, stopped, resumed
locks.py    one writer a run
secrecy.py  what must not stand in a run
labels.py   what a person calls a run
exporting.py tables as files that others read
models.py   the models that a run saved
live.py     speed and memory of a run that goes on
tables.py   tables over runs
ledger.py   sizes and hashes of what a run made
schema.py   what is read from a run folder, checked
process.py  which process does the work, and whether it still does
versions.py what made a number: versions of packages, hashes of nerspace's code
origin.py   what a run's results are made from: request, data, encoder, code
"""

from nerspace.engine.runs.process import process_started
from nerspace.engine.runs.run import Run, append_text, has_saved_model, to_csv
from nerspace.engine.runs.workspace import (
    create,
    find_run,
    find_run_to_remove,
    list_runs,
    remove,
    workspace_folder,
    workspace_to_read,
)

__all__ = [
    "Run", "append_text", "create", "find_run", "find_run_to_remove", "has_saved_model", "list_runs",
    "process_started", "remove", "to_csv", "workspace_folder", "workspace_to_read",
]  # fmt: skip
