"""Paper: the paper's claims with their verdicts and the figure of each beside it; enter opens the table behind."""

from dataclasses import replace
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal
from textual.widget import Widget
from textual.widgets import Static

from nerspace.engine.paper.claims import item_table
from nerspace.engine.paper.published import ITEMS
from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.actions import bindings
from nerspace.tui.explorer.list_window import ListWindow
from nerspace.tui.explorer.paper.model import (
    CORRELATIONS,
    CurveFigure,
    Figure,
    MapFigure,
    PlaneFigure,
    TableFigure,
    read_figures,
)
from nerspace.tui.explorer.screen import NO_RUN, ExplorerScreen
from nerspace.tui.explorer.transfer.screen import NO_DISTANCE
from nerspace.tui.literal import literal, shown_number
from nerspace.tui.numbers import interval
from nerspace.tui.widgets.curves import Curves
from nerspace.tui.widgets.found_table import FoundTable
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.heatmap import Heatmap, Matrix
from nerspace.tui.widgets.modals import TextWindow
from nerspace.tui.widgets.plane import Plane
from nerspace.tui.widgets.rows import Cell, FrameRows, NoRows, Shown
from nerspace.tui.widgets.scatter import Scatter

if TYPE_CHECKING:
    import pandas as pd

_BRIEF = ["item", "verdict", "claim", "value", "low", "high", "p", "floor", "n"]
_COLORS = {"holds": "color(114)", "does not hold": "color(203)", "undecided": "color(221)"}
_SIGNS = {"holds": "✓", "does not hold": "✗", "undecided": "?"}
# Lines from which the answer has room above the claims.
_TALL = 36
_HOW_MANY = {"holds": "hold", "does not hold": "do not hold", "undecided": "undecided"}
# Columns that a claim and its figure need beside each other.
_WIDE = 110
NO_PAPER = "This run judges no claim of the paper: o opens another, 8 then a starts one."


class ClaimRows(FrameRows):
    """Claims, the verdict with its sign and color."""

    def cells(self, index: int) -> list[Cell]:
        """The values of a row; the verdict is marked."""
        cells = list(super().cells(index))
        verdict = str(self.frame["verdict"].iloc[index])
        if verdict in _SIGNS:
            cells[1] = Text(f"{_SIGNS[verdict]} {verdict}", _COLORS[verdict])
        if holds_zero(self.frame.iloc[index]):
            cells = [
                Text(str(cell), "dim") if column.name in ("value", "low", "high") else cell
                for cell, column in zip(cells, self.columns, strict=True)
            ]
        return cells


def holds_zero(row: "pd.Series") -> bool:
    """Whether a claim is about a correlation whose interval holds 0."""
    return row["item"] in CORRELATIONS and bool(row["low"] <= 0 <= row["high"])


def claims_of(table: "pd.DataFrame", items: list[str]) -> "pd.DataFrame":
    """The table `paper_claims`, with a row for what the paper shows and claims nothing of."""
    import pandas as pd

    silent = item_table()
    silent = silent[(silent["claim"] == "") & silent["item"].isin(items)]
    rows = silent.assign(claim=silent["shows"], verdict="–", statistic="", rule="")[["item", "claim", "verdict"]]
    whole = pd.concat([table, rows], ignore_index=True) if len(rows) else table
    order = {item: place for place, item in enumerate(ITEMS)}
    return whole.sort_values("item", key=lambda column: column.map(order), kind="stable", ignore_index=True)


