"""How a user wants data to be read, where the data itself does not say it or says it otherwise."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from nerspace.datasets.errors import UsageError
from nerspace.datasets.tagging import type_of


@dataclass(frozen=True, slots=True)
class Reading:
    """What is asked of a reader.

    language: of every sentence, whatever names and marks say. types: those that are read, in this order; entities of
    others are none; all where it is empty. map: pairs of a type as it stands in the data and what it is read as,
    another type or O; before anything else renames it. rename: whether PERSON, GPE and their like are read as PER, LOC
    and ORG.
    """

    language: str = ""
    types: tuple[str, ...] = ()
    map: tuple[tuple[str, str], ...] = ()
    rename: bool = True

    def __post_init__(self) -> None:
        # JSON has lists alone.
        object.__setattr__(self, "types", tuple(self.types))
        object.__setattr__(self, "map", tuple((str(one), str(other)) for one, other in self.map))

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
    alike = [kind for kind in known if kind.casefold() == wanted.casefold()]
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
