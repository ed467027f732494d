"""Where the computing is done."""

from typing import TYPE_CHECKING

from nerspace.engine.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    import torch


def check_device_name(name: str) -> str:
    """The name, if it is of a form that torch can have here: auto, cpu, mps, cuda or cuda:N.

    Raises: UsageError for any other.
    """
    kind, _, number = name.partition(":")
    if name in ("auto", "cpu", "mps", "cuda") or (kind == "cuda" and number.isdecimal()):
        return name
    raise UsageError(f"Unknown device {name!r}.", "Choose auto, cpu, cuda, cuda:N or mps.")


def pick_device(name: str = "auto") -> "torch.device":
    """The device of that name; for auto the first GPU where there is one, else the CPU.

    Raises: ConfigurationError if this machine lacks it.
    """
    import torch

    check_device_name(name)
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    offered = ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        offered.append("mps")
    if name not in offered and name not in ("cuda" if torch.cuda.is_available() else "cpu", "cpu"):
        raise ConfigurationError(f"This machine has no device {name!r}.", f"It offers {', '.join(offered)}.")
    return device


def describe(device: "torch.device") -> str:
    """The device as a person would call it."""
    import torch

    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return f"{device} ({torch.get_num_threads()} threads)"
