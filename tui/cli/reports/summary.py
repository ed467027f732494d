"""The short summary of a finished run: errors with distance, correlation, cosines, isotropy, maps."""

from typing import TYPE_CHECKING

from nerspace.engine.transfer.findings import TABLES
from nerspace.tui.cli.output import print_table, say
from nerspace.tui.cli.reports.swap import show_swaps
from nerspace.tui.cli.reports.transfer import show_correlations, show_report
from nerspace.tui.literal import shown_number
from nerspace.tui.plots import tables, text
from nerspace.tui.why import answer_lines

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.runs import Run


def show_summary(run: "Run") -> None:
    """Print what a run found, each part with its n; parts whose table is missing are left out."""
    held = set(run.tables())
    if "paper_claims" in held:
        from nerspace.tui.cli.reports.paper import show_paper

        show_paper(run, run.info()["request"]["items"])
        return
    for line in answer_lines(
        *(run.read_table(name) if name in held else None for name in ("factor_terms", "factor_shares", "correlations"))
    ):
        say(f"\n{line}" if line.startswith("Names") else line)
    if "transfer_pairs" in held:
        held -= {"transfer", "correlations"}
        show_report({name: run.read_table(name) for name in TABLES if name in run.tables()})
    if "swap_summary" in held:
        show_swaps(run.info()["request"], run.read_table("swap_summary"))
    for table, show in (
        ("transfer", _errors),
        ("correlations", show_correlations),
        ("parallel_cosine", _cosines),
        ("isotropy", _isotropy),
        ("map_quality", _maps),
    ):
        if table in held:
            show(run.read_table(table))


def _errors(transfer: "pd.DataFrame") -> None:
    import pandas as pd

    donor, n = transfer["donor"].iloc[0], int(transfer["sentences"].iloc[0])
    say(f"\nWrong sentences of {n} per language, trained on {donor} alone (seed {transfer['seed'].iloc[0]})\n")
    print_table(
        pd.DataFrame(
            {
                "language": transfer["recipient"],
                "wrong": transfer["wrong"],
                "wrong %": (100 * transfer["wrong"] / transfer["sentences"]).round(1),
                **_intervals(transfer),
                "entity F1": transfer["f1"].round(3),
                "TNLD": transfer["tnld"].round(3),
            }
        )
    )
    if "low" in transfer:
        say("  95 %: clustered by name and by context. TNLD: over the names of the test part, each once.")
    if transfer["recipient"].nunique() > 2:
        say(tables.plot("transfer", "scatter", transfer))


def _intervals(transfer: "pd.DataFrame") -> "dict[str, list[str]]":
    """The interval of every share, in percent; nothing for a run that is older than intervals."""
    if "low" not in transfer:
        return {}
    bounds = zip(transfer["low"], transfer["high"], strict=True)
    return {"95 %": ["" if low != low else f"{100 * low:.0f} to {100 * high:.0f}" for low, high in bounds]}


def _cosines(frame: "pd.DataFrame") -> None:
    last = frame["layer"].max()
    for stage in ("before", "after"):
        chosen = frame[(frame["stage"] == stage) & (frame["layer"] == last)]
        if chosen.empty:
            continue
        say(
            f"\nMean cosine of parallel entities {stage} fine-tuning, layer {last}, n = {chosen['n'].min()}\n"
            f"(mean of shuffled pairs: {chosen['floor'].mean():.2f})\n"
        )
        say(text.matrix(chosen, "a", "b", "cosine"))


def _isotropy(frame: "pd.DataFrame") -> None:
    chosen = frame[frame["language"] == "all"]
    say(f"\nIsotropy of random word vectors of all languages, n = {chosen['n'].max():,}\n")
    wide = chosen.pivot_table(index=["stage", "layer"], columns="measure", values="value", sort=False).reset_index()
    floor = chosen.drop_duplicates("measure").set_index("measure")["floor"]
    noise = {"stage": "noise", "layer": "–", **{name: floor[name] for name in wide.columns[2:]}}
    wide["layer"] = wide["layer"].astype(object)
    wide.loc[len(wide)] = noise
    print_table(wide)


def _maps(frame: "pd.DataFrame") -> None:
    first = frame.iloc[0]
    say(
        f"\nMaps by {first['method']}, perplexity {shown_number(first['perplexity'])}, seed {first['seed']}, "
        f"n = {first['n']:,}: share of the 10 nearest\nneighbours kept (chance {first['chance']:.2f})\n"
    )
    print_table(frame[["stage", "layer", "preserved", "trustworthiness"]].round(3))


def time_taken(run: "Run") -> str:
    """How long the run took, as a person says it; empty while it goes on."""
    from datetime import datetime

    from nerspace.engine.runs.records import duration

    info = run.info()
    if not info.get("started") or not info.get("ended"):
        return ""
    return duration((datetime.fromisoformat(info["ended"]) - datetime.fromisoformat(info["started"])).total_seconds())
