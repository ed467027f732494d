"""Counterfactual names: cuts against every way to cut, sentences by hand, contrasts against scipy, the job."""

import random
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tiny_encoders import PIECES, unigram
from training_samples import demo_request

from nerspace.datasets import Sentence
from nerspace.engine import runs
from nerspace.engine.encoders.batching import encode
from nerspace.engine.errors import UsageError
from nerspace.engine.names.distances import tnld
from nerspace.engine.requests.swapping import make_swap_request, require_parallel
from nerspace.engine.runs import jobs
from nerspace.engine.statistics.cells import OWN
from nerspace.engine.swapping.contrasts import contrast_table, holm_corrected
from nerspace.engine.swapping.counterfactuals import CHANGES, DONOR, Plan, random_form, to_cyrillic, with_form
from nerspace.engine.swapping.cutting import Cutter


def sentence(
    text: str, name: str, language: str = "en", context: str = "c1", entity: str = "w", kind: str = "LOC"
) -> Sentence:
    words = tuple(text.split())
    inside = [place for place, word in enumerate(words) if word in name.split()]
    tags = tuple("O" if p not in inside else f"{'B' if p == inside[0] else 'I'}-{kind}" for p in range(len(words)))
    return Sentence(words, tags, text, "x", "test", language, kind, "nominative", context, entity)


