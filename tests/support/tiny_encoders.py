"""Tiny random encoders on disk, one of each kind that is read."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer

LETTERS = [(letter, -8.0) for letter in "abcdefghijklmnopqrstuvwxyzабвгд,.-'"]
PIECES = [("▁", -3.0), ("▁a", -4.0), ("▁the", -4.0), ("ton", -5.0), ("▁Wa", -5.0), ("shing", -6.0), *LETTERS]


def unigram(pieces: list[tuple[str, float]], first: str, last: str) -> Tokenizer:
    """A Unigram tokenizer whose unknown piece has the number 3."""
    from tokenizers import models, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(pieces, 3, False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", "always")
    numbers = {piece: number for number, (piece, _) in enumerate(pieces)}
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}", special_tokens=[(first, numbers[first]), (last, numbers[last])]
    )
    return tokenizer


@pytest.fixture(scope="session")
def tiny_xlmr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random XLM-RoBERTa of two layers with a Unigram tokenizer."""
    return write_tiny_xlmr(tmp_path_factory.mktemp("encoders") / "tiny-xlmr")


def write_tiny_xlmr(folder: Path) -> Path:
    from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *PIECES, ("<mask>", 0.0)]
    PreTrainedTokenizerFast(
        tokenizer_object=unigram(pieces, "<s>", "</s>"), bos_token="<s>", eos_token="</s>", pad_token="<pad>",
        unk_token="<unk>", mask_token="<mask>", cls_token="<s>", sep_token="</s>",
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


@pytest.fixture(scope="session")
def tiny_deberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random DeBERTa-v2 of two layers, whose attention knows relative positions only, with a Unigram tokenizer."""
    from transformers import DebertaV2Config, DebertaV2Model, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("encoders") / "tiny-deberta"
    pieces = [("[PAD]", 0.0), ("[CLS]", 0.0), ("[SEP]", 0.0), ("[UNK]", 0.0), *PIECES, ("[MASK]", 0.0)]
    PreTrainedTokenizerFast(
        tokenizer_object=unigram(pieces, "[CLS]", "[SEP]"), pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
        sep_token="[SEP]", mask_token="[MASK]",
    ).save_pretrained(folder)  # fmt: skip
    DebertaV2Model(
        DebertaV2Config(
            vocab_size=len(pieces), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
            max_position_embeddings=200, pad_token_id=0, relative_attention=True, position_buckets=16,
            max_relative_positions=-1, pos_att_type=["p2c", "c2p"], position_biased_input=False, type_vocab_size=0,
            share_att_key=True, norm_rel_ebd="layer_norm",
        )
    ).save_pretrained(folder)  # fmt: skip
    return folder


@pytest.fixture(scope="session")
def tiny_roberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random RoBERTa of two layers with a byte-level BPE, to which a word alone is another than behind a space."""
    from tokenizers import models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast, RobertaConfig, RobertaModel

    from nerspace import datasets

    folder = tmp_path_factory.mktemp("encoders") / "tiny-roberta"
    corpus = datasets.load()
    cells = corpus.sample_numbers(60, seed=1)
    texts = [corpus.sentence(cell, code).text for code in ("en", "be", "pl") for cell in cells]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=900, special_tokens=special, initial_alphabet=letters, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>",
        mask_token="<mask>", cls_token="<s>", sep_token="</s>",
    ).save_pretrained(folder)  # fmt: skip
    RobertaModel(
        RobertaConfig(
            vocab_size=tokenizer.get_vocab_size(), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=24, max_position_embeddings=200, type_vocab_size=1,
        ),
        add_pooling_layer=False,
    ).save_pretrained(folder)  # fmt: skip
    return folder


OWN_LABELS = ("B-PERSON", "I-PERSON", "O", "B-FESTIVAL", "I-FESTIVAL")


@pytest.fixture(scope="session")
def foreign_ner(tmp_path_factory: pytest.TempPathFactory, tiny_xlmr: Path) -> Path:
    """A NER model that was trained elsewhere, with labels of its own; it takes every word for a festival."""
    import torch
    from transformers import AutoModelForTokenClassification

    from nerspace.engine.encoders import Encoder

    folder = tmp_path_factory.mktemp("foreign") / "ner"
    Encoder(str(tiny_xlmr)).save(folder)
    names = dict(enumerate(OWN_LABELS))
    model = AutoModelForTokenClassification.from_pretrained(
        tiny_xlmr, num_labels=len(OWN_LABELS), id2label=names, label2id={name: number for number, name in names.items()}
    )
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.tensor([0.0, 0.0, 0.0, 9.0, 0.0]))
    model.save_pretrained(folder)
    return folder
