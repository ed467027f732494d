"""Data sets of the Hub, without the Hub."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from nerspace import datasets
from nerspace.datasets.errors import DataError
from nerspace.datasets.readers import hub
from nerspace.datasets.tagged import TaggedCorpus

ROWS = [
    {"tokens": ["New", "York", "won"], "ner_tags": [5, 6, 0]},
    {"tokens": ["Ann"], "ner_tags": [9]},
    {"tokens": [], "ner_tags": []},
    {"tokens": ["Oh", "no"], "ner_tags": [0, 0]},
    {"tokens": ["Bob"], "ner_tags": [1]},
]
NAMES = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"]
NOTE = {"info": {"features": {"ner_tags": {"feature": {"names": NAMES, "_type": "ClassLabel"}, "_type": "Sequence"}}}}


def load(address: str) -> TaggedCorpus:
    corpus = datasets.load(address)
    assert isinstance(corpus, TaggedCorpus)
    return corpus


@pytest.fixture
def parquet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fetched folder whose Parquet files are read without pyarrow."""
    for name in ("be/train-00000-of-00001.parquet", "be/test-00000-of-00001.parquet", "en/train/0000.parquet"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"PAR1")
    monkeypatch.setattr(hub, "fetch", lambda wanted: tmp_path)
    monkeypatch.setattr(hub, "open_parquet", lambda path: (NAMES, iter(ROWS)))
    return tmp_path


def test_language_and_split_come_from_the_files_and_tags_from_their_names(parquet: Path) -> None:
    corpus = load("hub:someone/wikiann")
    assert {(s.language, s.split) for s in corpus.sentences()} == {("be", "train"), ("be", "test"), ("en", "train")}
    first = corpus.sentence(0)
    assert (first.words, first.tags) == (("New", "York", "won"), ("B-LOC", "I-LOC", "O"))
    assert [(row.line, row.reason) for row in corpus.dropped][:2] == [(2, "not a tag"), (3, "an empty word")]
    assert load("hub:someone/wikiann/be").languages == ("be",)
    with pytest.raises(DataError, match="no Parquet file of pl"):
        load("hub:someone/wikiann/pl")


def test_a_file_that_is_no_parquet_is_refused(parquet: Path) -> None:
    (parquet / "en/train/0000.parquet").write_bytes(b"\x80\x04")
    with pytest.raises(DataError, match="is no Parquet file"):
        load("hub:someone/wikiann/en")


@pytest.mark.parametrize("address", ["hub:", "hub:a/b/c/d", "hub:../b", "hub:a b", "hub:a/b@x y"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(DataError, match="hub:OWNER/NAME"):
        load(address)


def test_addresses_have_an_id_a_config_and_a_revision() -> None:
    assert hub.parse("hub:tner/wikineural") == hub.Address("tner/wikineural", "", "")
    assert hub.parse("hub:unimelb-nlp/wikiann/be@main") == hub.Address("unimelb-nlp/wikiann", "be", "main")
    assert hub.parse("hub:conll2003") == hub.Address("conll2003", "", "")


class Api:
    """A Hub that has what `files` tells, or raises."""

    files: Any = ()

    def dataset_info(self, name: str, revision: str | None = None, **_: Any) -> Any:
        found = self.files(revision) if callable(self.files) else self.files
        if isinstance(found, Exception):
            raise found
        return SimpleNamespace(siblings=[SimpleNamespace(rfilename=f, size=s) for f, s in found], sha="abc")


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Api]:
    import huggingface_hub
    from huggingface_hub import errors

    class Fresh(Api):
        asked: ClassVar[list[Any]] = []

    def snapshot(name: str, local_files_only: bool = False, **wanted: Any) -> str:
        Fresh.asked.append(wanted)
        if local_files_only:
            raise errors.LocalEntryNotFoundError("not in the cache")
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "HfApi", Fresh)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    return Fresh


def test_only_parquet_of_the_wanted_part_is_fetched(api: Any, tmp_path: Path) -> None:
    api.files = [("be/train.parquet", 9), ("en/train.parquet", 9), ("run.py", 9), ("be/data.pkl", 9)]
    assert hub.fetch(hub.parse("hub:a/b/be")) == tmp_path
    assert api.asked[0]["allow_patterns"] == ["be/train.parquet"]
    assert api.asked[0]["revision"] == "abc"


def test_without_parquet_the_files_that_the_hub_made_are_fetched(api: Any, tmp_path: Path) -> None:
    converted = {hub.CONVERTED: [("x/train/0000.parquet", 9)]}
    api.files = staticmethod(lambda revision: converted.get(revision, [("a.jsonl", 9)]))
    assert hub.fetch(hub.parse("hub:a/b")) == tmp_path
    api.files = [("a.jsonl", 9)]
    with pytest.raises(DataError, match="a/b has no Parquet file"):
        hub.fetch(hub.parse("hub:a/b"))


