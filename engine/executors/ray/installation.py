"""What is installed on a node and on this machine, and where the two differ."""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

from nerspace.engine import runs
from nerspace.engine.errors import ConfigurationError
from nerspace.engine.runs.records import Note


@cache
def installation() -> dict[str, str]:
    """Versions of what decides the numbers, with a hash of nerspace's own modules."""
    told = hashlib.sha256()
    for floor in ("datasets", "engine"):
        folder = Path(import_module(f"nerspace.{floor}").__path__[0])
        for path in sorted(folder.rglob("*.py")):
            told.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    versions = runs.versions()
    return {**versions, "nerspace": f"{versions.get('nerspace', '?')} ({told.hexdigest()[:8]})"}


def compare(node: str, found: dict[str, str]) -> Iterator[Note]:
    """See that a node has this nerspace, and tell of other versions that decide numbers.

    Raises: ConfigurationError for another nerspace.
    """
    here = installation()
    if found["nerspace"] != here["nerspace"]:
        raise ConfigurationError(
            f"The node {node} has nerspace {found['nerspace']}, this machine has {here['nerspace']}.",
            "Install the same one on every node; the letters in brackets tell changed files apart.",
        )
    other = [
        f"{name} {found.get(name, 'missing')} ({here[name]} here)" for name in here if found.get(name) != here[name]
    ]
    if other:
        yield Note(f"On {node} numbers may differ in their last digits: {', '.join(other)}.")
