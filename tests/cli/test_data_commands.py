"""nerspace data on corpora of one's own, as a user types it."""

import json
from pathlib import Path
from typing import Any

import pytest

from nerspace import datasets

UNER = "1\tAna\tB-PER\t-\t-\n2\tsings\tO\t-\t-\n\n1\tBrest\tB-LOC\t-\t-\n"


@pytest.fixture
def nerspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Any) -> Any:
    monkeypatch.setenv("NERSPACE_HOME", str(tmp_path / "runs"))
    monkeypatch.chdir(tmp_path)
    return command


def test_how_a_file_is_read_is_told_on_stderr_and_the_table_stays_clean(nerspace: Any, tmp_path: Path) -> None:
    (tmp_path / "sl.iob2").write_text(UNER + "\nx\n")
    for asked in (("show", "sl.iob2", "--csv", "-"), ("sample", "sl.iob2"), ("export", "sl.iob2", "out.jsonl"),
                  ("check", "sl.iob2", "--table", "counts", "--csv", "-")):  # fmt: skip
        done = nerspace("data", *asked)
        assert done.returncode == 0, done.stderr
        assert "sl.iob2 read as CoNLL text: words: column 2, tags: column 3 of 5" in done.stderr
        assert "left out: 1 × a row of another number of columns (sl.iob2, line 6)" in done.stderr
        assert "column 2" not in done.stdout
    files = nerspace("data", "check", "sl.iob2", "--table", "files", "--json").stdout
    assert json.loads(files)[0]["columns"] == "words: column 2, tags: column 3 of 5"


def test_the_form_of_an_export_follows_the_name_of_its_file(nerspace: Any, tmp_path: Path) -> None:
    (tmp_path / "sl.iob2").write_text(UNER)
    for name, start in (("a.jsonl", "{"), ("a.csv", "id,"), ("a.conll", "# id"), ("a", "# id")):
        assert nerspace("data", "export", "sl.iob2", name).returncode == 0
        assert (tmp_path / name).read_text().startswith(start)
        assert "2" in nerspace("data", "show", name, "--csv", "-").stdout.splitlines()[1].split(",")
    assert nerspace("data", "export", "sl.iob2", "b.jsonl", "--format", "csv").returncode == 0
    assert (tmp_path / "b.jsonl").read_text().startswith("id,")
    done = nerspace("data", "export", "sl.iob2", "c.xml")
    assert (done.returncode, "No format is known for the ending .xml" in done.stderr) == (2, True)


def test_columns_layers_and_names_of_tags_are_given_as_options(nerspace: Any, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("Ana B-PER B-PER\nsings O O\nBrest B-LOC B-PER\n")
    done = nerspace("data", "show", "x.txt")
    assert done.returncode == 1
    assert "columns 2 and 3 hold tags that mostly agree" in done.stderr
    assert "--columns word=2,tag=3" in done.stderr
    assert "Brest\tB-PER" in nerspace("data", "sample", "x.txt", "--columns", "word=1,tag=3").stdout
    assert nerspace("data", "show", "x.txt", "--columns", "wort=1").returncode == 2
    (tmp_path / "n.txt").write_text("Jan B-P|B-pf\nKos I-P|B-ps\nmet O\n")
    assert "Kos\tB-ps" in nerspace("data", "sample", "n.txt", "--layer", "2").stdout
    (tmp_path / "h.jsonl").write_text('{"tokens": ["Ana", "sings"], "ner_tags": [1, 0]}\n')
    (tmp_path / "tags.list").write_text('["O", "B-PER"]')
    for names in ("O,B-PER", "tags.list"):
        assert "Ana\tB-PER" in nerspace("data", "sample", "h.jsonl", "--tag-names", names).stdout
    assert "there is no file 'nowhere'" in nerspace("data", "sample", "h.jsonl", "--tag-names", "nowhere").stderr


def test_an_example_of_ones_own_is_written_checked_and_never_written_over(nerspace: Any, tmp_path: Path) -> None:
    assert nerspace("data", "new", "mine", "--lang", "de,en,hi").returncode == 0
    assert (tmp_path / "mine" / "contexts.csv").read_text(encoding="utf-8").startswith("# Contexts")
    report = nerspace("data", "check", "mine")
    assert report.returncode == 0
    assert "en de hi" in report.stdout
    assert "Left out, by reason: none" in report.stdout
    # A fifth of two names is none, and a job needs one of every type on either side.
    split = datasets.load(str(tmp_path / "mine")).split(0)
    assert [set(side.types) for side in (split.train, split.test)] == [{"LOC", "PER"}] * 2
    again = nerspace("data", "new", "mine", "--lang", "de,en")
    assert (again.returncode, "contexts.csv exists" in again.stderr) == (2, True)
    assert nerspace("data", "new", "other").returncode == 2
    assert not (tmp_path / "other").exists()


def test_a_list_of_names_serves_tnld(nerspace: Any, tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text("id;BY;English\n1;Мінск;Minsk\n2;Брэст;Brest\n", encoding="utf-8")
    done = nerspace("tnld", "--data", "names.csv", "--csv", "-")
    assert done.stdout.splitlines()[1].startswith("be,en,")
    assert "languages: BY as be, English as en" in done.stderr
