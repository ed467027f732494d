"""The explorer: its rooms under one run bar, opened lazily so that the first paint comes at once."""

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, work
from textual.app import App, ComposeResult
from textual.theme import Theme
from textual.widgets import ContentSwitcher, Input

from nerspace.engine.errors import NerspaceError
from nerspace.tui.actions import bindings
from nerspace.tui.config import read_config
from nerspace.tui.session import Session
from nerspace.tui.widgets.key_bar import KeyBar
from nerspace.tui.widgets.run_bar import RunBar

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from nerspace.engine.runs import Run
    from nerspace.tui.rows import Shown
    from nerspace.tui.screens.room import Room
    from nerspace.tui.session import Opened

ROOMS = {
    "data": "Data", "tokens": "Tokens", "training": "Training", "space": "Space", "heatmaps": "Heatmaps",
    "runs": "Runs",
}  # fmt: skip

THEME = Theme(
    name="nerspace", primary="#6cb2eb", secondary="#8fbcbb", accent="#e5b567", warning="#e5b567", error="#e57373",
    success="#8cc265", foreground="#d4dbe3", background="#0e1318", surface="#11171d", panel="#1a222b", dark=True,
    variables={"input-selection-background": "#6cb2eb 35%", "border": "#2c3947", "border-blurred": "#232e39"},
)  # fmt: skip


def _palette() -> type:
    from nerspace.tui.commands import ActionCommands

    return ActionCommands


class NerspaceApp(App[None]):
    """Owns the session and moves between rooms; each room shows its own part of it."""

    TITLE = "nerspace"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    BINDINGS = bindings("app")
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    STATE_SECONDS = 2.0

    def __init__(self, session: Session, first_room: str = "data") -> None:
        super().__init__()
        self.session = session
        self.first_room = first_room
        self.animation_level = "none"
        self.register_theme(THEME)
        # Native colors cost half the bytes of exact ones, which a slow line feels.
        self.theme = "ansi-dark" if os.environ.get("SSH_CONNECTION") else "nerspace"
        self.config = read_config()
        if self.config.theme in self.available_themes:
            self.theme = self.config.theme

    COMMANDS: ClassVar[set[object]] = {_palette}  # type: ignore[assignment]

    def compose(self) -> ComposeResult:
        """Run bar, the room, keys."""
        yield RunBar(ROOMS, id="run-bar")
        yield ContentSwitcher(id="rooms")
        yield KeyBar()

    async def on_mount(self) -> None:
        """Open the first room; the rest is loaded behind it."""
        self.set_keymap(self.config.keys)
        if self.config.problem:
            self.tell(self.config.problem, "warning")
        self.show_run()
        await self.action_room(self.first_room)
        self.set_interval(self.STATE_SECONDS, self.read_state)
        self.call_after_refresh(self.warm_up)

    @work(thread=True, group="warm-up", exit_on_error=False)
    def warm_up(self) -> None:
        """Import behind the first paint what the next rooms will need."""
        import_module("pandas")
        for room in ROOMS:
            import_module(f"nerspace.tui.screens.{room}")

    def on_key(self, event: events.Key) -> None:
        """Give an input the letters of a fast hand: those that were on their way before it had the focus.

        An input keeps what it takes, so no letter comes here that it has already.
        """
        if isinstance(self.focused, Input) and event.character is not None and event.is_printable:
            self.focused.insert_text_at_cursor(event.character)
            event.prevent_default()

    # -- rooms

    @property
    def room(self) -> "Room":
        """The room in view."""
        switcher = self.query_one("#rooms", ContentSwitcher)
        return cast("Room", switcher.visible_content)

    async def action_room(self, name: str) -> None:
        """Go to a room."""
        switcher = self.query_one("#rooms", ContentSwitcher)
        if not switcher.query_children(f"#{name}"):
            module = import_module(f"nerspace.tui.screens.{name}")
            await switcher.add_content(getattr(module, f"{name.capitalize()}Room")(id=name))
        switcher.current = name
        self.query_one(RunBar).here = name
        self.room.entered()
        if (target := self.room.focus_target()) is not None:
            target.focus()

    def action_refresh_room(self) -> None:
        """Read the files behind the view again."""
        self.room.refresh_data()

    # -- the run

    def show_run(self) -> None:
        """Name the run in the bar."""
        self.query_one(RunBar).run_id = self.session.run.id if self.session.run else ""
        self.read_state()

    @work(thread=True, group="state", exit_on_error=False)
    def read_state(self) -> None:
        """Read the state of the run; a run folder on a slow disk holds up nothing."""
        run = self.session.run
        if run is None:
            return
        try:
            state = run.info()["state"]
        except NerspaceError:
            state = "gone"
        self.call_from_thread(self._set_state, run.id, state)

    def _set_state(self, run_id: str, state: str) -> None:
        if bar := next(iter(self.screen_stack[0].query(RunBar)), None):
            before, bar.state = bar.state, state
            if before == "running" and state != "running" and bar.run_id == run_id:
                self._tell_rooms()

    def _tell_rooms(self) -> None:
        from nerspace.tui.screens.room import Room

        for room in self.screen_stack[0].query(Room):
            room.run_changed()

    def action_open_run(self) -> None:
        """Choose another run."""
        from nerspace.tui.screens.runs import RunPicker

        self.push_screen(RunPicker(self.session), self.open_run)

    def open_run(self, run: "Run | None") -> None:
        """Show another run in every room."""
        if run is not None:
            self.session.run = run
            self.show_run()
            self._tell_rooms()

    def open_corpus(self, opened: "Opened | None") -> None:
        """Look at another corpus in every room."""
        from nerspace.tui.screens.room import Room

        if opened is not None:
            self.session.adopt(opened)
            for room in self.screen_stack[0].query(Room):
                room.corpus_changed()

    # -- what every view can do

    def tell(self, message: str, severity: "SeverityLevel" = "information") -> None:
        """A short message in the corner."""
        from nerspace.tui.literal import literal

        self.notify(literal(message), severity=severity, timeout=8 if severity == "error" else 4, markup=False)

    def action_export(self) -> None:
        """Export the table behind the view."""
        self.export(self.room.shown())

    def export(self, shown: "Shown | None") -> None:
        """Ask where to and write the table."""
        from nerspace.tui.screens.export import ExportScreen

        if shown is None or not len(shown.rows):
            self.tell("There is nothing to export here.", "warning")
            return
        self.push_screen(ExportScreen(shown), lambda line: self.tell(line) if line else None)

    def action_copy(self) -> None:
        """Copy what is under the cursor."""
        self.copy(self.room.copied())

    def copy(self, text: str) -> None:
        """Copy a text to the clipboard of the terminal in front of the user (OSC 52)."""
        if text:
            self.copy_to_clipboard(text)
            self.tell(f"Copied: {text if len(text) <= 50 else text[:49] + '…'}")
        else:
            self.tell("There is nothing to copy here.", "warning")

    def action_help(self) -> None:
        """The keys of this view and the columns of its table."""
        from nerspace.tui.screens.help import HelpScreen

        active: dict[str, list[str]] = {}
        for key, bound in self.screen.active_bindings.items():
            active.setdefault(bound.binding.id or "", []).append(key)
        self.push_screen(HelpScreen(active, self.room.shown(), with_ids=self.size.width >= 110))


def run_app(
    workspace: Path, run: "Run | None", corpus: str = "builtin", model: str = "builtin", room: str = "data"
) -> None:
    """Open the explorer on a run of a workspace, in one of its rooms, and stay until the user leaves."""
    NerspaceApp(Session(workspace, run, corpus, model), room).run()
