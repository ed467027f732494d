"""What a person calls a run: its name, a note, tags and a pin, in labels.json of the run folder.

They are no part of what the run found: nothing is computed from them, and no hash is taken of them.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.files import write_text
from nerspace.engine.runs import schema

if TYPE_CHECKING:
    from nerspace.engine.runs.run import Run

FILE = "labels.json"
LONGEST_NAME, LONGEST_NOTE = 60, 2_000
_TAG = re.compile(r"[^\s,]{1,40}")


@dataclass(frozen=True, slots=True)
class Labels:
    """What a run is called; everything is empty until somebody says it."""

    name: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    pinned: bool = False


def read_labels(run: "Run") -> Labels:
    """The labels of a run; none where nobody gave it any.

    Raises:
        DataError: if the file is damaged, saying why.
    """
    try:
        found = schema.read_object(run.path / FILE)
        problem = schema.problem(found, schema.LABELS)
    except (FileNotFoundError, NotADirectoryError):
        return Labels()
    except OSError as error:
        problem = f"it cannot be read ({error.strerror or error})"
    except ValueError as error:
        problem = str(error)
    if problem:
        raise DataError(
            f"The labels of the run {run.id} are damaged: {FILE}, {problem}.",
            f"Name it anew: nerspace runs name {run.id} NAME.",
        )
    return Labels(
        found.get("name") or "", found.get("note") or "", tuple(found.get("tags") or ()), bool(found.get("pinned"))
    )


def label(run: "Run", **changes: Any) -> Labels:
    """Change labels of a run: name, note, tags or pinned; a damaged file is begun anew.

    Raises:
        UsageError: for a name, note or tag that cannot be.
        ConfigurationError: if the run is gone, or the file cannot be written.
    """
    run.require()
    try:
        before = read_labels(run)
    except DataError:
        before = Labels()
    after = replace(before, **changes)
    _check(after)
    write_text(run.path / FILE, json.dumps(asdict(after), ensure_ascii=False, indent=1) + "\n")
    return after


def parse_tags(text: str) -> tuple[str, ...]:
    """Tags that are written with blanks or commas, each once."""
    return tuple(dict.fromkeys(filter(None, re.split(r"[\s,]+", text))))


def _check(labels: Labels) -> None:
    if len(labels.name) > LONGEST_NAME or not labels.name.isprintable():
        raise UsageError(
            f"A name has at most {LONGEST_NAME} letters on one line.", "What is longer belongs into the note."
        )
    if labels.name != labels.name.strip():
        raise UsageError("A name neither begins nor ends with a blank.", "Leave it out.")
    if len(labels.note) > LONGEST_NOTE:
        raise UsageError(f"A note has at most {LONGEST_NOTE:,} letters.", "Shorten it.")
    wrong = next((tag for tag in labels.tags if not _TAG.fullmatch(tag)), None)
    if wrong is not None:
        raise UsageError(f"{wrong!r} is no tag.", "A tag is a word of at most 40 letters, without blanks and commas.")


def named(runs: "Sequence[Run]", name: str) -> "list[Run]":
    """The runs that have this name."""
    found = []
    for run in runs:
        try:
            if read_labels(run).name == name:
                found.append(run)
        except DataError:
            continue
    return found
