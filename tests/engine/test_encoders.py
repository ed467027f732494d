import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nerspace.engine.encoders import load_encoder, load_token_classifier, load_tokenizer, resolve, sources
from nerspace.engine.errors import ModelError

LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


@pytest.mark.parametrize("encoder", ["tiny_xlmr", "tiny_bert"])
def test_encoder_gives_hidden_states_in_float32_without_dropout(encoder: str, request: pytest.FixtureRequest) -> None:
    import torch

    folder = str(request.getfixturevalue(encoder))
    model = load_encoder(folder)
    ids = torch.tensor([load_tokenizer(folder).encode("washington").ids])
    with torch.no_grad():
        first, second = (model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state for _ in range(2))
    assert first.shape == (1, ids.shape[1], 16)
    assert torch.equal(first, second)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert not [name for name, _ in model.named_parameters() if "pooler" in name]


def test_half_precision_weights_become_float32(tiny_bert: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModel

    AutoModel.from_pretrained(tiny_bert, dtype=torch.float16).save_pretrained(tmp_path / "half")
    assert {parameter.dtype for parameter in load_encoder(str(tmp_path / "half")).parameters()} == {torch.float32}


def test_an_architecture_without_pooler_loads(tmp_path: Path) -> None:
    from transformers import DistilBertConfig, DistilBertModel

    DistilBertModel(DistilBertConfig(vocab_size=50, dim=16, n_layers=1, n_heads=2, hidden_dim=16)).save_pretrained(
        tmp_path
    )
    assert load_encoder(str(tmp_path)).config.dim == 16
    assert load_token_classifier(str(tmp_path), LABELS, 0).classifier.out_features == len(LABELS)


@pytest.mark.parametrize("encoder", ["tiny_xlmr", "tiny_bert"])
def test_classifier_names_its_labels_and_keeps_the_encoder(encoder: str, request: pytest.FixtureRequest) -> None:
    import torch

    folder = str(request.getfixturevalue(encoder))
    model: Any = load_token_classifier(folder, LABELS, seed=1)
    assert model.config.id2label == dict(enumerate(LABELS))
    assert model.config.label2id == {label: index for index, label in enumerate(LABELS)}
    assert model.classifier.weight.shape == (len(LABELS), 16)
    state = load_encoder(folder).state_dict()
    assert all(torch.equal(value, state[name]) for name, value in model.base_model.state_dict().items())


def test_the_seed_alone_decides_the_head(tiny_xlmr: Path) -> None:
    import torch

    torch.manual_seed(5)
    before = torch.get_rng_state()
    first: Any = load_token_classifier(str(tiny_xlmr), LABELS, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(6)
    again: Any = load_token_classifier(str(tiny_xlmr), LABELS, seed=1)
    other: Any = load_token_classifier(str(tiny_xlmr), LABELS, seed=2)
    assert torch.equal(first.classifier.weight, again.classifier.weight)
    assert not torch.equal(first.classifier.weight, other.classifier.weight)
    assert 0.005 < float(first.classifier.weight.detach().std()) < 0.04
    assert not first.classifier.bias.any()


def test_a_trained_head_is_kept_for_its_labels_only(tiny_xlmr: Path, tmp_path: Path) -> None:
    import torch

    trained: Any = load_token_classifier(str(tiny_xlmr), LABELS, seed=1)
    trained.save_pretrained(tmp_path)
    same: Any = load_token_classifier(str(tmp_path), LABELS, seed=2)
    renamed: Any = load_token_classifier(str(tmp_path), LABELS[::-1], seed=2)
    fewer: Any = load_token_classifier(str(tmp_path), LABELS[:3], seed=2)
    assert torch.equal(same.classifier.weight, trained.classifier.weight)
    assert not torch.equal(renamed.classifier.weight, trained.classifier.weight)
    assert fewer.classifier.weight.shape == (3, 16)


@pytest.mark.slow
def test_loading_prints_nothing(tiny_xlmr: Path, tiny_bert: Path, run_python: Callable[..., Any]) -> None:
    done = run_python(
        "import sys\n"
        "from nerspace.engine.encoders import load_encoder, load_token_classifier, load_tokenizer\n"
        f"for folder in ({str(tiny_xlmr)!r}, {str(tiny_bert)!r}):\n"
        "    load_tokenizer(folder); load_encoder(folder); load_token_classifier(folder, ['O', 'B'], 0)\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# -- tokenizers


def test_tokenizer_of_a_folder_neither_truncates_nor_pads(tiny_bert: Path, tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    limited = Tokenizer.from_file(str(tiny_bert / "tokenizer.json"))
    limited.enable_truncation(4)
    limited.enable_padding(length=8)
    limited.save(str(tmp_path / "tokenizer.json"))
    tokenizer = load_tokenizer(str(tmp_path))
    assert len(tokenizer.encode("a b c d e f g").ids) == 9
    assert len(tokenizer.encode("a").ids) == 3


def test_special_pieces_in_data_are_text(tiny_bert: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_bert))
    assert tokenizer.token_to_id("[SEP]") not in tokenizer.encode("a [SEP] b", add_special_tokens=False).ids


def test_a_folder_without_fast_tokenizer_is_converted(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "washing", "##ton"]))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert", "vocab_size": 7}))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer"}))
    assert load_tokenizer(str(tmp_path)).encode("washington").tokens == ["[CLS]", "washing", "##ton", "[SEP]"]


