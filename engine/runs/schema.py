"""What is read from a run folder, checked before anybody relies on it: run.json, process.json and the events.

A schema says of each field what it holds; a question mark behind the name marks one that may be missing or null. Fields
that a schema does not know pass as they are, so that a run of another version is read as far as it is understood.
"""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nerspace.engine.files import read_regular

# Beyond this nothing of a run is counted, and numbers cannot be shown.
_MOST = 1 << 53
# More than any run.json holds.
_MOST_BYTES = 64 << 20


class Kind(NamedTuple):
    """What a field holds, in words, and whether a value is that."""

    words: str
    fits: Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and abs(value) < _MOST
    )


def _is_whole(value: Any) -> bool:
    return _is_number(value) and isinstance(value, int)


TEXT = Kind("a text", lambda value: isinstance(value, str))
NUMBER = Kind("a number", _is_number)
WHOLE = Kind("a whole number", _is_whole)
# Seconds since 1970, up to the year 5138.
MOMENT = Kind("a moment in seconds", lambda value: _is_number(value) and 0 <= value < 1e11)
YES_OR_NO = Kind("true or false", lambda value: isinstance(value, bool))
TEXTS = Kind("a list of texts", lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value))
FIELDS = Kind("an object", lambda value: isinstance(value, dict))
NAMED_TEXTS = Kind(
    "an object of texts", lambda value: isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
)
NAMED_NUMBERS = Kind(
    "an object of numbers", lambda value: isinstance(value, dict) and all(map(_is_number, value.values()))
)

# Running is what a run says of itself; a run whose process is gone is shown as "dead" instead.
STATES = ("queued", "running", "finished", "stopped", "failed")
Schema = Mapping[str, Kind]

RUN: Schema = {
    "kind": TEXT, "state": Kind(f"one of {', '.join(STATES)}", lambda value: value in STATES), "request": FIELDS,
    "id?": TEXT, "created?": TEXT, "started?": TEXT, "ended?": TEXT, "resumed?": TEXT, "seed?": WHOLE,
    "versions?": NAMED_TEXTS, "code?": TEXT, "device?": TEXT, "error?": NAMED_TEXTS, "content?": TEXT,
    "data_sha256?": TEXT, "notes?": TEXTS, "known_types?": TEXTS, "recipe?": FIELDS, "origin?": FIELDS,
    "seconds?": NAMED_NUMBERS, "estimated_seconds?": NUMBER, "processes?": WHOLE,
}  # fmt: skip
# What others than the job itself read of a request; the job checks all of it.
REQUEST: Schema = {
    "donor?": TEXT, "donors?": TEXTS, "languages?": TEXTS, "model?": TEXT, "tuned?": TEXT, "data?": TEXT,
    "source?": TEXT, "run?": TEXT, "on?": TEXT, "device?": TEXT, "size?": WHOLE, "test_size?": WHOLE, "seed?": WHOLE,
    "seeds?": WHOLE, "items?": TEXTS, "probe_every?": WHOLE, "batch_size?": WHOLE, "epochs?": WHOLE,
}  # fmt: skip
LABELS: Schema = {"name?": TEXT, "note?": TEXT, "tags?": TEXTS, "pinned?": YES_OR_NO}
PROCESS: Schema = {"pid": WHOLE, "started": TEXT, "host?": TEXT, "boot?": TEXT, "space?": TEXT}

_ANY: Schema = {"time?": MOMENT}
_MODEL: Schema = {"time": MOMENT, "donor?": TEXT, "seed?": WHOLE, "node?": TEXT}
EVENTS: Mapping[str, Schema] = {
    "stage": {
        **_MODEL, "label": TEXT, "total": WHOLE, "unit": TEXT, "stage?": TEXT, "part?": WHOLE, "parts?": WHOLE,
        "number?": WHOLE, "models?": WHOLE,
    },
    "progress": {**_ANY, "done": WHOLE, "stage?": TEXT},
    "note": {**_ANY, "text": TEXT},
    "step": {
        **_MODEL, "step": WHOLE, "loss?": NUMBER, "learning_rate?": NUMBER, "sentences": WHOLE, "seconds": NUMBER,
        "steps?": WHOLE, "parts?": WHOLE, "probe_seconds?": NUMBER,
    },
    "probe": {
        **_MODEL, "step": WHOLE, "language": TEXT, "layer": WHOLE, "measure": TEXT, "n": WHOLE, "value?": NUMBER,
        "floor?": NUMBER,
    },
    "table": {**_ANY, "table": TEXT, "rows?": WHOLE},
    "state": {**_ANY, "state": TEXT, "message?": TEXT, "hint?": TEXT},
}  # fmt: skip


def problem(value: Any, schema: Schema) -> str:
    """What does not fit, in words; empty where everything does."""
    if not isinstance(value, dict):
        return "it holds no object"
    for name, kind in schema.items():
        field, may_lack = name.rstrip("?"), name.endswith("?")
        found = value.get(field)
        if found is None and may_lack:
            continue
        if field not in value:
            return f"{field} is missing"
        if not kind.fits(found):
            return f"{field} is {_shortened(found)}, not {kind.words}"
    return ""


def read_object(path: Path) -> Any:
    """What a JSON file of a run holds.

    Raises:
        OSError: if it is no file, or cannot be read.
        ValueError: for another content, saying why.
    """
    data = read_regular(path, _MOST_BYTES)
    try:
        return _parsed(data)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeEncodeError:
        raise ValueError("it holds a half of a character") from None
    except ValueError:
        raise ValueError("it is empty" if not data.strip() else "it is no JSON") from None


def _parsed(data: bytes) -> Any:
    """What JSON says. Raises: UnicodeEncodeError for \\ud800 by itself, which no table and no file can hold."""
    value = json.loads(data)
    if b"\\ud" in data or b"\\uD" in data:
        json.dumps(value, ensure_ascii=False).encode()
    return value


def run_problem(info: Any) -> str:
    """What of a run.json does not fit; empty where everything does."""
    if found := problem(info, RUN):
        return found
    found = problem(info["request"], REQUEST)
    return f"in the request, {found}" if found else ""


def event_of_line(line: bytes) -> dict[str, Any] | None:
    """The event of a line, without what it says nothing of; None where it is none that can be relied on."""
    try:
        event = _parsed(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or not isinstance(kind := event.get("event"), str):
        return None
    if problem(event, EVENTS.get(kind, _ANY)):
        return None
    return {name: value for name, value in event.items() if value is not None} if None in event.values() else event


def _shortened(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 40 else f"{text[:37]}..."
