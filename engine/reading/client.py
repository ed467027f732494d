"""Asking the models of a run while it is looked at: one warm process per run, so that a second answer comes at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nerspace.engine.errors import ModelError
from nerspace.engine.processes import LineProcess
from nerspace.engine.runs.records import ModelId
from nerspace.engine.tables.index import table_spec

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.runs import Run


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a reading is.

    Attributes:
        done: sentences read.
        total: of so many; 0 while that is not known.
        what: is being done.
    """

    done: int
    total: int
    what: str


@dataclass(frozen=True, slots=True)
class NameRead:
    """A name in contexts.

    Attributes:
        readings: the table of that name.
        siblings: the table of that name.
    """

    readings: "pd.DataFrame"
    siblings: "pd.DataFrame"


def joined(before: NameRead | None, read: NameRead) -> NameRead:
    """What was read of a name at two times, the newer of the same."""
    import pandas as pd

    if before is None:
        return read
    readings = pd.concat([before.readings, read.readings], ignore_index=True)
    siblings = pd.concat([before.siblings, read.siblings], ignore_index=True)
    return NameRead(
        readings.drop_duplicates(["donor", "seed", "sentence", "spelling"], keep="last").reset_index(drop=True),
        siblings.drop_duplicates(["stage", "layer", "a", "b"], keep="last").reset_index(drop=True),
    )


@dataclass(frozen=True, slots=True)
class Tagged:
    """What a model says of the words that were typed: a tag for each, and its probability."""

    model: ModelId
    tags: tuple[str, ...]
    certainty: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TextRead:
    """What was typed, read.

    Attributes:
        words: of the text.
        pieces: of each word.
        tagged: by every model of the run.
        span: first word of the name whose vector was taken, and the one behind its last.
        how: why these words.
        form: these words.
        nearest: the table of that name; empty where the run keeps no vectors.
        places: the table of that name; empty where it has no maps.
    """

    words: tuple[str, ...]
    pieces: tuple[tuple[str, ...], ...]
    tagged: tuple[Tagged, ...]
    span: tuple[int, int]
    how: str
    form: str
    nearest: "pd.DataFrame"
    places: "pd.DataFrame"


Told = Callable[[Progress], None]


class Reader:
    """Reads names and texts with the models of a run; the process starts with the first. Threads may share it."""

    def __init__(self, run: "Run") -> None:
        self.run = run
        lost = ModelError("The process that reads with the run's models ended.", "Try again; it starts anew.")
        self._process = LineProcess("nerspace.engine.reading.process", (str(run.path),), lost)

    @property
    def is_warm(self) -> bool:
        """Whether the process is there already."""
        return self._process.is_warm

    def name(
        self, entity: str, languages: Sequence[str] = (), crossed: bool = False, told: Told | None = None
    ) -> NameRead:
        """A name in test contexts of every type, read by every model of the run; its vectors before and after.

        Args:
            entity: the id of the name.
            languages: all that the run knows where empty.
            crossed: in each language with the forms of the others too.
            told: gets the progress.

        Raises:
            NerspaceError: where the run kept no model, or its data lacks the name.
        """
        asked = {"entity": entity, "languages": list(languages), "crossed": crossed}
        answer = self._process.ask(asked, _telling(told))
        return NameRead(_table("readings", answer["readings"]), _table("siblings", answer["siblings"]))

    def text(self, text: str, told: Told | None = None) -> TextRead:
        """A name or a sentence in any language, tagged; and the nearest names to the name in it.

        Args:
            text: with the name in square brackets, where it is not the first that the model finds.
            told: gets the progress.

        Raises:
            NerspaceError: where the run kept no model, or nothing is typed.
        """
        answer = self._process.ask({"text": text}, _telling(told))
        tagged = tuple(
            Tagged(ModelId(one["donor"], one["seed"]), tuple(one["tags"]), tuple(one["certainty"]))
            for one in answer["tagged"]
        )
        start, stop = answer["span"]
        return TextRead(
            tuple(answer["words"]), tuple(map(tuple, answer["pieces"])), tagged, (start, stop), answer["how"],
            answer["form"], _table("nearest", answer["nearest"]), _table("places", answer["places"]),
        )  # fmt: skip

    def close(self) -> None:
        """End the process at once."""
        self._process.close()


def _telling(told: Told | None) -> "Callable[[dict[str, Any]], None] | None":
    return None if told is None else lambda said: told(Progress(said["done"], said["total"], said["what"]))


def _table(name: str, rows: Sequence[Sequence[Any]]) -> "pd.DataFrame":
    return table_spec(name).frame(rows)
