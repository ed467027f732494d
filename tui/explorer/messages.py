"""What screens and windows want of the explorer; posted to the app, which shows another screen, run or corpus."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from nerspace.engine.reading.client import TextRead
    from nerspace.engine.runs import Run


@dataclass(frozen=True, slots=True)
class Name:
    """A name that a view points at: entity id, and the language and sentence id where the view has them.

    Attributes:
        form: the name as it is written, where text tags it.
        otherwise: the id of a name to show where there is none of that id.
    """

    entity: str
    language: str = ""
    sentence: str = ""
    form: str = ""
    otherwise: str = ""


class _OfName(Message):
    def __init__(self, name: Name) -> None:
        super().__init__()
        self.name = name


class ShowEntity(_OfName):
    """Everything about a name, in Entity."""


class ShowSubwords(_OfName):
    """How a name is cut, in Tokens."""


class ShowPoints(_OfName):
    """The points of a name, in Space."""


class ShowTyped(Message):
    """What was typed and read, among the names on the maps of Space."""

    def __init__(self, read: "TextRead") -> None:
        super().__init__()
        self.read = read


class OpenRun(Message):
    """Another run in every screen; None for no run."""

    def __init__(self, run: "Run | None") -> None:
        super().__init__()
        self.run = run


class ResumeRun(Message):
    """Go on with a run that ended before its time."""

    def __init__(self, run: "Run") -> None:
        super().__init__()
        self.run = run


class OpenCorpus(Message):
    """Another corpus in every screen, by its name or path; the user is asked for one where it is empty."""

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.name = name
