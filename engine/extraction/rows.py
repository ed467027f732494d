"""Which vectors there will be, and what is known of them: found where sentences are cut, numbered by the job.

Cutting sentences and writing down their rows is most of what is to be done before a model reads, so that it is done in
shards, like the reading. What a shard leaves of each block:

7.npz     the sentences as the model takes them, so that no stage cuts them again
7.json    lines of the tables, which only lack the number of their row, since that hangs on the blocks before
"""

import csv
import json
import random
from collections.abc import Generator, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from nerspace.datasets import Sentence
from nerspace.engine.encoders import Encoder
from nerspace.engine.encoders.batching import Encoded
from nerspace.engine.extraction.ahead import ahead
from nerspace.engine.files import whole_folder
from nerspace.engine.requests.extraction import ExtractRequest
from nerspace.engine.runs import Run, to_csv
from nerspace.engine.runs.origin import digest
from nerspace.engine.runs.records import Progress, Record
from nerspace.engine.sampling import entity_id, sentence_table
from nerspace.engine.sums import is_sealed, seal

Numbers = npt.NDArray[np.int32]
# What is read is ids; of what sentence they are the model does not ask.
_NOBODY = Sentence((), (), "", "", "", "", "", "", "", "")


@dataclass(frozen=True, slots=True)
class Row:
    """One vector to be: the mean of these pieces of a sentence.

    Attributes:
        word: as it stands there.
        type: O outside entities.
    """

    word: str
    entity: str
    type: str
    pieces: tuple[int, ...]


def rows_of(item: Encoded, request: ExtractRequest) -> list[Row]:
    """The vectors that a sentence gives: its entity, or its words that hold a letter or digit, some or all of them.

    Which words are drawn depends on the seed and the sentence alone, not on its neighbours.
    """
    sentence = item.sentence
    tagged = list(zip(sentence.words, sentence.tags, strict=True))
    if request.of == "entities":
        form = " ".join(word for word, tag in tagged if tag != "O")
        return [Row(form, entity_id(sentence), sentence.type, item.entity_pieces)] if item.entity_pieces else []
    rows = [
        Row(word, sentence.entity if tag != "O" else "", tag[2:] or "O", pieces)
        for (word, tag), pieces in zip(tagged, item.pieces, strict=True)
        if pieces and any(letter.isalnum() for letter in word)
    ]
    if 0 < request.words < len(rows):
        generator = random.Random(f"{request.seed}/{sentence.id}")  # noqa: S311
        rows = [rows[place] for place in sorted(generator.sample(range(len(rows)), request.words))]
    return rows


@dataclass(frozen=True, slots=True)
class Cut:
    """A block of sentences as the model takes them, in flat arrays.

    Attributes:
        ids: of all sentences, one behind the other.
        lengths: [sentences], how many ids each has.
        rows: [sentences], how many vectors each gives.
        sizes: [rows], of how many pieces each vector is the mean.
        pieces: of all rows, their places in the ids of their sentence.
    """

    ids: Numbers
    lengths: Numbers
    rows: Numbers
    sizes: Numbers
    pieces: Numbers

    @classmethod
    def of(cls, found: Sequence[tuple[Encoded, Sequence[Row]]]) -> Self:
        """What is to be read of sentences with their rows."""
        rows = [row for _, rows in found for row in rows]
        flat: list[list[int]] = [
            [number for item, _ in found for number in item.ids],
            [len(item.ids) for item, _ in found],
            [len(rows) for _, rows in found],
            [len(row.pieces) for row in rows],
            [place for row in rows for place in row.pieces],
        ]
        return cls(*(np.array(numbers, dtype=np.int32) for numbers in flat))

    @classmethod
    def load(cls, path: Path) -> Self:
        """What `save` wrote."""
        with np.load(path, allow_pickle=False) as held:
            return cls(*(held[field.name] for field in fields(cls)))

    def save(self, path: Path) -> None:
        """Write all arrays into one file."""
        np.savez(path, **asdict(self))

    def sentences(self) -> list[Encoded]:
        """The sentences, nameless and wordless."""
        return [Encoded(_NOBODY, ids, ()) for ids in _parts(self.ids, self.lengths)]

    def groups(self) -> list[list[tuple[int, ...]]]:
        """Per sentence and vector the places of its pieces."""
        groups = iter(_parts(self.pieces, self.sizes))
        return [[next(groups) for _ in range(count)] for count in self.rows.tolist()]


