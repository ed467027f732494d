"""Vectors of words or entities at any layers, before and after fine-tuning, on disk and not in memory, as one job.

The sentences are gone through twice: once to number the rows, which is cheap, then with each model, block by block.
"""

import random
import shutil
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nerspace.datasets import Sentence
from nerspace.datasets.telling import told
from nerspace.engine.encoders import Encoder
from nerspace.engine.encoders.batching import Encoded
from nerspace.engine.encoders.content import encoder_hash
from nerspace.engine.encoders.forward import BATCH
from nerspace.engine.errors import DataError
from nerspace.engine.executors import MOST_SHARDS, Executor, Task, executor_for, shards
from nerspace.engine.extraction.files import GrowingVectors, forget_vectors
from nerspace.engine.extraction.sentences import Plan, make_plan
from nerspace.engine.extraction.tables import file_name, origin, vectors_table
from nerspace.engine.files import settle, whole_folder
from nerspace.engine.requests.extraction import ExtractRequest
from nerspace.engine.runs import Run, append_text, ledger, to_csv
from nerspace.engine.runs.origin import Origin, begin_pass, digest
from nerspace.engine.runs.records import Note, Progress, Record, Stage, counted
from nerspace.engine.sampling import entity_id, require_same_data, sentence_table
from nerspace.engine.sums import is_sealed, seal, sum_of
from nerspace.engine.words import are

# A block is read and written as one; its vectors at all layers stay below about so many bytes.
MOST_SENTENCES, MOST_BYTES = 2048, 256 << 20
# Where in the run a shard lies between its pass and its writing.
_SHARDS = "vectors/.shards"


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


def extract(run: Run) -> Iterator[Record]:
    """Write the vectors that the run requests, with the tables of their rows; what is whole already is not done again.

    Memory does not grow with the number of sentences.

    Raises:
        DataError: when no sentence gives a vector.
    """
    request = ExtractRequest.read(run.info()["request"])
    with executor_for(run, request.on, request.threads, request.device) as executor:
        yield from executor.start(read_shard, [name for name in (request.model, request.tuned) if name], MOST_SHARDS)
        yield from _extract(run, request, executor)


def _extract(run: Run, request: ExtractRequest, executor: Executor) -> Iterator[Record]:
    encoder = _encoder(request, "before")
    if request.source:
        require_same_data(Run(Path(request.source)))
    plan = make_plan(request)
    yield from map(Note, told(plan.corpus))
    blocks = _blocks(request, encoder.width, len(plan))

    yield Stage("rows", f"Numbering the {request.of}", len(plan), "sentences")
    _begin_tables(run, request)
    rows: list[int] = []
    texts: list[str] = []
    sentences = 0
    for block in blocks:
        items = encoder.encode([plan.sentence(number) for number in block])
        count, read = _write_rows(run, request, items, sum(rows))
        rows.append(count)
        texts.append(digest(item.sentence for item in items))
        sentences += read
        yield Progress("rows", block.stop)
    if not sum(rows):
        raise DataError(f"No sentence of {request.data} gives a vector of {request.of}.", "Choose other data.")
    if request.of == "entities" and (lost := len(plan) - sum(rows)):
        yield Note(f"{lost:,} of {len(plan):,} sentences {are(lost)} left out: the model does not reach their name.")
    read_with = [encoder_hash(name) for name in (request.model, request.tuned) if name]
    origin = Origin.of(request, texts, read_with, __name__)
    yield from begin_pass(run, origin, partial(_forget, run))
    _end_tables(run, request, sum(rows), sentences)
    run.write_table("vectors", vectors_table(request, sum(rows), encoder.width))

    for stage in request.stages:
        files = GrowingVectors(
            run.path / "vectors", stage, {layer: file_name(stage, layer, request.of) for layer in request.layers}, rows,
            encoder.width,
        )  # fmt: skip
        yield Stage(stage, f"Vectors {stage} fine-tuning", len(plan), "sentences")
        if done := files.begin():
            yield Progress(stage, blocks[done - 1].stop)
        yield from _read_stage(executor, run, request, plan, stage, blocks, files, done)
        files.finish(lambda path: ledger.enter(run.path, f"vectors/{path.name}", sum_of(path)))


def _forget(run: Run) -> bool:
    ledger.forget(run.path, "vectors/")
    return forget_vectors(run.path / "vectors")


def _read_stage(
    executor: Executor, run: Run, request: ExtractRequest, plan: Plan, stage: str, blocks: Sequence[range],
    files: GrowingVectors, done: int,
) -> Iterator[Record]:  # fmt: skip
    """Read all blocks from `done` on with the model of a stage, in shards, and write their vectors in order.

    A shard that was read before the run was cut off is not read again.
    """
    parts = shards(len(blocks), executor.most_shards)
    wanted = [shard for shard in parts if shard.stop > done]
    tasks = [
        _task(executor, run, request, plan, stage, blocks, shard, f"Part {parts.index(shard) + 1} of {len(parts)}")
        for shard in wanted
    ]
    for shard, (task, records) in zip(wanted, executor.run(tasks), strict=True):
        yield from records
        folder = run.path / task.outputs[0]
        for block in range(max(done, shard.start), shard.stop):
            run.require()
            files.write(block, {layer: np.load(folder / f"{block}-{layer}.npy") for layer in request.layers})
        shutil.rmtree(folder, ignore_errors=True)
        yield Progress(stage, blocks[shard.stop - 1].stop)
    shutil.rmtree(run.path / _SHARDS, ignore_errors=True)


