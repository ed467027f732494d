"""The cosines of one name between languages, beside those of all other names."""

import numpy as np
import pandas as pd
import pytest

from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.geometry.siblings import mention_siblings_table, siblings_table
from nerspace.engine.tables.index import CATALOGUE


def _points(rows):
    frame = pd.DataFrame(rows, columns=["language", "context", "entity"])
    frame["sentence"] = frame["language"] + "/" + frame["context"] + "/" + frame["entity"]
    return frame.assign(point=range(len(frame)))


def test_a_case_worked_out_by_hand():
    points = _points([("be", "c", "e"), ("ru", "c", "e"), ("ru", "c", "other"), ("be", "c", "other")])
    X = np.array([[1.0, 0], [0, 2], [3, 0], [0, 1]])
    found = siblings_table({("after", 3): X}, points, "e")
    told = {"stage": "after", "layer": 3, "entity": "e", "a": "be", "b": "ru", "n": 1, "cosine": 0.0, "floor": 1.0}
    assert found.drop(columns="floor_type").to_dict("records") == [told]
    assert found["floor_type"].isna().all()
    assert list(found.columns) == list(CATALOGUE["siblings"].columns)


def test_the_floor_of_a_type_is_of_other_names_of_that_type_alone():
    points = _points([("be", "c", "e"), ("ru", "c", "e"), ("ru", "c", "other"), ("be", "c", "other"), ("ru", "c", "x")])
    X = np.array([[1.0, 0], [0, 2], [3, 0], [0, 1], [-1, 0]])
    found = siblings_table({("after", 3): X}, points.assign(type=["LOC", "LOC", "PER", "PER", "LOC"]), "e").iloc[0]
    # be has no other LOC, so nothing is known of its side.
    assert np.isnan(found["floor_type"])
    found = siblings_table({("after", 3): X}, points.assign(type=["LOC", "LOC", "PER", "LOC", "LOC"]), "e").iloc[0]
    assert found["floor_type"] == pytest.approx((-1 + 1) / 2)
    assert found["floor"] == pytest.approx((0 + 1) / 2)


def test_it_agrees_with_loops_over_all_pairs():
    generator = np.random.default_rng(1)
    codes, contexts, names = ["be", "en", "ru"], ["c1", "c2", "c3"], ["e1", "e2", "e3"]
    points = _points([(code, context, name) for code in codes for context in contexts for name in names])
    X = generator.normal(size=(len(points), 5))
    found = siblings_table({("before", 0): X}, points, "e2").set_index(["a", "b"])

    def cosine(i, j):
        return X[i] @ X[j] / np.linalg.norm(X[i]) / np.linalg.norm(X[j])

    rows = points.to_dict("records")
    for a, b in found.index:
        own, strangers = [], []
        for i, one in enumerate(rows):
            for j, two in enumerate(rows):
                if {one["language"], two["language"]} != {a, b} or one["entity"] != "e2":
                    continue
                if two["entity"] == "e2" and one["context"] == two["context"]:
                    own.append(cosine(i, j))
                elif two["entity"] != "e2":
                    strangers.append(cosine(i, j))
        assert found.loc[(a, b), "cosine"] == pytest.approx(np.mean(own))
        assert found.loc[(a, b), "floor"] == pytest.approx(np.mean(strangers))
        assert found.loc[(a, b), "n"] == 3


def test_languages_that_share_no_context_have_no_value_and_unknown_names_are_refused():
    points = _points([("be", "c1", "e"), ("ru", "c2", "e")])
    X = np.eye(2)
    row = siblings_table({("after", 0): X}, points, "e").iloc[0]
    assert row["n"] == 0
    assert np.isnan(row["cosine"])
    assert np.isnan(row["floor"])
    with pytest.raises(UsageError, match="no point"):
        siblings_table({("after", 0): X}, points, "nobody")
    with pytest.raises(DataError, match="zero"):
        siblings_table({("after", 0): np.zeros((2, 2))}, points, "e")


def test_one_name_alone_has_no_floor():
    points = _points([("be", "c1", "e"), ("ru", "c1", "e")])
    row = siblings_table({("after", 0): np.array([[1.0, 1], [1, 1]])}, points, "e").iloc[0]
    assert row["cosine"] == pytest.approx(1)
    assert np.isnan(row["floor"])


def test_mentions_in_any_sentences_agree_with_loops_over_all_pairs():
    generator = np.random.default_rng(2)
    codes = ["de", "fr", "de", "fr", "fr", "de", "ja"]
    points = pd.DataFrame({"language": codes, "type": ["LOC", "LOC", "LOC", "LOC", "PER", "LOC", "LOC"]})
    points["entity"] = [f"s{i}.0" for i in range(len(points))]
    own = np.array([True, True, True, False, False, False, False])
    X = generator.normal(size=(len(points), 5))
    [row] = mention_siblings_table({("after", 1): X}, points, "köln", own).to_dict("records")
    assert (row["a"], row["b"], row["n"], row["entity"]) == ("de", "fr", 1, "köln")

    def mean(pairs):
        return np.mean([X[i] @ X[j] / np.linalg.norm(X[i]) / np.linalg.norm(X[j]) for i, j in pairs])

    assert row["cosine"] == pytest.approx(mean([(0, 1), (2, 1)]))
    # Its mentions here beside all other names there, and the other way round.
    assert row["floor"] == pytest.approx((mean([(0, 3), (2, 3), (0, 4), (2, 4)]) + mean([(1, 5)])) / 2)
    assert row["floor_type"] == pytest.approx((mean([(0, 3), (2, 3)]) + mean([(1, 5)])) / 2)
