"""The user's own keys, theme and letters, from $XDG_CONFIG_HOME/nerspace/config.toml:

theme = "nord"
ascii = true

[keys]
"space.color" = "C"
"app.quit" = "q,ctrl+x"
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from nerspace.engine.files import config_folder
from nerspace.tui.actions import BY_ID


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
    except (OSError, ValueError) as error:
        return Config(problem=f"{path} cannot be used: {error}")
    chosen = found.get("keys", {})
    keys = (
        {str(name): str(value) for name, value in chosen.items() if name in BY_ID} if isinstance(chosen, dict) else {}
    )
    unknown = sorted(set(chosen) - set(keys))
    problem = f"{path}: unknown action {', '.join(unknown)}. ? lists them all." if unknown else ""
    return Config(keys, str(found.get("theme", "")), found.get("ascii") is True, problem)
