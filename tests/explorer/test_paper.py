"""nerspace paper on the command line, and the Paper screen, on a run made up of its tables."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tui_driving import explorer, press, settle
from typer.testing import CliRunner

from nerspace.engine.errors import UsageError
from nerspace.engine.paper.claims import CLAIMS, FAILS, HOLDS, Finding, claim_table
from nerspace.engine.paper.published import ITEMS
from nerspace.engine.requests.paper import PaperRequest, make_paper_request
from nerspace.engine.runs import Run, create, workspace_folder
from nerspace.engine.statistics.factors import FACTOR_TERMS
from nerspace.tui.cli.main import app

SIZES = [(80, 24), (120, 40), (200, 50)]


@pytest.fixture
def judged(tmp_path: Path) -> Run:
    """A finished paper run with claims, one of which holds and one not, and some tables behind them."""
    request = make_paper_request((), scale="small", seeds=3, seed=0, model="builtin", data="builtin", device="cpu",
                                 learning_rate=2e-4)  # fmt: skip
    run = create(workspace_folder(tmp_path / "workspace"), "paper", request, 0)
    findings = [
        Finding("resources", FAILS, -0.0321, -0.04, -0.02, n=41, unit="names"),
        Finding("spelling", HOLDS, 0.5432, 0.2, 0.8, 0.001, 0.31, 110, "pairs"),
    ]
    run.write_table("paper_claims", claim_table(findings, list(ITEMS)))
    run.write_table("paper_settings", pd.DataFrame([("epochs", "1", "1")], columns=["setting", "theirs", "ours"]))
    run.write_table("paper_table1", pd.DataFrame(
        [("PER", 60, 12420, 20646346, -20633926, 6210)],
        columns=["type", "contexts", "possible", "theirs", "difference", "valid"]))  # fmt: skip
    run.write_table("paper_table2", pd.DataFrame(
        [("washington", "all", "after", 12, "be", "en", 12, 0.8765, 0.7, 0.8457)],
        columns=["name", "type", "stage", "layer", "a", "b", "n", "cosine", "floor", "theirs"]))  # fmt: skip
    run.update(state="finished", notes=["The data has few [red]contexts[/red]."])
    run.append_event("state", state="finished")
    return run


async def _go_to(pilot: Any, said: str) -> str:
    """Go down the claims until one says this."""
    for _ in range(len(CLAIMS)):
        if said in (text := await press(pilot, "j")):
            return text
    raise AssertionError(said)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_claims_are_listed_with_verdicts_and_rules_at(judged: Run, corpus: Path, size: tuple[int, int]) -> None:
    async with explorer(judged, corpus).run_test(size=size) as pilot:
        await settle(pilot)
        text = await press(pilot, "9")
        assert "✓ 1 hold" in text
        assert "✗ 1 do not hold" in text
        assert "possible and valid" in text
        text = await _go_to(pilot, "n 41 names")
        assert "✗ does not hold" in text
        assert "our reading" in text
        assert all(len(line) <= size[0] for line in text.splitlines())


async def test_enter_opens_the_table_behind_a_claim_and_v_the_settings(judged: Run, corpus: Path) -> None:
    async with explorer(judged, corpus).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        text = await press(pilot, "9", "enter")
        assert "paper_table1" in text
        assert "20646346" in text.replace(",", "")
        await press(pilot, "escape")
        await _go_to(pilot, "n 41 names")
        text = await press(pilot, "enter")
        assert "washington" in text
        assert "0.846" in text
        await press(pilot, "escape")
        text = await press(pilot, "v")
        assert "epochs" in text


@pytest.mark.parametrize("size", [(80, 24), (120, 44)], ids=["window", "above"])
async def test_w_says_what_the_errors_hang_on(judged: Run, corpus: Path, size: tuple[int, int]) -> None:
    judged.write_table("factor_terms", FACTOR_TERMS.frame(
        [("together", "pieces", "+1 piece", 1200, 6.9, 3.0, 10.8, 0.01, 1.0, 60, 36, 11)]))  # fmt: skip
    async with explorer(judged, corpus).run_test(size=size) as pilot:
        await settle(pilot)
        text = await press(pilot, "9")
        assert ("+1 piece +6.9 [+3.0, +10.8]" in text) == (size[1] > 40)
        text = " ".join((await press(pilot, "w")).split())
        assert "+1 piece +6.9" in text
        assert "a paper run keeps no models" in text


async def test_an_item_that_this_version_does_not_know_is_shown_and_told(judged: Run, corpus: Path) -> None:
    claims = judged.read_table("paper_claims")
    claims.loc[0, "item"] = "figure9"
    judged.write_table("paper_claims", claims)
    judged.update(request={**judged.info()["request"], "items": [*ITEMS, "figure9"]})
    async with explorer(judged, corpus).run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "f9", "G")
        assert "figure9" in await settle(pilot)
        assert "does not know figure9" in await press(pilot, "enter")
    code, text = run_paper("--workspace", str(judged.path.parent.parent), "--list")
    assert code == 0, text


def test_a_run_of_a_younger_version_is_shown_and_its_unknown_item_refused_on_resume(judged: Run, command: Any) -> None:
    request = {**judged.info()["request"], "items": [*ITEMS, "figure9"]}
    judged.update(request=request)
    shown = command("runs", "show", judged.id, "--workspace", str(judged.path.parent.parent))
    assert shown.returncode == 0, shown.stderr
    with pytest.raises(UsageError, match="The paper has no 'figure9'"):
        PaperRequest.read(request).check()


async def test_a_run_without_claims_says_how_to_get_them(finished: Run, corpus: Path) -> None:
    async with explorer(finished, corpus).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert "8 then a starts one" in await press(pilot, "f9")


def run_paper(*arguments: str) -> "tuple[int, str]":
    done = CliRunner().invoke(app, ["paper", *arguments])
    return done.exit_code, done.stdout


def test_the_list_names_every_item_and_claim() -> None:
    code, text = run_paper("--list")
    assert code == 0
    for name in ITEMS:
        assert f"\n{name}" in f"\n{text}"
    for claim in CLAIMS.values():
        assert claim.text in text
    code, text = run_paper("--list", "--csv", "-")
    assert text.startswith("item,shows,claim,statistic,rule,tables\n")


def test_a_run_that_is_there_is_shown_without_a_new_one(judged: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nerspace.engine.paper.cache.content_key", lambda *_: "known")
    judged.update(content="known")
    workspace = str(judged.path.parent.parent)
    code, text = run_paper("--workspace", workspace, "--device", "cpu")
    assert code == 0, text
    assert "does not hold" in text
    assert "[red]contexts[/red]" in text
    assert "report.html" in text
    assert len(list(judged.path.parent.iterdir())) == 1
    code, text = run_paper("table2", "--workspace", workspace, "--plot")
    assert "0.88" in text
    code, text = run_paper("--workspace", workspace, "--table", "paper_claims", "--csv", "-")
    assert text.count("\n") == len(CLAIMS) + 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["figure9"], "Choose from table1"),
        (["--scale", "huge"], "Choose small, full or a share"),
        (["--seeds", "0"], "at least 1"),
        (["--csv", "x.csv"], "--table"),
        (["--device", "tpu"], "Choose auto, cpu"),
    ],
)
def test_a_wrong_request_is_told_before_anything_starts(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["paper", *arguments, "--workspace", str(tmp_path)])
    assert done.exit_code != 0
    assert said in str(done.exception)
    assert not list((tmp_path / "runs").glob("*")) if (tmp_path / "runs").exists() else True
