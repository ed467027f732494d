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
from nerspace.tui.colours import language_name, language_order
from nerspace.tui.explorer.listing import ListScreen
from nerspace.tui.explorer.screen import NO_RUN, Room
from nerspace.tui.explorer.training.lines import (
    MEASURES,
    correlation_matrix,
    language_lines,
    layers_of,
    loss_lines,
    losses_shown,
    measure_frame,
    measure_shown,
    measures_of,
    run_lines,
)
from nerspace.tui.explorer.training.news import News, read_news, sizes
from nerspace.tui.explorer.training.progress import Following, Traced
from nerspace.tui.explorer.training.text import machine_text, progress_text
from nerspace.tui.explorer.wrong_sentences import COLUMNS, word_by_word, wrong_sentences
from nerspace.tui.literal import literal
from nerspace.tui.widgets.curves import Curves
from nerspace.tui.widgets.found_table import FoundTable
from nerspace.tui.widgets.heatmap import Heatmap
from nerspace.tui.widgets.modals import ConfirmScreen
from nerspace.tui.widgets.rows import FrameRows, NoRows, Shown

if TYPE_CHECKING:
    import pandas as pd


POLL_SECONDS = 0.5
# Curves are drawn anew at most so often, which keeps a slow line free for keys.
DRAW_SECONDS = 2.0
_TRANSFER_HEIGHT = 20
# Below this width one of the two plots is enough, once a correlation matrix wants its room.
_TWO_WIDTH = 100
# Eleven languages, their heading, the scale and nine lines of errors.
_MATRIX_HEIGHT = 28


