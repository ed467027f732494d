"""Reads the CSV files of SlavNER's `Framework/data`: S1 (locative LOC), S2 (nominative LOC and ORG, PER names), S3 ORG.

S3's slots tell a gender or number ([m] [f] [n] [pl]) for every language, but no ORG name has one: they are read as
plain slots for S2's names, and the words around them may not agree. S1's stray slots are read where they hold one of
the language's prepositions (`[в ???]`), which the form brings itself; others (`[през ???]`) cost the context its
language.
All else in S1 to S3, pickles among it, is listed as dropped and never opened.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from nerspace.datasets.errors import DataError
from nerspace.datasets.languages import prepositions_of
from nerspace.datasets.readers.parallel import Source, read_sources
from nerspace.datasets.synthetic import SyntheticNER

_STAGES = ("S1", "S2", "S3")
# File, what it holds, type, case, start of the ids. S3 has contexts only; its names are S2's.
_FILES = (
    ("S2/LOC_names.csv", "names", "LOC", "nominative", "s2-loc"),
    ("S2/ORG_names.csv", "names", "ORG", "nominative", "s2-org"),
    ("S2/PER_names.csv", "names", "PER", "nominative", "s2-per"),
    ("S1/LOC_names.csv", "names", "LOC", "locative", "s1-loc"),
    ("S1/LOC_sents.csv", "contexts", "LOC", "locative", "s1-loc-context"),
    ("S2/LOC_sents.csv", "contexts", "LOC", "nominative", "s2-loc-context"),
    ("S2/ORG_sents.csv", "contexts", "ORG", "nominative", "s2-org-context"),
    ("S2/PER_sents.csv", "contexts", "PER", "nominative", "s2-per-context"),
    ("S3/ORG/ORG_sents.csv", "contexts", "ORG", "nominative", "s3-org-context"),
)
_STRAY = re.compile(r"\[([^\[\]]*?)\s*\?\?\?\s*\]")
_AGREEING = re.compile(r"\[(?:m|f|n|pl)\]")


def recognises(path: Path) -> bool:
    """Whether the folder is SlavNER's data, a folder above it (slavner, Framework), or one of S1, S2, S3 in it."""
    return _home(path) is not None


def read(path: Path, name: str) -> SyntheticNER:
    """The corpus in a folder of this layout; of one stage alone, with S2's ORG names for S3.

    Raises:
        DataError: naming file, line and what was expected.
    """
    home = _home(path)
    if home is None:
        raise DataError(
            f"{path} is no SlavNER data.", "Expected folders S1, S2 or S3 with LOC_names.csv, LOC_sents.csv …"
        )
    data, stages = home
    return read_sources(
        name, data, _sources(data, stages), [folder for stage in stages for folder in _folders(data / stage)]
    )


def _sources(data: Path, stages: tuple[str, ...]) -> Iterator[Source]:
    for file, what, kind, case, start in _FILES:
        borrowed = file == "S2/ORG_names.csv" and "S3" in stages
        if (file[:2] in stages or borrowed) and (data / file).exists():
            mark = _mark_locative if case == "locative" else _mark
            yield Source(data / file, file, start, kind, case, what == "names", mark)


def _home(path: Path) -> tuple[Path, tuple[str, ...]] | None:
    """The folder that holds S1, S2 and S3, and which of them to read."""
    for data in (path, path / "data", path / "Framework" / "data"):
        if stages := tuple(stage for stage in _STAGES if _has(data, stage)):
            return data, stages
    absolute = path.absolute()
    for stage in (absolute, absolute.parent):
        # S3/LOC holds nothing of this layout, though its neighbour S3/ORG does.
        inside = stage == absolute or any(stage.parent / file == absolute / Path(file).name for file, *_ in _FILES)
        if stage.name in _STAGES and inside and _has(stage.parent, stage.name):
            return stage.parent, (stage.name,)
    return None


def _has(data: Path, stage: str) -> bool:
    return any((data / file).is_file() for file, *_ in _FILES if file.startswith(stage))


def _folders(stage: Path) -> list[Path]:
    try:
        return [stage, *sorted(path for path in stage.iterdir() if path.is_dir())]
    except OSError:
        return [stage]


def _mark(text: str, _language: str) -> str:
    return _AGREEING.sub("[???]", text)


def _mark_locative(text: str, language: str) -> str:
    prepositions = prepositions_of(language)
    return _STRAY.sub(
        lambda slot: "[loc]" if not slot[1].strip() or slot[1].strip().lower() in prepositions else slot[0], text
    )
