"""The explorer: its rooms under one run bar, opened lazily so that the first paint comes at once."""

import os
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, work
from textual.app import App, ComposeResult
from textual.theme import Theme
from textual.widgets import ContentSwitcher, Input

from nerspace.engine.errors import NerspaceError
from nerspace.tui.actions import bindings
from nerspace.tui.explorer.config import read_config
from nerspace.tui.explorer.plain import Plain
from nerspace.tui.explorer.run_bar import RunBar
from nerspace.tui.explorer.session import Session
from nerspace.tui.state import State, read_state, state_text, write_state
from nerspace.tui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from nerspace.engine.runs import Run
    from nerspace.tui.explorer.screen import Name, Room
    from nerspace.tui.explorer.session import Opened
    from nerspace.tui.widgets.rows import Shown

ROOMS = {
    "data": "Data", "tokens": "Tokens", "training": "Training", "space": "Space", "heatmaps": "Heatmaps",
    "transfer": "Transfer", "entity": "Entity", "runs": "Runs", "paper": "Paper",
}  # fmt: skip

THEME = Theme(
    name="nerspace", primary="#6cb2eb", secondary="#8fbcbb", accent="#e5b567", warning="#e5b567", error="#e57373",
    success="#8cc265", foreground="#d4dbe3", background="#0e1318", surface="#11171d", panel="#1a222b", dark=True,
    variables={"input-selection-background": "#6cb2eb 35%", "border": "#2c3947", "border-blurred": "#232e39"},
)  # fmt: skip


def _provider(name: str) -> Callable[[], type]:
    """A provider of the palette, imported when the palette is first opened."""
    return lambda: cast("type", getattr(import_module("nerspace.tui.explorer.command_palette"), name))


