"""Weights that are not the encoder's are refused by the names of their tensors; nothing loads as random numbers."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from nerspace.engine.encoders import load_encoder, load_token_classifier, resolve
from nerspace.engine.encoders.sources import INDEX, WEIGHTS, has_model
from nerspace.engine.errors import ModelError

Tensors = dict[str, torch.Tensor]
LABELS = ("O", "B-X", "I-X")


@pytest.fixture
def changed(tiny_bert: Path, tmp_path: Path) -> Callable[..., Path]:
    """A copy of an encoder with other tensors or another configuration."""

    def change(tensors: Callable[[Tensors], Tensors] = dict, source: Path = tiny_bert, **configuration: object) -> Path:
        folder = tmp_path / "changed"
        shutil.copytree(source, folder)
        save_file(tensors(load_file(folder / WEIGHTS)), folder / WEIGHTS, metadata={"format": "pt"})
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, **configuration}))
        return folder

    return change


def refused(folder: Path, *said: str) -> None:
    for load in (load_encoder, lambda name: load_token_classifier(name, LABELS, 0)):
        with pytest.raises(ModelError) as told:
            load(str(folder))
        assert "\n" not in str(told.value)
        for part in (str(folder), *said):
            assert part in str(told.value)


def without(part: str) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {name: tensor for name, tensor in tensors.items() if part not in name}


def test_a_missing_layer_is_refused_by_name(changed: Callable[..., Path]) -> None:
    refused(changed(without("layer.1.")), "missing", "encoder.layer.1.attention.output.LayerNorm.bias", "13 more")


def test_a_missing_tensor_is_refused_by_name(changed: Callable[..., Path]) -> None:
    refused(changed(without("layer.0.output.dense.bias")), "missing: ", "encoder.layer.0.output.dense.bias")


def test_more_layers_than_the_configuration_has_are_refused(changed: Callable[..., Path]) -> None:
    refused(changed(num_hidden_layers=1), "not known to the configuration", "encoder.layer.1.")


def test_fewer_layers_than_the_configuration_has_are_refused(changed: Callable[..., Path]) -> None:
    refused(changed(num_hidden_layers=3), "missing", "encoder.layer.2.")


def test_another_width_is_refused(changed: Callable[..., Path]) -> None:
    refused(changed(hidden_size=8), "of another shape", "16, not ")


def test_another_vocabulary_is_refused(changed: Callable[..., Path]) -> None:
    refused(changed(vocab_size=70), "of another shape", "embeddings.word_embeddings.weight", "not 70×16")


def test_tensors_of_something_else_are_refused(changed: Callable[..., Path]) -> None:
    refused(changed(lambda tensors: {f"vision.{name}": tensor for name, tensor in tensors.items()}), "missing")


def test_a_tensor_that_the_encoder_does_not_know_is_refused(changed: Callable[..., Path]) -> None:
    extra = "encoder.layer.0.attention.self.query.lora_A"
    refused(changed(lambda tensors: {**tensors, extra: torch.zeros(2)}), extra)


@pytest.mark.parametrize("prefix", ["module.", "module.bert."])
def test_weights_saved_from_data_parallel_are_read(changed: Callable[..., Path], tiny_bert: Path, prefix: str) -> None:
    folder = changed(lambda tensors: {prefix + name: tensor for name, tensor in tensors.items()})
    expected = load_encoder(str(tiny_bert)).state_dict()
    for found in (load_encoder(str(folder)), load_token_classifier(str(folder), LABELS, 0).base_model):
        assert all(torch.equal(tensor, expected[name]) for name, tensor in found.state_dict().items())


def test_a_pooler_and_other_heads_may_come_and_go(changed: Callable[..., Path]) -> None:
    folder = changed(lambda tensors: {**without("pooler")(tensors), "cls.predictions.bias": torch.zeros(3)})
    load_encoder(str(folder))
    load_token_classifier(str(folder), LABELS, 0)


def test_a_head_that_the_configuration_promises_must_be_there(
    changed: Callable[..., Path], tiny_bert: Path, tmp_path: Path
) -> None:
    trained = load_token_classifier(str(tiny_bert), LABELS, 0)
    trained.save_pretrained(tmp_path / "trained")
    folder = changed(without("classifier"), source=tmp_path / "trained")
    with pytest.raises(ModelError, match=r"missing: classifier\.bias, classifier\.weight"):
        load_token_classifier(str(folder), LABELS, 0)
    # For other labels a head is drawn anyway.
    load_token_classifier(str(folder), ("O", "B-Y"), 0)


@pytest.mark.parametrize(
    "index",
    ["null", "[]", "{}", "7", '{"weight_map": null}', '{"weight_map": []}', '{"weight_map": {}}', "{",
     '{"weight_map": {"a": 3}}', '{"weight_map": {"a": ["x"]}}', '{"weight_map": "model.safetensors"}'],
)  # fmt: skip
def test_an_index_of_another_shape_is_one_line(tiny_bert: Path, tmp_path: Path, index: str) -> None:
    folder = tmp_path / "indexed"
    shutil.copytree(tiny_bert, folder)
    (folder / WEIGHTS).unlink()
    (folder / INDEX).write_text(index)
    assert not has_model(folder)
    with pytest.raises(ModelError, match="index"):
        resolve(str(folder))


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "../elsewhere/model.safetensors", "model.pt", "/tmp/x.safetensors"]
)
def test_an_index_that_leads_to_a_pickle_or_elsewhere_is_refused(tiny_bert: Path, tmp_path: Path, name: str) -> None:
    folder, trap = tmp_path / "indexed", tmp_path / "trap"
    shutil.copytree(tiny_bert, folder)
    names = list(load_file(folder / WEIGHTS))
    (folder / WEIGHTS).unlink()
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": dict.fromkeys(names, name)}))

    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (trap,))

    if Path(name).name == name:
        (folder / name).write_bytes(pickle.dumps(Trap()))
    for load in (load_encoder, resolve):
        with pytest.raises(ModelError, match="never|nothing else is ever opened"):
            load(str(folder))
    assert not has_model(folder)
    assert not trap.exists()
