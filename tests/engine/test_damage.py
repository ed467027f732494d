"""Files that are not as they were written any more: refused on use, told by verify, made anew by resume."""

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nerspace.engine import runs
from nerspace.engine.errors import DataError, NerspaceError
from nerspace.engine.extraction.files import GrowingVectors
from nerspace.engine.files import PREFIX
from nerspace.engine.requests.training import make_request
from nerspace.engine.runs import Run, jobs
from nerspace.engine.runs.models import chosen_models
from nerspace.engine.sums import is_sealed, seal, sealed_text, unsealed
from nerspace.engine.transfer.findings import transfer_tables


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return runs.workspace_folder(tmp_path / "workspace")


@pytest.fixture
def run(workspace: Path) -> Run:
    return runs.create(workspace, "demo", {"donor": "en"}, 0)


FRAME = pd.DataFrame({"language": [f"l{number}" for number in range(50)], "value": np.arange(50) / 7})


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def turn_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut_after_a_line(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) // 2]))


DAMAGES = [cut_in_half, empty, turn_a_bit, cut_after_a_line, Path.unlink]


@pytest.mark.parametrize("damage", DAMAGES[:-1])
def test_a_table_that_is_not_as_it_was_written_is_refused(run: Run, damage: Callable[[Path], None]) -> None:
    run.write_table("isotropy", FRAME)
    assert len(run.read_table("isotropy")) == 50
    assert run.damages() == {}
    damage(run.table_path("isotropy"))
    with pytest.raises(DataError, match=r"table isotropy of the run .* is damaged: .*nerspace runs resume"):
        run.read_table("isotropy")
    assert list(run.damages()) == ["tables/isotropy.csv"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_vectors_that_are_not_as_they_were_written_are_refused(run: Run, damage: Callable[[Path], None]) -> None:
    run.write_vectors("before-0-words", np.ones((4, 3), np.float32))
    assert run.read_vectors("before-0-words").shape == (4, 3)
    damage(run.path / "vectors" / "before-0-words.npy")
    with pytest.raises(DataError, match="before-0-words.npy of the run .* is damaged"):
        run.read_vectors("before-0-words")


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def with_header(path: Path, header: bytes) -> None:
    # Of the first version, which numpy takes for Python.
    path.write_bytes(b"\x93NUMPY\x01\x00" + (64).to_bytes(2, "little") + header.ljust(63) + b"\n" + bytes(48))


def without_end_of_header(path: Path) -> None:
    with_header(path, b"{'descr': '<f4', (")


def unevenly_indented(path: Path) -> None:
    with_header(path, b"  {\n 'descr'")


@pytest.mark.parametrize("damage", [*DAMAGES, a_pipe, without_end_of_header, unevenly_indented])
def test_damaged_vectors_of_an_earlier_version_are_refused_at_once(run: Run, damage: Callable[[Path], None]) -> None:
    run.write_vectors("before-0-words", np.ones((4, 3), np.float32))
    (run.path / "sha256.json").unlink()
    damage(run.path / "vectors" / "before-0-words.npy")
    if damage is turn_a_bit:
        return  # Nothing can know.
    with pytest.raises(DataError, match="before-0-words.npy of the run .* is damaged"):
        run.read_vectors("before-0-words")


@pytest.mark.parametrize("name", ["predictions", "correlations", "tnld"])
def test_a_live_run_lacks_no_column_of_a_table_that_is_written_whole(run: Run, name: str) -> None:
    run.update(state="running")
    run.claim(os.getpid())
    run.write_table(name, FRAME)
    (run.path / "sha256.json").unlink()
    with pytest.raises(DataError, match="is damaged: the column"):
        run.read_table(name)
    # These grow step by step, and not every kind of run says of each step whose it is.
    run.append_rows("steps", FRAME)
    assert len(run.read_table("steps")) == 50


def test_predictions_of_no_donor_and_seed_give_no_transfer(run: Run) -> None:
    lacking = {"sentence": "be/c/e", "language": "be", "type": "PER", "gold": "B", "predicted": "B"}
    run.write_table("predictions", pd.DataFrame([lacking]))
    run.write_table("tnld", FRAME.assign(type="all"))
    run.update(state="finished", code="of an earlier version")
    with pytest.raises(DataError, match="which donor and seed"):
        transfer_tables(run)


def test_between_the_entry_of_a_table_and_its_name_the_old_one_is_as_good(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.write_table("isotropy", FRAME)

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        replace = Path.replace
        patch.setattr(Path, "replace", lambda old, new: cut() if new.name == "isotropy.csv" else replace(old, new))
        with pytest.raises(KeyboardInterrupt):
            run.write_table("isotropy", FRAME.head(3))
    assert len(run.read_table("isotropy")) == 50
    run.write_table("isotropy", FRAME.head(3))
    assert len(run.read_table("isotropy")) == 3


def test_a_table_grows_again_after_it_was_entered_whole(run: Run) -> None:
    run.write_table("steps", FRAME)
    run.drop_table("steps")
    for _ in range(2):
        run.append_rows("steps", FRAME.head(2))
    assert len(run.read_table("steps")) == 4


def test_the_run_of_an_earlier_version_is_read_as_it_is(run: Run) -> None:
    run.write_table("isotropy", FRAME)
    run.update(code="of an earlier version")
    (run.path / "sha256.json").unlink()
    cut_after_a_line(run.table_path("isotropy"))
    assert len(run.read_table("isotropy")) == 24


def test_damaged_sums_let_no_table_pass(run: Run) -> None:
    run.write_table("isotropy", FRAME)
    for text in ("", "[]", "{", '{"tables/isotropy.csv": 3}', '{"tables/isotropy.csv": [[null, 1]]}'):
        (run.path / "sha256.json").write_text(text)
        with pytest.raises(DataError, match="sha256.json is damaged"):
            run.read_table("isotropy")
        assert run.damages() == {"sha256.json": "sha256.json is damaged"}


def test_a_sealed_folder_and_a_sealed_text_notice_every_change(tmp_path: Path) -> None:
    folder = tmp_path / "sealed"
    (folder / "inner").mkdir(parents=True)
    (folder / "one").write_text("one")
    (folder / "inner" / "two").write_text("two")
    assert not is_sealed(folder)
    seal(folder)
    assert is_sealed(folder)
    for damage in DAMAGES:
        for name in ("one", "inner/two", "sha256.json"):
            copy = tmp_path / "copy"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(folder, copy)
            if damage is not cut_after_a_line:
                damage(copy / name)
                assert not is_sealed(copy), (damage, name)
    text = sealed_text({"a": [1, 2.5], "b": "ž"})
    assert unsealed(text) == {"a": [1, 2.5], "b": "ž"}
    for changed in (text.replace("2.5", "2.6"), text[:-5], "[]", "{}", "null"):
        with pytest.raises(ValueError, match=r"not what was written|Expecting|Unterminated|delimiter"):
            unsealed(changed)


@pytest.mark.parametrize("damage", ["none", "bit", "state", "hidden", "name"])
def test_growing_vectors_go_on_behind_the_last_block_that_is_whole(tmp_path: Path, damage: str) -> None:
    rows, generator = [3, 2, 4], np.random.default_rng(0)
    blocks = [generator.normal(size=(n, 5)).astype(np.float32) for n in rows]

    def files() -> GrowingVectors:
        return GrowingVectors(tmp_path, "after", {0: "after-0-words"}, rows, 5)

    first = files()
    assert first.begin() == 0
    for number in (0, 1):
        first.write(number, {0: blocks[number]})
    wanted = 2
    hidden, state = tmp_path / ".after-0-words.npy", tmp_path / ".after.json"
    if damage == "bit":
        array = np.lib.format.open_memmap(hidden, mode="r+")
        array[4, 1] += 1
        array.flush()
        wanted = 1
    elif damage == "state":
        turn_a_bit(state)
        wanted = 0
    elif damage == "hidden":
        empty(hidden)
        wanted = 0
    elif damage == "name":
        first.write(2, {0: blocks[2]})

        def cut(path: Path) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            first.finish(cut)
        array = np.lib.format.open_memmap(tmp_path / "after-0-words.npy", mode="r+")
        array[0, 0] += 1
        array.flush()
        wanted = 0
    again = files()
    assert again.begin() == wanted
    for number in range(wanted, 3):
        again.write(number, {0: blocks[number]})
    again.finish()
    assert np.array_equal(np.load(tmp_path / "after-0-words.npy"), np.concatenate(blocks))
    assert files().begin() == 3


@pytest.fixture(scope="module")
def trained(tiny_bert: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    workspace = runs.workspace_folder(tmp_path_factory.mktemp("trained"))
    run = runs.create(workspace, "finetune", small_finetuning(tiny_bert), 0)
    assert jobs.execute(run) == "finished"
    return run


def small_finetuning(model: Path, **changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "donors": ("en", "be"), "languages": ("en", "be"), "size": 8, "test_size": 6, "model": str(model),
        "device": "cpu", "data": "builtin", "batch_size": 8, "epochs": 1, "keep_model": True, "checkpoint_seconds": 0.0,
    }  # fmt: skip
    return make_request("finetune", **{**fields, **changes})


def copied(run: Run, folder: Path) -> Run:
    path = folder / "runs" / run.id
    shutil.copytree(run.path, path)
    return Run(path)


def test_a_finished_run_says_what_all_of_its_files_must_be(trained: Run) -> None:
    sums = json.loads((trained.path / "sha256.json").read_text())
    held = {path.relative_to(trained.path).as_posix() for path in trained.path.glob("tables/*")}
    held |= {path.relative_to(trained.path).as_posix() for path in trained.path.glob("model/*/*")}
    assert held <= set(sums)
    assert trained.damages() == {}
    with pytest.raises(NerspaceError, match="nothing is left to do"):
        jobs.resume(trained)


@pytest.mark.parametrize("damage", [empty, turn_a_bit, Path.unlink])
def test_resume_makes_what_is_damaged_anew(
    trained: Run, tmp_path: Path, damage: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = copied(trained, tmp_path)
    generator = random.Random(damage.__name__)
    names = [name for name in json.loads((run.path / "sha256.json").read_text()) if "steps" not in name]
    chosen = sorted({"model/be-0/model.safetensors", *generator.sample(names, 2)})
    for name in chosen:
        damage(run.path / name)
    assert sorted(run.damages()) == chosen
    if damage is not Path.unlink:
        with pytest.raises(DataError, match="model/be-0"):
            chosen_models(run, ("be",))
    monkeypatch.setattr(jobs, "_launch", lambda resumed, lock: None)
    jobs.resume(run)
    assert jobs.execute(run) == "finished"
    assert run.damages() == {}
    assert any("Damaged, and made anew" in event.get("text", "") for _, event in run.events())
    for name in names:
        assert (run.path / name).read_bytes() == (trained.path / name).read_bytes(), name


def test_a_model_that_was_damaged_before_the_resume_is_trained_again(trained: Run, tmp_path: Path) -> None:
    """The word that it is finished says what its files are."""
    run = runs.create(tmp_path, "finetune", trained.info()["request"], 0)
    work = jobs.job_of(run)
    for record in work:
        if getattr(record, "label", "") == "Errors of be-0":
            break
    work.close()
    assert (run.path / "checkpoints" / "en-0" / "finished.json").is_file()
    turn_a_bit(run.path / "model" / "en-0" / "model.safetensors")
    assert jobs.execute(run) == "finished"
    name = "model/en-0/model.safetensors"
    assert (run.path / name).read_bytes() == (trained.path / name).read_bytes()


def test_what_a_killed_writer_left_is_swept_when_the_run_goes_on(trained: Run, tmp_path: Path) -> None:
    run = runs.create(tmp_path, "finetune", trained.info()["request"], 0)
    (run.path / "model" / f"{PREFIX}0123").mkdir(parents=True)
    (run.path / "model" / f"{PREFIX}0123" / "config.json").write_text("{}")
    (run.path / f"{PREFIX}4567").write_text("half")
    assert jobs.execute(run) == "finished"
    assert not list(run.path.rglob(f"{PREFIX}*"))


def test_results_are_on_the_disk_before_the_word_that_the_run_has_ended(
    trained: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nerspace.engine import files

    order: list[str] = []
    sync, replace = files._sync, Path.replace

    def synced(path: Path) -> None:
        order.append(f"sync {path.name}")
        sync(path)

    def named(old: Path, new: Path) -> Path:
        order.append(f"name {Path(new).name}")
        return replace(old, new)

    monkeypatch.setattr(files, "_sync", synced)
    monkeypatch.setattr(Path, "replace", named)
    run = runs.create(tmp_path, "finetune", trained.info()["request"], 0)
    assert jobs.execute(run) == "finished"
    last = len(order) - 1 - order[::-1].index("name run.json")
    sums = len(order) - 1 - order[::-1].index("name sha256.json")
    assert "sync steps.csv" in order[:sums]
    assert "sync events.jsonl" in order[sums:last]
    assert "name run.json" not in order[sums:last]
    assert not any("csv" in one for one in order[last:])


def test_a_table_of_another_version_is_read_with_gaps_where_it_lacks_columns(run: Run) -> None:
    run.write_table("isotropy", FRAME)
    (run.path / "sha256.json").unlink()
    info = json.loads((run.path / "run.json").read_text()) | {"state": "finished"}
    (run.path / "run.json").write_text(json.dumps(info))
    # The same code writes all columns: one that is missing is damage.
    with pytest.raises(DataError, match="the column stage is missing"):
        run.read_table("isotropy")
    (run.path / "run.json").write_text(json.dumps(info | {"code": "of an earlier version"}))
    read = run.read_table("isotropy")
    assert read["language"].tolist() == FRAME["language"].tolist()
    assert read["stage"].isna().all()
    assert read["floor"].isna().all()
    # Nothing at all is damage in any version.
    empty(run.table_path("isotropy"))
    with pytest.raises(DataError, match="is damaged"):
        run.read_table("isotropy")
