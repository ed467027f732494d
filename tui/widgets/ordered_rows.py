"""The rows of a table as a view of them: sorted, narrowed by a query or marks, in a thread where that takes long."""

from collections.abc import Hashable
from typing import TYPE_CHECKING

from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView

from nerspace.tui.query import NOTHING, Term
from nerspace.tui.widgets.rows import Arranged, NoRows, Rows

if TYPE_CHECKING:
    from nerspace.tui.widgets.ordering import Order

# Rows that are put in order within one key press.
_AT_ONCE = 3_000


class OrderedRows(ScrollView):
    """A widget over rows that stand in another order than they come in. The cursor counts rows of the view."""

    # A move draws the two rows that change, not all.
    cursor: reactive[int] = reactive(0, repaint=False)
    column: reactive[int] = reactive(-1)

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, table: "OrderedRows", row: int) -> None:
            super().__init__()
            self.table = table
            self.row = row

        @property
        def control(self) -> "OrderedRows":
            """The table, for `@on` selectors."""
            return self.table

    class Picked(Moved):
        """A row was chosen with enter or a click on the cursor row."""

    class Marked(Moved):
        """Other rows are marked."""

    class Rearranged(Moved):
        """Other rows are in view, or the same in another order."""

    class ColumnAsked(Moved):
        """The values of a column are asked for, by its place."""

    class ValuesChosen(Message):
        """Values of a column are chosen: rows are wanted of which these terms hold."""

        def __init__(self, table: "OrderedRows", terms: tuple[Term, ...]) -> None:
            super().__init__()
            self.table = table
            self.terms = terms

    class Ordered(Message):
        """A thread has put the rows in order."""

        def __init__(self, ticket: int, order: "Order | None") -> None:
            super().__init__()
            self.ticket = ticket
            self.order = order

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows: Rows = NoRows()
        self.marks: set[Hashable] = set()
        self.sort_column = -1
        self.descending = False
        self.only_marked = False
        self.query_asked = NOTHING
        self._order: Order | None = None
        self._ticket = 0
        self._busy = ""
        self._row_after: int | None = None

    # -- content

    def _arrange(self, row: int | None) -> None:
        """Put the rows in order: at once where that is quick, else in a thread with the old order in view."""
        from nerspace.tui.widgets.ordering import Arrangement, arrange

        marked = frozenset(self.marks) if self.only_marked else None
        arrangement = Arrangement(self.sort_column, self.descending, self.query_asked, marked)
        self._ticket += 1
        if arrangement == Arrangement() or len(self.rows) <= _AT_ONCE:
            self._take(None if arrangement == Arrangement() else arrange(self.rows, arrangement), row)
            return
        rows, ticket = self.rows, self._ticket
        self._busy, self._row_after = ("sorting …" if arrangement.column >= 0 else "looking …"), row
        if self._order is None or (len(self._order) and int(self._order.max()) >= len(rows)):
            self._lay_out(None, row)
        self.refresh()

        def work() -> None:
            self.post_message(self.Ordered(ticket, arrange(rows, arrangement, lambda: ticket == self._ticket)))

        self.run_worker(work, thread=True, group="order")

    def on_ordered_rows_ordered(self, message: Ordered) -> None:
        """Show the newest order."""
        message.stop()
        if message.ticket == self._ticket:
            self._take(message.order, self._row_after)

    def on_unmount(self) -> None:
        """Nobody waits for an order any more."""
        self._ticket += 1

    def _take(self, order: "Order | None", row: int | None) -> None:
        self._busy = ""
        self._lay_out(order, row)
        self.post_message(self.Rearranged(self, self.row))

    @property
    def count(self) -> int:
        """How many rows are in view."""
        return len(self.rows) if self._order is None else len(self._order)

    def source(self, index: int) -> int:
        """The number in `rows` of the row that stands at a place of the view."""
        return index if self._order is None else int(self._order[index])

    def _view(self, row: int) -> int:
        if self._order is None:
            return row
        import numpy as np

        found = np.flatnonzero(self._order == row)
        return int(found[0]) if len(found) else 0

    @property
    def row(self) -> int:
        """The number in `rows` of the row under the cursor; 0 where there is none."""
        return self.source(self.cursor) if 0 <= self.cursor < self.count else 0

    def arranged(self) -> Rows:
        """The rows in view, in their order."""
        return self.rows if self._order is None else Arranged(self.rows, self._order.tolist())

    @property
    def order_note(self) -> str:
        """How the rows in view were chosen and put in order, in words; empty for all as they stand."""
        parts = [f"filter {self.query_asked}"] if self.query_asked else []
        parts += ["marked only"] if self.only_marked else []
        if self.sort_column >= 0:
            parts.append(f"by {self.rows.columns[self.sort_column].name}{', descending' if self.descending else ''}")
        return ", ".join(parts)

    @property
    def left_note(self) -> str:
        """What the rows in view were asked and how many there are, behind a title; empty where nothing was asked."""
        return f" · {self.query_asked} · {self.count:,} of {len(self.rows):,}" if self.query_asked else ""

    def _lay_out(self, order: "Order | None", row: int | None) -> None:
        """Show another order, the cursor on a row of `rows`, else on the first in view."""
        raise NotImplementedError

    def redraw_marks(self) -> None:
        """Draw the rows in view again, with their marks."""
        raise NotImplementedError

    def action_move(self, rows: int) -> None:
        """Some rows on."""
        raise NotImplementedError

    # -- order and marks

    def action_sort(self) -> None:
        """Sort by the cell's column: up, down, as it stood. Without a cell, by the next column."""
        columns = len(self.rows.columns)
        if self.column >= 0:
            self._sort_by(self.column)
        elif columns:
            self._sort_by(self.sort_column + 1 if self.sort_column + 1 < columns else -1)

    def _sort_by(self, place: int) -> None:
        if len(self.rows) > self.rows.sortable:
            self.app.notify(
                f"{len(self.rows):,} rows are made as they are drawn and not sorted above {self.rows.sortable:,}. "
                "Narrow them with f first, such as type:LOC lang:be,ru or a word.",
                severity="warning", markup=False,
            )  # fmt: skip
            return
        if place >= 0 and place == self.sort_column:
            place, self.descending = (-1, False) if self.descending else (place, True)
        else:
            self.descending = False
        self.sort_column = place
        self._arrange(None)

    def action_sort_back(self) -> None:
        """Turn the order round."""
        if self.sort_column < 0:
            self._sort_by(max(0, self.column))
        if self.sort_column >= 0:
            self.descending = not self.descending
            self._arrange(None)

    def action_mark(self) -> None:
        """Mark the row, or take its mark away, and go on to the next."""
        if not self.count:
            return
        key = self.rows.key(self.row)
        self.marks.symmetric_difference_update({key})
        self.post_message(self.Marked(self, self.row))
        if self.only_marked:
            self._arrange(None)
            return
        self.redraw_marks()
        self.action_move(1)

    def action_marked_only(self) -> None:
        """Show the marked rows alone, or all."""
        if not self.marks and not self.only_marked:
            self.app.notify("No row is marked. space marks the row under the cursor.", severity="warning")
            return
        row = self.row
        self.only_marked = not self.only_marked
        self._arrange(row)

    def action_unmark(self) -> None:
        """Take every mark away."""
        if self.marks:
            row = self.row
            self.marks, self.only_marked = set(), False
            self.post_message(self.Marked(self, row))
            self._arrange(row)
