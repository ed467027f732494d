"""The built-in encoder, unpacked once for the whole session."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from nerspace.engine.encoders import builtin, load_tokenizer
from nerspace.engine.errors import ModelError

# The peak of its own: ru_maxrss begins with that of the process it was forked from.
_CONVERT = """
import json, re, sys
from pathlib import Path
from nerspace.engine.encoders.builtin import builtin_folder
folder = builtin_folder()
print(json.dumps({
    "folder": str(folder),
    "megabytes": int(re.search("VmHWM: *[^0-9]*([0-9]+)", Path("/proc/self/status").read_text())[1]) / 1024,
    "modules": sorted({name.partition(".")[0] for name in sys.modules}),
}))
"""


@pytest.fixture(scope="session")
def conversion(_fresh_machine: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The conversion of the built-in encoder in a process of its own: folder, peak megabytes, imported modules.

    It goes into the cache of the session, where every later test finds it; of several sessions at once the first
    converts, and the others copy.
    """
    try:
        builtin.data_file()
    except ModelError as error:
        pytest.skip(str(error))
    encoders = Path(os.environ["XDG_CACHE_HOME"]) / "nerspace" / "encoders"
    shutil.rmtree(encoders, ignore_errors=True)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return _convert(tmp_path_factory.mktemp("conversion"))
    shared = tmp_path_factory.getbasetemp().parent / "encoders"
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        about = shared / "made.json"
        if not about.exists():
            made = _convert(tmp_path_factory.mktemp("conversion"))
            shutil.copytree(encoders, shared)
            about.write_text(json.dumps(made))
            return made
    shutil.copytree(shared, encoders, ignore=shutil.ignore_patterns("made.json"))
    made = json.loads(about.read_text())
    return {**made, "folder": str(encoders / Path(made["folder"]).name)}


def _convert(folder: Path) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-P", "-c", _CONVERT], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    return made


@pytest.fixture(scope="session")
def builtin_folder(conversion: dict[str, Any]) -> Path:
    return Path(conversion["folder"])


@pytest.fixture(scope="session")
def builtin_tokenizer(builtin_folder: Path) -> Tokenizer:
    return load_tokenizer("builtin")
