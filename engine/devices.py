"""Where the computing is done."""

import os
from contextlib import suppress
from pathlib import Path
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


def cores() -> int:
    """How many CPU threads this process may compute with, by its settings and the machine."""
    import torch

    return torch.get_num_threads()


def free_memory() -> int:
    """Bytes of memory that are free for new processes, in this container where it has a limit of its own."""
    found = [_free_of_machine(), _free_of_group(Path("/sys/fs/cgroup"))]
    return min(amount for amount in found if amount is not None)


def _free_of_machine() -> int:
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    # Half of all, where the system does not tell.
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _free_of_group(folder: Path) -> int | None:
    """What a control group leaves; None where it sets no limit."""
    try:
        limit, used = (int((folder / name).read_text()) for name in ("memory.max", "memory.current"))
        stated = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return None
    return limit - used + int(stated.get("inactive_file", 0))


def cards() -> list[str]:
    """What is to be known of every GPU that torch sees; where it sees none but a driver is here, what is missing."""
    import torch

    driver = _driver()
    if not torch.cuda.is_available():
        if not driver:
            return []
        built = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built without CUDA"
        return [f"An NVIDIA driver {driver} is here, but this torch ({torch.__version__}, {built}) reaches no card."]
    found = []
    for number in range(torch.cuda.device_count()):
        card = torch.cuda.get_device_properties(number)
        # bfloat16 is computed in by cards of the generation Ampere and younger, and only emulated by older ones.
        precision = "trains in bf16" if card.major >= 8 else "has no bf16 of its own: trains slowly"
        found.append(
            f"cuda:{number} {card.name}, {card.total_memory / 1e9:.0f} GB, driver {driver or '?'}, "
            f"CUDA {torch.version.cuda}, {precision}"
        )
    return found


def _driver() -> str:
    """The version of the NVIDIA driver of this machine; empty where there is none."""
    with suppress(OSError):
        words = Path("/proc/driver/nvidia/version").read_text().partition("\n")[0].split()
        return next((word for word in words if word[0].isdigit() and "." in word), "")
    return ""


def describe(device: "torch.device") -> str:
    """The device as a person would call it."""
    import torch

    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return f"{device} ({torch.get_num_threads()} threads)"