class TrainingRoom(Room):
    """Loss on the left, a measure of the space per language on the right, errors below."""

    BINDINGS = bindings("training")

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.following: Following | None = None
        self.told: list[Traced] = []
        self.overlaid: list[Traced] = []
        self.news: News | None = None
        self.transfer: pd.DataFrame | None = None
        self.measure = "mean_cosine"
        self.probed_layer: int | None = None
        self.model = ""
        self.language = ""
        self.overlay = False
        self.frames: list[tuple[Traced, pd.DataFrame]] = []
        self._asked_to_stop = False
        self._stale = False
        self._drawn_at = 0.0
        self._drawn_measure: object = None

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
        return self.query_one("#correlation" if self.measure == "correlation" else "#probes")

    def on_resize(self) -> None:
        """A low screen keeps the curves and leaves the table out; a narrow one leaves the loss out for a matrix."""
        self._make_room()

    def _make_room(self) -> None:
        matrix = self.measure == "correlation"
        focused = self.app.focused in (self.query_one("#probes"), self.query_one("#correlation"))
        self.query_one("#probes").display = not matrix
        self.query_one("#transfer").display = self.size.height >= (_MATRIX_HEIGHT if matrix else _TRANSFER_HEIGHT - 2)
        self.query_one("#correlation").display = matrix
        self.query_one("#loss").display = not matrix or self.size.width >= _TWO_WIDTH
        if focused:
            self._right().focus()

    def remembered(self) -> dict[str, Any]:
        """The measure."""
        return {"measure": self.measure}

    def recall(self, kept: Mapping[str, Any]) -> None:
        """The measure, if it is one."""
        if kept.get("measure") in MEASURES:
            self.measure = str(kept["measure"])

    def entered(self) -> None:
        """Other runs may have been marked meanwhile."""
        if self.is_mounted:
            self._read()

    def run_changed(self) -> None:
        """Follow the run from its beginning."""
        self.following = self.news = self.transfer = None
        self.told, self.overlaid, self.frames, self.model, self._asked_to_stop = [], [], [], "", False
        self._drawn_measure = None
        if (run := self.session.run) is None:
            for curves in self.query(Curves):
                curves.show("", ())
            self.query_one(Heatmap).show(None)
            self.query_one(FoundTable).show(NoRows(), empty="")
            self.query_one("#progress", Static).update(Text(NO_RUN))
            self.query_one("#machine", Static).update(Text("n asks what to train: donors, model, size, seeds, device."))
            return
        self.following = Following(run)
        self._read()

    def _poll(self) -> None:
        following = self.following
        if following is not None and self.display and (following.live or self._overlaid_go_on()):
            self._read()

    def _overlaid_go_on(self) -> bool:
        return self.overlay and any(run.path.joinpath("process.json").exists() for run in self.session.overlaid)

    def _read(self) -> None:
        following = self.following
        if following is None:
            return
        others = [other for other in self.session.overlaid if other != following.run] if self.overlay else []
        offset, any_step = following.offset, bool(following.steps)
        self.load("news", lambda: read_news(self.session, following.run, offset, any_step, others))

    def loaded_news(self, news: News) -> None:
        """Draw what is new."""
        following = self.following
        if following is None or following.run != news.run:
            return
        if news.shrunk:
            self.run_changed()
            return
        first = not following.state
        if following.state != news.state or len(news.told) != len(self.told):
            self.call_after_refresh(self.refresh_bindings)
        changed = following.see(news.events) or following.state != news.state
        following.state = news.state
        drawn = self.news is not None and sizes(self.news.overlaid) == sizes(news.overlaid)
        self.news = news
        self.told, self.overlaid = news.told or self.told, news.overlaid
        self._stale |= changed or first or not drawn
        if self._stale and (first or not following.live or time.monotonic() - self._drawn_at >= DRAW_SECONDS):
            self._draw()
        if first or self.transfer is not news.transfer:
            self.transfer = news.transfer
            self._show_transfer()
        self._show_progress()

    def failed(self, what: str, error: NerspaceError) -> None:
        """A run that is gone is followed no longer; the rest is told."""
        following = self.following
        if what != "news" or following is None:
            super().failed(what, error)
            return
        following.state, following.problem = "dead", str(error)
        self._show_progress()

    # -- drawing

    def traced(self) -> list[Traced]:
        """The models of the run."""
        if self.following is None:
            return []
        return self.following.traced() if self.following.steps else self.told

    def _chosen(self, traced: list[Traced]) -> list[Traced]:
        """The models whose measure is drawn: all in an overlay, else the one that was chosen or is trained now."""
        if self.overlay and self.overlaid:
            return [*traced, *self.overlaid]
        return [one for one in traced if one.model == self.model] or traced[-1:]

    def _draw(self) -> None:
        self._stale, self._drawn_at = False, time.monotonic()
        traced = self.traced()
        waiting = (
            "Nothing yet: the first step is still to come."
            if self.following and self.following.live
            else "This run has none."
        )
        everything = [*traced, *(self.overlaid if self.overlay else [])]
        last = [one for one in traced if len(one.steps)][-1:]
        loss = f"loss  {last[0].steps['loss'].iloc[-1]:.3f}" if last else "loss"
        self.query_one("#loss", Curves).show(loss, loss_lines(everything), waiting)
        chosen = self._chosen(traced)
        measures = measures_of(chosen)
        if measures and self.measure not in measures:
            self.measure = measures[0]
        layers = layers_of(chosen, self.measure)
        if layers and self.probed_layer not in layers:
            self.probed_layer = layers[-1]
        # Steps come more often than probes, and what has not changed is not drawn.
        shown = (self.measure, self.probed_layer, self.language, waiting, len(traced),
                 [(one.run, one.model, len(one.probes)) for one in chosen])  # fmt: skip
        if shown != self._drawn_measure:
            self._drawn_measure = shown
            self.frames = [(one, measure_frame(one, self.measure, self.probed_layer)) for one in chosen]
            self._make_room()
            self._draw_measure(waiting)

    def _draw_measure(self, waiting: str) -> None:
        name = MEASURES.get(self.measure, self.measure)
        caption = f"{name} · layer {self.probed_layer}" if self.probed_layer is not None else name
        overlaid = len({one.run for one, _ in self.frames}) > 1
        if not overlaid and len(self.traced()) > 1 and self.frames:
            caption += f" · {literal(self.frames[0][0].model)}"
        if self.measure == "correlation":
            matrix = correlation_matrix(self.frames[0][1], caption) if self.frames else None
            self.query_one(Heatmap).show(matrix, "Two probes after the first make the first correlation.")
            return
        lines = language_lines(self.frames[0][1]) if self.frames and not overlaid else []
        if overlaid:
            codes = self._languages()
            self.language = self.language if self.language in codes else next(iter(codes), "")
            caption += f" · {self.language} {language_name(self.language)}"
            lines = run_lines(self.frames, self.language)
        self.query_one("#probes", Curves).show(caption, lines, waiting)

    def _languages(self) -> list[str]:
        frames = [frame for _, frame in self.frames if "language" in frame]
        return language_order(sorted({str(code) for frame in frames for code in frame["language"].unique()}))

    def _show_transfer(self) -> None:
        table = self.query_one(FoundTable)
        if self.transfer is None or not len(self.transfer):
            ended = self.following is not None and not self.following.live
            table.show(NoRows(), empty="This run counted no errors." if ended else "Errors are counted after training.")
        else:
            table.show(FrameRows(self.transfer, 2, ("donor", "recipient", "seed")), table.row)

    def _show_progress(self) -> None:
        following = self.following
        if following is None:
            return
        traced = self.traced()
        self.query_one("#progress", Static).update(progress_text(following, traced, self._asked_to_stop))
        news, marked = self.news, len({one.run for one in self.overlaid}) if self.overlay else 0
        device, memory = (news.device, news.memory) if news else ("", None)
        self.query_one("#machine", Static).update(machine_text(following, device, memory, len(traced), marked))

    @on(FoundTable.Picked)
    def _picked(self, event: FoundTable.Picked) -> None:
        if self.transfer is None:
            return
        row = self.transfer.iloc[event.row]
        donor, recipient, seed = str(row["donor"]), str(row["recipient"]), int(row["seed"])
        self.load("wrong", lambda: (donor, recipient, wrong_sentences(self.session, donor, recipient, seed)))

    def loaded_wrong(self, found: "tuple[str, str, pd.DataFrame | None]") -> None:
        """List the sentences that a recipient gets wrong."""
        donor, recipient, frame = found
        if frame is None:
            self.explorer.tell("This run kept no predictions.", "warning")
            return

        def read(row: int | None) -> None:
            if row is not None:
                self.app.push_screen(word_by_word(frame.iloc[row]))

        title = f"{len(frame):,} wrong in {language_name(recipient)}, trained on {language_name(donor)}"
        listing = ListScreen(title, f"wrong_{donor}_{recipient}", frame, COLUMNS, "No sentence is wrong.")
        self.app.push_screen(listing, read)

    # -- actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave out of the keys what can do nothing now."""
        del parameters
        state = self.following.state if self.following else ""
        return {
            "model": len(self.following.models if self.following and self.following.steps else self.told) > 1,
            "language": self.overlay, "stop_run": state in ("running", "queued"),
            "resume_run": state in ("stopped", "failed", "dead"),
        }.get(action, True)  # fmt: skip

    def _turn(self, choices: list[Any], now: Any, step: int) -> Any:
        return choices[(choices.index(now) + step) % len(choices)] if now in choices else choices[0]

    def action_measure(self, step: int = 1) -> None:
        """The next measure that was probed, or made from what was probed."""
        if measures := measures_of(self._chosen(self.traced())):
            self.measure = self._turn(measures, self.measure, step)
            self._draw()

    def action_layer(self, step: int) -> None:
        """Another layer that was probed."""
        if layers := layers_of(self._chosen(self.traced()), self.measure):
            self.probed_layer = self._turn(layers, self.probed_layer, step)
            self._draw()

    def action_model(self) -> None:
        """The next donor and seed of the run."""
        models = [one.model for one in self.traced()]
        if len(models) < 2:
            self.explorer.tell("This run trains one model.")
            return
        self.model = self._turn(models, self.model or models[-1], 1)
        self._draw()

    def action_language(self) -> None:
        """The next language of an overlay."""
        if self.overlay and (codes := self._languages()):
            self.language = self._turn(codes, self.language, 1)
            self._draw()

    def action_overlay(self) -> None:
        """Draw the marked runs over this one, or leave them out again."""
        if not self.overlay and not [run for run in self.session.overlaid if run != self.session.run]:
            self.explorer.tell(
                "No other run is marked: on Runs (8), space marks what is to lie over this one.", "warning"
            )
            return
        self.overlay = not self.overlay
        if not self.overlay:
            self.overlaid = []
            self._draw()
            self._show_progress()
        self._read()

    def action_next_view(self) -> None:
        """From the loss to the measure to the errors."""
        stops = [view for view in self.query("#loss, #probes, #correlation, #transfer") if view.display]
        place = stops.index(self.app.focused) if self.app.focused in stops else -1
        stops[(place + 1) % len(stops)].focus()

    def action_new_run(self) -> None:
        """Ask what to train and start it."""
        from nerspace.tui.explorer.training.new_run import NewRunScreen

        self.app.push_screen(NewRunScreen(self.session), self.explorer.open_run)

    def action_resume_run(self) -> None:
        """Go on with a run that ended before its time."""
        if self.session.run is not None:
            self.explorer.resume(self.session.run)

    def action_stop_run(self) -> None:
        """Ask to stop, after a question."""
        following = self.following
        if following is None or following.state != "running":
            self.explorer.tell("This run is not running.", "warning")
            return

        def answered(yes: bool | None) -> None:
            if yes:
                from nerspace.engine.runs import jobs

                jobs.stop(following.run)
                self._asked_to_stop = True
                self._show_progress()

        question = f"Stop {literal(following.run.id)}?"
        self.app.push_screen(
            ConfirmScreen(question, "It ends after its next step and keeps everything so far."), answered
        )

    def shown(self) -> Shown | None:
        """The table behind the view with the focus."""
        focused = self.app.focused
        if focused is not None and focused.id == "transfer":
            frame = self.transfer
            return None if frame is None else Shown("transfer", FrameRows(frame), CATALOGUE["transfer"].meanings)
        if focused is not None and focused.id == "loss":
            return losses_shown([*self.traced(), *(self.overlaid if self.overlay else [])])
        return measure_shown(self.frames, self.measure, self.probed_layer, self.language)

    def copied(self) -> str:
        """The row of the table, or the last values of the curves."""
        focused = self.app.focused
        if isinstance(focused, FoundTable):
            return focused.copied()
        return focused.latest() if isinstance(focused, Curves) else ""
