"""The first line: the screens, and the run that they show with its state."""

from collections.abc import Callable, Iterable
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.reactive import reactive
from textual.widget import Widget

from nerspace.tui.actions import BY_ID, key_sign
from nerspace.tui.literal import literal

# Sign and color of a run's state; the word stands beside them where it fits.
STATES = {
    "queued": ("○", 221), "running": ("▶", 114), "finished": ("●", 114), "stopped": ("■", 221), "failed": ("✗", 203),
    "dead": ("✗", 203),
}  # fmt: skip


def state_sign(state: str) -> tuple[str, str]:
    """The sign of a run's state and its style."""
    sign, color = STATES.get(state, ("·", 245))
    return sign, f"color({color})"


# The screens are named by these where the run would have no place otherwise.
_SHORT = {"Tokens": "Tok", "Training": "Train", "Heatmaps": "Heat", "Transfer": "Trans", "Entity": "Ent"}


class RunBar(Widget):
    """Rooms on the left, run on the right, in one line."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"run-bar--screen", "run-bar--here", "run-bar--name", "run-bar--run"}
    DEFAULT_CSS = """
    RunBar { height: 1; background: $panel; color: $foreground; }
    RunBar .run-bar--name { color: $primary; text-style: bold; }
    RunBar .run-bar--screen { color: $foreground 65%; }
    RunBar .run-bar--here { color: $background; background: $primary; text-style: bold; }
    RunBar .run-bar--run { color: $foreground 85%; }
    RunBar:ansi .run-bar--here { text-style: bold reverse; color: ansi_default; background: ansi_default; }
    RunBar:nocolor .run-bar--here { text-style: bold reverse; }
    """

    here: reactive[str] = reactive("data")
    run_id: reactive[str] = reactive("")
    state: reactive[str] = reactive("")

    def __init__(self, screens: Iterable[str], id: str | None = None) -> None:
        super().__init__(id=id)
        self.titles = {name: name.capitalize() for name in screens}
        self._places: list[tuple[int, str]] = []
        self._end = 0
        self._drawn_keys: dict[str, str] = {}

    def on_mount(self) -> None:
        """Follow the focus, which decides whether a digit goes to a screen."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self._keys_changed())

    def _keys_changed(self) -> None:
        """Draw only other keys."""
        if (keys := self._keys()) != self._drawn_keys:
            self._drawn_keys = keys
            self.refresh()

    def _keys(self) -> dict[str, str]:
        """The digit of every screen, or its function key where digits mean something else."""
        # Found anew whenever it is asked for, which takes as long as drawing a table.
        active = self.screen.active_bindings
        keys = {}
        for name in self.titles:
            digit, function, *_ = BY_ID[f"app.{name}"].keys.split(",")
            free = digit not in active or active[digit].binding.id == f"app.{name}"
            keys[name] = digit if free else key_sign(function)
        return keys

    def _names(self, width: int, keys: int) -> tuple[dict[str, str], str]:
        """The names of the screens as long as the run leaves space for them, and the space behind each.

        keys: letters of all their keys.
        """
        levels: tuple[tuple[Callable[[str], str], str, int], ...] = (
            (str, " ", len(self.run_id) + len(self.state) + 6),
            (lambda title: _SHORT.get(title, title), "", 8),
            (lambda title: title[:3], "", 3),
        )
        for shortened, space, run in levels:
            names = {name: title if name == self.here else shortened(title) for name, title in self.titles.items()}
            if keys + sum(len(name) + 2 + len(space) for name in names.values()) + 1 + run <= width:
                break
        return names, space

    def render(self) -> RenderResult:
        """The run's name gives way first, then the product's."""
        width = self.size.width
        style = {
            name: self.get_component_rich_style(f"run-bar--{name}", partial=False)
            for name in ("screen", "here", "name", "run")
        }
        line = Text(no_wrap=True, end="")
        self._places = []
        keys = self._keys()
        names, space = self._names(width, sum(map(len, keys.values())))
        used = sum(len(key) + len(names[name]) + 2 + len(space) for name, key in keys.items())
        if space and width >= used + len(self.run_id) + len(self.state) + 6 + len(" nerspace  "):
            line.append(" nerspace ", style["name"]).append(" ")
        for name, key in keys.items():
            chosen = style["here" if name == self.here else "screen"]
            self._places.append((line.cell_len, name))
            line.append(f" {key} {names[name]}" + (" " if name == self.here else space), chosen)
        self._end = line.cell_len
        if not self.run_id:
            end = Text("no run ", style["run"])
        else:
            sign, color = state_sign(self.state)
            left = width - line.cell_len - 5
            whole = left >= len(self.run_id) + len(self.state)
            # The end of a name tells runs of one kind apart.
            cut = max(0, left - 5)
            name = literal(self.run_id if whole else f"{self.run_id[:cut]}…{self.run_id[-4:]}")
            end = Text.assemble((name, style["run"]), " ", (sign, color))
            end.append(f" {self.state} " if whole else " ", style["run"])
        line.append(" " * max(1, width - line.cell_len - end.cell_len))
        return line.append_text(end)

    async def on_click(self, event: events.Click) -> None:
        """A click on a screen goes there."""
        at = [name for start, name in self._places if start <= event.x]
        if at and event.x < self._end:
            await self.app.run_action(f"app.show_screen('{at[-1]}')")
