"""One loaded model: what it reads equals what its parts give by hand."""

import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from training_samples import demo_request, sentence, some_sentences

from nerspace.engine.encoders import Encoder, check, load_token_classifier, load_tokenizer, loading
from nerspace.engine.encoders.batching import encode
from nerspace.engine.encoders.forward import finish, forward
from nerspace.engine.errors import DataError, ModelError, UsageError
from nerspace.engine.runs.records import Progress, counted


@pytest.fixture(params=["tiny_xlmr", "tiny_bert", "tiny_deberta", "tiny_roberta"])
def folder(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def test_reading_gives_what_a_forward_pass_gives(folder: str) -> None:
    texts = some_sentences(40)
    encoder = Encoder(folder, device="cpu", seed=3)
    outputs = encoder.read(texts)
    items = encode(texts, load_tokenizer(folder), encoder.limit)
    model: Any = load_token_classifier(folder, encoder.labels, 3)
    expected = finish(forward(model, items, groups=[[item.entity_pieces] for item in items], layers=(0, 2)))
    assert outputs.predicted == expected.predicted
    assert outputs.certainty == expected.certainty
    assert list(outputs.vectors) == [0, 2]
    for layer, vectors in expected.vectors.items():
        np.testing.assert_array_equal(outputs.vectors[layer], vectors)
    assert encoder.tags(outputs)[0] == [encoder.labels[n] for n in expected.predicted[0]]


def test_an_encoder_knows_its_size_before_its_weights_are_loaded(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("loaded")

    monkeypatch.setattr(loading, "load_token_classifier", never)
    monkeypatch.setattr(loading, "load_tokenizer", never)
    encoder = Encoder(folder, device="cpu")
    assert (encoder.limit, encoder.layers, encoder.width) == (198, 2, 16)
    assert repr(encoder) == (
        f"Encoder({folder!r}, device='cpu'): layers 0 to 2, vectors of 16 values, at most 198 pieces"
    )


def test_layers_count_from_the_end_too(folder: str) -> None:
    encoder = Encoder(folder, device="cpu")
    assert [encoder.layer(number) for number in (0, 2, -1, -3)] == [0, 2, 2, 0]
    for number in (3, -4):
        with pytest.raises(UsageError, match=f"no layer {number}. Choose from 0 .* to 2"):
            encoder.read(["the"], of="words", layers=(number,))


def test_words_plain_text_and_sentences_are_read_alike(folder: str) -> None:
    encoder = Encoder(folder, device="cpu")
    words = ("the", "washington", "sat")
    tagged = encoder.read([sentence("the washington sat", "O B-LOC O")], of="words", layers=(-1,))
    for text in ("the washington sat", words, list(words), encoder.encode([words])[0]):
        other = encoder.read([text], of="words", layers=(-1,))
        np.testing.assert_array_equal(other.vectors[2], tagged.vectors[2])
        assert other.predicted == tagged.predicted
    assert tagged.vectors[2].shape == (3, 16)
    entity = encoder.read([sentence("the washington sat", "O B-LOC O")]).vectors[2]
    np.testing.assert_allclose(entity[0], tagged.vectors[2][1], atol=1e-6)


def test_groups_of_pieces_are_read_as_given(folder: str) -> None:
    encoder = Encoder(folder, device="cpu")
    items = encoder.encode(["the", "washington sat the"])
    vectors = encoder.read(items, of=[[(0,)], [(0,), (1, 2)]], layers=(1,)).vectors[1]
    with torch.inference_mode():
        model = encoder.model.eval()
        hidden = [model(torch.tensor([i.ids]), output_hidden_states=True).hidden_states[1][0] for i in items]
    expected = np.stack([hidden[0][0], hidden[1][0], hidden[1][1:3].mean(0)])
    np.testing.assert_allclose(vectors, expected, atol=1e-6)


def test_a_byte_level_encoder_reads_words_with_the_space_before_them(tiny_roberta: Path) -> None:
    encoder = Encoder(str(tiny_roberta), device="cpu")

    def spelt(form: str) -> str:
        return "".join(part for part, _ in encoder.tokenizer.pre_tokenizer.pre_tokenize_str(form))

    for text in some_sentences(20, "be") + some_sentences(20):
        (item,) = encoder.encode([text])
        assert list(item.ids) == encoder.tokenizer.encode(" ".join(text.words)).ids
        form = " ".join(word for word, tag in zip(text.words, text.tags, strict=True) if tag != "O")
        pieces = [encoder.tokenizer.id_to_token(item.ids[place]) for place in item.entity_pieces]
        assert "".join(pieces).removeprefix("Ġ") == spelt(form)


def test_entities_where_nothing_is_tagged_are_refused_in_one_line(folder: str) -> None:
    encoder = Encoder(folder, device="cpu")
    with pytest.raises(DataError, match='No sentence holds an entity .*of="words"'):
        encoder.read(["the washington sat"])
    assert encoder.read(["the washington sat"], layers=()).vectors == {}
    assert encoder.read([]).vectors[2].shape == (0, 16)


def test_whoever_watches_is_given_counts_and_then_the_outputs(folder: str) -> None:
    encoder = Encoder(folder, device="cpu")
    passing = counted("read", encoder.read_counting(some_sentences(10), layers=(), batch_size=4), behind=100)
    records: list[Any] = []

    def job() -> Generator[Progress, None, None]:
        outputs = yield from passing
        records.append(len(outputs.predicted))

    records[:0] = list(job())
    assert records == [Progress("read", 104), Progress("read", 108), Progress("read", 110), 10]


def test_a_reading_that_is_given_up_leaves_the_model_as_it_was(folder: str) -> None:
    encoder = Encoder(folder, device="cpu")
    assert encoder.model.training
    passing = encoder.read_counting(some_sentences(10), layers=(), batch_size=4)
    next(passing)
    assert not encoder.model.training
    passing.close()
    assert encoder.model.training


def test_a_saved_encoder_reads_the_same(folder: str, tmp_path: Path) -> None:
    encoder = Encoder(folder, device="cpu", seed=1)
    encoder.save(tmp_path / "saved")
    again = Encoder(str(tmp_path / "saved"), device="cpu")
    first, second = (one.read(some_sentences(6)) for one in (encoder, again))
    assert first.certainty == second.certainty
    np.testing.assert_array_equal(first.vectors[2], second.vectors[2])


def test_a_name_that_leads_nowhere_is_refused_at_once() -> None:
    with pytest.raises(ModelError, match=r"no encoder './nowhere'"):
        Encoder("./nowhere")


def test_the_package_of_encoders_is_light(run_python: Callable[..., Any]) -> None:
    done = run_python(
        "import sys, nerspace.engine.encoders as e\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)\n"
        "assert e.Encoder.__name__ == 'Encoder'\n"
        "try: e.Nothing\n"
        "except AttributeError as error: print(error)\n"
    )
    assert done.stdout == "module 'nerspace.engine.encoders' has no attribute 'Nothing'\n", done.stderr


# -- saved whole, whatever the tokenizer's files are

TEXT = "The mayor of Washington , in 1999 ,"


def bpe_files(folder: Path) -> None:
    """vocab.json and merges.txt, as the first RoBERTas have them; no tokenizer.json and no tokenizer_config.json."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import RobertaConfig, RobertaModel

    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(
        [TEXT] * 20, vocab_size=300, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"], show_progress=False
    )
    tokenizer.save_model(str(folder))
    size = tokenizer.get_vocab_size()
    RobertaModel(RobertaConfig(vocab_size=size, max_position_embeddings=66, **TINY)).save_pretrained(folder)


def sentencepiece_file(folder: Path) -> None:
    """spiece.model alone, as ALBERT has it."""
    import sentencepiece
    from transformers import AlbertConfig, AlbertModel

    (folder / "text").write_text(f"{TEXT}\n" * 20)
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text"), model_prefix=str(folder / "spiece"), vocab_size=26, pad_id=0, unk_id=1, bos_id=-1,
        eos_id=-1, user_defined_symbols=["[CLS]", "[SEP]", "[MASK]"], minloglevel=2,
    )  # fmt: skip
    (folder / "text").unlink()
    (folder / "spiece.vocab").unlink()
    AlbertModel(AlbertConfig(vocab_size=60, embedding_size=8, max_position_embeddings=66, **TINY)).save_pretrained(
        folder
    )


def added_pieces(folder: Path) -> None:
    """vocab.txt, and two pieces that were added behind it."""
    from transformers import BertConfig, BertModel

    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "the",
        "of",
        "in",
        ",",
        *"abcdefgh",
        *(f"##{c}" for c in "rst"),
    ]
    (folder / "vocab.txt").write_text("\n".join(words))
    (folder / "added_tokens.json").write_text(json.dumps({"mayor": len(words), "washington": len(words) + 1}))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer"}))
    BertModel(BertConfig(vocab_size=len(words) + 2, max_position_embeddings=66, **TINY)).save_pretrained(folder)


def one_file(folder: Path) -> None:
    """tokenizer.json alone."""
    bpe_files(folder)
    load_tokenizer(str(folder)).save(str(folder / "tokenizer.json"))
    for name in ("vocab.json", "merges.txt"):
        (folder / name).unlink()


TINY = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 24}


@pytest.mark.parametrize("files", [bpe_files, sentencepiece_file, added_pieces, one_file])
def test_a_saved_model_brings_its_tokenizer_whatever_files_it_came_from(
    files: Callable[[Path], None], tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    source, saved = tmp_path / "source", tmp_path / "saved"
    source.mkdir()
    files(source)
    encoder = Encoder(str(source), device="cpu", seed=1)
    encoder.save(saved)
    expected = load_tokenizer(str(source)).encode(TEXT).ids
    assert len(set(expected)) > 5
    assert load_tokenizer(str(saved)).encode(TEXT).ids == expected
    assert AutoTokenizer.from_pretrained(saved)(TEXT)["input_ids"] == expected
    assert {path.name for path in source.iterdir()} | {"tokenizer.json"} <= {path.name for path in saved.iterdir()}
    again = Encoder(str(saved), device="cpu")
    items = [one.encode([TEXT, "mayor"]) for one in (encoder, again)]
    assert items[0] == items[1]
    assert encoder.read([TEXT], layers=()).certainty == again.read([TEXT], layers=()).certainty
    # A model that was saved can be fine-tuned and saved again.
    again.save(tmp_path / "twice")
    assert load_tokenizer(str(tmp_path / "twice")).encode(TEXT).ids == expected


# -- refused before a run is made


def configured(folder: Path, **fields: object) -> str:
    """A folder as an encoder's, with a tokenizer of 7 pieces and weights that cannot be read."""
    folder.mkdir(exist_ok=True)
    found = {"model_type": "bert", "hidden_size": 16, "num_hidden_layers": 2, "vocab_size": 7, **fields}
    (folder / "config.json").write_text(json.dumps(found))
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b"]) + "\n")
    (folder / "model.safetensors").write_text("none")
    return str(folder)


@pytest.mark.parametrize("kind", ["t5", "mt5", "umt5", "bart", "mbart", "funnel", "marian", "vit", "no-such-kind", ""])
def test_models_that_give_no_vector_for_each_piece_are_refused_by_their_files(kind: str, tmp_path: Path) -> None:
    name = configured(tmp_path / "model", model_type=kind)
    for refuse in (check, Encoder):
        with pytest.raises(ModelError) as caught:
            refuse(name)
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)
        assert "xlm-roberta-base" in caught.value.hint


def test_a_decoder_is_told_by_the_configuration_alone(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has a decoder behind its encoder"):
        check(configured(tmp_path / "model", is_encoder_decoder=True))


@pytest.mark.parametrize(
    "kind", ["bert", "roberta", "xlm-roberta", "deberta-v2", "modernbert", "eurobert", "electra", "distilbert", "gpt2"]
)
def test_kinds_that_tag_words_pass(kind: str, tmp_path: Path) -> None:
    assert check(configured(tmp_path / "model", model_type=kind)) == str(tmp_path / "model")


def test_the_kinds_are_those_of_transformers() -> None:
    from transformers.models.auto.modeling_auto import MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES

    from nerspace.engine.encoders import suitability

    assert suitability._taggers() == frozenset(MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES)


@pytest.mark.parametrize("files", [bpe_files, added_pieces, one_file])
def test_a_tokenizer_larger_than_the_embeddings_is_refused(files: Callable[[Path], None], tmp_path: Path) -> None:
    files(tmp_path)
    name = str(tmp_path)
    assert check(name) == name
    size = load_tokenizer(name).get_vocab_size()
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "vocab_size": size - 1}))
    message = f"has {size:,} pieces, but the model has vectors for {size - 1:,}"
    with pytest.raises(ModelError, match=message):
        check(name)
    with pytest.raises(ModelError, match=message):
        Encoder(name).encode(["the"])
    (tmp_path / "config.json").write_text(json.dumps({**config, "vocab_size": size}))
    assert check(name) == name


