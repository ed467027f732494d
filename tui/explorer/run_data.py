"""The data that a run read: what the explorer shows where no other was asked for."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nerspace.datasets.reading import AS_IT_STANDS, Reading
from nerspace.engine.errors import NerspaceError
from nerspace.engine.requests.base import BUILTIN
from nerspace.engine.runs import Run


@dataclass(frozen=True, slots=True)
class RunData:
    """Data by its name or path, how it is read, and a word on whose it is, empty for the built-in text as ever."""

    name: str = BUILTIN
    reading: Reading = AS_IT_STANDS
    note: str = ""


def data_of(run: Run | None) -> RunData:
    """What a run read, or the run whose vectors or models it took; the built-in text where that is not here."""
    request = _request_with_data(run)
    if run is None or (name := str(request.get("data") or BUILTIN)) == BUILTIN:
        return RunData()
    from nerspace import datasets

    reading = reading_of(request)
    if name in datasets.available() or name.startswith("hub:") or _is_there(name):
        return RunData(name, reading, f"data of {run.id}")
    return RunData(note=f"the data of {run.id} is not at {name}")


def reading_of_data(run: Run | None, name: str) -> Reading:
    """How a run read data of that name; as it stands where it read other data."""
    request = _request_with_data(run)
    return reading_of(request) if request.get("data") == name else AS_IT_STANDS


def reading_of(request: Mapping[str, Any]) -> Reading:
    """How the data of a request is read; as it stands where the request does not say it."""
    found = request.get("reading")
    with suppress(TypeError, ValueError, AttributeError):
        return Reading(**found) if isinstance(found, Mapping) else AS_IT_STANDS
    return AS_IT_STANDS


def names_file(run: Run | None) -> str:
    """The file of parallel names that a run was given, where it is still there; else empty."""
    name = str(_request_with_data(run).get("names") or "") if run is not None else ""
    return name if name and _is_there(name) else ""


def _request_with_data(run: Run | None) -> Mapping[str, Any]:
    """The request of a run, or that of the run that it takes its vectors or models from."""
    for _ in range(3):
        if run is None:
            break
        try:
            request = run.info()["request"]
        except (NerspaceError, KeyError):
            break
        if not isinstance(request, Mapping):
            break
        source = request.get("source")
        if request.get("data") or not (isinstance(source, str) and source):
            return request
        run = Run(run.path.parent / Path(source).name)
    return {}


def _is_there(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False
