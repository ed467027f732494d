"""What a probe tells of the space and the errors while a model is trained."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import pairwise_distances
from training_samples import demo_request, loaded, some_sentences

from nerspace.engine.errors import UsageError
from nerspace.engine.geometry.grouping import knn_purity, parallel_purity, purity_of, shuffled_purity
from nerspace.engine.geometry.isotropy import average_cosine, isoscore, partition_isotropy
from nerspace.engine.geometry.neighbours import nearest_neighbours
from nerspace.engine.requests.training import Request
from nerspace.engine.runs.records import ProbeRecord
from nerspace.engine.training.probes import probe_space, probed, probed_layers, random_words


@pytest.fixture(params=["tiny_xlmr", "tiny_bert", "tiny_deberta"])
def told(request: pytest.FixtureRequest) -> tuple[object, list, list[ProbeRecord]]:
    sentences = [*some_sentences(12), *some_sentences(12, "be")]
    model, items = loaded(str(request.getfixturevalue(request.param)), sentences)
    return model, items, list(probe_space(model, items, (0, 2), 0, 50))


def test_every_measure_is_told_once_for_every_language_and_layer(told: tuple) -> None:
    keys = [(r.language, r.layer, r.measure) for r in told[2]]
    per_language = [(c, layer, m) for layer in (0, 2) for c in ("en", "be")
                    for m in ("mean_cosine", "isoscore", "log10_partition")]  # fmt: skip
    over_all = [("all", layer, f"knn_purity_{by}") for layer in (0, 2) for by in ("type", "language")]
    assert sorted(keys) == sorted([("en", 2, "wrong"), ("be", 2, "wrong"), *per_language, *over_all])
    assert {r.step for r in told[2]} == {50}


def test_the_values_are_those_of_the_measures_on_means_of_pieces(told: tuple) -> None:
    model, items, records = told
    model.eval()
    found = {(r.language, r.layer, r.measure): r for r in records}
    words = random_words(items, 4, 0)
    vectors: dict[str, list] = {"en": [], "be": [], "entities": []}
    wrong = dict.fromkeys(("en", "be"), 0)
    for item, chosen in zip(items, words, strict=True):
        with torch.no_grad():
            result = model(torch.tensor([item.ids]), output_hidden_states=True)
        hidden = result.hidden_states[2][0].numpy()
        vectors[item.sentence.language] += [hidden[list(word)].mean(0) for word in chosen]
        if item.entity_pieces:
            vectors["entities"].append(hidden[list(item.entity_pieces)].mean(0))
        said = result.logits[0].argmax(-1).tolist()
        tags = [model.config.id2label[said[word[0]]] if word else "O" for word in item.pieces]
        wrong[item.sentence.language] += tags != list(item.sentence.tags)
    for code in ("en", "be"):
        rows = np.array(vectors[code])
        for name, function in (
            ("mean_cosine", average_cosine), ("isoscore", isoscore), ("log10_partition", partition_isotropy),
        ):  # fmt: skip
            assert found[code, 2, name].value == pytest.approx(function(rows), abs=1e-4)
            assert found[code, 2, name].n == len(rows)
        assert found[code, 2, "mean_cosine"].floor is None
        assert found[code, 2, "wrong"].value == wrong[code]
        assert found[code, 2, "wrong"].n == 12
    entities = np.array(vectors["entities"])
    assert 12 < len(entities) < len(items)
    types = [item.sentence.type for item in items if item.entity_pieces]
    purity = found["all", 2, "knn_purity_type"]
    assert purity.value == pytest.approx(knn_purity(entities, types))
    assert purity.floor == shuffled_purity(types)
    cells = [item.sentence.cell for item in items if item.entity_pieces]
    near = nearest_neighbours(entities)
    assert purity.floor_parallel == pytest.approx(parallel_purity(near, types, cells, within=False))


def test_the_floor_of_purity_is_the_mean_over_all_shuffles() -> None:
    labels = ["a", "a", "a", "b", "b", "c"]
    assert shuffled_purity(labels) == pytest.approx((3 * 2 + 2 * 1) / (6 * 5))
    generator = np.random.default_rng(0)
    near = np.argsort(pairwise_distances(generator.normal(size=(6, 3))), axis=1)[:, 1:3]
    drawn = [np.mean(np.array(shuffled)[near] == np.array(shuffled)[:, None])
             for shuffled in (generator.permutation(labels) for _ in range(4000))]  # fmt: skip
    assert np.mean(drawn) == pytest.approx(shuffled_purity(labels), abs=0.01)


def test_the_floor_of_parallel_purity_is_the_mean_over_shuffles_that_keep_parallel_rows_together() -> None:
    generator = np.random.default_rng(0)
    # Names of unlike numbers of languages, near to their own forms.
    cells = np.repeat(np.arange(9), [4, 4, 4, 3, 3, 2, 2, 1, 4])
    types = np.array(list("aaabbbccc"))[cells]
    languages = np.concatenate([np.array(list("wxyz"))[: (cells == cell).sum()] for cell in range(9)])
    X = generator.normal(size=(9, 6))[cells] + 0.7 * generator.normal(size=(len(cells), 6))
    near = nearest_neighbours(X, 5)
    drawn: dict[str, list[float]] = {"type": [], "language": []}
    for _ in range(3000):
        drawn["type"].append(purity_of(near, generator.permutation(np.array(list("aaabbbccc")))[cells]))
        shuffled = languages.copy()
        for cell in range(9):
            shuffled[cells == cell] = generator.permutation(shuffled[cells == cell])
        drawn["language"].append(purity_of(near, shuffled))
    for name, labels in (("type", types), ("language", languages)):
        floor = parallel_purity(near, labels, cells.astype(str), within=name == "language")
        assert np.mean(drawn[name]) == pytest.approx(floor, abs=0.01)
    assert parallel_purity(near, types, cells.astype(str), within=False) > shuffled_purity(types) + 0.1


def test_too_few_sentences_leave_out_what_they_do_not_allow(tiny_xlmr: Path) -> None:
    model, items = loaded(str(tiny_xlmr), some_sentences(1))
    measures = {r.measure for r in probe_space(model, items, (2,), 0, 0)}
    assert "wrong" in measures
    assert not any(measure.startswith("knn") for measure in measures)


def test_languages_layers_and_size_of_the_probes_are_chosen(tiny_xlmr: Path) -> None:
    request = Request.read(demo_request(tiny_xlmr, languages=("en", "be", "pl"), probe_size=2))
    items = loaded(str(tiny_xlmr), [s for code in ("en", "be", "pl") for s in some_sentences(5, code)])[1]
    assert [i.sentence.language for i in probed(items, request)] == ["en", "en", "be", "be", "pl", "pl"]
    some = dataclasses.replace(request, probe_languages=("pl", "en"), probe_layers=(2, 1))
    assert [i.sentence.language for i in probed(items, some)] == ["en", "en", "pl", "pl"]
    model = loaded(str(tiny_xlmr), some_sentences(1))[0]
    assert probed_layers(request, model) == (0, 2)
    assert probed_layers(some, model) == (1, 2)
    with pytest.raises(UsageError, match="no layer 7.*from 0 .* to 2"):
        probed_layers(dataclasses.replace(request, probe_layers=(7,)), model)
