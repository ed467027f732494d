"""A table that is searched and narrowed by words, wherever a screen has no filter of its own."""

from collections.abc import Callable, Iterator

from textual.message import Message

from nerspace.datasets.spelling import folded
from nerspace.tui.actions import bindings
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.rows import CHUNK


class FoundTable(FrameTable):
    """`/` goes to the next row that holds every word, n and N on from there, `f` leaves out the rows that do not."""

    BINDINGS = bindings("found")

    class Found(Message):
        """A thread has looked for the words: the place of a row in the view, or None."""

        def __init__(self, ticket: int, place: int | None) -> None:
            super().__init__()
            self.ticket = ticket
            self.place = place

    def __init__(self, *, id: str | None = None, empty: str = "Loading …") -> None:
        super().__init__(id=id, empty=empty)
        self.sought: tuple[str, ...] = ()
        self._search = 0

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """n, N and esc belong to the screen while there is nothing to find on or to leave."""
        del parameters
        return {"find_next": bool(self.sought), "leave": bool(self.sought or self.words)}.get(action, True)

    def action_find(self) -> None:
        """Ask for words and go to the next row that holds them."""
        self._ask("find", " ".join(self.sought), self.find)

    def action_filter(self) -> None:
        """Ask for words and leave out the rows without them."""
        self._ask("only rows with", " ".join(self.words), self.narrow)

    def _ask(self, what: str, text: str, then: Callable[[str], None]) -> None:
        from nerspace.tui.widgets.modals import PromptWindow

        self.app.push_screen(PromptWindow(what, text), lambda typed: None if typed is None else then(typed))

    def narrow(self, text: str) -> None:
        """Show the rows that hold every word of a text alone; all for an empty one."""
        row = self.row
        self.words = tuple(folded(text).split())
        self._arrange(row)
        self.refresh_bindings()

    def find(self, text: str) -> None:
        """Go to the next row, from the cursor on, that holds every word of a text."""
        self.sought = tuple(folded(text).split())
        self.refresh_bindings()
        if self.sought and self.count:
            self._seek(self.cursor, 1)

    def action_find_next(self, step: int) -> None:
        """On to the next row found, or back."""
        if self.count:
            self._seek((self.cursor + step) % self.count, step)

    def action_leave(self) -> None:
        """Show all rows again and forget what was sought."""
        self.sought = ()
        self.narrow("")

    def _seek(self, start: int, step: int) -> None:
        """Search the whole view from a place on, round the end, in a thread."""
        self._search += 1
        rows, words, ticket, count = self.arranged(), self.sought, self._search, self.count

        def places() -> Iterator[list[int]]:
            for done in range(0, count, CHUNK):
                yield [(start + step * at) % count for at in range(done, min(done + CHUNK, count))]

        def work() -> None:
            for part in places():
                if ticket != self._search:
                    return
                for place, text in zip(part, rows.texts(part), strict=True):
                    if all(word in text for word in words):
                        self.post_message(self.Found(ticket, place))
                        return
            self.post_message(self.Found(ticket, None))

        self.run_worker(work, thread=True, group="find")

    def on_found_table_found(self, message: Found) -> None:
        """Go there."""
        message.stop()
        if message.ticket != self._search:
            return
        if message.place is None:
            self.app.notify(f"No row holds {' '.join(self.sought)}.", severity="warning", markup=False)
        elif message.place < self.count:
            self.cursor = message.place

    def on_unmount(self) -> None:
        """Nobody waits for what is looked for."""
        super().on_unmount()
        self._search += 1