def _task(
    executor: Executor, run: Run, request: ExtractRequest, plan: Plan, stage: str, blocks: Sequence[range],
    shard: range, name: str,
) -> Task:  # fmt: skip
    folder = f"{_SHARDS}/{stage}-{shard.start}"

    def arguments() -> tuple[Any, ...]:
        texts = [[plan.sentence(number) for number in blocks[block]] for block in shard]
        return stage, [(block, blocks[block].start) for block in shard], executor.store(texts), folder

    return Task(
        f"{name} ({stage})", read_shard, replace(request, device=executor.device), arguments, (folder,),
        partial(is_sealed, run.path / folder), ("model", "tuned"),
    )  # fmt: skip


def read_shard(
    run: Run, request: ExtractRequest, stage: str, blocks: Sequence[tuple[int, int]],
    sentences: Sequence[Sequence[Sentence]], folder: str,
) -> Generator[Record, None, None]:  # fmt: skip
    """Read blocks of sentences with the model of a stage, and leave an array for each block and layer.

    Args:
        blocks: number of each among all, and of its first sentence.
        folder: where in the run they are left, all or none.
    """
    if is_sealed(run.path / folder):
        return
    encoder = _shared_encoder(request, stage)
    with whole_folder(run.path / folder, parents=True) as temporary:
        for (block, first), texts in zip(blocks, sentences, strict=True):
            items = [(item, rows) for item in encoder.encode(texts) if (rows := rows_of(item, request))]
            groups = [[row.pieces for row in rows] for _, rows in items]
            passing = encoder.read_counting([item for item, _ in items], groups, request.layers, batch_size=BATCH)
            outputs = yield from counted(stage, passing, first)
            for layer, vectors in outputs.vectors.items():
                np.save(temporary / f"{block}-{layer}.npy", vectors, allow_pickle=False)
        seal(temporary)


def _encoder(request: ExtractRequest, stage: str) -> Encoder:
    """The encoder of a stage."""
    name = request.model if stage == "before" else request.tuned
    return Encoder(name, request.device, seed=request.tuned_seed)


# Many shards are read with one model.
_shared_encoder = lru_cache(maxsize=1)(_encoder)


def _blocks(request: ExtractRequest, width: int, sentences: int) -> list[range]:
    """Numbers of the sentences of each block, which hang on the request alone; width: values of a vector."""
    vectors = 1 if request.of == "entities" else request.words or 32
    row_bytes = 4 * width * len(request.layers)
    size = max(BATCH, min(MOST_SENTENCES, MOST_BYTES // (row_bytes * vectors)))
    return [range(start, min(start + size, sentences)) for start in range(0, sentences, size)]


# -- what is known of the rows


def _row_table(of: str) -> str:
    return "points" if of == "entities" else "words"


def _begin_tables(run: Run, request: ExtractRequest) -> None:
    for table in ("sentences", _row_table(request.of)):
        run.drop_table(table)
    run.make_folder("vectors")
    for _, _, path in _row_files(run, request):
        path.with_name(f".{path.name}").unlink(missing_ok=True)


def _row_files(run: Run, request: ExtractRequest) -> list[tuple[str, int, Path]]:
    """Stage, layer and path of the CSV beside each array."""
    return [
        (stage, layer, run.path / "vectors" / f"{file_name(stage, layer, request.of)}.csv")
        for stage in request.stages
        for layer in request.layers
    ]


def _write_rows(run: Run, request: ExtractRequest, items: Sequence[Encoded], first: int) -> tuple[int, int]:
    """Add a block to the tables and to the files beside the arrays; how many rows and sentences it has."""
    found = [(item.sentence, rows) for item in items if (rows := rows_of(item, request))]
    run.append_rows("sentences", sentence_table([sentence for sentence, _ in found]))
    pairs = ((sentence, row) for sentence, rows in found for row in rows)
    frame = pd.DataFrame(
        [(first + i, s.id, row.word, row.entity, s.language, row.type) for i, (s, row) in enumerate(pairs)],
        columns=["row", "sentence", "word", "entity", "language", "type"],
    )
    if request.of == "entities":
        points = frame.rename(columns={"row": "point", "word": "form"})
        run.append_rows("points", points[["point", "sentence", "language", "type", "entity", "form"]])
    else:
        run.append_rows("words", frame[["row", "sentence", "language", "word", "entity", "type"]])
    for stage, layer, path in _row_files(run, request):
        donor, _, step = origin(request, stage)
        hidden = path.with_name(f".{path.name}")
        table = frame.assign(donor=donor, step=step, stage=stage, layer=layer)
        append_text(hidden, to_csv(table, header=not hidden.exists()))
    return len(frame), len(found)


def _end_tables(run: Run, request: ExtractRequest, rows: int, sentences: int) -> None:
    for _, _, path in _row_files(run, request):
        settle(path.with_name(f".{path.name}"), path)
    for table, count in (("sentences", sentences), (_row_table(request.of), rows)):
        run.append_event("table", table=table, rows=count)
