"""The explorer: its screens under one run bar, opened lazily so that the first paint comes at once."""

import asyncio
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual import on, work
from textual.app import ComposeResult
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.theme import Theme, ThemeProvider
from textual.widgets import ContentSwitcher

from nerspace.engine.errors import NerspaceError
from nerspace.tui.actions import bindings
from nerspace.tui.explorer.config import read_config
from nerspace.tui.explorer.legible import Legible, Sixteen
from nerspace.tui.explorer.messages import (
    Name,
    OpenCorpus,
    OpenRun,
    ResumeRun,
    ShowEntity,
    ShowPoints,
    ShowSubwords,
    ShowTyped,
)
from nerspace.tui.explorer.next_keys import NextKeys
from nerspace.tui.explorer.pen import ThriftyDriver
from nerspace.tui.explorer.plain import Harmless, Plain
from nerspace.tui.explorer.run_bar import RunBar
from nerspace.tui.explorer.run_data import RunData, data_of, reading_of_data
from nerspace.tui.explorer.screen import ExplorerScreen
from nerspace.tui.explorer.screens import SCREENS
from nerspace.tui.explorer.services import Services
from nerspace.tui.explorer.session import Session
from nerspace.tui.state import State, read_state, state_text, write_state
from nerspace.tui.terminal import console
from nerspace.tui.widgets.key_bar import KeyBar
from nerspace.tui.widgets.window import ReadingWindow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.actions import ActionParseResult
    from textual.css.query import DOMQuery
    from textual.dom import DOMNode

    from nerspace.engine.runs import Run
    from nerspace.tui.explorer.data.model import Opened

THEME = Theme(
    name="nerspace", primary="#6cb2eb", secondary="#8fbcbb", accent="#e5b567", warning="#e5b567", error="#e57373",
    success="#8cc265", foreground="#d4dbe3", background="#0e1318", surface="#11171d", panel="#1a222b", dark=True,
    variables={"input-selection-background": "#6cb2eb 35%", "border": "#2c3947", "border-blurred": "#232e39"},
)  # fmt: skip