class PaperScreen(ExplorerScreen):
    """The claims; beside the one under the cursor its figure, below it what decided."""

    BINDINGS = bindings("paper")

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.claims: pd.DataFrame | None = None
        self.answer: list[str] = []
        self.figures: list[Figure] = []
        self.place = 0
        self.figure_first = False
        self._about: tuple[str, str] | None = None

    def compose(self) -> ComposeResult:
        """The answer where there is room for it; how many claims hold; the claims, a figure, and the rule."""
        yield Static(id="paper-answer", markup=False)
        yield Static(id="paper-summary", classes="caption", markup=False)
        with Horizontal(id="paper-body"):
            yield FoundTable(id="paper-claims")
            with Container(id="paper-figure"):
                yield Scatter(id="claim-map")
                yield Heatmap(id="claim-matrix")
                yield Plane(id="claim-plane")
                yield Curves(id="claim-curves")
                yield FrameTable(id="claim-table")
        yield Static(id="paper-rule", markup=False)

    def on_mount(self) -> None:
        """Read the claims."""
        self._show_figure()
        self.run_changed()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without claims there is no figure of one and no setting."""
        del parameters
        return self.claims is not None or action not in ("view", "figure", "settings")

    def on_resize(self, event: events.Resize) -> None:
        """A claim and its figure beside each other where they fit, and the answer above them where it does."""
        del event
        self._arrange()
        self._show_answer()

    @property
    def _is_wide(self) -> bool:
        return self.size.width >= _WIDE

    def _arrange(self) -> None:
        self.query_one("#paper-claims").display = self._is_wide or not (self.figure_first and self.figures)
        self.query_one("#paper-figure").display = bool(self.figures) and (self._is_wide or self.figure_first)

    def focus_target(self) -> Widget | None:
        """The claims, or the figure where it stands in their place."""
        shown = self.query_one("#paper-claims", FrameTable)
        return shown if shown.display else self.figure_widget or shown

    @property
    def figure_widget(self) -> Widget | None:
        """The widget that draws the figure in view."""
        return next((widget for widget in self.query_one("#paper-figure").children if widget.display), None)

    def run_changed(self) -> None:
        """Read the claims again."""
        self.load(self._read, self.show_claims, awaited=True)
        self.load(self._read_answer, self.show_answer)

    def _read_answer(self) -> list[str]:
        from nerspace.engine.transfer.answer import PAPER_KEEPS_NONE, answer_lines

        terms, shares, correlations, contrasts = (
            self.session.table(name)
            for name in ("factor_terms", "factor_shares", "correlations", "counterfactual_contrasts")
        )
        return answer_lines(terms, shares, correlations, contrasts, PAPER_KEEPS_NONE)

    def show_answer(self, lines: list[str]) -> None:
        """Take the three sentences in."""
        self.answer = lines
        self._show_answer()

    def _show_answer(self) -> None:
        above = self.query_one("#paper-answer", Static)
        above.display = bool(self.answer) and self.size.height >= _TALL
        above.update("\n".join(self.answer))

    def _read(self) -> "pd.DataFrame | None":
        table = self.session.table("paper_claims")
        run = self.session.run
        return None if table is None or run is None else claims_of(table, list(run.info()["request"]["items"]))

    def show_claims(self, claims: "pd.DataFrame | None") -> None:
        """Show the claims."""
        self.claims = claims
        self.refresh_bindings()
        table = self.query_one("#paper-claims", FrameTable)
        if claims is None or claims.empty:
            import pandas as pd

            table.show(FrameRows(pd.DataFrame(columns=_BRIEF)), empty=NO_PAPER if self.session.run else NO_RUN)
            self.query_one("#paper-rule", Static).update("")
            self.query_one("#paper-summary", Static).update("")
            self.figures, self._about = [], None
            self._show_figure()
            return
        self._about = None
        counts = claims["verdict"].value_counts()
        summary = Text(no_wrap=True, overflow="ellipsis")
        for verdict, sign in _SIGNS.items():
            summary.append(f"{sign} {counts.get(verdict, 0)} {_HOW_MANY[verdict]}   ", _COLORS[verdict])
        self.query_one("#paper-summary", Static).update(summary)
        table.show(ClaimRows(claims[_BRIEF], fixed=2), table.cursor)

    @on(FrameTable.Moved, "#paper-claims")
    def _moved(self, event: FrameTable.Moved) -> None:
        if self.claims is None or event.row >= len(self.claims):
            return
        row = self.claims.iloc[event.row]
        text = Text(literal(row["claim"]), Style(bold=True))
        if row["verdict"] in _SIGNS:
            verdict = str(row["verdict"])
            text.append(f"\n{_SIGNS[verdict]} {verdict}", _COLORS[verdict])
            text.append(f"  {_numbers(row)}", "dim" if holds_zero(row) else Style(bold=False))
            text.append(f"\n{literal(row['statistic'])}", Style(bold=False))
            remark = row.get("remark")
            if isinstance(remark, str) and remark:
                text.append(f"\n{literal(remark)}", Style(bold=False))
            text.append(f"\n{literal(row['rule'])}", Style(bold=False, dim=True))
        else:
            text.append("\nThe paper states numbers here and claims nothing.", Style(bold=False, dim=True))
        self.query_one("#paper-rule", Static).update(text)
        about = str(row["item"]), str(row["claim"])
        if about != self._about:
            self._about = about
            self.load(lambda: read_figures(self.session, *about), self.take_figures)

    # -- the figure

    def take_figures(self, found: tuple[list[Figure], int]) -> None:
        """Draw the figure that the claim is about."""
        self.figures, self.place = found
        self._show_figure()

    def _show_figure(self) -> None:
        figure = self.figures[self.place] if self.figures else None
        focused = self.app.focused
        for widget in self.query_one("#paper-figure").children:
            widget.display = widget.id == _WIDGETS.get(type(figure), "claim-table")
        more = f"  {self.place + 1}/{len(self.figures)} [ ]" if len(self.figures) > 1 else ""
        match figure:
            case MapFigure():
                self.query_one("#claim-map", Scatter).show(f"{figure.title}{more}", figure.x, figure.y, figure.classes)
            case Matrix():
                self.query_one("#claim-matrix", Heatmap).show(replace(figure, title=f"{figure.title}{more}"))
            case PlaneFigure():
                plane = self.query_one("#claim-plane", Plane)
                plane.show(f"{figure.title}{more}", figure.axis, figure.points, figure.line, NO_DISTANCE)
            case CurveFigure():
                self.query_one("#claim-curves", Curves).show(f"{figure.title}{more}", figure.lines)
            case TableFigure():
                self.query_one("#claim-table", FrameTable).show(FrameRows(figure.frame))
            case None:
                self.query_one("#claim-table", FrameTable).show(NoRows(), empty="The run holds no table of it.")
        self._arrange()
        # The focus stays in the figure when another one takes its place.
        if focused is not None and focused.parent is self.query_one("#paper-figure") and not focused.display:
            self.screen.set_focus(self.figure_widget or self)

    @on(FrameTable.Picked, "#paper-claims")
    def _picked(self, event: FrameTable.Picked) -> None:
        if self.claims is None:
            return
        item = str(self.claims["item"].iloc[event.row])
        if item not in ITEMS:
            self.explorer.tell(f"This version of nerspace does not know {literal(item)} of the paper.", "warning")
            return
        for name in ITEMS[item].tables:
            if self.session.table(name) is not None:
                self._open(f"{ITEMS[item].title}: {ITEMS[item].shows}", name)
                return
        self.explorer.tell("The run holds no table of it.", "warning")

    def _open(self, title: str, name: str) -> None:
        frame = self.session.table(name)
        if frame is None:
            self.explorer.tell(f"The run has no table {name}.", "warning")
            return
        columns = CATALOGUE[name].meanings
        self.app.push_screen(ListWindow(f"{title} ({name})", name, frame, columns, "The table is empty."))

    # -- actions

    def action_answer(self) -> None:
        """What changed names, factors and correlations say of the paper's question here."""
        if not self.answer:
            self.explorer.tell("This run has no errors to explain; 8, then a, starts a paper.", "warning")
            return
        self.app.push_screen(TextWindow("What the errors hang on here", Text("\n\n".join(self.answer))))

    def action_figure(self, step: int) -> None:
        """Another figure of the claim: of another name, stage or layer, or in other colors."""
        if self.figures:
            self.place = (self.place + step) % len(self.figures)
            self._show_figure()

    def action_view(self) -> None:
        """From the claims to the figure and back; where both do not fit, one takes the place of the other."""
        if self._is_wide:
            figure, claims = self.figure_widget, self.query_one("#paper-claims")
            self.screen.set_focus(claims if self.app.focused is not claims or figure is None else figure)
            return
        self.figure_first = not self.figure_first
        self._arrange()
        if (target := self.focus_target()) is not None:
            self.screen.set_focus(target)

    def action_settings(self) -> None:
        """What the paper did, beside what this run did."""
        self._open("How this run differs from the paper", "paper_settings")

    def shown(self) -> Shown | None:
        """All columns of the claims."""
        if self.claims is None:
            return None
        return Shown("paper_claims", FrameRows(self.claims), CATALOGUE["paper_claims"].meanings)

    def copied(self) -> str:
        """The row under the cursor."""
        return self.query_one("#paper-claims", FrameTable).copied()


# Figure → the widget that draws it.
_WIDGETS: dict[type, str] = {
    MapFigure: "claim-map", Matrix: "claim-matrix", PlaneFigure: "claim-plane", CurveFigure: "claim-curves",
}  # fmt: skip


def _numbers(row: "pd.Series") -> str:
    """The statistic with its interval, p and floor, where it has them, and n."""
    parts = [shown_number(row["value"])]
    if ends := interval(row["low"], row["high"], ".4g"):
        parts.append(f"[{ends}]")
    parts += [f"{name} {shown_number(row[name])}" for name in ("p", "floor") if row[name] == row[name]]
    if row["theirs"] == row["theirs"]:
        parts.append(f"the paper's numbers give {shown_number(row['theirs'])}")
    parts.append(f"n {row['n']:,.0f} {literal(row['unit'])}" if row["n"] else "n 0")
    return ", ".join(parts)
