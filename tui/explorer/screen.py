"""What every room of the explorer shares: a table behind the view, work in threads, and a place for the focus."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from nerspace.engine.errors import NerspaceError
from nerspace.tui.widgets.rows import Shown

if TYPE_CHECKING:
    from nerspace.tui.explorer.app import NerspaceApp
    from nerspace.tui.explorer.session import Session

NO_RUN = "No run here yet: n on Training starts one; nerspace demo in a shell does too."


@dataclass(frozen=True, slots=True)
class Name:
    """A name that a view points at: entity id, and the language and sentence id where the view has them.

    form: the name as it is written, where there is no entity id.
    """

    entity: str
    language: str = ""
    sentence: str = ""
    form: str = ""


class Loaded(Message):
    """A worker thread has finished: `value` is what it returned, or the NerspaceError that it met."""

    def __init__(self, what: str, ticket: int, value: object) -> None:
        super().__init__()
        self.what = what
        self.ticket = ticket
        self.value = value


class Room(Vertical):
    """One of the rooms. It is mounted when it is first entered and then kept."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._tickets: dict[str, int] = {}

    @property
    def explorer(self) -> "NerspaceApp":
        """The app, by its own type."""
        return cast("NerspaceApp", self.app)

    @property
    def session(self) -> "Session":
        """Workspace, run, corpus and tokenizer."""
        return self.explorer.session

    def load(self, what: str, work: Callable[[], object]) -> None:
        """Do `work` in a thread; `loaded_WHAT(value)` or `failed(error)` is called with its outcome.

        A later call with the same name makes the outcome of an earlier one void.
        """
        ticket = self._tickets[what] = self._tickets.get(what, 0) + 1

        def body() -> None:
            value: object
            try:
                value = work()
            except NerspaceError as error:
                value = error
            except Exception as error:
                value = NerspaceError(f"{type(error).__name__}: {error}", "The files of this view cannot be shown.")
            self.post_message(Loaded(what, ticket, value))

        self.run_worker(body, thread=True, group=what, exit_on_error=False)

    def on_loaded(self, message: Loaded) -> None:
        """Hand the outcome of the newest call to its handler."""
        message.stop()
        if self._tickets.get(message.what) != message.ticket:
            return
        if isinstance(message.value, NerspaceError):
            self.failed(message.what, message.value)
        else:
            getattr(self, f"loaded_{message.what}")(message.value)

    def failed(self, _what: str, error: NerspaceError) -> None:
        """Tell an error in one line."""
        self.explorer.tell(str(error), "error")

    def entered(self) -> None:
        """The room comes into view."""

    def run_changed(self) -> None:
        """Another run was opened, or this one's files have changed."""

    def corpus_changed(self) -> None:
        """Another corpus was opened."""

    def remembered(self) -> dict[str, Any]:
        """What the room wants back at the next start, as plain JSON."""
        return {}

    def recall(self, kept: Mapping[str, Any]) -> None:
        """Take up what was remembered, before the room is mounted; anything may stand in it."""

    def refresh_data(self) -> None:
        """Read the files behind the view again."""
        self.run_changed()

    def focus_target(self) -> Widget | None:
        """Where the keys go when the room is entered."""
        return None

    def shown(self) -> Shown | None:
        """The table behind the focused view."""
        return None

    def copied(self) -> str:
        """What `y` copies."""
        return ""

    def name_here(self) -> Name | None:
        """The name that the cursor is on."""
        return None
