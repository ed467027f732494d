"""How a user wants data to be read, where the data itself does not say it or says it otherwise."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from nerspace.datasets.errors import UsageError
from nerspace.datasets.spelling import composed, folded
from nerspace.datasets.tagging import type_of

# What a column of a table may hold.
ROLES = ("word", "tag", "sentence")


@dataclass(frozen=True, slots=True)
class Reading:
    """What is asked of a reader.

    language: of every sentence, whatever names and marks say. types: those that are read, in this order; entities of
    others are none; all where it is empty. map: pairs of a type as it stands in the data and what it is read as,
    another type or O; before anything else renames it. rename: whether PERSON, GPE and their like are read as PER, LOC
    and ORG. columns: pairs of a role (word, tag, sentence) and the column that has it, a number from 1 or its name in
    the header. layer: of nested annotation, from the outermost, 1. tag_names: what tags that are numbers stand for, in
    order.
    """

    language: str = ""
    types: tuple[str, ...] = ()
    map: tuple[tuple[str, str], ...] = ()
    rename: bool = True
    columns: tuple[tuple[str, str], ...] = ()
    layer: int = 1
    tag_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # JSON has lists alone.
        for name in ("types", "tag_names"):
            object.__setattr__(self, name, tuple(map(composed, getattr(self, name))))
        for name in ("map", "columns"):
            object.__setattr__(
                self, name, tuple((composed(str(one)), composed(str(other))) for one, other in getattr(self, name))
            )

    def renamer(self) -> Callable[[str], str]:
        """Label as it stands in the data → type, or O."""
        mapped, rename = dict(self.map), self.rename
        return lambda label: mapped[label] if label in mapped else type_of(label) if rename else label


AS_IT_STANDS = Reading()


def matching(wanted: str, known: Iterable[str]) -> str | None:
    """The known type that a user means: as it is written, or the only one that differs in letter case alone."""
    known = list(known)
    if wanted in known:
        return wanted
    alike = [kind for kind in known if folded(kind) == folded(wanted)]
    return alike[0] if len(alike) == 1 else None


def chosen_types(reading: Reading, name: str, known: Iterable[str]) -> tuple[str, ...]:
    """The types of a reading as the data writes them.

    Raises:
        UsageError: naming the first that nothing in the data has.
    """
    known = list(known)
    found = []
    for wanted in reading.types:
        if (kind := matching(wanted, known)) is None:
            raise UsageError(f"No entity of {name} has the type {wanted!r}.", f"Its types: {listed(known)}.")
        found.append(kind)
    return tuple(dict.fromkeys(found))


def unknown_label(name: str, label: str, known: Iterable[str]) -> UsageError:
    """The error for a map that names what nothing in the data has."""
    return UsageError(f"No entity of {name} has the type {label!r} to be mapped.", f"Its types: {listed(known)}.")


def listed(types: Iterable[str], most: int = 30) -> str:
    """Types with commas, cut where they are many; "none" without any."""
    types = list(types)
    rest = f", … {len(types) - most} more" if len(types) > most else ""
    return ", ".join(types[:most]) + rest or "none"


def renamed_line(renamed: Mapping[str, str]) -> str:
    """One line of what was renamed by itself: "GPE read as LOC, person as PER"; empty for nothing."""
    if not renamed:
        return ""
    pairs = ", ".join(f"{label} as {kind}" for label, kind in sorted(renamed.items()))
    return f"Types read as the usual ones: {pairs}; --no-rename keeps them."


def without_map(reading: Reading) -> Reading:
    """The same for data whose types stay as they are."""
    return replace(reading, map=(), types=())


def parse_columns(text: str) -> tuple[tuple[str, str], ...]:
    """Roles and columns from "word=2,tag=3", where a column is a number from 1 or a name of the header.

    Raises:
        UsageError: it is something else.
    """
    found: dict[str, str] = {}
    for part in _parts(text.split(",")):
        role, _, column = (piece.strip() for piece in part.partition("="))
        if role not in ROLES or not column or column == "0" or role in found:
            raise UsageError(f"{part!r} names no column.", "Write word=2,tag=3 or word=2,tag=3,sentence=1.")
        found[role] = column
    return tuple(found.items())


def parse_tag_names(text: str) -> tuple[str, ...]:
    """The names of numbered tags from "O,B-PER,I-PER", in order."""
    return tuple(_parts(text.split(",")))


def _parts(pieces: Iterable[str]) -> list[str]:
    return [piece.strip() for piece in pieces if piece.strip()]
