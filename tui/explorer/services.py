"""What every screen and window may use of the app: messages to the user, export, clipboard, picture, help."""

from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from textual import on, work

from nerspace.engine.errors import NerspaceError
from nerspace.tui.explorer.early_keys import PatientApp
from nerspace.tui.literal import literal
from nerspace.tui.widgets.modals import ErrorWindow
from nerspace.tui.widgets.notices import Notices
from nerspace.tui.widgets.ordered_rows import OrderedRows
from nerspace.tui.widgets.window import CopyText

if TYPE_CHECKING:
    import pandas as pd
    from textual.notifications import SeverityLevel

    from nerspace.tui.explorer.session import Session
    from nerspace.tui.widgets.rows import Shown


class View(Protocol):
    """The screen in view, as far as these services know it."""

    @property
    def id(self) -> str | None:
        """Its name."""

    def shown(self) -> "Shown | None":
        """The table behind it."""

    def copied(self) -> str:
        """What `y` copies."""


class Services(PatientApp):
    """The app without its screens; they and their windows know it as this."""

    def __init__(self, session: "Session") -> None:
        super().__init__()
        self._notifications = Notices()
        self.session = session
        # Whether the maps are colored by errors at first, as after a demo.
        self.errors_first = False
        # Whether three next keys are shown, as to whoever is new here.
        self.next_keys = False
        self._error = ""

    @property
    @abstractmethod
    def in_view(self) -> View:
        """The screen in view."""

    def tell(self, message: str, severity: "SeverityLevel" = "information") -> None:
        """A short message in the corner; an error gets a window, but not the same one twice in a row."""
        if severity != "error" or message == self._error or isinstance(self.screen, ErrorWindow):
            timeout = 8 if severity == "error" else 4
            self.notify(literal(message), severity=severity, timeout=timeout, markup=False)
            return
        self._error = message
        self.push_screen(ErrorWindow(message))

    def _tell_written(self, line: str | None) -> None:
        if line:
            self.tell(line)

    # -- tables and pictures

    @on(OrderedRows.ColumnAsked)
    def _column_asked(self, message: OrderedRows.ColumnAsked) -> None:
        self.count_values(message.table, message.row)

    @on(OrderedRows.ValuesChosen)
    def _no_filter(self) -> None:
        self.tell("This table is not filtered.", "warning")

    @work(thread=True, group="values", exit_on_error=False)
    def count_values(self, table: OrderedRows, place: int) -> None:
        """Count the values of a column of a table in view, and show them."""
        from nerspace.tui.explorer.values import values_of

        rows = table.arranged()
        name = str(rows.fields[place])
        try:
            frame = values_of(rows, name)
        except (NerspaceError, ValueError, TypeError) as error:
            self.call_from_thread(self.tell, f"The values of {name} cannot be counted ({error}).", "warning")
        else:
            self.call_from_thread(self._show_values, table, name, frame, len(rows))

    def _show_values(self, table: OrderedRows, name: str, frame: "pd.DataFrame", rows: int) -> None:
        from nerspace.tui.explorer.values import ValuesWindow

        window = ValuesWindow(name, frame, rows)

        def closed(row: int | None) -> None:
            if row is not None and table.is_mounted:
                table.post_message(OrderedRows.ValuesChosen(table, window.chosen))

        if self.screen is table.screen:
            self.push_screen(window, closed)

    def _as_seen(self, shown: "Shown | None") -> "Shown | None":
        """A table as the screen shows it: sorted, narrowed and marked as the widget over it is; None without a row."""
        from nerspace.tui.widgets.frame_table import FrameTable

        if shown is None:
            return None
        for table in self.screen.query(FrameTable):
            if table.rows.same(shown.rows):
                note = "; ".join(filter(None, (shown.note, table.order_note)))
                shown = replace(shown, rows=table.arranged(), note=note)
                break
        return shown if len(shown.rows) else None

    def export(self, table: "Shown | None") -> None:
        """Ask where to and write the table."""
        from nerspace.tui.explorer.export import ExportWindow

        if (shown := self._as_seen(table)) is None:
            self.tell("There is nothing to export here.", "warning")
        else:
            self.push_screen(ExportWindow(self._with_origin(shown)), self._tell_written)

    def _with_origin(self, shown: "Shown") -> "Shown":
        """A table with the facts of the run that it is of, and the corpus where it is of none."""
        from nerspace.engine.runs.exporting import run_facts

        about = dict(shown.about)
        run = about.pop("run", self.session.run)
        origin = run_facts(run) if run is not None else {"corpus": self.session.corpus_name}
        return replace(shown, about={**origin, **about})

    def action_export(self) -> None:
        """Export the table behind the view."""
        self.export(self.in_view.shown())

    def action_picture(self) -> None:
        """Write a picture of the screen as it is now."""
        from nerspace.tui.explorer.export import PictureWindow

        name = str(self.in_view.id)
        picture = self.export_screenshot(title=f"nerspace · {name.capitalize()}")
        self.push_screen(PictureWindow(f"nerspace-{name}", picture), self._tell_written)

    # -- the clipboard

    def copy_rows(self, table: "Shown | None") -> None:
        """Copy a table, as the screen shows it."""
        from nerspace.tui.explorer.writing import clip, size_note

        if (shown := self._as_seen(table)) is None:
            self.tell("There is nothing to copy here.", "warning")
            return
        try:
            text = clip(shown.rows)
        except NerspaceError as error:
            self.tell(str(error), "warning")
            return
        self.copy_to_clipboard(text)
        rows = len(shown.rows)
        self.tell(f"Copied {shown.name}: {rows:,} row{'s' if rows != 1 else ''}, {size_note(text)}")

    def copy(self, text: str) -> None:
        """Copy a text to the clipboard of the terminal in front of the user (OSC 52)."""
        from nerspace.tui.explorer.writing import LIMIT, size_note

        if not text:
            self.tell("There is nothing to copy here.", "warning")
        elif len(text.encode()) > LIMIT:
            self.tell(f"{size_note(text)} are too much for the clipboard; e writes a file.", "warning")
        else:
            self.copy_to_clipboard(text)
            self.tell(f"Copied {size_note(text)}: {text if len(text) <= 50 else text[:49] + '…'}")

    @on(CopyText)
    def _copy_text(self, message: CopyText) -> None:
        self.copy(message.text)

    def action_copy(self) -> None:
        """Copy what is under the cursor."""
        self.copy(self.in_view.copied())

    def action_copy_table(self) -> None:
        """Copy the table behind the view."""
        self.copy_rows(self.in_view.shown())

    def action_help(self) -> None:
        """The keys of this view and the columns of its table."""
        self.help_on(self.in_view.shown())

    def help_on(self, shown: "Shown | None") -> None:
        """The keys of the screen or window in front, and the columns of its table."""
        from nerspace.tui.explorer.help import WAY, HelpWindow

        active: dict[str, list[str]] = {}
        for key, bound in self.screen.active_bindings.items():
            active.setdefault(bound.binding.id or "", []).append(key)
        begins = self.in_view.id == "data" or self.next_keys
        way = WAY if begins and len(self.screen_stack) == 1 else ()
        own = str(self.in_view.id)
        self.push_screen(HelpWindow(active, shown, self.size.width, way, self.no_color, own))
