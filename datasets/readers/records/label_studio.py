"""Label Studio's tasks: data with a text, and annotations whose results are labels of its characters.

Of several annotations of one text the first is read and the others are counted.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from nerspace.datasets.readers.records import spans
from nerspace.datasets.readers.records.form import Place, Refused
from nerspace.datasets.readers.sentences import RawSentence

NAME = "Label Studio"
NOBODY = "a text that nobody annotated"
OTHERS = "further annotations of the same text, not read"


def recognises(record: Any) -> bool:
    """Whether there is a task's data with its annotations."""
    return isinstance(record, dict) and isinstance(record.get("data"), dict) and _annotations(record) is not None


def read(record: Any, place: Place) -> Iterator[RawSentence]:
    """The sentence of a task.

    Raises:
        Refused: nobody annotated it, or it has no text.
    """
    done = [one for one in _annotations(record) or () if isinstance(one, dict) and not one.get("was_cancelled")]
    if not done:
        place.raw.aside.add(NOBODY)
        raise Refused(NOBODY)
    if len(done) > 1:
        place.raw.notes[OTHERS] += len(done) - 1
    text = _text(record["data"])
    results = done[0].get("result")
    if not isinstance(results, list):
        raise Refused(spans.MALFORMED)
    found = [result["value"] for result in results if _is_span(result)]
    yield from spans.read({**record["data"], "text": text, "spans": found}, place)


def _annotations(record: Mapping[str, Any]) -> list[Any] | None:
    return next((found for key in ("annotations", "completions") if isinstance(found := record.get(key), list)), None)


def _is_span(result: Any) -> bool:
    """Whether a result is a span; relations and choices are none."""
    return isinstance(result, dict) and isinstance(result.get("value"), dict) and "labels" in result["value"]


def _text(data: Mapping[str, Any]) -> str:
    texts = {key: value for key, value in data.items() if isinstance(value, str)}
    if "text" in texts:
        return texts["text"]
    if len(texts) != 1:
        raise Refused("data without one text")
    return next(iter(texts.values()))
