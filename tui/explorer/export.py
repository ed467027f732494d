"""The windows that ask where a table or a picture is to be written, and write it in a thread."""

import os
from collections.abc import Callable
from pathlib import Path

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from nerspace.engine.errors import NerspaceError
from nerspace.engine.files import user_path
from nerspace.engine.words import several
from nerspace.tui.actions import bindings
from nerspace.tui.explorer.writing import export, export_problem, missing_folder, write_whole
from nerspace.tui.literal import literal, literal_lines
from nerspace.tui.widgets.line_input import LineInput
from nerspace.tui.widgets.rows import Shown
from nerspace.tui.widgets.window import Window


class PathWindow(Window[str]):
    """Path, enter; an existing file needs a second enter. Closes with a line that says what was written."""

    BINDINGS = bindings("export")
    # Whether a folder that is missing is made, after a second enter.
    makes_folders = False

    def __init__(self, title: str, about: str, file_name: str) -> None:
        super().__init__()
        self.window_title = title
        self.about = about
        self.file_name = file_name
        self._replace: Path | None = None
        self._make: Path | None = None
        self._writing = False
        self._stopped = False

    def compose(self) -> ComposeResult:
        """What, where to, and why not."""
        with Vertical(classes="window") as window:
            window.border_title = Text(self.window_title)
            yield Static(Text(literal_lines(self.about)), markup=False)
            yield LineInput(str(Path.cwd() / self.file_name))
            yield Static(Text("enter write   esc back"), id="problem", markup=False)

    def on_mount(self) -> None:
        """Straight to the path."""
        self.set_focus(self.query_one(Input))

    def _say(self, line: str) -> None:
        self.query_one("#problem", Static).update(Text(literal(line)))

    @on(Input.Changed)
    def _forget(self) -> None:
        self._replace = self._make = None

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if self._writing:
            return
        if not event.value.strip():
            self._say("Type the path of a file.")
            return
        try:
            path = user_path(event.value.strip())
            problem, is_there = export_problem(path), os.path.lexists(path)
        except (NerspaceError, OSError, ValueError) as error:
            self._say(f"That cannot be the name of a file: {getattr(error, 'strerror', None) or error}.")
            return
        if problem and (folder := missing_folder(path)) is not None and self.makes_folders:
            if self._make != folder:
                self._make = folder
                self._say(f"No such folder: {folder}. enter again makes it, esc leaves it.")
                return
            problem = ""
        if problem:
            self._say(problem)
        elif is_there and self._replace != path:
            self._replace = path
            self._say(f"{path} exists. enter again replaces it, esc leaves it.")
        else:
            self._writing = True
            self.write(path)

    def write_file(self, path: Path, progress: Callable[[int], bool]) -> str:
        """Write the file and return what was written, in a line; `progress` says whether to go on.

        Raises:
            NerspaceError: when it cannot be written, or was stopped.
        """
        raise NotImplementedError

    @work(thread=True, exit_on_error=False)
    def write(self, path: Path) -> None:
        """Write in a thread."""
        try:
            line = self.write_file(path, self.going_on)
        except NerspaceError as error:
            self.app.call_from_thread(self._ended, str(error), False)
        else:
            self.app.call_from_thread(self._ended, line, True)

    def going_on(self, done: int) -> bool:
        """Whether the write is still wanted."""
        del done
        return not self._stopped

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


class ExportWindow(PathWindow):
    """A table as CSV, as a workbook or as Parquet, exactly the rows that are shown; beside it what it is of."""

    makes_folders = True

    def __init__(self, shown: Shown) -> None:
        rows = len(shown.rows)
        about = f"{several(rows, 'row')}, as filtered, raw values, to the file: .csv, .xlsx or .parquet"
        note = f"\n{shown.note}" if shown.note else ""
        super().__init__(f"export {shown.name}", about + note, f"{shown.name}.csv")
        self.shown_table = shown
        self._reported = 0

    def going_on(self, done: int) -> bool:
        """Report the rows so far."""
        total = len(self.shown_table.rows)
        if done - self._reported >= total / 100:
            self._reported = done
            line = f"{done:,} of {total:,} rows … esc stops and leaves no file"
            self.app.call_from_thread(self._say, line)
        return super().going_on(done)

    def write_file(self, path: Path, progress: Callable[[int], bool]) -> str:
        """Write the rows."""
        shown = self.shown_table
        about = {"table": shown.name, **shown.about, "filter": shown.note, "columns": dict(shown.columns)}
        rows = export(shown.rows, path, progress, {name: value for name, value in about.items() if value})
        return f"Wrote {several(rows, 'row')} to {path}, and beside it what they are of"


class PictureWindow(PathWindow):
    """A picture of the screen as it was."""

    def __init__(self, name: str, picture: str) -> None:
        super().__init__("picture", "The screen as it was, an SVG picture, to the file", f"{name}.svg")
        self.picture = picture

    def write_file(self, path: Path, progress: Callable[[int], bool]) -> str:
        """Write the picture whole."""
        del progress
        write_whole(path, [self.picture])
        return f"Wrote the picture to {path}"
