"""Vectors of words or entities at any layers, before and after fine-tuning, on disk and not in memory, as one job.

The sentences are gone through once to cut them and to number the rows, then with each model, block by block.
"""

import shutil
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nerspace.datasets.telling import told
from nerspace.engine.encoders.content import encoder_hash
from nerspace.engine.encoders.forward import BATCH
from nerspace.engine.errors import DataError
from nerspace.engine.executors import MOST_SHARDS, Executor, Task, executor_for, shards
from nerspace.engine.extraction.ahead import ahead
from nerspace.engine.extraction.files import GrowingVectors, as_stored, forget_vectors
from nerspace.engine.extraction.rows import Cut, Known, csv_lines, cut_shard, encoder_of, shared_encoder
from nerspace.engine.extraction.sentences import Plan, make_plan
from nerspace.engine.extraction.tables import file_name, origin, vectors_table
from nerspace.engine.files import settle, whole_folder
from nerspace.engine.requests.extraction import ExtractRequest
from nerspace.engine.runs import Run, append_text, ledger
from nerspace.engine.runs.origin import Origin, begin_pass
from nerspace.engine.runs.records import Note, Progress, Record, Stage, counted
from nerspace.engine.sampling import POINTS, SENTENCES, WORDS, require_same_data
from nerspace.engine.sums import is_sealed, seal, sum_of
from nerspace.engine.tables.spec import TableSpec
from nerspace.engine.words import are

# A block is read and written as one; its vectors at all layers stay below about so many bytes.
MOST_SENTENCES, MOST_BYTES = 2048, 256 << 20
# At most so many blocks are cut in one shard, so that few texts are in memory at once.
MOST_BLOCKS = 8
# Where in the run a shard lies between its pass and its writing, and what was cut until the run has read it.
_SHARDS, _CUT = "vectors/.shards", ".cut"


def extract(run: Run) -> Iterator[Record]:
    """Write the vectors that the run requests, with the tables of their rows; what is whole already is not done again.

    Memory does not grow with the number of sentences.

    Raises:
        DataError: when no sentence gives a vector.
    """
    request = ExtractRequest.read(run.info()["request"])
    try:
        with executor_for(run, request.on, request.threads, request.device) as executor:
            encoders = [name for name in (request.model, request.tuned) if name]
            yield from executor.start(read_shard, encoders, MOST_SHARDS)
            yield from _extract(run, request, executor)
    finally:
        shutil.rmtree(run.path / _CUT, ignore_errors=True)


def _extract(run: Run, request: ExtractRequest, executor: Executor) -> Iterator[Record]:
    encoder = encoder_of(request, "before")
    if request.source:
        require_same_data(Run(Path(request.source)))
    plan = make_plan(request)
    yield from map(Note, told(plan.corpus))
    blocks = _blocks(request, encoder.width, len(plan))

    yield Stage("rows", f"Numbering the {request.of}", len(plan), "sentences")
    _begin_tables(run, request)
    numbered = yield from _number(executor, run, request, plan, blocks)
    if not (count := sum(numbered.rows)):
        raise DataError(f"No sentence of {request.data} gives a vector of {request.of}.", "Choose other data.")
    if request.of == "entities" and (lost := len(plan) - count):
        yield Note(f"{lost:,} of {len(plan):,} sentences {are(lost)} left out: the model does not reach their name.")
    read_with = [encoder_hash(name) for name in (request.model, request.tuned) if name]
    origin = Origin.of(request, numbered.digests, read_with, __name__)
    yield from begin_pass(run, origin, partial(_forget, run))
    _end_tables(run, request, count, numbered.sentences)
    run.write_table("vectors", vectors_table(request, count, encoder.width))

    for stage in request.stages:
        files = GrowingVectors(
            run.path / "vectors", stage, {layer: file_name(stage, layer, request.of) for layer in request.layers},
            numbered.rows, encoder.width, np.dtype(request.dtype),
        )  # fmt: skip
        yield Stage(stage, f"Vectors {stage} fine-tuning", len(plan), "sentences")
        if done := files.begin():
            yield Progress(stage, blocks[done - 1].stop)
        yield from _read_stage(executor, run, request, numbered, stage, blocks, files, done)
        files.finish(lambda path: ledger.enter(run.path, f"vectors/{path.name}", sum_of(path)))


