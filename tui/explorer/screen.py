"""What every screen of the explorer shares: a table behind the view, work in threads, and a place for the focus."""

import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from nerspace.engine.errors import NerspaceError
from nerspace.engine.runs.jobs import ENDED
from nerspace.tui.explorer.early_keys import PATIENCE_SECONDS
from nerspace.tui.explorer.messages import Name
from nerspace.tui.explorer.services import Services
from nerspace.tui.widgets.rows import Shown

if TYPE_CHECKING:
    from nerspace.engine.runs import Run
    from nerspace.tui.explorer.session import Session

Result = TypeVar("Result")

NO_RUN = "No run here yet: n on Training starts one (3, then n), a on Runs any other job (8, then a)."
# The kinds of runs that fine-tune, which count errors and compare languages too; and those that draw maps.
FINE_TUNING, DRAWING = ("demo", "finetune", "transfer", "paper"), ("demo", "project", "paper")


def will_have(run: "Run", kinds: Collection[str]) -> bool:
    """Whether a run is still to make what runs of these kinds make."""
    with suppress(NerspaceError):
        info = run.info()
        return info["state"] not in ENDED and info["kind"] in kinds
    return False


class Loaded(Message):
    """A worker thread has finished: `deliver` hands its outcome over, unless a newer load has the same name."""

    def __init__(self, load: str, ticket: int, deliver: Callable[[], None]) -> None:
        super().__init__()
        self.load = load
        self.ticket = ticket
        self.deliver = deliver


class ExplorerScreen(Vertical):
    """One of the screens under the run bar. It is mounted when it is first entered and stays from then on."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._tickets: dict[str, int] = {}
        # Loads for which keys wait, and since when.
        self._awaited: dict[str, float] = {}

    @property
    def explorer(self) -> Services:
        """The app, by its own type."""
        return cast("Services", self.app)

    @property
    def session(self) -> "Session":
        """Workspace, run, corpus and tokenizer."""
        return self.explorer.session

    def load(
        self, work: Callable[[], Result], then: Callable[[Result], None],
        failed: Callable[[NerspaceError], None] | None = None, awaited: bool = False,
    ) -> None:  # fmt: skip
        """Do `work` in a thread and pass what it returns to the method `then`, or its error to `failed`.

        A later call with the same `then` makes the outcome of an earlier one void.

        Args:
            failed: `self.failed` by default.
            awaited: whether keys are for what this brings, and wait for it.
        """
        name, failed = then.__name__, failed or self.failed
        ticket = self._tickets[name] = self._tickets.get(name, 0) + 1
        if awaited:
            self._awaited[name] = time.monotonic()

        def body() -> None:
            try:
                deliver = partial(then, work())
            except NerspaceError as error:
                deliver = partial(failed, error)
            except Exception as error:
                wrapped = NerspaceError(f"{type(error).__name__}: {error}", "The files of this view cannot be shown.")
                deliver = partial(failed, wrapped)
            self.post_message(Loaded(name, ticket, deliver))

        self.run_worker(body, thread=True, group=name, exit_on_error=False)

    @property
    def keys_wait(self) -> bool:
        """Whether what keys act on is being read, for no longer than a person waits without wondering."""
        return any(time.monotonic() - began < PATIENCE_SECONDS for began in self._awaited.values())

    def on_loaded(self, message: Loaded) -> None:
        """Hand over the outcome of the newest load of its name."""
        message.stop()
        if self._tickets.get(message.load) == message.ticket:
            self._awaited.pop(message.load, None)
            message.deliver()

    def failed(self, error: NerspaceError) -> None:
        """Show an error in a window."""
        self.explorer.tell(str(error), "error")

    def entered(self) -> None:
        """The screen comes into view."""

    def run_changed(self) -> None:
        """Another run was opened, or this one's files have changed."""

    def corpus_changed(self) -> None:
        """Another corpus was opened."""

    def show_name(self, name: Name) -> None:
        """Show a name, where the screen shows one."""

    def remembered(self) -> dict[str, Any]:
        """What the screen wants back at the next start, as plain JSON."""
        return {}

    def recall(self, saved: Mapping[str, Any]) -> None:
        """Take up what was remembered, before the screen is mounted; anything may stand in it."""

    def refresh_data(self) -> None:
        """Read the files behind the view again."""
        self.run_changed()

    def focus_target(self) -> Widget | None:
        """Where the keys go when the screen is entered."""
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
