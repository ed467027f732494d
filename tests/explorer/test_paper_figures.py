"""The figure beside every claim of the paper: the map, matrix, curves or plot that it is about."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tui_driving import explorer, press, settle

from nerspace.engine.paper.claims import CLAIMS, FAILS, HOLDS, OPEN, Finding, claim_table
from nerspace.engine.paper.published import ITEMS
from nerspace.engine.requests.paper import make_paper_request
from nerspace.engine.runs import Run, create, workspace_folder
from nerspace.tui.widgets.heatmap import Heatmap
from nerspace.tui.widgets.plane import Plane
from nerspace.tui.widgets.scatter import Scatter


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A paper run with the tables of its figures."""
    request = make_paper_request((), scale="small", seeds=3, seed=0, model="builtin", data="builtin", device="cpu",
                                 learning_rate=2e-4)  # fmt: skip
    run = create(workspace_folder(tmp_path_factory.mktemp("paper") / "workspace"), "paper", request, 0)
    generator, codes = np.random.default_rng(0), ("be", "en", "ru", "tr")
    run.write_table("paper_claims", claim_table([
        Finding("type_after", HOLDS, 0.4, 0.3, 0.5, n=30, unit="cells"),
        Finding("language_before", OPEN, -0.1, -0.3, 0.1, n=30, unit="cells"),
        Finding("apart", FAILS, -0.4, -0.6, -0.2, 1.0, n=15, unit="changes"),
        Finding("spelling", OPEN, 0.21, -0.1, 0.5, 0.2, 0.3, 12, "pairs"),
    ], list(ITEMS)))  # fmt: skip
    rows = [
        (stage, 12, point, *generator.normal(size=2), f"{code}/c/{point}", code, kind, f"e{point}", "Minsk")
        for stage in ("before", "after")
        for point, (code, kind, _) in enumerate(itertools.product(codes, ("PER", "LOC", "ORG"), range(5)))
    ]
    run.write_table("paper_figure2", pd.DataFrame(rows, columns=[
        "stage", "layer", "point", "x", "y", "sentence", "language", "type", "entity", "form"]))  # fmt: skip
    pairs = list(itertools.combinations(codes, 2))
    run.write_table("paper_figure4", pd.DataFrame(
        [("own", 12, a, b, 15, 0.5, *((-0.2, 0.6) if a == "be" else (0.1, 0.8)), 0.4) for a, b in pairs],
        columns=["reading", "layer", "a", "b", "n", "r", "low", "high", "detrended"]))  # fmt: skip
    run.write_table("paper_table2", pd.DataFrame(
        [("washington", "all", "after", 12, *pair, 12, 0.8 + n / 100, 0.7, 0.9) for n, pair in enumerate(pairs)],
        columns=["name", "type", "stage", "layer", "a", "b", "n", "cosine", "floor", "theirs"]))  # fmt: skip
    run.write_table("deltas", pd.DataFrame(
        [(step, code, 12, 10, 0.1 / step, code, 0) for step in (10, 20, 30) for code in codes],
        columns=["step", "language", "layer", "h", "delta", "donor", "seed"]))  # fmt: skip
    run.write_table("transfer", pd.DataFrame(
        [(a, b, seed, 20, 2 + place + seed, 0.8, 0.1 + place / 20)
         for place, (a, b) in enumerate(itertools.permutations(codes, 2)) for seed in (0, 1)],
        columns=["donor", "recipient", "seed", "sentences", "wrong", "f1", "tnld"]))  # fmt: skip
    run.update(state="finished")
    run.append_event("state", state="finished")
    return run


async def _to(pilot, claim: str) -> str:
    """Put the cursor on a claim."""
    table = pilot.app.in_view.query_one("#paper-claims")
    table.go(list(pilot.app.in_view.claims["claim"]).index(CLAIMS[claim].text))
    return await settle(pilot)


async def test_every_claim_has_its_figure_beside_it(drawn: Run, corpus: Path) -> None:
    async with explorer(drawn, corpus).run_test(size=(140, 40)) as pilot:
        text = await press(pilot, "9")
        assert f"✓ 1 hold   ✗ 1 do not hold   ? {len(CLAIMS) - 2} undecided" in text
        screen = pilot.app.in_view
        text = await _to(pilot, "type_after")
        assert "✓ holds  0.4, [0.3, 0.5], n 30 cells" in text
        assert "after · layer 12 · by type: 1 PER 2 LOC 3 ORG" in text
        shown = screen.query_one(Scatter)
        assert shown.display
        assert shown.kinds.names == ("PER", "LOC", "ORG")
        assert "before · layer 12 · by language" in await _to(pilot, "language_before")
        text = await _to(pilot, "apart")
        assert "correlation of changes, each trained on · layer 12" in text
        # Those whose interval holds 0 have no color of their own.
        assert screen.query_one(Heatmap).matrix.faint == {p for p in itertools.permutations(
            ("be", "en", "ru", "tr"), 2) if "be" in p}  # fmt: skip
        assert "dim: the interval holds 0" in text
        text = await _to(pilot, "spelling")
        assert "wrong sentences against spelling · line: all pairs" in text
        assert len(screen.query_one(Plane).points) == 12
        assert "be→en" in text
        text = await _to(pilot, "spelling_script")
        assert "line: pairs of one script" in text
        assert "cosine of washington · all · after · layer 12" in await _to(pilot, "resources_one_name")
        screen.query_one("#paper-claims").go(list(screen.claims["item"]).index("figure3"))
        assert "change of the mean cosine while trained on" in await settle(pilot)


async def test_another_figure_of_the_claim_is_a_key_away_and_can_be_walked(drawn: Run, corpus: Path) -> None:
    async with explorer(drawn, corpus).run_test(size=(140, 40)) as pilot:
        await press(pilot, "9")
        text = await _to(pilot, "type_after")
        assert "/4 [ ]" in text
        text = await press(pilot, "right_square_bracket")
        assert "after · layer 12 · by language" in text
        await press(pilot, "tab")
        assert isinstance(pilot.app.focused, Scatter)
        await press(pilot, "l", "l", "tab")
        assert pilot.app.focused.id == "paper-claims"


async def test_on_a_narrow_screen_the_figure_takes_the_place_of_the_claims(drawn: Run, corpus: Path) -> None:
    async with explorer(drawn, corpus).run_test(size=(80, 24)) as pilot:
        await press(pilot, "9")
        text = await _to(pilot, "apart")
        assert "correlation of changes" not in text.split("✗ does not hold  ")[0]
        text = await press(pilot, "m")
        assert "correlation of changes, each trained on" in text
        assert "✗ does not hold  -0.4" in text
        assert isinstance(pilot.app.focused, Heatmap)
        text = await press(pilot, "m")
        assert pilot.app.focused.id == "paper-claims"
