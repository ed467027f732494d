"""Whatever a result depends on is in its key: an old one is never taken for that of other data, encoders or code."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from training_samples import demo_request

from nerspace import datasets
from nerspace.engine import encoders, runs
from nerspace.engine.encoders.content import encoder_hash
from nerspace.engine.encoders.saving import save_model
from nerspace.engine.evaluation.job import evaluate
from nerspace.engine.extraction import job as extraction
from nerspace.engine.paper import cache
from nerspace.engine.projection.job import ProjectionConfig, content_key
from nerspace.engine.requests.evaluation import Reader, make_evaluation
from nerspace.engine.requests.extraction import make_extract_request
from nerspace.engine.requests.paper import PaperRequest, make_paper_request
from nerspace.engine.requests.swapping import make_swap_request
from nerspace.engine.requests.training import Recipe, Request
from nerspace.engine.runs import Run, jobs, versions
from nerspace.engine.runs.records import Note, Progress
from nerspace.engine.runs.versions import code_hash, source_hash
from nerspace.engine.sums import sealed_text, unsealed

Edit = Callable[[str, str, str], None]


@pytest.fixture
def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Edit]:
    """Put another text in a module, for whoever hashes it: edit(module, old, new)."""
    sources = dict(versions._sources())

    def changed(module: str, old: str, new: str) -> None:
        name = f"nerspace.{module}"
        text = sources[name].read_text(encoding="utf-8")
        assert old in text
        sources[name] = tmp_path / f"{module}-{len(list(tmp_path.iterdir()))}.py"
        sources[name].write_text(text.replace(old, new), encoding="utf-8")
        source_hash.cache_clear()
        code_hash.cache_clear()

    monkeypatch.setattr(versions, "_sources", lambda: sources)
    yield changed
    source_hash.cache_clear()
    code_hash.cache_clear()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return runs.workspace_folder(tmp_path / "workspace")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    shutil.copytree(datasets.BUILTIN, folder)
    return folder


def edit_contexts(data: Path) -> None:
    path = data / "contexts.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("[loc].", "[loc]!"), encoding="utf-8")


def notes(run: Run) -> list[str]:
    return [event["text"] for _, event in run.events() if event["event"] == "note"]


def test_code_counts_with_what_it_imports_and_nothing_else(edit: Edit) -> None:
    module = "nerspace.engine.projection.drawing"
    first = code_hash(module)
    edit("engine.paper.claims", "def ", "def  ")
    assert code_hash(module) == first
    edit("engine.projection.drawing", "PHASES", "STEPS")
    second = code_hash(module)
    edit("datasets.errors", "exit_code = 1", "exit_code = 3")
    assert len({first, second, code_hash(module)}) == 3


def test_an_import_inside_a_function_counts_and_one_for_type_checkers_does_not(edit: Edit) -> None:
    late = "if TYPE_CHECKING:\n    import nerspace.engine.paper.claims\ndef f():\n    import nerspace.engine.files\n"
    edit("engine.errors", '"""The kinds', late + '"""The kinds')
    first = code_hash("nerspace.engine.errors")
    edit("engine.paper.claims", "def ", "def  ")
    assert code_hash("nerspace.engine.errors") == first
    edit("engine.files", "PREFIX", "BEGIN")
    assert code_hash("nerspace.engine.errors") != first


def test_the_source_counts_whole_and_its_place_does_not(edit: Edit) -> None:
    first = source_hash()
    edit("engine.errors", "The kinds", "The kinds")
    assert source_hash() == first
    edit("engine.paper.claims", "def ", "def  ")
    assert source_hash() != first


def test_a_cached_map_is_not_one_of_other_phases(edit: Edit) -> None:
    X = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    first = content_key(X, ProjectionConfig(), None)
    edit("engine.paper.claims", "def ", "def  ")
    assert content_key(X, ProjectionConfig(), None) == first
    edit("engine.projection.drawing", "PHASES = ", "PHASES =  ")
    assert content_key(X, ProjectionConfig(), None) != first


def test_a_model_of_the_paper_is_not_one_of_another_recipe(edit: Edit, tiny_xlmr: Path) -> None:
    fields = {"seed": 0, "model": str(tiny_xlmr), "data": "builtin", "device": "cpu", "learning_rate": 1e-3}
    request = PaperRequest.read(make_paper_request(("figure5",), scale="0.003", seeds=1, **fields))  # type: ignore[arg-type]
    corpus = datasets.load_parallel("builtin")

    def keys() -> tuple[str, str]:
        return cache.shared_key(request, corpus), cache.content_key(request, corpus)

    first = keys()
    edit("engine.paper.claims", "def ", "def  ")
    other_claims = keys()
    assert other_claims[0] == first[0]
    assert other_claims[1] != first[1]
    edit("engine.requests.training", "head_factor: float = 30.0", "head_factor: float = 1.0")
    assert keys()[0] != first[0]


def test_an_encoder_counts_by_its_content_wherever_it_lies(tiny_xlmr: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(tiny_xlmr, elsewhere)
    assert encoder_hash(str(elsewhere)) == encoder_hash(str(tiny_xlmr))
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        before = encoder_hash(str(elsewhere))
        content = bytearray((elsewhere / name).read_bytes())
        content[-1] ^= 1
        (elsewhere / name).write_bytes(content)
        assert encoder_hash(str(elsewhere)) != before, name


def stopped_between_donors(workspace: Path, model: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    request = demo_request(
        model, donor="en", donors=("en", "be"), languages=("en", "be"), size=16, epochs=1, probe_every=0,
        data=str(data), keep_model=False,
    )  # fmt: skip
    run = runs.create(workspace, "finetune", request, 0)
    with monkeypatch.context() as patch:
        patch.setattr(Run, "stop_requested", lambda self: "predictions" in self.tables())
        assert jobs.execute(run) == "stopped"
    assert [path.parent.name for path in run.path.glob("checkpoints/*/finished.json")] == ["en-0"]
    run.forget_stop()
    return run


def test_a_training_is_not_resumed_on_other_data_another_encoder_or_with_other_code(
    workspace: Path, tiny_xlmr: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edit: Edit
) -> None:
    model = tmp_path / "model"
    shutil.copytree(tiny_xlmr, model)
    run = stopped_between_donors(workspace, model, data, monkeypatch)
    info = run.info()
    assert info["recipe"] == asdict(Recipe.of(Request.read(info["request"])))
    assert {"head_factor", "warmup_steps", "max_gradient_norm"} <= set(info["recipe"])
    assert info["code"] == source_hash()

    contexts = (data / "contexts.csv").read_bytes()
    edit_contexts(data)
    assert jobs.execute(run) == "failed"
    error = run.info()["error"]
    assert f"Since the run {run.id} began to train, the data changed" in error["message"]
    assert "start a new run" in error["hint"]
    (data / "contexts.csv").write_bytes(contexts)

    weights = (model / "model.safetensors").read_bytes()
    (model / "model.safetensors").write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
    assert jobs.execute(run) == "failed"
    assert "the encoder changed" in run.info()["error"]["message"]
    (model / "model.safetensors").write_bytes(weights)

    edit("engine.training.loop", "def ", "def  ")
    assert jobs.execute(run) == "failed"
    assert "nerspace's code changed" in run.info()["error"]["message"]


def test_a_training_goes_on_when_nothing_changed_and_is_refused_when_its_origin_is_not_known(
    workspace: Path, tiny_xlmr: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = stopped_between_donors(workspace, tiny_xlmr, data, monkeypatch)
    known = run.info()["origin"]
    run.update(origin=None)
    assert jobs.execute(run) == "failed"
    assert "the version of nerspace changed" in run.info()["error"]["message"]
    run.update(origin=known)
    assert jobs.execute(run) == "finished"
    assert set(run.read_table("predictions")["donor"]) == {"en", "be"}


@pytest.mark.slow
def test_what_is_made_with_a_model_is_refused_once_the_data_that_it_was_trained_on_has_changed(
    workspace: Path, tiny_xlmr: Path, data: Path
) -> None:
    request = demo_request(
        tiny_xlmr, donors=("en",), size=16, epochs=1, probe_every=0, data=str(data), keep_model=True, names=""
    )
    trained = runs.create(workspace, "finetune", request, 0)
    assert jobs.execute(trained) == "finished"
    reader = Reader("en", 0, str(trained.path / "model" / "en-0"))
    wanted = {
        "swap": make_swap_request(trained, contexts=3, sample=3, device="cpu"),
        "extract": make_extract_request(trained, device="cpu"),
        "evaluate": make_evaluation([reader], str(data), run=trained, size=4, device="cpu"),
    }
    contexts = (data / "contexts.csv").read_bytes()
    # With other contexts the cut into train and test is another.
    (data / "contexts.csv").write_bytes(b"".join(contexts.splitlines(keepends=True)[:-9]))
    made = {kind: runs.create(workspace, kind, one, 0) for kind, one in wanted.items()}
    for kind, run in made.items():
        assert jobs.execute(run) == "failed", kind
        problem = run.info()["error"]
        assert f"The data of the run {trained.id}, {data}, gives other sentences now" in problem["message"]
        assert "train a new run" in problem["hint"]
    # Other data than its own is read as it is, and so is its own once it is back.
    other = runs.create(workspace, "evaluate", {**wanted["evaluate"], "data": "builtin"}, 0)
    assert jobs.execute(other) == "finished"
    (data / "contexts.csv").write_bytes(contexts)
    for kind, run in made.items():
        assert jobs.execute(run) == "finished", kind


def test_an_evaluation_reads_again_what_was_said_of_other_sentences_of_equal_length(
    workspace: Path, tiny_xlmr: Path, tmp_path: Path
) -> None:
    model = tmp_path / "tuned"
    save_model(encoders.load_token_classifier(str(tiny_xlmr), encoders.LABELS, 0), str(tiny_xlmr), model)
    file = tmp_path / "own.conll"
    file.write_text("Anna\tB-PER\ncame\tO\n")
    request = make_evaluation([Reader("en", 0, str(model))], str(file), device="cpu")
    run = runs.create(workspace, "evaluate", request, 0)
    with closing(evaluate(run)) as records:
        next(record for record in records if isinstance(record, Progress) and record.stage == "read")
        next(records)
    shard = run.path / ".read" / "1-0.json"
    predicted = unsealed(shard.read_text())["predicted"]
    said = sealed_text({"predicted": [[3] * len(one) for one in predicted], "confidence": [0.123456]})
    shard.write_text(said)
    with closing(evaluate(run)) as records:
        assert not any("changed" in record.text for record in records if isinstance(record, Note))
    assert run.read_table("predictions")["confidence"].tolist() == [0.123456]
    shard.parent.mkdir()
    shard.write_text(said)
    file.write_text("Olga\tB-PER\ncame\tO\n")
    with closing(evaluate(run)) as records:
        told = [record.text for record in records if isinstance(record, Note)]
    assert "Since the run began, the data changed: everything is done again." in told
    assert run.read_table("predictions")["confidence"].tolist() != [0.123456]


def test_vectors_of_other_sentences_are_read_again(workspace: Path, tiny_xlmr: Path, data: Path) -> None:
    request = make_extract_request(
        None, model=str(tiny_xlmr), data=str(data), of="words", size=4, languages=("en",), device="cpu"
    )
    run = runs.create(workspace, "extract", request, 0)
    path = run.path / "vectors" / "before-0-words.npy"
    with closing(extraction.extract(run)) as records:
        list(records)
    array = np.load(path)
    np.save(path, array * 0)
    with closing(extraction.extract(run)) as records:
        list(records)
    assert not np.load(path).any()
    names = data / "contexts.csv"
    names.write_text(names.read_text(encoding="utf-8").replace("the", "teh").replace("a ", "ab "), encoding="utf-8")
    with closing(extraction.extract(run)) as records:
        told = [record.text for record in records if isinstance(record, Note)]
    assert "Since the run began, the data changed: everything is done again." in told
    assert np.load(path).any()


def test_the_hash_of_a_corpus_is_the_same_in_every_process() -> None:
    code = (
        "from nerspace import datasets; from nerspace.engine.paper.cache import corpus_hash; "
        "print(corpus_hash(datasets.load_parallel()))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-P", "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1
