"""What a run's results are made from, so that what was made from something else is never mixed with them."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

from nerspace.engine.errors import ConfigurationError
from nerspace.engine.runs.records import Note
from nerspace.engine.runs.run import Run
from nerspace.engine.runs.versions import code_hash

# Fields of a request that decide no number, or whose content is hashed itself.
_APART = ("data", "device", "model", "tuned", "source", "run", "on", "checkpoint_seconds", "keep_model")
_NAMES = {"request": "the request", "data": "the data", "encoder": "the encoder", "code": "nerspace's code"}


@dataclass(frozen=True, slots=True)
class Origin:
    """Hashes of all that a result depends on; files count by their content, wherever they lie."""

    request: str
    data: str
    encoder: str
    code: str

    @classmethod
    def of(cls, request: Any, data: Iterable[object], encoders: Iterable[str], *modules: str) -> "Origin":
        """The origin of a job.

        Args:
            request: a dataclass; where it is done and where its files lie does not matter.
            data: values that say by their `repr` all that they are, such as sentences.
            encoders: hashes of encoders, see `encoder_hash`.
            modules: those that compute the results; what they import counts too.
        """
        plain = {name: value for name, value in asdict(request).items() if name not in _APART}
        return cls(digest([sorted(plain.items())]), digest(data), digest(encoders), code_hash(*modules))


def digest(values: Iterable[object]) -> str:
    """A hash of values by their `repr`, one after the other: no sets, whose order differs from process to process."""
    hashed = hashlib.sha256()
    for value in values:
        hashed.update(repr(value).encode("utf-8", "surrogatepass") + b"\n")
    return hashed.hexdigest()[:32]


def changes(run: Run, origin: Origin) -> str:
    """What has changed since the run was begun, in words; empty where nothing has, or it begins just now.

    The origin of a run begun by an earlier version is not known, so that everything may have changed.
    """
    before = run.info().get("origin")
    if not isinstance(before, dict):
        return "the version of nerspace"
    found = [_NAMES[one.name] for one in fields(origin) if before.get(one.name) != getattr(origin, one.name)]
    return " and ".join(filter(None, (", ".join(found[:-1]), *found[-1:])))


def begin_training(run: Run, origin: Origin, trained: Callable[[], bool]) -> None:
    """See that a training goes on from the origin that it began with, and note in run.json which that is.

    Args:
        trained: whether anything is left of an earlier try.

    Raises:
        ConfigurationError: if something is, made from something else: it would be mixed with what is trained now.
    """
    if (changed := changes(run, origin)) and trained():
        raise ConfigurationError(
            f"Since the run {run.id} began to train, {changed} changed: its results would be of both.",
            "Put it back as it was to go on, or start a new run.",
        )
    run.update(origin=asdict(origin))


def begin_pass(run: Run, origin: Origin, forget: Callable[[], bool]) -> Iterator[Note]:
    """Drop what an earlier try made from something else, and note in run.json what the results are made from now.

    Args:
        forget: deletes what is left of an earlier try; whether there was anything.
    """
    if (changed := changes(run, origin)) and forget():
        yield Note(f"Since the run began, {changed} changed: everything is done again.")
    run.update(origin=asdict(origin))
