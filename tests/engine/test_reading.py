"""Names and sentences that the models of a run read on demand, in a process that stays warm."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from asked_sample import CODES, untested

from nerspace.engine import runs
from nerspace.engine.encoders import Encoder
from nerspace.engine.errors import NerspaceError
from nerspace.engine.geometry.stored import read_stored
from nerspace.engine.projection import project
from nerspace.engine.reading.client import Progress, Reader, joined
from nerspace.engine.reading.placing import MEDIAN, PCA, TRANSFORM, Placer
from nerspace.engine.reading.tables import (
    READINGS,
    in_words,
    name_cause_table,
    readings_of_tests,
    short,
    tally,
    verdict_of,
)
from nerspace.engine.runs import Run

# A process of its own reads, which takes seconds to begin.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reader(askable: Run) -> Iterator[Reader]:
    made = Reader(askable)
    yield made
    made.close()


def test_a_name_is_read_in_test_contexts_of_every_type_as_the_run_read_it(askable: Run, reader: Reader) -> None:
    told: list[Progress] = []
    read = reader.name("loc-washington", told=told.append)
    rows = read.readings
    assert set(rows["language"]) == set(CODES)
    counted = rows[rows["language"] == "be"]["context_type"].value_counts()
    assert counted.to_dict() == {"LOC": 8, "PER": 4, "ORG": 4}
    sentences = askable.read_table("sentences")
    train = sentences[sentences["split"] == "train"]
    assert set(rows["context"]).isdisjoint(train["context"])
    # The sentences that the run tested are among them, and nothing else is said of them.
    before = readings_of_tests(askable.read_table("predictions"), sentences, "loc-washington")
    both = before.merge(rows, on=["donor", "seed", "sentence", "spelling"], suffixes=("", "_now"))
    assert len(both) == len(before) >= 3
    assert both["predicted"].tolist() == both["predicted_now"].tolist()
    assert both["verdict"].tolist() == both["verdict_now"].tolist()
    totals = {step.total for step in told if step.total}
    assert len(totals) == 1
    assert [step.done for step in told] == sorted(step.done for step in told)
    assert told[-1].done == told[-1].total


def test_its_vectors_are_compared_in_the_same_contexts_beside_all_other_names(askable: Run, reader: Reader) -> None:
    read = reader.name("loc-washington", ("be", "ru"))
    row = read.siblings.query("a == 'be' and b == 'ru' and stage == 'after' and layer == 2").iloc[0]
    assert row["n"] == 8
    home = read.readings[read.readings["context_type"] == "LOC"].set_index(["context", "language"])
    encoder = Encoder(str(askable.path / "model"))
    from nerspace.datasets import Sentence

    def vector(context: str, code: str) -> np.ndarray:
        own = home.loc[(context, code)]
        words, tags = own["words"].split(" "), own["gold"].split(" ")
        sentence = Sentence(tuple(words), tuple(tags), "", "", "", code, "LOC", "nominative", context, "e")
        return encoder.read([sentence], layers=[2]).vectors[2][0]

    cosines = []
    for context in {context for context, _ in home.index}:
        a, b = vector(context, "be"), vector(context, "ru")
        cosines.append(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    assert row["cosine"] == pytest.approx(np.mean(cosines), abs=1e-4)
    stored = read_stored(askable, stage="after", layer=2)
    assert set(stored.rows["entity"]) - {"loc-washington"}
    assert -1 <= row["floor"] <= 1
    assert row["floor"] == row["floor"]


def test_a_name_that_is_in_no_test_sentence_is_read_too(askable: Run, tmp_path: Path) -> None:
    run = untested(askable, "loc-washington", tmp_path)
    reader = Reader(run)
    try:
        read = reader.name("loc-washington", ("be", "ru"))
    finally:
        reader.close()
    assert len(read.readings) == 2 * 16
    assert read.siblings["n"].max() == 8


def test_the_card_counts_pieces_vectors_and_errors_and_the_other_spelling_in_the_same_contexts(reader: Reader) -> None:
    import pandas as pd

    crossed = reader.name("loc-washington", ("be", "ru"), crossed=True)
    read = joined(reader.name("loc-washington"), crossed)
    pieces = pd.DataFrame({"language": ["be", "ru"], "form": ["Вашынгтон", "Вашингтон"],
                           "pieces": ["▁Ваш ын г тон", "▁Вашингтон"]})  # fmt: skip
    card = name_cause_table(pieces, "loc-washington", "be", "ru", read.siblings, read.readings)
    rows = card.set_index(["cause", "stage"])
    assert rows.loc[("pieces", ""), ["value", "against"]].tolist() == [4, 1]
    assert rows.loc[("pieces", ""), "says"] == "4 pieces against 1 in ru, none shared"
    for stage in ("before", "after"):
        own = read.siblings.query(f"a == 'be' and b == 'ru' and stage == '{stage}' and layer == 2").iloc[0]
        row = rows.loc["cosine", stage]
        assert (row["value"], row["floor"], row["n"]) == (own["cosine"], own["floor"], 8)
        assert f"cosine {short(own['cosine'])} (floor {short(own['floor'])}) {stage}" in row["says"]
    said = read.readings
    home = said[(said["context_type"] == "LOC") & (said["language"] == "be")]
    wrong = {code: int((home[home["spelling"] == code]["verdict"] != "right").sum()) for code in ("be", "ru")}
    assert rows.loc[("errors", ""), ["value", "n"]].tolist() == [wrong["be"], 8]
    assert rows.loc[("own spelling", ""), ["value", "against", "n"]].tolist() == [wrong["ru"], wrong["be"], 8]
    assert f"with the ru spelling in the same contexts {wrong['ru']} of 8" in rows.loc[("own spelling", ""), "says"]
    assert rows.loc[("context", ""), "n"] == 8
    assert in_words(card, "Вашынгтон").startswith("be Вашынгтон: 4 pieces against 1 in ru, none shared; TNLD .10")


def test_unread_right_wrong_and_followed_the_context_are_told_apart() -> None:
    gold = ["B-LOC", "O"]
    assert verdict_of(gold, ["B-LOC", "O"], "PER") == "right"
    assert verdict_of(gold, ["B-PER", "O"], "PER") == "context"
    assert verdict_of(gold, ["B-PER", "O"], "LOC") == "wrong"
    assert verdict_of(gold, ["B-ORG", "O"], "PER") == "wrong"
    assert verdict_of(gold, ["O", "O"], "PER") == "wrong"
    assert verdict_of(gold, ["B-LOC", "B-PER"], "LOC") == "wrong"
    assert tally(["right", "unread", "right", "context"]) == "2 right, 1 followed the context, 1 not read"


def test_a_sentence_is_tagged_by_every_model_and_lies_where_the_map_has_it(askable: Run, reader: Reader) -> None:
    points, sentences = askable.read_table("points"), askable.read_table("sentences").set_index("sentence")
    row = points[points["language"] == "be"].iloc[3]
    own = sentences.loc[row["sentence"]]
    words, tags = own["words"].split(" "), own["tags"].split(" ")
    inside = [place for place, tag in enumerate(tags) if tag != "O"]
    marked = [f"[{w}" if i == inside[0] else w for i, w in enumerate(words)]
    marked[inside[-1]] += "]"
    read = reader.text(" ".join(marked))
    assert read.words == tuple(words)
    assert (read.span, read.how) == ((inside[0], inside[-1] + 1), "in brackets")
    assert [str(one.model) for one in read.tagged] == ["en-0"]
    predicted = askable.read_table("predictions").set_index("sentence").loc[row["sentence"], "predicted"]
    assert list(read.tagged[0].tags) == predicted.split(" ")
    assert len(read.tagged[0].certainty) == len(words) == len(read.pieces)
    maps = askable.read_table("map")
    for (stage, layer), near in read.nearest.groupby(["stage", "layer"]):
        assert near["cosine"].iloc[0] == pytest.approx(1, abs=1e-4)
        drawn = maps[(maps["stage"] == stage) & (maps["layer"] == layer)].set_index("point")
        place = read.places[(read.places["stage"] == stage) & (read.places["layer"] == layer)].iloc[0]
        assert place["how"] == TRANSFORM
        # A map of the embedding layer has many points in one place, so only the output tells where it has to be.
        if layer:
            gap = np.hypot(place["x"] - drawn.loc[row["point"], "x"], place["y"] - drawn.loc[row["point"], "y"])
            assert gap < 0.25 * max(np.ptp(drawn["x"]), np.ptp(drawn["y"]))


def test_what_cannot_be_read_is_told_and_the_process_stays_warm(askable: Run, reader: Reader, tmp_path: Path) -> None:
    reader.text("Washington")
    with pytest.raises(NerspaceError, match="has no name 'nobody'"):
        reader.name("nobody")
    with pytest.raises(NerspaceError, match="nothing to read"):
        reader.text("   ")
    assert reader.is_warm
    assert reader.text("hello [\x1b[31m").words
    bare = runs.create(tmp_path, "demo", askable.info()["request"], 0)
    other = Reader(bare)
    with pytest.raises(NerspaceError, match="kept no model"):
        other.text("Washington")
    other.close()


def test_closing_ends_a_reading_under_way_and_a_new_question_starts_anew(askable: Run) -> None:
    reader = Reader(askable)
    failed: list[str] = []

    def ask() -> None:
        try:
            reader.name("loc-washington")
        except NerspaceError as error:
            failed.append(error.message)

    thread = threading.Thread(target=ask)
    thread.start()
    while not reader.is_warm:
        time.sleep(0.01)
    reader.close()
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert failed == ["The process that reads with the run's models ended."]
    assert reader.text("Washington").words == ("Washington",)
    reader.close()


def test_a_new_vector_lands_beside_its_like_and_no_other_point_moves() -> None:
    generator = np.random.default_rng(0)
    middles = 10 * generator.normal(size=(3, 8))
    X = np.concatenate([middle + generator.normal(size=(30, 8)) for middle in middles]).astype(np.float32)
    for method, how in (("tsne", TRANSFORM), ("pca", PCA)):
        plane = project(X, method, perplexity=10)
        kept = plane.copy()
        placer = Placer(X, plane, method)
        placed, said = placer.place(middles)
        assert said == how
        assert (plane == kept).all()
        centres = np.array([plane[30 * k : 30 * k + 30].mean(axis=0) for k in range(3)])
        nearest = np.linalg.norm(placed[:, None] - centres[None], axis=2).argmin(axis=1)
        assert nearest.tolist() == [0, 1, 2]
        again, _ = placer.place(middles)
        assert np.allclose(again, placed)
    placed, said = Placer(X, np.roll(plane, 7, axis=0), "pca").place(middles)
    assert said == MEDIAN
    with pytest.raises(NerspaceError, match="holds 3 places for 90 vectors"):
        Placer(X, plane[:3])


def test_no_readings_are_an_empty_table() -> None:
    assert READINGS.frame().empty
