"""What all requests share: defaults on a dataclass, and one way to check them, to write them and to read them."""

import importlib.util
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, ClassVar, Self, Union, get_args, get_origin, get_type_hints

from nerspace.engine import devices
from nerspace.engine.errors import ConfigurationError, DataError, UsageError

# The encoder and the data that come with nerspace.
BUILTIN = "builtin"
# The cluster of this machine, as a place for work.
HERE = "ray"
ADDRESS = re.compile(r"(?P<client>ray://)?(?P<host>[\w.-]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})", re.ASCII)


@dataclass(frozen=True)
class BaseRequest:
    """What a job is to do: a field for each choice, whose default is what every front end offers.

    Attributes:
        LEAST: the least value of numbers.
        CHOICES: what a word stands for in a message, and the words there are.
        PARTS: fields that hold dataclasses.
    """

    LEAST: ClassVar[Mapping[str, float]] = {}
    CHOICES: ClassVar[Mapping[str, tuple[str, tuple[str, ...]]]] = {}
    PARTS: ClassVar[Mapping[str, type]] = {}

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Self:
        """The request that run.json holds, also one of an earlier version: what is missing has its default.

        Raises:
            DataError: for a value that is not of its field's type, or a field without default that is missing.
        """
        kinds = get_type_hints(cls)
        for field in fields(cls):
            if field.name in found and not _fits(found[field.name], kinds[field.name]):
                raise _damaged(f"{field.name} is {found[field.name]!r:.60}")
            if field.name not in found and field.default is MISSING and field.default_factory is MISSING:
                raise _damaged(f"{field.name} is missing")
        return cls(**{
            field.name: _restored(found[field.name], cls.PARTS.get(field.name))
            for field in fields(cls) if field.name in found
        })  # fmt: skip

    def plain(self) -> dict[str, Any]:
        """The request as run.json holds it."""
        return asdict(self)

    def check(self) -> Self:
        """The request itself, once every value of it can be.

        Raises:
            UsageError: naming the first field that cannot.
            ConfigurationError: for a place of work that needs what is not installed.
        """
        for name, (what, known) in self.CHOICES.items():
            value = getattr(self, name)
            for one in value if isinstance(value, tuple) else (value,):
                if one not in known:
                    raise UsageError(
                        f"Unknown {what} {one!r}.", f"Choose from {', '.join(filter(None, known))}.", field=name
                    )
        for name, least in self.LEAST.items():
            if (value := getattr(self, name)) < least:
                words = name.replace("_", " ").capitalize()
                raise UsageError(f"{words} is {value}.", f"It must be at least {least}.", field=name)
        device = str(getattr(self, "device", "cpu"))
        devices.check_device_name(device)
        if on := getattr(self, "on", ""):
            check_place(on, device)
        return self


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value of run.json is of a field's type; JSON has lists for tuples, and whole numbers for floats."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is tuple:
        return isinstance(value, list | tuple) and all(_fits(one, inner[0]) for one in value)
    if origin is Mapping:
        return isinstance(value, Mapping) and all(_fits(one, inner[1]) for one in value.values())
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return (
            isinstance(value, Mapping)
            and all(
                _fits(value[field.name], hints[field.name]) if field.name in value else field.default is not MISSING
                for field in fields(kind)
            )
            and set(value) <= set(hints)
        )
    if kind in (int, float):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and (kind is float or isinstance(value, int)) and abs(value) < 1e15
    if kind is type(None):
        return value is None
    return not isinstance(kind, type) or isinstance(value, kind)


def _damaged(problem: str) -> DataError:
    return DataError(f"The request in run.json is damaged: {problem}.", "Make a new run.")


def _restored(value: Any, part: type | None) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_restored(one, part) for one in value)
    return part(**value) if part is not None and isinstance(value, Mapping) else value


def given(**values: Any) -> dict[str, Any]:
    """The fields that were given: None stands for the default."""
    return {name: value for name, value in values.items() if value is not None}


def usual_rate(model: str) -> float:
    """The peak learning rate of an encoder where none is given; a small one learns little from a large one's."""
    return 2e-4 if model == BUILTIN else 5e-5


def check_rate(rate: float | None) -> None:
    """See that a learning rate can be; None is that of the encoder.

    Raises:
        UsageError: if it cannot.
    """
    if rate is not None and not 0 < rate < 1:
        raise UsageError(
            f"The learning rate is {rate}.", "It must lie between 0 and 1; try 5e-5.", field="learning_rate"
        )


def whole_path(name: str) -> str:
    """A name as it is, or the whole path of a file or folder: the job works in a folder of its own."""
    if name == BUILTIN:
        return name
    with suppress(OSError, RuntimeError, ValueError):  # "~nobody", or text that cannot be a path
        if (path := Path(name).expanduser()).exists():
            return str(path.resolve())
    return name


def check_place(on: str, device: str) -> None:
    """See that work can be sent to `on`, and that the device is one that can be requested there.

    Raises:
        UsageError: for a place of another form, or a device that cannot be requested.
        ConfigurationError: without Ray.
    """
    check_address(on)
    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(
            f"Ray hands out its GPUs itself: {device} cannot be chosen.", "Use --device auto, cpu or cuda.",
            field="device",
        )  # fmt: skip


def check_address(on: str) -> None:
    """See that `on` names a place for work and that what it needs is installed; nothing is contacted.

    Raises:
        UsageError: for another form.
        ConfigurationError: without Ray.
    """
    if on != HERE and not ADDRESS.fullmatch(on):
        raise UsageError(
            f"{on!r} is no place for work.",
            "Choose ray (the cluster of this machine), ray://HOST:PORT or HOST:PORT.",
            field="on",
        )
    needed = ["ray", *(["grpc"] if on.startswith("ray://") else [])]
    if missing := [name for name in needed if importlib.util.find_spec(name) is None]:
        raise ConfigurationError(
            f"--on {on} needs {' and '.join(missing)}, not installed here.",
            "Install it: pip install 'nerspace[cluster]'.",
        )
