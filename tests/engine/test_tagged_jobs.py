"""Tagged corpora of any languages and types through the jobs: samples, labels, tables."""

from dataclasses import replace
from pathlib import Path

import pytest
from seqeval.metrics import f1_score
from seqeval.scheme import IOB2
from tagged_sample import NAMES, write_folder

from nerspace import datasets
from nerspace.datasets import Reading, TaggedCorpus
from nerspace.engine import runs, sampling
from nerspace.engine.encoders import Encoder
from nerspace.engine.encoders.batching import Encoded
from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.requests.training import Request, make_request, make_run
from nerspace.engine.runs import Run, jobs
from nerspace.engine.runs.models import models_of
from nerspace.engine.sampling import are_parallel, draw_sample, draw_samples, mentions, parallel_names
from nerspace.engine.training.probes import probed

# Every job, on models that were trained for it.
pytestmark = pytest.mark.slow


def asked(folder: Path, **changes: object) -> Request:
    fields = {
        "data": str(folder), "donor": "de", "donors": ("de", "hi"), "languages": tuple(NAMES), "size": 16,
        "test_size": 8, **changes,
    }  # fmt: skip
    return Request(**fields)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def transferred(tmp_path_factory: pytest.TempPathFactory, tagged_folder: Path, tiny_xlmr: Path) -> Run:
    workspace = runs.workspace_folder(tmp_path_factory.mktemp("workspace"))
    request = make_request(
        "transfer", data=str(tagged_folder), model=str(tiny_xlmr), donors=("de", "hi"), seeds=1, size=16, test_size=8,
        keep_model=True, probe_every=2, device="cpu",
    )  # fmt: skip
    run = make_run(workspace, "transfer", request)
    assert jobs.execute(run) == "finished", run.info()
    return run


def test_labels_are_those_of_the_training_data_and_stay_with_the_model(transferred: Run) -> None:
    labels = ("O", "B-PER", "I-PER", "B-FESTIVAL", "I-FESTIVAL")
    assert {model.labels for model in models_of(transferred)} == {labels}
    assert Encoder(str(models_of(transferred)[0].folder)).labels == labels
    predicted = transferred.read_table("predictions")
    assert {tag for tags in predicted["gold"] for tag in tags.split()} <= set(labels)


def test_f1_is_seqevals_on_the_written_predictions(transferred: Run) -> None:
    predictions = transferred.read_table("predictions")
    rows = transferred.read_table("transfer").set_index(["donor", "recipient"])
    assert len(rows) == 2 * 4
    for key, group in predictions.groupby(["donor", "language"]):
        gold, predicted = ([tags.split() for tags in group[side]] for side in ("gold", "predicted"))
        wanted = f1_score(gold, predicted, mode="strict", scheme=IOB2, zero_division=0)
        assert rows.loc[key, "f1"] == pytest.approx(wanted, abs=1e-8)


def test_what_needs_parallel_names_is_left_out_and_the_rest_is_whole(transferred: Run) -> None:
    assert "cka" not in transferred.tables()
    assert (transferred.read_table("tnld")["n"] == 0).all()
    notes = [event["text"] for event in jobs.follow(transferred) if event["event"] == "note"]
    assert "No two sentences are parallel, so there is no parallel cosine, CKA or retrieval." in notes
    assert any("PERSON as PER" in note for note in notes)
    probes = transferred.read_table("probes")
    assert {"mean_cosine", "wrong", "knn_purity_type"} <= set(probes["measure"])
    assert set(probes["language"]) == {*NAMES, "all"}


def test_training_and_test_come_from_the_files_and_share_no_text(tagged_folder: Path) -> None:
    sample = draw_sample(asked(tagged_folder))
    assert {s.words[-1].rstrip("0123456789") for s in sample.train} == {"train"}
    assert {s.words[-1].rstrip("0123456789") for s in sample.test} == {"test"}
    assert [s.language for s in sample.test] == [code for code in NAMES for _ in range(8)]
    assert len({s.id for s in (*sample.train, *sample.test)}) == 16 + 32
    assert sample.types == ("PER", "FESTIVAL")


