"""How names and words are cut into subword pieces.

A tokenizer of XLM-R's kind may cut an isolated word into a lone ▁ and the rest (`▁` `稣`). The lone ▁ is a real piece
with an id and a vector, so it stays among the pieces; but it holds nothing of the spelling, so it is not counted where
another piece of the word follows. All counts of this file are made so.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from nerspace.datasets.languages import LANGUAGES
from nerspace.datasets.records import Entity

if TYPE_CHECKING:
    import pandas as pd
    from tokenizers import Tokenizer

WORD_START = "▁"


class EncodedWords(NamedTuple):
    """A sentence as the model takes it.

    ids: piece ids, special pieces included. word_index: for each id the word it is a piece of, None for special pieces.
    A word that the tokenizer cuts to nothing (a zero-width space) has no id.
    """

    ids: list[int]
    word_index: list[int | None]


def encode_words(tokenizer: "Tokenizer", words: Sequence[str]) -> EncodedWords:
    """Encode a sentence that is cut into words, as transformers does with is_split_into_words=True."""
    return encode_sentences(tokenizer, [words])[0]


def encode_sentences(tokenizer: "Tokenizer", sentences: Sequence[Sequence[str]]) -> list[EncodedWords]:
    """Encode many sentences of words at once, on all cores; nothing is cut off and nothing padded."""
    encodings = tokenizer.encode_batch([list(words) for words in sentences], is_pretokenized=True)
    return [EncodedWords(encoding.ids, encoding.word_ids) for encoding in encodings]


def segment(text: str, tokenizer: "Tokenizer") -> list[str]:
    """The pieces of a text without the special ones: ["▁Ваш", "ын", "г", "тон"] for Вашынгтон.

    A lone ▁ is kept. XLM-R's unknown pieces appear as the characters that they stand for.
    """
    pieces: list[str] = tokenizer.encode(text, add_special_tokens=False).tokens
    return pieces


def count_pieces(pieces: Sequence[str]) -> int:
    """Number of pieces, without a lone ▁ where another piece of the same word follows."""
    return len(counted_pieces(pieces))


def counted_pieces(pieces: Sequence[str]) -> list[str]:
    """The pieces that count: all but a lone ▁ where another piece of the same word follows."""
    following = [*pieces[1:], WORD_START]
    return [p for p, after in zip(pieces, following, strict=False) if p != WORD_START or after.startswith(WORD_START)]


def form_fertility(form: str, pieces: Sequence[str]) -> float:
    """Pieces per word of one form, 0 for an empty one; a lone ▁ is not counted."""
    words = len(form.split())
    return count_pieces(pieces) / words if words else 0.0


def pieces_table(
    entities: Iterable[Entity], tokenizer: "Tokenizer", languages: Sequence[str] | None = None
) -> "pd.DataFrame":
    """How each nominative form is cut.

    languages: codes, None for all; an entity without a form in a language has no row there.

    Returns: columns entity, language, form, pieces (joined by a space), count (without a lone ▁), type.
    """
    import pandas as pd

    rows = []
    for entity in entities:
        forms = entity.forms.get("nominative", {})
        rows += [(entity.id, code, forms[code], entity.type) for code in languages or LANGUAGES if forms.get(code)]
    encodings = tokenizer.encode_batch([form for _, _, form, _ in rows], add_special_tokens=False)
    return pd.DataFrame(
        [
            (entity, code, form, " ".join(encoding.tokens), count_pieces(encoding.tokens), kind)
            for (entity, code, form, kind), encoding in zip(rows, encodings, strict=True)
        ],
        columns=["entity", "language", "form", "pieces", "count", "type"],
    )


def names_table(names: Sequence[str], tokenizer: "Tokenizer") -> "pd.DataFrame":
    """The table `pieces` of names that belong to no entity; entity, language and type are empty."""
    import pandas as pd

    cut = [segment(name, tokenizer) for name in names]
    return pd.DataFrame(
        [("", "", name, " ".join(pieces), count_pieces(pieces), "") for name, pieces in zip(names, cut, strict=True)],
        columns=["entity", "language", "form", "pieces", "count", "type"],
    )


def tokenization_table(
    texts_by_language: Mapping[str, Sequence[Sequence[str]]], tokenizer: "Tokenizer"
) -> "pd.DataFrame":
    """Fertility, continued words and unknown pieces per language.

    texts_by_language: code → sentences, each a list of words.

    Returns: columns language, measure, n, value. fertility: pieces per word; continued: share of words of two or more
        pieces; unknown: share of unknown pieces among all; compression: pieces per character. A lone ▁ is counted in
        none of them. n is the number of words, for unknown of pieces, for compression of characters; where it is 0 the
        value is empty.

    Source: Rust et al. 2021, "How Good is Your Tokenizer?", section 3; Maronikolakis et al. 2021 (compression).
    """
    import pandas as pd

    unknown_id = _unknown_id(tokenizer)
    rows: list[tuple[str, str, int, float | None]] = []
    for code, sentences in texts_by_language.items():
        words = [word for sentence in sentences for word in sentence]
        cut = tokenizer.encode_batch(words, add_special_tokens=False)
        counts = [count_pieces(encoding.tokens) for encoding in cut]
        unknown = sum(encoding.ids.count(unknown_id) for encoding in cut) if unknown_id is not None else 0
        n, pieces, letters = len(words), sum(counts), sum(map(len, words))
        rows += [
            (code, "fertility", n, pieces / n if n else None),
            (code, "continued", n, sum(count > 1 for count in counts) / n if n else None),
            (code, "unknown", pieces, unknown / pieces if pieces else None),
            (code, "compression", letters, pieces / letters if letters else None),
        ]
    return pd.DataFrame(rows, columns=["language", "measure", "n", "value"])


def _unknown_id(tokenizer: "Tokenizer") -> int | None:
    """Id of the unknown piece, None for a tokenizer that spells everything out in bytes."""
    names = (getattr(tokenizer.model, "unk_token", None), "<unk>", "[UNK]")
    return next((found for name in names if name and (found := tokenizer.token_to_id(name)) is not None), None)