def test_a_set_too_large_is_not_fetched(api: Any) -> None:
    api.files = [("a.parquet", 3_000_000_000)]
    with pytest.raises(DataError, match=r"3\.0 GB.*CONFIG"):
        hub.fetch(hub.parse("hub:a/b"))
    assert api.asked == []


def test_an_unknown_set_and_a_missing_network_are_told_apart(api: Any) -> None:
    from huggingface_hub import errors

    response = SimpleNamespace(headers={}, status_code=404, request=None)
    try:
        api.files = errors.RepositoryNotFoundError("404", response=response)  # type: ignore[arg-type]
    except TypeError:
        api.files = errors.RepositoryNotFoundError("404")  # type: ignore[call-arg]
    with pytest.raises(DataError, match="no open data set 'a/b'"):
        hub.fetch(hub.parse("hub:a/b"))
    api.files = ConnectionError("Name or service not known")
    with pytest.raises(DataError, match="Name or service.*network"):
        hub.fetch(hub.parse("hub:a/b"))


def test_a_missing_extra_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match=r"nerspace\[parquet\]"):
        hub.open_parquet(tmp_path / "x.parquet")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(DataError, match=r"nerspace\[hub\]"):
        load("hub:a/b")


def test_tag_names_come_from_the_note_in_the_file_or_are_unknown() -> None:
    assert hub.tag_names({b"huggingface": json.dumps(NOTE).encode()}, "ner_tags") == NAMES
    assert hub.tag_names({b"huggingface": json.dumps(NOTE).encode()}, "tags") is None
    for note in (b"", b"[]", b"{", b'{"info": null}', b'{"info": {"features": {"ner_tags": {"names": [1]}}}}'):
        assert hub.tag_names({b"huggingface": note}, "ner_tags") is None


def test_real_parquet_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet as pq

    monkeypatch.setattr(hub, "fetch", lambda wanted: tmp_path)
    table = pyarrow.Table.from_pylist(ROWS).replace_schema_metadata({"huggingface": json.dumps(NOTE)})
    pq.write_table(table, tmp_path / "test-00000-of-00001.parquet")
    corpus = load("hub:a/b")
    assert [s.tags for s in corpus.sentences()] == [("B-LOC", "I-LOC", "O"), ("O", "O"), ("B-PER",)]
    assert corpus.splits == ("test",)
    (tmp_path / "test-00000-of-00001.parquet").write_bytes(b"PAR1 and no more PAR1")
    with pytest.raises(DataError, match="damaged Parquet"):
        load("hub:a/b")
    pq.write_table(pyarrow.table({"text": ["a"]}), tmp_path / "test-00000-of-00001.parquet")
    with pytest.raises(DataError, match="columns text"):
        load("hub:a/b")


def test_configurations_are_read_from_the_cache_as_the_hub_s_library_lays_it_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    home = tmp_path / "datasets--someone--wikiann"
    snapshot = home / "snapshots" / ("a" * 40)
    for code, word in (("de", "Köln"), ("hi", "दिल्ली"), ("mr", "पुणे")):
        for split, size in (("train", 3), ("validation", 1), ("test", 2)):
            table = pyarrow.table(
                {"tokens": [[word, f"{split}{i}"] for i in range(size)], "ner_tags": [[5, 0]] * size,
                 "langs": [[code, code]] * size}
            ).replace_schema_metadata({"huggingface": json.dumps(NOTE)})  # fmt: skip
            # A snapshot holds links into the blobs.
            blob = home / "blobs" / f"{code}{split}"
            blob.parent.mkdir(parents=True, exist_ok=True)
            parquet.write_table(table, blob)
            path = snapshot / code / f"{split}-00000-of-00001.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(blob)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text("a" * 40)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    corpus = load("hub:someone/wikiann")
    assert sorted(corpus.languages) == ["de", "hi", "mr"]
    assert set(corpus.splits) == {"train", "validation", "test"}
    assert (len(corpus), corpus.types) == (18, ("LOC",))
    one = load("hub:someone/wikiann/hi")
    assert [len(list(one.sentences("hi", split))) for split in ("train", "validation", "test")] == [3, 1, 2]
    assert one.sentence(0).words[0] == "दिल्ली"
    assert len(one.sides().train) == 3
    with pytest.raises(DataError, match="no Parquet file of ta"):
        load("hub:someone/wikiann/ta")
