"""The first line: the rooms, and the run that they show with its state."""

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.reactive import reactive
from textual.widget import Widget

from nerspace.tui.literal import fit, literal

# Sign and color of a run's state; the word stands beside them where there is room.
STATES = {
    "queued": ("○", 221), "running": ("▶", 114), "finished": ("●", 114), "stopped": ("■", 221), "failed": ("✗", 203),
    "dead": ("✗", 203),
}  # fmt: skip


def state_sign(state: str) -> tuple[str, str]:
    """The sign of a run's state and its style."""
    sign, color = STATES.get(state, ("·", 245))
    return sign, f"color({color})"


_SHORTEST = 2


class RunBar(Widget):
    """Rooms on the left, run on the right, in one line."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"run-bar--room", "run-bar--here", "run-bar--name", "run-bar--run"}
    DEFAULT_CSS = """
    RunBar { height: 1; background: $panel; color: $foreground; }
    RunBar .run-bar--name { color: $primary; text-style: bold; }
    RunBar .run-bar--room { color: $foreground 65%; }
    RunBar .run-bar--here { color: $background; background: $primary; text-style: bold; }
    RunBar .run-bar--run { color: $foreground 85%; }
    RunBar:ansi .run-bar--here { text-style: bold reverse; color: ansi_default; background: ansi_default; }
    RunBar:nocolor .run-bar--here { text-style: bold reverse; }
    """

    here: reactive[str] = reactive("data")
    run_id: reactive[str] = reactive("")
    state: reactive[str] = reactive("")

    def __init__(self, rooms: dict[str, str], id: str | None = None) -> None:
        super().__init__(id=id)
        self.rooms = rooms
        self._places: list[tuple[int, str]] = []

    def on_mount(self) -> None:
        """Follow the focus, which decides whether a digit goes to a room."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def _key(self, number: int) -> str:
        active = self.screen.active_bindings.get(str(number))
        return (
            f"{number}"
            if active is None or active.binding.id in {f"app.{room}" for room in self.rooms}
            else f"F{number}"
        )

    def _room_for_titles(self, width: int, keys: list[str]) -> int:
        """How many letters of the titles fit: all of them with room around, else fewer; the room in view keeps all."""
        here = len(self.rooms.get(self.here, ""))
        for longest in (99, *range(len("Heatmaps"), _SHORTEST, -1)):
            spaces = 3 if longest == 99 else 2
            titles = [min(longest, len(title)) for room, title in self.rooms.items() if room != self.here]
            if sum(titles) + here + sum(len(key) + spaces for key in keys) + 6 <= width:
                return longest
        return _SHORTEST

    def render(self) -> RenderResult:
        """The run's name gives way first, then the product's."""
        width = self.size.width
        style = {
            name: self.get_component_rich_style(f"run-bar--{name}", partial=False)
            for name in ("room", "here", "name", "run")
        }
        line = Text(no_wrap=True, end="")
        self._places = []
        if width >= 130:
            line.append(" nerspace ", style["name"]).append(" ")
        keys = [self._key(number) for number in range(1, len(self.rooms) + 1)]
        longest = self._room_for_titles(width, keys)
        for key, (room, title) in zip(keys, self.rooms.items(), strict=True):
            chosen = style["here" if room == self.here else "room"]
            self._places.append((line.cell_len, room))
            shown = title if room == self.here else title[:longest]
            line.append(f" {key} {shown} " if longest > len("Heatmaps") else f" {key} {shown}", chosen)
            line.append(" " if room == self.here and longest <= len("Heatmaps") else "", chosen)
        if not self.run_id:
            end = Text("no run ", style["run"])
        else:
            sign, color = state_sign(self.state)
            wide = width - line.cell_len >= len(self.run_id) + len(self.state) + 5
            name = (
                literal(self.run_id) if wide else fit(literal(self.run_id), max(0, width - line.cell_len - 5)).strip()
            )
            end = Text.assemble((name, style["run"]), " ", (sign, color))
            end.append(f" {self.state} " if wide else " ", style["run"])
        line.append(" " * max(1, width - line.cell_len - end.cell_len))
        return line.append_text(end)

    async def on_click(self, event: events.Click) -> None:
        """A click on a room goes there."""
        at = [room for start, room in self._places if start <= event.x]
        ends = self._places[-1][0] + len(self.rooms[self._places[-1][1]]) + 5 if self._places else 0
        if at and event.x < ends:
            await self.app.run_action(f"app.room('{at[-1]}')")