class NerspaceApp(App[None]):
    """Owns the session and moves between rooms; each room shows its own part of it."""

    TITLE = "nerspace"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    BINDINGS = bindings("app")
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    STATE_SECONDS = 2.0

    def __init__(self, session: Session, first_room: str = "", ascii: bool = False) -> None:
        self.config = read_config()
        self.ascii = ascii or self.config.ascii
        if self.ascii:
            # Letters in place of colors: Textual looks at this when an app is made.
            os.environ["NO_COLOR"] = "1"
        super().__init__()
        self.session = session
        self.kept = read_state()
        self.first_room = first_room or (self.kept.room if self.kept.room in ROOMS else "data")
        self.animation_level = "none"
        self.register_theme(THEME)
        # Native colors cost half the bytes of exact ones, which a slow line feels.
        self.theme = self._own_theme = "ansi-dark" if os.environ.get("SSH_CONNECTION") else "nerspace"
        for theme in (self.config.theme, self.kept.theme):
            if theme in self.available_themes:
                self.theme = theme
        if self.no_color:
            self._filters.append(Plain(signs=self.ascii))
        self._written = ""
        self._runs_seen: list[str] = []
        self._error = ""

    COMMANDS: ClassVar[set[object]] = {  # type: ignore[assignment]
        _provider(name) for name in ("ActionCommands", "RunCommands", "CorpusCommands", "EntityCommands")
    }

    def compose(self) -> ComposeResult:
        """Run bar, the room, keys."""
        yield RunBar(ROOMS, id="run-bar")
        yield ContentSwitcher(id="rooms")
        yield KeyBar()

    async def on_mount(self) -> None:
        """Open the first room; the rest is loaded behind it."""
        self.set_keymap(self.config.keys)
        for problem in (self.config.problem, self.kept.problem):
            if problem:
                self.tell(problem, "warning")
        self.show_run()
        await self.action_room(self.first_room)
        self.set_interval(self.STATE_SECONDS, self.tick)
        self.call_after_refresh(self.warm_up)

    @work(thread=True, group="warm-up", exit_on_error=False)
    def warm_up(self) -> None:
        """Import behind the first paint what the next rooms will need."""
        import_module("pandas")
        for room in ROOMS:
            import_module(f"nerspace.tui.explorer.{room}.screen")

    # -- what is kept between starts

    def state(self) -> State:
        """The screen, the run, the filters of the rooms and the theme as they are now."""
        from nerspace.tui.explorer.screen import Room

        kept, run = self.kept, self.session.run
        kept.workspace, kept.run, kept.seen = str(self.session.workspace), run.id if run else "", self._runs_seen
        for room in self.screen_stack[0].query(Room):
            kept.rooms[str(room.id)] = room.remembered()
            if room.display:
                kept.room = str(room.id)
        if self.theme != self._own_theme and self.theme != self.config.theme:
            kept.theme = self.theme
        return kept

    def keep_state(self) -> None:
        """Write the state if it has changed."""
        if (text := state_text(self.state())) != self._written:
            self._written = text
            write_state(text)

    async def action_quit(self) -> None:
        """Leave; everything that runs goes on."""
        self.keep_state()
        self.exit()

    def on_unmount(self) -> None:
        """Leave no helper behind."""
        self.session.close()

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
            module = import_module(f"nerspace.tui.explorer.{name}.screen")
            room: Room = getattr(module, f"{name.capitalize()}Room")(id=name)
            if name in self.kept.rooms:
                room.recall(self.kept.rooms[name])
            await switcher.add_content(room)
        switcher.current = name
        self.query_one(RunBar).here = name
        self.room.entered()
        if (target := self.room.focus_target()) is not None:
            target.focus()

    async def action_name(self) -> None:
        """Everything about the name that the cursor is on."""
        await self.show_name(self.room.name_here())

    async def show_name(self, name: "Name | None") -> None:
        """Show a name in Entity."""
        if name is None:
            self.tell("The cursor is on no name here.", "warning")
            return
        await self.action_room("entity")
        self.room.show_name(name)  # type: ignore[attr-defined]

    def action_refresh_room(self) -> None:
        """Read the files behind the view again."""
        self.room.refresh_data()

    # -- the run

    def show_run(self) -> None:
        """Name the run in the bar."""
        self.query_one(RunBar).run_id = self.session.run.id if self.session.run else ""
        self.read_run_state()

    def tick(self) -> None:
        """Look after the run, and keep the state: a lost line ends the explorer without a word."""
        self.read_run_state()
        self.keep_state()

    @work(thread=True, group="state", exit_on_error=False)
    def read_run_state(self) -> None:
        """Read the state of the run; a run folder on a slow disk holds up nothing."""
        from nerspace.engine.runs import list_runs

        seen = sorted(run.id for run in list_runs(self.session.workspace))
        self.call_from_thread(setattr, self, "_runs_seen", seen)
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
        from nerspace.tui.explorer.screen import Room

        for room in self.screen_stack[0].query(Room):
            room.run_changed()

    def action_open_run(self) -> None:
        """Choose another run."""
        from nerspace.tui.explorer.runs.screen import run_list

        listing, runs = run_list(self.session)
        self.push_screen(listing, lambda row: self.open_run(None if row is None else runs[row]))

    def open_run(self, run: "Run | None") -> None:
        """Show another run in every room."""
        if run is not None:
            self.session.run = run
            self.show_run()
            self._tell_rooms()

    def close_run(self) -> None:
        """Show no run, since the one in view is gone."""
        self.session.run = None
        self.show_run()
        self._tell_rooms()

    @work(thread=True, group="resume", exit_on_error=False)
    def resume(self, run: "Run") -> None:
        """Go on with a run that ended before its time."""
        from nerspace.engine.runs import jobs

        try:
            jobs.resume(run)
        except NerspaceError as error:
            self.call_from_thread(self.tell, str(error), "warning")
        else:
            self.call_from_thread(self.tell, f"{run.id} goes on.")
            self.call_from_thread(self._tell_rooms)

    def open_corpus(self, opened: "Opened | None") -> None:
        """Look at another corpus in every room."""
        from nerspace.tui.explorer.screen import Room

        if opened is not None:
            self.session.adopt(opened)
            for room in self.screen_stack[0].query(Room):
                room.corpus_changed()

    def ask_for_corpus(self) -> None:
        """Ask for the path of another corpus."""
        from nerspace.tui.explorer.data.corpus_window import CorpusScreen

        self.push_screen(CorpusScreen(), self.open_corpus)

    @work(thread=True, group="corpus", exit_on_error=False)
    def read_corpus(self, name: str) -> None:
        """Read a corpus by its name and look at it."""
        from nerspace.tui.explorer.session import open_corpus

        try:
            opened = open_corpus(name)
        except NerspaceError as error:
            self.call_from_thread(self.tell, str(error), "error")
        else:
            self.call_from_thread(self.open_corpus, opened)

    async def open_entity(self, entity_id: str) -> None:
        """Look at one name, where most is told of it."""
        from nerspace.tui.explorer.screen import Name

        await self.show_name(Name(entity_id))

    # -- what every view can do

    def tell(self, message: str, severity: "SeverityLevel" = "information") -> None:
        """A short message in the corner; an error gets a window, but not the same one twice in a row."""
        from nerspace.tui.literal import literal
        from nerspace.tui.widgets.modals import ErrorScreen

        if severity != "error" or message == self._error or isinstance(self.screen, ErrorScreen):
            timeout = 8 if severity == "error" else 4
            self.notify(literal(message), severity=severity, timeout=timeout, markup=False)
            return
        self._error = message
        self.push_screen(ErrorScreen(message))

    def seen(self, shown: "Shown | None") -> "Shown | None":
        """A table as the screen shows it: sorted, narrowed and marked as the widget over it is."""
        from nerspace.tui.widgets.frame_table import FrameTable

        if shown is None:
            return None
        for table in self.screen.query(FrameTable):
            rows = table.rows
            frame = getattr(rows, "frame", None)
            if rows is shown.rows or (frame is not None and frame is getattr(shown.rows, "frame", None)):
                note = "; ".join(filter(None, (shown.note, table.order_note)))
                return replace(shown, rows=table.arranged(), note=note)
        return shown

    def action_export(self) -> None:
        """Export the table behind the view."""
        self.export(self.room.shown())

    def export(self, shown: "Shown | None") -> None:
        """Ask where to and write the table."""
        from nerspace.tui.explorer.export import ExportScreen

        shown = self.seen(shown)
        if shown is None or not len(shown.rows):
            self.tell("There is nothing to export here.", "warning")
            return
        self.push_screen(ExportScreen(shown), lambda line: self.tell(line) if line else None)

    def action_picture(self) -> None:
        """Write a picture of the screen as it is now."""
        from nerspace.tui.explorer.export import PictureScreen

        name = f"nerspace-{self.room.id}"
        picture = self.export_screenshot(title=f"nerspace · {self.query_one(RunBar).rooms[str(self.room.id)]}")
        self.push_screen(PictureScreen(name, picture), lambda line: self.tell(line) if line else None)

    def action_copy(self) -> None:
        """Copy what is under the cursor."""
        self.copy(self.room.copied())

    def action_copy_table(self) -> None:
        """Copy the table behind the view."""
        self.copy_rows(self.room.shown())

    def copy_rows(self, shown: "Shown | None") -> None:
        """Copy a table, as the screen shows it."""
        from nerspace.tui.explorer.clipboard import clip, size_note

        shown = self.seen(shown)
        if shown is None or not len(shown.rows):
            self.tell("There is nothing to copy here.", "warning")
            return
        try:
            text = clip(shown.rows)
        except NerspaceError as error:
            self.tell(str(error), "warning")
            return
        self.copy_to_clipboard(text)
        rows = len(shown.rows)
        self.tell(f"Copied {shown.name}: {rows:,} row{'s' if rows != 1 else ''}, {size_note(text)}")

    def copy(self, text: str) -> None:
        """Copy a text to the clipboard of the terminal in front of the user (OSC 52)."""
        from nerspace.tui.explorer.clipboard import LIMIT, size_note

        if not text:
            self.tell("There is nothing to copy here.", "warning")
        elif len(text.encode()) > LIMIT:
            self.tell(f"{size_note(text)} are too much for the clipboard; e writes a file.", "warning")
        else:
            self.copy_to_clipboard(text)
            self.tell(f"Copied {size_note(text)}: {text if len(text) <= 50 else text[:49] + '…'}")

    def action_command_palette(self) -> None:
        """Search every action, run, corpus and name."""
        from nerspace.tui.explorer.command_palette import Palette

        if not Palette.is_open(self):
            self.push_screen(Palette(id="--command-palette"))

    def action_help(self) -> None:
        """The keys of this view and the columns of its table."""
        from nerspace.tui.explorer.help import WAY, HelpScreen

        active: dict[str, list[str]] = {}
        for key, bound in self.screen.active_bindings.items():
            active.setdefault(bound.binding.id or "", []).append(key)
        way = WAY if self.room.id == "data" else ()
        self.push_screen(HelpScreen(active, self.room.shown(), self.size.width, way))


def run_app(
    workspace: Path, run: "Run | None", corpus: str = "builtin", model: str = "builtin", room: str = "",
    ascii: bool = False,
) -> None:  # fmt: skip
    """Open the explorer on a run of a workspace, in one of its rooms, and stay until the user leaves.

    Without a room it opens where it was left. ascii: letters alone, without colors, lines and dots.
    """
    NerspaceApp(Session(workspace, run, corpus, model), room, ascii).run()