@dataclass(frozen=True, slots=True)
class _Numbered:
    """What is known once all rows are numbered.

    Attributes:
        rows: [blocks], how many vectors each gives.
        digests: [blocks], of the sentences of each.
        sentences: how many give a vector.
        files: [blocks], where each lies that was cut.
    """

    rows: list[int]
    digests: list[str]
    sentences: int
    files: list[Path]


def _number(
    executor: Executor, run: Run, request: ExtractRequest, plan: Plan, blocks: Sequence[range]
) -> Generator[Record, None, _Numbered]:
    """Have all sentences cut, in shards, and write down their rows in order."""
    shutil.rmtree(run.path / _CUT, ignore_errors=True)
    parts = shards(len(blocks), max(MOST_SHARDS, -(-len(blocks) // MOST_BLOCKS)))
    found = _Numbered([], [], 0, [])
    sentences = 0
    tasks = [_cut_task(executor, run, request, plan, blocks, shard) for shard in parts]
    for shard, (task, records) in zip(parts, executor.run(tasks), strict=True):
        yield from records
        for block in shard:
            run.require()
            lines = run.path / task.outputs[0] / f"{block}.json"
            known = Known.load(lines)
            _write_rows(run, request, known, sum(found.rows))
            lines.unlink()
            found.rows.append(known.count)
            found.digests.append(known.digest)
            found.files.append(lines.with_suffix(".npz"))
            sentences += known.sentences
    return replace(found, sentences=sentences)


def _cut_task(
    executor: Executor, run: Run, request: ExtractRequest, plan: Plan, blocks: Sequence[range], shard: range
) -> Task:
    name, folder = f"Numbering from sentence {blocks[shard.start].start:,} on", f"{_CUT}/{shard.start}"

    def arguments() -> tuple[Any, ...]:
        texts = [[plan.sentence(number) for number in blocks[block]] for block in shard]
        return [(block, blocks[block].stop) for block in shard], executor.store(texts), folder

    return Task(
        name, cut_shard, replace(request, device=executor.device), arguments, (folder,),
        partial(is_sealed, run.path / folder), ("model", "tuned"),
    )  # fmt: skip


def _forget(run: Run) -> bool:
    ledger.forget(run.path, "vectors/")
    return forget_vectors(run.path / "vectors")


def _read_stage(
    executor: Executor, run: Run, request: ExtractRequest, numbered: _Numbered, stage: str, blocks: Sequence[range],
    files: GrowingVectors, done: int,
) -> Iterator[Record]:  # fmt: skip
    """Read all blocks from `done` on with the model of a stage, in shards, and write their vectors in order.

    A shard that was read before the run was cut off is not read again.
    """
    parts = shards(len(blocks), executor.most_shards)
    wanted = [shard for shard in parts if shard.stop > done]
    tasks = [
        _task(executor, run, request, numbered, stage, blocks, shard, f"Part {parts.index(shard) + 1} of {len(parts)}")
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
    executor: Executor, run: Run, request: ExtractRequest, numbered: _Numbered, stage: str, blocks: Sequence[range],
    shard: range, name: str,
) -> Task:  # fmt: skip
    folder = f"{_SHARDS}/{stage}-{shard.start}"

    def arguments() -> tuple[Any, ...]:
        cut = [Cut.load(numbered.files[block]) for block in shard]
        return stage, [(block, blocks[block].start) for block in shard], executor.store(cut), folder

    return Task(
        f"{name} ({stage})", read_shard, replace(request, device=executor.device), arguments, (folder,),
        partial(is_sealed, run.path / folder), ("model", "tuned"),
    )  # fmt: skip


def read_shard(
    run: Run, request: ExtractRequest, stage: str, blocks: Sequence[tuple[int, int]], cut: Sequence[Cut], folder: str
) -> Generator[Record, None, None]:
    """Read blocks of sentences with the model of a stage, and leave an array for each block and layer.

    Args:
        blocks: number of each among all, and of its first sentence.
        cut: each block as it was cut.
        folder: where in the run they are left, all or none.
    """
    if is_sealed(run.path / folder):
        return
    encoder = shared_encoder(request, stage)
    with whole_folder(run.path / folder, parents=True) as temporary:
        unpacked = ahead((block.sentences(), block.groups()) for block in cut)
        for (block, first), (items, groups) in zip(blocks, unpacked, strict=True):
            passing = encoder.read_counting(items, groups, request.layers, batch_size=BATCH)
            outputs = yield from counted(stage, passing, first)
            for layer, vectors in outputs.vectors.items():
                stored = as_stored(vectors, np.dtype(request.dtype), layer)
                np.save(temporary / f"{block}-{layer}.npy", stored, allow_pickle=False)
        seal(temporary)


def _blocks(request: ExtractRequest, width: int, sentences: int) -> list[range]:
    """Numbers of the sentences of each block, which hang on the request alone; width: values of a vector."""
    vectors = 1 if request.of == "entities" else request.words or 32
    row_bytes = 4 * width * len(request.layers)
    size = max(BATCH, min(MOST_SENTENCES, MOST_BYTES // (row_bytes * vectors)))
    return [range(start, min(start + size, sentences)) for start in range(0, sentences, size)]


# -- what is known of the rows


_ROWS: Mapping[str, TableSpec] = {"entities": POINTS, "words": WORDS}
_BESIDE = ("row", "sentence", "word", "entity", "language", "type", "donor", "step", "stage", "layer")


def _begin_tables(run: Run, request: ExtractRequest) -> None:
    run.make_folder("tables")
    run.make_folder("vectors")
    for spec in (SENTENCES, _ROWS[request.of]):
        run.drop_table(spec.name)
        append_text(run.table_path(spec.name), ",".join([*spec.columns, *spec.added]) + "\n")
    for _, _, path in _row_files(run, request):
        path.with_name(f".{path.name}").unlink(missing_ok=True)
        append_text(path.with_name(f".{path.name}"), ",".join(_BESIDE) + "\n")


def _row_files(run: Run, request: ExtractRequest) -> list[tuple[str, int, Path]]:
    """Stage, layer and path of the CSV beside each array."""
    return [
        (stage, layer, run.path / "vectors" / f"{file_name(stage, layer, request.of)}.csv")
        for stage in request.stages
        for layer in request.layers
    ]


def _write_rows(run: Run, request: ExtractRequest, known: Known, first: int) -> None:
    """Add a block to the tables and to the files beside the arrays."""
    append_text(run.table_path(SENTENCES.name), known.sentence_lines)
    append_text(run.table_path(_ROWS[request.of].name), _numbered_lines(known.table, first, "\n"))
    for stage, layer, path in _row_files(run, request):
        donor, _, step = origin(request, stage)
        [end] = csv_lines([(donor, step, stage, layer)])
        append_text(path.with_name(f".{path.name}"), _numbered_lines(known.beside, first, f",{end}\n"))


def _numbered_lines(lines: Sequence[str], first: int, end: str) -> str:
    return "".join(f"{number},{line}{end}" for number, line in enumerate(lines, first))


def _end_tables(run: Run, request: ExtractRequest, rows: int, sentences: int) -> None:
    for _, _, path in _row_files(run, request):
        settle(path.with_name(f".{path.name}"), path)
    for spec, count in ((SENTENCES, sentences), (_ROWS[request.of], rows)):
        run.append_event("table", table=spec.name, rows=count)
