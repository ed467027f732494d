"""The questions of the form, what can be wrong with an answer, and the start of the fine-tuning they describe."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerspace.datasets.errors import NerspaceError, UsageError
from nerspace.datasets.reading import Reading
from nerspace.engine.requests.training import ALL, Request, make_request, make_run

if TYPE_CHECKING:
    from nerspace.engine.runs import Run


# The answers that name this machine, and that leave a choice to nerspace.
_HERE, _AUTO = "here", "auto"


def _languages(text: str) -> tuple[str, ...]:
    from nerspace.datasets.languages import parse_languages

    return parse_languages(text)


def _donors(text: str) -> tuple[str, ...]:
    return ALL if text == "all" else _languages("" if text == _AUTO else text)


def _language(text: str) -> str:
    found = _languages(text)
    if len(found) > 1:
        raise UsageError(f"{text!r} is more than one language.", "Write one code, such as de.")
    return found[0] if found else ""


def _types(text: str) -> tuple[str, ...]:
    parts = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    return () if parts == ALL else parts


def _map(text: str) -> tuple[tuple[str, str], ...]:
    from nerspace.engine.requests.evaluation import parse_types

    return tuple(parse_types(text).items())


def _whole(text: str) -> int:
    if not text.lstrip("-").isdecimal():
        raise UsageError(f"{text!r} is no whole number.", "Type digits alone.")
    return int(text)


def _rate(text: str) -> float | None:
    if text in ("", _AUTO):
        return None
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{text!r} is no number.", "Type it as 2e-4, or auto.") from None


def _yes(text: str) -> bool:
    if text.lower() not in ("yes", "no", "y", "n"):
        raise UsageError(f"{text!r} is neither yes nor no.")
    return text.lower().startswith("y")


def _device(text: str) -> str:
    from nerspace.engine.devices import check_device_name

    return check_device_name(text)


def _place(text: str) -> str:
    from nerspace.engine.requests.base import check_address

    if text in ("", _HERE):
        return ""
    check_address(text)
    return text


@dataclass(frozen=True, slots=True)
class Question:
    """One field of a request, as a question.

    Attributes:
        read: what its answer means, or a NerspaceError.
    """

    name: str
    label: str
    default: str
    help: str
    read: Callable[[str], Any]


def _question(name: str, label: str, help: str, read: Callable[[str], Any], default: str | None = None) -> Question:
    """A question whose default is that of the request, where it is not worded in another way."""
    return Question(name, label, str(getattr(Request, name)) if default is None else default, help, read)


QUESTIONS = (
    _question(
        "donors", "donors", "languages to train on, such as en,be, or all; auto: en, if it is there", _donors, _AUTO
    ),
    _question("seeds", "seeds", "models per donor, each with its own seed", _whole),
    _question("languages", "languages", "languages to test in, such as be,ru,uk, or all", _languages, "all"),
    _question("size", "size", "training sentences per model", _whole),
    _question("test_size", "test size", "test sentences per language", _whole),
    _question("model", "model", "builtin, a folder, or a hub id", str),
    _question("data", "data", "builtin, a folder or file, or hub:OWNER/NAME", str),
    _question("language", "language", "of data that does not tell it, such as de", _language, ""),
    _question("types", "types", "those to find, such as PER,EVENT; all of the data", _types, ALL[0]),
    _question("map", "map", "types read as others, such as GPE=LOC,MISC=O", _map, ""),
    _question("rename", "rename", "PERSON, GPE and their like are PER, LOC, ORG", _yes, "yes"),
    _question("names", "names", "a file of parallel names for TNLD", str, ""),
    _question("device", "device", "auto, cpu, cuda, cuda:N or mps", _device),
    _question("on", "where", "here, ray, ray://HOST:PORT or HOST:PORT", _place, _HERE),
    _question("threads", "threads", "CPU threads of each model; 0 shares all, on Ray one each", _whole),
    _question("epochs", "epochs", "times over the training sentences", _whole),
    _question("batch_size", "batch size", "sentences per step", _whole),
    _question("learning_rate", "learning rate", "2e-4 for the built-in encoder, else 5e-5", _rate, _AUTO),
    _question("probe_every", "probe every", "steps between two probes of the space, 0 for none", _whole),
    _question("seed", "first seed", "also decides the split and the sample", _whole),
    _question(
        "keep_model",
        "keep models",
        "save every model in the run, 0.5 GB each",
        _yes,
        "yes" if Request.keep_model else "no",
    ),
)


# The questions whose answers are a `Reading`.
READING = ("language", "types", "map", "rename")


def read_answers(answers: Mapping[str, str], kind: str = "finetune") -> tuple[dict[str, Any], dict[str, str]]:
    """The request that the answers make, and what is wrong with which answer; no request unless nothing is."""
    fields: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for question in QUESTIONS:
        text = answers.get(question.name, question.default).strip()
        try:
            fields[question.name] = question.read(text)
        except NerspaceError as error:
            problems[question.name] = str(error)
    if problems:
        return {}, problems
    reading = Reading(**{name: fields.pop(name) for name in READING})
    try:
        return make_request(kind, **fields, reading=reading), {}
    except NerspaceError as error:
        # What no question is about stands beside the first.
        field = error.field if isinstance(error, UsageError) else ""
        names = [question.name for question in QUESTIONS]
        return {}, {field if field in names else names[0]: str(error)}


def launch(workspace: Path, request: Mapping[str, Any], kind: str = "finetune") -> "Run":
    """Make the run and start its job, once its data and its model are known to be there.

    Raises:
        NerspaceError: if they are not, or the run cannot be made.
    """
    from nerspace.engine.runs import jobs

    run = make_run(workspace, kind, request)
    jobs.start(run)
    return run
