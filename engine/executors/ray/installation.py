"""What is installed on a node and on this machine, and where the two differ."""

from collections.abc import Iterator
from functools import cache

from nerspace.engine.errors import ConfigurationError
from nerspace.engine.runs.records import Note
from nerspace.engine.runs.versions import source_hash, versions


@cache
def installation() -> dict[str, str]:
    """Versions of what decides the numbers, with a hash of nerspace's own modules."""
    found = versions()
    return {**found, "nerspace": f"{found.get('nerspace', '?')} ({source_hash()[:8]})"}


def compare(node: str, found: dict[str, str]) -> Iterator[Note]:
    """See that a node has this nerspace, and report other versions that decide numbers.

    Raises:
        ConfigurationError: for another nerspace.
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
