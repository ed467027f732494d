"""From `--on` to a connected driver: the cluster of this machine, one that an address names, or one started here."""

import contextlib
import os
import re
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from nerspace.engine.errors import ConfigurationError
from nerspace.engine.requests.base import ADDRESS, HERE, check_address

# Seconds for which a head is given time to answer.
PATIENCE = 10.0
NAMESPACE = "nerspace"
# What a cluster is called that was started here, for one run.
UNNAMED = "this machine"
# A head forks the server of a client beside threads of gRPC, and some die of it:
# https://github.com/ray-project/ray/issues/63202.
_NO_SERVER = re.compile("Starting Ray client server failed|Proxy failed to Connect")
_TRIES = 4


@contextlib.contextmanager
def connected(on: str) -> Iterator[tuple[ModuleType, str]]:
    """Ray's module, connected until the block ends, and where it is connected to.

    Raises:
        ConfigurationError: when the head cannot be reached within PATIENCE seconds, or is of another version.
    """
    check_address(on)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # The nodes' own word for an unreachable head takes minutes and may end the process.
    address = _of_this_machine() if on == HERE else on
    if address:
        _await(address)
        _bring_token()
    import ray

    # The current folder stays with the nodes that are started here, and Ray puts it before their modules: one that
    # holds a folder `datasets` would hide a package, one that is deleted would keep libraries from loading.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as empty:
        with _own_signal_handler(), contextlib.chdir(empty):
            _connect(ray, address)
        try:
            yield ray, address or UNNAMED
        finally:
            with _own_signal_handler():
                ray.shutdown()


def _connect(ray: ModuleType, address: str) -> None:
    """Connect to the head at an address, or start one here where it is empty."""
    here = {} if address else {"include_dashboard": False}
    for left in reversed(range(_TRIES)):
        try:
            ray.init(address or "local", namespace=NAMESPACE, log_to_driver=False, logging_level="ERROR", **here)
            return
        except (Exception, SystemExit) as error:
            if not (left and _NO_SERVER.search(str(error))):
                raise _unusable(address or UNNAMED, error) from error


def _unusable(address: str, error: BaseException) -> ConfigurationError:
    """What Ray said when it refused; of a trace that a head sends, the last line says it."""
    text = str(error).strip() or type(error).__name__
    text = " ".join((text.splitlines()[-1] if "Traceback (most" in text else text).split())
    hint = (
        "Ray and Python must have the same versions on every node, and the same token where Ray wants one "
        "(~/.ray/auth_token or $RAY_AUTH_TOKEN)."
    )
    if _NO_SERVER.search(text):
        hint = (
            f"The head could not start a server for this client in {_TRIES} tries: resume the run, or use HOST:6379 of "
            "the head itself. Started with GRPC_ENABLE_FORK_SUPPORT=0, a head seldom fails so."
        )
    return ConfigurationError(f"Ray at {address} cannot be used ({text[:200]}).", hint)


def _of_this_machine() -> str:
    """The address of the cluster that this machine belongs to, empty if there is none that answers."""
    if (named := os.environ.get("RAY_ADDRESS", "")) not in ("", "auto"):
        return "" if named == "local" else named
    folder = Path(os.environ.get("RAY_TMPDIR") or tempfile.gettempdir()) / "ray"
    try:
        address = (folder / "ray_current_cluster").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
    return address if ADDRESS.fullmatch(address) and not refusal(address, 1.0) else ""


def _bring_token() -> None:
    """Show Ray's token where there is one: a head that finds one wants it from everybody who comes."""
    at_home = Path("~/.ray/auth_token").expanduser().is_file()
    if at_home or os.environ.get("RAY_AUTH_TOKEN") or os.environ.get("RAY_AUTH_TOKEN_PATH"):
        os.environ.setdefault("RAY_AUTH_MODE", "token")


def _await(address: str) -> None:
    """Wait until somebody listens at the address.

    Raises: ConfigurationError after PATIENCE seconds.
    """
    deadline = time.monotonic() + PATIENCE
    while silence := refusal(address, max(0.1, deadline - time.monotonic())):
        if time.monotonic() > deadline - 0.5:
            raise ConfigurationError(
                f"No Ray head answers at {address} ({silence}, tried for {PATIENCE:.0f} s).",
                "Start it there: ray start --head. Ray's client (ray://) listens at 10001, the head itself at 6379.",
            )
        time.sleep(0.5)


def refusal(address: str, patience: float) -> str:
    """Why nobody can be reached at the address; empty if somebody can."""
    found = ADDRESS.fullmatch(address)
    if found is None:
        return "no HOST:PORT"
    try:
        socket.create_connection((found["host"].strip("[]"), int(found["port"])), timeout=patience).close()
    except (OSError, OverflowError) as error:
        return (getattr(error, "strerror", None) or str(error)).lower()
    return ""


@contextlib.contextmanager
def _own_signal_handler() -> Iterator[None]:
    """Put the handler of SIGTERM back: Ray's ends the process, a job's stops it at its next step."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
