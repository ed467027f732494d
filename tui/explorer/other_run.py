"""The window that sets a second run beside the one in view."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from nerspace.engine.errors import NerspaceError
from nerspace.engine.runs import list_runs
from nerspace.tui.explorer.list_window import ListWindow

if TYPE_CHECKING:
    from nerspace.engine.runs import Run
    from nerspace.tui.explorer.services import Services

_COLUMNS = {
    "run": "folder name of the run", "kind": "what it did", "state": "what became of it",
    "created": "when it was asked for",
}  # fmt: skip


def choose_other_run(
    explorer: "Services", chosen: Callable[[], None], lacks: "Callable[[Run], str]" = lambda _: ""
) -> None:  # fmt: skip
    """List the other runs of the workspace; the one that is picked is beside the first from then on.

    Where one is beside it already, it is put away instead.

    Args:
        chosen: called after either.
        lacks: what a run would need to hold for it, in words; empty where it holds that. Such a run is refused.
    """
    import pandas as pd

    session = explorer.session
    if session.other is not None:
        explorer.tell(f"{session.other.id} is put away.")
        session.other = None
        chosen()
        return
    runs, records = [], []
    for run in list_runs(session.workspace):
        try:
            info = run.info()
        except NerspaceError:
            continue
        if run != session.run:
            runs.append(run)
            records.append((run.id, info.get("kind", "?"), info.get("state", "?"), str(info.get("created", ""))[:16]))

    def picked(row: int | None) -> None:
        if row is None:
            return
        if lacking := lacks(runs[row]):
            explorer.tell(f"{runs[row].id} holds no {lacking}, so it cannot be set beside this run.", "warning")
            return
        session.other = runs[row]
        chosen()

    frame = pd.DataFrame(records, columns=list(_COLUMNS))
    empty = "There is no other run in this workspace. n on Runs (8) starts one, such as the same with another seed."
    explorer.push_screen(ListWindow("a run to set beside this one", "runs", frame, _COLUMNS, empty), picked)
