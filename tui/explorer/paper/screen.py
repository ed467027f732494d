"""Paper: the paper's claims with their verdicts; enter opens the table behind each."""

from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Static

from nerspace.engine.paper.claims import item_table
from nerspace.engine.paper.published import ITEMS
from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.actions import bindings
from nerspace.tui.explorer.list_window import ListWindow
from nerspace.tui.explorer.screen import NO_RUN, ExplorerScreen
from nerspace.tui.literal import literal, shown_number
from nerspace.tui.widgets.found_table import FoundTable
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.modals import TextWindow
from nerspace.tui.widgets.rows import Cell, FrameRows, Shown

if TYPE_CHECKING:
    import pandas as pd

_BRIEF = ["item", "verdict", "claim", "value", "low", "high", "p", "floor", "n"]
_COLORS = {"holds": "color(114)", "does not hold": "color(203)", "undecided": "color(221)"}
_SIGNS = {"holds": "✓", "does not hold": "✗", "undecided": "?"}
# Lines from which the answer has room above the claims.
_TALL = 36
NO_PAPER = "This run judges no claim of the paper. o opens one that does; nerspace paper in another shell makes one."


class ClaimRows(FrameRows):
    """Claims, the verdict with its sign and color."""

    def cells(self, index: int) -> list[Cell]:
        """The values of a row; the verdict is marked."""
        cells = list(super().cells(index))
        verdict = str(self.frame["verdict"].iloc[index])
        if verdict in _SIGNS:
            cells[1] = Text(f"{_SIGNS[verdict]} {verdict}", _COLORS[verdict])
        return cells


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
    """The claims; what decided the one under the cursor stands below."""

    BINDINGS = bindings("paper")

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.claims: pd.DataFrame | None = None
        self.answer: list[str] = []

    def compose(self) -> ComposeResult:
        """The answer where there is room for it, the claims and the rule."""
        yield Static(id="paper-answer", markup=False)
        yield FoundTable(id="paper-claims")
        yield Static(id="paper-rule", markup=False)

    def on_mount(self) -> None:
        """Read the claims."""
        self.run_changed()

    def on_resize(self) -> None:
        """The answer stands above the claims where these keep their room."""
        self._show_answer()

    def focus_target(self) -> Widget | None:
        """The claims."""
        return self.query_one("#paper-claims", FrameTable)

    def run_changed(self) -> None:
        """Read the claims again."""
        self.load(self._read, self.show_claims)
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
        table = self.query_one("#paper-claims", FrameTable)
        if claims is None or claims.empty:
            import pandas as pd

            table.show(FrameRows(pd.DataFrame(columns=_BRIEF)), empty=NO_PAPER if self.session.run else NO_RUN)
            self.query_one("#paper-rule", Static).update("")
            return
        table.show(ClaimRows(claims[_BRIEF], fixed=2), table.cursor)

    @on(FrameTable.Moved, "#paper-claims")
    def _moved(self, event: FrameTable.Moved) -> None:
        if self.claims is None or event.row >= len(self.claims):
            return
        row = self.claims.iloc[event.row]
        text = Text(literal(row["claim"]), Style(bold=True))
        if row["verdict"] in _SIGNS:
            n = f"n {row['n']:,.0f} {literal(row['unit'])}" if row["n"] else "n 0"
            text.append(f"\n{literal(row['statistic'])}: {shown_number(row['value'])}, {n}", Style(bold=False))
            remark = row.get("remark")
            if isinstance(remark, str) and remark:
                text.append(f"\n{literal(remark)}", Style(bold=False))
            text.append(f"\n{literal(row['rule'])}", Style(bold=False, dim=True))
        else:
            text.append("\nThe paper states numbers here and claims nothing.", Style(bold=False, dim=True))
        self.query_one("#paper-rule", Static).update(text)

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
            self.explorer.tell("This run has no errors to explain; nerspace paper figure5 counts some.", "warning")
            return
        self.app.push_screen(TextWindow("What the errors hang on here", Text("\n\n".join(self.answer))))

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
