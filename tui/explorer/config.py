"""The user's own keys, theme and letters, from $XDG_CONFIG_HOME/nerspace/config.toml:

theme = "nord"
ascii = true

[keys]
"space.color" = "C"
"app.quit" = "q,ctrl+x"
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nerspace.engine.files import config_folder
from nerspace.tui.actions import BY_ID, key_name


@dataclass(frozen=True, slots=True)
class Config:
    """The user's choices.

    Attributes:
        keys: action id → keys, as Textual names them, commas between.
        theme: its name.
        ascii: draw with letters alone.
        problem: what could not be used, in one line.
    """

    keys: dict[str, str] = field(default_factory=dict)
    theme: str = ""
    ascii: bool = False
    problem: str = ""


def config_path() -> Path:
    """Where the file lies, or would lie."""
    return config_folder() / "config.toml"


def read_config() -> Config:
    """The user's choices; a file that cannot be read, or an unknown action, is reported and otherwise left aside."""
    path = config_path()
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Config()
    except (OSError, ValueError, RecursionError) as error:
        return Config(problem=f"{path} cannot be used: {error}")
    problems = []
    chosen = found.get("keys", {})
    if not isinstance(chosen, dict):
        problems.append("keys is no table of actions; begin it with [keys].")
        chosen = {}
    keys = {name: value for name, value in chosen.items() if name in BY_ID and isinstance(value, str)}
    if unknown := sorted(set(chosen) - set(BY_ID)):
        problems.append(f"unknown action {', '.join(unknown)}. ? lists them all.")
    if wrong := sorted(set(chosen) & set(BY_ID) - set(keys)):
        problems.append(f'the keys of {", ".join(wrong)} are no text such as "q,ctrl+x".')
    if lost := _safe_keys_lost(keys):
        problems.append(f"the keys of {', '.join(lost)} would leave no way to help or out; they stay as they were.")
        keys = {name: value for name, value in keys.items() if name not in lost}
    theme, ascii = found.get("theme", ""), found.get("ascii", False)
    if not isinstance(theme, str):
        problems.append("theme is no text.")
    if not isinstance(ascii, bool):
        problems.append("ascii is neither true nor false.")
    problem = f"{path}: {' '.join(problems)}" if problems else ""
    return Config(keys, theme if isinstance(theme, str) else "", ascii is True, problem)


def _safe_keys_lost(keys: Mapping[str, str]) -> list[str]:
    """The actions whose new keys take help or quit away: none of their own, or another's that are theirs."""
    lost = []
    for safe in ("app.help", "app.quit"):
        own = _names(keys.get(safe, BY_ID[safe].keys))
        if not own:
            lost.append(safe)
            own = _names(BY_ID[safe].keys)
        takers = [name for name, value in keys.items() if name != safe and _names(value) & own]
        # A key that is left is enough.
        if takers and own <= set().union(*(_names(keys[name]) for name in takers)):
            lost += takers
    return lost


def _names(keys: str) -> set[str]:
    return {key_name(key.strip()) for key in keys.split(",") if key.strip()}
