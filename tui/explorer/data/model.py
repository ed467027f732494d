"""What the data screen looks at: a corpus that is ready to be searched, and the rows that a filter leaves of it."""

from dataclasses import dataclass

from nerspace.datasets.reading import Reading
from nerspace.engine.errors import NerspaceError
from nerspace.tui.explorer.data.parallel import EntityRows, ParallelIndex, SentenceRows
from nerspace.tui.explorer.data.tagged import TaggedIndex, TaggedNameRows, TaggedRows, first_name, name_id
from nerspace.tui.explorer.messages import Name
from nerspace.tui.filters import Filter
from nerspace.tui.widgets.rows import NoRows, Rows, measured


@dataclass(frozen=True, slots=True)
class Opened:
    """A corpus, ready to be searched.

    Attributes:
        name: the name or path that it was requested by.
    """

    name: str
    index: ParallelIndex | TaggedIndex


def open_corpus(name: str, reading: Reading | None = None) -> Opened:
    """Read a corpus by its name or path.

    Args:
        reading: how it is read, where it does not tell itself.

    Raises:
        NerspaceError: if it cannot be read.
    """
    from nerspace import datasets

    corpus = datasets.load(name, reading=reading)
    return Opened(name, TaggedIndex(corpus) if isinstance(corpus, datasets.TaggedCorpus) else ParallelIndex(corpus))


@dataclass(frozen=True, slots=True)
class Found:
    """What a filter leaves: the rows of one view, ready to show, with the number of all rows."""

    opened: Opened
    rows: Rows
    total: int
    widths: list[int]
    # How many rows there were when the widths were measured.
    measured_rows: int = 0
    note: str = ""


def find(opened: Opened, view: str, chosen: Filter, front: int, before: Found | None = None) -> Found:
    """The rows of a view, sentences or names, that a filter leaves.

    Args:
        front: how many languages are turned to the end.
        before: what was found last, whose widths may still fit.
    """
    total = opened.index.total if view == "sentences" else opened.index.total_names
    try:
        if isinstance(opened.index, TaggedIndex):
            rows = _tagged_rows(opened.index, view, chosen)
        else:
            rows = _parallel_rows(opened.index, view, chosen, front)
    except NerspaceError as error:
        return Found(opened, NoRows(), total, [], note=str(error))
    if before is not None and _fits(before, opened, rows):
        return Found(opened, rows, total, before.widths, before.measured_rows)
    return Found(opened, rows, total, measured(rows), len(rows))


def _fits(before: Found, opened: Opened, rows: Rows) -> bool:
    """Whether the widths of what was found before hold these rows too: fewer rows under the same headings."""
    return (
        before.opened is opened
        and len(rows) <= before.measured_rows
        and [column.name for column in rows.columns] == [column.name for column in before.rows.columns]
    )


def _tagged_rows(index: TaggedIndex, view: str, chosen: Filter) -> Rows:
    if view == "names":
        return TaggedNameRows(index.names(chosen))
    return TaggedRows(index.corpus, index.sentences(chosen))


def _parallel_rows(index: ParallelIndex, view: str, chosen: Filter, front: int) -> Rows:
    languages = index.spoken(chosen)
    if view == "names":
        names = index.names(chosen)
        return EntityRows(names, _turned(languages, front))
    blocks = index.sentences(chosen)
    spoken = {code for block in blocks for code in block.languages}
    return SentenceRows(index.corpus, blocks, _turned([c for c in languages if c in spoken], front))


def _turned(languages: list[str], front: int) -> list[str]:
    turn = front % max(1, len(languages))
    return languages[turn:] + languages[:turn]


def name_at(rows: Rows, row: int) -> Name | None:
    """The name of a row of sentences or names; of a tagged sentence its first, None where it has none."""
    if not len(rows):
        return None
    if isinstance(rows, EntityRows):
        return Name(rows.rows[row][0].id)
    if isinstance(rows, SentenceRows):
        return Name(rows.cell(row)[2].id)
    if isinstance(rows, TaggedNameRows):
        name = rows.names[row]
        return Name(name_id(name.language, name.type, name.text), name.language, form=name.text)
    if isinstance(rows, TaggedRows):
        sentence = rows.sentence(row)
        return first_name(sentence.language, sentence.words, sentence.tags)
    return None
