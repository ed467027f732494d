"""Another cut of the same letters: a tokenizer's best one into exactly so many pieces.

Best is what the tokenizer itself goes by where that is a score of every piece (Unigram, as XLM-R has); for others,
whose merges have an order but no score, it is the cut whose pieces stand earliest in the vocabulary.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nerspace.engine.encoders.batching import Encoded
from nerspace.engine.names.tokenization import WORD_START

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class _Cut:
    score: float
    ids: tuple[int, ...]


class Cutter:
    """Cuts words of one tokenizer into a wanted number of pieces."""

    def __init__(self, tokenizer: "Tokenizer") -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, dict[int, _Cut]] = {}

    @cached_property
    def _model(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(self._tokenizer.to_str())["model"]
        return found

    @cached_property
    def _scores(self) -> dict[str, tuple[int, float]]:
        """Piece → its id and score."""
        vocabulary = self._model["vocab"]
        if isinstance(vocabulary, list):
            return {piece: (number, score) for number, (piece, score) in enumerate(vocabulary)}
        return {piece: (number, -math.log(number + 2)) for piece, number in vocabulary.items()}

    @cached_property
    def _longest(self) -> int:
        return min(32, max(map(len, self._scores)))

    @property
    def _prefix(self) -> str:
        """What a piece that continues a word begins with in the vocabulary."""
        return str(self._model.get("continuing_subword_prefix") or "") if self._model.get("type") == "WordPiece" else ""

    def cut(self, item: Encoded, extra: int | None = None, exactly: int | None = None) -> Encoded | None:
        """The sentence with its name cut into more pieces, or into exactly so many; None where no cut has so many.

        Args:
            item: a sentence with its own cut.
            extra: pieces more than its own cut has.
            exactly: how many pieces the name is to have.
        """
        words = [place for place, tag in enumerate(item.sentence.tags) if tag != "O"]
        own = [[item.ids[position] for position in item.pieces[place]] for place in words]
        if not all(own):
            return None
        wanted = exactly if exactly is not None else self.count(own) + (extra or 0)
        best: dict[int, _Cut] = {0: _Cut(0.0, ())}
        chosen: dict[int, list[tuple[int, ...]]] = {0: []}
        for ids in own:
            cuts = self._cuts(ids)
            following: dict[int, _Cut] = {}
            followed: dict[int, list[tuple[int, ...]]] = {}
            for count, before in best.items():
                for more, cut in cuts.items():
                    total = _Cut(before.score + cut.score, ())
                    if count + more <= wanted and (
                        count + more not in following or total.score > following[count + more].score
                    ):
                        following[count + more] = total
                        followed[count + more] = [*chosen[count], cut.ids]
            best, chosen = following, followed
        if wanted not in chosen:
            return None
        return _with_pieces(item, dict(zip(words, chosen[wanted], strict=True)))

    def count(self, own: Sequence[Sequence[int]]) -> int:
        """How many pieces of words' ids are counted: a lone ▁ in front of others is not."""
        tokens = [[self._tokenizer.id_to_token(number) or "" for number in ids] for ids in own]
        return sum(len(word) - (len(word) > 1 and word[0] == WORD_START) for word in tokens)

    def _cuts(self, ids: Sequence[int]) -> dict[int, _Cut]:
        """The best cut of a word for every number of pieces; nothing where its own pieces do not spell it."""
        tokens = [self._tokenizer.id_to_token(number) or "" for number in ids]
        prefix = self._prefix
        letters = "".join(token.removeprefix(prefix) if place else token for place, token in enumerate(tokens))
        if letters in self._known:
            return self._known[letters]
        # A piece that stands for unknown letters spells none of them.
        if any(token == self._unknown for token in tokens):
            return {}
        ends: list[dict[int, _Cut]] = [{} for _ in range(len(letters) + 1)]
        ends[0][0] = _Cut(0.0, ())
        for start in range(len(letters)):
            for stop in range(start + 1, min(len(letters), start + self._longest) + 1):
                piece = letters[start:stop] if not start else prefix + letters[start:stop]
                known = self._scores.get(piece)
                if known is None or piece == WORD_START:
                    continue
                number, score = known
                for count, before in ends[start].items():
                    found = ends[stop].get(count + 1)
                    if found is None or before.score + score > found.score:
                        ends[stop][count + 1] = _Cut(before.score + score, (*before.ids, number))
        self._known[letters] = ends[-1]
        return ends[-1]

    @cached_property
    def _unknown(self) -> str:
        number = self._model.get("unk_id")
        token = self._tokenizer.id_to_token(number) if isinstance(number, int) else self._model.get("unk_token")
        return str(token or "<unk>")


def _with_pieces(item: Encoded, cuts: Mapping[int, Sequence[int]]) -> Encoded:
    """The sentence with these words cut so; all other ids stay.

    Args:
        item: a sentence.
        cuts: word → ids of its pieces.
    """
    first = {item.pieces[word][0]: word for word in cuts}
    skipped = {position for word in cuts for position in item.pieces[word]}
    owner = {position: word for word, positions in enumerate(item.pieces) for position in positions}
    ids: list[int] = []
    pieces: list[list[int]] = [[] for _ in item.pieces]
    for position, number in enumerate(item.ids):
        if position in first:
            word = first[position]
            pieces[word] = list(range(len(ids), len(ids) + len(cuts[word])))
            ids += cuts[word]
        elif position not in skipped:
            if position in owner:
                pieces[owner[position]].append(len(ids))
            ids.append(number)
    return replace(item, ids=tuple(ids), pieces=tuple(map(tuple, pieces)))