def _parts(flat: Numbers, sizes: Numbers) -> list[tuple[int, ...]]:
    numbers, ends = flat.tolist(), np.cumsum(sizes).tolist()
    return [tuple(numbers[start:stop]) for start, stop in zip([0, *ends], ends, strict=False)]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the rows of a block but their numbers.

    Attributes:
        count: how many vectors it gives.
        sentences: how many sentences give one.
        digest: of all its sentences.
        sentence_lines: lines of the table `sentences`, as one text.
        table: [count], lines of the table of the rows.
        beside: [count], lines of the files beside the arrays, as far as they are the same for all.
    """

    count: int
    sentences: int
    digest: str
    sentence_lines: str
    table: list[str]
    beside: list[str]

    @classmethod
    def of(cls, items: Sequence[Encoded], found: Sequence[tuple[Encoded, Sequence[Row]]], of: str) -> Self:
        """What is known of a block.

        Args:
            items: all its sentences.
            found: those that give vectors.
            of: entities or words.
        """
        rows = [(item.sentence.id, item.sentence.language, row) for item, rows in found for row in rows]
        if of == "entities":
            table = csv_lines((name, code, row.type, row.entity, row.word) for name, code, row in rows)
        else:
            table = csv_lines((name, code, row.word, row.entity, row.type) for name, code, row in rows)
        return cls(
            len(rows), len(found), digest(item.sentence for item in items),
            to_csv(sentence_table([item.sentence for item, _ in found]), header=False), table,
            csv_lines((name, row.word, row.entity, code, row.type) for name, code, row in rows),
        )  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> Self:
        """What `save` wrote."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def save(self, path: Path) -> None:
        """Write all as one file."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


def csv_lines(rows: Iterable[Sequence[object]]) -> list[str]:
    """Each row as a line of a CSV without its end, as `to_csv` writes it."""
    held = list(rows)
    lines = _written(held, csv.QUOTE_MINIMAL)
    # Beside line feeds it is not quoted by itself, and every reader takes it for the end of a row.
    return _written(held, csv.QUOTE_ALL) if any("\r" in line for line in lines) else lines


def _written(rows: Iterable[Sequence[object]], quoting: Any) -> list[str]:
    # A writer hands over one line at a time, so that line feeds inside of fields part nothing.
    lines: list[str] = []

    class Kept:
        write = lines.append

    csv.writer(Kept(), quoting=quoting, lineterminator="\n").writerows(rows)
    return [line[:-1] for line in lines]


def cut_shard(
    run: Run, request: ExtractRequest, blocks: Sequence[tuple[int, int]], sentences: Sequence[Sequence[Sentence]],
    folder: str,
) -> Generator[Record, None, None]:  # fmt: skip
    """Cut blocks of sentences, and leave of each its `Cut` and what is `Known` of its rows.

    Args:
        blocks: number of each among all, and of the first sentence behind it.
        folder: where in the run they are left, all or none.
    """
    if is_sealed(run.path / folder):
        return
    encoder = shared_encoder(request, "before")
    with whole_folder(run.path / folder, parents=True) as temporary:
        # The tokenizer cuts in threads of its own: the block ahead, while the rows of this one are written down.
        for (block, stop), items in zip(blocks, ahead(map(encoder.encode, sentences)), strict=True):
            found = [(item, rows) for item in items if (rows := rows_of(item, request))]
            Cut.of(found).save(temporary / f"{block}.npz")
            Known.of(items, found, request.of).save(temporary / f"{block}.json")
            yield Progress("rows", stop)
        seal(temporary)


def encoder_of(request: ExtractRequest, stage: str) -> Encoder:
    """The encoder of a stage."""
    name = request.model if stage == "before" else request.tuned
    return Encoder(name, request.device, seed=request.tuned_seed)


# Many shards are read with one model.
shared_encoder = lru_cache(maxsize=1)(encoder_of)
