"""The built-in encoder, unpacked once for the whole session, and tiny random encoders on disk."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from nerspace.engine.encoders import builtin, load_tokenizer
from nerspace.engine.errors import ModelError

_CONVERT = """
import json, resource, sys
from nerspace.engine.encoders.builtin import builtin_folder
folder = builtin_folder()
print(json.dumps({
    "folder": str(folder),
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "modules": sorted({name.partition(".")[0] for name in sys.modules}),
}))
"""


@pytest.fixture(scope="session")
def conversion(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The conversion of the built-in encoder in a process of its own: folder, peak megabytes, imported modules."""
    try:
        builtin.data_file()
    except ModelError as error:
        pytest.skip(str(error))
    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        done = subprocess.run([sys.executable, "-P", "-c", _CONVERT], capture_output=True, text=True, cwd=cache)
        assert done.returncode == 0, done.stderr
        yield json.loads(done.stdout)
    shutil.rmtree(cache, ignore_errors=True)


@pytest.fixture(scope="session")
def builtin_folder(conversion: dict[str, Any]) -> Path:
    return Path(conversion["folder"])


@pytest.fixture(scope="session")
def builtin_tokenizer(builtin_folder: Path) -> Tokenizer:
    return load_tokenizer("builtin")


@pytest.fixture
def run_python(tmp_path: Path) -> Any:
    """Run code in a fresh interpreter, away from the repository's root; returns the finished process."""

    def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-c", code],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, **environment},
            timeout=120,
        )

    return run
