"""The built-in tokenizer of a few texts cuts them, and what stands in them, as the whole one does."""

import random
from pathlib import Path

import pytest

from nerspace import datasets
from nerspace.engine.encoders import few, load_tokenizer
from nerspace.engine.encoders.builtin import builtin_folder
from nerspace.engine.names.tokenization import cut_texts, segment

STRANGE = [
    "", " ", "a", "<s> x </s>", "<mask>", "Ångström ﬁ №5", "北京市 東京", "e\u0301é", "x\u200by", "🙂 smile",
    "Ваш-Вашингтон", "a" * 60, "\ufdd0", "l'Amérique", "İstanbul ısı",
]  # fmt: skip


@pytest.mark.usefixtures("builtin_folder")
def test_few_pieces_cut_as_all_of_them_do() -> None:
    corpus = datasets.load_parallel()
    forms = [form for entity in corpus.entities for form in entity.forms["nominative"].values()]
    generator = random.Random(0)
    texts = [*generator.sample(forms, 150), *(" ".join(corpus.sentence(i, "ru").words) for i in range(3)), *STRANGE]
    whole = load_tokenizer()
    for some in (texts, texts[:1], STRANGE):
        tokenizer = few.tokenizer_of("builtin", some)
        assert tokenizer.get_vocab_size() < 6000
        for text, one, other in zip(some, cut_texts(tokenizer, some), cut_texts(whole, some), strict=True):
            assert (one.shown, one.starts) == (other.shown, other.starts), text
            assert segment(text, tokenizer) == segment(text, whole)


@pytest.mark.usefixtures("builtin_folder")
def test_an_index_that_cannot_be_read_costs_nothing_but_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "broken.pieces"
    path.write_bytes(b"SQLite format 3\x00 and no more")
    monkeypatch.setattr(few, "_index", lambda folder: path)
    asked = []
    monkeypatch.setattr(few, "load_tokenizer", lambda name: asked.append(name))
    few.tokenizer_of("builtin", ["Washington"])
    assert asked == ["builtin"]


@pytest.mark.usefixtures("builtin_folder")
def test_the_index_lies_beside_the_encoder_and_is_made_once() -> None:
    few.tokenizer_of("builtin", ["Washington"])
    path = builtin_folder().with_name(f"{builtin_folder().name}.pieces")
    before = path.stat()
    few.tokenizer_of("builtin", ["Вашингтон"])
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_another_encoder_is_read_as_it_is(tiny_xlmr: Path) -> None:
    assert few.tokenizer_of(str(tiny_xlmr), ["a"]).get_vocab_size() == load_tokenizer(str(tiny_xlmr)).get_vocab_size()
