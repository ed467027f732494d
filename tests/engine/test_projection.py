"""Maps against scikit-learn's and degenerate vectors; how they are stopped, cached and warm started."""

import itertools
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.manifold import TSNE, trustworthiness

from nerspace.engine import projection, runs
from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.projection import drawing, job
from nerspace.engine.projection.drawing import draw
from nerspace.engine.projection.job import ProjectionConfig, content_key, draw_maps, make_project_request
from nerspace.engine.projection.quality import map_quality, neighbours_preserved
from nerspace.engine.projection.quality import trustworthiness as trust
from nerspace.engine.runs import jobs
from nerspace.engine.runs.records import Progress, Stage


@pytest.fixture(scope="module")
def clusters() -> np.ndarray:
    generator = np.random.default_rng(0)
    return np.concatenate([generator.normal(size=(40, 8)) + 10 * k for k in range(3)]).astype(np.float32)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "nerspace" / "maps"


@pytest.fixture
def run(tmp_path: Path) -> runs.Run:
    return runs.create(runs.workspace_folder(tmp_path / "home"), "project", {}, 0)


# -- maps


@pytest.mark.parametrize("method", ["tsne", "tsne-sklearn", "pca"])
def test_the_same_seed_gives_the_same_map_and_clusters_stay_together(clusters: np.ndarray, method: str) -> None:
    maps = [projection.project(clusters, method, seed=1) for _ in range(2)]
    np.testing.assert_array_equal(maps[0], maps[1])
    assert maps[0].dtype == np.float32
    near = np.argsort(((maps[0][:, None] - maps[0]) ** 2).sum(-1), axis=1)[:, 1:11]
    assert (near // 40 == np.arange(120)[:, None] // 40).mean() > 0.99


def test_another_seed_gives_another_map(clusters: np.ndarray) -> None:
    first, second = (projection.project(clusters, seed=seed) for seed in (0, 1))
    assert np.abs(first - second).max() > 0.01


def test_threads_do_not_change_the_map(clusters: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    maps = []
    for threads in ("1", "2"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        maps.append(projection.project(clusters))
    np.testing.assert_array_equal(*maps)


@pytest.mark.slow
def test_as_many_neighbours_are_kept_as_by_scikit_learn() -> None:
    generator = np.random.default_rng(3)
    centres = generator.normal(size=(40, 30))
    X = (centres[np.arange(600) % 40] + 0.4 * generator.normal(size=(600, 30))).astype(np.float32)
    theirs = TSNE(perplexity=30, random_state=0).fit_transform(X)
    assert map_quality(X, projection.project(X, perplexity=30))[0] > map_quality(X, theirs)[0] - 0.02


def test_cosine_sees_directions_alone(clusters: np.ndarray) -> None:
    lengths = np.random.default_rng(1).uniform(0.5, 20, size=(120, 1)).astype(np.float32)
    same = [projection.project(X, "pca", metric="cosine") for X in (clusters + 3, (clusters + 3) * lengths)]
    np.testing.assert_allclose(*same, atol=1e-3)
    with pytest.raises(DataError, match="1 of 9 vectors are zero"):
        projection.project(np.concatenate([np.zeros((1, 3)), np.ones((8, 3))]), metric="cosine")


@pytest.mark.parametrize("method", ["tsne", "pca"])
@pytest.mark.parametrize("X", [np.eye(4), np.ones((30, 5)), np.zeros((12, 3)), np.arange(24.0).reshape(12, 2)])
def test_few_and_equal_vectors_have_a_finite_map(X: np.ndarray, method: str) -> None:
    plane = projection.project(X, method)
    assert plane.shape == (len(X), 2)
    assert np.isfinite(plane).all()


@pytest.mark.parametrize("X", [np.zeros((0, 4)), np.zeros((3, 4)), np.full((9, 4), np.nan), np.zeros(5)])
def test_what_cannot_be_mapped_is_refused(X: np.ndarray) -> None:
    with pytest.raises(DataError):
        projection.project(X)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"method": "umap"}, "Unknown method 'umap'. Choose from tsne, pca"),
        ({"metric": "l1"}, "Unknown metric 'l1'. Choose from euclidean, cosine"),
        ({"perplexity": 0.5}, "perplexity is 0.5"),
        ({"perplexity": float("nan")}, "perplexity is nan"),
    ],
)
def test_a_wrong_way_to_draw_names_the_right_ones(how: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        projection.project(np.eye(9), **how)
    assert said in str(caught.value)


def test_a_map_can_be_watched_from_its_start_to_its_end(clusters: np.ndarray) -> None:
    seen = [(drawn.done, drawn.total) for drawn in draw(clusters)]
    assert seen[0] == (0, 650)
    assert seen[-1] == (650, 650)
    assert len(seen) > 20


def test_a_warm_start_keeps_points_where_they_were(clusters: np.ndarray) -> None:
    first = projection.project(clusters)
    turned = np.column_stack([-first[:, 1], first[:, 0]])
    again = projection.project(clusters, start=turned)

    def likeness(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])

    assert likeness(again, turned) > 0.9
    assert abs(likeness(again, first)) < 0.5
    with pytest.raises(DataError, match="cannot start from places of the shape"):
        projection.project(clusters, start=first[:-1])


