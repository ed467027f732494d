"""The built-in encoder, unpacked once for the whole session, and tiny random encoders on disk."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Pytest's importlib mode puts no folder on the path, and the module beside this one is wanted by name.
sys.path.insert(0, str(Path(__file__).parent))

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


@pytest.fixture(scope="session")
def tiny_xlmr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random XLM-RoBERTa of two layers with a Unigram tokenizer."""
    from tokenizers import models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

    folder = tmp_path_factory.mktemp("encoders") / "tiny-xlmr"
    letters = [(letter, -8.0) for letter in "abcdefghijklmnopqrstuvwxyzабвгд,.-'"]
    words = [("▁", -3.0), ("▁a", -4.0), ("▁the", -4.0), ("ton", -5.0), ("▁Wa", -5.0), ("shing", -6.0)]
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *words, *letters, ("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(pieces, 3, False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", "always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>",
        mask_token="<mask>", cls_token="<s>", sep_token="</s>",
    ).save_pretrained(folder)  # fmt: skip
    XLMRobertaModel(
        XLMRobertaConfig(
            vocab_size=len(pieces), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
            max_position_embeddings=200, pad_token_id=1, bos_token_id=0, eos_token_id=2, type_vocab_size=1,
        ),
        add_pooling_layer=False,
    ).save_pretrained(folder)  # fmt: skip
    return folder


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT of two layers with a WordPiece tokenizer, and a pooler in its weights."""
    from tokenizers import models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("encoders") / "tiny-bert"
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "washing", "##ton", *letters, *(f"##{c}" for c in letters)]
    vocabulary = {word: index for index, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]",
    ).save_pretrained(folder)  # fmt: skip
    BertModel(
        BertConfig(
            vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
            max_position_embeddings=200,
        )
    ).save_pretrained(folder)  # fmt: skip
    return folder
