"""A table that is searched and narrowed by a query, wherever a screen has no filter of its own."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from textual.message import Message

from nerspace.datasets.errors import NerspaceError
from nerspace.tui.actions import bindings
from nerspace.tui.query import NOTHING, Query, matcher, parse, parse_typed
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.rows import CHUNK

if TYPE_CHECKING:
    from nerspace.tui.widgets.ordering import Order


class FoundTable(FrameTable):
    """`/` goes to the next row that a query holds of, n and N on from there, `f` leaves out the rows of others.

    Both follow what is typed while it is typed; esc in the line takes it back.
    """

    BINDINGS = bindings("found")

    class Found(Message):
        """A thread has looked for the query: the place of a row in the view, or None."""

        def __init__(self, ticket: int, place: int | None) -> None:
            super().__init__()
            self.ticket = ticket
            self.place = place

    def __init__(self, *, id: str | None = None, empty: str = "Loading …") -> None:
        super().__init__(id=id, empty=empty)
        self.sought = NOTHING
        self._search = 0
        self._quiet = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """n, N and esc belong to the screen while there is nothing to find on or to leave."""
        del parameters
        return {"find_next": bool(self.sought), "leave": bool(self.sought or self.query_asked)}.get(action, True)

    def action_find(self) -> None:
        """Ask for a query and go to the next row that it holds of."""
        start, before = self.cursor, self.sought

        def closed(typed: str | None) -> None:
            if typed is not None:
                self.find(typed, start)
                return
            self._search += 1
            self.sought, self.cursor = before, start
            self.refresh_bindings()

        self._ask("find", before, lambda text: self.find(text, start, quiet=True), closed)

    def action_filter(self) -> None:
        """Ask for a query and leave out the rows that it does not hold of."""
        row, before = self.row, self.query_asked

        def closed(typed: str | None) -> None:
            if typed is not None:
                self.narrow(typed, row)
            elif self.query_asked != before:
                self._narrow(before, row)

        self._ask("only rows with", before, lambda text: self.narrow(text, row, typing=True), closed)

    def _ask(
        self, what: str, old: Query, do: Callable[[str], None], closed: Callable[[str | None], None]
    ) -> None:  # fmt: skip
        from nerspace.tui.widgets.modals import PromptWindow

        def changed(text: str) -> str:
            try:
                do(text)
            except NerspaceError as error:
                return str(error)
            return ""

        self.app.push_screen(PromptWindow(what, str(old), changed, self), closed)

    def _redraw_behind(self) -> None:
        """Have the line that is typed in draw this table again behind itself."""
        from nerspace.tui.widgets.modals import PromptWindow

        if isinstance(screen := self.app.screen, PromptWindow):
            screen.redraw()

    # -- leaving rows out

    def narrow(self, text: str, row: int | None = None, typing: bool = False) -> None:
        """Show the rows that a query holds of alone; all for an empty one.

        Args:
            text: of the query.
            row: the row for the cursor, by its number in `rows`; by default the one that has it.
            typing: whether its last value may still be a beginning.

        Raises:
            UsageError: for a query that cannot be asked here.
        """
        query = parse_typed(text) if typing else parse(text)
        # Told before any row is looked at.
        matcher(query, self.rows)
        self._narrow(query, self.row if row is None else row)

    def on_ordered_rows_values_chosen(self, message: FrameTable.ValuesChosen) -> None:
        """Show the rows with values that were chosen, in place of what was asked of that column."""
        message.stop()
        self._narrow(self.query_asked.about(message.terms), self.row)

    def _narrow(self, query: Query, row: int) -> None:
        self.query_asked = query
        self._arrange(row)
        self.refresh_bindings()

    def _take(self, order: "Order | None", row: int | None) -> None:
        super()._take(order, row)
        self._redraw_behind()

    # -- finding

    def find(self, text: str, start: int | None = None, quiet: bool = False) -> None:
        """Go to the next row that a query holds of.

        Args:
            text: of the query.
            start: the place in the view to search from, by default that of the cursor.
            quiet: it is still being typed: say nothing where there is no such row.

        Raises:
            UsageError: for a query that cannot be asked here.
        """
        query = parse_typed(text) if quiet else parse(text)
        matcher(query, self.rows)
        self.sought, self._quiet = query, quiet
        self.refresh_bindings()
        if query and self.count:
            self._seek(self.cursor if start is None else min(start, self.count - 1), 1)

    def action_find_next(self, step: int) -> None:
        """On to the next row found, or back."""
        if self.count:
            self._quiet = False
            self._seek((self.cursor + step) % self.count, step)

    def action_leave(self) -> None:
        """Show all rows again and forget what was sought."""
        self.sought = NOTHING
        self._narrow(NOTHING, self.row)

    def _seek(self, start: int, step: int) -> None:
        """Search the whole view from a place on, round the end, in a thread."""
        self._search += 1
        rows, query, ticket, count = self.arranged(), self.sought, self._search, self.count

        def places() -> Iterator[list[int]]:
            for done in range(0, count, CHUNK):
                yield [(start + step * at) % count for at in range(done, min(done + CHUNK, count))]

        def work() -> None:
            hold = matcher(query, rows)
            for part in places():
                if ticket != self._search:
                    return
                held = hold(part)
                if held.any():
                    self.post_message(self.Found(ticket, part[int(held.argmax())]))
                    return
            self.post_message(self.Found(ticket, None))

        self.run_worker(work, thread=True, group="find")

    def on_found_table_found(self, message: Found) -> None:
        """Go there."""
        message.stop()
        if message.ticket != self._search:
            return
        if message.place is None:
            if not self._quiet:
                self.app.notify(f"No row holds {self.sought}.", severity="warning", markup=False)
        elif message.place < self.count:
            self.cursor = message.place
            self._redraw_behind()

    def on_unmount(self) -> None:
        """Nobody waits for what is looked for."""
        super().on_unmount()
        self._search += 1
