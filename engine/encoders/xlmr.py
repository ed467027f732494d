"""XLM-R's tokenizer, built from its pieces and its character map so that it cuts any text as real SentencePiece does.

The difficulty is the normaliser. SentencePiece walks through the text once and replaces the longest key of a fixed map:
single characters (the map that the encoder's file carries) and sequences that compose (e ́ → é), spelled in every
compatible way (ｅ ́ → é). NFKC of the whole text is not the same: it also reorders marks, and composes across keys
(ê ́ → ế, which SentencePiece leaves as two). So the steps here

1. put a guard before every character that could compose with, or be reordered against, what stands before it,
2. take the guards out again inside the sequences that are keys of the map,
3. apply NFKC, which now sees one key at a time, and the few characters where the map is not NFKC,
4. take out the guards, collapse and strip spaces.

What is left of a difference is a tie: where two ways to cut a text have the same probability (i|ii and ii|i),
SentencePiece decides by rounding in float32, this tokenizer in float64. No text of the eleven languages shows it (0 of
131,877); 4 of 300,000 random mixtures of rare characters do. And the noncharacters U+FDD0 and U+FDD1 and a few
characters of private use, which serve as guard and stand-ins, become one of themselves, all unknown to the model.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from nerspace.engine.errors import ModelError

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")

_GUARD, _UNKNOWN = "\ufdd0", "\ufdd1"
# Private-use characters: two are needed today, more when tokenizers moves to a younger Unicode than XLM-R's map.
_STAND_INS = range(0x10F000, 0x10F200)
# Blocks whose composed characters are younger than XLM-R's map: Todhri, Tulu-Tigalari, and from Dives Akuru on.
_YOUNGER = (range(0x105C0, 0x10600), range(0x11380, 0x11400), range(0x11900, 0x1D000), range(0x1E000, 0x1F000))


def xlmr_tokenizer(pieces: Sequence[tuple[str, float]], replacements: Mapping[str, str]) -> Tokenizer:
    """The tokenizer of XLM-R.

    Args:
        pieces: piece and log-probability in the order of XLM-R's ids: <s> <pad> </s> <unk>, the pieces, <mask>.
        replacements: character → what SentencePiece makes of it, for every character that it changes.

    Raises:
        ModelError: for a map that is not XLM-R's.
    """
    ids = {piece: index for index, (piece, _) in enumerate(pieces) if piece in SPECIAL}
    tokenizer = Tokenizer(models.Unigram(list(pieces), ids["<unk>"], False))
    tokenizer.normalizer = normalizers.Sequence(list(_normalizers(replacements)))
    # The special pieces are words of the vocabulary to this Unigram model, with the best of scores: a text that spells
    # one must be cut inside it. Before ">" is safe, since no other piece has a letter there.
    spelled = "|".join(f"(?<={piece[:-1]})>" for piece in SPECIAL)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace("▁", "always"), pre_tokenizers.Split(Regex(spelled), "merged_with_next")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[(piece, ids[piece]) for piece in ("<s>", "</s>")],
    )
    tokenizer.decoder = decoders.Metaspace("▁", "always")
    tokenizer.add_special_tokens(
        [AddedToken(piece, special=True, normalized=False, lstrip=piece == "<mask>") for piece in SPECIAL]
    )
    return tokenizer


def _normalizers(replacements: Mapping[str, str]) -> Iterator[normalizers.Normalizer]:
    nfkc = normalizers.NFKC()
    changed = {c: r for c, r in replacements.items() if nfkc.normalize_str(c) != r}
    unchanged = [c for c in _all_characters() if c not in replacements and nfkc.normalize_str(c) != c]
    if len(unchanged) > len(_STAND_INS):
        raise ModelError(
            f"The encoder's character map is not XLM-R's: {len(unchanged)} characters that NFKC changes are missing.",
            "Choose another encoder.",
        )
    stand_ins = dict(zip(unchanged, map(chr, _STAND_INS), strict=False))

    yield _replace(_class([_GUARD, *stand_ins.values()]), _UNKNOWN)
    # At the very beginning there is nothing to join, and tokenizers would lose count of its offsets.
    yield _replace(f"(?!\\A)(?=[\\p{{M}}{_ranges(_joining())}])", _GUARD)
    keys = sequences(replacements)
    for length in sorted({len(key) for key in keys}):
        yield _replace(_guards_inside([key for key in keys if len(key) == length]), "")
    by_result = defaultdict(list)
    for character, result in (changed | stand_ins).items():
        by_result[result].append(character)
    for result, characters in by_result.items():
        yield _replace(_class(characters), result)
    yield nfkc
    yield _replace(_GUARD, "")
    for character, stand_in in stand_ins.items():
        yield _replace(stand_in, character)
    yield _replace(" {2,}", " ")
    yield _replace("\\A +| +\\z", "")


def _replace(pattern: str, content: str) -> normalizers.Normalizer:
    return normalizers.Replace(Regex(pattern), content)


def _all_characters() -> Iterator[str]:
    return (chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000)


def _decompositions() -> Iterator[tuple[str, str]]:
    """Every character that NFKD takes apart or changes, with what it becomes."""
    for character in _all_characters():
        parts = unicodedata.normalize("NFKD", character)
        if parts != character:
            yield character, parts


def _joining() -> set[str]:
    """Characters that NFKC may join to, or move before, the character in front of them; marks are left to the regex.

    Which marks there are depends on Python's version, and what is written must not.
    """
    seconds: set[str] = set()
    for character, parts in _decompositions():
        if len(parts) > 1 and unicodedata.normalize("NFC", parts) == character:
            seconds.update(parts[1:])
    found = {c for c in _all_characters() if unicodedata.combining(c)} | seconds
    found |= {c for c, parts in _decompositions() if parts[0] in found}
    return {c for c in found if not unicodedata.category(c).startswith("M")}


def sequences(replacements: Mapping[str, str]) -> list[str]:
    """The keys of more than one character in SentencePiece's map, which it makes itself from Unicode's decompositions.

    Each part may be spelled by any character that the map turns into it and that does not decompose further.
    """
    spellings = defaultdict(set)
    for character in replacements:
        parts = unicodedata.normalize("NFKD", character)
        if len(parts) == 1:
            spellings[parts].add(character)
    keys: set[str] = set()
    for _, parts in _decompositions():
        composed = unicodedata.normalize("NFC", parts)
        if len(parts) > 1 and len(composed) == 1 and not any(ord(composed) in block for block in _YOUNGER):
            keys.update(map("".join, product(*({part} | spellings[part] for part in parts))))
    return sorted(keys - set(replacements))


def _guards_inside(keys: Sequence[str]) -> str:
    """A pattern for the guard before the last character of these keys, all of one length, the others unguarded."""
    return "|".join(
        f"(?<={''.join(map(_class, before))}){_GUARD}(?={_class(last)})" for *before, last in _products(keys)
    )


def _products(strings: Sequence[str]) -> list[list[list[str]]]:
    """Strings of one length as products of character sets, so that eleven thousand Hangul syllables are one product."""
    before = defaultdict(set)
    for string in strings:
        before[string[-1]].add(string[:-1])
    merged = defaultdict(list)
    for last, prefixes in before.items():
        merged[frozenset(prefixes)].append(last)
    return [
        [*rest, lasts]
        for prefixes, lasts in merged.items()
        # In their order: that of a set is another in every process, and the file is part of what results are tied to.
        for rest in ([[]] if prefixes == {""} else _products(sorted(prefixes)))
    ]


def _class(characters: Iterable[str]) -> str:
    return f"[{_ranges(characters)}]"


def _ranges(characters: Iterable[str]) -> str:
    """The characters as ranges of escapes for a character class."""
    runs: list[list[int]] = []
    for point in sorted(set(map(ord, characters))):
        if runs and runs[-1][1] == point - 1:
            runs[-1][1] = point
        else:
            runs.append([point, point])
    return "".join(f"\\x{{{a:x}}}" if a == b else f"\\x{{{a:x}}}-\\x{{{b:x}}}" for a, b in runs)
