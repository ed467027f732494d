"""Requests: their defaults, what is refused and where, languages of the data, and runs of earlier versions."""

import csv
import shutil
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from nerspace import datasets
from nerspace.datasets.example import example
from nerspace.datasets.languages import LANGUAGES
from nerspace.engine import runs
from nerspace.engine.errors import UsageError
from nerspace.engine.requests.evaluation import Evaluation, Reader, make_evaluation, readers_of
from nerspace.engine.requests.extraction import ExtractRequest, make_extract_request
from nerspace.engine.requests.paper import PaperRequest, make_paper_request
from nerspace.engine.requests.projection import ProjectRequest
from nerspace.engine.requests.swapping import make_swap_request
from nerspace.engine.requests.training import KINDS, DemoRequest, Request, TransferRequest, make_request, make_run
from nerspace.engine.runs import Run

EIGHT = ("be", "bg", "cs", "pl", "ru", "sl", "tr", "uk")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return runs.workspace_folder(tmp_path / "workspace")


def data_in(folder: Path, languages: tuple[str, ...]) -> Path:
    """The built-in data in some of its languages."""
    folder.mkdir()
    for name in ("contexts.csv", "entities.csv"):
        with (datasets.BUILTIN / name).open(encoding="utf-8", newline="") as source:
            rows = list(csv.DictReader(source))
        columns = [c for c in rows[0] if c in languages or c not in LANGUAGES]
        with (folder / name).open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
    return folder


@pytest.fixture
def eight(tmp_path: Path) -> Path:
    return data_in(tmp_path / "eight", EIGHT)


@pytest.mark.parametrize("kind", KINDS)
def test_every_request_reads_back_as_it_was_written(kind: str) -> None:
    plain = make_request(kind, donor="en", languages=("en", "be"))
    assert KINDS[kind].read(plain).plain() == plain
    assert set(plain) == {field.name for field in fields(KINDS[kind])}
    paper = make_paper_request(scale="0.1")
    assert PaperRequest.read(paper).plain() == paper
    evaluation = make_evaluation([Reader("en", 0, "m"), Reader("be", 1, "n")], "builtin", types={"MISC": "ORG"})
    assert Evaluation.read(evaluation).plain() == evaluation
    assert Evaluation.read(evaluation).models[1] == Reader("be", 1, "n")


def test_a_request_of_an_earlier_version_is_read() -> None:
    """As run.json held it when a fine-tuning had a perplexity and its lists were JSON's."""
    old = {
        "donor": "en", "languages": ["en", "be"], "seed": 3, "size": 96, "test_size": 6, "model": "m", "device": "cpu",
        "data": "builtin", "learning_rate": 0.001, "batch_size": 8, "epochs": 6, "probe_every": 10, "probe_size": 4,
        "perplexity": 5.0, "keep_model": True,
    }  # fmt: skip
    assert Request.read(old) == Request(
        donor="en", languages=("en", "be"), seed=3, size=96, test_size=6, model="m", device="cpu", learning_rate=0.001,
        epochs=6, probe_every=10, probe_size=4, hold_out="none", test_names=(),
    )  # fmt: skip
    assert DemoRequest.read(old).perplexity == 5.0
    assert ProjectRequest.read({"source": "s", "layers": [0, 2]}).layers == (0, 2)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((name, least - 1) for name, least in DemoRequest.LEAST.items()), ("learning_rate", 0.0),
        ("learning_rate", 2.0), ("dropout", 1.0), ("device", "tpu"), ("on", "slurm"), ("probe_languages", ("tr",)),
    ],
)  # fmt: skip
def test_what_is_wrong_names_its_field(field: str, value: Any) -> None:
    with pytest.raises(UsageError) as caught:
        make_request("demo", **{"donor": "en", "languages": ("en", "be"), field: value})
    assert caught.value.field == field


