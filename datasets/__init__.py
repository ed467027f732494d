"""Which text there is: parallel NER data in eleven languages."""

from pathlib import Path

from nerspace.datasets.errors import DataError
from nerspace.datasets.readers import pairs
from nerspace.datasets.records import Context, Entity, Sentence
from nerspace.datasets.synthetic import Split, SyntheticNER

__all__ = ["Context", "Entity", "Sentence", "Split", "SyntheticNER", "available", "load"]

BUILTIN = Path(__file__).with_name("builtin")


def available() -> dict[str, str]:
    """Names that `load` knows without a path, each with one line of what it is."""
    return {"builtin": "nerspace's own parallel contexts and names in eleven languages"}


def load(name_or_path: str | Path = "builtin") -> SyntheticNER:
    """The corpus of that name, or in that folder.

    Raises: DataError when there is none or it cannot be read.
    """
    if str(name_or_path) == "builtin":
        return pairs.read(BUILTIN, "builtin")
    folder = Path(name_or_path).expanduser()
    if not folder.is_dir():
        raise DataError(
            f"There is no data set {str(name_or_path)!r}.", f"Choose {', '.join(available())} or give a folder."
        )
    if pairs.recognises(folder):
        return pairs.read(folder, folder.name)
    raise DataError(f"{folder} is of no layout known here.", "It needs contexts.csv and entities.csv.")
