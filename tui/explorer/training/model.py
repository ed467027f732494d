"""What the training screen shows: the run that is followed, others over it, and which measure of which models."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from nerspace.engine.runs import Run
from nerspace.tui.colours import language_name, language_order
from nerspace.tui.explorer.screen import FINE_TUNING
from nerspace.tui.explorer.training.following import Following, RunUpdate, Trace
from nerspace.tui.explorer.training.measures import (
    MEASURES,
    chance_text,
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
from nerspace.tui.literal import literal
from nerspace.tui.widgets.curves import Line
from nerspace.tui.widgets.heatmap import Matrix
from nerspace.tui.widgets.rows import Shown

if TYPE_CHECKING:
    import pandas as pd

Choice = TypeVar("Choice")


@dataclass(slots=True)
class TrainingModel:
    """What the training screen shows.

    Attributes:
        layer: the one that the measure is drawn of.
        model: likewise.
        language: likewise, in an overlay of several runs alone.
        update: what the last look into the run brought.
        frames: the rows of the measure, by model.
    """

    measure: str = "mean_cosine"
    layer: int | None = None
    model: str = ""
    language: str = ""
    overlay: bool = False
    following: Following | None = None
    update: RunUpdate | None = None
    frames: "list[tuple[Trace, pd.DataFrame]]" = field(default_factory=list)
    stop_requested: bool = False
    _in_tables: list[Trace] = field(default_factory=list)
    _overlaid: list[Trace] = field(default_factory=list)
    _drawn: object = None

    def follow(self, run: Run | None) -> None:
        """Begin with a run; measure, layer, language and overlay stay."""
        self.following = None if run is None else Following(run)
        self.update, self.model, self.stop_requested, self._drawn = None, "", False, None
        self._in_tables, self._overlaid, self.frames = [], [], []

    def take(self, update: RunUpdate) -> bool:
        """Take in what a look brought; whether the curves are other ones now."""
        following = self.following
        assert following is not None  # noqa: S101
        before, first = self._overlaid, self.update is None
        changed = following.see(update.events) or following.state != update.state
        following.state, self.update = update.state, update
        self._in_tables, self._overlaid = update.in_tables or self._in_tables, update.overlaid
        return changed or first or _sizes(before) != _sizes(self._overlaid)

    # -- models and what can be chosen

    @property
    def live(self) -> bool:
        """Whether the run goes on."""
        return self.following is not None and self.following.live

    @property
    def trains(self) -> bool:
        """Whether the run goes on and is of a kind that fine-tunes."""
        return self.live and self.update is not None and self.update.kind in FINE_TUNING

    @property
    def transfer(self) -> "pd.DataFrame | None":
        """The errors per recipient."""
        return self.update.transfer if self.update else None

    @property
    def traces(self) -> list[Trace]:
        """The models of the run."""
        if self.following is None:
            return []
        return self.following.traces() if self.following.steps else self._in_tables

    @property
    def several_models(self) -> bool:
        """Whether the run trains more than one."""
        models = self.following.models if self.following and self.following.steps else self._in_tables
        return len(models) > 1

    @property
    def overlaid(self) -> list[Trace]:
        """The models of other runs that lie over it."""
        return self._overlaid if self.overlay else []

    def _chosen(self) -> list[Trace]:
        """The models whose measure is drawn: all in an overlay, else the one that was chosen or is trained now."""
        traces = self.traces
        if self.overlaid:
            return [*traces, *self.overlaid]
        return [one for one in traces if one.model == self.model] or traces[-1:]

    def _languages(self) -> list[str]:
        frames = [frame for _, frame in self.frames if "language" in frame]
        return language_order(sorted({str(code) for frame in frames for code in frame["language"].unique()}))

    def next_measure(self, step: int) -> bool:
        """Another measure that was probed, or made from what was probed; whether there is any."""
        if measures := measures_of(self._chosen()):
            self.measure = _turned(measures, self.measure, step)
        return bool(measures)

    def next_layer(self, step: int) -> bool:
        """Another layer at which the measure was probed; whether there is any."""
        if layers := layers_of(self._chosen(), self.measure):
            self.layer = _turned(layers, self.layer, step)
        return bool(layers)

    def next_model(self) -> bool:
        """The next model of the run; whether there are several."""
        models = [one.model for one in self.traces]
        if len(models) > 1:
            self.model = _turned(models, self.model or models[-1], 1)
        return len(models) > 1

    def next_language(self) -> bool:
        """The next language of an overlay; whether there is one."""
        if not self.overlay or not (codes := self._languages()):
            return False
        self.language = _turned(codes, self.language, 1)
        return True

    # -- what is drawn

    def loss(self) -> tuple[str, list[Line]]:
        """Caption and lines of the losses."""
        traces = self.traces
        last = [one for one in traces if len(one.steps)][-1:]
        caption = f"loss  {last[0].steps['loss'].iloc[-1]:z.3f}" if last else "loss"
        return caption, loss_lines([*traces, *self.overlaid])

    def cut_measure(self) -> bool:
        """Cut the rows of the measure, at a layer that it has; whether they are other ones than those drawn last."""
        chosen = self._chosen()
        measures = measures_of(chosen)
        if measures and self.measure not in measures:
            self.measure = measures[0]
        layers = layers_of(chosen, self.measure)
        if layers and self.layer not in layers:
            self.layer = layers[-1]
        # Steps come more often than probes, and what has not changed is not drawn.
        key = self.measure, self.layer, self.language, self.live, len(self.traces), _sizes(chosen, steps=False)
        if key == self._drawn:
            return False
        self._drawn = key
        self.frames = [(one, measure_frame(one, self.measure, self.layer)) for one in chosen]
        return True

    def measure_lines(self) -> tuple[str, list[Line]]:
        """Caption and lines of the measure: of one model in all languages, or of several runs in one language."""
        caption = self._caption()
        if len({one.run for one, _ in self.frames}) < 2:
            return caption, language_lines(self.frames[0][1]) if self.frames else []
        codes = self._languages()
        self.language = self.language if self.language in codes else next(iter(codes), "")
        return f"{caption} · {self.language} {language_name(self.language)}", run_lines(self.frames, self.language)

    def correlations(self) -> Matrix | None:
        """The matrix of the measure `correlation`."""
        return correlation_matrix(self.frames[0][1], self._caption()) if self.frames else None

    def _caption(self) -> str:
        name = MEASURES.get(self.measure, self.measure)
        caption = f"{name} · layer {self.layer}" if self.layer is not None else name
        if self.frames and len({one.run for one, _ in self.frames}) == 1 and len(self.traces) > 1:
            caption += f" · {literal(self.frames[0][0].model)}"
        return caption + chance_text([frame for _, frame in self.frames])

    def losses_shown(self) -> Shown | None:
        """The losses as a table."""
        return losses_shown([*self.traces, *self.overlaid])

    def measure_shown(self) -> Shown | None:
        """The measure as a table."""
        return measure_shown(self.frames, self.measure, self.layer, self.language)


def _sizes(traces: Sequence[Trace], steps: bool = True) -> list[tuple[str, str, int, int]]:
    """Whether anything is new of some models can be seen from these."""
    return [(one.run, one.model, len(one.steps) if steps else 0, len(one.probes)) for one in traces]


def _turned(choices: Sequence[Choice], now: Choice | None, step: int) -> Choice:
    """The choice some places after the one of now, round the end; the first where that is none of them."""
    return choices[(choices.index(now) + step) % len(choices)] if now in choices else choices[0]
