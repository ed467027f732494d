"""Tables for Excel: its letters are right, its numbers are numbers, and no text of data acts."""

from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from nerspace.engine import runs
from nerspace.engine.errors import DataError
from nerspace.engine.tables import excel

ACTING = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "Вашынгтон", "a\x1bb", "", 'q"1,2', "two\nlines"]


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame({"=name": ACTING, "n": range(10), "share": [0.5, float("nan"), -1.25, *[1e-7] * 7],
                         "gap": pd.array([1, None, *[3] * 8], dtype="Int64")})  # fmt: skip


def test_a_workbook_has_texts_and_numbers_and_no_formula(table: pd.DataFrame, tmp_path: Path) -> None:
    with (tmp_path / "x.xlsx").open("wb") as handle:
        excel.write_workbook(table, handle)
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx")["table"]
    names = [cell.value for cell in sheet["A"]]
    assert names == ["=name", *ACTING[:6], "a␛b", None, *ACTING[8:]]
    assert {cell.data_type for cell in sheet["A"] if cell.value is not None} <= {"s", "inlineStr"}
    assert [cell.value for cell in sheet["B"]][1:] == list(range(10))
    assert [cell.value for cell in sheet["C"]][1:4] == [0.5, None, -1.25]
    assert [cell.value for cell in sheet["D"]][1:4] == [1, None, 3]


def test_csv_for_excel_begins_with_its_mark_and_computes_nothing(table: pd.DataFrame) -> None:
    text = excel.excel_csv(table)
    assert text.startswith("\ufeff'=name,n,share,gap\r\n'=1+1,0,0.5,1\r\n")
    assert "Вашынгтон,5," in text
    assert "\r\n-" not in text
    # Numbers stay what they are.
    assert ",2,-1.25," in text


def test_what_a_worksheet_cannot_hold_is_refused_and_never_cut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "x").open("wb") as handle, pytest.raises(DataError, match="32,767"):
        excel.write_workbook(pd.DataFrame({"a": ["x" * 32_768]}), handle)
    monkeypatch.setattr(excel, "MOST_ROWS", 3)
    with (tmp_path / "x").open("wb") as handle, pytest.raises(DataError, match="holds 3 rows, the table has 4"):
        excel.write_workbook(pd.DataFrame({"a": range(4)}), handle)


def test_every_table_command_writes_for_excel(command: Any, tmp_path: Path) -> None:
    assert command("tables", "--csv", "x.xlsx").returncode == 0
    assert openpyxl.load_workbook(tmp_path / "x.xlsx")["table"]["A1"].value == "table"
    assert command("tables", "--csv", "x.xlsx").returncode == 2
    assert command("tables", "--csv", "x.csv", "--excel").returncode == 0
    assert (tmp_path / "x.csv").read_bytes().startswith(b"\xef\xbb\xbftable,plot,meaning\r\n")
    assert "--excel goes with --csv" in command("tables", "--excel").stderr
    run = runs.create(tmp_path / "home", "demo", {}, 0)
    run.write_table("transfer", pd.DataFrame([("en", "be", 0, 10, 5, 0.5, 0.3)], columns=[
        "donor", "recipient", "seed", "sentences", "wrong", "f1", "tnld"]))  # fmt: skip
    done = command("export", "transfer", "--csv", "t.xlsx", "--workspace", str(tmp_path / "home"))
    assert done.returncode == 0, done.stderr
    rows = list(openpyxl.load_workbook(tmp_path / "t.xlsx")["table"].values)
    assert rows[1] == ("en", "be", 0, 10, 5, 0.5, 0.3)
