"""The window that asks where a table is to be written, and writes it in a thread."""

from pathlib import Path

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from nerspace.engine.errors import NerspaceError
from nerspace.tui.actions import bindings
from nerspace.tui.export import export, export_problem
from nerspace.tui.literal import literal
from nerspace.tui.rows import Shown


class ExportScreen(ModalScreen[str]):
    """Path, enter; an existing file needs a second enter. Closes with a line that says what was written."""

    BINDINGS = bindings("export")

    def __init__(self, shown: Shown) -> None:
        super().__init__()
        self.shown_table = shown
        self._replace: Path | None = None
        self._writing = False
        self._stopped = False

    def compose(self) -> ComposeResult:
        """What, where to, and why not."""
        with Vertical(classes="window") as window:
            window.border_title = Text(f"export {self.shown_table.name}")
            rows = len(self.shown_table.rows)
            yield Static(
                Text(f"{rows:,} row{'s' if rows != 1 else ''}, as filtered, raw values, to the CSV file"), markup=False
            )
            yield Input(str(Path.cwd() / f"{self.shown_table.name}.csv"), classes="line-input", select_on_focus=False)
            yield Static(Text("⏎ write   esc back"), id="problem", markup=False)

    def on_mount(self) -> None:
        """Straight to the path."""
        self.query_one(Input).focus()

    def _say(self, line: str) -> None:
        self.query_one("#problem", Static).update(Text(literal(line)))

    @on(Input.Changed)
    def _forget(self) -> None:
        self._replace = None

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if self._writing:
            return
        path = Path(event.value.strip()).expanduser()
        if not event.value.strip():
            self._say("Type the path of a file.")
        elif problem := export_problem(path):
            self._say(problem)
        elif path.exists() and self._replace != path:
            self._replace = path
            self._say(f"{path} exists. ⏎ again replaces it, esc leaves it.")
        else:
            self._writing = True
            self.write(path)

    @work(thread=True, exit_on_error=False)
    def write(self, path: Path) -> None:
        """Write, telling the rows so far."""
        total, told = len(self.shown_table.rows), 0

        def progress(done: int) -> bool:
            nonlocal told
            if done - told >= total / 100:
                told = done
                self.app.call_from_thread(self._say, f"{done:,} of {total:,} rows … esc stops and leaves no file")
            return not self._stopped

        try:
            written = export(self.shown_table.rows, path, progress)
        except NerspaceError as error:
            line = str(error)
            self.app.call_from_thread(self._ended, line, False)
        else:
            self.app.call_from_thread(self._ended, f"Wrote {written:,} rows to {path}", True)

    def _ended(self, line: str, written: bool) -> None:
        self._writing = False
        if written or self._stopped:
            self.dismiss(line)
        else:
            self._say(line)

    def action_close(self) -> None:
        """Back; a write under way is stopped first."""
        if self._writing:
            self._stopped = True
        else:
            self.dismiss("")
