"""How names and words are cut into subword pieces.

A tokenizer of XLM-R's kind may cut an isolated word into a lone ▁ and the rest (`▁` `稣`). The lone ▁ is a real piece
with an id and a vector, so it stays among the pieces; but it holds nothing of the spelling, so it is not counted where
another piece of the word follows. All counts of this file are made so.

Byte-level tokenizers (RoBERTa, GPT-2, ModernBERT) cut a word differently behind a space than at the beginning of a
text. A word is always cut as it is inside a running text: the words of a sentence joined by spaces, a name behind one.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from nerspace.datasets.records import Entity, languages_of
from nerspace.datasets.spelling import composed
from nerspace.engine.tables.spec import LANGUAGE, TYPE, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd
    from tokenizers import Encoding, Tokenizer

WORD_START = "▁"
# Any word at all, for a name to stand behind.
_BEFORE = "a"


class EncodedWords(NamedTuple):
    """A sentence as the model takes it.

    A word that the tokenizer cuts to nothing (a zero-width space) has no id.

    Attributes:
        ids: piece ids, special pieces included.
        word_index: for each id the word it is a piece of, None for special pieces.
    """

    ids: list[int]
    word_index: list[int | None]


def encode_sentences(tokenizer: "Tokenizer", sentences: Sequence[Sequence[str]]) -> list[EncodedWords]:
    """Encode many sentences of words at once, on all cores; nothing is cut off and nothing padded.

    Each word is cut as it is in the text of the words joined by spaces.

    Args:
        tokenizer: that cuts the words.
        sentences: each a list of words.
    """
    if not _space_matters(tokenizer):
        encodings = tokenizer.encode_batch([list(words) for words in sentences], is_pretokenized=True)
        return [EncodedWords(encoding.ids, encoding.word_ids) for encoding in encodings]
    encodings = tokenizer.encode_batch([" ".join(words) for words in sentences])
    return [
        EncodedWords(encoding.ids, _word_index(encoding, words))
        for encoding, words in zip(encodings, sentences, strict=True)
    ]


def _space_matters(tokenizer: "Tokenizer") -> bool:
    """Whether a word alone is cut differently from one behind a space."""
    # Not as a list of words, for which tokenizers imports numpy: each word of one is cut as it is alone.
    alone = tokenizer.encode(_BEFORE, add_special_tokens=False).ids
    return bool([*alone, *alone] != tokenizer.encode(f"{_BEFORE} {_BEFORE}", add_special_tokens=False).ids)


def _word_index(encoding: "Encoding", words: Sequence[str]) -> list[int | None]:
    """For each piece of the words joined by spaces the word that it begins in.

    A space between words belongs to the word behind it, as ▁ does; so does one that is a piece of its own.
    """
    owner: list[int | None] = []
    for number, word in enumerate(words):
        owner += [*[number] * len(word), None]
    index: list[int | None] = []
    for (start, stop), special in zip(encoding.offsets, encoding.special_tokens_mask, strict=True):
        if start < stop and owner[start] is None:
            start += 1
        index.append(None if special or start >= len(owner) else owner[start])
    return index


class Pieces(NamedTuple):
    """The pieces of one text without the special ones.

    Attributes:
        shown: as they are written for a person.
        ids: their numbers.
        starts: where in the text each begins; a space before a word may be counted to its first piece.
    """

    shown: list[str]
    ids: list[int]
    starts: list[int]


def cut_texts(tokenizer: "Tokenizer", texts: Sequence[str]) -> list[Pieces]:
    """Cut many words, names or texts at once, each as it is inside a running text; see `segment`."""
    shown = _from_bytes if _is_byte_level(tokenizer) else list
    if not _space_matters(tokenizer):
        encodings = tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [Pieces(shown(e.tokens), e.ids, [start for start, _ in e.offsets]) for e in encodings]
    behind = len(_BEFORE) + 1
    found = []
    for form, encoding in zip(
        texts, tokenizer.encode_batch([f"{_BEFORE} {form}" for form in texts], add_special_tokens=False), strict=True
    ):
        own = [place for place, word in enumerate(_word_index(encoding, [_BEFORE, form])) if word == 1]
        tokens = [encoding.tokens[place] for place in own]
        starts = [max(0, encoding.offsets[place][0] - behind) for place in own]
        found.append(Pieces(shown(tokens), [encoding.ids[place] for place in own], starts))
    return found


def segment(text: str, tokenizer: "Tokenizer") -> list[str]:
    """The pieces of a text without the special ones: ["▁Ваш", "ын", "г", "тон"] for Вашынгтон.

    A lone ▁ is kept. XLM-R's unknown pieces appear as the characters that they stand for. A piece of a byte-level
    tokenizer appears as its letters, with ▁ for a space, and bytes that are no whole letter as <0xD0>; the text is cut
    as it is behind another word.
    """
    return cut_texts(tokenizer, [composed(text)])[0].shown


def _is_byte_level(tokenizer: "Tokenizer") -> bool:
    """Whether its pieces spell bytes by the letters that stand for them: "Ð¶" for ж."""
    text = "ж"
    if tokenizer.normalizer is not None:
        text = tokenizer.normalizer.normalize_str(text)
    if tokenizer.pre_tokenizer is not None:
        text = "".join(part for part, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text))
    return text.endswith("Ð¶")


def _byte_letters() -> dict[str, int]:
    """The letter that stands for each byte in a byte-level vocabulary, turned round. Source: GPT-2's encoder.py."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in visible]
    return {chr(byte): byte for byte in visible} | {chr(256 + i): byte for i, byte in enumerate(others)}


