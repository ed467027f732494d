"""Every table of the catalogue, made once of a small sample by the function behind its spec."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tokenizers import Tokenizer
from tui_sample import write_corpus

from nerspace import datasets
from nerspace.engine import runs
from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.evaluation.inputs import Given, labels_of
from nerspace.engine.paper.claims import Finding
from nerspace.engine.paper.tables import Surroundings
from nerspace.engine.reading.placing import Placer
from nerspace.engine.reading.tables import Placed, Said
from nerspace.engine.requests.paper import PaperRequest
from nerspace.engine.runs.records import ModelId, ProbeRecord, StepRecord
from nerspace.engine.swapping.contrasts import Answer
from nerspace.engine.swapping.sentences import Filled, Swap, SwapPlan
from nerspace.engine.tables.index import CATALOGUE, Held, Later, known_table, parse_table
from nerspace.engine.tables.spec import PAIR, TableSpec, integer, integer_or_gap, real, text

LANGUAGES = ("be", "en", "ru", "uk")
DONORS = ("be", "en", "ru")
LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> datasets.SyntheticNER:
    return datasets.load_parallel(str(write_corpus(tmp_path_factory.mktemp("data") / "corpus")))


@pytest.fixture(scope="module")
def made(
    corpus: datasets.SyntheticNER, builtin_tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, pd.DataFrame]:
    """Table → a small one."""
    generator = np.random.default_rng(0)
    cells = [corpus.cell(number) for number in range(0, len(corpus), 3)]
    train = [corpus.sentence_of(*cell, "en") for cell in cells[:4]]
    read = [corpus.sentence_of(*cell, code) for code in LANGUAGES for cell in cells]
    texts = {code: [s.words for s in read if s.language == code] for code in LANGUAGES}
    names = Held(
        corpus=corpus, entities=corpus.entities, languages=LANGUAGES, tokenizer=builtin_tokenizer, texts=texts,
        parallel=texts, names=["Nobody"],
    )  # fmt: skip
    found = {name: names[name] for name in (
        "counts", "giveaways", "pieces", "aligned", "contrast", "shared", "tokenization", "compatibility", "parity",
        "tnld", "tnld_scripts", "spellings", "piece_overlap", "paper_table1",
    )}  # fmt: skip

    found["steps"] = Held(records=[StepRecord(1, 2, 0.5, 1e-4, 8, 0.1)])["steps"]
    found["probes"] = Held(records=[
        ProbeRecord(step, code, 2, "mean_cosine", 30, float(generator.random()))
        for step in range(0, 60, 10) for code in LANGUAGES
    ])["probes"]  # fmt: skip
    training = Held(probes=found["probes"])
    found |= {name: training[name] for name in ("deltas", "delta_correlations")}
    found |= {"sentences": Held(read=[*train, *read])["sentences"], "points": Held(test=read)["points"],
              "words": Held(read=read)["words"]}  # fmt: skip

    points = found["points"]
    vectors = {(stage, 0): generator.normal(size=(len(read), 12)) for stage in ("before", "after")}
    geometry = Held(
        vectors=vectors, languages=[s.language for s in read], cells=[s.cell for s in read],
        types=[s.type for s in read], points=points, point=0, entity=read[0].entity, method="pca", perplexity=5, seed=0,
        maps=Later(lambda: geometry["map"]),
    )  # fmt: skip
    found |= {name: geometry[name] for name in (
        "isotropy", "parallel_cosine", "dimensions", "hubness", "retrieval", "nearest", "movers", "outliers",
        "siblings", "cka", "drift", "groups", "map", "map_quality",
    )}  # fmt: skip
    cosine = found["parallel_cosine"]
    found["differences"] = Held(frame=cosine, other=cosine, value="cosine")["differences"]
    found["above_floor"] = Held(frame=cosine, value="cosine", floor="floor")["above_floor"]

    tags = [[LABELS.index(tag) if generator.random() < 0.7 else int(generator.integers(7)) for tag in s.tags]
            for s in read]  # fmt: skip
    outputs = SimpleNamespace(predicted=tags, confidence=generator.random(len(read)).tolist())
    predictions = pd.concat([
        Held(donor=donor, seed=seed, read=read, outputs=outputs, labels=LABELS)["predictions"]
        for donor in DONORS for seed in (0, 1)
    ], ignore_index=True)  # fmt: skip
    evaluated = Held(predictions=predictions, sentences=found["sentences"], tokenizer=builtin_tokenizer)
    found |= {name: evaluated[name] for name in (
        "predictions", "scores", "modes", "spread", "confusion", "buckets", "failing", "outcomes", "factors",
        "factor_terms", "factor_shares",
    )}  # fmt: skip
    given = Given(read, [s.id for s in read], (), {("en", "LOC"): 2})
    found["coverage"] = Held(
        model=SimpleNamespace(donor="en", seed=0), given=given,
        request=SimpleNamespace(types={"LOC": "PLACE"}), labels=labels_of(dict(enumerate(LABELS)), "m"),
        pieces=[[1] * len(s.words) for s in read], limit=512,
    )["coverage"]  # fmt: skip
    transfer = Held(predictions=predictions, tnld=found["tnld"], seed=0, piece_overlap=found["piece_overlap"])
    found |= {name: transfer[name] for name in (
        "transfer", "zero_shot", "transfer_pairs", "regression", "correlations", "advice", "advice_quality",
        "donor_order",
    )}  # fmt: skip

    filled = [Filled(s, e, c, "x", "fits") for s, (c, e) in zip(read, cells, strict=False)]
    plan = SwapPlan(filled, [Swap("context", n, 0) for n in range(len(filled))], frozenset(),
                    {e.id: "test" for _, e in cells})  # fmt: skip
    passes = SimpleNamespace(
        tags=[s.tags for s in read[: len(filled)]], certainty=[[0.5] * len(s.tags) for s in read[: len(filled)]],
        vectors=vectors["after", 0], before=vectors["before", 0], layer=0,
    )  # fmt: skip
    swapped = Held(plan=plan, reading=passes, passes=passes, outputs=passes)
    found |= {name: swapped[name] for name in ("swap", "swap_summary")}
    answers = [Answer("en", 0, "be", "be/c/e", "LOC", "c", "e", change, "x", "x", 1, change != "own", "")
               for change in ("own", "donor's form")]  # fmt: skip
    found["counterfactuals"] = Held(answers=answers)["counterfactuals"]
    found["counterfactual_contrasts"] = Held(counterfactuals=found["counterfactuals"])["counterfactual_contrasts"]
    causes = Held(factors=found["factors"], recipient="be", against="ru", donor="en")
    found["causes"] = causes["causes"]
    said = [Said(ModelId("en", 0), Placed(s, "PER", s.language, "x"), s.tags, 0.5) for s in read[:2]]
    found["readings"] = Held(said=said)["readings"]
    name = Held(pieces=found["pieces"].drop_duplicates("language"), entity="x", language="be", reference="en")
    found["name_causes"] = name["name_causes"]
    placers = {key: Placer(X, np.asarray(X[:, :2]), "pca") for key, X in vectors.items()}
    found["places"] = Held(placers=placers, typed={key: X[0] for key, X in vectors.items()})["places"]
    extraction = SimpleNamespace(
        stages=("before", "after"), layers=(0,), of="words", model="m", tuned="t", donor="en", tuned_seed=0, step=3
    )
    found["vectors"] = Held(request=extraction, n=4, width=12)["vectors"]
    found |= _of_the_paper(corpus, cells, read, vectors, found)

    workspace = runs.workspace_folder(tmp_path_factory.mktemp("workspace"))
    two = [runs.create(workspace, "demo", {"donor": "en", "model": "m", "languages": ["en"], "size": n}, n)
           for n in (1, 2)]  # fmt: skip
    for run in two:
        run.write_table("transfer", found["transfer"])
    compared = Held(workspace=workspace, a=two[0], b=two[1], among=two)
    found |= {name: compared[name] for name in ("runs", "request_differences", "errors_compared")}
    two[0].table_path("transfer").write_text("donor\n")
    return found | {"damages": compared["damages"]}


def _of_the_paper(
    corpus: datasets.SyntheticNER, cells: list[Any], read: list[Any], vectors: dict[Any, Any],
    known: dict[str, pd.DataFrame],
) -> dict[str, pd.DataFrame]:  # fmt: skip
    points = known["points"].assign(name=[s.entity for s in read])
    clubs = points.assign(type=["LOC", "ORG"] * (len(points) // 2), name=[f"n{n // 2}" for n in range(len(points))])
    sample = SimpleNamespace(corpus=corpus, train=cells[:4], test=cells, named=[("Minsk", cells[0])])
    first = Held(maps=known["map"], points=points)
    paper = Held(
        findings=[Finding("spelling", "holds", 0.5, n=3)], items=("figure5",), request=PaperRequest(("figure5",)),
        sample=sample, vectors=vectors, points=points, item="figure2", map_quality=known["map_quality"], seed=0,
        deltas=known["deltas"].assign(donor="en", seed=0), maps=known["map"],
    )  # fmt: skip
    others = np.random.default_rng(1).normal(size=(len(points), 12))
    around = Surroundings.of(others, clubs.assign(entity="e"), set(), 0)
    club = Held(X=vectors["after", 0], points=clubs, around=around)
    return {
        **{name: paper[name] for name in ("paper_claims", "paper_items", "paper_settings", "paper_table2",
                                          "paper_maps", "paper_figure4")},
        "paper_figure1": first["paper_figure1"],
        "paper_figure2": Held(maps=known["map"], points=known["points"].drop(columns="point"))["paper_figure2"],
        "paper_clubs": club["paper_clubs"],
    }  # fmt: skip


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_function_behind_a_table_makes_its_columns(name: str, made: dict[str, pd.DataFrame]) -> None:
    frame, spec = made[name], CATALOGUE[name]
    assert list(frame.columns) == list(spec.columns)
    assert len(frame)
    for column, declared in spec.columns.items():
        found = frame[column]
        if declared.dtype == "string":
            assert found.map(type).eq(str).where(found.notna(), True).all(), column
        else:
            assert str(found.dtype) == declared.dtype, column
        assert declared.meaning, column


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_table_is_read_as_it_was_written(name: str, made: dict[str, pd.DataFrame]) -> None:
    csv = runs.to_csv(made[name])
    again = parse_table(name, csv)
    assert runs.to_csv(again) == csv
    for column, declared in CATALOGUE[name].columns.items():
        assert (str(again[column].dtype) == "string") == (declared.dtype == "string"), column


SMALL = TableSpec(
    "small", "", {**PAIR, "n": integer("n"), "known": integer_or_gap("n"), "value": real("v"), "note": text("t")}
)


def test_rows_get_the_types_of_their_table() -> None:
    frame = SMALL.frame([("be", "en", 3, None, 1, "x"), ("be", "ru", 4, 2, None, "")])
    assert frame.dtypes.astype(str).tolist()[2:5] == ["int64", "Int64", "float64"]
    assert runs.to_csv(frame) == "a,b,n,known,value,note\nbe,en,3,,1,x\nbe,ru,4,2,,\n"
    assert SMALL.frame().dtypes.astype(str).tolist()[2:5] == ["int64", "Int64", "float64"]
    with pytest.raises(ValueError, match="small has the columns"):
        SMALL.checked(frame.drop(columns="n"))
    with pytest.raises((TypeError, ValueError)):
        SMALL.frame([("be", "en", None, None, 1, "")])


def test_a_word_that_looks_like_a_gap_or_a_number_stays_a_word() -> None:
    frame = parse_table(
        "points", "point,sentence,language,type,entity,form\n0,en/c/e,en,ORG,12,NA\n1,en/c/f,en,ORG,7,\n"
    )
    assert frame["form"].tolist()[0] == "NA"
    assert frame["form"].isna().tolist() == [False, True]
    assert frame["entity"].tolist() == ["12", "7"]
    assert parse_table("of a user", "language,n\nNA,1\n")["language"].tolist() == ["NA"]
    assert parse_table("points", "").empty


def test_a_table_is_made_of_other_tables_each_once(made: dict[str, pd.DataFrame]) -> None:
    calls = []
    held = Held(predictions=Later(lambda: calls.append(1) or made["predictions"]))
    pd.testing.assert_frame_equal(held["spread"], made["spread"])
    assert held["scores"] is held["scores"]
    assert calls == [1]
    with pytest.raises(UsageError, match="nearest needs point"):
        Held()["nearest"]
    with pytest.raises(UsageError, match=r"Unknown table 'x'\. Choose from isotropy, dimensions\."):
        known_table("x", ("isotropy", "dimensions"))


X = np.eye(4)
WRONG: dict[str, Any] = {
    "a bare array": X,
    "arrays of one dimension": {("before", 0): X[0]},
    "labels of another number": {("before", 0): np.eye(5)},
    "keys that are no stage and layer": {"before": X},
}
VECTOR_TABLES = (
    "isotropy", "parallel_cosine", "dimensions", "hubness", "retrieval", "nearest", "siblings", "cka", "drift",
    "groups",
)  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", VECTOR_TABLES)
def test_vectors_of_a_wrong_shape_are_told_in_one_line(name: str, wrong: str) -> None:
    points = pd.DataFrame({"sentence": ["be/c/e"] * 4, "language": "be", "type": "PER", "entity": "e", "form": "E"})
    held = Held(vectors=WRONG[wrong], languages=["be"] * 4, types=["PER"] * 4, cells=list("abcd"), points=points,
                point=0, entity="e")  # fmt: skip
    with pytest.raises(DataError, match="stage and layer|at before, layer 0"):
        held[name]
