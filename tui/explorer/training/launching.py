"""Starting a fine-tuning from typed answers: what is asked, what can be wrong with an answer, and the start."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerspace.datasets.errors import NerspaceError, UsageError

if TYPE_CHECKING:
    from nerspace.engine.runs import Run


# The answer that names this machine.
_HERE = "here"


def _languages(text: str) -> tuple[str, ...]:
    from nerspace.datasets.languages import parse_languages

    return tuple(parse_languages(None if text in ("", "all") else text))


def _whole(text: str) -> int:
    if not text.lstrip("-").isdecimal():
        raise UsageError(f"{text!r} is no whole number.", "Type digits alone.")
    return int(text)


def _rate(text: str) -> float | None:
    if text in ("", "auto"):
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
    from nerspace.engine.executors.ray.address import check_address

    if text in ("", _HERE):
        return ""
    check_address(text)
    return text


@dataclass(frozen=True, slots=True)
class Question:
    """One field of a request as it is asked. read: what its answer means, or a NerspaceError."""

    name: str
    label: str
    default: str
    help: str
    read: Callable[[str], Any]


# The defaults are those of nerspace finetune, which a test holds.
QUESTIONS = (
    Question("donors", "donors", "en", "languages to train on, such as en,be, or all", _languages),
    Question("seeds", "seeds", "1", "models per donor, each with its own seed", _whole),
    Question("languages", "languages", "all", "languages to test in, such as be,ru,uk, or all", _languages),
    Question("size", "size", "2880", "training sentences per model", _whole),
    Question("test_size", "test size", "120", "test sentences per language", _whole),
    Question("model", "model", "builtin", "builtin, a folder, or a hub id", str),
    Question("data", "data", "builtin", "builtin, or a folder of parallel data", str),
    Question("device", "device", "auto", "auto, cpu, cuda, cuda:N or mps", _device),
    Question("on", "where", _HERE, "here, ray, ray://HOST:PORT or HOST:PORT", _place),
    Question("threads", "threads", "0", "CPU threads of a training; 0 for all, on Ray for one", _whole),
    Question("epochs", "epochs", "1", "times over the training sentences", _whole),
    Question("batch_size", "batch size", "8", "sentences per step", _whole),
    Question("learning_rate", "learning rate", "auto", "2e-4 for the built-in encoder, else 5e-5", _rate),
    Question("probe_every", "probe every", "50", "steps between two probes of the space, 0 for none", _whole),
    Question("seed", "first seed", "0", "also decides the split and the sample", _whole),
    Question("keep_model", "keep models", "yes", "save every model in the run, 0.5 GB each", _yes),
)


def read_answers(answers: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The request that the answers make, and what is wrong with which answer; no request unless nothing is."""
    from nerspace.engine.requests.training import make_request

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
    builtin = fields["model"] == "builtin"
    fields["learning_rate"] = fields["learning_rate"] or (2e-4 if builtin else 5e-5)
    try:
        return make_request(**fields, donor=fields["donors"][0], probe_size=12, perplexity=70), {}
    except NerspaceError as error:
        # What no question is about stands beside the first.
        field = error.field if isinstance(error, UsageError) else ""
        names = [question.name for question in QUESTIONS]
        return {}, {field if field in names else names[0]: str(error)}


def launch(workspace: Path, request: Mapping[str, Any]) -> "Run":
    """Make the run and start its job, once its data and its model are known to be there.

    Raises: NerspaceError if they are not, or the run cannot be made.
    """
    from nerspace.engine.runs import jobs

    run = jobs.make(workspace, "finetune", request)
    jobs.start(run)
    return run