class NerspaceApp(Services):
    """Owns the session and moves between screens; each screen shows its own part of it."""

    TITLE = "nerspace"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    BINDINGS = bindings("app")
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    STATE_SECONDS = 2.0

    def __init__(
        self, session: Session, first_screen: str = "", ascii: bool = False, newcomer: bool = False
    ) -> None:  # fmt: skip
        self.config = read_config()
        self.ascii = ascii or self.config.ascii
        if self.ascii:
            # Letters in place of colors: Textual looks at this when an app is made.
            os.environ["NO_COLOR"] = "1"
        super().__init__(session)
        self.errors_first = newcomer or first_screen == "space"
        # What is told of a crash goes through the door to the terminal as well.
        self.error_console = console(stderr=True)
        self.saved = read_state()
        self.next_keys = newcomer or self.saved.next_keys
        self.first_screen = first_screen or (self.saved.screen if self.saved.screen in SCREENS else "data")
        self.animation_level = "none"
        self._legible, self._sixteen = Legible(), {False: Sixteen(light=False), True: Sixteen(light=True)}
        self._filters += [self._legible, *self._sixteen.values()]
        self.register_theme(THEME)
        # Native colors cost half the bytes of exact ones, which a slow line feels.
        self.theme = self._own_theme = "ansi-dark" if os.environ.get("SSH_CONNECTION") else "nerspace"
        for theme in (self.config.theme, self.saved.theme):
            if theme in self.available_themes:
                self.theme = theme
        self._filters.insert(0, Harmless())
        self.watch_theme()
        if self.no_color:
            self._filters.append(Plain(signs=self.ascii))
        self._written = ""
        self._runs_seen: list[str] = []
        # Runs that go on, and those that have ended with the moment of their last word.
        self._going_on: set[str] = set()
        self._ended: dict[str, int] = {}

    def get_driver_class(self) -> type[Driver]:
        """Textual's driver of this system; a terminal's sends less for the same screen."""
        driver = super().get_driver_class()
        return ThriftyDriver if driver is LinuxDriver else driver

    def compose(self) -> ComposeResult:
        """Run bar, the screen, keys."""
        yield RunBar(SCREENS, id="run-bar")
        yield ContentSwitcher(id="screens")
        yield NextKeys()
        yield KeyBar()

    async def on_mount(self) -> None:
        """Open the first screen; the rest is loaded behind it."""
        for ended in (signal.SIGTERM, signal.SIGHUP):
            # The terminal is given back as after `q`, whoever ends the program.
            asyncio.get_running_loop().add_signal_handler(ended, self.leave_for, ended)
        # The terminal has forgotten what it showed before ctrl+z.
        self.app_resume_signal.subscribe(self, lambda _: self.screen.refresh(layout=True))
        self.set_keymap(self.config.keys)
        self.query_one(NextKeys).set_class(self.next_keys, "shown")
        unknown = self.config.theme and self.config.theme not in self.available_themes
        no_theme = f"Unknown theme {self.config.theme!r}. Choose from {', '.join(sorted(self.available_themes))}."
        for problem in (self.config.problem, no_theme if unknown else "", self.saved.problem):
            if problem:
                self.tell(problem, "warning")
        self.show_run()
        await self.action_show_screen(self.first_screen)
        self.set_interval(self.STATE_SECONDS, self.tick)
        self.call_after_refresh(self.warm_up)

    @work(thread=True, group="warm-up", exit_on_error=False)
    def warm_up(self) -> None:
        """Import behind the first paint what the next screens will need."""
        import pandas  # noqa: F401

        for screen_class in SCREENS.values():
            screen_class()

    def watch_theme(self) -> None:
        """Colors that can be read in the theme."""
        native, light = self.native_ansi_color, not self.current_theme.dark
        self._legible.enabled = not native
        for for_light, sixteen in self._sixteen.items():
            sixteen.enabled = native and for_light == light

    # -- what is saved between starts

    def state(self) -> State:
        """The screen, the run, the filters of the screens and the theme as they are now."""
        saved, run = self.saved, self.session.run
        saved.workspace, saved.run, saved.seen = str(self.session.workspace), run.id if run else "", self._runs_seen
        for screen in self.mounted:
            saved.screens[str(screen.id)] = screen.remembered()
            if screen.display:
                saved.screen = str(screen.id)
        saved.next_keys = self.next_keys
        if self.theme != self._own_theme and self.theme != self.config.theme:
            saved.theme = self.theme
        return saved

    def save_state(self) -> None:
        """Write the state if it has changed; before the first screen and after the last one there is none."""
        if self.screen_stack and (text := state_text(self.state())) != self._written:
            self._written = text
            write_state(text)

    async def action_quit(self) -> None:
        """Leave; everything that runs goes on."""
        self.save_state()
        self.exit()

    def leave_for(self, ended: signal.Signals) -> None:
        """Leave because of a signal, as a shell expects it to be told."""
        self.save_state()
        self.exit(return_code=128 + ended)

    def on_unmount(self) -> None:
        """Leave no helper behind."""
        self.session.close()

    def keys_wait(self) -> bool:
        """Whether what the next key acts on is not there yet."""
        return super().keys_wait() or (len(self.screen_stack) == 1 and self.in_view.keys_wait)

    # -- screens

    @property
    def mounted(self) -> "DOMQuery[ExplorerScreen]":
        """The screens that have been entered, below any window."""
        return self.screen_stack[0].query(ExplorerScreen)

    @property
    def in_view(self) -> ExplorerScreen:
        """The screen in view."""
        return cast("ExplorerScreen", self.query_one("#screens", ContentSwitcher).visible_content)

    async def action_show_screen(self, name: str) -> None:
        """Go to a screen."""
        switcher = self.query_one("#screens", ContentSwitcher)
        if not switcher.query_children(f"#{name}"):
            screen = SCREENS[name]()(name)
            if name in self.saved.screens:
                screen.recall(self.saved.screens[name])
            await switcher.add_content(screen)
        switcher.current = name
        self.query_one(RunBar).here = name
        self.in_view.entered()
        for line in self.query(NextKeys):
            line.entered(name)
        if (target := self.in_view.focus_target()) is not None:
            # Not by focus(), which lets the keys of a fast typist through to the screen before.
            self.screen.set_focus(target)

    async def action_leave_for(self, name: str) -> None:
        """Close what lies over the screens and go to one, unless something is asked or typed there."""
        windows = self.screen_stack[1:]
        if all(isinstance(window, ReadingWindow) for window in windows):
            for window in reversed(windows):
                window.dismiss(None)
            await self.action_show_screen(name)

    async def run_action(
        self,
        action: "str | ActionParseResult",
        default_namespace: "DOMNode | None" = None,
        namespaces: "Mapping[str, DOMNode] | None" = None,
    ) -> bool:
        """Do an action, and tell the line of next keys of it."""
        done = await super().run_action(action, default_namespace, namespaces)
        if done and isinstance(action, str) and default_namespace is not None and self.screen_stack:
            for line in self.screen_stack[0].query(NextKeys):
                line.note(action, default_namespace)
        return done

    def action_next_keys(self) -> None:
        """Show or hide the line of next keys."""
        self.next_keys = not self.next_keys
        line = self.screen_stack[0].query_one(NextKeys)
        line.set_class(self.next_keys, "shown")
        line.refresh()

    async def action_name(self) -> None:
        """Everything about the name that the cursor is on."""
        if (name := self.in_view.name_here()) is None:
            self.tell("The cursor is on no name here.", "warning")
        else:
            await self.show_name("entity", name)

    async def show_name(self, screen: str, name: Name) -> None:
        """Go to a screen and show a name there."""
        await self.action_show_screen(screen)
        self.in_view.show_name(name)

    @on(ShowEntity)
    async def _show_entity(self, message: ShowEntity) -> None:
        await self.show_name("entity", message.name)

    @on(ShowSubwords)
    async def _show_subwords(self, message: ShowSubwords) -> None:
        await self.show_name("tokens", message.name)

    @on(ShowPoints)
    async def _show_points(self, message: ShowPoints) -> None:
        await self.show_name("space", message.name)

    def action_type(self) -> None:
        """Type a name or a sentence that the run's models read at once."""
        from nerspace.tui.explorer.typed import TypedWindow

        if not isinstance(self.screen, TypedWindow):
            self.push_screen(TypedWindow())

    @on(ShowTyped)
    async def _show_typed(self, message: ShowTyped) -> None:
        from nerspace.tui.explorer.space.screen import SpaceScreen

        await self.action_show_screen("space")
        self.query_one(SpaceScreen).show_typed(message.read)

    def action_command_palette(self) -> None:
        """Search every action, run, corpus and name."""
        from nerspace.tui.explorer.command_palette import PROVIDERS, Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(PROVIDERS, id="--command-palette"))

    def search_themes(self) -> None:
        """Search the themes, in the same palette."""
        from nerspace.tui.explorer.command_palette import Palette

        self.push_screen(Palette([ThemeProvider], placeholder="Search for themes…"))

    def action_refresh_screen(self) -> None:
        """Read the files behind the view again."""
        self.in_view.refresh_data()

    # -- the run

    def show_run(self) -> None:
        """Name the run in the bar."""
        self.query_one(RunBar).run_id = self.session.run.id if self.session.run else ""
        self.read_run_state()

    def tick(self) -> None:
        """Look after the run, and save the state: a lost line ends the explorer without a word."""
        self.read_run_state()
        self.save_state()

    @work(thread=True, group="state", exit_on_error=False)
    def read_run_state(self) -> None:
        """Read the state of the run; a run folder on a slow disk holds up nothing."""
        from nerspace.engine.runs import list_runs

        runs = list_runs(self.session.workspace)
        self.call_from_thread(setattr, self, "_runs_seen", sorted(run.id for run in runs))
        self._watch(runs)
        run = self.session.run
        if run is None:
            return
        try:
            state = run.info()["state"]
        except NerspaceError:
            state = "gone"
        self.call_from_thread(self._set_state, run.id, state)

    def _watch(self, runs: "list[Run]") -> None:
        """Tell of runs that went on when they were last looked at and have ended since; called in a thread."""
        for run in runs:
            try:
                moment = (run.path / "run.json").stat().st_mtime_ns
                if self._ended.get(run.id) == moment:
                    continue
                state = str(run.info()["state"])
            except (OSError, NerspaceError):
                continue
            if state in ("queued", "running"):
                self._going_on.add(run.id)
                continue
            self._ended[run.id] = moment
            if run.id in self._going_on:
                self._going_on.discard(run.id)
                self.call_from_thread(self.tell_ended, run, state)

    def tell_ended(self, run: "Run", state: str) -> None:
        """Ring the bell and say that a run has ended, wherever the user is."""
        self.bell()
        way_on = "o on Runs (8) opens it" if state == "finished" else "R on Runs (8) goes on with it"
        if self.session.run == run:
            way_on = way_on if state != "finished" else "it is the one in view"
        self.tell(f"{run.id}: {state} – {way_on}.", "information" if state == "finished" else "warning")

    def _set_state(self, run_id: str, state: str) -> None:
        if bar := next(iter(self.screen_stack[0].query(RunBar)), None):
            before, bar.state = bar.state, state
            if before == "running" and state != "running" and bar.run_id == run_id:
                self._run_changed()

    def _run_changed(self) -> None:
        for screen in self.mounted:
            screen.run_changed()

    def action_open_run(self) -> None:
        """Choose another run."""
        from nerspace.tui.explorer.runs.windows import run_list

        self.push_screen(*run_list(self.session, self.open_run))

    def open_run(self, run: "Run | None") -> None:
        """Show another run in every screen, or none."""
        self.session.run = run
        self.show_run()
        self._run_changed()

    @on(OpenRun)
    def _open_run(self, message: OpenRun) -> None:
        self.open_run(message.run)

    @on(ResumeRun)
    def _resume_run(self, message: ResumeRun) -> None:
        self.resume(message.run)

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
            self.call_from_thread(self._run_changed)

    # -- the corpus

    @on(OpenCorpus)
    def _open_corpus(self, message: OpenCorpus) -> None:
        from nerspace.tui.explorer.data.corpus_window import CorpusWindow

        if message.name:
            self.read_corpus(message.name)
        else:
            self.push_screen(CorpusWindow(), self.open_corpus)

    @work(thread=True, group="corpus", exit_on_error=False)
    def read_corpus(self, name: str) -> None:
        """Read a corpus by its name and look at it."""
        from nerspace.tui.explorer.data.model import open_corpus

        try:
            opened = open_corpus(name)
        except NerspaceError as error:
            self.call_from_thread(self.tell, str(error), "error")
        else:
            self.call_from_thread(self.open_corpus, opened)

    def open_corpus(self, opened: "Opened | None") -> None:
        """Look at another corpus in every screen."""
        if opened is not None:
            self.session.adopt(opened)
            for screen in self.mounted:
                screen.corpus_changed()


def run_app(
    workspace: Path, run: "Run | None", corpus: str = "", model: str = "builtin", screen: str = "",
    ascii: bool = False, newcomer: bool = False,
) -> None:  # fmt: skip
    """Open the explorer on a run of a workspace, on one of its screens, and stay until the user leaves.

    Without a screen it opens where it was left.

    Args:
        corpus: what is shown; without, the data of the run.
        ascii: letters alone, without colors, lines and dots.
        newcomer: who uses it for the first time sees the errors on the maps first, and three next keys.
    """
    shown = RunData(corpus, reading_of_data(run, corpus)) if corpus else data_of(run)
    app = NerspaceApp(Session(workspace, run, shown.name, model, shown.reading, shown.note), screen, ascii, newcomer)
    app.run()
    if app.return_code:
        raise SystemExit(app.return_code)
