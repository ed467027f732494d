"""A table that draws only the lines on the screen, so a million rows open as fast as ten."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from nerspace.tui.actions import bindings
from nerspace.tui.literal import fit
from nerspace.tui.rows import Cell, NoRows, Rows, measured

_GAP = 2


class FrameTable(ScrollView, can_focus=True):
    """Rows under a heading that stays, with a row cursor. Columns scroll one at a time; fixed ones stay."""

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

    # A move draws the two rows that change, not all.
    cursor: reactive[int] = reactive(0, repaint=False)
    first_column: reactive[int] = reactive(0)

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, table: "FrameTable", row: int) -> None:
            super().__init__()
            self.table = table
            self.row = row

        @property
        def control(self) -> "FrameTable":
            """The table, for `@on` selectors."""
            return self.table

    class Picked(Moved):
        """A row was chosen with enter or a click on the cursor row."""

    def __init__(self, *, id: str | None = None, empty: str = "Loading …") -> None:
        super().__init__(id=id)
        self.rows: Rows = NoRows()
        self.empty = empty
        self._widths: list[int] = []
        self._strips: LRUCache[tuple[int, int, int], Strip] = LRUCache(400)

    # -- content

    def show(self, rows: Rows, cursor: int = 0, empty: str = "Nothing here.", widths: list[int] | None = None) -> None:
        """Show other rows, the cursor on row `cursor`; widths: of the columns, if they have been measured."""
        self.rows, self.empty = rows, empty
        self._strips.clear()
        self._widths = measured(rows) if widths is None else widths
        self.virtual_size = Size(1, len(rows) + 1)
        self.first_column = min(self.first_column, max(0, self._scrolling() - 1))
        self.set_reactive(FrameTable.cursor, -1)
        self.cursor = max(0, min(cursor, len(rows) - 1))
        self.refresh()
        # Until the new height is laid out, a scroll beyond the old one is cut short.
        self.call_after_refresh(self._follow)

    def _scrolling(self) -> int:
        return sum(not column.fixed for column in self.rows.columns)

    def _visible(self) -> list[tuple[int, int]]:
        """Column numbers that are on the screen and the width that each gets."""
        fixed = [place for place, column in enumerate(self.rows.columns) if column.fixed]
        others = [place for place, column in enumerate(self.rows.columns) if not column.fixed]
        room, shown = self.scrollable_content_region.width - 1, []
        half = max(20, (room - sum(self._widths[place] + _GAP for place in fixed) - _GAP) // 2)
        behind = sum(self._widths[place] + _GAP for place in others[self.first_column :])
        for place in fixed + others[self.first_column :]:
            if room < 3:
                break
            width = min(self._widths[place], room)
            if place in others and not self.rows.columns[place].greedy:
                behind -= self._widths[place] + _GAP
                # Two columns of long text stand side by side unless the rest needs less than half.
                width = min(width, max(half, room - behind - _GAP))
            shown.append((place, width))
            room -= width + _GAP
        return shown

    # -- drawing

    def render_line(self, y: int) -> Strip:
        """The heading, or the row behind line y."""
        width = self.size.width
        base = self.rich_style
        if not len(self.rows):
            text = f" {self.empty}" if y == 1 else ""
            return Strip([Segment(fit(text, width), base + Style(dim=True))], width)
        if y == 0:
            return self._header(width)
        index = self.scroll_offset.y + y - 1
        if index >= len(self.rows):
            return Strip.blank(width, base)
        if index == self.cursor:
            return self._row(index, width)
        key = (index, self.first_column, width)
        if key not in self._strips:
            self._strips[key] = self._row(index, width)
        return self._strips[key]

    def _header(self, width: int) -> Strip:
        style = self.get_component_rich_style("frame-table--header")
        cells = [
            fit(self.rows.columns[place].name, size, self.rows.columns[place].right) for place, size in self._visible()
        ]
        line = " " + (" " * _GAP).join(cells)
        hidden = len(self.rows.columns) - len(cells) - self.first_column
        more = ("‹" if self.first_column else "") + (f" {hidden} more ›" if hidden > 0 else "")
        more = more and f" {more.strip()} "
        line = set_cell_size(line, max(0, width - cell_len(more))) + more
        return Strip([Segment(set_cell_size(line, width), style)], width)

    def _row(self, index: int, width: int) -> Strip:
        cells = self.rows.cells(index)
        style = self.rich_style
        here = index == self.cursor
        if here:
            style = self.get_component_rich_style(f"frame-table--{'cursor' if self.has_focus else 'blurred'}")
        faint = self.get_component_rich_style("frame-table--fixed")
        segments = [Segment("▌" if here else " ", style)]
        for place, size in self._visible():
            column = self.rows.columns[place]
            segments += self._cell(cells[place], size, column.right, faint if column.fixed and not here else style)
            segments.append(Segment(" " * _GAP, style))
        return Strip(segments).adjust_cell_length(width, style)

    def _cell(self, cell: Cell, size: int, right: bool, style: Style) -> Sequence[Segment]:
        if isinstance(cell, str):
            return [Segment(fit(cell, size, right), style)]
        cell = _from_mark(cell, size)
        cell.end = ""
        cell.truncate(size, overflow="ellipsis", pad=True)
        return list(Segment.apply_style(cell.render(self.app.console), style))

    # -- moving

    def watch_cursor(self, old: int, new: int) -> None:
        """Bring the row into view and tell it."""
        if not len(self.rows):
            return
        self._follow()
        self.refresh_row(old)
        self.refresh_row(new)
        self.post_message(self.Moved(self, new))

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
        if len(self.rows):
            self._follow()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row; a click on the cursor row opens it."""
        index = self.scroll_offset.y + event.y - 1
        if event.y > 0 and index < len(self.rows):
            if index == self.cursor:
                self.action_pick()
            self.cursor = index

    def action_move(self, rows: int) -> None:
        """Some rows on."""
        self.cursor = max(0, min(len(self.rows) - 1, self.cursor + rows))

    def action_move_to(self, row: int) -> None:
        """To a row, −1 for the last."""
        self.cursor = max(0, row if row >= 0 else len(self.rows) - 1)

    def action_page(self, pages: float) -> None:
        """Some pages on."""
        self.action_move(int(pages * max(1, self.scrollable_content_region.height - 1)))

    def action_scroll_columns(self, columns: int) -> None:
        """Some columns to the right."""
        self.first_column = max(0, min(self._scrolling() - 1, self.first_column + columns))

    def action_pick(self) -> None:
        """Choose the row under the cursor."""
        if len(self.rows):
            self.post_message(self.Picked(self, self.cursor))

    def copied(self) -> str:
        """The cells of the cursor row, separated by tabs."""
        if not len(self.rows):
            return ""
        return "\t".join(c.plain if isinstance(c, Text) else c for c in self.rows.cells(self.cursor))


def _from_mark(cell: Text, size: int) -> Text:
    """A copy of a cell that is too long, begun so that its first marked part can be seen whole."""
    if not cell.spans or cell_len(cell.plain) <= size or cell_len(cell.plain[: cell.spans[0].end]) < size:
        return cell.copy()
    mark = cell.spans[0]
    room, start = size - 2 - cell_len(cell.plain[mark.start : mark.end]), mark.start
    # Something of what follows the mark is worth as much as what stands before it.
    while start and room > size // 3:
        start -= 1
        room -= cell_len(cell.plain[start])
    return Text("…", end="").append_text(cell[start:])
