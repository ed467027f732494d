"""Training: the curves of the run, live while it goes on, and its errors per recipient."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from nerspace.engine.catalogue import CATALOGUE
from nerspace.tui.actions import bindings
from nerspace.tui.literal import literal
from nerspace.tui.palette import class_style, language_name, language_order
from nerspace.tui.progress import Following, clock
from nerspace.tui.rows import FrameRows, NoRows, Shown
from nerspace.tui.screens.errors import COLUMNS, word_by_word, wrong_sentences
from nerspace.tui.screens.listing import ListScreen
from nerspace.tui.screens.modals import ConfirmScreen
from nerspace.tui.screens.room import NO_RUN, Room
from nerspace.tui.widgets.curves import Curves, Line
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.run_bar import state_sign

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.runs import Run

POLL_SECONDS = 0.5
_TRANSFER_HEIGHT = 20
_MEASURES = {"mean_cosine": "mean cosine", "isoscore": "IsoScore"}


@dataclass(frozen=True, slots=True)
class News:
    """What a look into the run's folder brought."""

    run: "Run"
    state: str
    events: list[tuple[int, dict[str, Any]]]
    transfer: "pd.DataFrame | None"
    steps: "pd.DataFrame | None" = None
    probes: "pd.DataFrame | None" = None


class TrainingRoom(Room):
    """Loss on the left, a measure of the space per language on the right, errors below."""

    BINDINGS = bindings("training")

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.following: Following | None = None
        self.steps: pd.DataFrame | None = None
        self.probes: pd.DataFrame | None = None
        self.transfer: pd.DataFrame | None = None
        self.measure = "mean_cosine"
        self.probed_layer: int | None = None
        self._asked_to_stop = False

    def compose(self) -> ComposeResult:
        """State, curves, errors."""
        yield Static(id="progress", classes="caption", markup=False)
        with Horizontal(id="curves"):
            yield Curves(id="loss")
            yield Curves(id="probes")
        yield FrameTable(id="transfer", empty="Loading …")

    def on_mount(self) -> None:
        """Follow the run."""
        self.run_changed()
        self.set_interval(POLL_SECONDS, self._poll)

    def focus_target(self) -> Widget | None:
        """The curves of the probes."""
        return self.query_one("#probes")

    def on_resize(self) -> None:
        """A low screen keeps the curves and leaves the table out."""
        self.query_one("#transfer").display = self.size.height >= _TRANSFER_HEIGHT - 2

    def run_changed(self) -> None:
        """Follow the run from its beginning."""
        self.following = self.steps = self.probes = self.transfer = None
        if (run := self.session.run) is None:
            for curves in self.query(Curves):
                curves.show("", ())
            self.query_one(FrameTable).show(NoRows(), empty="")
            self.query_one("#progress", Static).update(Text(NO_RUN))
            return
        self.following = Following(run)
        self._read()

    def _poll(self) -> None:
        if self.following is not None and self.following.live and self.display:
            self._read()

    def _read(self) -> None:
        following = self.following
        if following is None:
            return
        run, offset = following.run, following.offset

        def look() -> News:
            state = run.info()["state"]
            events = list(run.events(offset))
            transfer = self.session.table("transfer")
            if any(event["event"] in ("step", "probe") for _, event in events) or offset:
                return News(run, state, events, transfer)
            # A run that was copied without its events still has its tables.
            return News(run, state, events, transfer, self.session.table("steps"), self.session.table("probes"))

        self.load("news", look)

    def loaded_news(self, news: News) -> None:
        """Draw what is new."""
        following = self.following
        if following is None or following.run != news.run:
            return
        first = not following.state
        changed = following.see(news.events) or following.state != news.state
        following.state = news.state
        if changed or first:
            self.steps = following.step_frame() if following.steps else news.steps
            self.probes = following.probe_frame() if following.probes else news.probes
            self._draw()
        if first or self.transfer is not news.transfer:
            self.transfer = news.transfer
            self._show_transfer()
        self._show_progress()

    # -- drawing

    def _draw(self) -> None:
        waiting = (
            "Nothing yet: the first step is still to come."
            if self.following and self.following.live
            else "This run has none."
        )
        loss = self.steps
        lines = (
            []
            if loss is None
            else [Line("loss", _floats(loss["step"]), _floats(loss["loss"]), Style(color="color(75)"))]
        )
        last = "" if loss is None or not len(loss) else f"  {loss['loss'].iloc[-1]:.3f}"
        self.query_one("#loss", Curves).show(f"loss{last}", lines, waiting)
        self.query_one("#probes", Curves).show(self._probe_caption(), self._probe_lines(), waiting)

    def _layers(self) -> list[int]:
        return [] if self.probes is None else sorted(int(layer) for layer in self.probes["layer"].unique())

    def _probe_caption(self) -> str:
        if self.probed_layer is None and (layers := self._layers()):
            self.probed_layer = layers[-1]
        name = _MEASURES.get(self.measure, self.measure)
        return f"{name} · layer {self.probed_layer}" if self.probed_layer is not None else name

    def _chosen_probes(self) -> "pd.DataFrame | None":
        if self.probes is None:
            return None
        return self.probes[(self.probes["measure"] == self.measure) & (self.probes["layer"] == self.probed_layer)]

    def _probe_lines(self) -> list[Line]:
        chosen = self._chosen_probes()
        if chosen is None:
            return []
        codes = language_order([str(code) for code in chosen["language"].unique()])
        groups = {str(code): group for code, group in chosen.groupby("language", sort=False)}
        return [
            Line(code, _floats(groups[code]["step"]), _floats(groups[code]["value"]), class_style(code, place))
            for place, code in enumerate(codes)
        ]

    def _show_transfer(self) -> None:
        table = self.query_one(FrameTable)
        if self.transfer is None or not len(self.transfer):
            ended = self.following is not None and not self.following.live
            table.show(NoRows(), empty="This run counted no errors." if ended else "Errors are counted after training.")
        else:
            table.show(FrameRows(self.transfer, 2, ("donor", "recipient", "seed")), table.row)

    def _show_progress(self) -> None:
        following = self.following
        if following is None:
            return
        sign, style = state_sign(following.state)
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(f"{sign} {following.state}", f"bold {style}")
        if following.live:
            done, total = following.remaining.done, following.remaining.total
            text.append(f"  {literal(following.label)}")
            if total:
                text.append(f"  {done:,} of {total:,} {literal(following.unit)}  ").append(_bar(done / total, 14))
            if (seconds := following.remaining.seconds()) is not None:
                text.append(f"  {clock(seconds)} left")
            if self._asked_to_stop:
                text.append("  stopping …", "bold")
        else:
            if self.steps is not None and len(self.steps):
                last = self.steps.iloc[-1]
                text.append(
                    f"  {int(last['step']):,} steps · {int(last['sentences']):,} sentences · {clock(last['seconds'])}"
                )
            if following.problem:
                text.append(f"  {literal(following.problem)}", "bold")
        self.query_one("#progress", Static).update(text)

    @on(FrameTable.Picked)
    def _picked(self, event: FrameTable.Picked) -> None:
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

    def action_measure(self) -> None:
        """The next measure that was probed."""
        if self.probes is None or not len(self.probes):
            return
        names = [str(name) for name in self.probes["measure"].unique()]
        self.measure = names[(names.index(self.measure) + 1) % len(names)] if self.measure in names else names[0]
        self._draw()

    def action_layer(self, step: int) -> None:
        """Another layer that was probed."""
        if layers := self._layers():
            self.probed_layer = (
                layers[(layers.index(self.probed_layer) + step) % len(layers)]
                if self.probed_layer in layers
                else layers[-1]
            )
            self._draw()

    def action_next_view(self) -> None:
        """From the loss to the probes to the errors."""
        stops = [view for view in self.query("#loss, #probes, #transfer") if view.display]
        place = stops.index(self.app.focused) if self.app.focused in stops else -1
        stops[(place + 1) % len(stops)].focus()

    def action_stop_run(self) -> None:
        """Ask to stop, after a question."""
        following = self.following
        if following is None or following.state != "running":
            self.explorer.tell("This run is not running.", "warning")
            return

        def answered(yes: bool | None) -> None:
            if yes:
                from nerspace.engine import jobs

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
        if focused is not None and focused.id == "loss":
            frame, name, table = self.steps, "steps", "steps"
        elif focused is not None and focused.id == "transfer":
            frame, name, table = self.transfer, "transfer", "transfer"
        else:
            frame, name, table = self._chosen_probes(), f"probes_{self.measure}_{self.probed_layer}", "probes"
        return None if frame is None else Shown(name, FrameRows(frame), CATALOGUE[table].columns)

    def copied(self) -> str:
        """The row of the table, or the last values of the curves."""
        focused = self.app.focused
        if isinstance(focused, FrameTable):
            return focused.copied()
        return focused.latest() if isinstance(focused, Curves) else ""


def _floats(column: "pd.Series[Any]") -> "np.ndarray[Any, Any]":
    return column.to_numpy(dtype=float, na_value=np.nan)


def _bar(share: float, width: int) -> Text:
    full = round(share * width)
    return Text.assemble(("━" * full, "bold"), ("━" * (width - full), "dim"))
