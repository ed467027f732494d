"""What tags that are numbers stand for, from files that tell it beside the data.

Read are the Hub's `dataset_infos.json`, `dataset_info.json`, `features.json` and the head of `README.md`, and lists or
dictionaries of labels in `label.json`, `labels.json`, `label2id.json`, `id2label.json`, `labels.txt` and their like.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nerspace.datasets.errors import DataError
from nerspace.datasets.lines import LONGEST_NUMBER, read_whole

FILES = (
    "dataset_infos.json", "dataset_info.json", "features.json", "README.md", "id2label.json", "label2id.json",
    "label.json", "labels.json", "tag_names.json", "tags.json", "labels.txt", "label_list.txt", "tag_names.txt",
)  # fmt: skip
_LARGEST = 10_000_000
# Values of one file that are looked at.
_MOST = 100_000
_TAGS = ("ner_tags", "tags", "labels", "ner")


def names_beside(path: Path, root: Path) -> tuple[str, ...]:
    """The names that a file beside the data states, or one in a folder above it up to `root`; empty without."""
    for folder in (path.parent, *path.parent.parents):
        for name in FILES:
            if (file := folder / name).is_file() and file != path and (found := _quiet_names(file)):
                return found
        if folder == root or not folder.is_relative_to(root):
            break
    return ()


def _quiet_names(path: Path) -> tuple[str, ...]:
    try:
        return names_in(path)
    except DataError:
        return ()


def names_in(path: Path) -> tuple[str, ...]:
    """The names that a file states; empty if it states none.

    Raises:
        DataError: it cannot be read.
    """
    try:
        text = read_whole(path, _LARGEST).decode()
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is no UTF-8 text.", "Save the file as UTF-8.") from error
    if path.suffix == ".txt":
        return tuple(line.strip() for line in text.splitlines() if line.strip())
    try:
        value = _front_matter(text) if path.suffix == ".md" else json.loads(text)
    except (ValueError, RecursionError):
        return ()
    return _plain_names(value) or class_names(value)


def _front_matter(text: str) -> Any:
    """What stands between the two lines --- at the head of a README of the Hub."""
    if not text.startswith("---\n"):
        return None
    import yaml

    try:
        return yaml.safe_load(text[4:].partition("\n---")[0])
    except yaml.YAMLError:
        return None


def _plain_names(value: Any) -> tuple[str, ...]:
    """The names of a list, of {name: number} or of {number: name}."""
    if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
        return tuple(value)
    if not isinstance(value, dict) or not value:
        return ()
    pairs = [(name, number) if isinstance(number, int) else (number, name) for name, number in value.items()]
    numbered = {
        int(number): name for name, number in pairs
        if isinstance(name, str) and (isinstance(number, int) or _is_number(number))
    }  # fmt: skip
    return tuple(numbered[i] for i in range(len(value))) if numbered.keys() == set(range(len(value))) else ()


def class_names(value: Any) -> tuple[str, ...]:
    """Names of classes anywhere in a description of features, those of a column of tags before others."""
    found = list(_described(value))
    return next((names for key, names in found if key in _TAGS), found[0][1] if found else ())


def _described(value: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    waiting: list[tuple[Any, str]] = [(value, "")]
    for _ in range(_MOST):
        if not waiting:
            return
        now, name = waiting.pop(0)
        if isinstance(now, dict):
            name = now["name"] if isinstance(now.get("name"), str) else name
            if names := _plain_names(now.get("names")):
                yield name, names
            waiting += [(inner, str(key) if key in _TAGS else name) for key, inner in now.items()]
        elif isinstance(now, list):
            waiting += [(inner, name) for inner in now]


def listed(names: Sequence[str]) -> str:
    """Names as they are told: the first ones, and how many there are."""
    return ",".join(names[:4]) + (f",… ({len(names)})" if len(names) > 4 else "")


def _is_number(value: Any) -> bool:
    return isinstance(value, str) and value.isdecimal() and len(value) <= LONGEST_NUMBER
