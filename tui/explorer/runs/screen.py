"""Runs: all runs of the workspace, with the request of each; open, compare, stop, resume, remove."""

from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from nerspace.engine.errors import NerspaceError
from nerspace.engine.runs import Run
from nerspace.engine.runs.labels import Labels, label, parse_tags, read_labels
from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.actions import bindings
from nerspace.tui.explorer.list_window import ListWindow
from nerspace.tui.explorer.messages import OpenRun, ResumeRun
from nerspace.tui.explorer.runs.model import Comparison, RunRows, arranged, brief, contents, read_comparison
from nerspace.tui.explorer.runs.starting import COLUMNS, STARTABLE, start, startable_table
from nerspace.tui.explorer.runs.windows import CompareWindow, RunWindow
from nerspace.tui.explorer.screen import ExplorerScreen
from nerspace.tui.explorer.training.form import ask_for_run
from nerspace.tui.literal import literal
from nerspace.tui.widgets.found_table import FoundTable
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.modals import ConfirmWindow, PromptWindow
from nerspace.tui.widgets.rows import FrameRows, NoRows, Shown

if TYPE_CHECKING:
    import pandas as pd

POLL_SECONDS = 2.0
_DETAIL_HEIGHT = 20
# From here on the tables of the run under the cursor stand beside the list.
_BESIDE_WIDTH = 110
# And from here on what they mean.
_MEANINGS_WIDTH = 150


