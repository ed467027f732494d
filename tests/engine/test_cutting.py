"""A tokenizer beside the process cuts as one inside it, tells what is wrong, and ends with its parent."""

import subprocess
import sys
import threading

import pytest

from nerspace.engine.encoders import load_tokenizer
from nerspace.engine.encoders.tokenizer_process import Cutter
from nerspace.engine.errors import ModelError
from nerspace.engine.names.tokenization import segment
from nerspace.engine.runs import process_started

TEXTS = ["Washington", "", "a\nb\tc", "Вашынгтон", "\ud800 half", '"quoted" \\ \x1b[31m', "Va ton"]


def test_it_cuts_as_the_tokenizer_itself(tiny_xlmr):
    cutter = Cutter(str(tiny_xlmr))
    tokenizer = load_tokenizer(str(tiny_xlmr))
    sound = [text for text in TEXTS if "\ud800" not in text]
    try:
        assert cutter.cut(sound) == [segment(text, tokenizer) for text in sound]
        assert cutter.cut([]) == []
        found: list[list[list[str]]] = []
        threads = [threading.Thread(target=lambda: found.append(cutter.cut(["Washington"]))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [[segment("Washington", tokenizer)]] * 8
        with pytest.raises(ModelError, match="cannot be used"):
            cutter.cut(TEXTS)
        assert cutter.cut(["Washington"]) == found[0]
    finally:
        cutter.close()


def test_an_unknown_model_and_a_killed_process_are_told(tmp_path, tiny_xlmr):
    with pytest.raises(ModelError, match="nowhere"):
        Cutter(str(tmp_path / "nowhere")).cut(["a"])
    cutter = Cutter(str(tiny_xlmr))
    cutter.cut(["a"])
    cutter._process._process.kill()
    cutter._process._process.wait()
    with pytest.raises(ModelError, match="stopped"):
        cutter.cut(["a"])
    assert cutter.cut(["a"])
    cutter.close()


def test_the_process_ends_with_its_parent(tiny_xlmr):
    code = (
        "import os, sys; from nerspace.engine.encoders.tokenizer_process import Cutter; "
        "c = Cutter(sys.argv[1]); c.cut(['a']);"
        "print(c._process._process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, str(tiny_xlmr)], capture_output=True, text=True, timeout=60
    )
    pid = int(done.stdout)
    for _ in range(100):
        if not process_started(pid):
            return
        threading.Event().wait(0.1)
    pytest.fail("the tokenizer outlived its parent")