def test_files_without_a_split_are_cut_so_that_nothing_reads_the_same_on_both_sides(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "whole", {"all": 40})
    twice = (folder / "de-all.conll").read_text()
    (folder / "de-all.conll").write_text(f"{twice}\n{twice}")
    corpus = datasets.load(folder)
    assert isinstance(corpus, TaggedCorpus)
    sides = corpus.sides(0)
    read = [{" ".join(s.words) for s in part.sentences()} for part in (sides.train, sides.test)]
    assert read[0].isdisjoint(read[1])
    assert sides.cut == tuple(NAMES)
    assert len(sides.test) == 8 * 3 + 16
    notes = draw_sample(asked(folder, size=99)).notes
    assert any("Cut into train and test by the seed" in note for note in notes)
    assert any("Fewer sentences than the 99 asked for: de trains on 64" in note for note in notes)


def test_training_sentences_that_read_like_a_test_sentence_are_left_out(tagged_folder: Path, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "leaking")
    texts = [(folder / f"hi-{split}.conll").read_text() for split in ("train", "test")]
    (folder / "hi-train.conll").write_text("\n".join(texts))
    sides = datasets.load(folder).sides(0)  # type: ignore[union-attr]
    assert (sides.left_out, len(sides.train), len(sides.test)) == (20, 160, 80)


def test_a_donor_without_training_sentences_is_refused_before_a_run_is_made(tmp_path: Path, tiny_xlmr: Path) -> None:
    folder = write_folder(tmp_path / "data")
    (folder / "mr-train.conll").unlink()
    request = make_request("finetune", data=str(folder), model=str(tiny_xlmr), donors=("mr",))
    with pytest.raises(DataError, match="nothing to train on in mr.*in de, hi, ta"):
        make_run(runs.workspace_folder(tmp_path / "workspace"), "finetune", request)
    sample = draw_sample(asked(folder))
    assert sum(s.language == "mr" for s in sample.test) == 8
    with pytest.raises(UsageError, match="'MISC'"):
        draw_sample(asked(folder, reading=Reading(types=("MISC",))))


def test_types_of_contexts_and_names_are_as_ever_unless_they_are_chosen() -> None:
    wanted = {"data": "builtin", "donor": "en", "languages": ("en", "be"), "size": 12, "test_size": 6}
    assert draw_sample(Request(**wanted)).types == ()  # type: ignore[arg-type]
    reading = Reading(types=("PER", "LOC"), map=(("LOC", "PLACE"), ("PER", "PER")))
    with pytest.raises(UsageError, match="'LOC'"):
        draw_sample(Request(**wanted, reading=reading))  # type: ignore[arg-type]
    sample = draw_sample(Request(**wanted, reading=Reading(map=(("LOC", "PLACE"), ("ORG", "O")))))  # type: ignore[arg-type]
    assert sample.types == ("PER", "PLACE")
    assert {s.type for s in sample.test} == {"PER", "PLACE"}


def test_every_entity_of_a_tagged_sentence_is_a_mention(tagged_folder: Path) -> None:
    test = draw_sample(asked(tagged_folder)).test
    named = mentions(test)
    assert len(named) == sum(tag.startswith("B-") for s in test for tag in s.tags)
    assert all(sum(tag.startswith("B-") for tag in s.tags) == 1 for s in named)
    assert len({s.id for s in named}) == len(named)
    assert not are_parallel(named)


def test_sentences_that_name_what_they_translate_are_parallel(tagged_folder: Path) -> None:
    corpus = datasets.load(tagged_folder)
    assert isinstance(corpus, TaggedCorpus)
    seen: dict[tuple[str, str], int] = {}
    said = []
    for s in corpus.sentences():
        key = s.language, s.split
        seen[key] = seen.get(key, -1) + 1
        said.append(replace(s, context=f"{s.split}-{seen[key]}"))
    aligned = TaggedCorpus("aligned", said)
    request = asked(tagged_folder)
    drawn = sampling._draw_tagged(aligned, request)["de"].test
    cells = [[s.context for s in drawn if s.language == code] for code in NAMES]
    assert all(found == cells[0] for found in cells)
    named = mentions(drawn)
    assert are_parallel(named)
    entities = parallel_names(request, aligned, drawn)
    assert {len(e.forms["nominative"]) for e in entities} == {4}
    trains = draw_samples(request, ["de", "hi"])
    assert trains["de"].test == trains["hi"].test


def test_probed_sentences_are_the_first_of_every_language(tagged_folder: Path) -> None:
    test = draw_sample(asked(tagged_folder)).test[3:]
    items = [Encoded(s, (), ()) for s in test]
    chosen = probed(items, asked(tagged_folder, probe_size=4))
    assert [item.sentence.language for item in chosen] == [code for code in NAMES for _ in range(4)]
