"""Reads SyntheticNER's `readyTEN`: names and contexts in parallel columns, one pair of files per type and case.

Rows of the nominative files must have the same number of slots in all languages, as the paper counts them: those that
lack a slot somewhere are dropped (5 of 1,984 LOC, 2 of 1,095 ORG), those whose slots differ are refused, but count as
possible (4 and 3). The files of other cases exist in some languages only, so there a faulty text costs its language
alone. Contexts with two slots are filled twice with the same name. Without the PER contexts, PER names are only names.
"""

from collections.abc import Iterator
from pathlib import Path

from nerspace.datasets.errors import DataError
from nerspace.datasets.readers.parallel import Source, read_sources
from nerspace.datasets.synthetic import SyntheticNER

# Type, case, start of the ids, patterns of the file of contexts, file of names. The first pattern that fits is read.
# Turkish has a dative in LOC_ACC_DAT, Belarusian and Russian an accusative: all say where to.
_PAIRS = (
    ("PER", "nominative", "per", ("PER_sents_TEN.csv", "PER_sents.csv", "PER_*sents*.csv"), "PER_names.csv"),
    ("LOC", "nominative", "loc-nom", ("LOC_NOM_1984sents.csv", "LOC_NOM_*sents*.csv"), "LOC_NOM_names.csv"),
    ("LOC", "locative", "loc-loc", ("LOC_LOC_sents.csv", "LOC_LOC_*sents*.csv"), "LOC_LOC_names.csv"),
    ("LOC", "directional", "loc-to", ("LOC_ACC_DAT_sents.csv", "LOC_ACC_DAT_*sents*.csv"), "LOC_ACC_DAT_names.csv"),
    ("ORG", "nominative", "org", ("ORG_1095sents.csv", "ORG_*sents*.csv"), "ORG_names.csv"),
)


def recognises(path: Path) -> bool:
    """Whether the folder, or its `readyTEN`, has this layout."""
    return _home(path) is not None


def read(path: Path, name: str) -> SyntheticNER:
    """The corpus in a folder of this layout.

    Raises:
        DataError: naming file, line and what was expected.
    """
    home = _home(path)
    if home is None:
        raise DataError(
            f"{path} is no readyTEN.", "Expected files such as LOC_NOM_names.csv and LOC_NOM_1984sents.csv."
        )
    return read_sources(name, home, _sources(home), [home])


def _sources(home: Path) -> Iterator[Source]:
    for kind, case, start, patterns, names in _PAIRS:
        if (home / names).exists():
            yield Source(home / names, names, start, kind, case, has_names=True)
        if contexts := _contexts(home, patterns):
            yield Source(contexts, contexts.name, f"{start}-context", kind, case, has_names=False)


def _home(path: Path) -> Path | None:
    """The folder that has contexts of this layout: a type with its case, or a type without the plain LOC files."""
    for folder in (path, path / "readyTEN"):
        if any(_contexts(folder, patterns) or (folder / names).is_file()
               for *_, patterns, names in _PAIRS if names.startswith("LOC_")):  # fmt: skip
            return folder
        if any(_contexts(folder, patterns) and (folder / names).is_file() for *_, patterns, names in _PAIRS):
            return folder
    return None


def _contexts(folder: Path, patterns: tuple[str, ...]) -> Path | None:
    try:
        return next((path for pattern in patterns for path in sorted(folder.glob(pattern)) if path.exists()), None)
    except OSError:
        return None