def test_files_are_named_whole_since_a_job_works_in_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    for name, text in example(("de", "en")).items():
        (mine / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for request in (
        make_paper_request(data="mine", model="mine"),
        make_request("transfer", donors=("en",), data="mine", model="mine"),
    ):
        assert (request["data"], request["model"]) == (str(mine), str(mine))


def test_no_perplexity_is_asked_where_no_map_is_drawn() -> None:
    for kind in ("finetune", "transfer"):
        with pytest.raises(TypeError):
            make_request(kind, perplexity=70)
    assert make_request("demo")["perplexity"] == 70


def test_the_learning_rate_is_that_of_the_encoder() -> None:
    assert make_request()["learning_rate"] == make_paper_request()["learning_rate"] == 2e-4
    assert make_request(model="some/hub")["learning_rate"] == 5e-5
    assert make_paper_request(model="some/hub")["learning_rate"] == 5e-5
    assert make_request(model="some/hub", learning_rate=1e-3)["learning_rate"] == 1e-3


def made(workspace: Path, kind: str, model: Path, **fields: Any) -> dict[str, Any]:
    request: dict[str, Any] = make_run(workspace, kind, make_request(kind, model=str(model), **fields)).info()
    return request["request"]  # type: ignore[no-any-return]


def test_languages_are_those_of_the_data(workspace: Path, eight: Path, tiny_xlmr: Path) -> None:
    request = made(workspace, "finetune", tiny_xlmr, data=str(eight))
    assert tuple(request["languages"]) == datasets.load(eight).languages == EIGHT
    assert request["donor"] == "be"
    assert made(workspace, "finetune", tiny_xlmr)["donor"] == "en"
    request = made(workspace, "transfer", tiny_xlmr, data=str(eight))
    assert tuple(request["donors"]) == EIGHT
    assert TransferRequest.read(request).seeds == 3
    request = made(workspace, "finetune", tiny_xlmr, data=str(eight), donors=("uk", "be"), languages=("pl", "be"))
    assert request["languages"] == ["uk", "pl", "be"]
    assert request["donor"] == "uk"
    with pytest.raises(UsageError, match="'ca'"):
        made(workspace, "finetune", tiny_xlmr, data=str(eight), languages=("be", "ca"))
    extracted = make_extract_request(None, model=str(tiny_xlmr), data=str(eight))
    assert tuple(extracted["languages"]) == EIGHT
    assert ExtractRequest.read(extracted).plain() == {**extracted, "languages": EIGHT}


def test_one_rule_says_which_models_a_run_holds_and_which_is_the_first(workspace: Path, tiny_xlmr: Path) -> None:
    run = runs.create(workspace, "finetune", make_request(donors=("ru", "be"), languages=("be",), seeds=2), 0)
    for name in ("be-0", "ru-1", "ru-0", "be-1", "notes"):
        shutil.copytree(tiny_xlmr, run.path / "model" / name)
    for name, missing in (("be-1", "model.safetensors"), ("ru-1", "tokenizer.json")):
        (run.path / "model" / name / missing).unlink()
    held = run.models()
    assert [model.name for model in held] == ["ru-0", "be-0"]
    assert held[0].folder == run.path / "model" / "ru-0"
    assert held[0].base == "builtin"
    assert held[0].labels[0] == "LABEL_0"
    run.update(request={**run.info()["request"], "model": str(tiny_xlmr)})
    assert make_swap_request(run)["trained"] == str(held[0].folder)
    assert make_extract_request(run)["tuned"] == str(held[0].folder)
    assert [Path(reader.model) for reader in readers_of(run)] == [model.folder for model in held]
    assert runs.has_saved_model(run)
    shutil.rmtree(held[0].folder)
    shutil.rmtree(held[1].folder)
    assert run.models() == []
    assert not runs.has_saved_model(run)


def test_the_model_of_a_demo_is_known_by_its_donor(workspace: Path, tiny_xlmr: Path) -> None:
    run = runs.create(workspace, "demo", make_request("demo", donor="be", languages=("be",), seed=4), 4)
    assert run.models() == []
    shutil.copytree(tiny_xlmr, run.path / "model")
    assert [model.name for model in Run(run.path).models()] == ["be-4"]
