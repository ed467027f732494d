"""Saved models read a user's own sentences: the same answers as in their run, foreign types counted, nothing lost."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from training_samples import demo_request

from nerspace import datasets
from nerspace.datasets.writing import conll
from nerspace.engine import runs
from nerspace.engine.encoders import load_token_classifier, load_tokenizer
from nerspace.engine.encoders.saving import save_model
from nerspace.engine.errors import ModelError, UsageError
from nerspace.engine.evaluation import taggers
from nerspace.engine.evaluation.inputs import Given, given_sentences, labels_of, parts_of
from nerspace.engine.evaluation.stored import TABLES, read_evaluation_table
from nerspace.engine.requests.evaluation import Evaluation, Reader, make_evaluation, newest_run, parse_types, readers_of
from nerspace.engine.runs import Run, jobs
from nerspace.engine.tables.index import table_spec

MADE = ("scores", "modes", "spread", "confusion", "buckets", "failing", "outcomes", "coverage")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return runs.workspace_folder(tmp_path / "workspace")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny_xlmr: Path) -> Run:
    folder = runs.workspace_folder(tmp_path_factory.mktemp("workspace"))
    run = runs.create(folder, "demo", demo_request(tiny_xlmr, epochs=1, perplexity=2.0), 0)
    assert jobs.execute(run) == "finished", run.info()
    return run


def evaluated(workspace: Path, models: Sequence[Reader], data: Path | str, **how: Any) -> Run:
    request = make_evaluation(models, str(data), device="cpu", **how)
    run = runs.create(workspace, "evaluate", request, 0)
    assert jobs.execute(run) == "finished", run.info()
    return run


def write(path: Path, *sentences: str) -> Path:
    """A CoNLL file from sentences such as "Anna/B-PER came/O"."""
    blocks = ["".join(f"{word.replace('/', chr(9), 1)}\n" for word in sentence.split()) for sentence in sentences]
    path.write_text("\n".join(blocks), encoding="utf-8")
    return path


def test_a_model_answers_a_file_of_its_runs_sentences_as_it_did_in_the_run(
    trained: Run, workspace: Path, tmp_path: Path
) -> None:
    expected = trained.read_table("predictions")
    corpus = datasets.load()
    by_id = {(c.id, e.id): (c, e) for c, e in map(corpus.cell, range(len(corpus)))}
    rows = [name.split("/") for name in expected["sentence"]]
    data = tmp_path / "own.conll"
    data.write_text(
        "".join(conll(corpus.sentence_of(*by_id[context, entity], code) for code, context, entity in rows)),
        encoding="utf-8",
    )
    run = evaluated(workspace, readers_of(trained), data, run=trained)
    found = run.read_table("predictions")
    assert found["predicted"].tolist() == expected["predicted"].tolist()
    assert found["confidence"].tolist() == pytest.approx(expected["confidence"].tolist(), abs=1e-4)
    for table in ("scores", "modes"):
        ours, theirs = (read_evaluation_table(r, table)[0].drop(columns="donor") for r in (run, trained))
        assert ours["f1"].tolist() == pytest.approx(theirs["f1"].tolist())


def test_every_table_of_an_evaluation_is_written_with_the_columns_of_the_catalogue(
    trained: Run, workspace: Path, tmp_path: Path
) -> None:
    data = write(tmp_path / "be.conll", "Anna/B-PER came/O", "Minsk/B-LOC is/O", "no/O name/O")
    run = evaluated(workspace, readers_of(trained), data, run=trained)
    assert set(MADE) == set(TABLES)
    for name in (*MADE, "predictions", "sentences"):
        assert list(run.read_table(name).columns) == list(table_spec(name).columns), name
    for name in MADE:
        stored, computed = run.read_table(name), read_evaluation_table(run, name)[0]
        assert len(stored) == len(computed), name
    assert run.info()["known_types"] == ["LOC", "ORG", "PER"]
    assert run.read_table("predictions")["sentence"].tolist() == ["be/all/0", "be/all/1", "be/all/2"]
    # The frequency in training names comes from the run that trained the model.
    assert run.read_table("outcomes")["frequency"].notna().all()


def test_types_that_the_model_does_not_know_are_named_and_counted(
    trained: Run, workspace: Path, tmp_path: Path
) -> None:
    data = write(
        tmp_path / "en.conll", "Anna/B-PER at/O Expo/B-EVENT", "Expo/B-EVENT Two/I-EVENT is/O", "a/O Song/B-ART"
    )
    run = evaluated(workspace, readers_of(trained), data)
    coverage = run.read_table("coverage").set_index(["what", "name"])["n"]
    assert coverage["entities of a type the model does not know", "EVENT"] == 2
    assert coverage["entities of a type the model does not know", "ART"] == 1
    notes = [e["text"] for _, e in run.events() if e["event"] == "note"]
    assert any("3 entities are of a type that the model does not know: EVENT 2, ART 1" in note for note in notes)
    scores = run.read_table("scores").set_index("type")
    assert scores.loc[["all", "known", "EVENT", "ART"], "entities"].tolist() == [4, 1, 2, 1]
    confusion = run.read_table("confusion")
    assert confusion.loc[confusion["gold"].isin(["EVENT", "ART"]), "n"].sum() == 3
    assert run.read_table("buckets").query("bucket == 'length'")["n"].sum() == 1

    mapped = evaluated(workspace, readers_of(trained), data, types={"EVENT": "ORG", "ART": "O"})
    coverage = mapped.read_table("coverage").set_index(["what", "name"])["n"]
    assert coverage["entities mapped", "EVENT as ORG"] == 2
    assert coverage["entities mapped", "ART as O"] == 1
    assert "entities of a type the model does not know" not in coverage
    assert mapped.read_table("predictions")["gold"].tolist() == ["B-PER O B-ORG", "B-ORG I-ORG O", "O O"]


def test_long_sentences_are_read_in_parts_and_words_without_pieces_are_counted(
    trained: Run, workspace: Path, tmp_path: Path
) -> None:
    long = [f"a{'b' * (i % 5)}" for i in range(400)]
    rows = [(["a", "\u200b\u200b", "b"], ["O", "O", "B-PER"]), (long, ["O"] * 400)]
    data = tmp_path / "en.jsonl"
    data.write_text("".join(json.dumps({"words": words, "tags": tags}) + "\n" for words, tags in rows))
    run = evaluated(workspace, readers_of(trained), data)
    predicted = run.read_table("predictions")["predicted"].tolist()
    assert [len(tags.split()) for tags in predicted] == [3, 400]
    coverage = run.read_table("coverage").set_index("what")["n"]
    assert coverage["sentences read in parts"] == 1
    assert coverage["words"] == 403
    # This tokenizer knows no zero-width space, so it is an unknown piece; one that drops it is counted below.
    assert coverage["words without a piece, read as O"] == 0


def test_rows_that_the_reader_left_out_stay_counted(trained: Run, workspace: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "en.conll", "Anna/B-PER came/O", "b/B-ORG c/I-LOC", "d/B-LOC e/O", "f/B-ORG g/O")
    run = evaluated(workspace, readers_of(trained), data)
    coverage = run.read_table("coverage")
    left = coverage[coverage["what"] == "left out by the reader"]
    assert left[["name", "n"]].to_numpy().tolist() == [["I- does not follow its entity", 1]]
    assert len(run.read_table("predictions")) == 3


@pytest.fixture
def foreign(tmp_path: Path, tiny_bert: Path) -> Path:
    """A model of another make: BIOES labels in another order, PERSON for PER, and a type of its own."""
    labels = ("S-PERSON", "O", "B-PERSON", "I-PERSON", "E-PERSON", "B-MISC", "I-MISC")
    torch.manual_seed(0)
    model = load_token_classifier(str(tiny_bert), labels, 0)
    save_model(model, str(tiny_bert), tmp_path / "foreign")
    return tmp_path / "foreign"


def test_a_model_with_other_labels_is_read_in_our_types(foreign: Path, workspace: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "en.conll", "washington/B-PER a/O", "b/B-MISC c/I-MISC d/O", "e/B-LOC f/O")
    run = evaluated(workspace, [Reader("unknown", 0, str(foreign))], data)
    assert run.info()["known_types"] == ["MISC", "PER"]
    tags = {tag for said in run.read_table("predictions")["predicted"] for tag in said.split()}
    assert tags <= {"O", "B-PER", "I-PER", "B-MISC", "I-MISC"}
    coverage = run.read_table("coverage").set_index(["what", "name"])["n"]
    assert coverage["entities of a type the model does not know", "LOC"] == 1
    assert run.read_table("outcomes")["frequency"].isna().all()


def test_labels_of_any_scheme_become_iob2() -> None:
    labels = labels_of({1: "I-ORG", 0: "O", 2: "I-PERSON"}, "io")
    assert labels.read([2, 2, 0, 2, 1, 1]) == ["B-PER", "I-PER", "O", "B-PER", "B-ORG", "I-ORG"]
    bare = labels_of({0: "O", 1: "LOCATION"}, "bare")
    assert bare.read([1, 1, 0, 1]) == ["B-LOC", "I-LOC", "O", "B-LOC"]
    bilou = labels_of({0: "O", 1: "B-PER", 2: "I-PER", 3: "L-PER", 4: "U-PER"}, "bilou")
    assert bilou.read([4, 1, 2, 3, 4]) == ["B-PER", "B-PER", "I-PER", "I-PER", "B-PER"]
    assert (bilou.types, bilou.outside) == (("PER",), 0)
    for names in ({0: "LABEL_0", 1: "LABEL_1"}, {0: "B-PER", 1: "I-PER"}, {0: "O"}, {0: "O", 1: "1 2"}):
        with pytest.raises(ModelError, match="was not trained to tag names"):
            labels_of(names, "x")


@given(st.lists(st.integers(0, 30), min_size=1, max_size=80), st.integers(6, 40))
def test_every_word_is_taken_from_one_part_that_fits(pieces: list[int], limit: int) -> None:
    parts = parts_of(pieces, limit)
    assert [i for start, stop, first, last in parts for i in range(first, last)] == list(range(len(pieces)))
    for start, stop, first, last in parts:
        assert start <= first <= last <= stop
        assert sum(pieces[start:stop]) <= limit - 2 or stop - start == 1
    if sum(pieces) <= limit - 2:
        assert parts == [(0, len(pieces), 0, len(pieces))]


def test_the_words_around_a_seam_are_read_with_context_on_both_sides() -> None:
    parts = parts_of([1] * 100, 42)
    assert parts[:2] == [(0, 40, 0, 35), (30, 70, 35, 65)]


def test_contexts_and_names_are_read_from_their_test_part_and_tagged_data_whole(tmp_path: Path) -> None:
    model = [Reader("en", 0, "nowhere")]

    def ask(source: Path | str, **how: Any) -> Given:
        return given_sentences(Evaluation.read(make_evaluation(model, str(source), **how)))

    product = ask("builtin", languages=["en", "be"], size=7)
    assert [s.language for s in product.sentences] == ["en"] * 7 + ["be"] * 7
    split = datasets.load_parallel().select(languages=["en", "be"]).split(0)
    assert {s.context for s in product.sentences} <= {context.id for context in split.test.contexts}
    with pytest.raises(UsageError, match="Unknown language 'xx'"):
        ask("builtin", languages=["xx"])
    data = write(tmp_path / "words.conll", "a/O b/B-PER")
    assert ask(data).names == ["und/all/0"]
    assert ask(data, languages=["be"]).names == ["be/all/0"]
    with pytest.raises(UsageError, match="Unknown split 'test'"):
        ask(data, splits=["test"])


def test_contexts_and_names_are_cut_as_the_run_cut_them_and_no_training_sentence_is_read(
    trained: Run, workspace: Path
) -> None:
    run = evaluated(workspace, readers_of(trained), "builtin", run=trained, languages=["en"], size=40)
    coverage = run.read_table("coverage").set_index("what")["n"]
    assert coverage["sentences that the model was trained on"] == 0
    train = trained.read_table("sentences").query("split == 'train'")
    read = run.read_table("sentences")
    assert set(read["language"]) == {"en"}
    assert set(read["context"]).isdisjoint(train["context"])
    assert set(read["entity"]).isdisjoint(train["entity"])
    with pytest.raises(UsageError, match="knows no 'tr'. Choose from en, be"):
        given_sentences(Evaluation.read(make_evaluation(readers_of(trained), "builtin", run=trained, languages=["tr"])))


def test_training_sentences_in_ones_own_data_are_counted(trained: Run, workspace: Path, tmp_path: Path) -> None:
    train = trained.read_table("sentences").query("split == 'train'").iloc[:3]
    rows = [" ".join(map("/".join, zip(r.words.split(), r.tags.split(), strict=True))) for r in train.itertuples()]
    data = write(tmp_path / "en.conll", "Anna/B-PER came/O", *rows)
    run = evaluated(workspace, readers_of(trained), data, run=trained)
    coverage = run.read_table("coverage").set_index("what")["n"]
    assert coverage["sentences that the model was trained on"] == 3


def test_a_run_without_a_model_or_with_others_says_which_it_has(trained: Run, workspace: Path) -> None:
    with pytest.raises(UsageError, match="It holds: en seed 0"):
        readers_of(trained, ["be"])
    with pytest.raises(UsageError, match="kept no model"):
        readers_of(runs.create(workspace, "demo", {"donor": "en"}, 0))


def test_every_model_of_a_finetuning_is_found_by_donor_and_seed(workspace: Path) -> None:
    run = runs.create(workspace, "finetune", {"donor": "be"}, 0)
    for name in ("be-0", "be-1", "pl-0", "notes"):
        folder = run.path / "model" / name
        folder.mkdir(parents=True)
        (folder / "config.json").touch()
        (folder / "model.safetensors").touch()
        (folder / "tokenizer.json").touch()
    (run.path / "model" / "pl-0" / "model.safetensors").unlink()
    assert [(model.donor, model.seed) for model in readers_of(run)] == [("be", 0), ("be", 1)]
    assert [model.model for model in readers_of(run, ["be"], [1])] == [str(run.path / "model" / "be-1")]
    assert newest_run(workspace, None, "a model").id == run.id
    with pytest.raises(UsageError, match="No run in .* holds predictions"):
        newest_run(workspace, None, "predictions")


@pytest.mark.parametrize("damage", ["", "[[], []]", "[[[0]], [1"])
def test_an_evaluation_that_was_stopped_is_resumed_to_the_same_tables(
    trained: Run, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    data = write(tmp_path / "be.conll", *["Anna/B-PER came/O"] * 9)
    twice = [*readers_of(trained), *(Reader("pl", 1, model.model) for model in readers_of(trained))]
    whole = evaluated(workspace, twice, data)
    run = runs.create(workspace, "evaluate", make_evaluation(twice, str(data), device="cpu"), 0)
    with monkeypatch.context() as patch:
        patch.setattr(Run, "stop_requested", lambda self: "predictions" in self.tables())
        assert jobs.execute(run) == "stopped"
    assert len(run.read_table("predictions")) == 9
    first, second = run.path / ".read" / "1-0.json", run.path / ".read" / "2-0.json"
    assert first.is_file()
    assert not second.exists()
    if damage:
        first.write_text(damage)
    read: list[str] = []
    monkeypatch.setattr(taggers, "write_text", _noted(taggers.write_text, read))
    run.forget_stop()
    assert jobs.execute(run) == "finished"
    assert read == ["1-0.json", "2-0.json"][0 if damage else 1 :]
    for name in whole.tables():
        assert whole.table_path(name).read_bytes() == run.table_path(name).read_bytes(), name
    assert not first.parent.exists()


def _noted(write: Callable[[Path, str], None], names: list[str]) -> Callable[[Path, str], None]:
    """The same, with a list of the files that are written: one for each shard that is read."""

    def noted(path: Path, text: str) -> None:
        names.append(path.name)
        write(path, text)

    return noted


def test_types_are_mapped_as_written() -> None:
    assert parse_types("MISC=ORG, EVENT=O") == {"MISC": "ORG", "EVENT": "O"}
    assert parse_types(None) == {}
    for text in ("MISC", "MISC=", "=ORG", "A=B C"):
        with pytest.raises(UsageError, match="does not map a type"):
            parse_types(text)


def test_a_table_is_narrowed_to_languages_and_seeds_that_exist(trained: Run) -> None:
    table, _ = read_evaluation_table(trained, "scores", languages=["be"])
    assert set(table["language"]) == {"be"}
    with pytest.raises(UsageError, match="no language 'pl' here. Choose from"):
        read_evaluation_table(trained, "scores", languages=["pl"])
    with pytest.raises(UsageError, match="no seed 4 here"):
        read_evaluation_table(trained, "buckets", seeds=[4])
    with pytest.raises(UsageError, match="Unknown table 'f1'"):
        read_evaluation_table(trained, "f1")
    assert load_tokenizer(trained.info()["request"]["model"])
