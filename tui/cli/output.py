"""What the command line shows: lines of text, and tables as CSV, JSON, a text plot or rows."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from nerspace.engine.errors import UsageError
from nerspace.engine.words import several
from nerspace.tui.cli.options import But
from nerspace.tui.literal import literal, shown_number
from nerspace.tui.terminal import console

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.runs import Run


class Output(NamedTuple):
    """Where a table goes: to a file, as JSON, as a text plot, or without any of them to the screen."""

    csv: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Write the table as CSV, x.xlsx or x.parquet, what it is of beside it; - is stdout.",
        ),
    ] = None
    excel: Annotated[bool, typer.Option("--excel", help="With --csv: so that Excel reads it, and no text acts.")] = (
        False
    )
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False
    plot: Annotated[bool, typer.Option("--plot", help="Draw the table as text.")] = False
    rows: Annotated[int, typer.Option(min=0, help="Rows to print; 0 prints all.")] = 0
    where: Annotated[
        str, typer.Option(metavar="QUERY", help="Only rows such as: type:LOC -lang:tr wrong:yes tnld>0.3 'two words'.")
    ] = ""

    @property
    def is_data(self) -> bool:
        """Whether the table itself is wanted, for another program."""
        return self.csv is not None or self.as_json

    @property
    def is_screen(self) -> bool:
        """Whether nothing but the screen was requested."""
        return not (self.is_data or self.plot)

    def show(self, name: str, frame: "pd.DataFrame", run: "Run | None" = None) -> None:
        """Send a table where it was requested; files always get all of it.

        Args:
            name: of the catalogue, or empty.
            frame: the table.
            run: that it is of, where it is of one.

        Raises:
            UsageError: for a query that the table cannot be asked.
        """
        if self.excel and self.csv is None:
            raise UsageError("--excel goes with --csv.", "Give the file: --csv FILE.")
        if self.where:
            from nerspace.tui.query import parse, rows_of

            frame = rows_of(parse(self.where), frame)
        if self.csv is not None:
            write_csv(frame, self.csv, self.excel, self._about(name, run))
        if self.as_json:
            import json

            records = json.loads(frame.to_json(orient="records", double_precision=9))
            print(json.dumps(records, ensure_ascii=False, indent=1))
        if self.plot:
            from nerspace.engine.tables.index import CATALOGUE
            from nerspace.tui.plots.tables import plot

            spec = CATALOGUE.get(name)
            print(plot(name, spec.plot if spec else "", frame))
        if self.is_screen:
            print_table(frame, self.rows)

    def _about(self, name: str, run: "Run | None") -> dict[str, Any]:
        """What is written beside a table: its run, how it was asked for, and what its columns mean."""
        import shlex

        from nerspace.engine.runs.exporting import run_facts
        from nerspace.engine.tables.index import CATALOGUE

        spec = CATALOGUE.get(name)
        about = {
            "table": name,
            **run_facts(run),
            "filter": self.where,
            "command": shlex.join(["nerspace", *sys.argv[1:]]),
        }
        return {**{key: value for key, value in about.items() if value}, "columns": spec.meanings if spec else {}}


def say(line: str = "") -> None:
    """Print a line of a report, which the terminal may wrap."""
    console().print(line, soft_wrap=True)


def records(frame: "pd.DataFrame") -> Iterator[Any]:
    """The rows of a table with columns as attributes; of what kind each is, only who reads them knows."""
    yield from frame.itertuples(index=False)


def announce_unpacking(model: str) -> None:
    """Say that the built-in encoder is about to be converted, which happens once."""
    from nerspace.engine import encoders
    from nerspace.engine.encoders.builtin import is_converted

    if model == encoders.BUILTIN and not is_converted():
        console(stderr=True).print("Unpacking the built-in encoder, once (some seconds, 480 MB in the cache)")


# What commands take of it.
Files = Annotated[Output, But("plot", "rows")]
Rows = Annotated[Output, But("plot", rows=60)]
Plotted = Annotated[Output, But(rows=60)]


def write_csv(frame: "pd.DataFrame", target: str, excel: bool = False, about: Mapping[str, Any] | None = None) -> None:
    """Write a table to a file, never over one that is there, or to stdout for "-"; see `engine.runs.exporting`.

    Args:
        frame: the table.
        target: where; .xlsx becomes a workbook, .parquet Parquet, all else CSV.
        excel: whether CSV is written as Excel reads it.
        about: what is said of it in the file beside it.

    Raises:
        UsageError: when the file exists.
        NerspaceError: when it cannot be written.
    """
    from nerspace.engine.files import user_path
    from nerspace.engine.runs import to_csv
    from nerspace.engine.runs.exporting import export_table
    from nerspace.engine.tables.excel import excel_csv

    if target == "-":
        sys.stdout.write(excel_csv(frame) if excel else to_csv(frame))
        return
    path = user_path(target)
    missing = sys.stdin.isatty() and not path.parent.exists()
    make = missing and typer.confirm(f"Make the folder {path.parent}?")
    rows = export_table(path, [frame], about or {}, new=True, excel=excel, make_folders=make)
    console(stderr=True).print(f"{several(rows, 'row')} written to {path}")


def write_text(path: Path, parts: Iterable[str], total: int) -> None:
    """Write text part by part to a new file, with progress; a write that is cut off leaves no file.

    Raises:
        UsageError: when the file exists.
        NerspaceError: when it cannot be written.
    """
    from rich.progress import track

    from nerspace.engine.files import user_path, whole_file

    path = user_path(path)
    shown = track(parts, "Writing", total=total, console=console(stderr=True), transient=True)
    with whole_file(path, new=True) as handle:
        handle.writelines(part.encode() for part in shown)
    console(stderr=True).print(f"{several(total, 'sentence')} written to {path}")


def print_table(frame: "pd.DataFrame", rows: int = 0) -> None:
    """Print a table, at most `rows` of it if that is not 0."""
    shown = frame.head(rows) if rows else frame
    print_rows([(column, frame[column].dtype.kind in "if") for column in frame.columns], records(shown), len(frame))


def print_rows(columns: Iterable[tuple[str, bool]], rows: Iterable[Iterable[object]], total: int) -> None:
    """Print rows as a table.

    Args:
        columns: names, and whether they hold numbers.
        rows: the values of those that are printed.
        total: how many there are.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column, number in columns:
        table.add_column(literal(column), justify="right" if number else "left", no_wrap=number, overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown_number(value)) for value in row))
    console().print(table)
    if table.row_count < total:
        console(stderr=True).print(
            f"{table.row_count:,} of {total:,} rows; --rows 0 prints all, --csv FILE writes all."
        )
