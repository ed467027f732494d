"""What the explorer saves between starts, $XDG_STATE_HOME/nerspace/state.json: screen, run, filters, theme."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerspace.engine.errors import NerspaceError
from nerspace.engine.files import make_folder, state_folder, write_text

if TYPE_CHECKING:
    from nerspace.engine.runs import Run


@dataclass(slots=True)
class State:
    """What the explorer remembers from one time to the next.

    Attributes:
        workspace: the folder of the runs.
        run: id of the run in view.
        seen: ids of all runs that `workspace` had then.
        screen: name of the screen in view.
        theme: only if the user chose one.
        next_keys: whether the line of three next keys is shown.
        screens: what each screen wants back, by its name.
        problem: why there is no state, in one line; never saved.
    """

    workspace: str = ""
    run: str = ""
    seen: list[str] = field(default_factory=list)
    screen: str = ""
    theme: str = ""
    next_keys: bool = False
    screens: dict[str, dict[str, Any]] = field(default_factory=dict)
    problem: str = ""


# Fields that the file calls otherwise.
_KEYS = {"screen": "room", "screens": "rooms"}


def state_path() -> Path:
    """Where the file lies, or would lie."""
    return state_folder() / "state.json"


def read_state() -> State:
    """What was saved; a file that cannot be understood is reported and otherwise ignored."""
    path = state_path()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return State()
    except (OSError, ValueError) as error:
        return State(problem=f"{path} is ignored, it cannot be read: {error}")
    if not isinstance(found, dict):
        return State(problem=f"{path} is ignored: it holds no state.")
    texts = {name: str(found.get(_KEYS.get(name, name), "")) for name in ("workspace", "run", "screen", "theme")}
    screens, seen = found.get(_KEYS["screens"]), found.get("seen")
    saved = screens.items() if isinstance(screens, dict) else ()
    runs = [str(name) for name in seen] if isinstance(seen, list) else []
    next_keys = found.get("next_keys") is True
    return State(
        **texts,
        next_keys=next_keys,
        seen=runs,
        screens={str(name): part for name, part in saved if isinstance(part, dict)},
    )


def state_text(state: State) -> str:
    """The state as the file holds it."""
    fields = {_KEYS.get(name, name): value for name, value in asdict(state).items() if name != "problem"}
    return json.dumps(fields, ensure_ascii=False, indent=1) + "\n"


def write_state(text: str) -> None:
    """Write the file whole; where it cannot be written the explorer goes on without."""
    path = state_path()
    try:
        make_folder(path.parent, private=True)
        write_text(path, text)
    except (OSError, NerspaceError):
        return


def run_in_view(workspace: Path, state: State) -> "Run":
    """The run that was in view when the explorer was left, unless a newer one has begun since; else the newest.

    One that goes on comes before those that have ended, even if it holds nothing yet. A swap stands for the run whose
    models read it, beside whose names it is shown.

    Raises:
        UsageError: if the workspace has none.
    """
    from nerspace.engine.runs import find_run, list_runs

    known = {run.id: run for run in list_runs(workspace)}
    going_on = (run for run in known.values() if _goes_on(run))
    newest = next(going_on, None) or find_run(workspace)
    newest = known.get(_swapped(newest), newest)
    seen = set(state.seen) if state.workspace == str(workspace) else set()
    return known[state.run] if state.run in known and newest.id in seen else newest


def has_errors_on_maps(run: "Run") -> bool:
    """Whether a run shows on its maps which sentences went wrong, as a demo does."""
    return all(run.table_path(name).exists() for name in ("map", "points", "predictions"))


def _swapped(run: "Run") -> str:
    """The id of the run whose models a swap reads with; empty for other kinds."""
    try:
        info = run.info()
    except NerspaceError:
        return ""
    return str(info["request"].get("source") or "") if info["kind"] == "swap" else ""


def _goes_on(run: "Run") -> bool:
    try:
        return run.info()["state"] in ("queued", "running")
    except NerspaceError:
        return False


def saved_choice(saved: Mapping[str, Any], name: str, choices: Collection[str], default: str) -> str:
    """A saved choice, if it still is one."""
    value = saved.get(name)
    return value if isinstance(value, str) and value in choices else default
