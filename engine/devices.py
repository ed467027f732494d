"""Where the computing is done."""

from typing import TYPE_CHECKING

from nerspace.engine.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    import torch


def check_device_name(name: str) -> str:
    """The name, if it is of a form that torch can have here: auto, cpu, mps, cuda or cuda:N.

    Raises:
        UsageError: for any other.
    """
    kind, _, number = name.partition(":")
    if name in ("auto", "cpu", "mps", "cuda") or (kind == "cuda" and number.isdecimal()):
        return name
    raise UsageError(f"Unknown device {name!r}.", "Choose auto, cpu, cuda, cuda:N or mps.", field="device")


def pick_device(name: str = "auto") -> "torch.device":
    """The device of that name; for auto the present GPU where there is one, else the CPU.

    The present GPU is the first, or the one that this process took with `use_gpu`.

    Raises:
        ConfigurationError: if this machine lacks it.
    """
    import torch

    check_device_name(name)
    if name in ("auto", "cuda") and torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    if name == "auto":
        return torch.device("cpu")
    device = torch.device(name)
    offered = ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        offered.append("mps")
    if name not in offered:
        raise ConfigurationError(f"This machine has no device {name!r}.", f"It offers {', '.join(offered)}.")
    return device


def candidates(name: str) -> list[str]:
    """The devices that will do for a name, the best first: any GPU for auto and cuda where there is one.

    Raises:
        ConfigurationError: if this machine lacks it.
    """
    import torch

    device = pick_device(name)
    if name in ("auto", "cuda") and device.type == "cuda":
        return [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    return [str(device)]


def use_gpu(device: str) -> None:
    """From now on auto and cuda mean that device in this process, where it is a GPU."""
    import torch

    if device.startswith("cuda:"):
        torch.cuda.set_device(int(device.removeprefix("cuda:")))


def use_threads(threads: int) -> None:
    """Compute with that many CPU threads from now on; 0 leaves the number alone."""
    if threads:
        import torch

        torch.set_num_threads(threads)


def describe(device: "torch.device") -> str:
    """The device as a person would call it."""
    import torch

    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return f"{device} ({torch.get_num_threads()} threads)"