# -- quality


def test_quality_by_hand() -> None:
    # On a line 0 1 2 … 5, drawn with 0 and 5 changing places; k = 2.
    line = np.arange(6.0)[:, None]
    plane = np.array([[5.0, 0], [1, 0], [2, 0], [3, 0], [4, 0], [0, 0]])
    near = {0: {1, 2}, 1: {0, 2}, 2: {1, 3}, 3: {2, 4}, 4: {3, 5}, 5: {3, 4}}
    drawn = {0: {3, 4}, 1: {2, 5}, 2: {1, 3}, 3: {2, 4}, 4: {0, 3}, 5: {1, 2}}
    kept = sum(len(near[i] & drawn[i]) for i in range(6)) / 12
    # Strangers: 3 and 4 rank 3 and 4 of 0, 5 ranks 5 of 1, and the same from the other side.
    off = 2 * ((3 - 2) + (4 - 2) + (5 - 2))
    assert map_quality(line, plane, k=2) == (pytest.approx(kept), pytest.approx(1 - 2 * off / (6 * 2 * (12 - 6 - 1))))


@pytest.mark.parametrize("n", [5, 30, 700], ids=["few", "one block", "several blocks"])
def test_quality_equals_that_of_scikit_learn(n: int) -> None:
    generator = np.random.default_rng(n)
    X, plane = generator.normal(size=(n, 6)), generator.normal(size=(n, 2))
    plane[:, 0] += X[:, 0]
    k = min(10, n // 2 - 1)
    assert trust(X, plane) == pytest.approx(trustworthiness(X, plane, n_neighbors=k))
    k = min(10, n - 1)
    near, drawn = (
        np.argsort(((Y[:, None] - Y) ** 2).sum(-1) + np.diag([np.inf] * n), axis=1)[:, :k] for Y in (X, plane)
    )
    kept = np.mean([len(set(a) & set(b)) / k for a, b in zip(near.tolist(), drawn.tolist(), strict=True)])
    assert neighbours_preserved(X, plane) == pytest.approx(kept)


def test_quality_is_perfect_for_a_plane_and_at_chance_for_a_random_one_and_for_equal_vectors() -> None:
    plane = np.random.default_rng(0).normal(size=(300, 2))
    assert map_quality(plane, plane * 3) == (1, 1)
    stranger = np.random.default_rng(1).normal(size=(300, 2))
    assert neighbours_preserved(plane, stranger) == pytest.approx(10 / 299, abs=0.02)
    assert neighbours_preserved(np.full((300, 4), 0.1), plane) == pytest.approx(10 / 299)


def test_too_few_points_have_no_quality_or_only_half_of_it() -> None:
    for n in (0, 1):
        with pytest.raises(DataError, match="no quality"):
            map_quality(np.zeros((n, 3)), np.zeros((n, 2)))
    kept, trusted = map_quality(np.eye(3), np.eye(3)[:, :2])
    assert kept == 1
    assert np.isnan(trusted)


def test_the_map_tables_name_perplexity_n_seed_and_iterations(clusters: np.ndarray) -> None:
    vectors = {("after", 12): clusters}
    points = projection.map_table(vectors, seed=4)
    quality = projection.map_quality_table(vectors, points, "tsne", 70, 4)
    assert list(points.columns) == ["stage", "layer", "point", "x", "y"]
    row = quality.iloc[0]
    assert (row["n"], row["seed"], row["method"], row["iterations"], row["planned"]) == (120, 4, "tsne", 650, 650)
    assert row["perplexity"] == pytest.approx(119 / 3)
    assert row["trustworthiness"] == pytest.approx(
        trustworthiness(clusters, points[["x", "y"]].to_numpy(), n_neighbors=10)
    )


# -- maps of a run


def test_maps_of_a_run_are_told_and_drawn_again_from_the_cache(
    clusters: np.ndarray, run: runs.Run, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = {("before", 0): clusters, ("after", 0): clusters * 2}
    told = list(draw_maps(run, vectors, ProjectionConfig(perplexity=20)))
    assert [record.label for record in told if isinstance(record, Stage)] == [
        "Map before, layer 0",
        "Map after, layer 0",
    ]
    assert max(record.done for record in told if isinstance(record, Progress)) == 650
    first = run.table_path("map").read_bytes()
    quality = run.table_path("map_quality").read_bytes()
    assert len(list(cache.glob("*.npy"))) == 2

    def never(*_: object, **__: object) -> Iterator[object]:
        raise AssertionError("drawn again")

    monkeypatch.setattr(job, "draw", never)
    list(draw_maps(run, vectors, ProjectionConfig(perplexity=20)))
    assert run.table_path("map").read_bytes() == first
    assert run.table_path("map_quality").read_bytes() == quality
    with pytest.raises(AssertionError, match="drawn again"):
        list(draw_maps(run, vectors, ProjectionConfig(perplexity=21)))


def test_a_damaged_cache_is_drawn_anew(clusters: np.ndarray, run: runs.Run, cache: Path) -> None:
    list(draw_maps(run, {("before", 0): clusters}, ProjectionConfig("pca")))
    [path] = cache.iterdir()
    for damage in (b"", b"no array", path.read_bytes()[:-8]):
        path.write_bytes(damage)
        list(draw_maps(run, {("before", 0): clusters}, ProjectionConfig("pca")))
        assert len(np.load(path)) == 120


def test_everything_that_decides_a_map_is_in_its_key(clusters: np.ndarray) -> None:
    other = clusters.copy()
    other[0, 0] = np.nextafter(other[0, 0], np.float32(9))
    plane = np.zeros((120, 2))
    configs = [
        ProjectionConfig(), ProjectionConfig("pca"), ProjectionConfig(seed=1), ProjectionConfig(perplexity=71),
        ProjectionConfig(metric="cosine"),
    ]  # fmt: skip
    usual = configs[0]
    keys = {content_key(clusters, config, None) for config in configs} | {
        content_key(other, usual, None), content_key(clusters, usual, plane),
        content_key(clusters.reshape(240, 4), usual, None),
    }  # fmt: skip
    assert len(keys) == 8
    assert content_key(clusters.copy(), ProjectionConfig(warm_start=True), None) == content_key(
        clusters, ProjectionConfig(), None
    )


def test_a_stopped_map_is_kept_as_far_as_it_is_and_never_cached(
    clusters: np.ndarray, run: runs.Run, cache: Path
) -> None:
    with closing(draw_maps(run, {("before", 0): clusters}, ProjectionConfig())) as records:
        next(record for record in records if isinstance(record, Progress) and record.done >= 200)
    row = run.read_table("map_quality").iloc[0]
    assert (row["iterations"], row["planned"]) == (200, 650)
    assert len(run.read_table("map")) == 120
    assert not cache.exists()


def test_each_map_starts_from_the_stage_before_or_else_the_layer_before(clusters: np.ndarray, run: runs.Run) -> None:
    vectors = dict.fromkeys(itertools.product(("before", "after"), (0, 12)), clusters)
    list(draw_maps(run, vectors, ProjectionConfig("pca", warm_start=True)))
    starts = run.read_table("map_quality").set_index(["stage", "layer"])["start"]
    assert starts.to_dict() == {
        ("before", 0): "pca", ("before", 12): "before 0", ("after", 0): "before 0", ("after", 12): "before 12",
    }  # fmt: skip


def test_vectors_that_have_no_map_are_noted_and_the_others_drawn(clusters: np.ndarray, run: runs.Run) -> None:
    broken = clusters.copy()
    broken[3, 3] = np.nan
    told = list(draw_maps(run, {("before", 0): broken, ("after", 0): clusters}, ProjectionConfig("pca")))
    assert "No map of before, layer 0: A map needs finite vectors." in [getattr(record, "text", "") for record in told]
    assert set(run.read_table("map")["stage"]) == {"after"}


# -- the job


@pytest.fixture
def source(tmp_path: Path, clusters: np.ndarray) -> runs.Run:
    """A run with entity and word vectors, before alone for layer 0."""
    made = runs.create(runs.workspace_folder(tmp_path / "home"), "demo", {"donor": "en"}, 0)
    names = [(("be", "en", "tr")[i // 40], ("PER", "LOC")[i % 2], f"e{i % 40}") for i in range(120)]
    points = pd.DataFrame(names, columns=["language", "type", "entity"])
    points.insert(0, "sentence", points["language"] + "/c/" + points["entity"])
    points.insert(0, "point", range(120))
    made.write_table("points", points.assign(form=points["entity"]))
    made.write_table("sentences", points[["sentence", "language"]].assign(text="a sentence", words="a", tags="O"))
    made.write_table("words", points[["point", "sentence", "language"]].rename(columns={"point": "row"}))
    for name in ("before-0-entities", "before-2-entities", "after-2-entities", "before-2-words"):
        made.write_vectors(name, clusters)
    return made


def fields(**changes: object) -> dict[str, object]:
    return {"of": "entities", "stages": (), "layers": (), "languages": (), "types": (), "method": "pca",
            "metric": "euclidean", "perplexity": 70.0, "seed": 0, "warm_start": False, **changes}  # fmt: skip


def test_a_projection_is_a_run_with_points_sentences_and_maps(source: runs.Run, clusters: np.ndarray) -> None:
    request = make_project_request(source, **fields(layers=(2,), languages=("be", "tr"), types=("PER",)))
    run = runs.create(source.path.parent.parent, "project", request, 0)
    assert jobs.execute(run) == "finished"
    points, maps = run.read_table("points"), run.read_table("map")
    assert set(points["language"]) == {"be", "tr"}
    assert set(points["type"]) == {"PER"}
    assert points["point"].tolist() == list(range(40))
    assert set(run.read_table("sentences")["sentence"]) == set(points["sentence"])
    rows = np.flatnonzero((np.arange(120) // 40 != 1) & (np.arange(120) % 2 == 0))
    drawn = maps[maps["stage"] == "after"][["x", "y"]].to_numpy()
    np.testing.assert_allclose(drawn, projection.project(clusters[rows], "pca"), rtol=1e-6, atol=1e-6)
    assert run.info()["request"]["source"] == str(source.path)


def test_words_are_drawn_with_what_is_known_of_them(source: runs.Run) -> None:
    run = runs.create(source.path.parent.parent, "project", make_project_request(source, **fields(of="words")), 0)
    assert jobs.execute(run) == "finished"
    assert len(run.read_table("points")) == len(run.read_table("map")) == 120


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"layers": (7,)}, "The run holds before, layer 0, before, layer 2, after, layer 2"),
        ({"languages": ("xx",)}, "No vector has the language 'xx'. There are be, en, tr"),
        ({"types": ("ORG",)}, "No vector has the type 'ORG'. There are LOC, PER"),
        ({"of": "words", "types": ("PER",)}, "These vectors are of no type"),
        ({"method": "umap"}, "Unknown method"),
    ],
)
def test_a_projection_of_what_is_not_there_is_refused_at_once(
    source: runs.Run, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        make_project_request(source, **fields(**changes))
    assert said in str(caught.value)


def test_the_number_of_iterations_is_that_of_the_phases() -> None:
    assert drawing.iterations("tsne") == sum(count for count, _, _ in drawing.PHASES)
    assert all(count % drawing.CHUNK == 0 for count, _, _ in drawing.PHASES)