class RunsScreen(ExplorerScreen):
    """Newest first; the request of the run under the cursor stands below."""

    BINDINGS = bindings("runs")

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.frame: pd.DataFrame | None = None

    def compose(self) -> ComposeResult:
        """Caption, table, the run in brief."""
        yield Static(id="runs-caption", classes="caption", markup=False)
        with Horizontal(id="runs-body"):
            yield FoundTable(id="all-runs", empty="Reading the runs …")
            yield FoundTable(id="held", empty="")
        yield Static(id="run-detail", markup=False)

    def on_mount(self) -> None:
        """List what is there, and look again now and then."""
        self.run_changed()
        self.set_interval(POLL_SECONDS, self._poll)

    def focus_target(self) -> Widget | None:
        """The table."""
        return self.all_runs

    @property
    def all_runs(self) -> FoundTable:
        """The runs."""
        return self.query_one("#all-runs", FoundTable)

    def on_resize(self, event: events.Resize) -> None:
        """A low screen has no space for a run in brief."""
        self.query_one("#run-detail").display = event.size.height >= _DETAIL_HEIGHT - 2
        self.query_one("#held").display = event.size.width >= _BESIDE_WIDTH

    def entered(self) -> None:
        """Runs come and go behind the explorer's back."""
        if self.is_mounted:
            self.run_changed()

    def _poll(self) -> None:
        if self.display and not self.all_runs.only_marked:
            self.run_changed()

    def run_changed(self) -> None:
        """Read the folders again."""
        from nerspace.engine.runs.tables import runs_table

        self.load(lambda: arranged(runs_table(self.session.workspace)), self.show_runs, awaited=self.frame is None)

    def show_runs(self, frame: "pd.DataFrame") -> None:
        """Show what has changed."""
        here = self.session.run.id if self.session.run else ""
        table = self.all_runs
        known = table.rows if isinstance(table.rows, RunRows) else None
        if self.frame is not None and self.frame.equals(frame) and known is not None and known.here == here:
            return
        chosen = self._run_id() or here
        self.frame = frame
        self._show_caption()
        if not len(frame):
            table.show(NoRows(), empty="No run here yet: n starts one, a any other job.")
            self.query_one("#run-detail", Static).update("")
            return
        names = frame["run"].tolist()
        table.show(RunRows(frame, here), names.index(chosen) if chosen in names else None)

    @on(FrameTable.Rearranged)
    def _show_caption(self) -> None:
        table, count = self.all_runs, len(self.frame) if self.frame is not None else 0
        caption = Text("Runs", "bold", no_wrap=True, overflow="ellipsis")
        caption.append(literal(table.left_note), "bold reverse" if table.left_note else "")
        caption.append(f"  {count:,} in {literal(self.session.workspace)}", "")
        self.query_one("#runs-caption", Static).update(caption, layout=False)

    def _run_id(self) -> str:
        table = self.all_runs
        return str(self.frame["run"].iloc[table.row]) if self.frame is not None and table.count else ""

    def run(self) -> Run | None:
        """The run under the cursor."""
        return self._of(name) if (name := self._run_id()) else None

    def _of(self, name: str) -> Run:
        return Run(self.session.workspace / "runs" / name)

    @on(FrameTable.Moved, "#all-runs")
    def _moved(self) -> None:
        run = self.run()
        if run is not None:
            beside = bool(self.query_one("#held").display)
            self.load(lambda: (brief(run), contents(run) if beside else None), self.show_brief, self._no_brief)

    def show_brief(self, found: "tuple[Text, pd.DataFrame | None]") -> None:
        """The request of the run under the cursor, and beside the list what it holds."""
        text, held = found
        self.query_one("#run-detail", Static).update(text, layout=False)
        if held is not None:
            shown = held if self.size.width >= _MEANINGS_WIDTH else held[["table", "rows"]]
            self.query_one("#held", FoundTable).show(FrameRows(shown), empty="It holds nothing yet.")

    def _no_brief(self, error: NerspaceError) -> None:
        """A run may vanish while it is looked at."""
        self.query_one("#run-detail", Static).update(Text(literal(error)))

    @on(FrameTable.Marked, "#all-runs")
    def _marked(self, event: FrameTable.Marked) -> None:
        names = [key[0] for key in event.table.marks if isinstance(key, tuple)]
        self.session.overlaid = [self._of(str(name)) for name in sorted(names)]

    @on(FrameTable.Picked)
    def _picked(self, event: FrameTable.Picked) -> None:
        row = event.row if event.table.id == "held" else None
        if (run := self.run()) is not None:
            self.load(lambda: (run, contents(run), row), self.show_contents, awaited=True)

    def show_contents(self, found: "tuple[Run, pd.DataFrame, int | None]") -> None:
        """Show the request and the tables of a run; the table that was chosen of them over it."""
        run, held, row = found
        window = RunWindow(run, held)
        self.app.push_screen(window)
        if row is not None and row < len(held):
            window.call_after_refresh(window.picked, row)

    # -- actions

    def action_open(self) -> None:
        """Show the run on every screen."""
        if (run := self.run()) is not None:
            self.app.post_message(OpenRun(run))
            self.explorer.tell(f"{run.id} is shown on every screen.")

    def action_new_run(self) -> None:
        """Ask what to train and start it."""
        ask_for_run(self.explorer)

    def action_start_job(self) -> None:
        """Choose a job and start it, after a question or a form."""
        run = self.run()

        def chosen(row: int | None) -> None:
            if row is not None:
                self._start(list(STARTABLE)[row], run)

        window = ListWindow("start", "jobs", startable_table(), COLUMNS, "")
        self.app.push_screen(window, chosen)

    def _start(self, kind: str, run: Run | None) -> None:
        if STARTABLE[kind].request is None:
            ask_for_run(self.explorer, kind)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.load(lambda: start(self.session.workspace, kind, run), self.tell_started)

        of = f" with {literal(run.id)}" if STARTABLE[kind].needs_run and run is not None else ""
        question = f"Start {kind}{of}?"
        self.app.push_screen(ConfirmWindow(question, f"A run of its own: {STARTABLE[kind].meaning}."), answered)

    def tell_started(self, run: Run) -> None:
        """Say which run does it."""
        self.explorer.tell(f"Started {run.id}. o opens it; a bell rings when it ends.")
        self.run_changed()

    def action_label(self, what: str) -> None:
        """Ask for the name, the tags or the note of the run."""
        if (run := self.run()) is None:
            return
        try:
            known = read_labels(run)
        except NerspaceError:
            known = Labels()
        before = " ".join(known.tags) if what == "tags" else str(getattr(known, what))

        def typed(text: str | None) -> None:
            if text is not None:
                value: Any = parse_tags(text) if what == "tags" else text.strip()
                self.load(lambda: label(run, **{what: value}), self.take_labels)

        self.app.push_screen(PromptWindow(what, before), typed)

    def action_pin(self) -> None:
        """Pin the run, or no longer."""
        if (run := self.run()) is not None and self.frame is not None:
            pinned = bool(self.frame["pinned"].iloc[self.all_runs.row])
            self.load(lambda: label(run, pinned=not pinned), self.take_labels)

    def take_labels(self, labels: Labels) -> None:
        """Show them."""
        del labels
        self.run_changed()
        self._moved()

    def action_compare(self) -> None:
        """Lay two marked runs side by side."""
        if len(self.session.overlaid) != 2:
            self.explorer.tell(f"Mark two runs with space; {len(self.session.overlaid)} marked.", "warning")
            return
        a, b = self.session.overlaid
        self.load(lambda: read_comparison(a, b), self.show_comparison, awaited=True)

    def show_comparison(self, compared: Comparison) -> None:
        """Show both tables."""
        self.app.push_screen(CompareWindow(compared))

    def action_stop_run(self) -> None:
        """Ask to stop, after a question."""
        run = self.run()
        if run is None:
            return
        if self.frame is None or self.frame["state"].iloc[self.all_runs.row] not in ("running", "queued"):
            self.explorer.tell("This run is not running.", "warning")
            return

        def answered(yes: bool | None) -> None:
            if yes:
                from nerspace.engine.runs import jobs

                jobs.stop(run)
                self.explorer.tell(f"{run.id} was asked to stop.")

        consequence = "It ends after its next step and keeps everything so far; R goes on with it."
        self.app.push_screen(ConfirmWindow(f"Stop {literal(run.id)}?", consequence), answered)

    def action_resume_run(self) -> None:
        """Go on with a run that ended before its time."""
        if (run := self.run()) is not None:
            self.app.post_message(ResumeRun(run))

    def action_remove_run(self) -> None:
        """Delete a run, after a question."""
        run = self.run()
        if run is None:
            return

        def remove() -> str:
            from nerspace.engine import runs

            runs.remove(run)
            return run.id

        consequence = f"{literal(run.path)} goes with its tables, vectors and models. Nothing brings it back."
        question = ConfirmWindow(f"Delete {literal(run.id)}?", consequence)
        self.app.push_screen(question, lambda yes: self.load(remove, self.let_go) if yes else None)

    def let_go(self, name: str) -> None:
        """Let go of a run that was removed."""
        self.explorer.tell(f"{name} is gone.")
        self.session.overlaid = [run for run in self.session.overlaid if run.id != name]
        self.all_runs.marks.discard((name,))
        if self.session.run is not None and self.session.run.id == name:
            self.app.post_message(OpenRun(None))
        self.run_changed()

    def shown(self) -> Shown | None:
        """The list."""
        about = {"run": None, "workspace": str(self.session.workspace)}
        return Shown("runs", self.all_runs.rows, CATALOGUE["runs"].meanings, about=about)

    def copied(self) -> str:
        """The row or cell under the cursor."""
        return self.all_runs.copied()
