"""Maps of stored vectors as one job: watched, stopped with what is drawn so far, and never drawn twice.

$XDG_CACHE_HOME/nerspace/maps/KEY.npy   a finished map, and behind it its own hash

KEY hashes the vectors and everything that decides the map.
"""

import hashlib
import json
import shutil
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import metadata
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nerspace.engine.errors import DataError, NerspaceError, UsageError
from nerspace.engine.executors import Executor, Task, executor_for
from nerspace.engine.files import cache_folder, make_folder, read_regular, whole_file
from nerspace.engine.geometry.stored import StoredVectors, read_stored
from nerspace.engine.projection import map_columns, quality_row
from nerspace.engine.projection.drawing import Array, Drawn, Plane, check_config, draw, iterations, ready_rows
from nerspace.engine.requests.base import given
from nerspace.engine.requests.projection import ProjectRequest
from nerspace.engine.runs import Run
from nerspace.engine.runs.records import Note, Progress, Record, Stage
from nerspace.engine.runs.versions import code_hash
from nerspace.engine.sums import Summing

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class ProjectionConfig:
    """Everything but the vectors that decides a map.

    Attributes:
        method: tsne, pca or tsne-sklearn.
        perplexity: of t-SNE.
        seed: of the map.
        metric: euclidean or cosine.
        warm_start: each map begins from the one before it.
    """

    method: str = "tsne"
    perplexity: float = 70
    seed: int = 0
    metric: str = "euclidean"
    warm_start: bool = False


def make_project_request(run: Run, **fields: Any) -> dict[str, Any]:
    """A checked request as the plain dict that run.json holds.

    Args:
        run: that keeps the vectors.
        fields: of ProjectRequest, but source.

    Raises:
        UsageError: naming what cannot be.
    """
    request = ProjectRequest(source=str(run.path), **given(**fields)).check()
    check_config(request.method, request.metric, request.perplexity)
    read_stored(run, request.of).chosen(request.stages, request.layers, request.languages, request.types)
    return request.plain()


def project_vectors(run: Run) -> Iterator[Record]:
    """Draw the vectors of another run as its request says; tables points, sentences, map and map_quality."""
    request = ProjectRequest.read(run.info()["request"])
    yield Stage("read", "Vectors", 1, "run")
    source = Run(Path(request.source))
    stored = read_stored(source, request.of).select(request.stages, request.layers, request.languages, request.types)
    run.write_table("points", points_of(stored, request.of))
    with suppress(UsageError):  # a run without its sentences is drawn without them
        sentences = source.read_table("sentences").drop_duplicates("sentence")
        run.write_table("sentences", sentences[sentences["sentence"].isin(stored.rows["sentence"])])
    yield Progress("read", 1)
    config = ProjectionConfig(request.method, request.perplexity, request.seed, request.metric, request.warm_start)
    if request.on and request.warm_start:
        yield Note("Maps that start from one another are drawn here, one after the other.")
    elif request.on:
        yield from _draw_away(run, request, stored.vectors, config)
    yield from draw_maps(run, stored.vectors, config)


def _draw_away(
    run: Run, request: ProjectRequest, vectors: Mapping[Key, Array], config: ProjectionConfig
) -> Iterator[Record]:
    """Have a cluster draw the maps that the cache lacks, all at once, into the cache."""
    caches = {key: cache_folder("maps") / f"{content_key(X, config, None)}.npy" for key, X in vectors.items()}
    missing = [key for key, path in caches.items() if not path.is_file()]
    if not missing:
        return
    with executor_for(run, request.on, request.threads) as executor:
        yield from executor.start(draw_alone, [], len(missing))
        tasks = [_task(executor, config, key, vectors[key]) for key in missing]
        for number, (key, (task, records)) in enumerate(zip(missing, executor.run(tasks), strict=True), 1):
            yield Stage("away", f"{task.name}, of {len(missing)} on a cluster", len(missing), "maps")
            yield from records
            yield Progress("away", number)
            drawn = run.path / _map_file(*key)
            if drawn.is_file():
                _write_map(caches[key], np.load(drawn, allow_pickle=False))
    shutil.rmtree(run.path / "maps", ignore_errors=True)


def _task(executor: Executor, config: ProjectionConfig, key: Key, X: Array) -> Task:
    def arguments() -> tuple[Key, Array]:
        return key, executor.store(np.asarray(X))

    # One that is done is in the cache.
    return Task(
        f"Map {key[0]}, layer {key[1]}", draw_alone, config, arguments, (_map_file(*key),), is_done=lambda: False
    )


def draw_alone(run: Run, config: ProjectionConfig, key: Key, X: Array) -> Generator[Record, None, None]:
    """Draw one map and leave it in the run; one that cannot be drawn leaves none, which is reported later.

    Args:
        run: that keeps the map.
        config: how it is drawn.
        key: stage and layer.
        X: [n, d].
    """
    plane = None
    try:
        for drawn in draw(X, **_quality_fields(config), start=None):
            plane = drawn.plane
    except DataError:
        return
    if plane is not None:
        path = run.path / _map_file(*key)
        run.make_folder(path.parent.name)
        with whole_file(path) as handle:
            np.save(handle, plane, allow_pickle=False)
    yield Note(f"Map {key[0]}, layer {key[1]} is drawn.")


