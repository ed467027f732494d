"""Training: the curves of the run, live while it goes on, and its errors per recipient."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from nerspace.engine.errors import NerspaceError
from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.actions import bindings
from nerspace.tui.colours import language_name
from nerspace.tui.explorer.list_window import ListWindow
from nerspace.tui.explorer.messages import ResumeRun
from nerspace.tui.explorer.screen import NO_RUN, ExplorerScreen
from nerspace.tui.explorer.sentences import COLUMNS, word_by_word, wrong_sentences
from nerspace.tui.explorer.training.following import RunUpdate, read_update
from nerspace.tui.explorer.training.form import ask_for_run
from nerspace.tui.explorer.training.measures import MEASURES
from nerspace.tui.explorer.training.model import TrainingModel
from nerspace.tui.explorer.training.text import machine_text, progress_text
from nerspace.tui.literal import literal
from nerspace.tui.widgets.curves import Curves
from nerspace.tui.widgets.found_table import FoundTable
from nerspace.tui.widgets.heatmap import Heatmap
from nerspace.tui.widgets.modals import ConfirmWindow
from nerspace.tui.widgets.rows import FrameRows, NoRows, Shown

if TYPE_CHECKING:
    import pandas as pd


POLL_SECONDS = 0.5
# Curves are drawn anew at most so often, which keeps a slow line free for keys.
DRAW_SECONDS = 2.0
_TRANSFER_HEIGHT = 20
# Below this width one of the two plots is enough, once a correlation matrix is drawn.
_TWO_WIDTH = 100
# Eleven languages, their heading, the scale and nine lines of errors.
_MATRIX_HEIGHT = 28


class TrainingScreen(ExplorerScreen):
    """Loss on the left, a measure of the space per language on the right, errors below."""

    BINDINGS = bindings("training")

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._is_reading = False
        self.model = TrainingModel()
        self._stale = False
        self._drawn_at = 0.0
        self._transfer_drawn: pd.DataFrame | None = None

    def compose(self) -> ComposeResult:
        """State, curves, errors."""
        yield Static(id="progress", classes="caption", markup=False)
        yield Static(id="machine", classes="caption", markup=False)
        with Horizontal(id="curves"):
            yield Curves(id="loss")
            yield Curves(id="probes")
            yield Heatmap(id="correlation")
        yield FoundTable(id="transfer", empty="Loading …")

    def on_mount(self) -> None:
        """Follow the run."""
        self.query_one("#correlation").display = False
        self.run_changed()
        self.set_interval(POLL_SECONDS, self._poll)

    def focus_target(self) -> Widget | None:
        """The measure."""
        return self._right()

    def _right(self) -> Widget:
        return self.query_one("#correlation" if self.model.measure == "correlation" else "#probes")

    def on_resize(self) -> None:
        """A low screen keeps the curves and leaves the table out; a narrow one leaves the loss out for a matrix."""
        self._fit_plots()

    def _fit_plots(self) -> None:
        matrix = self.model.measure == "correlation"
        focused = self.app.focused in (self.query_one("#probes"), self.query_one("#correlation"))
        self.query_one("#probes").display = not matrix
        self.query_one("#transfer").display = self.size.height >= (_MATRIX_HEIGHT if matrix else _TRANSFER_HEIGHT - 2)
        self.query_one("#correlation").display = matrix
        self.query_one("#loss").display = not matrix or self.size.width >= _TWO_WIDTH
        if focused:
            self.screen.set_focus(self._right())

    def remembered(self) -> dict[str, Any]:
        """The measure."""
        return {"measure": self.model.measure}

    def recall(self, saved: Mapping[str, Any]) -> None:
        """The measure, if it is one."""
        if saved.get("measure") in MEASURES:
            self.model.measure = str(saved["measure"])

    def entered(self) -> None:
        """Other runs may have been marked meanwhile."""
        if self.is_mounted and (self.model.overlay or not self._is_reading):
            self._read()

    def run_changed(self) -> None:
        """Follow the run from its beginning."""
        run = self.session.run
        self.model.follow(run)
        if run is not None:
            self._read()
            return
        for curves in self.query(Curves):
            curves.show("", ())
        self.query_one(Heatmap).show(None)
        self.query_one(FoundTable).show(NoRows(), empty="")
        self.query_one("#progress", Static).update(Text(NO_RUN))
        self.query_one("#machine", Static).update(Text("n asks what to train: donors, model, size, seeds, device."))

    def _poll(self) -> None:
        # A look that takes longer than the time between two would be made void by the next one, for ever.
        if self.display and not self._is_reading and (self.model.live or self._overlaid_go_on()):
            self._read()

    def _overlaid_go_on(self) -> bool:
        return self.model.overlay and any(run.path.joinpath("process.json").exists() for run in self.session.overlaid)

    def _read(self) -> None:
        following = self.model.following
        if following is None:
            return
        others = [other for other in self.session.overlaid if other != following.run] if self.model.overlay else []
        self._is_reading = True
        run, offset, any_step = following.run, following.offset, bool(following.steps)
        self.load(lambda: read_update(self.session, run, offset, any_step, others), self.take_update, self._run_gone)

    def take_update(self, update: RunUpdate) -> None:
        """Draw what is new."""
        self._is_reading = False
        following = self.model.following
        if following is None or following.run != update.run:
            return
        if update.shrunk:
            self.run_changed()
            return
        first, several, state = self.model.update is None, self.model.several_models, following.state
        self._stale |= self.model.take(update)
        if state != following.state or several != self.model.several_models:
            self.call_after_refresh(self.refresh_bindings)
        if self._stale and (first or not following.live or time.monotonic() - self._drawn_at >= DRAW_SECONDS):
            self._draw()
        if first or self._transfer_drawn is not update.transfer:
            self._show_transfer()
        self._show_progress()

    def _run_gone(self, error: NerspaceError) -> None:
        """A run that is gone is followed no longer."""
        self._is_reading = False
        if (following := self.model.following) is not None:
            following.state, following.problem = "dead", str(error)
            self._show_progress()

    # -- drawing

    def _draw(self) -> None:
        self._stale, self._drawn_at = False, time.monotonic()
        waiting = "Nothing yet: the first step is still to come." if self.model.trains else "This run has none."
        self.query_one("#loss", Curves).show(*self.model.loss(), waiting)
        if not self.model.cut_measure():
            return
        self._fit_plots()
        if self.model.measure == "correlation":
            none = "Two probes after the first make the first correlation."
            self.query_one(Heatmap).show(self.model.correlations(), none)
        else:
            self.query_one("#probes", Curves).show(*self.model.measure_lines(), waiting)

    def _show_transfer(self) -> None:
        table, transfer = self.query_one(FoundTable), self.model.transfer
        self._transfer_drawn = transfer
        if transfer is None or not len(transfer):
            none = "Errors are counted after training." if self.model.trains else "Errors of other jobs: 6 Transfer."
            table.show(NoRows(), empty=none)
        else:
            table.show(FrameRows(transfer, 2, ("donor", "recipient", "seed")), table.row)

    def _show_progress(self) -> None:
        model = self.model
        if (following := model.following) is None:
            return
        traces, marked = model.traces, len({one.run for one in model.overlaid})
        self.query_one("#progress", Static).update(progress_text(following, traces, model.stop_requested))
        device, memory = (model.update.device, model.update.memory) if model.update else ("", None)
        self.query_one("#machine", Static).update(machine_text(following, device, memory, len(traces), marked))

    @on(FoundTable.Rearranged)
    def _rearranged(self, event: FoundTable.Rearranged) -> None:
        """Say over the errors which of them are left."""
        event.table.border_title = Text(literal(f"errors{event.table.left_note}"))

    @on(FoundTable.Picked)
    def _picked(self, event: FoundTable.Picked) -> None:
        if (transfer := self.model.transfer) is None:
            return
        row = transfer.iloc[event.row]
        donor, recipient, seed = str(row["donor"]), str(row["recipient"]), int(row["seed"])
        self.load(
            lambda: (donor, recipient, wrong_sentences(self.session, donor, recipient, seed)),
            self.show_wrong,
            awaited=True,
        )

    def show_wrong(self, found: "tuple[str, str, pd.DataFrame | None]") -> None:
        """List the sentences that a recipient gets wrong."""
        donor, recipient, frame = found
        if frame is None:
            self.explorer.tell("This run kept no predictions: o opens another, n starts one.", "warning")
            return

        def read(row: int | None) -> None:
            if row is not None:
                self.app.push_screen(word_by_word(frame.iloc[row]))

        title = f"{len(frame):,} wrong in {language_name(recipient)}, trained on {language_name(donor)}"
        listing = ListWindow(title, f"wrong_{donor}_{recipient}", frame, COLUMNS, "No sentence is wrong.")
        self.app.push_screen(listing, read)

    # -- actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave out of the keys what can do nothing now."""
        del parameters
        state = self.model.following.state if self.model.following else ""
        return {
            "model": self.model.several_models, "language": self.model.overlay,
            "stop_run": state in ("running", "queued"), "resume_run": state in ("stopped", "failed", "dead"),
        }.get(action, True)  # fmt: skip

    def action_measure(self, step: int = 1) -> None:
        """The next measure that was probed, or made from what was probed."""
        if self.model.next_measure(step):
            self._draw()

    def action_layer(self, step: int) -> None:
        """Another layer that was probed."""
        if self.model.next_layer(step):
            self._draw()

    def action_model(self) -> None:
        """The next donor and seed of the run."""
        if self.model.next_model():
            self._draw()
        else:
            self.explorer.tell("This run trains one model.")

    def action_language(self) -> None:
        """The next language of an overlay."""
        if self.model.next_language():
            self._draw()

    def action_overlay(self) -> None:
        """Draw the marked runs over this one, or leave them out again."""
        if not self.model.overlay and not [run for run in self.session.overlaid if run != self.session.run]:
            self.explorer.tell(
                "No other run is marked: on Runs (8), space marks what is to lie over this one.", "warning"
            )
            return
        self.model.overlay = not self.model.overlay
        if not self.model.overlay:
            self._draw()
            self._show_progress()
        self._read()

    def action_next_view(self) -> None:
        """From the loss to the measure to the errors."""
        stops = [view for view in self.query("#loss, #probes, #correlation, #transfer") if view.display]
        place = stops.index(self.app.focused) if self.app.focused in stops else -1
        self.screen.set_focus(stops[(place + 1) % len(stops)])

    def action_new_run(self) -> None:
        """Ask what to train and start it."""
        ask_for_run(self.explorer)

    def action_resume_run(self) -> None:
        """Go on with a run that ended before its time."""
        if self.session.run is not None:
            self.app.post_message(ResumeRun(self.session.run))

    def action_stop_run(self) -> None:
        """Ask to stop, after a question."""
        following = self.model.following
        if following is None or following.state != "running":
            self.explorer.tell("This run is not running.", "warning")
            return

        def answered(yes: bool | None) -> None:
            if yes:
                from nerspace.engine.runs import jobs

                jobs.stop(following.run)
                self.model.stop_requested = True
                self._show_progress()

        question = f"Stop {literal(following.run.id)}?"
        self.app.push_screen(
            ConfirmWindow(question, "It ends after its next step and keeps everything so far."), answered
        )

    def shown(self) -> Shown | None:
        """The table behind the view with the focus."""
        focused = self.app.focused
        if focused is not None and focused.id == "transfer":
            frame = self.model.transfer
            return None if frame is None else Shown("transfer", FrameRows(frame), CATALOGUE["transfer"].meanings)
        if focused is not None and focused.id == "loss":
            return self.model.losses_shown()
        return self.model.measure_shown()

    def copied(self) -> str:
        """The row of the table, or the last values of the curves."""
        focused = self.app.focused
        if isinstance(focused, FoundTable):
            return focused.copied()
        return focused.latest() if isinstance(focused, Curves) else ""
