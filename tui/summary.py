"""The short summary of a finished run: errors with distance, correlation, cosines, isotropy, maps."""

from typing import TYPE_CHECKING

from nerspace.tui.console import console, duration, print_table
from nerspace.tui.literal import literal, shown_number
from nerspace.tui.plots import text

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.runs import Run

SIGNIFICANCE = 0.05


def show_summary(run: "Run") -> None:
    """Print what a run found, each part with its n; parts whose table is missing are left out."""
    held = set(run.tables())
    for table, show in (
        ("transfer", _errors),
        ("correlations", _correlations),
        ("parallel_cosine", _cosines),
        ("isotropy", _isotropy),
        ("map_quality", _maps),
    ):
        if table in held:
            show(run.read_table(table))


def _say(line: str = "") -> None:
    console().print(line)


def _errors(transfer: "pd.DataFrame") -> None:
    import pandas as pd

    donor, n = transfer["donor"].iloc[0], int(transfer["sentences"].iloc[0])
    _say(f"\nWrong sentences of {n} per language, trained on {donor} alone (seed {transfer['seed'].iloc[0]})\n")
    print_table(
        pd.DataFrame(
            {
                "language": transfer["recipient"],
                "wrong": transfer["wrong"],
                "wrong %": (100 * transfer["wrong"] / transfer["sentences"]).round(1),
                "entity F1": transfer["f1"].round(3),
                "TNLD": transfer["tnld"].round(3),
            }
        )
    )
    if transfer["recipient"].nunique() > 2:
        _say(text.plot("transfer", "scatter", transfer))


def _correlations(frame: "pd.DataFrame") -> None:
    _say("\nDo errors grow with spelling distance?")
    for row in frame.itertuples():
        if row.value == row.value:
            bounds = f" [{row.low:.2f}, {row.high:.2f}], p {row.p:.3f}" if row.low == row.low else ""
            where = "all recipients" if row.subset == "all" else "recipients in the donor's script"
            _say(f"  {literal(row.statistic):<9} {row.value:+.2f}{bounds}, n = {row.n} {where}")
    whole = frame[(frame["subset"] == "all") & (frame["statistic"] == "pearson")]
    if not whole.empty:
        shown = whole["value"].iloc[0] > 0 and whole["p"].iloc[0] < SIGNIFICANCE
        verdict = "" if shown else "not "
        _say(f"  This run has {verdict}shown the paper's claim: the closer the spelling, the better the")
        _say("  transfer. One donor and one seed prove little; script goes with distance.")


def _cosines(frame: "pd.DataFrame") -> None:
    last = frame["layer"].max()
    for stage in ("before", "after"):
        chosen = frame[(frame["stage"] == stage) & (frame["layer"] == last)]
        if chosen.empty:
            continue
        _say(
            f"\nMean cosine of parallel entities {stage} fine-tuning, layer {last}, n = {chosen['n'].min()}\n"
            f"(mean of shuffled pairs: {chosen['floor'].mean():.2f})\n"
        )
        _say(text.matrix(chosen, "a", "b", "cosine"))


def _isotropy(frame: "pd.DataFrame") -> None:
    chosen = frame[frame["language"] == "all"]
    _say(f"\nIsotropy of random word vectors of all languages, n = {chosen['n'].max():,}\n")
    wide = chosen.pivot_table(index=["stage", "layer"], columns="measure", values="value", sort=False).reset_index()
    floor = chosen.drop_duplicates("measure").set_index("measure")["floor"]
    noise = {"stage": "noise", "layer": "–", **{name: floor[name] for name in wide.columns[2:]}}
    wide["layer"] = wide["layer"].astype(object)
    wide.loc[len(wide)] = noise
    print_table(wide)


def _maps(frame: "pd.DataFrame") -> None:
    first = frame.iloc[0]
    _say(
        f"\nMaps by {first['method']}, perplexity {shown_number(first['perplexity'])}, seed {first['seed']}, "
        f"n = {first['n']:,}: share of the 10 nearest\nneighbours kept (chance {first['chance']:.2f})\n"
    )
    print_table(frame[["stage", "layer", "preserved", "trustworthiness"]].round(3))


def time_taken(run: "Run") -> str:
    """How long the run took, as a person says it; empty while it goes on."""
    from datetime import datetime

    info = run.info()
    if not info.get("started") or not info.get("ended"):
        return ""
    return duration((datetime.fromisoformat(info["ended"]) - datetime.fromisoformat(info["started"])).total_seconds())