def test_an_encoder_without_tokenizer_is_refused(tmp_path: Path) -> None:
    name = configured(tmp_path / "model")
    (tmp_path / "model" / "vocab.txt").unlink()
    with pytest.raises(ModelError, match="comes without a tokenizer"):
        check(name)


def test_no_run_is_made_with_a_model_that_does_not_suit(tmp_path: Path) -> None:
    from nerspace.engine import runs
    from nerspace.engine.requests.extraction import make_extract_request
    from nerspace.engine.requests.training import make_run

    name = configured(tmp_path / "model", model_type="t5")
    home = runs.workspace_folder(tmp_path / "home")
    with pytest.raises(ModelError, match="has a decoder"):
        make_run(home, "finetune", demo_request(Path(name)))
    with pytest.raises(ModelError, match="has a decoder"):
        make_extract_request(None, model=name)
    assert not list(runs.list_runs(home))


def test_checking_imports_neither_torch_nor_transformers(tmp_path: Path, run_python: Callable[..., Any]) -> None:
    name = configured(tmp_path / "model")
    done = run_python(
        "import sys\nfrom nerspace.engine.encoders import check\n"
        f"print(check({name!r}) == {name!r}, {{'torch', 'transformers'}} & set(sys.modules))"
    )
    assert done.stdout == "True set()\n", done.stderr