_BYTE_LETTERS = _byte_letters()


def _from_bytes(tokens: Sequence[str]) -> list[str]:
    return [_letters_of(token) for token in tokens]


def _letters_of(token: str) -> str:
    """A piece of a byte-level vocabulary as a person would write it; a token that was added stands for itself."""
    try:
        text = bytes(_BYTE_LETTERS[letter] for letter in token).decode("utf-8", "surrogateescape")
    except KeyError:
        return token
    return "".join(map(_visible, text))


def _visible(letter: str) -> str:
    if letter == " ":
        return WORD_START
    if letter.isspace() or "\udc80" <= letter <= "\udcff":
        return "".join(f"<0x{byte:02X}>" for byte in letter.encode("utf-8", "surrogateescape"))
    return letter


def count_pieces(pieces: Sequence[str]) -> int:
    """Number of pieces, without a lone ▁ where another piece of the same word follows."""
    return len(counted_pieces(pieces))


def counted_pieces(pieces: Sequence[str]) -> list[str]:
    """The pieces that count: all but a lone ▁ where another piece of the same word follows."""
    following = [*pieces[1:], WORD_START]
    return [p for p, after in zip(pieces, following, strict=False) if p != WORD_START or after.startswith(WORD_START)]


def form_fertility(form: str, pieces: Sequence[str]) -> float:
    """Pieces per word of one form; a lone ▁ is not counted.

    Args:
        form: as it is written.
        pieces: of the form.

    Returns:
        0 for an empty form.
    """
    words = len(form.split())
    return count_pieces(pieces) / words if words else 0.0


PIECES = TableSpec(
    "pieces",
    "How each form of a name is cut into subwords.",
    {
        "entity": text("entity id"),
        "language": text(LANGUAGE),
        "form": text("nominative form"),
        "pieces": text("pieces, joined by a space"),
        "count": integer("number of pieces, without a lone ▁"),
        "type": text(TYPE),
    },
    "alignment",
)


@PIECES.made_by
def pieces_table(
    entities: Iterable[Entity],
    tokenizer: "Tokenizer",
    languages: Sequence[str] | None = None,
    names: Sequence[str] = (),
) -> "pd.DataFrame":
    """The table `pieces`: how each nominative form is cut.

    Args:
        entities: with their nominative forms.
        tokenizer: that cuts them.
        languages: codes, None for all; an entity without a form in a language has no row there.
        names: that belong to no entity; they come first, and their entity, language and type are empty.
    """
    return PIECES.frame(pieces_rows(entities, tokenizer, languages, names))


def pieces_rows(
    entities: Iterable[Entity],
    tokenizer: "Tokenizer",
    languages: Sequence[str] | None = None,
    names: Sequence[str] = (),
) -> list[tuple[str, str, str, str, int, str]]:
    """The rows of `pieces_table`, without pandas."""
    rows = [("", "", name, "") for name in names]
    entities = list(entities)
    codes = languages or languages_of(entities)
    for entity in entities:
        forms = entity.forms.get("nominative", {})
        rows += [(entity.id, code, forms[code], entity.type) for code in codes if forms.get(code)]
    cuts = cut_texts(tokenizer, [form for _, _, form, _ in rows])
    return [
        (entity, code, form, " ".join(cut.shown), count_pieces(cut.shown), kind)
        for (entity, code, form, kind), cut in zip(rows, cuts, strict=True)
    ]


TOKENIZATION = TableSpec(
    "tokenization",
    "Fertility, continued words and unknown pieces per language.",
    {
        "language": text(LANGUAGE),
        "measure": text(
            "fertility (pieces per word; a lone ▁ before a piece of the same word is none), continued (share of words "
            "cut), unknown (share of pieces) or compression (pieces per character)"
        ),
        "n": integer("words (pieces for unknown, characters for compression)"),
        "value": real("the measure"),
    },
    "bars",
)


@TOKENIZATION.made_by
def tokenization_table(texts: Mapping[str, Sequence[Sequence[str]]], tokenizer: "Tokenizer") -> "pd.DataFrame":
    """Fertility, continued words and unknown pieces per language.

    Args:
        texts: code → sentences, each a list of words.
        tokenizer: that cuts the words.

    Source: Rust et al. 2021, "How Good is Your Tokenizer?", section 3; Maronikolakis et al. 2021 (compression).
    """
    unknown_id = _unknown_id(tokenizer)
    rows: list[tuple[str, str, int, float | None]] = []
    for code, sentences in texts.items():
        words = [word for sentence in sentences for word in sentence]
        cuts = cut_texts(tokenizer, words)
        counts = [count_pieces(cut.shown) for cut in cuts]
        unknown = sum(cut.ids.count(unknown_id) for cut in cuts) if unknown_id is not None else 0
        n, pieces, letters = len(words), sum(counts), sum(map(len, words))
        rows += [
            (code, "fertility", n, pieces / n if n else None),
            (code, "continued", n, sum(count > 1 for count in counts) / n if n else None),
            (code, "unknown", pieces, unknown / pieces if pieces else None),
            (code, "compression", letters, pieces / letters if letters else None),
        ]
    return TOKENIZATION.frame(rows)


def _unknown_id(tokenizer: "Tokenizer") -> int | None:
    """Id of the unknown piece, None for a tokenizer that spells everything out in bytes."""
    names = (getattr(tokenizer.model, "unk_token", None), "<unk>", "[UNK]")
    return next((found for name in names if name and (found := tokenizer.token_to_id(name)) is not None), None)
