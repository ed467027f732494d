"""Vectors of words or entities at any layers, before and after fine-tuning, on disk and not in memory, as one job.

The sentences are gone through twice: once to number the rows, which is cheap, then with each model, block by block.
"""

import random
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nerspace.datasets import Sentence
from nerspace.engine import devices
from nerspace.engine.encoders import Encoder
from nerspace.engine.encoders.batching import Encoded
from nerspace.engine.encoders.content import encoder_hash
from nerspace.engine.encoders.forward import BATCH, FloatArray
from nerspace.engine.errors import DataError
from nerspace.engine.executors.ray import MOST_SHARDS, Piece, Pool, reach, shards
from nerspace.engine.extraction.files import GrowingVectors, forget_vectors
from nerspace.engine.extraction.sentences import Plan, make_plan
from nerspace.engine.extraction.tables import file_name, origin, vectors_table
from nerspace.engine.files import settle
from nerspace.engine.requests.extraction import ExtractRequest
from nerspace.engine.runs import Run, append_text, to_csv
from nerspace.engine.runs.origin import Origin, begin_reading, digest
from nerspace.engine.runs.records import Note, Progress, Record, Stage, counted
from nerspace.engine.sampling import sentence_table

# A block is read and written as one; its vectors at all layers stay below about so many bytes.
MOST_SENTENCES, MOST_BYTES = 2048, 256 << 20


@dataclass(frozen=True, slots=True)
class Row:
    """One vector to be: the mean of these pieces of a sentence. word: as it stands there. type: O outside entities."""

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
        return [Row(form, sentence.entity, sentence.type, item.entity_pieces)] if item.entity_pieces else []
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
    """Write the vectors that the run asks for, with the tables of their rows; what is whole already is not done again.

    Memory does not grow with the number of sentences. Raises: DataError when no sentence gives a vector.
    """
    request = ExtractRequest.read(run.info()["request"])
    devices.use_threads(request.threads)
    with ExitStack() as stack:
        pool: Pool | None = None
        if request.on:
            names = [name for name in (request.model, request.tuned) if name]
            pool = yield from reach(stack, run, request.on, request.threads, request.device, names, MOST_SHARDS)
        else:
            run.update(device=devices.describe(devices.pick_device(request.device)))
        yield from _extract(run, request, pool)


def _extract(run: Run, request: ExtractRequest, pool: Pool | None) -> Iterator[Record]:
    encoder = _encoder(request, "before")
    plan = make_plan(request)
    blocks = _blocks(request, encoder.width, len(plan))

    yield Stage("rows", f"Numbering the {request.of}", len(plan), "sentences")
    _begin_tables(run, request)
    rows: list[int] = []
    texts: list[str] = []
    sentences = 0
    for block in blocks:
        items = encoder.encode([plan.sentence(number) for number in block])
        count, read = _tell_rows(run, request, items, sum(rows))
        rows.append(count)
        texts.append(digest(item.sentence for item in items))
        sentences += read
        yield Progress("rows", block.stop)
    if not sum(rows):
        raise DataError(f"No sentence of {request.data} gives a vector of {request.of}.", "Choose other data.")
    if request.of == "entities" and (lost := len(plan) - sum(rows)):
        yield Note(f"{lost:,} of {len(plan):,} sentences are left out: the model does not reach their name.")
    read_with = [encoder_hash(name) for name in (request.model, request.tuned) if name]
    origin = Origin.of(request, texts, read_with, __name__)
    yield from begin_reading(run, origin, lambda: forget_vectors(run.path / "vectors"))
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
        if done < len(blocks):
            work = (
                _stage_on(pool, run, request, plan, stage, blocks, done)
                if pool
                else (_stage_here(request, plan, stage, blocks, done))
            )
            yield from _fill(run, work, files, done)
        files.finish()


Block = tuple[int, dict[int, FloatArray]]


def _fill(run: Run, work: Iterator[Record | Block], files: GrowingVectors, done: int) -> Iterator[Record]:
    """Write blocks as they come, those from `done` on, and pass on the records in between."""
    for found in work:
        if not isinstance(found, tuple):
            yield found
        elif found[0] >= done:
            run.require()
            files.write(*found)


def _stage_here(
    request: ExtractRequest, plan: Plan, stage: str, blocks: Sequence[range], done: int
) -> Iterator[Record | Block]:
    """Read all blocks from `done` on with the model of a stage."""
    sentences = ([plan.sentence(number) for number in block] for block in blocks[done:])
    yield from _read_blocks(request, stage, _encoder(request, stage), blocks[done:], sentences, done)


