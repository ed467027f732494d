"""Rough hands: keys at random, windows that change size all the time, and a terminal of its own in tmux."""

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from textual import events
from textual.keys import _character_to_key
from tui_driving import explorer, press, settle

from nerspace.engine import runs
from nerspace.engine.runs import Run, jobs
from nerspace.tui.actions import ACTIONS, BY_ID

# Keys that leave; everything that starts, stops or removes a run is made harmless below.
_LEAVES = set(BY_ID["app.quit"].keys.split(",")) | {"ctrl+q", "ctrl+c", "ctrl+z"}
KEYS = [*sorted({key for action in ACTIONS for key in action.keys.split(",")} - _LEAVES), *"aäя/ :.,0", "backspace"]


@pytest.fixture
def harmless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module, name in ((jobs, "start"), (jobs, "resume"), (jobs, "stop"), (runs, "remove")):
        monkeypatch.setattr(module, name, lambda *_: None)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def _character(key: str) -> str | None:
    return key if len(key) == 1 else " " if key == "space" else None


async def _at_random(app, count: int, seed: int, size: tuple[int, int]) -> None:
    generator = random.Random(seed)
    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        for number in range(count // 10):
            # Without a pause between them, as they come over a slow line.
            for key in generator.choices(KEYS, k=10):
                app.post_message(events.Key(_character_to_key(key) if len(key) == 1 else key, _character(key)))
            await pilot.pause()
            if number % 20 == 19:
                await settle(pilot)
        for _ in range(12):
            await pilot.press("escape")
        while len(app.screen_stack) > 1:
            app.pop_screen()
        assert "Sentences" in await press(pilot, "f1") or "Names" in await press(pilot, "f1")


@pytest.mark.random_keys
@pytest.mark.parametrize("seed", [1, 2])
async def test_keys_at_random_break_nothing(run, corpus, harmless, seed):
    app = explorer(run, corpus)
    await _at_random(app, 1_000, seed, [(80, 24), (120, 40)][seed % 2])


@pytest.mark.random_keys
async def test_ten_thousand_keys_at_random_break_nothing(run, corpus, harmless):
    app = explorer(run, corpus)
    await _at_random(app, 10_000, 7, (100, 30))


@pytest.mark.slow
async def test_a_storm_of_sizes_leaves_every_screen_in_order(app):
    generator = random.Random(3)
    async with app.run_test(size=(80, 24)) as pilot:
        for key in ("1", "2", "3", "4", "f5", "f8", "question_mark"):
            await pilot.press(key)
            for _ in range(5):
                await pilot.resize_terminal(generator.randint(1, 220), generator.randint(1, 60))
        await pilot.resize_terminal(100, 30)
        await press(pilot, "escape")
        text = await press(pilot, "f1")
        assert "Sentences  23" in text
        assert max(len(line) for line in text.splitlines()) <= 100


class Terminal:
    """An explorer in a tmux of its own."""

    def __init__(self, folder: Path, run: Run, corpus: Path) -> None:
        self._base = ["tmux", "-S", str(folder / "socket")]
        code = "from nerspace.tui.main import main; main()"
        command = f"{sys.executable} -P -c '{code}' --workspace {run.path.parent.parent} --data {corpus}"
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "-s", "s", command)

    def _tmux(self, *arguments: str) -> str:
        environment = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        done = subprocess.run([*self._base, *arguments], capture_output=True, text=True, timeout=20, env=environment)
        return done.stdout

    def keys(self, *keys: str) -> None:
        self._tmux("send-keys", "-t", "s", *keys)

    def wait(self, wanted: str, seconds: float = 30) -> str:
        """The screen, as soon as it holds a text."""
        end = time.monotonic() + seconds
        while wanted not in (text := self._tmux("capture-pane", "-p", "-t", "s")):
            assert time.monotonic() < end, f"no {wanted!r} on:\n{text}"
            time.sleep(0.1)
        return text

    def close(self) -> None:
        self._tmux("kill-server")


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
@pytest.mark.slow
def test_a_user_in_a_terminal_goes_from_a_name_to_its_csv(run, corpus, tmp_path):
    # A socket's path may not be long.
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    terminal = Terminal(folder, run, corpus)
    try:
        terminal.wait("Sentences  23")
        terminal.keys("?")
        terminal.wait("Why is a name far from itself in another language?")
        terminal.keys("Escape")
        terminal.wait("Sentences  23")
        terminal.keys("/")
        terminal.keys("washington", "Enter")
        terminal.wait("1 of 23")
        terminal.keys("T")
        terminal.wait("▁Ваш ын г тон")
        terminal.keys("e")
        terminal.wait("11 rows, as filtered")
        terminal.keys("Enter")
        terminal.wait("Wrote 11 rows")
        written = (tmp_path / "pieces_washington.csv").read_text(encoding="utf-8")
        assert "washington,nominative,be,Вашынгтон,▁Ваш ын г тон,4," in written
        terminal.keys("q")
        time.sleep(0.5)
    finally:
        terminal.close()
        shutil.rmtree(folder, ignore_errors=True)
    state = (tmp_path / "state" / "nerspace" / "state.json").read_text(encoding="utf-8")
    assert '"room": "tokens"' in state
