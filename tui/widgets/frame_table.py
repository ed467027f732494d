"""A table that draws only the lines on the screen, so a million rows open as fast as ten."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.cache import LRUCache
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip

from nerspace.tui.actions import bindings
from nerspace.tui.literal import fit, from_mark
from nerspace.tui.query import NOTHING, asks_possible
from nerspace.tui.widgets.ordered_rows import OrderedRows
from nerspace.tui.widgets.rows import Cell, Rows, measured

if TYPE_CHECKING:
    from nerspace.tui.widgets.ordering import Order

_GAP = 2
# What the sign of more columns takes, with a blank before it.
_MORE = 2
# Cells that are enough to read a long column.
_READABLE = 24


class FrameTable(OrderedRows, can_focus=True):
    """Rows under a heading that stays, with a cursor on a row or one of its cells. Fixed columns stay.

    Rows can be sorted, and marked; messages name a row by its number in `rows`, wherever it stands.
    """

    BINDINGS = bindings("table")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "frame-table--header",
        "frame-table--cursor",
        "frame-table--fixed",
        "frame-table--blurred",
    }
    DEFAULT_CSS = """
    FrameTable { background: $surface; scrollbar-size-vertical: 1; overflow-x: hidden; overflow-y: auto; }
    FrameTable .frame-table--header { color: $primary; background: $panel; text-style: bold; }
    FrameTable .frame-table--cursor { background: $primary 30%; color: $foreground; text-style: bold; }
    FrameTable .frame-table--blurred { background: $foreground 10%; }
    FrameTable .frame-table--fixed { color: $foreground 60%; }
    FrameTable:ansi .frame-table--cursor { text-style: reverse; background: ansi_default; color: ansi_default; }
    FrameTable:nocolor .frame-table--cursor { text-style: reverse; }
    FrameTable:ansi .frame-table--blurred, FrameTable:nocolor .frame-table--blurred { text-style: underline; }
    """

    first_column: reactive[int] = reactive(0)

    def __init__(self, *, id: str | None = None, empty: str = "Loading …") -> None:
        super().__init__(id=id)
        self.empty = empty
        self._widths: list[int] = []
        self._strips: LRUCache[tuple[int, int, int, Style], Strip] = LRUCache(400)

    # -- content

    def show(
        self, rows: Rows, row: int | None = None, empty: str = "Nothing here.", widths: list[int] | None = None
    ) -> None:
        """Show other rows; the order stays if they have the same columns, and marks where rows are known again.

        Args:
            row: the row for the cursor, by its number in `rows`; None for the first in view.
            widths: of the columns, if they have been measured.
        """
        if [column.name for column in rows.columns] != [column.name for column in self.rows.columns]:
            self.sort_column, self.column, self.query_asked, self.only_marked = -1, -1, NOTHING, False
            self.marks = set()
        elif not rows.known_again:
            self.marks, self.only_marked = set(), False
        if len(rows) > rows.sortable:
            self.sort_column = -1
        if self.query_asked and not asks_possible(self.query_asked, rows):
            self.query_asked = NOTHING
        self.rows, self.empty = rows, empty
        self._widths = measured(rows) if widths is None else widths
        self._arrange(row)

    def _lay_out(self, order: "Order | None", row: int | None) -> None:
        self._order = order
        self._strips.clear()
        self.virtual_size = Size(1, self.count + 1)
        self.first_column = min(self.first_column, max(0, self._scrolling() - 1))
        self.set_reactive(FrameTable.cursor, -1)
        self.cursor = max(0, min(0 if row is None else self._view(row), self.count - 1))
        self.refresh()
        # Until the new height is laid out, a scroll beyond the old one is cut short.
        self.call_after_refresh(self._follow)

    def go(self, row: int) -> None:
        """Put the cursor on a row, by its number in `rows`."""
        self.cursor = self._view(row)

    def _scrolling(self) -> int:
        return sum(not column.fixed for column in self.rows.columns)

    def _visible(self) -> list[tuple[int, int]]:
        """Column numbers that are on the screen and the width that each gets."""
        free = self.scrollable_content_region.width - 1
        shown = self._fitting(free)
        hidden = len(shown) + self.first_column < len(self.rows.columns)
        # What says that there is more stands behind the last heading, not over it.
        return self._fitting(free - _MORE) if hidden else shown

    def _fitting(self, free: int) -> list[tuple[int, int]]:
        """Columns that fit, and their widths; a number is shown whole or not at all, unless there is nothing else."""
        fixed = [place for place, column in enumerate(self.rows.columns) if column.fixed]
        others = [place for place, column in enumerate(self.rows.columns) if not column.fixed]
        shown: list[tuple[int, int]] = []
        half = max(20, (free - sum(self._widths[place] + _GAP for place in fixed) - _GAP) // 2)
        behind = sum(self._widths[place] + _GAP for place in others[self.first_column :])
        for place in fixed + others[self.first_column :]:
            if free < 3 or (self.rows.columns[place].right and free < self._widths[place] and shown):
                break
            width = min(self._widths[place], free)
            if place in others and not self.rows.columns[place].greedy:
                behind -= self._widths[place] + _GAP
                # Two columns of long text stand side by side unless the rest needs less than half.
                width = min(width, max(half, free - behind - _GAP))
            shown.append((place, width))
            free -= width + _GAP
        return shown

    # -- drawing

    def render_line(self, y: int) -> Strip:
        """The heading, or the row behind line y."""
        width = self.size.width
        base = self.rich_style
        if not self.count:
            empty = "No row holds that; esc shows all." if self.query_asked else self.empty
            empty = "No row is marked; u shows all." if self.only_marked else empty
            text = f" {self._busy or (empty if len(self.rows) else self.empty)}" if y == 1 else ""
            return Strip([Segment(fit(text, width), base + Style(dim=True))], width)
        if y == 0:
            # Over the end of a longer one a scroll bar would lie.
            return self._header(self.scrollable_content_region.width)
        index = self.scroll_offset.y + y - 1
        if index >= self.count:
            return Strip.blank(width, base)
        if index == self.cursor:
            return self._row(index, width)
        key = (index, self.first_column, width, base)
        if key not in self._strips:
            self._strips[key] = self._row(index, width)
        return self._strips[key]

    def _header(self, width: int) -> Strip:
        style = self.get_component_rich_style("frame-table--header")
        here = style + Style(reverse=True)
        visible = self._visible()
        segments, end, at = [Segment(" ", style)], 1, 1
        for place, size in visible:
            column, drawn = self.rows.columns[place], here if place == self.column else style
            sign = ("▼" if self.descending else "▲") if place == self.sort_column else ""
            name, behind = fit(column.name, min(cell_len(column.name), size)), ""
            # Where the heading leaves no room, the sign stands between the columns.
            if column.right or cell_len(name) == size:
                name, behind = fit(name, size, column.right), sign
            else:
                name += sign
            segments.append(Segment(fit(name, size), drawn))
            segments.append(Segment(behind + " " * (_GAP - cell_len(behind)), style))
            end = at + (size if drawn is here else cell_len(name)) + cell_len(behind)
            at += size + _GAP
        more = self._note(len(self.rows.columns) - len(visible) - self.first_column, width - end)
        line = Strip(segments).adjust_cell_length(max(0, width - cell_len(more)), style)
        return Strip([*line, Segment(more, style + Style(bold=False))]).adjust_cell_length(self.size.width, style)

    def _note(self, hidden: int, room: int) -> str:
        """What goes on, how many rows are marked and columns hidden, as far as the room behind the headings goes."""
        marked = f"{len(self.marks):,} marked" if self.marks else ""
        back, on = "‹" if self.first_column else "", "›" if hidden > 0 else ""
        arrows = f"{back}{on}"
        busy, few = self._busy, "…" if self._busy else ""
        forms = (
            (busy, marked, back, f"{hidden} more ›" if on else ""), (busy, marked, back, f"{hidden}›" if on else ""),
            (busy, marked, arrows), (busy, arrows), (busy,), (marked, arrows), (few, arrows), (arrows,), (on,),
        )  # fmt: skip
        for parts in forms:
            note = " ".join(filter(None, parts))
            # Words stand further off, or they would go on the heading before them.
            gap = " " if " " not in note else "  "
            if note and cell_len(note) + len(gap) + 1 <= room:
                return f"{gap}{note} "
            if note and cell_len(note) + len(gap) <= room:
                return f"{gap}{note}"
        return ""

    def _row(self, index: int, width: int) -> Strip:
        row = self.source(index)
        cells = self.rows.cells(row)
        style = self.rich_style
        here = index == self.cursor
        marked = bool(self.marks) and self.rows.key(row) in self.marks
        if here:
            style = self.get_component_rich_style(f"frame-table--{'cursor' if self.has_focus else 'blurred'}")
        faint = self.get_component_rich_style("frame-table--fixed")
        segments = [Segment("●" if marked else "▌" if here else " ", style)]
        for place, size in self._visible():
            column = self.rows.columns[place]
            drawn = style + Style(reverse=True) if here and place == self.column and self.has_focus else style
            segments += self._cell(cells[place], size, column.right, faint if column.fixed and not here else drawn)
            segments.append(Segment(" " * _GAP, style))
        return Strip(segments).adjust_cell_length(width, style)

    def _cell(self, cell: Cell, size: int, right: bool, style: Style) -> Sequence[Segment]:
        if isinstance(cell, str):
            return [Segment(fit(cell, size, right), style)]
        cell = from_mark(cell, size)
        cell.end = ""
        cell.truncate(size, overflow="ellipsis", pad=True)
        return list(Segment.apply_style(cell.render(self.app.console), style))

    def redraw_marks(self) -> None:
        """Draw the rows in view again, with their marks."""
        self._strips.clear()
        self.refresh()

    # -- moving

    def watch_cursor(self, old: int, new: int) -> None:
        """Bring the row into view and report it."""
        if not self.count:
            return
        self._follow()
        self.refresh_row(old)
        self.refresh_row(new)
        self.post_message(self.Moved(self, self.source(new)))

    def _follow(self) -> None:
        page = max(1, self.scrollable_content_region.height - 1)
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + page:
            self.scroll_to(y=self.cursor - page + 1, animate=False)

    def watch_first_column(self) -> None:
        """Draw the other columns."""
        self.refresh()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """The cursor looks fainter without the focus."""
        super().watch_has_focus(_has_focus)
        self.refresh_row(self.cursor)

    def refresh_row(self, index: int) -> None:
        """Draw one row again."""
        self.refresh_lines(index + 1, 1)

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._strips.clear()
        if self.count:
            self._follow()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row; a click on the cursor row opens it, one on a heading sorts by it."""
        index = self.scroll_offset.y + event.y - 1
        if event.y == 0 and self.count:
            at = 1
            for place, width in self._visible():
                if at <= event.x < at + width:
                    self._sort_by(place)
                at += width + _GAP
        elif 0 <= index < self.count:
            if index == self.cursor:
                self.action_pick()
            self.cursor = index

    def action_move(self, rows: int) -> None:
        """Some rows on."""
        self.cursor = max(0, min(self.count - 1, self.cursor + rows))

    def action_move_to(self, row: int) -> None:
        """To a row of the view, −1 for the last."""
        self.cursor = max(0, row if row >= 0 else self.count - 1)

    def action_page(self, pages: float) -> None:
        """Some pages on."""
        self.action_move(int(pages * max(1, self.scrollable_content_region.height - 1)))

    def action_move_column(self, columns: int) -> None:
        """Put the cursor on a cell of the row, some columns on; left of the first it is on the whole row again."""
        fixed = [place for place, column in enumerate(self.rows.columns) if column.fixed]
        others = [place for place, column in enumerate(self.rows.columns) if not column.fixed]
        if self.column < 0:
            if columns > 0 and others:
                self.column = others[min(self.first_column, len(others) - 1)]
        else:
            places = [-1, *fixed, *others]
            at = places.index(self.column) + columns if self.column in places else 0
            self.column = places[max(0, min(len(places) - 1, at))]
        if self.column in others:
            self.first_column = min(self.first_column, others.index(self.column))
            while self.first_column < others.index(self.column) and not self._is_whole(self.column):
                self.first_column += 1
        self.refresh()

    def _is_whole(self, column: int) -> bool:
        """Whether a column is on the screen, as wide as it wants to be or at least readable."""
        return any(place == column and size >= min(self._widths[place], _READABLE) for place, size in self._visible())

    def action_pick(self) -> None:
        """Choose the row under the cursor."""
        if self.count:
            self.post_message(self.Picked(self, self.row))

    def action_values(self) -> None:
        """Ask for the values of the cell's column; without a cell, of the one that is sorted by, else of the first."""
        place = next((place for place in (self.column, self.sort_column, 0) if place >= 0), 0)
        if len(self.rows) > self.rows.sortable:
            self.app.notify(
                f"{len(self.rows):,} rows are made as they are drawn and not counted. Narrow them with f first.",
                severity="warning", markup=False,
            )  # fmt: skip
        elif self.count:
            self.post_message(self.ColumnAsked(self, place))

    def copied(self) -> str:
        """The cell under the cursor, else the cells of its row, separated by tabs."""
        if not self.count:
            return ""
        if self.column >= 0:
            return self.rows.value(self.row, self.column)
        return "\t".join(self.rows.value(self.row, place) for place in range(len(self.rows.columns)))
