"""Which text there is: parallel NER data in eleven languages, and tagged text in any."""

from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from nerspace.datasets.errors import DataError

if TYPE_CHECKING:
    from nerspace.datasets.reading import Reading
    from nerspace.datasets.records import Context, Entity, Sentence
    from nerspace.datasets.synthetic import Split, SyntheticNER
    from nerspace.datasets.tagged import TaggedCorpus, TaggedSplit

    # Either kind of corpus; only SyntheticNER has contexts and names that are parallel.
    Corpus = SyntheticNER | TaggedCorpus

__all__ = [
    "Context",
    "Corpus",
    "Entity",
    "Reading",
    "Sentence",
    "Split",
    "SyntheticNER",
    "TaggedCorpus",
    "TaggedSplit",
    "available",
    "load",
    "load_names",
    "load_parallel",
]


class ParallelReader(Protocol):
    """A module that reads one layout of contexts and names."""

    def recognises(self, folder: Path, /) -> bool:
        """Whether the folder looks like the layout; nothing in it is opened."""

    def read(self, folder: Path, name: str, /) -> "SyntheticNER":
        """The corpus in a folder of the layout."""


# Every start of the program imports this package, and few read data.
_HOMES = {
    "Context": "records", "Entity": "records", "Reading": "reading", "Sentence": "records",
    "Split": "synthetic", "SyntheticNER": "synthetic",
    "TaggedCorpus": "tagged", "TaggedSplit": "tagged",
}  # fmt: skip
BUILTIN = Path(__file__).with_name("builtin")


def available() -> dict[str, str]:
    """Names that `load` knows without a path, each with one line of what it is."""
    return {
        "builtin": "nerspace's own parallel contexts and names in eleven languages",
        "builtin-quoted": "the same, with the quotation marks that be, bg, ru and uk put about firms, media and clubs",
    }


def load(
    name_or_path: str | Path = "builtin", *, language: str | None = None, reading: "Reading | None" = None
) -> "Corpus":
    """The corpus of that name, in that file or folder, or on the Hugging Face Hub.

    Args:
        name_or_path: a name that `available` lists; a folder of parallel contexts and names (nerspace's own layout,
            SyntheticNER's, SlavNER's); a list of names in several languages; a file or folder of tagged sentences in
            any of the layouts of `readers.files`; or `hub:OWNER/NAME`, `hub:OWNER/NAME/CONFIG`, which need the extra
            `hub`.
        language: code of all sentences of a tagged file or folder, whatever its names and marks say.
        reading: more that is wanted of it, see `reading.Reading`.

    Returns:
        A `SyntheticNER` where contexts and names are parallel, else a `TaggedCorpus`. Both have `languages`, `types`,
        `counts()`, `sentences()`, `sample(n)`, `select(...)` and `split(seed)`.

    Raises:
        DataError: there is none, or it cannot be read; naming file and line.
        UsageError: a type that nothing in it has.
    """
    from nerspace.datasets.reading import Reading

    wanted = reading or Reading()
    return _load(name_or_path, replace(wanted, language=language) if language else wanted).read_as(wanted)


def _load(name_or_path: str | Path, reading: "Reading") -> "Corpus":
    """The corpus, its types renamed in part: what they are called at last hangs on all of its files."""
    from nerspace.datasets.readers import pairs

    if str(name_or_path) in available():
        return pairs.read_own(BUILTIN, str(name_or_path), quotes=name_or_path == "builtin-quoted")
    from nerspace.datasets.readers import files, hub, names_list, readyten, slavner

    if str(name_or_path).startswith(hub.PREFIX):
        return hub.read(str(name_or_path), reading)
    path = Path(name_or_path)
    with suppress(RuntimeError):  # "~nobody": no such user
        path = path.expanduser()
    if not _exists(path):
        raise DataError(
            f"There is no data set {str(name_or_path)!r}.", f"Choose {', '.join(available())} or give a file or folder."
        )
    # A run keeps it whole.
    files.check_name(path.absolute())
    if path.is_dir():
        # The first that recognises a folder reads it. SlavNER's S2 resembles a readyTEN.
        parallel: tuple[ParallelReader, ...] = (pairs, slavner, readyten)
        for reader in parallel:
            if reader.recognises(path):
                return reader.read(path, path.resolve().name)
    if names_list.recognises(path):
        return names_list.read(path, path.resolve().name)
    return files.read(path, path.resolve().name, reading)


def load_parallel(name_or_path: str | Path = "builtin", reading: "Reading | None" = None) -> "SyntheticNER":
    """As `load`, for work that needs parallel contexts and names.

    Raises:
        DataError: also for a corpus of tagged sentences.
    """
    from nerspace.datasets.synthetic import SyntheticNER

    corpus = load(name_or_path, reading=reading)
    if not isinstance(corpus, SyntheticNER):
        raise DataError(
            f"{name_or_path} holds tagged sentences; parallel contexts and names are needed here.",
            f"Choose {', '.join(available())} or give a folder of contexts and names.",
        )
    return corpus


def load_names(path: str | Path) -> "tuple[Entity, ...]":
    """The parallel names of a file of the user's own: a wide table with a column per language, or a long one.

    Raises:
        DataError: it holds none.
    """
    from nerspace.datasets.synthetic import SyntheticNER

    corpus = load(path)
    if not isinstance(corpus, SyntheticNER) or not corpus.entities:
        raise DataError(f"{path} holds no parallel names.", "Expected a table with a column of names per language.")
    return corpus.entities


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def __getattr__(name: str) -> Any:
    """The classes of the data, imported when they are first asked for."""
    if name == "Corpus":
        return __getattr__("SyntheticNER") | __getattr__("TaggedCorpus")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