def _map_file(stage: str, layer: int) -> str:
    return f"maps/{stage}-{layer}.npy"


def points_of(stored: StoredVectors, of: str) -> pd.DataFrame:
    """The table `points` of stored vectors; a word stands where a name would, with what is known of it."""
    rows = stored.rows
    if of == "words":
        empty = pd.Series([""] * len(rows), dtype="string")
        rows = pd.DataFrame({
            "sentence": rows["sentence"], "language": rows["language"], "type": rows.get("type", empty),
            "entity": rows.get("entity", empty), "form": rows.get("word", empty),
        })  # fmt: skip
    points = rows[["sentence", "language", "type", "entity", "form"]].copy()
    points.insert(0, "point", np.arange(len(points)))
    return points


def draw_maps(run: Run, vectors: Mapping[Key, Array], config: ProjectionConfig) -> Generator[Record, None, None]:
    """Draw all maps into the tables `map` and `map_quality` of a run, one after the other, reporting iterations.

    A map that was drawn before comes from the cache. Stopped, the map under way is saved as it is, with its iterations
    in map_quality; the next try draws it from the beginning.

    Args:
        run: that keeps the tables.
        vectors: (stage, layer) → [n, d].
        config: how the maps are drawn.
    """
    maps: list[pd.DataFrame] = []
    qualities: list[pd.DataFrame] = []
    places: dict[Key, Plane] = {}

    def save(key: Key, drawn: Drawn, begun: Key | None) -> None:
        maps.append(map_columns(key, drawn.plane))
        start = "pca" if begun is None else f"{begun[0]} {begun[1]}"
        qualities.append(quality_row(key, vectors[key], drawn, start=start, **_quality_fields(config)))
        run.write_table("map", pd.concat(maps))
        run.write_table("map_quality", pd.concat(qualities))

    for key, X in vectors.items():
        begun = _start_of(key, places) if config.warm_start else None
        name = f"map-{key[0]}-{key[1]}"
        yield Stage(name, f"Map {key[0]}, layer {key[1]}", iterations(config.method), "iterations")
        drawn = None
        try:
            for drawn in _cached(X, config, None if begun is None else places[begun]):
                yield Progress(name, drawn.done)
        except GeneratorExit:
            if drawn is not None and drawn.done:
                save(key, drawn, begun)
            raise
        except DataError as error:
            yield Note(f"No map of {key[0]}, layer {key[1]}: {error}")
            continue
        assert drawn is not None  # noqa: S101 - a drawing has an end
        places[key] = drawn.plane
        save(key, drawn, begun)


def _quality_fields(config: ProjectionConfig) -> dict[str, Any]:
    return {name: value for name, value in asdict(config).items() if name != "warm_start"}


def _start_of(key: Key, places: Mapping[Key, Plane]) -> Key | None:
    """The map that this one starts from: the same layer at the stage before, else the layer before."""
    earlier = [other for other in places if other[1] == key[1]] or [other for other in places if other[0] == key[0]]
    return earlier[-1] if earlier else None


# -- the cache


def content_key(X: Array, config: ProjectionConfig, start: Array | None) -> str:
    """What a map depends on, as a name: the vectors, how it is drawn and from where, the libraries and the code.

    Args:
        X: [n, d].
        config: how the map is drawn.
        start: [n, 2], where it begins; None for PCA.
    """
    rows = ready_rows(X)
    content = {
        **_quality_fields(config),
        "shape": rows.shape,
        "versions": [metadata.version(name) for name in ("openTSNE", "scikit-learn", "numpy")],
        "code": code_hash("nerspace.engine.projection.drawing"),
    }
    hashed = hashlib.sha256(json.dumps(content).encode())
    for array in (rows, np.zeros(0, np.float32) if start is None else np.asarray(start, dtype=np.float32)):
        hashed.update(np.ascontiguousarray(array).data)
    return hashed.hexdigest()[:32]


def _cached(X: Array, config: ProjectionConfig, start: Array | None) -> Iterator[Drawn]:
    """As `draw`, or at once the map that the cache has; what the cache cannot take is not missed."""
    path = cache_folder("maps") / f"{content_key(X, config, start)}.npy"
    with suppress(OSError, ValueError, EOFError):
        plane = _read_map(path)
        if plane.shape == (len(X), 2) and np.isfinite(plane).all():
            yield Drawn.finished(config.method, plane.astype(np.float32))
            return
    plane = np.zeros((0, 2), dtype=np.float32)
    for drawn in draw(X, **_quality_fields(config), start=start):
        plane = drawn.plane
        yield drawn
    with suppress(OSError, NerspaceError):
        _write_map(path, plane)


def _write_map(path: Path, plane: Plane) -> None:
    """Write a map and behind it what it hashes to, which readers of arrays pass over."""
    make_folder(path.parent, private=True)
    with whole_file(path) as handle:
        summing = Summing(handle)
        np.save(summing, plane, allow_pickle=False)
        handle.write(bytes.fromhex(summing.sum.sha256))


def _read_map(path: Path) -> Plane:
    """A map as it was written. Raises: ValueError for another content."""
    data = read_regular(path)
    if hashlib.sha256(data[:-32]).digest() != data[-32:]:
        raise ValueError(f"{path} is damaged.")
    plane: Plane = np.load(BytesIO(data), allow_pickle=False)
    return plane