@pytest.fixture(scope="module")
def tokenizer():
    return unigram([("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *PIECES], "<s>", "</s>")


def every_cut(word: str, pieces: dict[str, float]) -> dict[int, float]:
    """Number of pieces → the best score of all ways to cut a word, by trying each."""
    best: dict[int, float] = {}
    for count in range(len(word)):
        for places in combinations(range(1, len(word)), count):
            parts = [word[a:b] for a, b in zip((0, *places), (*places, len(word)), strict=True)]
            if all(part in pieces and part != "▁" for part in parts):
                best[len(parts)] = max(best.get(len(parts), -np.inf), sum(pieces[part] for part in parts))
    return best


@pytest.mark.parametrize("name", ["Washington", "Washing", "Waton"])
def test_a_forced_cut_is_the_best_of_all_with_so_many_pieces(tokenizer, name: str) -> None:
    pieces, cutter = dict(PIECES), Cutter(tokenizer)
    [item] = encode([sentence(f"the {name} a", name)], tokenizer)
    known = every_cut(f"▁{name}", pieces)
    own = len(item.entity_pieces)
    for wanted in range(1, len(name) + 2):
        found = cutter.cut(item, exactly=wanted)
        assert (found is None) == (wanted not in known)
        if found is not None:
            tokens = [tokenizer.id_to_token(found.ids[p]) for p in found.entity_pieces]
            assert "".join(tokens) == f"▁{name}"
            assert len(tokens) == wanted
            assert sum(pieces[token] for token in tokens) == pytest.approx(known[wanted])
            # All around the name is as it was.
            assert [found.ids[p] for p in found.pieces[0]] == [item.ids[p] for p in item.pieces[0]]
            assert [found.ids[p] for p in found.pieces[2]] == [item.ids[p] for p in item.pieces[2]]
            assert (found.ids[0], found.ids[-1]) == (item.ids[0], item.ids[-1])
    if own + 2 in known:
        assert len(cutter.cut(item, extra=2).entity_pieces) == own + 2


def test_several_words_share_their_extra_pieces_and_unknown_letters_are_not_cut(tokenizer) -> None:
    cutter = Cutter(tokenizer)
    [two, unknown] = encode(
        [sentence("a Washington aton", "Washington aton"), sentence("a Wa☃ton", "Wa☃ton")], tokenizer
    )
    own = len(two.entity_pieces)
    found = cutter.cut(two, extra=2)
    assert len(found.entity_pieces) == own + 2
    # No cut of these letters has one piece more.
    assert cutter.cut(two, extra=1) is None
    assert cutter.cut(two, extra=99) is None
    assert cutter.cut(unknown, extra=1) is None
    [none] = encode([sentence("a the", "")], tokenizer)
    assert cutter.cut(none, extra=1) is None


def test_word_pieces_are_cut_behind_their_prefix(tiny_bert: Path) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tiny_bert / "tokenizer.json"))
    [item] = encode([sentence("a washington b", "washington")], tokenizer)
    tokens = [tokenizer.id_to_token(item.ids[p]) for p in item.entity_pieces]
    assert tokens == ["washing", "##ton"]
    found = Cutter(tokenizer).cut(item, extra=2)
    assert [tokenizer.id_to_token(found.ids[p]) for p in found.entity_pieces] == ["washing", "##t", "##o", "##n"]


def test_another_name_brings_its_own_words_and_tags() -> None:
    own = sentence("went to Rome today", "Rome")
    assert with_form(own, "New York").words == ("went", "to", "New", "York", "today")
    assert with_form(own, "New York").tags == ("O", "O", "B-LOC", "I-LOC", "O")
    assert with_form(own, "") is None
    assert with_form(sentence("a b", ""), "Rome") is None
    two = Sentence(("A", "B"), ("B-LOC", "B-LOC"), "A B", "x", "test", "en", "LOC", "nominative", "c", "e")
    assert with_form(two, "Rome") is None


def test_letters_go_into_the_other_script_and_random_ones_keep_shape_and_distance() -> None:
    assert to_cyrillic("Washington", "ru") == "Вашингтон"
    assert to_cyrillic("Washington", "be") == "Вашінгтон"
    form, other = "Vaşington", "Washington"
    gaps = []
    for seed in range(20):
        found = random_form(form, other, random.Random(seed))
        assert len(found) == len(form)
        assert (found[0].isupper(), found[1:].islower()) == (True, True)
        gaps.append(abs(tnld(found, other) - tnld(form, other)))
    assert max(gaps) <= 0.1 + 1e-9
    assert random_form("Rome", "Rome", random.Random(0)) is None
    assert random_form("123", "Rome", random.Random(0)) is None


def test_every_change_is_made_or_says_why_not(tokenizer) -> None:
    texts = [
        sentence("the Washington a", "Washington"), sentence("а Вашынгтон ад", "Вашынгтон", "be"),
        sentence("the Vaton a", "Vaton", "tr"), sentence("the aton a", "aton", "tr", entity="v"),
        sentence("the Washington a", "Washington", "es"),
    ]  # fmt: skip
    plan = Plan({s.id: s for s in texts}, "en", ["be", "tr", "es"], 0, Cutter(tokenizer), 50)
    made = plan.texts()
    assert made["be", "c1/w", "donor's form"].words == ("а", "Washington", "ад")
    assert made["be", "c1/w", "donor's context"].words == ("the", "Вашынгтон", "a")
    assert made["be", "c1/w", DONOR] is texts[0]
    assert made["be", "c1/w", "name in Latin"].words == ("а", "Vashyngton", "ад")
    assert made["be", "c1/w", "sentence in Latin"].words == ("a", "Vashyngton", "ad")
    assert made["be", "c1/w", "donor's form in own script"].words[1] == "Вашінгтон"
    assert made["tr", "c1/w", "another name"].words == ("the", "aton", "a")
    assert made["tr", "c1/w", "name in Latin"] == "already in Latin letters"
    assert made["es", "c1/w", "donor's form"] == "the form is the donor's"
    keys = [key for key, text in made.items() if not isinstance(text, str)]
    whole = dict(zip(keys, encode([made[key] for key in keys], tokenizer), strict=True))
    asked = list(plan.asked({key: whole.get(key, text) for key, text in made.items()}))
    assert {(one.recipient, one.change) for one in asked} == {
        (r, c) for r in ("be", "tr", "es") for c in (OWN, *CHANGES)
    }
    assert all((one.item is None) == bool(one.why) for one in asked)


# -- contrasts


def answers(before: list[int], after: list[int], seeds: int = 1) -> pd.DataFrame:
    rows = []
    for seed in range(seeds):
        for number, (old, new) in enumerate(zip(before, after, strict=True)):
            cell = (f"c{number % 7}", f"n{number % 11}")
            about = ("en", seed, "be", f"be/{cell[0]}/{cell[1]}-{number}", "LOC", *cell)
            rows += [(*about, OWN, "", "", 1, old, ""), (*about, "donor's form", "", "", 1, new, "")]
            rows.append((*about, "+4 pieces", "", "", None, None, "no cut into so many pieces"))
    columns = ["donor", "seed", "recipient", "sentence", "type", "context", "entity", "change", "text", "form",
               "pieces", "wrong", "why"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).astype({"wrong": "Int64"})


def row(table: pd.DataFrame, change: str) -> pd.Series:
    return table[table["change"] == change].iloc[0]


def test_a_contrast_is_the_paired_difference_with_the_exact_test() -> None:
    generator = np.random.default_rng(0)
    before, after = generator.integers(0, 2, (2, 60)).tolist()
    table = contrast_table(answers(before, after))
    found = row(table, "donor's form")
    worse = sum(b < a for b, a in zip(before, after, strict=True))
    better = sum(b > a for b, a in zip(before, after, strict=True))
    assert found["difference"] == pytest.approx(100 * (np.mean(after) - np.mean(before)))
    assert (found["worse"], found["better"], found["n"]) == (worse, better, 60)
    assert found["p"] == pytest.approx(stats.binomtest(worse, worse + better).pvalue)
    assert found["low"] < found["difference"] < found["high"]
    assert (found["names"], found["contexts"]) == (11, 7)
    lost = row(table, "+4 pieces")
    assert (lost["n"], lost["unvaried"], lost["why"]) == (0, 60, "no cut into so many pieces")
    assert np.isnan([lost["difference"], lost["p"], lost["p_holm"]]).all()
    # Two seeds that say the same are no more sentences than one.
    again = row(contrast_table(answers(before, after, seeds=2)), "donor's form")
    assert (again["n"], again["seeds"]) == (60, 2)
    assert again["p"] == found["p"]
    assert again["high"] == pytest.approx(found["high"])


def test_a_change_that_changes_nothing_has_no_p_below_one_and_none_at_all_is_empty() -> None:
    found = row(contrast_table(answers([1, 0] * 10, [1, 0] * 10)), "donor's form")
    assert (found["difference"], found["p"], found["worse"], found["better"]) == (0, 1, 0, 0)
    assert contrast_table(answers([], [])).empty


def test_holm_is_that_of_statsmodels() -> None:
    from statsmodels.stats.multitest import multipletests

    p = [0.01, 0.04, 0.03, 0.5, 0.002]
    assert holm_corrected(p) == pytest.approx(list(multipletests(p, method="holm")[1]))
    assert holm_corrected([0.02, float("nan")])[0] == 0.02
    assert holm_corrected([]) == []


# -- the job


def test_the_job_reads_with_every_model_and_the_tables_fit_the_predictions(tmp_path: Path, tiny_xlmr: Path) -> None:
    workspace = runs.workspace_folder(tmp_path)
    fields = {"donor": "en", "donors": ("en", "be"), "size": 16, "epochs": 1, "probe_every": 0}
    run = runs.create(workspace, "finetune", demo_request(tiny_xlmr, **fields), 0)
    assert jobs.execute(run) == "finished", run.info()
    request = make_swap_request(run, counterfactual=True, device="cpu")
    assert list(request["models"]) == ["en-0", "be-0"]
    done = runs.create(workspace, "swap", request, 0)
    assert jobs.execute(done) == "finished", done.info()
    table, contrasts = done.read_table("counterfactuals"), done.read_table("counterfactual_contrasts")
    own = table[table["change"] == OWN].set_index(["donor", "sentence"])["wrong"]
    said = run.read_table("predictions").set_index(["donor", "sentence"])["wrong"]
    assert len(own)
    assert (said.loc[own.index] == own).all()
    assert set(contrasts["change"]) == set(CHANGES)
    assert (table["wrong"].isna() == (table["why"].fillna("") != "")).all()
    events = [event["event"] for _, event in done.events()]
    assert "progress" in events


def test_sentences_without_a_parallel_are_refused(tmp_path: Path) -> None:
    workspace = runs.workspace_folder(tmp_path)
    run = runs.create(workspace, "finetune", {"donor": "en"}, 0)
    with pytest.raises(UsageError, match="kept no sentences"):
        require_parallel(run)
    names = ["sentence", "split", "language", "type", "case", "context", "entity", "form", "words", "tags", "text"]
    run.write_table(
        "sentences", pd.DataFrame([("be/test/0", "test", "be", "", "", "", "", "a", "a", "B-LOC", "a")], columns=names)
    )
    with pytest.raises(UsageError, match="not parallel"):
        require_parallel(run)
