"""Extraction against the hidden states themselves: rows, layers, stages, resuming, and how much is held at once."""

import itertools
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from training_samples import demo_request

from nerspace import datasets
from nerspace.engine import runs
from nerspace.engine.encoders import Encoder, load_encoder, load_tokenizer
from nerspace.engine.encoders.saving import save_model
from nerspace.engine.errors import ConfigurationError, DataError, UsageError
from nerspace.engine.extraction import job as extraction
from nerspace.engine.extraction.ahead import ahead
from nerspace.engine.extraction.files import GrowingVectors, as_stored
from nerspace.engine.extraction.rows import csv_lines
from nerspace.engine.extraction.sentences import TaggedPlan, make_plan
from nerspace.engine.geometry.isotropy import isotropy_table
from nerspace.engine.geometry.stored import find_stored, read_stored
from nerspace.engine.requests.extraction import ExtractRequest, make_extract_request
from nerspace.engine.requests.training import Request
from nerspace.engine.runs import jobs, to_csv
from nerspace.engine.runs.records import Progress, StepRecord
from nerspace.engine.sampling import draw_sample, point_table
from nerspace.engine.training.tables import steps_table

TAGGED = """Anna B-PER
loves O
London B-LOC
. O

Nobody O
came O

The O
Wall B-ORG
Street I-ORG
Journal I-ORG
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return runs.workspace_folder(tmp_path / "home")


def trained(home: Path, model: Path, kind: str = "demo", **changes: object) -> runs.Run:
    """A run that trained nothing, but asks like one; its models are the encoder with other weights."""
    run = runs.create(home, kind, demo_request(model, **changes), 0)
    run.update(state="finished")
    return run


def other_model(model: Path, folder: Path) -> None:
    from nerspace.engine.encoders import LABELS, load_token_classifier

    tuned: Any = load_token_classifier(str(model), LABELS, 0)
    with torch.no_grad():
        for parameter in tuned.parameters():
            parameter.mul_(1.1)
    save_model(tuned, str(model), folder)


def steps_of(*numbers: int) -> pd.DataFrame:
    return steps_table(StepRecord(number, 9, 0.5, 1e-4, 8 * number, 0.1) for number in numbers)


def extracted(home: Path, run: runs.Run | None = None, **asked: object) -> runs.Run:
    made = runs.create(home, "extract", make_extract_request(run, device="cpu", **asked), 0)
    assert jobs.execute(made) == "finished", made.info().get("error")
    return made


def mean_of_pieces(model: str, words: list[str], chosen: list[int], layer: int) -> np.ndarray:
    """One vector by the plainest way there is."""
    encoding = load_tokenizer(model).encode(words, is_pretokenized=True)
    with torch.inference_mode():
        hidden: Any = load_encoder(model)(torch.tensor([encoding.ids]), output_hidden_states=True).hidden_states[layer]
    places = [place for place, word in enumerate(encoding.word_ids) if word in chosen]
    return np.asarray(hidden[0, places].mean(0))


def test_vectors_are_the_mean_of_the_pieces_at_each_layer_and_stage(home: Path, tiny_xlmr: Path) -> None:
    source = trained(home, tiny_xlmr)
    other_model(tiny_xlmr, source.path / "model")
    source.append_rows("steps", steps_of(1, 2, 3))
    run = extracted(home, source, layers=(), size=5)
    points, sentences = run.read_table("points"), run.read_table("sentences").set_index("sentence")
    assert len(points) == 10
    for stage, model in (("before", tiny_xlmr), ("after", source.path / "model")):
        for layer in (0, 1, 2):
            X = run.read_vectors(f"{stage}-{layer}-entities")
            assert isinstance(X, np.memmap)
            assert (X.shape, X.dtype) == ((10, 16), np.float32)
            for point in (0, 7):
                row = sentences.loc[points.loc[point, "sentence"]]
                tagged = [place for place, tag in enumerate(row["tags"].split()) if tag != "O"]
                expected = mean_of_pieces(str(model), row["words"].split(), tagged, layer)
                np.testing.assert_allclose(X[point], expected, atol=2e-5)
    beside = pd.read_csv(run.path / "vectors" / "after-2-entities.csv")
    assert list(beside) == ["row", "sentence", "word", "entity", "language", "type", "donor", "step", "stage", "layer"]
    assert set(zip(beside["donor"], beside["step"], beside["layer"], strict=True)) == {("en", 3, 2)}
    assert beside["sentence"].tolist() == points["sentence"].tolist()
    files = run.read_table("vectors")
    assert [f"{name}" for name in files["file"]] == sorted(p.name for p in (run.path / "vectors").glob("*.npy"))[3:] + [
        f"after-{layer}-entities.npy" for layer in (0, 1, 2)
    ]


def test_a_run_is_read_on_its_own_test_cells(home: Path, tiny_xlmr: Path) -> None:
    source = trained(home, tiny_xlmr, test_size=9)
    run = extracted(home, source)
    expected = point_table(draw_sample(Request.read(source.info()["request"])).test)
    pd.testing.assert_frame_equal(run.read_table("points"), expected, check_dtype=False)
    assert run.info()["request"]["stages"] == ["before"]
    everything = make_plan(ExtractRequest.read(make_extract_request(source, size=0)))
    assert len(everything) > 1000


def test_words_are_drawn_by_seed_and_sentence_alone(
    home: Path, tiny_xlmr: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {"model": str(tiny_xlmr), "of": "words", "size": 12, "languages": ("en", "pl"), "words": 2}
    first = extracted(home, **asked)
    monkeypatch.setattr(extraction, "MOST_SENTENCES", 5)
    monkeypatch.setattr(extraction, "BATCH", 5)
    second = extracted(home, **asked)
    for name in ("words", "sentences"):
        assert first.table_path(name).read_bytes() == second.table_path(name).read_bytes()
    np.testing.assert_allclose(first.read_vectors("before-2-words"), second.read_vectors("before-2-words"), atol=1e-5)
    words = first.read_table("words")
    assert list(words) == ["row", "sentence", "language", "word", "entity", "type"]
    assert words.groupby("sentence").size().max() == 2
    all_words = extracted(home, **{**asked, "words": 0}).read_table("words")
    sentence = first.read_table("sentences").iloc[0]
    own = all_words[all_words["sentence"] == sentence["sentence"]]["word"].tolist()
    assert own == [word for word in sentence["words"].split(" ") if any(map(str.isalnum, word))]
    named = all_words[all_words["type"] != "O"]
    assert set(named["type"]) <= {"PER", "LOC", "ORG"}
    assert named["entity"].notna().all()
    assert all_words[all_words["type"] == "O"]["entity"].isna().all()


def test_never_more_than_a_block_is_in_memory(home: Path, tiny_xlmr: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    read = Encoder.read_counting

    def watched(self: Encoder, sentences: Any, *args: Any, **kwargs: Any) -> Any:
        sizes.append(len(sentences))
        return read(self, sentences, *args, **kwargs)

    monkeypatch.setattr(Encoder, "read_counting", watched)
    monkeypatch.setattr(extraction, "MOST_SENTENCES", 8)
    monkeypatch.setattr(extraction, "BATCH", 4)
    extracted(home, model=str(tiny_xlmr), size=20, languages=("en",))
    assert sizes == [8, 8, 4]


def test_sentences_that_arrived_tagged_give_a_row_for_each_entity(home: Path, tiny_xlmr: Path, tmp_path: Path) -> None:
    file = tmp_path / "some.en.conll"
    file.write_text(TAGGED)
    run = extracted(home, model=str(tiny_xlmr), data=str(file), size=0)
    points = run.read_table("points")
    assert points["form"].tolist() == ["Anna", "London", "Wall Street Journal"]
    assert points["type"].tolist() == ["PER", "LOC", "ORG"]
    language = points["language"][0]
    assert points["sentence"].tolist() == [f"{language}/s0/0", f"{language}/s0/1", f"{language}/s2/0"]
    np.testing.assert_allclose(
        run.read_vectors("before-2-entities")[1],
        mean_of_pieces(str(tiny_xlmr), ["Anna", "loves", "London", "."], [2], 2), atol=2e-5,
    )  # fmt: skip
    words = extracted(home, model=str(tiny_xlmr), data=str(file), size=0, of="words", words=0).read_table("words")
    assert words["word"].tolist() == ["Anna", "loves", "London", "Nobody", "came", "The", "Wall", "Street", "Journal"]
    assert words["type"].tolist() == ["PER", "O", "LOC", "O", "O", "O", "ORG", "ORG", "ORG"]
    corpus = datasets.load(file)
    assert len(TaggedPlan(corpus, 1, 0, "words")) == 1


@pytest.mark.parametrize("cut", [1, 4, 9, 12])
def test_a_run_that_was_cut_goes_on_behind_the_last_whole_block(
    home: Path, tiny_xlmr: Path, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    monkeypatch.setattr(extraction, "MOST_SENTENCES", 4)
    monkeypatch.setattr(extraction, "BATCH", 4)
    source = trained(home, tiny_xlmr)
    other_model(tiny_xlmr, source.path / "model")
    whole = extracted(home, source, size=6)
    run = runs.create(home, "extract", whole.info()["request"], 0)
    with closing(extraction.extract(run)) as records:
        for _ in itertools.islice((r for r in records if isinstance(r, Progress)), cut):
            pass
    blocks = []
    write = GrowingVectors.write

    def watched(self: GrowingVectors, block: int, vectors: Any) -> None:
        blocks.append(block)
        write(self, block, vectors)

    monkeypatch.setattr(GrowingVectors, "write", watched)
    assert jobs.execute(run) == "finished"
    # Three blocks of numbering, then per block one record of its batch and one of itself.
    assert len(blocks) == 6 - max(0, (cut - 3) // 2)
    assert sorted(p.name for p in (run.path / "vectors").iterdir()) == sorted(
        p.name for p in (whole.path / "vectors").iterdir()
    )
    for path in (*whole.path.glob("vectors/*"), *whole.path.glob("tables/*")):
        assert path.read_bytes() == (run.path / path.relative_to(whole.path)).read_bytes(), path.name


def test_half_made_or_damaged_files_are_made_anew(tmp_path: Path) -> None:
    def filled(block: int) -> dict[int, np.ndarray]:
        return {layer: np.full((2, 3), 10 * layer + block, dtype=np.float32) for layer in (0, 1)}

    def growing(rows: list[int]) -> GrowingVectors:
        return GrowingVectors(tmp_path, "after", {0: "after-0-words", 1: "after-1-words"}, rows, 3)

    files = growing([2, 2])
    assert files.begin() == 0
    files.write(0, filled(0))
    assert growing([2, 2]).begin() == 1
    assert growing([2, 1]).begin() == 0
    files = growing([2, 2])
    assert files.begin() == 0
    files.write(0, filled(0))
    (tmp_path / ".after-1-words.npy").write_bytes(b"")
    assert files.begin() == 0
    for block in (0, 1):
        files.write(block, filled(block))
    assert not list(tmp_path.glob("after*"))
    # Cut off between the two renames.
    (tmp_path / ".after-0-words.npy").rename(tmp_path / "after-0-words.npy")
    files = growing([2, 2])
    assert files.begin() == 2
    files.finish()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["after-0-words.npy", "after-1-words.npy"]
    assert np.load(tmp_path / "after-1-words.npy").tolist() == [[10.0] * 3] * 2 + [[11.0] * 3] * 2
    assert growing([2, 2]).begin() == 2


def test_a_full_disk_refuses_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(ConfigurationError, match="No space left on device") as caught:
        GrowingVectors(tmp_path, "before", {0: "before-0-words"}, [4], 3).begin()
    assert "resume" in caught.value.hint
    assert not list(tmp_path.iterdir())


def test_half_precision_takes_half_the_room_and_is_read_as_single(home: Path, tiny_xlmr: Path) -> None:
    asked: dict[str, Any] = {"model": str(tiny_xlmr), "size": 30, "languages": ("en", "be")}
    whole, half = extracted(home, **asked), extracted(home, **asked, dtype="float16")
    assert half.info()["request"]["dtype"] == "float16"
    for layer in (0, 2):
        name = f"before-{layer}-entities"
        X, H = whole.read_vectors(name), half.read_vectors(name)
        stored = np.load(half.path / "vectors" / f"{name}.npy", mmap_mode="r")
        assert (stored.dtype, H.dtype) == (np.float16, np.float32)
        assert not H.flags.writeable
        np.testing.assert_array_equal(np.asarray(X).astype(np.float16), stored)
        np.testing.assert_allclose(H, X, rtol=2**-11, atol=2**-25)
    first, second = read_stored(whole), read_stored(half)
    for table in ("isotropy", "retrieval", "hubness", "parallel_cosine", "cka", "groups"):
        a, b = first.held()[table], second.held()[table]
        assert a.select_dtypes(exclude="number").equals(b.select_dtypes(exclude="number"))
        numbers = [column for column in a.select_dtypes("number") if column not in ("spread", "left_out")]
        # Among neighbours that are all but equally near, rounding may choose another one.
        rough = 0.1 if table == "hubness" else 0.02
        np.testing.assert_allclose(a[numbers], b[numbers], rtol=rough, atol=rough, err_msg=table)
    assert (whole.path / "tables" / "points.csv").read_bytes() == (half.path / "tables" / "points.csv").read_bytes()


def test_a_number_beyond_half_precision_is_told(tiny_xlmr: Path) -> None:
    with pytest.raises(UsageError, match=r"Unknown dtype 'float8'. Choose from float32, float16"):
        make_extract_request(None, model=str(tiny_xlmr), dtype="float8")
    X = np.array([[1.0, -70_000.0], [np.nan, np.inf]], dtype=np.float32)
    assert as_stored(X[:, :1], np.dtype(np.float16), 3).dtype == np.float16
    assert as_stored(X, np.dtype(np.float32), 3) is X
    with pytest.raises(DataError, match=r"Layer 3 holds 70,000; float16 ends at 65,504.*--dtype float32"):
        as_stored(X, np.dtype(np.float16), 3)


def test_a_half_array_is_no_beginning_of_a_whole_one(tmp_path: Path) -> None:
    def growing(dtype: str) -> GrowingVectors:
        return GrowingVectors(tmp_path, "before", {0: "before-0-words"}, [2, 2], 3, np.dtype(dtype))

    files = growing("float16")
    files.begin()
    files.write(0, {0: np.ones((2, 3), dtype=np.float16)})
    assert growing("float16").begin() == 1
    assert growing("float32").begin() == 0


def test_rows_are_numbered_over_all_shards_in_lines_that_any_reader_parts(
    home: Path, tiny_xlmr: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "some.en.jsonl"
    words = ['say "no"', "a,b", "Roma", "Rome", "=1+1", "Paris"]
    lines = [{"tokens": ["in", word], "ner_tags": ["O", "B-LOC"]} for word in words]
    file.write_text("\n".join(map(json.dumps, lines)))
    asked: dict[str, Any] = {"model": str(tiny_xlmr), "data": str(file), "size": 0}
    whole = extracted(home, **asked)
    for name in ("MOST_SENTENCES", "BATCH", "MOST_SHARDS", "MOST_BLOCKS"):
        monkeypatch.setattr(extraction, name, 1 if name == "MOST_SHARDS" else 2)
    parts = extracted(home, **asked)
    points = parts.read_table("points")
    assert points["form"].tolist() == words
    assert points["point"].tolist() == list(range(len(words)))
    beside = pd.read_csv(parts.path / "vectors" / "before-2-entities.csv")
    assert beside["word"].tolist() == words
    assert beside["row"].tolist() == list(range(len(words)))
    for path in whole.path.glob("tables/*"):
        assert path.read_bytes() == (parts.path / path.relative_to(whole.path)).read_bytes(), path.name
    assert not (parts.path / ".cut").exists()


def test_lines_are_those_that_a_table_is_written_in() -> None:
    rows = [("a", 'b "c", d', ""), ("line\nfeed", "=1", "\u2028"), ("", "", "")]
    frame = pd.DataFrame(rows, columns=["x", "y", "z"])
    assert "".join(f"{line}\n" for line in csv_lines(rows)) == to_csv(frame, header=False)
    rows.append(("re\rturn", "x", "y"))
    frame = pd.DataFrame(rows, columns=["x", "y", "z"])
    assert "".join(f"{line}\n" for line in csv_lines(rows)) == to_csv(frame, header=False)


def test_what_is_made_ahead_comes_in_order_with_its_error_and_no_more_is_made_than_wanted() -> None:
    made = []

    def things() -> Iterator[int]:
        for number in range(9):
            made.append(number)
            yield number
            if number == 3:
                raise OSError("gone")

    taken = ahead(things(), 2)
    assert next(taken) == 0
    taken.close()
    assert made in ([0, 1, 2], [0, 1, 2, 3])
    failing = ahead(things())
    assert list(itertools.islice(failing, 4)) == [0, 1, 2, 3]
    with pytest.raises(OSError, match="gone"):
        next(failing)


def test_every_measure_reads_what_was_extracted(home: Path, tiny_xlmr: Path) -> None:
    run = extracted(home, model=str(tiny_xlmr), size=8, languages=("en", "be"))
    trained(home, tiny_xlmr).write_table("counts", pd.DataFrame({"corpus": ["x"]}))
    assert find_stored(home).id == run.id
    stored = read_stored(run)
    table = isotropy_table(stored.vectors, stored.languages)
    assert set(table["language"]) == {"all", "en", "be"}
    assert len(stored.cells) == len(set(stored.cells)) * 2


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"of": "pieces"}, "Unknown vectors 'pieces'. Choose from words, entities"),
        ({"stages": ("during",)}, "Unknown stage 'during'"),
        ({"stages": ("after",)}, "kept no model. Train with --keep-model"),
        ({"layers": (0, 3)}, "no layer 3. Layers go from 0 (initial) to 2 (output)"),
        ({"languages": ("tr",)}, "no language 'tr'. It has en, be"),
        ({"size": -1}, "Size is -1"),
        ({"model": "elsewhere"}, "names its own model"),
        ({"donor": "pl"}, "kept no model"),
    ],
)
def test_what_cannot_be_extracted_is_refused_at_once(
    home: Path, tiny_xlmr: Path, asked: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        make_extract_request(trained(home, tiny_xlmr), **asked)
    assert said in str(caught.value)


def test_one_of_several_models_is_chosen_by_donor_and_seed(home: Path, tiny_xlmr: Path) -> None:
    source = trained(home, tiny_xlmr, "finetune", donors=("en", "be"), seeds=2)
    for name in ("be-0", "be-1", "en-0", "en-1"):
        shutil.copytree(tiny_xlmr, source.path / "model" / name)
    source.append_rows("steps", steps_of(1, 2, 9).assign(donor=["en", "en", "be"], seed=[0, 0, 1]))

    def chosen(**asked: Any) -> tuple[str, str, int, int]:
        request = make_extract_request(source, **asked)
        return Path(request["tuned"]).name, request["donor"], request["tuned_seed"], request["step"]

    assert chosen() == ("en-0", "en", 0, 2)
    assert chosen(donor="be", tuned_seed=1) == ("be-1", "be", 1, 9)
    with pytest.raises(UsageError, match="no such model.*It holds: en seed 0, en seed 1, be seed 0, be seed 1"):
        make_extract_request(source, tuned_seed=4)
    with pytest.raises(UsageError, match="An encoder alone has no stage after"):
        make_extract_request(None, model=str(tiny_xlmr), stages=("after",))


def test_data_without_a_vector_is_told(home: Path, tiny_xlmr: Path, tmp_path: Path) -> None:
    file = tmp_path / "none.en.conll"
    file.write_text("Nobody O\ncame O\n")
    run = runs.create(home, "extract", make_extract_request(None, model=str(tiny_xlmr), data=str(file)), 0)
    assert jobs.execute(run) == "failed"
    assert "gives a vector of entities" in run.info()["error"]["message"]


def test_a_path_is_kept_whole_since_the_job_works_in_a_folder_of_its_own(
    tmp_path: Path, tiny_xlmr: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.en.conll").write_text(TAGGED)
    (tmp_path / "encoder").symlink_to(tiny_xlmr)
    (tmp_path / "builtin").mkdir()
    monkeypatch.chdir(tmp_path)
    request = make_extract_request(None, model="encoder", data="own.en.conll")
    assert (request["data"], request["model"]) == (str(tmp_path / "own.en.conll"), str(tiny_xlmr))
    trained_on = demo_request(Path("encoder"), data="own.en.conll")
    assert (trained_on["data"], trained_on["model"]) == (str(tmp_path / "own.en.conll"), str(tiny_xlmr))
    assert demo_request(tiny_xlmr, data="builtin")["data"] == "builtin"
