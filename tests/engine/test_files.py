"""Files and folders are whole or not there, whoever writes beside and whatever goes wrong."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nerspace.engine import files
from nerspace.engine.errors import ConfigurationError, UsageError
from nerspace.engine.files import settle, sweep, whole_file, whole_folder, write_text

FULL = OSError(28, "No space left on device")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("error", [FULL, ValueError("no number"), KeyboardInterrupt()])
def test_a_failing_write_leaves_the_old_and_nothing_else(tmp_path: Path, error: BaseException) -> None:
    write_text(tmp_path / "a.csv", "old")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_text("old")
    expected = ConfigurationError if isinstance(error, OSError) else type(error)

    def write_half() -> None:
        with whole_file(tmp_path / "a.csv") as handle:
            handle.write(b"half")
            raise error

    def fill_half() -> None:
        with whole_folder(tmp_path / "model") as folder:
            (folder / "weights").write_text("half")
            raise error

    for fail in (write_half, fill_half):
        with pytest.raises(expected):
            fail()
    assert names(tmp_path) == ["a.csv", "model"]
    assert (tmp_path / "a.csv").read_text() == (tmp_path / "model" / "weights").read_text() == "old"


def test_a_failure_is_told_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"gone/a.csv cannot be written \(No such file") as caught:
        write_text(tmp_path / "gone" / "a.csv", "x")
    assert "Free space" in caught.value.hint
    with (
        pytest.raises(ConfigurationError, match="^The model is too large .No space left on device") as caught,
        whole_folder(tmp_path / "model", problem="The model is too large", hint="Take a smaller one."),
    ):
        raise FULL
    assert caught.value.hint == "Take a smaller one."
    with pytest.raises(ConfigurationError, match="no ordinary file"):
        write_text(tmp_path, "x")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigurationError, match="no ordinary file"):
        write_text(tmp_path / "pipe", "x")


def test_the_folder_above_is_made_only_where_that_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError), whole_folder(tmp_path / "run" / "model"):
        pass
    assert names(tmp_path) == []
    with whole_folder(tmp_path / "run" / "model", parents=True):
        pass
    assert names(tmp_path / "run") == ["model"]


@pytest.mark.parametrize("target", ["victim", "nothing"])
def test_a_planted_link_at_the_name_of_the_temporary_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    (tmp_path / "victim").write_text("theirs")
    monkeypatch.setattr(files.secrets, "token_hex", lambda n: "0" * 2 * n)
    planted = tmp_path / f"{files.PREFIX}{'0' * 16}"
    planted.symlink_to(tmp_path / target)
    with pytest.raises(ConfigurationError, match="File exists"):
        write_text(tmp_path / "a.csv", "ours")
    planted.unlink(missing_ok=True)
    planted.symlink_to(tmp_path / target)
    with pytest.raises(ConfigurationError, match="File exists"), whole_folder(tmp_path / "model"):
        pass
    assert (tmp_path / "victim").read_text() == "theirs"
    assert not (tmp_path / "nothing").exists()


def test_a_link_at_the_target_is_replaced_and_what_it_points_to_stays(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "weights").write_text("theirs")
    (tmp_path / "a.csv").symlink_to("theirs")
    (tmp_path / "model").symlink_to("folder")
    write_text(tmp_path / "a.csv", "ours")
    with whole_folder(tmp_path / "model") as folder:
        (folder / "weights").write_text("ours")
    assert (tmp_path / "theirs").read_text() == (tmp_path / "folder" / "weights").read_text() == "theirs"
    assert (tmp_path / "a.csv").read_text() == (tmp_path / "model" / "weights").read_text() == "ours"
    assert not (tmp_path / "model").is_symlink()
    assert names(tmp_path) == ["a.csv", "folder", "model", "theirs"]


def test_two_writers_of_one_file_never_mix(tmp_path: Path) -> None:
    target, texts = tmp_path / "a.csv", [letter * 5_000 for letter in "ab"]

    def write(text: str) -> None:
        for _ in range(30):
            with whole_file(target) as handle:
                for letter in (text[:2_500], text[2_500:]):
                    handle.write(letter.encode())
                    handle.flush()

    write_text(target, texts[0])
    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert target.read_text() in texts
    assert names(tmp_path) == ["a.csv"]


def test_of_two_writers_of_a_new_file_the_second_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.csv"

    def overtaken() -> None:
        with whole_file(target, new=True) as slower:
            slower.write(b"slow")
            with whole_file(target, new=True) as faster:
                faster.write(b"fast")

    for links in (True, False):
        if not links:
            monkeypatch.setattr(os, "link", lambda *_, **__: (_ for _ in ()).throw(PermissionError(1, "no links")))
        with pytest.raises(UsageError, match="already there"):
            overtaken()
        assert target.read_text() == "fast"
        with pytest.raises(UsageError, match="already there"), whole_file(target, new=True):
            raise AssertionError("not even begun")
        assert names(tmp_path) == ["a.csv"]
        target.unlink()
    target.symlink_to("nothing")
    with pytest.raises(UsageError, match="already there"), whole_file(target, new=True):
        raise AssertionError("a link that points to nothing is something")


def test_the_slower_of_two_folders_is_dropped_where_the_faster_is_as_good(tmp_path: Path) -> None:
    def good(folder: Path) -> bool:
        return (folder / "weights").is_file()

    with whole_folder(tmp_path / "model", unless=good) as slow:
        (slow / "weights").write_text("slow")
        with whole_folder(tmp_path / "model", unless=good) as fast:
            (fast / "weights").write_text("fast")
    assert (tmp_path / "model" / "weights").read_text() == "fast"
    (tmp_path / "model" / "weights").unlink()
    with whole_folder(tmp_path / "model", unless=good) as again:
        (again / "weights").write_text("again")
    assert (tmp_path / "model" / "weights").read_text() == "again"
    assert names(tmp_path) == ["model"]


def test_file_and_folder_are_on_the_disk_before_and_after_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, list[str]]] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        seen.append((path.name, [name for name in names(tmp_path) if not name.startswith(".")]))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    write_text(tmp_path / "a.csv", "x")
    assert seen[0][0].startswith(files.PREFIX)
    assert [there for _, there in seen] == [[], ["a.csv"]]
    assert seen[1][0] == tmp_path.name
    seen.clear()
    with whole_folder(tmp_path / "model") as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "weights").write_text("x")
    assert {name for name, there in seen if "model" not in there} == {"deep", "weights", folder.name}
    assert seen[-1] == (tmp_path.name, ["a.csv", "model"])
    seen.clear()
    (tmp_path / ".filling").write_text("x")
    settle(tmp_path / ".filling", tmp_path / "b.csv")
    assert seen == [(".filling", ["a.csv", "model"]), (tmp_path.name, ["a.csv", "b.csv", "model"])]


def test_what_a_killed_process_left_is_known_by_its_name_and_swept_when_old(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from nerspace.engine.files import *; folder = Path(sys.argv[1]);"
        "a = whole_file(folder / 'a.csv'); a.__enter__(); b = whole_folder(folder / 'model'); b.__enter__(); "
        "print(flush=True); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-P", "-c", code, str(tmp_path)], capture_output=True, cwd=tmp_path, check=False)
    left = names(tmp_path)
    assert len(left) == 2
    assert all(name.startswith(files.PREFIX) for name in left)
    (tmp_path / "a.csv").write_text("ours")
    sweep(tmp_path)
    assert names(tmp_path) == [*left, "a.csv"]
    sweep(tmp_path, seconds=-1)
    assert names(tmp_path) == ["a.csv"]


@pytest.fixture
def clean_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in list(os.environ):
        if name.startswith("XDG_") or name == "NERSPACE_HOME":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_the_folders_of_the_user_are_those_of_the_desktop_standard(
    clean_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert files.cache_folder("maps") == clean_home / ".cache" / "nerspace" / "maps"
    assert files.config_folder() == clean_home / ".config" / "nerspace"
    assert files.state_folder() == clean_home / ".local" / "state" / "nerspace"
    assert files.data_folder() == clean_home / ".local" / "share" / "nerspace"
    for name in ("CACHE", "CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(clean_home / name.lower()))
    assert files.cache_folder("maps") == clean_home / "cache" / "nerspace" / "maps"
    assert files.config_folder() == clean_home / "config" / "nerspace"
    assert files.state_folder() == clean_home / "state" / "nerspace"
    assert files.data_folder() == clean_home / "data" / "nerspace"
    monkeypatch.setenv("NERSPACE_HOME", "~/here")
    assert files.data_folder() == clean_home / "here"
