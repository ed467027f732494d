"""What a layout of tagged text is: a module that recognises its files and reads them.

To add a layout, write a module with a NAME and two functions, and put it into `files.LAYOUTS`, behind those that are
surer than it:

    NAME = "my layout"

    def recognises(source: Source) -> bool:      # by its name and its first lines; cheap, raises nothing of its own
        return source.suffix == ".mine"

    def read(source: Source) -> RawFile:         # words and tags as they stand there
        raw = RawFile(source.path, source.shown)
        for number, line in read_lines(source.path):
            raw.sentences.append(RawSentence(number, words, tags))      # or raw.drop(number, REASON, line)
        return raw

All else is common: schemes and spellings of tags, language and split by names, what is left out and told
(`sentences.finish`). A layout of rows with columns finds them by `columns.find_columns`, one of JSON records is a form
in `records`.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from nerspace.datasets.lines import first_bytes, first_lines, kind_of_bytes
from nerspace.datasets.readers.rows import LOOKED_AT, is_tabbed, sample
from nerspace.datasets.readers.sentences import RawFile
from nerspace.datasets.reading import AS_IT_STANDS, Reading


@dataclass(frozen=True)
class Source:
    """A file that is to be read.

    shown: its path inside the folder that was given. root: that folder. reading: what the user wants of it.
    """

    path: Path
    shown: str
    root: Path
    reading: Reading = AS_IT_STANDS

    @property
    def suffix(self) -> str:
        """The ending of the file's name, as `.conll`."""
        return self.path.suffix.lower()

    @cached_property
    def head(self) -> bytes:
        """The first bytes."""
        return first_bytes(self.path)

    @cached_property
    def is_text(self) -> bool:
        """Whether it holds something that may be text."""
        return bool(self.head) and not kind_of_bytes(self.head)

    @cached_property
    def lines(self) -> list[str]:
        """The first lines; none of a file that is no text."""
        return first_lines(self.path) if self.is_text else []

    @cached_property
    def is_tabbed(self) -> bool:
        """Whether columns of its lines are parted by tabs, else they are by spaces."""
        return is_tabbed(self.lines)

    @cached_property
    def rows(self) -> list[list[list[str]]]:
        """The first rows of a text with a word a line, parted where lines are blank."""
        return sample(self.lines[:LOOKED_AT])

    @property
    def first(self) -> str:
        """The first line that is not blank."""
        return next((line.strip() for line in self.lines if line.strip()), "")


class Layout(Protocol):
    """A module that reads one layout."""

    NAME: str

    def recognises(self, source: Source) -> bool:
        """Whether the file looks like this layout."""

    def read(self, source: Source) -> RawFile:
        """The sentences as they stand in the file.

        Raises:
            DataError: naming file and line.
        """