def _read_blocks(
    request: ExtractRequest, stage: str, encoder: Encoder, blocks: Sequence[range],
    sentences: Iterable[list[Sentence]], first: int,
) -> Iterator[Record | Block]:  # fmt: skip
    """Read blocks of sentences with the model of a stage; each block's vectors come when it is read.

    blocks: the sentences' numbers among all. first: the first block's number among all.
    """
    for number, (block, texts) in enumerate(zip(blocks, sentences, strict=True), first):
        items = [(item, found) for item in encoder.encode(texts) if (found := rows_of(item, request))]
        groups = [[row.pieces for row in found] for _, found in items]
        outputs = yield from counted(
            stage,
            encoder.read_counting([item for item, _ in items], groups, request.layers, batch_size=BATCH),
            block.start,
        )
        yield number, outputs.vectors
        yield Progress(stage, block.stop)


def _encoder(request: ExtractRequest, stage: str) -> Encoder:
    """The encoder of a stage."""
    name = request.model if stage == "before" else request.tuned
    return Encoder(name, request.device, seed=request.tuned_seed)


# A worker does many shards with one model.
_shared_encoder = lru_cache(maxsize=1)(_encoder)


# -- on a cluster


def _stage_on(
    pool: Pool, run: Run, request: ExtractRequest, plan: Plan, stage: str, blocks: Sequence[range], done: int
) -> Iterator[Record | Block]:
    """Read all blocks from `done` on with the model of a stage, many shards side by side, and tell them in order.

    A shard that came home before the driver died is not read again.
    """
    parts = shards(len(blocks))
    saved = [f"vectors/.shards/{stage}-{number}" for number in range(len(parts))]
    wanted = [number for number, part in enumerate(parts) if part.stop > done]
    missing = [number for number in wanted if not (run.path / saved[number]).is_dir()]
    remote = replace(request, device=pool.device)
    works = pool.work(
        Piece(
            f"Part {number + 1} of {len(parts)} ({stage})", "nerspace.engine.extraction.job:read_shard", remote,
            ("model", "tuned"), partial(_shard_arguments, pool, plan, stage, blocks, parts[number], saved[number]),
            (saved[number],),
        )
        for number in missing
    )  # fmt: skip
    begun = dict(zip(missing, works, strict=True))
    for number in wanted:
        yield from begun.get(number, ())
        for block in parts[number]:
            yield (
                block,
                {
                    layer: np.load(run.path / saved[number] / f"{block}-{layer}.npy", allow_pickle=False)
                    for layer in request.layers
                },
            )
            yield Progress(stage, blocks[block].stop)
        shutil.rmtree(run.path / saved[number], ignore_errors=True)
    with suppress(OSError):
        (run.path / "vectors" / ".shards").rmdir()


def _shard_arguments(
    pool: Pool, plan: Plan, stage: str, blocks: Sequence[range], shard: range, folder: str
) -> tuple[Any, ...]:
    texts = [[plan.sentence(number) for number in blocks[block]] for block in shard]
    return stage, [blocks[block] for block in shard], pool.store(texts), shard.start, folder


def read_shard(
    run: Run, request: ExtractRequest, stage: str, blocks: Sequence[range], sentences: list[list[Sentence]], first: int,
    folder: str,
) -> Iterator[Record]:  # fmt: skip
    """Read some blocks and leave their vectors in a folder of the run, an array for each block and layer."""
    (run.path / folder).mkdir(parents=True)
    for found in _read_blocks(request, stage, _shared_encoder(request, stage), blocks, sentences, first):
        if not isinstance(found, tuple):
            yield found
            continue
        for layer, vectors in found[1].items():
            np.save(run.path / folder / f"{found[0]}-{layer}.npy", vectors, allow_pickle=False)


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
    run.require()
    (run.path / "vectors").mkdir(exist_ok=True)
    for _, _, path in _beside(run, request):
        path.with_name(f".{path.name}").unlink(missing_ok=True)


def _beside(run: Run, request: ExtractRequest) -> list[tuple[str, int, Path]]:
    """Stage, layer and path of the CSV beside each array."""
    return [
        (stage, layer, run.path / "vectors" / f"{file_name(stage, layer, request.of)}.csv")
        for stage in request.stages
        for layer in request.layers
    ]


def _tell_rows(run: Run, request: ExtractRequest, items: Sequence[Encoded], first: int) -> tuple[int, int]:
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
    for stage, layer, path in _beside(run, request):
        donor, _, step = origin(request, stage)
        hidden = path.with_name(f".{path.name}")
        table = frame.assign(donor=donor, step=step, stage=stage, layer=layer)
        append_text(hidden, to_csv(table, header=not hidden.exists()))
    return len(frame), len(found)


def _end_tables(run: Run, request: ExtractRequest, rows: int, sentences: int) -> None:
    for _, _, path in _beside(run, request):
        settle(path.with_name(f".{path.name}"), path)
    for table, count in (("sentences", sentences), (_row_table(request.of), rows)):
        run.append_event("table", table=table, rows=count)