def test_a_broken_tokenizer_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{\n\n]")
    with pytest.raises(ModelError, match=r"tokenizer of .* cannot be read") as caught:
        load_tokenizer(str(tmp_path))
    assert "\n" not in str(caught.value)


# -- names that lead nowhere


@pytest.mark.parametrize("load", [resolve, load_tokenizer])
@pytest.mark.parametrize("name", ["./nowhere", "/no/such/folder", "~/no-such-folder-at-all", "a/b/c", "", "two words"])
def test_an_unknown_path_is_told_at_once(load: Callable[[str], object], name: str) -> None:
    with pytest.raises(ModelError, match="no such folder") as caught:
        load(name)
    assert "--model builtin" in caught.value.hint


def test_a_file_is_no_encoder(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(ModelError, match="is a file"):
        resolve(str(tmp_path / "model.safetensors"))


def test_folders_that_lack_something_say_what(tiny_bert: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no config\.json"):
        resolve(str(tmp_path))
    with pytest.raises(ModelError, match="holds no tokenizer"):
        load_tokenizer(str(tmp_path))
    shutil.copy(tiny_bert / "config.json", tmp_path)
    with pytest.raises(ModelError, match=r"holds no model\.safetensors"):
        load_encoder(str(tmp_path))


def test_pickled_weights_are_refused_and_not_opened(tiny_bert: Path, tmp_path: Path) -> None:
    shutil.copy(tiny_bert / "config.json", tmp_path)
    # Opening it would run the code below.
    (tmp_path / "pytorch_model.bin").write_bytes(f"cpathlib\nPath\n(V{tmp_path}/ran\ntR.".encode())
    for load in (load_encoder, lambda name: load_token_classifier(name, LABELS, 0)):
        with pytest.raises(ModelError, match="pickled") as caught:
            load(str(tmp_path))
        assert "pytorch_model.bin" in caught.value.message


def test_a_missing_shard_is_missed(tiny_bert: Path, tmp_path: Path) -> None:
    from transformers import AutoModel

    AutoModel.from_pretrained(tiny_bert).save_pretrained(tmp_path, max_shard_size="4KB")
    shards = sorted(tmp_path.glob("model-*.safetensors"))
    assert len(shards) > 1
    load_encoder(str(tmp_path))
    shards[0].unlink()
    with pytest.raises(ModelError, match=r"holds no model\.safetensors"):
        load_encoder(str(tmp_path))


def test_code_that_comes_with_a_model_is_never_run(tiny_bert: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_bert, tmp_path / "model")
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Mine", "AutoModel": "mine.Mine"}}
    (tmp_path / "model" / "config.json").write_text(json.dumps(config))
    (tmp_path / "model" / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    for load in (load_encoder, lambda name: load_token_classifier(name, LABELS, 0)):
        with pytest.raises(ModelError, match="cannot be loaded") as caught:
            load(str(tmp_path / "model"))
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "ran").exists()


def test_weights_that_are_no_safetensors_are_one_line(tiny_bert: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_bert, tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="cannot be loaded") as caught:
        load_encoder(str(tmp_path / "model"))
    assert "\n" not in str(caught.value)


# -- the hub


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def put_into_cache(cache: Path, name: str, source: Path) -> Path:
    repository = cache / f"models--{name.replace('/', '--')}"
    shutil.copytree(source, repository / "snapshots" / "0123abcd")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0123abcd")
    return repository / "snapshots" / "0123abcd"


def unreachable(*_args: object, timeout: float, **_kwargs: object) -> Any:
    assert 0 < timeout <= 10, "a hub that is silent would be waited for"
    raise ConnectionError("Name or service not known\nand more")


def test_a_cached_hub_model_needs_no_network(hub_cache: Path, tiny_xlmr: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", unreachable)
    folder = put_into_cache(hub_cache, "someone/tiny", tiny_xlmr)
    assert resolve("someone/tiny") == str(folder)
    assert load_tokenizer("someone/tiny").encode("the").tokens == ["<s>", "▁the", "</s>"]
    assert load_encoder("someone/tiny").config.hidden_size == 16


def test_a_hub_out_of_reach_is_told_in_one_line(hub_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", unreachable)
    for load in (resolve, load_tokenizer):
        with pytest.raises(ModelError, match=r"'someone/tiny' is not in the local cache.* out of reach") as caught:
            load("someone/tiny")
        assert "--model builtin" in caught.value.hint
        assert "\n" not in str(caught.value)


def test_a_real_missing_network_is_one_line(run_python: Callable[..., Any], tmp_path: Path) -> None:
    code = (
        "from nerspace.engine.encoders import load_encoder\n"
        "try: load_encoder('someone/tiny')\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    for environment in ({"HF_ENDPOINT": "http://127.0.0.1:9"}, {"HF_HUB_OFFLINE": "1"}):
        done = run_python(code, HF_HOME=str(tmp_path / "hub"), **environment)
        assert done.stdout.startswith("ModelError The model 'someone/tiny' is not in the local cache"), done.stderr
        assert done.stderr == ""


def answering(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, cache: Path) -> list[list[str]]:
    """A hub that holds one repository; returns the patterns it is asked for."""
    import fnmatch

    import huggingface_hub

    asked: list[list[str]] = []

    def model_info(self: object, name: str, **_: object) -> Any:
        return SimpleNamespace(sha="0123abcd", siblings=[SimpleNamespace(rfilename=file) for file in files])

    def snapshot_download(name: str, *, revision: str, allow_patterns: list[str]) -> str:
        asked.append(allow_patterns)
        folder = cache / revision
        folder.mkdir(parents=True, exist_ok=True)
        for file, source in files.items():
            if any(fnmatch.fnmatch(file, pattern) for pattern in allow_patterns):
                shutil.copy(source, folder / file)
        return str(folder)

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", model_info)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    return asked


def test_a_hub_model_is_downloaded_without_pickles_and_a_tokenizer_without_weights(
    hub_cache: Path, tiny_xlmr: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {path.name: path for path in tiny_xlmr.iterdir()} | {"pytorch_model.bin": tiny_xlmr / "config.json"}
    answering(files, monkeypatch, tmp_path / "tokenizer-only")
    load_tokenizer("someone/tiny")
    assert not list((tmp_path / "tokenizer-only").rglob("*.safetensors"))
    answering(files, monkeypatch, tmp_path / "whole")
    folder = Path(resolve("someone/tiny"))
    assert (folder / "model.safetensors").is_file()
    assert (folder / "tokenizer.json").is_file()
    assert not (folder / "pytorch_model.bin").exists()


def test_a_hub_model_with_pickles_only_is_refused_before_any_download(
    hub_cache: Path, tiny_xlmr: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"config.json": tiny_xlmr / "config.json", "pytorch_model.bin": tiny_xlmr / "config.json"}
    asked = answering(files, monkeypatch, tmp_path / "download")
    with pytest.raises(ModelError, match="pickled"):
        resolve("someone/tiny")
    assert asked == []


def test_a_half_cached_model_is_not_taken_for_whole(hub_cache: Path, tiny_xlmr: Path) -> None:
    folder = put_into_cache(hub_cache, "someone/tiny", tiny_xlmr)
    (folder / "model.safetensors").unlink()
    assert sources._cached("someone/tiny", sources.has_model) is None
    assert sources._cached("someone/tiny", sources.has_tokenizer) == folder
